/** Durations are told by a monotonic clock: that the date is set back delays nobody, and keeps nobody out. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRouter, defaultFeatures, ticket } from '@wamp/router';
import { ManualClock, converse } from '@wamp/router/testing';
import { expect, test } from 'vitest';
import { systemClock } from '../src/connection/system-clock.ts';
import { Login, welcomed } from './support/login.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1, 12);

test('A10 a clock set back one hour locks no user out: delays keep their announced length', async () => {
  const clock = new ManualClock(START);
  const tickets = new Map([['joe', { ticket: 'secret', authrole: 'user' }]]);
  const router = createRouter({
    realms: ['realm1'],
    clock,
    attempts: { perAuthid: 1 },
    authenticators: [ticket(tickets)],
  });
  const attempt = async (secret: string): Promise<unknown> => {
    const login = new Login(router);
    await login.challenge('ticket', { authid: 'joe' });
    return login.authenticate(secret);
  };
  await attempt('wrong');
  clock.set(START - HOUR);
  clock.advance(1000);
  expect(await attempt('secret')).toEqual(welcomed({ authid: 'joe' }));
});

test('A10 an event is kept as long as its rule says, however the date changes meanwhile', () =>
  converse(
    `
    publisher → [16, 1, {"acknowledge": true}, "com.news", ["hello"]]
    publisher ← [17, 1, $publication]
    date -3600000
    clock +1001
    reader → [48, 1, {}, "wamp.subscription.lookup", ["com.news"]]
    reader ← [50, 1, {}, [$news]]
    reader → [48, 2, {}, "wamp.subscription.get_events", [$news]]
    reader ← [50, 2, {}]
  `,
    { router: { features: defaultFeatures({ history: [{ topic: 'com.news', age: 1000 }] }) } },
  ));

test('A10 the machine’s own monotonic clock is not its date', () => {
  const before = systemClock.elapsed();
  expect(systemClock.elapsed()).toBeGreaterThanOrEqual(before);
  expect(Math.abs(systemClock.now() - systemClock.elapsed())).toBeGreaterThan(HOUR);
});

/** What tells a date to people or to other nodes, or reads one in a token; everything else measures durations. */
const DATES = [
  'apps/router/src/admin-realm/samples.ts',
  'apps/router/src/admin-realm/tail.ts',
  'packages/router/src/cluster/wishes.ts',
  'packages/router/src/core/broker.ts',
  'packages/router/src/core/registrar.ts',
  'packages/router/src/features/recorded-log.ts',
  'packages/router/src/features/retention.ts',
  'packages/router/src/features/shared-history.ts',
  'packages/router/src/session/joining.ts',
  'packages/router/src/session/local-member.ts',
  'packages/router/src/session/member.ts',
];

test('A10 no source file reads the date but the system clock, and only those that show a date ask for it', () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const readers: string[] = [];
  const askers: string[] = [];
  for (const folder of [
    'packages/router/src',
    'packages/client/src',
    'packages/protocol/src',
    'apps/router/src',
  ]) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      const path = `${folder}/${name.replaceAll('\\', '/')}`;
      const source = readFileSync(join(root, path), 'utf8');
      if (/\bDate\.now\b/.test(source)) readers.push(path);
      if (!path.includes('/testing/') && /clock\.now\(\)/i.test(source)) askers.push(path);
    }
  }
  expect(readers.sort()).toEqual([
    // The time of a log entry, as operators read it.
    'apps/router/src/admin-realm/recent-entries.ts',
    'packages/client/src/clock.ts',
    'packages/router/src/connection/system-clock.ts',
  ]);
  expect(askers.sort()).toEqual(DATES);
});
