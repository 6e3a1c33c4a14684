/** Publications of the router itself that are dropped after a store has written them. */
import { createRouter, defaultFeatures } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import { expect, test } from 'vitest';
import { Client, settle } from './support/client.ts';
import { SlowReader } from './support/slow-reader.ts';
import { SlowStore } from './support/slow-store.ts';

function range(count: number): number[] {
  return Array.from({ length: count }, (_item, index) => index);
}

test('A4 of too many that wait the last are dropped; the log has them, and goes on', async () => {
  const clock = new ManualClock();
  const store = new SlowStore(clock, true, () => 1);
  const features = defaultFeatures({ history: [{ topic: 'com.log', depth: 5_000 }], store });
  const router = createRouter({ realms: ['realm1'], clock, features });
  const realm = router.realm('realm1');
  const pass = async (): Promise<void> => {
    await settle(router);
    clock.advance(1);
    await settle(router);
  };
  for (let count = 0; count < 100; count += 1) {
    const reader = SlowReader.join(router);
    reader.say(...range(200).map((n) => [32, n + 1, { match: 'prefix' }, 'org.'.padEnd(4 + n, 'y')]));
    await settle(router);
  }
  const follower = await Client.join(router);
  follower.send([32, 1, {}, 'com.log']);
  await pass();
  const [[, , subscription] = []] = follower.heard.filter(([type]) => type === 33);

  // The fan-out of the first five takes many turns; what the router publishes meanwhile waits behind them.
  for (const n of range(5)) realm?.publish('org.'.padEnd(204, 'y'), [n]);
  for (const n of range(1_200)) realm?.publish('com.log', [n]);
  clock.advance(1);
  for (let turn = 0; turn < 5; turn += 1) await pass();
  expect(realm?.limited.of('own_publications')).toBeGreaterThan(99);

  const publisher = await Client.join(router);
  publisher.send([16, 1, { acknowledge: true }, 'com.log', ['later']]);
  for (let turn = 0; turn < 5; turn += 1) await pass();
  const events = follower.heard.filter(([type, id]) => type === 36 && id === subscription);
  const told = events.map(([, , , , args]) => (args as unknown[])[0]);
  expect(told.at(-1)).toBe('later');
  const offsets = events.map(([, , , details]) => (details as { x_offset: number }).x_offset);
  expect(offsets.at(-1)).toBe(1_201);

  // What was dropped is in the log.
  const first = told.findIndex((what, index) => what !== index);
  follower.send([48, 2, {}, 'wamp.subscription.recover', [subscription]]);
  await pass();
  const [, , , , here] = follower.heard.at(-1) ?? [];
  const { epoch } = here as { epoch: number };
  follower.send([48, 3, {}, 'wamp.subscription.recover', [subscription], { epoch, offset: first, limit: 1 }]);
  await pass();
  const [, , , missed] = follower.heard.at(-1) ?? [];
  expect((missed as { args: unknown[] }[]).map(({ args }) => args)).toEqual([[first]]);
});
