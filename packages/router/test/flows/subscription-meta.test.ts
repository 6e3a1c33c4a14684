/** Conversations about the subscription meta API (checklist §2.28, META-1, META-2, META-5, T-40). */
import { converse } from '@wamp/router/testing';
import { describe, test } from 'vitest';

/** A watcher that is told of everything, by one subscription. */
const WATCHES = `
  watcher → [32, 1, {"match": "prefix"}, "wamp.subscription."]
  watcher ← [33, 1, $meta]
`;

const told = (event: string, args: string): string =>
  `watcher ← [36, $meta, *, {"topic": "wamp.subscription.${event}"}, [${args}]]`;

describe('events', () => {
  test('META-1 the broker announces subscription_meta_api', () =>
    converse(`
      client → [1, "realm1", {"roles": {"callee": {}}}]
      client ← [2, *, {"roles": {"broker": {"features": {"subscription_meta_api": true, ...}}, ...}, ...}]
    `));

  test('META-5 on_create comes before on_subscribe, on_unsubscribe before on_delete', () =>
    converse(`
      ${WATCHES}
      clock +1500
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      ${told('on_create', '$subscriber, {"id": $news, "created": "2026-01-01T00:00:01.500Z", "uri": "com.news", "match": "exact"}')}
      ${told('on_subscribe', '$subscriber, $news')}
      clock +1500
      subscriber → [34, 2, $news]
      subscriber ← [35, 2]
      ${told('on_unsubscribe', '$subscriber, $news')}
      ${told('on_delete', '$subscriber, $news')}
      subscriber ← nothing
    `));

  test.each(['on_create', 'on_subscribe', 'on_unsubscribe', 'on_delete'])(
    'META-1 %s is published on a topic of its own',
    (event) =>
      converse(`
        watcher → [32, 1, {}, "wamp.subscription.${event}"]
        watcher ← [33, 1, $event]
        subscriber → [32, 1, {}, "com.news"]
        subscriber ← [33, 1, $news]
        subscriber → [34, 2, $news]
        subscriber ← [35, 2]
        watcher ← [36, $event, *, {}, [$subscriber, *]]
        watcher ← nothing
      `),
  );

  test.each([
    ['exact', 'com.news'],
    ['prefix', 'com.'],
    ['prefix', ''],
    ['wildcard', 'com..news'],
  ])('META-5 on_create tells match %s', (match, uri) =>
    converse(`
      ${WATCHES}
      subscriber → [32, 1, {"match": "${match}", "x_more": 1}, "${uri}"]
      subscriber ← [33, 1, $news]
      ${told('on_create', `$subscriber, {"id": $news, "created": "2026-01-01T00:00:00.000Z", "uri": "${uri}", "match": "${match}"}`)}
      ${told('on_subscribe', '$subscriber, $news')}
    `),
  );

  test('META-5 SUB-2 a subscription is created by its first subscriber and deleted with its last', () =>
    converse(`
      ${WATCHES}
      one → [32, 1, {}, "com.news"]
      one ← [33, 1, $news]
      ${told('on_create', '$one, {"id": $news, "created": "2026-01-01T00:00:00.000Z", "uri": "com.news", "match": "exact"}')}
      ${told('on_subscribe', '$one, $news')}
      clock +1000
      two → [32, 1, {}, "com.news"]
      two ← [33, 1, $news]
      ${told('on_subscribe', '$two, $news')}
      watcher → [48, 2, {}, "wamp.subscription.get", [$news]]
      watcher ← [50, 2, {}, [{"id": $news, "created": "2026-01-01T00:00:00.000Z", "uri": "com.news", "match": "exact"}]]
      watcher → [48, 3, {}, "wamp.subscription.list_subscribers", [$news]]
      watcher ← [50, 3, {}, [[$one, $two]]]
      watcher → [48, 4, {}, "wamp.subscription.count_subscribers", [$news]]
      watcher ← [50, 4, {}, [2]]
      one → [34, 2, $news]
      one ← [35, 2]
      ${told('on_unsubscribe', '$one, $news')}
      watcher → [48, 5, {}, "wamp.subscription.list_subscribers", [$news]]
      watcher ← [50, 5, {}, [[$two]]]
      two → closed
      ${told('on_unsubscribe', '$two, $news')}
      ${told('on_delete', '$two, $news')}
      watcher → [48, 6, {}, "wamp.subscription.get", [$news]]
      watcher ← [8, 48, 6, {}, "wamp.error.no_such_subscription"]
    `));

  test('META-5 SUB-2 subscribing again is not told of', () =>
    converse(`
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      ${WATCHES}
      subscriber → [32, 2, {}, "com.news"]
      subscriber ← [33, 2, $news]
      watcher ← nothing
      subscriber → [34, 3, $news]
      subscriber ← [35, 3]
      ${told('on_unsubscribe', '$subscriber, $news')}
      ${told('on_delete', '$subscriber, $news')}
    `));

  test('META-5 the end of the subscriptions of a session is reported before on_leave', () =>
    converse(`
      subscriber → [32, 1, {}, "com.one"]
      subscriber ← [33, 1, $one]
      subscriber → [32, 2, {"match": "prefix"}, "com.two"]
      subscriber ← [33, 2, $two]
      watcher → [32, 1, {"match": "prefix"}, "wamp."]
      watcher ← [33, 1, $meta]
      subscriber → closed
      ${told('on_unsubscribe', '$subscriber, $one')}
      ${told('on_delete', '$subscriber, $one')}
      ${told('on_unsubscribe', '$subscriber, $two')}
      ${told('on_delete', '$subscriber, $two')}
      watcher ← [36, $meta, *, {"topic": "wamp.session.on_leave"}, [$subscriber, *, *]]
    `));

  test('META-5 T-41 the subscriber gets its answer first, and may watch itself (T-40)', () =>
    converse(`
      subscriber → [32, 1, {"match": "prefix"}, "wamp.subscription."]
      subscriber ← [33, 1, $meta]
      subscriber → [32, 2, {}, "com.news"]
      subscriber ← [33, 2, $news]
      subscriber ← [36, $meta, *, {"topic": "wamp.subscription.on_create"}, [$subscriber, {...}]]
      subscriber ← [36, $meta, *, {"topic": "wamp.subscription.on_subscribe"}, [$subscriber, $news]]
      subscriber → [34, 3, $news]
      subscriber ← [35, 3]
      subscriber ← [36, $meta, *, {"topic": "wamp.subscription.on_unsubscribe"}, [$subscriber, $news]]
      subscriber ← [36, $meta, *, {"topic": "wamp.subscription.on_delete"}, [$subscriber, $news]]
    `));

  test('META-5 a refused SUBSCRIBE or UNSUBSCRIBE is not told of', () =>
    converse(`
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      ${WATCHES}
      other → [32, 1, {}, "com..news"]
      other ← [8, 32, 1, {}, "wamp.error.invalid_uri", *]
      other → [34, 2, $news]
      other ← [8, 34, 2, {}, "wamp.error.no_such_subscription"]
      watcher ← nothing
    `));

  test('META-1 events of another realm are not told', () =>
    converse(
      `
      watcher → [32, 1, {"match": "prefix"}, "wamp.subscription."]
      watcher ← [33, 1, $meta]
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, *]
      watcher ← nothing
      watcher → [48, 2, {}, "wamp.subscription.lookup", ["com.news"]]
      watcher ← [50, 2, {}, [null]]
    `,
      { router: { realms: ['realm1', 'realm2'] }, peers: { watcher: { realm: 'realm2' } } },
    ));

  test.each([
    ['exact', 'wamp'],
    ['exact', 'wamp.mine'],
    ['exact', 'wamp.session.on_join'],
    ['prefix', 'wamp.'],
    ['prefix', 'wamp.session'],
    ['wildcard', 'wamp..on_join'],
    ['wildcard', 'wamp.'],
  ])('T-40 subscriptions below wamp are neither told of nor shown: %s %j', (match, topic) =>
    converse(`
      ${WATCHES}
      subscriber → [32, 1, {"match": "${match}"}, "${topic}"]
      subscriber ← [33, 1, $own]
      watcher ← nothing
      watcher → [48, 2, {}, "wamp.subscription.list"]
      watcher ← [50, 2, {}, [{"exact": [], "prefix": [], "wildcard": []}]]
      watcher → [48, 3, {}, "wamp.subscription.get", [$own]]
      watcher ← [8, 48, 3, {}, "wamp.error.no_such_subscription"]
      watcher → [48, 4, {}, "wamp.subscription.lookup", ["${topic}", {"match": "${match}"}]]
      watcher ← [50, 4, {}, [null]]
      watcher → [48, 5, {}, "wamp.subscription.match", ["${topic.replace('..', '.session.').replace(/\.$/, '.mine')}"]]
      watcher ← [50, 5, {}, [null]]
      watcher → [48, 6, {}, "wamp.subscription.list_subscribers", [$own]]
      watcher ← [8, 48, 6, {}, "wamp.error.no_such_subscription"]
      subscriber → [34, 2, $own]
      subscriber ← [35, 2]
      watcher ← nothing
    `),
  );
});

