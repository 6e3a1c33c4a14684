/** Conversations about sessions that are sent away (checklist §2.28, META-3, T-23). */
import { msgpack } from '@wamp/protocol/msgpack';
import type { Authenticator } from '@wamp/router';
import { converse, type ConversationOptions, type PeerOptions } from '@wamp/router/testing';
import { describe, test } from 'vitest';

/** Lets everybody in as whom they say they are. */
const trusting: Authenticator = {
  method: 'anonymous',
  begin: ({ details: { authid = 'nobody', authrole = 'guest' } }) => ({
    welcome: { authid, authrole, authmethod: 'anonymous', authprovider: 'test' },
  }),
};

const as = (authid: string, authrole: string): PeerOptions => ({ details: { authid, authrole } });

/** A realm of three people, one of them twice, and of the one who sends them away. */
const people = {
  router: { authenticators: [trusting] },
  peers: {
    killer: as('root', 'staff'),
    ann: as('ann', 'staff'),
    ann2: as('ann', 'guest'),
    bob: as('bob', 'staff'),
    eve: as('eve', 'guest'),
  },
} satisfies ConversationOptions;

/** Each procedure, with arguments that choose the session `$victim` of authid `ann` and authrole `guest`. */
const KILLS = [
  ['wamp.session.kill', '[$victim]', ''],
  ['wamp.session.kill_by_authid', '["ann"]', ', [[$victim]]'],
  ['wamp.session.kill_by_authrole', '["guest"]', ', [1]'],
  ['wamp.session.kill_all', '[]', ', [1]'],
] as const;

const ONE = {
  router: { authenticators: [trusting] },
  peers: { killer: as('root', 'staff'), victim: as('ann', 'guest') },
} satisfies ConversationOptions;

