/** The fleet is silent until somebody looks; the page in a real browser. */
import { connect } from '@wamp/client';
import { buildPage, startRouter } from '@wamp/example-support';
import { expect, test } from 'vitest';
import { Browsing, noBrowser } from '../../../apps/router/test/browser.ts';
import { Fleet } from '../src/fleet.ts';

test('figures are published while a page is open, and reports are made on demand', async () => {
  await using router = await startRouter({ realms: ['fleet'] });
  await using fleet = await Fleet.open(router.url, 3, () => 1);
  await fleet.tick();
  expect(fleet.published).toBe(0);

  await using viewer = await connect(router.url, { realm: 'fleet' });
  const heard: unknown[] = [];
  const looking = await viewer.subscribe(
    'fleet.figures.',
    (_args, { topic, kwargs }) => heard.push([topic, kwargs]),
    { match: 'prefix' },
  );
  await expect.poll(() => fleet.isWatched).toBe(true);
  await fleet.tick();
  await expect
    .poll(() => [...heard].sort())
    .toEqual(
      ['m01', 'm02', 'm03'].map((name) => [`fleet.figures.${name}`, { cpu: 48, memory: 58, requests: 576 }]),
    );

  await looking.unsubscribe();
  await expect.poll(() => fleet.isWatched).toBe(false);
  await fleet.tick();
  expect(fleet.published).toBe(3);

  const report = viewer.stream('fleet.m02.report', [2]);
  const lines: unknown[] = [];
  for await (const line of report) lines.push(line);
  expect([...lines, await report.result]).toEqual(['process 1: 93 MiB', 'process 2: 86 MiB', '2 processes']);
});

test('the page shows a tile for each machine, a report of one, and stops the fleet when it pauses', async ({
  skip,
}) => {
  await using browsing = (await Browsing.open()) ?? skip(noBrowser);
  const page = await buildPage(new URL('../page/', import.meta.url));
  await using router = await startRouter({ realms: ['fleet'], page });
  await using fleet = await Fleet.open(router.url, 24);
  const shown = await browsing.page(router.origin);
  await expect.poll(() => fleet.isWatched).toBe(true);
  await fleet.tick();
  await shown.locator('#machines').getByText('24', { exact: true }).waitFor();
  await shown.getByRole('button', { name: /^m07 CPU \d+ %/ }).click();
  await shown.locator('#report').getByText('8 processes').waitFor();
  await shown.getByRole('button', { name: 'Pause' }).click();
  await expect.poll(() => fleet.isWatched).toBe(false);
  expect(browsing.complaints).toEqual([]);
});
