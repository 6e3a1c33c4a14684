/** Conversations about the registration meta API (checklist §2.28, META-1 … META-4, T-40). */
import { converse } from '@wamp/router/testing';
import { describe, test } from 'vitest';

/** A watcher that is told of everything, by one subscription. */
const WATCHES = `
  watcher → [32, 1, {"match": "prefix"}, "wamp.registration."]
  watcher ← [33, 1, $meta]
`;

const told = (event: string, args: string): string =>
  `watcher ← [36, $meta, *, {"topic": "wamp.registration.${event}"}, [${args}]]`;

describe('events', () => {
  test('META-1 the dealer announces registration_meta_api', () =>
    converse(`
      client → [1, "realm1", {"roles": {"callee": {}}}]
      client ← [2, *, {"roles": {"dealer": {"features": {"registration_meta_api": true, ...}}, ...}, ...}]
    `));

  test('META-4 on_create comes before on_register, on_unregister before on_delete', () =>
    converse(`
      ${WATCHES}
      clock +1500
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $registration]
      ${told('on_create', '$callee, {"id": $registration, "created": "2026-01-01T00:00:01.500Z", "uri": "com.add", "match": "exact", "invoke": "single"}')}
      ${told('on_register', '$callee, $registration')}
      clock +1500
      callee → [66, 2, $registration]
      callee ← [67, 2]
      ${told('on_unregister', '$callee, $registration')}
      ${told('on_delete', '$callee, $registration')}
      callee ← nothing
    `));

  test.each(['on_create', 'on_register', 'on_unregister', 'on_delete'])(
    'META-1 %s is published on a topic of its own',
    (event) =>
      converse(`
        watcher → [32, 1, {}, "wamp.registration.${event}"]
        watcher ← [33, 1, $event]
        callee → [64, 1, {}, "com.add"]
        callee ← [65, 1, $registration]
        callee → [66, 2, $registration]
        callee ← [67, 2]
        watcher ← [36, $event, *, {}, [$callee, *]]
        watcher ← nothing
      `),
  );

  test.each([
    ['exact', 'single', 'com.add'],
    ['prefix', 'first', 'com.'],
    ['wildcard', 'last', 'com..add'],
    ['exact', 'roundrobin', 'com.add'],
    ['prefix', 'random', ''],
    ['exact', 'load', 'com.add'],
  ])('META-4 on_create tells match %s and invoke %s', (match, invoke, uri) =>
    converse(`
      ${WATCHES}
      callee → [64, 1, {"match": "${match}", "invoke": "${invoke}", "x_more": 1}, "${uri}"]
      callee ← [65, 1, $registration]
      ${told('on_create', `$callee, {"id": $registration, "created": "2026-01-01T00:00:00.000Z", "uri": "${uri}", "match": "${match}", "invoke": "${invoke}"}`)}
      ${told('on_register', '$callee, $registration')}
    `),
  );

  test('META-4 a shared registration is created by its first callee and deleted with its last', () =>
    converse(`
      ${WATCHES}
      one → [64, 1, {"invoke": "roundrobin"}, "com.add"]
      one ← [65, 1, $registration]
      ${told('on_create', '$one, {"id": $registration, "created": "2026-01-01T00:00:00.000Z", "uri": "com.add", "match": "exact", "invoke": "roundrobin"}')}
      ${told('on_register', '$one, $registration')}
      clock +1000
      two → [64, 1, {"invoke": "roundrobin"}, "com.add"]
      two ← [65, 1, $registration]
      ${told('on_register', '$two, $registration')}
      watcher → [48, 2, {}, "wamp.registration.get", [$registration]]
      watcher ← [50, 2, {}, [{"id": $registration, "created": "2026-01-01T00:00:00.000Z", "uri": "com.add", "match": "exact", "invoke": "roundrobin"}]]
      watcher → [48, 3, {}, "wamp.registration.list_callees", [$registration]]
      watcher ← [50, 3, {}, [[$one, $two]]]
      watcher → [48, 4, {}, "wamp.registration.count_callees", [$registration]]
      watcher ← [50, 4, {}, [2]]
      one → [66, 2, $registration]
      one ← [67, 2]
      ${told('on_unregister', '$one, $registration')}
      watcher → [48, 5, {}, "wamp.registration.list_callees", [$registration]]
      watcher ← [50, 5, {}, [[$two]]]
      two → closed
      ${told('on_unregister', '$two, $registration')}
      ${told('on_delete', '$two, $registration')}
      watcher → [48, 6, {}, "wamp.registration.get", [$registration]]
      watcher ← [8, 48, 6, {}, "wamp.error.no_such_registration"]
    `));

  test('META-4 T-23 the registrations of a leaving session are announced as deleted, before on_leave', () =>
    converse(`
      callee → [64, 1, {}, "com.one"]
      callee ← [65, 1, $one]
      callee → [64, 2, {"match": "prefix"}, "com.two"]
      callee ← [65, 2, $two]
      watcher → [32, 1, {"match": "prefix"}, "wamp."]
      watcher ← [33, 1, $meta]
      callee → closed
      ${told('on_unregister', '$callee, $one')}
      ${told('on_delete', '$callee, $one')}
      ${told('on_unregister', '$callee, $two')}
      ${told('on_delete', '$callee, $two')}
      watcher ← [36, $meta, *, {"topic": "wamp.session.on_leave"}, [$callee, *, *]]
    `));

  test('META-4 T-41 the callee gets its answer first, and may watch itself (T-40)', () =>
    converse(`
      callee → [32, 1, {"match": "prefix"}, "wamp.registration."]
      callee ← [33, 1, $meta]
      callee → [64, 2, {}, "com.add"]
      callee ← [65, 2, $registration]
      callee ← [36, $meta, *, {"topic": "wamp.registration.on_create"}, [$callee, {...}]]
      callee ← [36, $meta, *, {"topic": "wamp.registration.on_register"}, [$callee, $registration]]
      callee → [66, 3, $registration]
      callee ← [67, 3]
      callee ← [36, $meta, *, {"topic": "wamp.registration.on_unregister"}, [$callee, $registration]]
      callee ← [36, $meta, *, {"topic": "wamp.registration.on_delete"}, [$callee, $registration]]
    `));

  test('META-4 a refused REGISTER or UNREGISTER is not announced', () =>
    converse(`
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $registration]
      ${WATCHES}
      other → [64, 1, {}, "com.add"]
      other ← [8, 64, 1, {}, "wamp.error.procedure_already_exists", *]
      other → [64, 2, {}, "com..add"]
      other ← [8, 64, 2, {}, "wamp.error.invalid_uri", *]
      other → [66, 3, $registration]
      other ← [8, 66, 3, {}, "wamp.error.no_such_registration"]
      watcher ← nothing
    `));

  test('META-1 events of another realm are not announced', () =>
    converse(
      `
      watcher → [32, 1, {"match": "prefix"}, "wamp.registration."]
      watcher ← [33, 1, $meta]
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $registration]
      watcher ← nothing
      watcher → [48, 2, {}, "wamp.registration.get", [$registration]]
      watcher ← [8, 48, 2, {}, "wamp.error.no_such_registration"]
      watcher → [48, 3, {}, "wamp.registration.lookup", ["com.add"]]
      watcher ← [50, 3, {}, [null]]
    `,
      { router: { realms: ['realm1', 'realm2'] }, peers: { watcher: { realm: 'realm2' } } },
    ));

  test('T-40 URI-6 registrations below wamp are not announced, not even those of the authrole trusted', () =>
    converse(
      `
      ${WATCHES}
      insider → [64, 1, {}, "wamp.mine"]
      insider ← [65, 1, $registration]
      insider → [64, 2, {"match": "prefix"}, "wamp.ours."]
      insider ← [65, 2, *]
      watcher ← nothing
      watcher → [48, 2, {}, "wamp.registration.list"]
      watcher ← [50, 2, {}, [{"exact": [], "prefix": [], "wildcard": []}]]
      watcher → [48, 3, {}, "wamp.registration.get", [$registration]]
      watcher ← [8, 48, 3, {}, "wamp.error.no_such_registration"]
      watcher → [48, 4, {}, "wamp.registration.lookup", ["wamp.mine"]]
      watcher ← [50, 4, {}, [null]]
      watcher → [48, 5, {}, "wamp.registration.match", ["wamp.mine"]]
      watcher ← [50, 5, {}, [null]]
      insider → closed
      watcher ← nothing
    `,
      {
        router: {
          authenticators: [
            {
              method: 'anonymous',
              begin: ({ details: { authid = 'nobody' } }) => ({
                welcome: {
                  authid,
                  authrole: authid === 'insider' ? 'trusted' : 'user',
                  authmethod: 'anonymous',
                  authprovider: 'test',
                },
              }),
            },
          ],
        },
        peers: { insider: { details: { authid: 'insider' } } },
      },
    ));
});

