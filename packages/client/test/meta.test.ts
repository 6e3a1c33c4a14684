/** Helpers over the router's own procedures: what they send, and what they make of the answers. */
import { describe, expect, test } from 'vitest';
import { ProtocolError, type Session } from '../src/index.ts';
import {
  addTestament,
  flushTestaments,
  getEvents,
  registrations,
  sessions,
  subscriptions,
} from '../src/meta.ts';
import { failure, joined, type ScriptedPeer } from './scripted-peer.ts';

const CREATED = '2026-01-02T03:04:05.678Z';
const created = new Date(CREATED);

type Case = [
  what: string,
  ask: (session: Session) => Promise<unknown>,
  call: unknown[],
  answer: unknown[],
  expected: unknown,
];

const info = { session: 5, authid: 'joe', authrole: 'user', authmethod: 'ticket', authprovider: 'static' };
const subscription = { id: 9, created: CREATED, uri: 't.', match: 'prefix' };
const byPolicy = { exact: [1], prefix: [2, 3], wildcard: [] };

const cases: Case[] = [
  ['wamp.session.count', (s) => sessions(s).count(), [], [3], 3],
  ['wamp.session.count', (s) => sessions(s).count(['user']), [[['user']]], [0], 0],
  ['wamp.session.list', (s) => sessions(s).list([]), [[[]]], [[1, 2]], [1, 2]],
  [
    'wamp.session.get',
    (s) => sessions(s).get(5),
    [[5]],
    [{ ...info, transport: { type: 'websocket' }, x: 1 }],
    {
      ...info,
      transport: { type: 'websocket' },
      details: { ...info, transport: { type: 'websocket' }, x: 1 },
    },
  ],
  ['wamp.session.kill', (s) => sessions(s).kill(5), [[5]], [], undefined],
  [
    'wamp.session.kill',
    (s) => sessions(s).kill(5, { reason: 'app.out', message: 'bye' }),
    [[5], { reason: 'app.out', message: 'bye' }],
    [],
    undefined,
  ],
  ['wamp.session.kill_by_authid', (s) => sessions(s).killByAuthid('joe'), [['joe']], [[5]], [5]],
  [
    'wamp.session.kill_by_authrole',
    (s) => sessions(s).killByAuthrole('user', { message: 'bye' }),
    [['user'], { message: 'bye' }],
    [2],
    2,
  ],
  ['wamp.session.kill_all', (s) => sessions(s).killAll({ reason: 'a.b' }), [[], { reason: 'a.b' }], [2], 2],
  ['wamp.registration.list', (s) => registrations(s).list(), [], [byPolicy], byPolicy],
  ['wamp.registration.lookup', (s) => registrations(s).lookup('p'), [['p']], [null], undefined],
  [
    'wamp.registration.lookup',
    (s) => registrations(s).lookup('p.', 'prefix'),
    [['p.', { match: 'prefix' }]],
    [7],
    7,
  ],
  ['wamp.registration.match', (s) => registrations(s).match('p'), [['p']], [7], 7],
  [
    'wamp.registration.get',
    (s) => registrations(s).get(9),
    [[9]],
    [{ ...subscription, invoke: 'first' }],
    { ...subscription, created, invoke: 'first' },
  ],
  ['wamp.registration.list_callees', (s) => registrations(s).listCallees(9), [[9]], [[1]], [1]],
  ['wamp.registration.count_callees', (s) => registrations(s).countCallees(9), [[9]], [1], 1],
  ['wamp.registration.remove_callee', (s) => registrations(s).removeCallee(9, 5), [[9, 5]], [], undefined],
  [
    'wamp.registration.remove_callee',
    (s) => registrations(s).removeCallee(9, 5, 'app.why'),
    [[9, 5], { reason: 'app.why' }],
    [],
    undefined,
  ],
  [
    'wamp.subscription.list',
    (s) => subscriptions(s).list(),
    [],
    [{ exact: [1] }],
    { exact: [1], prefix: [], wildcard: [] },
  ],
  ['wamp.subscription.lookup', (s) => subscriptions(s).lookup('t'), [['t']], [7], 7],
  ['wamp.subscription.match', (s) => subscriptions(s).match('t'), [['t']], [[7, 8]], [7, 8]],
  ['wamp.subscription.match', (s) => subscriptions(s).match('t'), [['t']], [null], []],
  [
    'wamp.subscription.get',
    (s) => subscriptions(s).get(9),
    [[9]],
    [subscription],
    { ...subscription, created },
  ],
  ['wamp.subscription.list_subscribers', (s) => subscriptions(s).listSubscribers(9), [[9]], [[1]], [1]],
  ['wamp.subscription.count_subscribers', (s) => subscriptions(s).countSubscribers(9), [[9]], [0], 0],
  [
    'wamp.subscription.remove_subscriber',
    (s) => subscriptions(s).removeSubscriber(9, 5),
    [[9, 5]],
    [],
    undefined,
  ],
  ['wamp.session.add_testament', (s) => addTestament(s, 't'), [['t', [], {}]], [], undefined],
  [
    'wamp.session.add_testament',
    (s) =>
      addTestament(s, 't', [1], {
        kwargs: { a: 1 },
        scope: 'detached',
        retain: true,
        excludeAuthid: ['x'],
        extra: { x_y: 1 },
      }),
    [
      ['t', [1], { a: 1 }],
      { scope: 'detached', publish_options: { retain: true, exclude_authid: ['x'], x_y: 1 } },
    ],
    [],
    undefined,
  ],
  ['wamp.session.flush_testaments', (s) => flushTestaments(s), [], [], undefined],
  [
    'wamp.session.flush_testaments',
    (s) => flushTestaments(s, 'detached'),
    [[], { scope: 'detached' }],
    [],
    undefined,
  ],
];

