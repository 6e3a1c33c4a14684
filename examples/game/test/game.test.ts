/** The rules, the server with a hundred bots, and the page in a real browser. */
import { connect } from '@wamp/client';
import { buildPage, startRouter } from '@wamp/example-support';
import { expect, test } from 'vitest';
import { Browsing, noBrowser } from '../../../apps/router/test/browser.ts';
import { startBots } from '../src/bots.ts';
import { GameServer } from '../src/server.ts';
import { SIZE, World } from '../src/world.ts';

test('the same steering gives the same game, and no player leaves the world', () => {
  const play = (): number[] => {
    const world = new World();
    for (const id of [1, 2, 3]) world.join(id);
    for (let tick = 0; tick < 500; tick += 1) {
      world.steer(2, tick / 7);
      world.step();
      for (const place of world.snapshot().filter((_, index) => index % 3 !== 0)) {
        expect(place).toBeGreaterThanOrEqual(0);
        expect(place).toBeLessThanOrEqual(SIZE);
      }
    }
    return world.snapshot();
  };
  expect(play()).toEqual(play());
});

test('a hundred bots get the state that the server decided on, and are gone when they leave', async () => {
  await using router = await startRouter({ realms: ['game'] });
  await using server = await GameServer.open(router.url);
  const bots = await startBots(router.url, 100);
  await using observer = await connect(router.url, { realm: 'game' });
  const states: unknown[] = [];
  await observer.subscribe('game.state', ([tick, , players]) => states.push([tick, players]));

  await server.tick();
  await expect.poll(() => states).toEqual([[1, server.world.snapshot()]]);
  expect(server.world.population).toBe(100);
  await Promise.all(bots.slice(1).map((bot) => bot.close()));
  await expect.poll(() => server.world.population).toBe(1);

  // Who has not joined cannot steer, and nobody can say that they are another.
  await expect(observer.call('game.steer', [1])).rejects.toMatchObject({ uri: 'game.error.not_joined' });
  await expect(bots[0]?.call('game.steer', ['left'])).rejects.toMatchObject({
    uri: 'wamp.error.invalid_argument',
  });
  await bots[0]?.close();
});

test('the page shows all players, and how long a tick takes to the screen', async ({ skip }) => {
  await using browsing = (await Browsing.open()) ?? skip(noBrowser);
  const page = await buildPage(new URL('../page/', import.meta.url));
  await using router = await startRouter({ realms: ['game'], page });
  await using server = await GameServer.open(router.url);
  const bots = await startBots(router.url, 100);
  server.start();
  const shown = await browsing.page(router.origin);
  await shown.locator('#players').getByText('100', { exact: true }).waitFor();
  await shown
    .locator('#p99')
    .getByText(/^\d+\.\d ms$/)
    .waitFor();
  expect(browsing.complaints).toEqual([]);
  await Promise.all(bots.map((bot) => bot.close()));
});
