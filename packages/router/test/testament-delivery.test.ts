/** Testaments of a session that leaves: they are published in slices, in order, and weighed until then. */
import { createRouter, type Router } from '@wamp/router';
import { expect, test } from 'vitest';
import { TURN } from '../src/connection/turns.ts';
import { Client, settle } from './support/client.ts';
import { coreOf, coreRealmOf } from './support/core.ts';

const TESTAMENTS = 500;
/** How much of the turn in which the session leaves is left (units of work; a delivery costs at least one). */
const ROOM = 100;

/** A session with testaments leaves, in a turn that has little room left. */
async function leaveLate(): Promise<{ router: Router; bob: Client; kept: () => number }> {
  const router = createRouter({ realms: ['realm1'] });
  const bob = await Client.join(router);
  await bob.say([32, 1, { match: 'prefix' }, 'com.']);
  const ann = await Client.join(router);
  for (let n = 0; n < TESTAMENTS; n += 1)
    await ann.say([48, n + 1, {}, 'wamp.session.add_testament', ['com.last', [n], {}]]);
  const realm = coreRealmOf(router);
  const session = [...realm.sessions.values()].at(-1);
  if (session === undefined) throw new Error('ann has not joined');
  coreOf(router).turns.work.spent = TURN - ROOM;
  realm.leave(session);
  return { router, bob, kept: () => realm.kept.testaments.used };
}

test('A4 a turn publishes as many testaments as it has room for, and all are published in order', async () => {
  const { router, bob, kept } = await leaveLate();
  const inTurn = coreRealmOf(router).traffic.sent.of(36);
  expect(inTurn).toBeGreaterThan(0);
  expect(inTurn).toBeLessThanOrEqual(ROOM);
  expect(kept()).toBeGreaterThan(0);
  await settle(router);
  const events = bob.heard.filter(([type]) => type === 36);
  expect(events.map((event) => (event[4] as number[])[0])).toEqual(
    Array.from({ length: TESTAMENTS }, (_item, n) => n),
  );
  expect(kept()).toBe(0);
});