test.each(cases)('META-2, TST-2, TST-3: %s', async (procedure, ask, elements, answer, expected) => {
  const { session, peer } = await joined();
  const asking = ask(session);
  await peer.expect([48, 1, {}, procedure, ...elements]);
  peer.send([50, 1, {}, ...(answer.length === 0 ? [] : [answer])]);
  expect(await asking).toEqual(expected);
});

test('META-2: an error of the router is the error', async () => {
  const { session, peer } = await joined();
  const asking = sessions(session).get(5);
  peer.send([8, 48, 1, {}, 'wamp.error.no_such_session']);
  expect(await failure(asking)).toMatchObject({ uri: 'wamp.error.no_such_session' });
});

describe('an answer that means nothing is a ProtocolError, and ends no session', () => {
  test.each<[string, (session: Session) => Promise<unknown>, unknown]>([
    ['count', (s) => sessions(s).count(), '3'],
    ['count', (s) => sessions(s).count(), -1],
    ['list', (s) => sessions(s).list(), 5],
    ['list', (s) => sessions(s).list(), [0]],
    ['get', (s) => sessions(s).get(1), null],
    ['get', (s) => sessions(s).get(1), { session: 'x' }],
    ['get', (s) => subscriptions(s).get(1), [1]],
    ['get', (s) => subscriptions(s).get(1), { id: 1, created: 'yesterday', uri: 't' }],
    ['get', (s) => subscriptions(s).get(1), { id: 1, created: 5, uri: 't' }],
    ['get', (s) => subscriptions(s).get(1), { id: 1, created: CREATED, uri: 5 }],
    ['match', (s) => registrations(s).match('p'), 'x'],
    ['list', (s) => registrations(s).list(), { exact: {} }],
    ['getEvents', (s) => getEvents(s, 7), 'x'],
    ['getEvents', (s) => getEvents(s, 7), { timestamp: CREATED, subscription: 7 }],
  ])('%s', async (_what, ask, answer) => {
    const { session, peer } = await joined();
    const asking = ask(session);
    peer.send([50, 1, {}, [answer]]);
    expect(await failure(asking)).toBeInstanceOf(ProtocolError);
    expect(session.state).toBe('open');
  });
});

