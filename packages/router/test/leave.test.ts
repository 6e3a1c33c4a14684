/** What sessions leave behind: nothing. */
import { createRouter, type Realm } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import { expect, test } from 'vitest';
import { Client, settle } from './support/client.ts';

interface Held {
  readonly sessions: number;
  readonly subscriptions: number;
  readonly registrations: number;
  readonly calls: number;
  readonly timers: number;
}

function heldBy(realm: Realm, clock: ManualClock): Held {
  return {
    sessions: realm.sessions.size,
    subscriptions: realm.broker.subscriptions.size,
    registrations: realm.dealer.registrations.size,
    calls: realm.dealer.calls.parties,
    timers: clock.pending,
  };
}

type Step = (client: Client, index: number, request: number) => readonly unknown[];

/** What each of many clients does, one after the other; every message is answered or is not. */
const DEEDS: readonly Step[] = [
  (_client, _index, request) => [32, request, {}, 'com.topic.shared'],
  (_client, index, request) => [32, request, {}, `com.topic.${index}`],
  (_client, index, request) => [32, request, { match: 'prefix' }, `com.topic.${index}.`],
  (_client, index, request) => [32, request, { match: 'wildcard' }, `com..${index}`],
  (_client, _index, request) => [64, request, { invoke: 'roundrobin' }, 'com.work.shared'],
  (_client, index, request) => [64, request, {}, `com.work.${index}`],
  (_client, index, request) => [64, request, { match: 'prefix' }, `com.work.${index}.`],
  (_client, index, request) => [
    64,
    request,
    { match: 'wildcard', invoke: 'first' },
    `com..work.${index % 3}`,
  ],
  (_client, index, request) => [16, request, { acknowledge: true }, `com.topic.${index}.x`],
  // Calls that stay open: plain, with a deadline, streaming, to oneself.
  (_client, _index, request) => [48, request, {}, 'com.work.shared'],
  (_client, _index, request) => [48, request, { timeout: 60_000, receive_progress: true }, 'com.work.shared'],
  (_client, _index, request) => [48, request, { progress: true }, 'com.work.shared'],
  (_client, index, request) => [48, request, { timeout: 60_000 }, `com.work.${index}`],
  // Calls that end: refused, answered by the router, overtaken while streaming, killed and waited for.
  (_client, _index, request) => [48, request, { progress: true }, 'com.nothing'],
  (_client, _index, request) => [48, request, {}, 'wamp.session.count'],
  (_client, _index, request) => [49, request - 4, { mode: 'skip' }],
  (_client, _index, request) => [49, request - 4, { mode: 'kill' }],
];

/** The ways of a session to end. */
const ENDS: readonly ((client: Client) => void)[] = [
  (client) => {
    client.send([6, {}, 'wamp.close.close_realm']);
  },
  (client) => {
    client.send([3, {}, 'com.reason']);
  },
  (client) => {
    client.send([2, 1, {}]);
  },
  (client) => {
    client.transport.close();
  },
];

async function crowd(realmClock: ManualClock, router: ReturnType<typeof createRouter>): Promise<void> {
  const clients: Client[] = [];
  for (let index = 0; index < 40; index += 1) clients.push(await Client.join(router));
  for (const [index, client] of clients.entries()) {
    for (const [step, deed] of DEEDS.entries()) client.send(deed(client, index, step + 1));
    await settle();
  }
  // Some undo what they did, and some answer what they were asked.
  for (const [index, client] of clients.entries()) {
    const heard = [...client.heard];
    for (const message of heard) {
      const [type, first, second] = message;
      if (index % 2 === 0 && type === 33) client.send([34, 900 + Number(first), second]);
      if (index % 3 === 0 && type === 65) client.send([66, 900 + Number(first), second]);
      if (index % 4 === 0 && type === 68) client.send([70, first, {}, ['done']]);
      if (index % 4 === 1 && type === 68) client.send([70, first, { progress: true }, ['part']]);
      if (index % 4 === 2 && type === 68) client.send([8, 68, first, {}, 'wamp.error.unavailable']);
    }
    await settle();
  }
  realmClock.advance(30_000);
  for (const [index, client] of clients.entries()) {
    ENDS[index % ENDS.length]?.(client);
    if (index % 5 === 0) await settle();
  }
  await settle();
}

test('VIO-1 LEAVE-1 LEAVE-2 SUB-3 after all have left, every map of the realm is as it was', async () => {
  const clock = new ManualClock(0);
  const router = createRouter({ realms: ['realm1'], clock });
  const realm = router.realm('realm1');
  if (realm === undefined) throw new Error('there is no realm');
  // The first crowd makes the router's own session known as one that is called.
  await crowd(clock, router);
  const before = heldBy(realm, clock);
  expect(before).toMatchObject({ sessions: 0, subscriptions: 0, timers: 0 });
  for (const match of ['exact', 'prefix', 'wildcard'] as const) {
    for (const { procedure } of realm.dealer.registrations.values(match))
      expect(procedure).toMatch(/^wamp\./);
  }
  expect(before.calls).toBeLessThanOrEqual(1);
  for (let round = 0; round < 3; round += 1) await crowd(clock, router);
  expect(heldBy(realm, clock)).toEqual(before);
});

test('the crowd of that test does hold something before it leaves', async () => {
  const clock = new ManualClock(0);
  const router = createRouter({ realms: ['realm1'], clock });
  const realm = router.realm('realm1');
  if (realm === undefined) throw new Error('there is no realm');
  const client = await Client.join(router);
  const idle = heldBy(realm, clock);
  for (const [step, deed] of DEEDS.entries()) client.send(deed(client, 0, step + 1));
  await settle();
  const held = heldBy(realm, clock);
  expect(held.subscriptions).toBeGreaterThan(idle.subscriptions);
  expect(held.registrations).toBeGreaterThan(idle.registrations);
  expect(held.calls).toBeGreaterThan(0);
  expect(held.timers).toBeGreaterThan(idle.timers);
});

test('IDS-3 ids that have ended are unknown', async () => {
  const router = createRouter({ realms: ['realm1'] });
  const realm = router.realm('realm1');
  const client = await Client.join(router);
  await client.say([32, 1, {}, 'com.topic'], [64, 2, {}, 'com.procedure']);
  const [subscribed, registered] = client.heard;
  const [subscription, registration] = [Number(subscribed?.[2]), Number(registered?.[2])];
  expect(realm?.broker.byId(subscription)?.topic).toBe('com.topic');
  expect(realm?.dealer.byId(registration)?.procedure).toBe('com.procedure');
  await client.say([6, {}, 'wamp.close.close_realm']);
  expect(realm?.broker.byId(subscription)).toBeUndefined();
  expect(realm?.dealer.byId(registration)).toBeUndefined();
});

test('T-45 clients that never join leave no timer behind', async () => {
  const clock = new ManualClock(0);
  const router = createRouter({ realms: ['realm1'], clock });
  const clients = Array.from({ length: 20 }, () => new Client(router));
  await settle();
  expect(clock.pending).toBe(20);
  for (const client of clients.slice(0, 10)) client.transport.close();
  for (const client of clients.slice(10)) client.send([1, 'nowhere', { roles: { caller: {} } }]);
  await settle();
  expect(clock.pending).toBe(0);
});
