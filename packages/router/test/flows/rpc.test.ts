/** Conversations about remote procedure calls (checklist §2.10, §2.11). */
import { converse } from '@wamp/router/testing';
import { describe, test } from 'vitest';

describe('registering', () => {
  test('REG-1 REGISTER is answered with REGISTERED, the second one with ERROR', () =>
    converse(`
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $registration]
      other → [64, 1, {}, "com.add"]
      other ← [8, 64, 1, {}, "wamp.error.procedure_already_exists", *]
      callee → [64, 2, {}, "com.add"]
      callee ← [8, 64, 2, {}, "wamp.error.procedure_already_exists", *]
      other → [48, 2, {}, "com.add"]
      callee ← [68, 1, $registration, {}]
    `));

  test.each(['com..add', '.com.add', 'com.add.', 'com add', 'com.a#d', ''])(
    'REG-1 URI-8 T-4 REGISTER of %j is answered with ERROR',
    (procedure) =>
      converse(`
        callee → [64, 1, {}, "${procedure}"]
        callee ← [8, 64, 1, {}, "wamp.error.invalid_uri", *]
      `),
  );

  test.each([
    ['exact', 'wamp'],
    ['exact', 'wamp.mine'],
    ['exact', 'wamp.session.count'],
    ['prefix', 'wamp'],
    ['prefix', 'wamp.'],
    ['prefix', 'wamp.session'],
    ['wildcard', 'wamp.'],
    ['wildcard', 'wamp..count'],
  ])('REG-1 URI-6 T-4 nobody may register what is reserved: %s %s', (match, procedure) =>
    converse(`
      callee → [64, 1, {"match": "${match}"}, "${procedure}"]
      callee ← [8, 64, 1, {}, "wamp.error.invalid_uri", *]
      callee → [64, 2, {}, "wampum.mine"]
      callee ← [65, 2, *]
    `),
  );

  test.each([
    ['prefix', ''],
    ['prefix', 'wam'],
    ['wildcard', '..'],
    ['wildcard', '.session.count'],
  ])('URI-6 no pattern takes a call that is for the router: %s %j', (match, pattern) =>
    converse(`
      squatter → [64, 1, {"match": "${match}"}, "${pattern}"]
      squatter ← [65, 1, *]
      caller → [48, 1, {}, "wamp.session.count"]
      caller ← [50, 1, {}, [2]]
      caller → [48, 2, {}, "wamp.session.vanish"]
      caller ← [8, 48, 2, {}, "wamp.error.no_such_procedure"]
      squatter ← nothing
    `),
  );

  test('REG-2 CALL-3 an unregistered procedure is unknown, and free for others', () =>
    converse(`
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $registration]
      callee → [66, 2, $registration]
      callee ← [67, 2]
      caller → [48, 1, {}, "com.add"]
      caller ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
      callee → [66, 3, $registration]
      callee ← [8, 66, 3, {}, "wamp.error.no_such_registration"]
      other → [64, 1, {}, "com.add"]
      other ← [65, 1, *]
    `));

  test('REG-2 T-43 no session can unregister the procedure of another', () =>
    converse(`
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $registration]
      callee → [32, 2, {}, "com.topic"]
      callee ← [33, 2, $subscription]
      intruder → [66, 1, $registration]
      intruder ← [8, 66, 1, {}, "wamp.error.no_such_registration"]
      callee → [66, 3, $subscription]
      callee ← [8, 66, 3, {}, "wamp.error.no_such_registration"]
      intruder → [48, 2, {}, "com.add"]
      callee ← [68, 1, $registration, {}]
    `));

  test('REG-2 T-43 calls that a callee has when it unregisters are finished', () =>
    converse(`
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $registration]
      caller → [48, 1, {}, "com.add", [1]]
      callee ← [68, 1, $registration, {}, [1]]
      caller → [48, 2, {}, "com.add", [2]]
      callee ← [68, 2, $registration, {}, [2]]
      callee → [66, 2, $registration]
      callee ← [67, 2]
      caller ← nothing
      callee → [70, 1, {}, ["one"]]
      caller ← [50, 1, {}, ["one"]]
      callee → [8, 68, 2, {}, "com.error.two"]
      caller ← [8, 48, 2, {}, "com.error.two"]
    `));

  test('REG-1 a procedure is free once its callee has left', () =>
    converse(`
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, *]
      callee → closed
      other → [64, 1, {}, "com.add"]
      other ← [65, 1, *]
    `));
});