describe.each(KILLS)('%s', (procedure, args, result) => {
  test('META-3 says GOODBYE with wamp.close.killed and no message', () =>
    converse(
      `
      killer → [48, 1, {}, "${procedure}", ${args}]
      victim ← [6, {}, "wamp.close.killed"]
      killer ← [50, 1, {}${result}]
    `,
      ONE,
    ));

  test('META-3 says GOODBYE with the reason and the message of the killer', () =>
    converse(
      `
      killer → [48, 1, {}, "${procedure}", ${args}, {"reason": "com.myapp.out", "message": "bye bye"}]
      victim ← [6, {"message": "bye bye"}, "com.myapp.out"]
      killer ← [50, 1, {}${result}]
    `,
      ONE,
    ));

  test('META-3 takes null for what is absent', () =>
    converse(
      `
      killer → [48, 1, {}, "${procedure}", ${args}, {"reason": null, "message": null}]
      victim ← [6, {}, "wamp.close.killed"]
      killer ← [50, 1, {}${result}]
    `,
      ONE,
    ));

  test.each([
    ...['""', '"not a uri"', '"com..x"', '"com.x."', '"#"'].map((reason) => [
      reason,
      `reason: ${reason} is not a loose URI`,
    ]),
    ...['1', '[]', 'false'].map((reason) => [reason, 'reason: expected a URI, in a string']),
  ])('META-3 refuses the reason %s, says why, and nobody goes', (reason, why) =>
    converse(
      `
        killer → [48, 1, {}, "${procedure}", ${args}, {"reason": ${reason}}]
        killer ← [8, 48, 1, {}, "wamp.error.invalid_uri", [${JSON.stringify(why)}]]
        victim ← nothing
        killer → [48, 2, {}, "wamp.session.count"]
        killer ← [50, 2, {}, [2]]
      `,
      ONE,
    ),
  );

  test.each(['1', 'true', '["bye"]'])('T-23 refuses the message %s, and no session ends', (message) =>
    converse(
      `
      killer → [48, 1, {}, "${procedure}", ${args}, {"message": ${message}}]
      killer ← [8, 48, 1, {}, "wamp.error.invalid_argument", *]
      victim ← nothing
      killer → [48, 2, {}, "wamp.session.count"]
      killer ← [50, 2, {}, [2]]
    `,
      ONE,
    ),
  );

  test('META-3 T-23 SES-9 the killed session ends at once; its GOODBYE closes the transport', () =>
    converse(
      `
      victim → [32, 1, {}, "com.topic"]
      victim ← [33, 1, *]
      victim → [64, 2, {}, "com.procedure"]
      victim ← [65, 2, *]
      killer → [48, 1, {}, "${procedure}", ${args}]
      victim ← [6, {}, "wamp.close.killed"]
      killer ← [50, 1, {}${result}]
      killer → [48, 2, {}, "wamp.session.list"]
      killer ← [50, 2, {}, [[$killer]]]
      killer → [48, 3, {}, "com.procedure"]
      killer ← [8, 48, 3, {}, "wamp.error.no_such_procedure"]
      killer → [16, 4, {"exclude_me": false}, "com.topic"]
      killer → [48, 5, {}, "wamp.session.get", [$victim]]
      killer ← [8, 48, 5, {}, "wamp.error.no_such_session"]
      victim → [6, {}, "wamp.close.goodbye_and_out"]
      victim ← closed
    `,
      ONE,
    ));

  test('SES-10 what the victim says before its GOODBYE is ignored', () =>
    converse(
      `
      killer → [48, 1, {}, "${procedure}", ${args}]
      victim ← [6, {}, "wamp.close.killed"]
      killer ← [50, 1, {}${result}]
      killer → [32, 2, {"match": "prefix"}, ""]
      killer ← [33, 2, *]
      victim → [16, 1, {"acknowledge": true}, "com.topic", [1]]
      victim → [48, 2, {}, "wamp.session.count"]
      victim → [1, "realm1", {"roles": {"caller": {}}}]
      victim → [70, 4711, {}]
      victim ← nothing
      killer ← nothing
      victim → [6, {}, "wamp.close.goodbye_and_out"]
      victim ← closed
    `,
      ONE,
    ));

  test('T-23 a victim that does not answer is cut off after a while', () =>
    converse(
      `
      killer → [48, 1, {}, "${procedure}", ${args}]
      victim ← [6, {}, "wamp.close.killed"]
      killer ← [50, 1, {}${result}]
      clock +699
      victim → [48, 1, {}, "wamp.session.count"]
      victim ← nothing
      clock +1
      victim ← closed
      killer → [48, 2, {}, "wamp.session.count"]
      killer ← [50, 2, {}, [1]]
    `,
      { ...ONE, router: { ...ONE.router, limits: { goodbyeTimeout: 700 } } },
    ));

  test('T-23 the client has five seconds to answer by default', () =>
    converse(
      `
      killer → [48, 1, {}, "${procedure}", ${args}]
      killer ← [50, 1, {}${result}]
      clock +4999
      victim ← [6, {}, "wamp.close.killed"]
      victim ← nothing
      clock +1
      victim ← closed
    `,
      ONE,
    ));

  test('META-3 its own session is never among them', () =>
    converse(
      `
      victim → [48, 1, {}, "${procedure}", ${args}]
      victim ← ${procedure === 'wamp.session.kill' ? '[8, 48, 1, {}, "wamp.error.no_such_session"]' : `[50, 1, {}, ${procedure.endsWith('authid') ? '[[]]' : '[0]'}]`}
      victim → [48, 2, {}, "wamp.session.list"]
      victim ← [50, 2, {}, [[$victim]]]
    `,
      { ...ONE, peers: { victim: ONE.peers.victim } },
    ));

  test('LEAVE-1 LEAVE-2 META-3 calls of the victim are over, in both directions', () =>
    converse(
      `
      killer → [64, 1, {}, "com.slow"]
      killer ← [65, 1, $slow]
      victim → [64, 1, {}, "com.slower"]
      victim ← [65, 1, $slower]
      victim → [48, 2, {}, "com.slow"]
      killer ← [68, 1, $slow, {}]
      killer → [48, 2, {}, "com.slower"]
      victim ← [68, 1, $slower, {}]
      killer → [48, 3, {}, "${procedure}", ${args}]
      killer ← [69, 1, {"mode": "killnowait", ...}]
      killer ← [8, 48, 2, {}, "wamp.error.canceled", *]
      killer ← [50, 3, {}${result}]
      victim ← [6, {}, "wamp.close.killed"]
      victim → [70, 1, {}, ["too late"]]
      killer → [70, 1, {}, ["too late"]]
      victim ← nothing
      killer → [48, 4, {}, "com.slower"]
      killer ← [8, 48, 4, {}, "wamp.error.no_such_procedure"]
      victim → [6, {}, "wamp.close.goodbye_and_out"]
      victim ← closed
    `,
      ONE,
    ));

  test('META-3 needs permission like any call', () =>
    converse(
      `
      killer → [48, 1, {}, "${procedure}", ${args}]
      killer ← [8, 48, 1, {}, "wamp.error.not_authorized", *]
      victim ← nothing
    `,
      {
        ...ONE,
        router: {
          ...ONE.router,
          authorizer: { authorize: (_who, _action, uri) => !uri.startsWith('wamp.session.kill') },
        },
      },
    ));
});

