/** The view of one realm without a log-in, in a real browser, beside a router that has something to do. */
import { connect } from '@wamp/client';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Browsing, noBrowser, OPENING_TIMEOUT } from '../../router/test/browser.ts';
import { repeatedUntil } from '../../router/test/repeated.ts';
import { startWithWebApps } from '../../router/test/workshop.ts';

let browsing: Browsing | undefined;
beforeAll(async () => {
  browsing = await Browsing.open();
}, OPENING_TIMEOUT);
afterAll(() => browsing?.[Symbol.asyncDispose]());

/** Waits until a figure reads as told. */
async function figure(page: Page, name: string, text: string | RegExp): Promise<void> {
  const exactly = typeof text === 'string' ? new RegExp(`^${text}$`) : text;
  await page.locator(`[data-figure="${name}"]`).filter({ hasText: exactly }).waitFor();
}

const somethingPerSecond = /^(?!0\/s|–)/;

test('D1 real numbers move, end with the connection, and are back with the router', async ({ skip }) => {
  const pages = browsing ?? skip(noBrowser);
  await using router = await startWithWebApps();
  const dashboard = await pages.page(`${router.origin}/dashboard/?view=realm1`);
  const sessions = dashboard.getByRole('region', { name: 'Sessions' }).getByRole('row');
  const state = dashboard.getByRole('status');
  const types = dashboard.getByRole('region', { name: 'Since the router started' });

  await state.getByText('live', { exact: true }).waitFor();
  await figure(dashboard, 'Sessions', '1');
  await sessions.filter({ hasText: 'this page' }).filter({ hasText: 'before this page' }).waitFor();
  // Its own questions are calls, too.
  await figure(dashboard, 'Calls', somethingPerSecond);
  await figure(dashboard, 'Messages', somethingPerSecond);

  // The router has registrations of its own: those that are asked here.
  const registrations = Number(await dashboard.locator('[data-figure="Registrations"]').textContent());
  const busy = await connect(router.origin.replace('http', 'ws') + '/ws', {
    realm: 'realm1',
    reconnect: false,
  });
  await busy.register('com.example.add', ([a, b]) => Number(a) + Number(b));
  await busy.subscribe('com.example.news', () => undefined);
  const publish = async (): Promise<void> => {
    await busy.publish('com.example.news', ['hello'], { acknowledge: true, excludeMe: false });
  };
  await figure(dashboard, 'Sessions', '2');
  await figure(dashboard, 'Registrations', String(registrations + 1));
  await sessions.filter({ hasText: 'websocket' }).filter({ hasNotText: 'this page' }).waitFor();
  await repeatedUntil(figure(dashboard, 'Events', somethingPerSecond), publish);
  await types.getByRole('row', { name: /^PUBLISH / }).waitFor();

  await busy.close();
  await figure(dashboard, 'Sessions', '1');
  await sessions
    .filter({ hasNotText: 'this page' })
    .filter({ hasText: 'websocket' })
    .waitFor({ state: 'detached' });

  await router[Symbol.asyncDispose]();
  await state.getByText('disconnected').waitFor();
  for (const name of ['Sessions', 'Messages', 'Calls', 'Events', 'Subscriptions', 'Registrations']) {
    await figure(dashboard, name, /^–/);
  }
  expect(await sessions.count()).toBe(0);

  await using again = await startWithWebApps(['--port', new URL(router.origin).port]);
  await state.getByText('live', { exact: true }).waitFor();
  await figure(dashboard, 'Sessions', '1');
  expect(again.origin).toBe(router.origin);
  expect(pages.complaints).toEqual([]);
});