describe('procedures', () => {
  test('META-2 list gives the ids by match policy, in the order of subscribing', () =>
    converse(`
      watcher → [48, 1, {}, "wamp.subscription.list"]
      watcher ← [50, 1, {}, [{"exact": [], "prefix": [], "wildcard": []}]]
      subscriber → [32, 1, {}, "com.b"]
      subscriber ← [33, 1, $b]
      subscriber → [32, 2, {"match": "wildcard"}, "com."]
      subscriber ← [33, 2, $wildcard]
      other → [32, 1, {}, "com.a"]
      other ← [33, 1, $a]
      subscriber → [32, 3, {"match": "prefix"}, "com.b"]
      subscriber ← [33, 3, $prefix]
      watcher → [48, 2, {}, "wamp.subscription.list"]
      watcher ← [50, 2, {}, [{"exact": [$b, $a], "prefix": [$prefix], "wildcard": [$wildcard]}]]
      subscriber → [34, 4, $b]
      subscriber ← [35, 4]
      watcher → [48, 3, {}, "wamp.subscription.list"]
      watcher ← [50, 3, {}, [{"exact": [$a], "prefix": [$prefix], "wildcard": [$wildcard]}]]
      subscriber → closed
      watcher → [48, 4, {}, "wamp.subscription.list"]
      watcher ← [50, 4, {}, [{"exact": [$a], "prefix": [], "wildcard": []}]]
    `));

  test('META-2 T-15 lookup finds the very pattern, under its policy', () =>
    converse(`
      subscriber → [32, 1, {}, "com.a"]
      subscriber ← [33, 1, $exact]
      subscriber → [32, 2, {"match": "prefix"}, "com.a"]
      subscriber ← [33, 2, $prefix]
      subscriber → [32, 3, {"match": "wildcard"}, "com."]
      subscriber ← [33, 3, $wildcard]
      watcher → [48, 1, {}, "wamp.subscription.lookup", ["com.a"]]
      watcher ← [50, 1, {}, [$exact]]
      watcher → [48, 2, {}, "wamp.subscription.lookup", ["com.a", {"match": "exact"}]]
      watcher ← [50, 2, {}, [$exact]]
      watcher → [48, 3, {}, "wamp.subscription.lookup", ["com.a", {"match": "prefix", "x_more": 1}]]
      watcher ← [50, 3, {}, [$prefix]]
      watcher → [48, 4, {}, "wamp.subscription.lookup", ["com.", {"match": "wildcard"}]]
      watcher ← [50, 4, {}, [$wildcard]]
      watcher → [48, 5, {}, "wamp.subscription.lookup", ["com.a", null]]
      watcher ← [50, 5, {}, [$exact]]
      watcher → [48, 6, {}, "wamp.subscription.lookup", ["com.a", {"match": null}]]
      watcher ← [50, 6, {}, [$exact]]
      watcher → [48, 7, {}, "wamp.subscription.lookup", ["com.a", {"match": "wildcard"}]]
      watcher ← [50, 7, {}, [null]]
      watcher → [48, 8, {}, "wamp.subscription.lookup", ["com.b"]]
      watcher ← [50, 8, {}, [null]]
      watcher → [48, 9, {}, "wamp.subscription.lookup", ["com.", {}]]
      watcher ← [50, 9, {}, [null]]
    `));

  test('META-2 PSUB-2 match finds all that an event would reach, whatever their policy', () =>
    converse(`
      subscriber → [32, 1, {}, "com.a.b"]
      subscriber ← [33, 1, $exact]
      subscriber → [32, 2, {"match": "prefix"}, "com.a"]
      subscriber ← [33, 2, $prefix]
      subscriber → [32, 3, {"match": "wildcard"}, "com..b"]
      subscriber ← [33, 3, $wildcard]
      subscriber → [32, 4, {}, "com.a"]
      subscriber ← [33, 4, $other]
      watcher → [48, 1, {}, "wamp.subscription.match", ["com.a.b"]]
      watcher ← [50, 1, {}, [[$exact, $prefix, $wildcard]]]
      watcher → [48, 2, {}, "wamp.subscription.match", ["com.x.b"]]
      watcher ← [50, 2, {}, [[$wildcard]]]
      watcher → [48, 3, {}, "wamp.subscription.match", ["com.a"]]
      watcher ← [50, 3, {}, [[$other, $prefix]]]
      watcher → [48, 4, {}, "wamp.subscription.match", ["com.x"]]
      watcher ← [50, 4, {}, [null]]
    `));

  test.each(['wamp.session.on_join', 'wamp.vanish', 'wamp'])(
    'T-40 PSUB-2 no pattern matches %s, which gets no event of it either',
    (topic) =>
      converse(`
        subscriber → [32, 1, {"match": "prefix"}, ""]
        subscriber ← [33, 1, $everything]
        subscriber → [32, 2, {"match": "wildcard"}, "."]
        subscriber ← [33, 2, $two]
        subscriber → [32, 3, {"match": "wildcard"}, ".."]
        subscriber ← [33, 3, *]
        watcher → [48, 1, {}, "wamp.subscription.match", ["${topic}"]]
        watcher ← [50, 1, {}, [null]]
        watcher → [48, 2, {}, "wamp.subscription.match", ["wampum.session"]]
        watcher ← [50, 2, {}, [[$everything, $two]]]
      `),
  );

  test('META-2 get gives what on_create told', () =>
    converse(`
      clock +250
      subscriber → [32, 1, {"match": "wildcard", "get_retained": true}, "com..news"]
      subscriber ← [33, 1, $news]
      clock +1000
      watcher → [48, 1, {}, "wamp.subscription.get", [$news]]
      watcher ← [50, 1, {}, [{"id": $news, "created": "2026-01-01T00:00:00.250Z", "uri": "com..news", "match": "wildcard"}]]
    `));

  test.each(['get', 'list_subscribers', 'count_subscribers'])(
    'META-2 %s of what is no subscription is an error',
    (procedure) =>
      converse(`
        subscriber → [32, 1, {}, "com.news"]
        subscriber ← [33, 1, $news]
        subscriber → [64, 2, {}, "com.procedure"]
        subscriber ← [65, 2, $registration]
        subscriber → [34, 3, $news]
        subscriber ← [35, 3]
        watcher → [48, 1, {}, "wamp.subscription.${procedure}", [$news]]
        watcher ← [8, 48, 1, {}, "wamp.error.no_such_subscription"]
        watcher → [48, 2, {}, "wamp.subscription.${procedure}", [9007199254740992]]
        watcher ← [8, 48, 2, {}, "wamp.error.no_such_subscription"]
        watcher → [48, 3, {}, "wamp.subscription.${procedure}", [$registration]]
        watcher ← [8, 48, 3, {}, "wamp.error.no_such_subscription"]
      `),
  );

  test.each([
    ...['get', 'list_subscribers', 'count_subscribers'].flatMap((procedure) =>
      ['', ', []', ', [null]', ', ["1"]', ', [0]', ', [-1]', ', [1.5]', ', [[1]]'].map((args) => [
        procedure,
        args,
      ]),
    ),
    ...['lookup', 'match'].flatMap((procedure) =>
      ['', ', []', ', [null]', ', [1]', ', [["com.news"]]'].map((args) => [procedure, args]),
    ),
    ...['1', '"prefix"', '[]', '{"match": 1}', '{"match": "suffix"}'].map((options) => [
      'lookup',
      `, ["com.news", ${options}]`,
    ]),
  ])('META-2 T-23 %s with arguments %j is an invalid argument', (procedure, args) =>
    converse(`
      watcher → [48, 1, {}, "wamp.subscription.${procedure}"${args}]
      watcher ← [8, 48, 1, {}, "wamp.error.invalid_argument", *]
    `),
  );
});