describe.each(KILLS.filter(([procedure]) => procedure !== 'wamp.session.kill_all'))(
  '%s',
  (procedure, args, result) => {
    test('META-3 T-23 on_leave tells of the victim once: its id, authid and authrole', () =>
      converse(
        `
        watcher → [32, 1, {}, "wamp.session.on_leave"]
        watcher ← [33, 1, $on_leave]
        killer → [48, 1, {}, "${procedure}", ${args}]
        killer ← [50, 1, {}${result}]
        victim ← [6, {}, "wamp.close.killed"]
        watcher ← [36, $on_leave, *, {}, [$victim, "ann", "guest"]]
        victim → [6, {}, "wamp.close.goodbye_and_out"]
        victim ← closed
        watcher ← nothing
      `,
        { ...ONE, peers: { ...ONE.peers, watcher: as('watcher', 'staff') } },
      ));
  },
);

describe('the sessions that it ends', () => {
  test('META-3 kill hits that session alone', () =>
    converse(
      `
      killer → [48, 1, {}, "wamp.session.kill", [$ann]]
      killer ← [50, 1, {}]
      ann ← [6, {}, "wamp.close.killed"]
      ann2 ← nothing
      bob ← nothing
      killer → [48, 2, {}, "wamp.session.kill", [$ann]]
      killer ← [8, 48, 2, {}, "wamp.error.no_such_session"]
      killer → [48, 3, {}, "wamp.session.count"]
      killer ← [50, 3, {}, [3]]
    `,
      people,
    ));

  test('META-3 T-23 kill_by_authid hits all sessions of that name, and lists them', () =>
    converse(
      `
      killer → [48, 1, {}, "wamp.session.kill_by_authid", ["ann"]]
      killer ← [50, 1, {}, [[$ann, $ann2]]]
      ann ← [6, {}, "wamp.close.killed"]
      ann2 ← [6, {}, "wamp.close.killed"]
      bob ← nothing
      eve ← nothing
      killer → [48, 2, {}, "wamp.session.kill_by_authid", ["ann"]]
      killer ← [50, 2, {}, [[]]]
      killer → [48, 3, {}, "wamp.session.kill_by_authid", ["staff"]]
      killer ← [50, 3, {}, [[]]]
      killer → [48, 4, {}, "wamp.session.list"]
      killer ← [50, 4, {}, [[$killer, $bob, $eve]]]
    `,
      people,
    ));

  test('META-3 T-23 kill_by_authrole hits all sessions of that role but the own, and counts them', () =>
    converse(
      `
      killer → [48, 1, {}, "wamp.session.kill_by_authrole", ["staff"]]
      killer ← [50, 1, {}, [2]]
      ann ← [6, {}, "wamp.close.killed"]
      bob ← [6, {}, "wamp.close.killed"]
      ann2 ← nothing
      eve ← nothing
      killer → [48, 2, {}, "wamp.session.kill_by_authrole", ["nobody"]]
      killer ← [50, 2, {}, [0]]
      killer → [48, 3, {}, "wamp.session.list"]
      killer ← [50, 3, {}, [[$killer, $ann2, $eve]]]
    `,
      people,
    ));

  test("META-3 T-23 kill_all ends all sessions but the caller's, without on_leave for any", () =>
    converse(
      `
      killer → [32, 1, {}, "wamp.session.on_leave"]
      killer ← [33, 1, $on_leave]
      killer → [48, 2, {}, "wamp.session.kill_all"]
      killer ← [50, 2, {}, [4]]
      ann ← [6, {}, "wamp.close.killed"]
      ann2 ← [6, {}, "wamp.close.killed"]
      bob ← [6, {}, "wamp.close.killed"]
      eve ← [6, {}, "wamp.close.killed"]
      ann → [6, {}, "wamp.close.goodbye_and_out"]
      ann ← closed
      bob → closed
      clock +60000
      ann2 ← closed
      eve ← closed
      killer → [48, 3, {}, "wamp.session.kill_all"]
      killer ← [50, 3, {}, [0]]
      killer ← nothing
      late → [1, "realm1", {"roles": {"subscriber": {}}}]
      late ← [2, $late, {...}]
      late → closed
      killer ← [36, $on_leave, *, {}, [$late, *, *]]
    `,
      { ...people, router: { ...people.router, limits: { helloTimeout: 100_000 } } },
    ));

  test('META-1 META-3 other realms are out of reach', () =>
    converse(
      `
      killer → [48, 1, {}, "wamp.session.kill", [$stranger]]
      killer ← [8, 48, 1, {}, "wamp.error.no_such_session"]
      killer → [48, 2, {}, "wamp.session.kill_by_authid", ["eve"]]
      killer ← [50, 2, {}, [[]]]
      killer → [48, 3, {}, "wamp.session.kill_by_authrole", ["guest"]]
      killer ← [50, 3, {}, [0]]
      killer → [48, 4, {}, "wamp.session.kill_all"]
      killer ← [50, 4, {}, [0]]
      stranger ← nothing
    `,
      {
        router: { realms: ['realm1', 'realm2'], authenticators: [trusting] },
        peers: { killer: as('root', 'staff'), stranger: { ...as('eve', 'guest'), realm: 'realm2' } },
      },
    ));

  test('META-3 T-23 the router itself is no session that could be killed', () =>
    converse(`
      killer → [48, 1, {}, "wamp.session.kill_by_authrole", ["trusted"]]
      killer ← [50, 1, {}, [0]]
      killer → [48, 2, {}, "wamp.session.kill_by_authid", ["router"]]
      killer ← [50, 2, {}, [[]]]
      killer → [48, 3, {}, "wamp.session.kill_all"]
      killer ← [50, 3, {}, [0]]
      killer → [48, 4, {}, "wamp.session.count"]
      killer ← [50, 4, {}, [1]]
    `));

  test.each([
    ['wamp.session.kill', ''],
    ['wamp.session.kill', ', []'],
    ['wamp.session.kill', ', ["1"]'],
    ['wamp.session.kill', ', [null]'],
    ['wamp.session.kill', ', [0]'],
    ['wamp.session.kill', ', [-1]'],
    ['wamp.session.kill', ', [1.5]'],
    ['wamp.session.kill', ', [[1]]'],
    ['wamp.session.kill_by_authid', ''],
    ['wamp.session.kill_by_authid', ', [1]'],
    ['wamp.session.kill_by_authid', ', [null]'],
    ['wamp.session.kill_by_authid', ', [["ann"]]'],
    ['wamp.session.kill_by_authrole', ''],
    ['wamp.session.kill_by_authrole', ', [1]'],
    ['wamp.session.kill_by_authrole', ', [["staff"]]'],
  ])('T-23 %s with arguments %j is an invalid argument', (procedure, args) =>
    converse(
      `
      killer → [48, 1, {}, "${procedure}"${args}]
      killer ← [8, 48, 1, {}, "wamp.error.invalid_argument", *]
      ann ← nothing
    `,
      people,
    ),
  );

  test('META-3 META-4 META-5 the deleted registrations and subscriptions are announced, for kill_all, too', () =>
    converse(`
      victim → [64, 1, {}, "com.procedure"]
      victim ← [65, 1, $registration]
      victim → [32, 2, {}, "com.topic"]
      victim ← [33, 2, $subscription]
      killer → [32, 1, {"match": "prefix"}, "wamp."]
      killer ← [33, 1, $meta]
      killer → [48, 2, {}, "wamp.session.kill_all"]
      victim ← [6, {}, "wamp.close.killed"]
      killer ← [36, $meta, *, {"topic": "wamp.registration.on_unregister"}, [$victim, $registration]]
      killer ← [36, $meta, *, {"topic": "wamp.registration.on_delete"}, [$victim, $registration]]
      killer ← [36, $meta, *, {"topic": "wamp.subscription.on_unsubscribe"}, [$victim, $subscription]]
      killer ← [36, $meta, *, {"topic": "wamp.subscription.on_delete"}, [$victim, $subscription]]
      killer ← [50, 2, {}, [1]]
    `));

  test('T-23 of two sessions that kill each other, the first caller stays', () =>
    converse(`
      one → [48, 1, {}, "wamp.session.kill", [$two]]
      two → [48, 1, {}, "wamp.session.kill", [$one]]
      two ← [6, {}, "wamp.close.killed"]
      one ← [50, 1, {}]
      two ← nothing
      one ← nothing
    `));
});

test('META-3 a GOODBYE that cannot be delivered to the killed session does not affect its killer', () =>
  converse(
    `
      killer → [48, 1, {}, "wamp.session.kill", [$victim], {"message": "\\ud800"}]
      victim ← [3, {...}, "wamp.error.invalid_payload"]
      victim ← closed
      killer ← [50, 1, {}]
      killer → [48, 2, {}, "wamp.session.count"]
      killer ← [50, 2, {}, [1]]
    `,
    { peers: { victim: { serializer: msgpack } } },
  ));
