/** Conversations about who is in the realm (checklist §2.28: count, list, get, on_join, on_leave). */
import { converse, type ConversationOptions } from '@wamp/router/testing';
import { describe, test } from 'vitest';

/** Everybody comes under the name and in the role that HELLO gives. */
const named: ConversationOptions = {
  router: {
    authenticators: [
      {
        method: 'anonymous',
        begin: ({ details }) => ({
          welcome: {
            authid: details.authid ?? 'nobody',
            authrole: details.authrole ?? 'guest',
            authmethod: 'anonymous',
            authprovider: 'test',
          },
        }),
      },
    ],
  },
  peers: {
    ann: { details: { authid: 'ann', authrole: 'staff' } },
    bob: { details: { authid: 'bob', authrole: 'staff' } },
    eve: { details: { authid: 'eve', authrole: 'guest' } },
  },
};

describe('procedures', () => {
  test('META-1 META-2 T-23 count and list, of all and of some roles', () =>
    converse(
      `
      ann → [48, 1, {}, "wamp.session.count"]
      ann ← [50, 1, {}, [3]]
      bob → [48, 1, {}, "wamp.session.list"]
      bob ← [50, 1, {}, [[$ann, $bob, $eve]]]
      eve → [48, 1, {}, "wamp.session.count", [["staff"]]]
      eve ← [50, 1, {}, [2]]
      eve → [48, 2, {}, "wamp.session.list", [["staff"]]]
      eve ← [50, 2, {}, [[$ann, $bob]]]
      eve → [48, 3, {}, "wamp.session.list", [["guest", "nobody"]]]
      eve ← [50, 3, {}, [[$eve]]]
      eve → [48, 4, {}, "wamp.session.count", [["nobody"]]]
      eve ← [50, 4, {}, [0]]
      eve → [48, 5, {}, "wamp.session.list", [["nobody"]]]
      eve ← [50, 5, {}, [[]]]
    `,
      named,
    ));

  test('T-23 no roles are no sessions; null is no filter', () =>
    converse(
      `
      ann → [48, 1, {}, "wamp.session.count", [[]]]
      ann ← [50, 1, {}, [0]]
      ann → [48, 2, {}, "wamp.session.list", [[]]]
      ann ← [50, 2, {}, [[]]]
      ann → [48, 3, {}, "wamp.session.count", [null]]
      ann ← [50, 3, {}, [1]]
    `,
      named,
    ));

  test.each(['"staff"', '1', '{}', '[1]', '["staff", null]', 'true'])(
    'T-23 what is no list of roles is an invalid argument: %s',
    (filter) =>
      converse(`
        client → [48, 1, {}, "wamp.session.count", [${filter}]]
        client ← [8, 48, 1, {}, "wamp.error.invalid_argument", *]
        client → [48, 2, {}, "wamp.session.list", [${filter}]]
        client ← [8, 48, 2, {}, "wamp.error.invalid_argument", *]
      `),
  );

  test('META-2 get tells all that on_join tells', () =>
    converse(
      `
      ann → [32, 1, {}, "wamp.session.on_join"]
      ann ← [33, 1, $joined]
      late → [1, "realm1", {"roles": {"caller": {}}, "authid": "late", "authrole": "staff"}]
      late ← [2, $late, {...}]
      ann ← [36, $joined, *, {}, [{"session": $late, "authid": "late", "authrole": "staff", "authmethod": "anonymous", "authprovider": "test", "transport": {"type": "in-memory", ...}}]]
      ann → [48, 2, {}, "wamp.session.get", [$late]]
      ann ← [50, 2, {}, [{"session": $late, "authid": "late", "authrole": "staff", "authmethod": "anonymous", "authprovider": "test", "transport": {"type": "in-memory", ...}}]]
    `,
      named,
    ));

  test('META-2 get of a session that is not there', () =>
    converse(`
      client → [48, 1, {}, "wamp.session.get", [1]]
      client ← [8, 48, 1, {}, "wamp.error.no_such_session"]
      other → closed
      client → [48, 2, {}, "wamp.session.get", [$other]]
      client ← [8, 48, 2, {}, "wamp.error.no_such_session"]
    `));

  test.each([
    '',
    ', []',
    ', ["1"]',
    ', [null]',
    ', [0]',
    ', [-1]',
    ', [1.5]',
    ', [[1]]',
    ', [{}]',
    ', [], {"session": 1}',
  ])('T-23 get without a proper id is an invalid argument: %j', (payload) =>
    converse(`
        client → [48, 1, {}, "wamp.session.get"${payload}]
        client ← [8, 48, 1, {}, "wamp.error.invalid_argument", *]
      `),
  );
});

describe('events', () => {
  test('META-1 T-40 T-41 on_join and on_leave: WELCOME comes first, and no session gets its own on_leave', () =>
    converse(
      `
      ann → [32, 1, {}, "wamp.session.on_join"]
      ann ← [33, 1, $joined]
      ann → [32, 2, {}, "wamp.session.on_leave"]
      ann ← [33, 2, $left]
      late → [1, "realm1", {"roles": {"subscriber": {}}, "authid": "late"}]
      late ← [2, $late, {...}]
      late ← nothing
      ann ← [36, $joined, $publication, {}, [{"session": $late, "authid": "late", ...}]]
      late → [32, 1, {}, "wamp.session.on_leave"]
      late ← [33, 1, $left]
      late → [6, {}, "wamp.close.close_realm"]
      late ← [6, {}, "wamp.close.goodbye_and_out"]
      late ← closed
      ann ← [36, $left, *, {}, [$late, "late", "guest"]]
    `,
      named,
    ));

  test('T-23 T-4 a refused client causes neither on_join nor on_leave', () =>
    converse(`
      witness → [32, 1, {"match": "prefix"}, "wamp.session."]
      witness ← [33, 1, *]
      newcomer → [1, "realm2", {"roles": {"caller": {}}}]
      newcomer ← [3, {...}, "wamp.error.no_such_realm"]
      newcomer ← closed
      witness ← nothing
    `));

  test('T-23 what a session held is gone when the others hear that it left', () =>
    converse(`
      witness → [32, 1, {}, "wamp.session.on_leave"]
      witness ← [33, 1, $left]
      callee → [64, 1, {}, "com.procedure"]
      callee ← [65, 1, $registration]
      witness → [48, 2, {}, "com.procedure"]
      callee ← [68, 1, $registration, {}]
      callee → closed
      witness ← [8, 48, 2, {}, "wamp.error.canceled", *]
      witness ← [36, $left, *, {}, [$callee, *, *]]
    `));

  test('META-1 events stay in their realm', () =>
    converse(
      `
      here → [32, 1, {"match": "prefix"}, "wamp.session."]
      here ← [33, 1, *]
      there → [48, 1, {}, "wamp.session.list"]
      there ← [50, 1, {}, [[$there]]]
      there → closed
      here ← nothing
    `,
      { router: { realms: ['realm1', 'realm2'] }, peers: { there: { realm: 'realm2' } } },
    ));

  test('T-13 META-2 the router does not say who it is', () =>
    converse(`
      witness → [32, 1, {}, "wamp.session.on_leave"]
      witness ← [33, 1, $left]
      client → closed
      witness ← [36, $left, *, {}, [$client, *, *]]
    `));
});