describe('calling', () => {
  test('CALL-1 CALL-2 a call travels to the callee and its result back', () =>
    converse(`
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $registration]
      caller → [48, 1, {}, "com.add", [1, 2], {"a": null}]
      callee ← [68, 1, $registration, {}, [1, 2], {"a": null}]
      callee → [70, 1, {}, [3]]
      caller ← [50, 1, {}, [3]]
    `));

  test.each([
    '',
    ', []',
    ', [], {}',
    ', [], {"a": 1}',
    ', [1, [2, {"b": null}]], {"c": [true, 1.5, "ü", 9007199254740993]}',
  ])('CALL-1 CALL-2 MSG-6 payloads are not touched: %j', (payload) =>
    converse(`
        callee → [64, 1, {}, "com.echo"]
        callee ← [65, 1, $registration]
        caller → [48, 1, {}, "com.echo"${payload}]
        callee ← [68, 1, $registration, {}${payload}]
        callee → [70, 1, {}${payload}]
        caller ← [50, 1, {}${payload}]
        caller → [48, 2, {}, "com.echo"]
        callee ← [68, 2, $registration, {}]
        callee → [8, 68, 2, {}, "com.error.echo"${payload}]
        caller ← [8, 48, 2, {}, "com.error.echo"${payload}]
      `),
  );

  test('CALL-2 an error keeps its URI and its payload', () =>
    converse(`
      callee → [64, 1, {}, "com.fail"]
      callee ← [65, 1, $registration]
      caller → [48, 7, {}, "com.fail"]
      callee ← [68, 1, $registration, {}]
      callee → [8, 68, 1, {"x_more": 1}, "com.myapp.error.sorry", ["why"], {"code": 7}]
      caller ← [8, 48, 7, {}, "com.myapp.error.sorry", ["why"], {"code": 7}]
    `));

  test('CALL-1 IDS-4 IDS-5 the invocations of each callee count from 1, for all callers', () =>
    converse(`
      one → [64, 1, {}, "com.one"]
      one ← [65, 1, $first]
      two → [64, 1, {}, "com.two"]
      two ← [65, 1, $second]
      caller → [48, 1, {}, "com.one"]
      one ← [68, 1, $first, {}]
      caller → [48, 2, {}, "com.two"]
      two ← [68, 1, $second, {}]
      caller → [48, 3, {}, "com.one"]
      one ← [68, 2, $first, {}]
      two → [48, 2, {}, "com.one"]
      one ← [68, 3, $first, {}]
    `));

  test('CALL-1 T-19 a session may call itself', () =>
    converse(`
      client → [64, 1, {}, "com.self"]
      client ← [65, 1, $registration]
      client → [48, 2, {}, "com.self", ["me"]]
      client ← [68, 1, $registration, {}, ["me"]]
      client → [70, 1, {}, ["myself"]]
      client ← [50, 2, {}, ["myself"]]
    `));

  test('CALL-3 a URI that is not registered is no_such_procedure', () =>
    converse(`
      caller → [48, 1, {}, "com.nothing", [1]]
      caller ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
      caller → [48, 2, {}, "wamp.nothing"]
      caller ← [8, 48, 2, {}, "wamp.error.no_such_procedure"]
    `));

  test.each(['com..add', 'com.add.', 'com add', ''])(
    'CALL-3 URI-8 T-4 CALL of %j is answered with ERROR, whatever is registered',
    (procedure) =>
      converse(`
        callee → [64, 1, {"match": "prefix"}, ""]
        callee ← [65, 1, *]
        caller → [48, 1, {}, "${procedure}"]
        caller ← [8, 48, 1, {}, "wamp.error.invalid_uri", *]
      `),
  );

  test('CALL-4 ORD-4 many calls are in flight, and answered in any order', () =>
    converse(`
      callee → [64, 1, {}, "com.slow"]
      callee ← [65, 1, $registration]
      one → [48, 1, {}, "com.slow", ["a"]]
      two → [48, 1, {}, "com.slow", ["b"]]
      one → [48, 2, {}, "com.slow", ["c"]]
      callee ← [68, 1, $registration, {}, ["a"]]
      callee ← [68, 2, $registration, {}, ["b"]]
      callee ← [68, 3, $registration, {}, ["c"]]
      callee → [70, 3, {}, ["C"]]
      callee → [70, 1, {}, ["A"]]
      callee → [8, 68, 2, {}, "com.error.b"]
      one ← [50, 2, {}, ["C"]]
      one ← [50, 1, {}, ["A"]]
      two ← [8, 48, 1, {}, "com.error.b"]
    `));

  test('ORD-3 calls reach one callee in the order of calling, across procedures', () =>
    converse(`
      callee → [64, 1, {}, "com.one"]
      callee ← [65, 1, $one]
      callee → [64, 2, {"match": "prefix"}, "com.two"]
      callee ← [65, 2, $two]
      caller → [48, 1, {}, "com.two.x", [1]]
      caller → [48, 2, {}, "com.one", [2]]
      caller → [48, 3, {}, "com.two", [3]]
      caller → [48, 4, {}, "com.one", [4]]
      callee ← [68, 1, $two, {"procedure": "com.two.x"}, [1]]
      callee ← [68, 2, $one, {}, [2]]
      callee ← [68, 3, $two, {"procedure": "com.two"}, [3]]
      callee ← [68, 4, $one, {}, [4]]
    `));

  test('ORD-2 REGISTERED comes before the first invocation', () =>
    converse(`
      callee → [64, 1, {}, "com.add"]
      caller → [48, 1, {}, "com.add"]
      callee ← [65, 1, $registration]
      callee ← [68, 1, $registration, {}]
    `));

  test('CALL-2 T-6 an invocation is answered once; what follows is discarded', () =>
    converse(`
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $registration]
      caller → [48, 1, {}, "com.add"]
      callee ← [68, 1, $registration, {}]
      callee → [70, 1, {}, ["first"]]
      caller ← [50, 1, {}, ["first"]]
      callee → [70, 1, {}, ["second"]]
      callee → [8, 68, 1, {}, "com.error.third"]
      callee → [70, 1, {"progress": true}, ["fourth"]]
      callee ← nothing
      caller ← nothing
      caller → [48, 2, {}, "com.add"]
      callee ← [68, 2, $registration, {}]
    `));

  test('PCI-16 a call in flight accepts no second CALL with its id', () =>
    converse(`
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $registration]
      caller → [48, 1, {}, "com.add"]
      callee ← [68, 1, $registration, {}]
      caller → [48, 1, {}, "com.add"]
      caller ← [3, {...}, "wamp.error.protocol_violation"]
      caller ← closed
      callee ← [69, 1, {"mode": "killnowait", ...}]
    `));
});