describe('remove_subscriber', () => {
  test('SREV-1 META-5 takes the subscription from that subscriber, and tells all who watch', () =>
    converse(`
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      ${WATCHES}
      admin → [48, 1, {}, "wamp.subscription.remove_subscriber", [$news, $subscriber, "com.reason"]]
      subscriber ← [35, 0, {"subscription": $news, "reason": "com.reason"}]
      admin ← [50, 1, {}]
      ${told('on_unsubscribe', '$subscriber, $news')}
      ${told('on_delete', '$subscriber, $news')}
      admin → [16, 2, {}, "com.news", [1]]
      subscriber ← nothing
    `));

  test('SREV-1 leaves the other subscribers, and the other subscriptions of that session', () =>
    converse(`
      one → [32, 1, {}, "com.news"]
      one ← [33, 1, $news]
      one → [32, 2, {"match": "prefix"}, "com.news"]
      one ← [33, 2, $prefix]
      two → [32, 1, {}, "com.news"]
      two ← [33, 1, $news]
      ${WATCHES}
      admin → [48, 1, {}, "wamp.subscription.remove_subscriber", [$news, $one]]
      one ← [35, 0, {"subscription": $news}]
      admin ← [50, 1, {}]
      ${told('on_unsubscribe', '$one, $news')}
      watcher ← nothing
      admin → [16, 2, {}, "com.news", [1]]
      one ← [36, $prefix, $publication, {"topic": "com.news"}, [1]]
      two ← [36, $news, $publication, {}, [1]]
    `));

  test.each([
    ['[$news, $subscriber]', '{}', '{"subscription": $news}'],
    ['[$news, $subscriber, null]', '{}', '{"subscription": $news}'],
    ['[$news, $subscriber, "why"]', '{}', '{"subscription": $news, "reason": "why"}'],
    ['[$news, $subscriber]', '{"reason": "why"}', '{"subscription": $news, "reason": "why"}'],
  ])('SREV-1 T-39 called with %s %s tells %s', (args, kwargs, details) =>
    converse(`
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      admin → [48, 1, {}, "wamp.subscription.remove_subscriber", ${args}, ${kwargs}]
      subscriber ← [35, 0, ${details}]
      admin ← [50, 1, {}]
    `),
  );

  test('SREV-1 a session that is not subscribed is no such session', () =>
    converse(`
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      other → [32, 1, {}, "com.other"]
      other ← [33, 1, *]
      admin → [48, 1, {}, "wamp.subscription.remove_subscriber", [$news, $other]]
      admin ← [8, 48, 1, {}, "wamp.error.no_such_session"]
      admin → [48, 2, {}, "wamp.subscription.remove_subscriber", [$news, 4711]]
      admin ← [8, 48, 2, {}, "wamp.error.no_such_session"]
      admin → [48, 3, {}, "wamp.subscription.remove_subscriber", [$news, $subscriber]]
      subscriber ← [35, 0, {...}]
      admin ← [50, 3, {}]
      admin → [48, 4, {}, "wamp.subscription.remove_subscriber", [$news, $subscriber]]
      admin ← [8, 48, 4, {}, "wamp.error.no_such_subscription"]
      other ← nothing
    `));

  test.each([
    '',
    ', []',
    ', ["1", 1]',
    ', [$news]',
    ', [$news, "1"]',
    ', [$news, null]',
    ', [$news, 0]',
    ', [$news, $subscriber, 1]',
    ', [$news, $subscriber], {"reason": 1}',
  ])('SREV-1 T-23 arguments %j are invalid, and take nothing', (args) =>
    converse(`
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      admin → [48, 1, {}, "wamp.subscription.remove_subscriber"${args}]
      admin ← [8, 48, 1, {}, "wamp.error.invalid_argument", *]
      subscriber ← nothing
      admin → [16, 2, {}, "com.news", [1]]
      subscriber ← [36, $news, *, {}, [1]]
    `),
  );
});
