/** Conversations about pattern-based registrations and subscriptions (checklist §2.19, §2.23). */
import { converse } from '@wamp/router/testing';
import { describe, test } from 'vitest';

/** A call of each URI, and the registration that gets it. */
function callsOf(expected: Readonly<Record<string, string>>, ids: readonly string[]): string {
  let request = 0;
  let invocation = 0;
  return Object.entries(expected)
    .map(([procedure, registration]) => {
      request += 1;
      const call = `caller → [48, ${request}, {}, "${procedure}", [${request}]]`;
      if (registration === 'none') {
        return `${call}\n caller ← [8, 48, ${request}, {}, "wamp.error.no_such_procedure"]`;
      }
      invocation += 1;
      const details = ids.includes(registration) ? `{"procedure": "${procedure}"}` : '{}';
      return `${call}\n callee ← [68, ${invocation}, $${registration}, ${details}, [${request}]]`;
    })
    .join('\n');
}

describe('registrations', () => {
  test('PREG-4 PREG-5 PREG-6 the vector of the specification', () =>
    converse(`
      callee → [64, 1, {"match": "exact"}, "a1.b2.c3.d4.e55"]
      callee ← [65, 1, $r1]
      callee → [64, 2, {"match": "prefix"}, "a1.b2.c3"]
      callee ← [65, 2, $r2]
      callee → [64, 3, {"match": "prefix"}, "a1.b2.c3.d4"]
      callee ← [65, 3, $r3]
      callee → [64, 4, {"match": "wildcard"}, "a1.b2..d4.e5"]
      callee ← [65, 4, $r4]
      callee → [64, 5, {"match": "wildcard"}, "a1.b2.c33..e5"]
      callee ← [65, 5, $r5]
      callee → [64, 6, {"match": "wildcard"}, "a1.b2..d4.e5..g7"]
      callee ← [65, 6, $r6]
      callee → [64, 7, {"match": "wildcard"}, "a1.b2..d4..f6.g7"]
      callee ← [65, 7, $r7]
      ${callsOf(
        {
          'a1.b2.c3.d4.e55': 'r1',
          'a1.b2.c3.d98.e74': 'r2',
          'a1.b2.c3.d4.e325': 'r3',
          'a1.b2.c55.d4.e5': 'r4',
          // The specification's table says 5, but the prefix 2 covers this one as well (PREG-2), and a
          // prefix goes before wildcards (PREG-4): prose wins over an example.
          'a1.b2.c33.d4.e5': 'r2',
          'a1.b2.c88.d4.e5.f6.g7': 'r6',
          'a2.b2.c2.d2.e2': 'none',
        },
        ['r2', 'r3', 'r4', 'r5', 'r6', 'r7'],
      )}
      callee → [66, 8, $r2]
      callee ← [67, 8]
      caller → [48, 8, {}, "a1.b2.c33.d4.e5"]
      callee ← [68, 7, $r5, {"procedure": "a1.b2.c33.d4.e5"}]
    `));

  test('PREG-2 T-15 a prefix is one of characters', () =>
    converse(`
      callee → [64, 1, {"match": "prefix"}, "com.myapp.myobject1"]
      callee ← [65, 1, $prefix]
      ${callsOf(
        {
          'com.myapp.myobject1': 'prefix',
          'com.myapp.myobject1-mysubobject1': 'prefix',
          'com.myapp.myobject1.x.y': 'prefix',
          'com.myapp.myobject': 'none',
          'com.myapp.myobject2': 'none',
          'com.myapp': 'none',
          'org.com.myapp.myobject1': 'none',
        },
        ['prefix'],
      )}
    `));

  test('PREG-3 each wildcard matches one component', () =>
    converse(`
      callee → [64, 1, {"match": "wildcard"}, "com.myapp..read"]
      callee ← [65, 1, $middle]
      callee → [64, 2, {"match": "wildcard"}, "org..x."]
      callee ← [65, 2, $two]
      ${callsOf(
        {
          'com.myapp.a.read': 'middle',
          'com.myapp.b.read': 'middle',
          'com.myapp.read': 'none',
          'com.myapp.a.b.read': 'none',
          'com.myapp.a.read.x': 'none',
          'com.myapp.a.write': 'none',
          'org.a.x.b': 'two',
          'org.a.x': 'none',
          'org.a.y.b': 'none',
        },
        ['middle', 'two'],
      )}
    `));

  test('PREG-4 T-14 any prefix goes before any wildcard, and exact before both', () =>
    converse(`
      callee → [64, 1, {"match": "wildcard"}, "com.a.b."]
      callee ← [65, 1, $wildcard]
      callee → [64, 2, {"match": "prefix"}, "c"]
      callee ← [65, 2, $prefix]
      callee → [64, 3, {}, "com.a.b.c"]
      callee ← [65, 3, $exact]
      ${callsOf({ 'com.a.b.d': 'prefix', 'com.a.b.c': 'exact' }, ['prefix', 'wildcard'])}
      callee → [66, 4, $prefix]
      callee ← [67, 4]
      caller → [48, 3, {}, "com.a.b.d", [3]]
      callee ← [68, 3, $wildcard, {"procedure": "com.a.b.d"}, [3]]
      callee → [66, 5, $exact]
      callee ← [67, 5]
      caller → [48, 4, {}, "com.a.b.c", [4]]
      callee ← [68, 4, $wildcard, {"procedure": "com.a.b.c"}, [4]]
    `));

  test('PREG-4 T-14 the longest prefix wins, by characters where components are equal', () =>
    converse(`
      callee → [64, 1, {"match": "prefix"}, "a.bc"]
      callee ← [65, 1, $longer]
      callee → [64, 2, {"match": "prefix"}, "a.b"]
      callee ← [65, 2, $shorter]
      callee → [64, 3, {"match": "prefix"}, "a.bcd.e"]
      callee ← [65, 3, $longest]
      ${callsOf({ 'a.bcd': 'longer', 'a.bd': 'shorter', 'a.bcd.ef': 'longest', 'a.bc.x.y.z': 'longer' }, [
        'longer',
        'shorter',
        'longest',
      ])}
    `));

  test.each([
    ['as written', ['1', '2', '3', '4']],
    ['the other way round', ['4', '3', '2', '1']],
  ])('PREG-4 T-14 among wildcards the first literal decides, registered %s', (_order, order) => {
    const patterns: Readonly<Record<string, string>> = { 1: 'a.b..', 2: 'a..c.d', 3: '.b.c.d', 4: 'a.b..d' };
    return converse(`
      ${order
        .map(
          (key, index) =>
            `callee → [64, ${index + 1}, {"match": "wildcard"}, "${patterns[key] ?? ''}"]\n callee ← [65, ${index + 1}, $w${key}]`,
        )
        .join('\n')}
      ${callsOf({ 'a.b.c.d': 'w4', 'a.b.c.e': 'w1', 'a.x.c.d': 'w2', 'x.b.c.d': 'w3', 'x.b.c.e': 'none' }, [
        'w1',
        'w2',
        'w3',
        'w4',
      ])}
    `);
  });

  test('PREG-4 T-14 a literal that leads nowhere gives way to the wildcard beside it', () =>
    converse(`
      callee → [64, 1, {"match": "wildcard"}, "a.b..x"]
      callee ← [65, 1, $literal]
      callee → [64, 2, {"match": "wildcard"}, "a..c."]
      callee ← [65, 2, $any]
      ${callsOf({ 'a.b.c.x': 'literal', 'a.b.c.y': 'any' }, ['literal', 'any'])}
    `));

  test('T-15 all shapes of pattern are legal: "" and a trailing dot, wildcards with nothing wild', () =>
    converse(`
      callee → [64, 1, {"match": "wildcard"}, ""]
      callee ← [65, 1, $single]
      callee → [64, 2, {"match": "wildcard"}, "com.plain"]
      callee ← [65, 2, $plain]
      callee → [64, 3, {"match": "prefix"}, "com.myapp."]
      callee ← [65, 3, $dotted]
      ${callsOf(
        {
          anything: 'single',
          'two.components': 'none',
          'com.plain': 'plain',
          'com.plain.x': 'none',
          'com.myapp.x': 'dotted',
          'com.myapp': 'none',
        },
        ['single', 'plain', 'dotted'],
      )}
      callee → [64, 4, {"match": "prefix"}, ""]
      callee ← [65, 4, $all]
      caller → [48, 7, {}, "two.components"]
      callee ← [68, 4, $all, {"procedure": "two.components"}]
      caller → [48, 8, {}, "anything"]
      callee ← [68, 5, $all, {"procedure": "anything"}]
    `));

  test('T-15 PREG-7 one URI under three policies makes three registrations', () =>
    converse(`
      callee → [64, 1, {"match": "wildcard"}, "com.x"]
      callee ← [65, 1, $wildcard]
      callee → [64, 2, {"match": "prefix"}, "com.x"]
      callee ← [65, 2, $prefix]
      callee → [64, 3, {"match": "exact"}, "com.x"]
      callee ← [65, 3, $exact]
      callee → [64, 4, {"match": "prefix"}, "com.x"]
      callee ← [8, 64, 4, {}, "wamp.error.procedure_already_exists", *]
      caller → [48, 1, {}, "com.x"]
      callee ← [68, 1, $exact, {}]
      callee → [66, 5, $exact]
      callee ← [67, 5]
      caller → [48, 2, {}, "com.x"]
      callee ← [68, 2, $prefix, {"procedure": "com.x"}]
      callee → [66, 6, $prefix]
      callee ← [67, 6]
      caller → [48, 3, {}, "com.x"]
      callee ← [68, 3, $wildcard, {"procedure": "com.x"}]
      callee → [66, 7, $wildcard]
      callee ← [67, 7]
      caller → [48, 4, {}, "com.x"]
      caller ← [8, 48, 4, {}, "wamp.error.no_such_procedure"]
    `));

  test('T-16 a call goes to one registration, however many match', () =>
    converse(`
      one → [64, 1, {"match": "prefix"}, "com"]
      one ← [65, 1, $short]
      two → [64, 1, {"match": "prefix"}, "com.x"]
      two ← [65, 1, $long]
      three → [64, 1, {"match": "wildcard"}, "com.x."]
      three ← [65, 1, $wildcard]
      caller → [48, 1, {}, "com.x.y"]
      two ← [68, 1, $long, {"procedure": "com.x.y"}]
      one ← nothing
      three ← nothing
      two → [70, 1, {}, ["once"]]
      caller ← [50, 1, {}, ["once"]]
    `));

  test.each([
    ['prefix', 'com..x'],
    ['prefix', '.com'],
    ['prefix', 'com x'],
    ['wildcard', 'com. .x'],
    ['wildcard', 'com.#.x'],
  ])('URI-3 URI-5 URI-8 a bad pattern is answered with ERROR: %s %j', (match, pattern) =>
    converse(`
      client → [64, 1, {"match": "${match}"}, "${pattern}"]
      client ← [8, 64, 1, {}, "wamp.error.invalid_uri", *]
      client → [32, 2, {"match": "${match}"}, "${pattern}"]
      client ← [8, 32, 2, {}, "wamp.error.invalid_uri", *]
    `),
  );
});