describe('leaving', () => {
  test.each([
    ['is lost', 'caller → closed'],
    [
      'says GOODBYE',
      'caller → [6, {}, "wamp.close.close_realm"]\n caller ← [6, {}, "wamp.close.goodbye_and_out"]\n caller ← closed',
    ],
    ['says ABORT', 'caller → [3, {}, "com.reason"]\n caller ← closed'],
  ])('LEAVE-1 T-19 a caller that %s has its calls interrupted', (_how, leaves) =>
    converse(`
      callee → [64, 1, {}, "com.slow"]
      callee ← [65, 1, $registration]
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $registration, {}]
      caller → [48, 2, {}, "com.slow"]
      callee ← [68, 2, $registration, {}]
      ${leaves}
      callee ← [69, 1, {"mode": "killnowait", ...}]
      callee ← [69, 2, {"mode": "killnowait", ...}]
      callee → [70, 1, {}, ["too late"]]
      callee → [8, 68, 2, {}, "com.too.late"]
      callee ← nothing
    `),
  );

  test('LEAVE-1 a callee without call_canceling is not interrupted, and its answer is discarded', () =>
    converse(
      `
      callee → [64, 1, {}, "com.slow"]
      callee ← [65, 1, $registration]
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $registration, {}]
      caller → closed
      callee ← nothing
      callee → [70, 1, {}, ["too late"]]
      callee ← nothing
      other → [48, 1, {}, "com.slow"]
      callee ← [68, 2, $registration, {}]
      callee → [70, 2, {}, ["in time"]]
      other ← [50, 1, {}, ["in time"]]
    `,
      { peers: { callee: { roles: { callee: {} } } } },
    ));

  test.each([
    ['is lost', 'callee → closed'],
    [
      'says GOODBYE',
      'callee → [6, {}, "wamp.close.close_realm"]\n callee ← [6, {}, "wamp.close.goodbye_and_out"]\n callee ← closed',
    ],
    ['says ABORT', 'callee → [3, {}, "com.reason"]\n callee ← closed'],
  ])('LEAVE-2 T-1 a callee that %s leaves its callers a canceled', (_how, leaves) =>
    converse(`
      callee → [64, 1, {}, "com.slow"]
      callee ← [65, 1, $registration]
      one → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $registration, {}]
      two → [48, 5, {}, "com.slow"]
      callee ← [68, 2, $registration, {}]
      ${leaves}
      one ← [8, 48, 1, {}, "wamp.error.canceled", *]
      two ← [8, 48, 5, {}, "wamp.error.canceled", *]
      one → [48, 2, {}, "com.slow"]
      one ← [8, 48, 2, {}, "wamp.error.no_such_procedure"]
    `),
  );

  test('LEAVE-1 T-19 a session that leaves during a call to itself receives nothing', () =>
    converse(`
      client → [64, 1, {}, "com.self"]
      client ← [65, 1, $registration]
      client → [48, 2, {}, "com.self"]
      client ← [68, 1, $registration, {}]
      client → [6, {}, "wamp.close.close_realm"]
      client ← [6, {}, "wamp.close.goodbye_and_out"]
      client ← closed
    `));

  test('LEAVE-1 LEAVE-2 a session that leaves in the middle of a chain of calls notifies both ends', () =>
    converse(`
      last → [64, 1, {}, "com.last"]
      last ← [65, 1, $last_registration]
      middle → [64, 1, {}, "com.middle"]
      middle ← [65, 1, $middle_registration]
      first → [48, 1, {}, "com.middle"]
      middle ← [68, 1, $middle_registration, {}]
      middle → [48, 2, {}, "com.last"]
      last ← [68, 1, $last_registration, {}]
      middle → closed
      first ← [8, 48, 1, {}, "wamp.error.canceled", *]
      last ← [69, 1, {"mode": "killnowait", ...}]
      last → [70, 1, {}]
      first ← nothing
    `));
});