describe('procedures', () => {
  test('META-2 list gives the ids by match policy, in the order of registering', () =>
    converse(`
      watcher → [48, 1, {}, "wamp.registration.list"]
      watcher ← [50, 1, {}, [{"exact": [], "prefix": [], "wildcard": []}]]
      callee → [64, 1, {}, "com.b"]
      callee ← [65, 1, $b]
      callee → [64, 2, {"match": "wildcard"}, "com."]
      callee ← [65, 2, $wildcard]
      other → [64, 1, {}, "com.a"]
      other ← [65, 1, $a]
      callee → [64, 3, {"match": "prefix"}, "com.b"]
      callee ← [65, 3, $prefix]
      watcher → [48, 2, {}, "wamp.registration.list"]
      watcher ← [50, 2, {}, [{"exact": [$b, $a], "prefix": [$prefix], "wildcard": [$wildcard]}]]
      callee → [66, 4, $b]
      callee ← [67, 4]
      watcher → [48, 3, {}, "wamp.registration.list"]
      watcher ← [50, 3, {}, [{"exact": [$a], "prefix": [$prefix], "wildcard": [$wildcard]}]]
      callee → closed
      watcher → [48, 4, {}, "wamp.registration.list"]
      watcher ← [50, 4, {}, [{"exact": [$a], "prefix": [], "wildcard": []}]]
    `));

  test('META-2 T-15 lookup finds the very pattern, under its policy', () =>
    converse(`
      callee → [64, 1, {}, "com.a"]
      callee ← [65, 1, $exact]
      callee → [64, 2, {"match": "prefix"}, "com.a"]
      callee ← [65, 2, $prefix]
      callee → [64, 3, {"match": "wildcard"}, "com."]
      callee ← [65, 3, $wildcard]
      watcher → [48, 1, {}, "wamp.registration.lookup", ["com.a"]]
      watcher ← [50, 1, {}, [$exact]]
      watcher → [48, 2, {}, "wamp.registration.lookup", ["com.a", {"match": "exact"}]]
      watcher ← [50, 2, {}, [$exact]]
      watcher → [48, 3, {}, "wamp.registration.lookup", ["com.a", {"match": "prefix", "x_more": 1}]]
      watcher ← [50, 3, {}, [$prefix]]
      watcher → [48, 4, {}, "wamp.registration.lookup", ["com.", {"match": "wildcard"}]]
      watcher ← [50, 4, {}, [$wildcard]]
      watcher → [48, 5, {}, "wamp.registration.lookup", ["com.a", null]]
      watcher ← [50, 5, {}, [$exact]]
      watcher → [48, 6, {}, "wamp.registration.lookup", ["com.a", {"match": null}]]
      watcher ← [50, 6, {}, [$exact]]
      watcher → [48, 7, {}, "wamp.registration.lookup", ["com.a", {"match": "wildcard"}]]
      watcher ← [50, 7, {}, [null]]
      watcher → [48, 8, {}, "wamp.registration.lookup", ["com.b"]]
      watcher ← [50, 8, {}, [null]]
      watcher → [48, 9, {}, "wamp.registration.lookup", ["com.", {}]]
      watcher ← [50, 9, {}, [null]]
    `));

  test('META-2 PREG-4 match finds the one that a call would reach', () =>
    converse(`
      callee → [64, 1, {}, "com.a.b"]
      callee ← [65, 1, $exact]
      callee → [64, 2, {"match": "prefix"}, "com.a"]
      callee ← [65, 2, $short]
      callee → [64, 3, {"match": "prefix"}, "com.a.c"]
      callee ← [65, 3, $long]
      callee → [64, 4, {"match": "wildcard"}, "org..b"]
      callee ← [65, 4, $wildcard]
      watcher → [48, 1, {}, "wamp.registration.match", ["com.a.b"]]
      watcher ← [50, 1, {}, [$exact]]
      watcher → [48, 2, {}, "wamp.registration.match", ["com.a.x"]]
      watcher ← [50, 2, {}, [$short]]
      watcher → [48, 3, {}, "wamp.registration.match", ["com.a.cd"]]
      watcher ← [50, 3, {}, [$long]]
      watcher → [48, 4, {}, "wamp.registration.match", ["org.x.b"]]
      watcher ← [50, 4, {}, [$wildcard]]
      watcher → [48, 5, {}, "wamp.registration.match", ["net"]]
      watcher ← [50, 5, {}, [null]]
    `));

  test.each(['wamp.session.count', 'wamp.registration.match', 'wamp.vanish', 'wamp'])(
    'T-40 PREG-4 no pattern is the match of %s, which a call of it would not reach either',
    (procedure) =>
      converse(`
        squatter → [64, 1, {"match": "prefix"}, ""]
        squatter ← [65, 1, $everything]
        squatter → [64, 2, {"match": "wildcard"}, "."]
        squatter ← [65, 2, *]
        squatter → [64, 3, {"match": "wildcard"}, ".."]
        squatter ← [65, 3, *]
        watcher → [48, 1, {}, "wamp.registration.match", ["${procedure}"]]
        watcher ← [50, 1, {}, [null]]
        watcher → [48, 2, {}, "wamp.registration.match", ["wampum.session"]]
        watcher ← [50, 2, {}, [$everything]]
      `),
  );

  test("T-40 the router's own procedures are not shown", () =>
    converse(`
      watcher → [48, 1, {}, "wamp.registration.lookup", ["wamp.session.count"]]
      watcher ← [50, 1, {}, [null]]
      watcher → [48, 2, {}, "wamp.registration.match", ["wamp.session.count"]]
      watcher ← [50, 2, {}, [null]]
      ${Array.from(
        { length: 30 },
        (_, n) => `
          watcher → [48, ${n + 3}, {}, "wamp.registration.get", [${n + 1}]]
          watcher ← [8, 48, ${n + 3}, {}, "wamp.error.no_such_registration"]`,
      ).join('\n')}
    `));

  test('META-2 get returns the details of on_create', () =>
    converse(`
      clock +250
      callee → [64, 1, {"match": "wildcard", "invoke": "last", "disclose_caller": true}, "com..add"]
      callee ← [65, 1, $registration]
      clock +1000
      watcher → [48, 1, {}, "wamp.registration.get", [$registration]]
      watcher ← [50, 1, {}, [{"id": $registration, "created": "2026-01-01T00:00:00.250Z", "uri": "com..add", "match": "wildcard", "invoke": "last"}]]
    `));

  test.each(['get', 'list_callees', 'count_callees'])(
    'META-2 %s of what is no registration is an error',
    (procedure) =>
      converse(`
        callee → [64, 1, {}, "com.add"]
        callee ← [65, 1, $registration]
        callee → [32, 2, {}, "com.topic"]
        callee ← [33, 2, $subscription]
        callee → [66, 3, $registration]
        callee ← [67, 3]
        watcher → [48, 1, {}, "wamp.registration.${procedure}", [$registration]]
        watcher ← [8, 48, 1, {}, "wamp.error.no_such_registration"]
        watcher → [48, 2, {}, "wamp.registration.${procedure}", [9007199254740992]]
        watcher ← [8, 48, 2, {}, "wamp.error.no_such_registration"]
        watcher → [48, 3, {}, "wamp.registration.${procedure}", [$subscription]]
        watcher ← [8, 48, 3, {}, "wamp.error.no_such_registration"]
      `),
  );

  test.each([
    ...['get', 'list_callees', 'count_callees'].flatMap((procedure) =>
      ['', ', []', ', [null]', ', ["1"]', ', [0]', ', [-1]', ', [1.5]', ', [[1]]'].map((args) => [
        procedure,
        args,
      ]),
    ),
    ...['lookup', 'match'].flatMap((procedure) =>
      ['', ', []', ', [null]', ', [1]', ', [["com.add"]]'].map((args) => [procedure, args]),
    ),
    ...['1', '"prefix"', '[]', '{"match": 1}', '{"match": "suffix"}'].map((options) => [
      'lookup',
      `, ["com.add", ${options}]`,
    ]),
  ])('META-2 T-23 %s with arguments %j is an invalid argument', (procedure, args) =>
    converse(`
      watcher → [48, 1, {}, "wamp.registration.${procedure}"${args}]
      watcher ← [8, 48, 1, {}, "wamp.error.invalid_argument", *]
    `),
  );
});