describe('meta events', () => {
  async function heard(
    listen: (session: Session, listener: (...event: unknown[]) => unknown) => Promise<unknown>,
    topic: string,
    event: unknown[],
  ): Promise<{ events: unknown[][]; errors: Error[]; peer: ScriptedPeer }> {
    const { session, peer } = await joined();
    const events: unknown[][] = [];
    const errors: Error[] = [];
    session.on('error', (error) => errors.push(error));
    const listening = listen(session, (...args) => events.push(args));
    await peer.expect([32, 1, {}, topic]);
    peer.send([33, 1, 7]);
    await listening;
    peer.send([36, 7, 1, {}, event]);
    return { events, errors, peer };
  }

  const registration = { ...subscription, invoke: 'single' };

  test.each<[string, Parameters<typeof heard>[0], unknown[], unknown[]]>([
    [
      'wamp.session.on_join',
      (s, l) => sessions(s).onJoin(l),
      [{ session: 5 }],
      [{ session: 5, details: { session: 5 } }],
    ],
    [
      'wamp.session.on_leave',
      (s, l) => sessions(s).onLeave(l),
      [5, 'joe', 'user'],
      [{ session: 5, authid: 'joe', authrole: 'user' }],
    ],
    ['wamp.session.on_leave', (s, l) => sessions(s).onLeave(l), [5], [{ session: 5 }]],
    [
      'wamp.registration.on_create',
      (s, l) => registrations(s).onCreate(l),
      [5, registration],
      [5, { ...registration, created }],
    ],
    ['wamp.registration.on_register', (s, l) => registrations(s).onRegister(l), [5, 9], [5, 9]],
    ['wamp.registration.on_unregister', (s, l) => registrations(s).onUnregister(l), [5, 9], [5, 9]],
    ['wamp.registration.on_delete', (s, l) => registrations(s).onDelete(l), [5, 9], [5, 9]],
    [
      'wamp.subscription.on_create',
      (s, l) => subscriptions(s).onCreate(l),
      [5, subscription],
      [5, { ...subscription, created }],
    ],
    ['wamp.subscription.on_subscribe', (s, l) => subscriptions(s).onSubscribe(l), [5, 9], [5, 9]],
    ['wamp.subscription.on_unsubscribe', (s, l) => subscriptions(s).onUnsubscribe(l), [5, 9], [5, 9]],
    ['wamp.subscription.on_delete', (s, l) => subscriptions(s).onDelete(l), [5, 9], [5, 9]],
  ])('META-4, META-5: %s', async (topic, listen, event, expected) => {
    const { events, errors, peer } = await heard(listen, topic, event);
    expect(events).toEqual([expected]);
    peer.send([36, 7, 2, {}, ['nonsense']]);
    expect(events).toHaveLength(1);
    expect(errors).toMatchObject([{ name: 'ProtocolError' }]);
  });
});

describe('getEvents', () => {
  const event = {
    timestamp: CREATED,
    subscription: 7,
    publication: 1,
    details: { topic: 't' },
    args: [1],
    kwargs: { a: 1 },
  };
  const bare = { timestamp: CREATED, subscription: 7, publication: 2 };
  const expected = [
    { ...event, timestamp: created },
    { ...bare, timestamp: created, args: [], kwargs: {}, details: {} },
  ];

  test.each<[string, unknown[], unknown[]]>([
    ['the list of results', [event, bare], expected],
    ['a list that is the one result', [[event, bare]], expected],
    ['one result', [event], expected.slice(0, 1)],
    ['none', [], []],
    ['an empty list', [[]], []],
  ])('HIST-3, T-22: events come as %s', async (_what, args, events) => {
    const { session, peer } = await joined();
    const asking = getEvents(session, 7);
    await peer.expect([48, 1, {}, 'wamp.subscription.get_events', [7]]);
    peer.send([50, 1, {}, args, { is_limit_reached: false }]);
    expect(await asking).toEqual(events);
  });

  test('HIST-2: filters are spelled as on the wire', async () => {
    const { session, peer } = await joined();
    void getEvents(
      session,
      { id: 7 },
      {
        reverse: true,
        limit: 5,
        fromTime: created,
        beforeTime: '2026-02-01T00:00:00Z',
        topic: 't',
        afterPublication: 3,
        untilPublication: 4,
        untilTime: undefined,
      },
    ).catch(() => undefined);
    await peer.expect([
      48,
      1,
      {},
      'wamp.subscription.get_events',
      [7],
      {
        reverse: true,
        limit: 5,
        from_time: CREATED,
        before_time: '2026-02-01T00:00:00Z',
        topic: 't',
        after_publication: 3,
        until_publication: 4,
      },
    ]);
  });

  test('of a subscription that has ended is a TypeError', async () => {
    const { session, peer } = await joined();
    expect(await failure(getEvents(session, { id: undefined }))).toBeInstanceOf(TypeError);
    peer.expectNothing();
  });
});