/** Publishes each topic, and says who hears it under which subscription. */
function eventsOf(expected: Readonly<Record<string, readonly string[]>>, exact: readonly string[]): string {
  let request = 0;
  return Object.entries(expected)
    .map(([topic, subscriptions]) => {
      request += 1;
      return [
        `publisher → [16, ${request}, {"acknowledge": true}, "${topic}", [${request}]]`,
        `publisher ← [17, ${request}, $p${request}]`,
        ...subscriptions.map((subscription) => {
          const details = exact.includes(subscription) ? '{}' : `{"topic": "${topic}"}`;
          return `subscriber ← [36, $${subscription}, $p${request}, ${details}, [${request}]]`;
        }),
        'subscriber ← nothing',
      ].join('\n');
    })
    .join('\n');
}

describe('subscriptions', () => {
  test('EVT-2 PSUB-2 PSUB-4 every subscription that matches gets the event, with the same publication id', () =>
    converse(`
      subscriber → [32, 1, {}, "com.myapp.topic.x"]
      subscriber ← [33, 1, $exact]
      subscriber → [32, 2, {"match": "prefix"}, "com.myapp"]
      subscriber ← [33, 2, $prefix]
      subscriber → [32, 3, {"match": "wildcard"}, "com..topic."]
      subscriber ← [33, 3, $wildcard]
      ${eventsOf(
        {
          'com.myapp.topic.x': ['exact', 'prefix', 'wildcard'],
          'com.myapp.topic.y': ['prefix', 'wildcard'],
          'com.other.topic.y': ['wildcard'],
          'com.myapp': ['prefix'],
          'com.other': [],
        },
        ['exact'],
      )}
    `));

  test('PSUB-2 several prefixes and several wildcards may match', () =>
    converse(`
      one → [32, 1, {"match": "prefix"}, "com"]
      one ← [33, 1, $short]
      two → [32, 1, {"match": "prefix"}, "com.x"]
      two ← [33, 1, $long]
      three → [32, 1, {"match": "wildcard"}, "com."]
      three ← [33, 1, $right]
      four → [32, 1, {"match": "wildcard"}, ".x"]
      four ← [33, 1, $left]
      five → [32, 1, {"match": "wildcard"}, "."]
      five ← [33, 1, $both]
      publisher → [16, 1, {}, "com.x", [1]]
      one ← [36, $short, $publication, {"topic": "com.x"}, [1]]
      two ← [36, $long, $publication, {"topic": "com.x"}, [1]]
      three ← [36, $right, $publication, {"topic": "com.x"}, [1]]
      four ← [36, $left, $publication, {"topic": "com.x"}, [1]]
      five ← [36, $both, $publication, {"topic": "com.x"}, [1]]
    `));

  test('PSUB-3 the rules of matching are those of registrations', () =>
    converse(`
      subscriber → [32, 1, {"match": "prefix"}, "com.myapp.topic.emergency"]
      subscriber ← [33, 1, $prefix]
      subscriber → [32, 2, {"match": "wildcard"}, "org..x."]
      subscriber ← [33, 2, $wildcard]
      ${eventsOf(
        {
          'com.myapp.topic.emergency': ['prefix'],
          'com.myapp.topic.emergency-low': ['prefix'],
          'com.myapp.topic.emergency.x': ['prefix'],
          'com.myapp.topic.emerge': [],
          'org.a.x.b': ['wildcard'],
          'org.a.x': [],
          'org.a.x.b.c': [],
          'org.a.y.b': [],
        },
        [],
      )}
    `));

  test('SUB-2 T-15 one URI under three policies makes three subscriptions', () =>
    converse(`
      subscriber → [32, 1, {}, "com.x"]
      subscriber ← [33, 1, $exact]
      subscriber → [32, 2, {"match": "prefix"}, "com.x"]
      subscriber ← [33, 2, $prefix]
      subscriber → [32, 3, {"match": "wildcard"}, "com.x"]
      subscriber ← [33, 3, $wildcard]
      subscriber → [32, 4, {"match": "prefix"}, "com.x"]
      subscriber ← [33, 4, $prefix]
      ${eventsOf({ 'com.x': ['exact', 'prefix', 'wildcard'], 'com.xy': ['prefix'] }, ['exact'])}
      subscriber → [34, 5, $prefix]
      subscriber ← [35, 5]
      publisher → [16, 3, {}, "com.x"]
      subscriber ← [36, $exact, *, {}]
      subscriber ← [36, $wildcard, *, {"topic": "com.x"}]
    `));

  test.each([
    ['prefix', '', false],
    ['prefix', 'w', false],
    ['prefix', 'wamp', false],
    ['wildcard', '..', false],
    ['wildcard', '.session.on_leave', false],
    ['prefix', 'wamp.', true],
    ['prefix', 'wamp.session', true],
    ['wildcard', 'wamp..', true],
    ['wildcard', 'wamp.session.', true],
    ['exact', 'wamp.session.on_leave', true],
  ])("T-40 who hears of the router's own events: %s %j %s", (match, topic, hears) =>
    converse(`
      subscriber → [32, 1, {"match": "${match}"}, "${topic}"]
      subscriber ← [33, 1, $subscription]
      client → closed
      ${
        hears
          ? `subscriber ← [36, $subscription, *, ${match === 'exact' ? '{}' : '{"topic": "wamp.session.on_leave"}'}, [$client, *, *]]`
          : 'subscriber ← nothing'
      }
    `),
  );
});