describe('remove_callee', () => {
  test('RREV-1 META-4 revokes the registration of that callee, and announces it', () =>
    converse(`
      ${WATCHES}
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $registration]
      watcher ← [36, $meta, *, {"topic": "wamp.registration.on_create"}, *]
      ${told('on_register', '$callee, $registration')}
      admin → [48, 1, {}, "wamp.registration.remove_callee", [$registration, $callee, "com.reason"]]
      callee ← [67, 0, {"registration": $registration, "reason": "com.reason"}]
      admin ← [50, 1, {}]
      ${told('on_unregister', '$callee, $registration')}
      ${told('on_delete', '$callee, $registration')}
      admin → [48, 2, {}, "com.add"]
      admin ← [8, 48, 2, {}, "wamp.error.no_such_procedure"]
      admin → [64, 3, {}, "com.add"]
      admin ← [65, 3, $anew]
      ${told('on_create', '$admin, {"id": $anew, ...}')}
      ${told('on_register', '$admin, $anew')}
    `));

  test('RREV-1 leaves the other callees of a shared registration', () =>
    converse(`
      one → [64, 1, {"invoke": "roundrobin"}, "com.add"]
      one ← [65, 1, $registration]
      two → [64, 1, {"invoke": "roundrobin"}, "com.add"]
      two ← [65, 1, $registration]
      ${WATCHES}
      admin → [48, 1, {}, "wamp.registration.remove_callee", [$registration, $one]]
      one ← [67, 0, {"registration": $registration}]
      admin ← [50, 1, {}]
      ${told('on_unregister', '$one, $registration')}
      watcher ← nothing
      admin → [48, 2, {}, "com.add", [1]]
      two ← [68, 1, $registration, {}, [1]]
      admin → [48, 3, {}, "com.add", [2]]
      two ← [68, 2, $registration, {}, [2]]
      one ← nothing
    `));

  test.each([
    ['[$registration, $callee]', '{}', '{"registration": $registration}'],
    ['[$registration, $callee, null]', '{}', '{"registration": $registration}'],
    ['[$registration, $callee, "why"]', '{}', '{"registration": $registration, "reason": "why"}'],
    ['[$registration, $callee]', '{"reason": "why"}', '{"registration": $registration, "reason": "why"}'],
  ])('RREV-1 T-39 called with %s %s tells %s', (args, kwargs, details) =>
    converse(`
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $registration]
      admin → [48, 1, {}, "wamp.registration.remove_callee", ${args}, ${kwargs}]
      callee ← [67, 0, ${details}]
      admin ← [50, 1, {}]
    `),
  );

  test('RREV-1 a session that is no callee of it is no such session', () =>
    converse(`
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $registration]
      other → [64, 1, {}, "com.other"]
      other ← [65, 1, *]
      admin → [48, 1, {}, "wamp.registration.remove_callee", [$registration, $other]]
      admin ← [8, 48, 1, {}, "wamp.error.no_such_session"]
      admin → [48, 2, {}, "wamp.registration.remove_callee", [$registration, 4711]]
      admin ← [8, 48, 2, {}, "wamp.error.no_such_session"]
      admin → [48, 3, {}, "wamp.registration.remove_callee", [$registration, $callee]]
      callee ← [67, 0, {...}]
      admin ← [50, 3, {}]
      admin → [48, 4, {}, "wamp.registration.remove_callee", [$registration, $callee]]
      admin ← [8, 48, 4, {}, "wamp.error.no_such_registration"]
      other ← nothing
    `));

  test("RREV-1 T-40 the router's own registrations are out of reach", () =>
    converse(`
      ${Array.from(
        { length: 30 },
        (_, n) => `
          admin → [48, ${n + 1}, {}, "wamp.registration.remove_callee", [${n + 1}, $admin]]
          admin ← [8, 48, ${n + 1}, {}, "wamp.error.no_such_registration"]`,
      ).join('\n')}
    `));

  test.each([
    '',
    ', []',
    ', ["1", 1]',
    ', [$registration]',
    ', [$registration, "1"]',
    ', [$registration, null]',
    ', [$registration, 0]',
    ', [$registration, $callee, 1]',
    ', [$registration, $callee], {"reason": 1}',
  ])('RREV-1 T-23 arguments %j are invalid, and take nothing', (args) =>
    converse(`
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $registration]
      admin → [48, 1, {}, "wamp.registration.remove_callee"${args}]
      admin ← [8, 48, 1, {}, "wamp.error.invalid_argument", *]
      callee ← nothing
      admin → [48, 2, {}, "com.add"]
      callee ← [68, 1, $registration, {}]
    `),
  );
});
