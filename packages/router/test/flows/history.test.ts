/** Conversations about event history (checklist §2.25, T-22). */
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { defaultFeatures, type Authenticator, type HistoryRule } from '@wamp/router';
import { converse, type ConversationOptions, type PeerOptions } from '@wamp/router/testing';
import { describe, test } from 'vitest';
import { storeUnderTest } from '../support/store-under-test.ts';

/** Lets everybody in as whom they say they are. */
const trusting: Authenticator = {
  method: 'anonymous',
  begin: ({ details: { authid = 'nobody', authrole = 'guest' } }) => ({
    welcome: { authid, authrole, authmethod: 'anonymous', authprovider: 'test' },
  }),
};

const as = (authid: string, authrole: string): PeerOptions => ({ details: { authid, authrole } });

/** A realm that remembers what the rules say, for three people. */
function remembering(...history: readonly HistoryRule[]): ConversationOptions {
  return {
    router: { features: defaultFeatures({ history, store: storeUnderTest() }), authenticators: [trusting] },
    peers: { ann: as('ann', 'staff'), bob: as('bob', 'staff'), eve: as('eve', 'guest') },
  };
}

const NEWS = remembering({ topic: 'com.news' });

/** The subscription is there before anybody has subscribed. */
const FIND_NEWS = `
  reader → [48, 1, {}, "wamp.subscription.lookup", ["com.news"]]
  reader ← [50, 1, {}, [$news]]
`;

/** Five publications, one a second; the first of them when the clock shows 00:00:00. */
const FIVE = [1, 2, 3, 4, 5]
  .map(
    (n) => `
      publisher → [16, ${n}, {"acknowledge": true}, "com.news", [${n}]]
      publisher ← [17, ${n}, $p${n}]
      clock +1000`,
  )
  .join('\n');

const event = (n: number): string =>
  `{"timestamp": "2026-01-01T00:00:0${n - 1}.000Z", "subscription": $news, "publication": $p${n}, "details": {}, "args": [${n}]}`;

/** RESULT with these of the five. */
function resultOf(events: readonly number[]): string {
  return events.length === 0 ? '[50, 2, {}]' : `[50, 2, {}, [${events.map(event).join(', ')}]]`;
}

/** Asks for those of the five that pass the filters. */
function asked(filters: string, events: readonly number[]): Promise<void> {
  return converse(
    `
    ${FIND_NEWS}
    ${FIVE}
    reader → [48, 2, {}, "wamp.subscription.get_events", [$news], {${filters}}]
    reader ← ${resultOf(events)}
  `,
    NEWS,
  );
}

describe('what is remembered', () => {
  test('HIST-1 the broker announces event_history', () =>
    converse(`
      client → [1, "realm1", {"roles": {"subscriber": {}}}]
      client ← [2, *, {"roles": {"broker": {"features": {"event_history": true, ...}}, ...}, ...}]
    `));

  test('HIST-2 HIST-3 HIST-4 T-22 all events, oldest first, each a positional result', () =>
    asked('', [1, 2, 3, 4, 5]));

  test('HIST-3 payload and details are those of the event; what is not there is left out', () =>
    converse(
      `
      ${FIND_NEWS}
      ann → [16, 1, {}, "com.news"]
      ann → [16, 2, {"disclose_me": true}, "com.news", ["a", null], {"b": {"c": 1.5}}]
      ann → [16, 3, {}, "com.news", [], {"only": "kwargs"}]
      ann → [16, 4, {"ppt_scheme": "x_own"}, "com.news", [4]]
      ann → closed
      reader → [48, 2, {}, "wamp.subscription.get_events", [$news]]
      reader ← [50, 2, {}, [{"timestamp": *, "subscription": $news, "publication": $p1, "details": {}}, {"timestamp": *, "subscription": $news, "publication": $p2, "details": {"publisher": $ann, "publisher_authid": "ann", "publisher_authrole": "staff"}, "args": ["a", null], "kwargs": {"b": {"c": 1.5}}}, {"timestamp": *, "subscription": $news, "publication": $p3, "details": {}, "args": [], "kwargs": {"only": "kwargs"}}, {"timestamp": *, "subscription": $news, "publication": $p4, "details": {"ppt_scheme": "x_own"}, "args": [4]}]]
    `,
      NEWS,
    ));

  test('HIST-3 PTL-1 trust levels are included', () =>
    converse(
      `
      ${FIND_NEWS}
      publisher → [16, 1, {}, "com.news"]
      reader → [48, 2, {}, "wamp.subscription.get_events", [$news]]
      reader ← [50, 2, {}, [{"details": {"trustlevel": 3}, ...}]]
    `,
      { router: { ...remembering({ topic: 'com.news' }).router, trustLevel: () => 3 } },
    ));

  test('HIST-3 SER-1 readers of every serializer get the same', () =>
    converse(
      `
      one → [32, 1, {}, "com.news"]
      one ← [33, 1, $news]
      publisher → [16, 1, {"acknowledge": true, "exclude_authrole": []}, "com.news", ["ü", 9007199254740992], {"a": [true, null]}]
      publisher ← [17, 1, $publication]
      one ← [36, $news, $publication, {"x_offset": 1}, ["ü", 9007199254740992], {"a": [true, null]}]
      publisher → [16, 2, {"exclude_authid": ["guest"]}, "com.other", ["overwrites", "the", "read", "buffer", "perhaps"]]
      one → [48, 2, {}, "wamp.subscription.get_events", [$news], {"from_publication": $publication, "limit": 1}]
      one ← [50, 2, {}, [{"timestamp": "2026-01-01T00:00:00.000Z", "subscription": $news, "publication": $publication, "details": {}, "args": ["ü", 9007199254740992], "kwargs": {"a": [true, null]}}]]
      two → [48, 1, {}, "wamp.subscription.get_events", [$news], {"from_publication": $publication, "limit": 1}]
      two ← [50, 1, {}, [{"timestamp": "2026-01-01T00:00:00.000Z", "subscription": $news, "publication": $publication, "details": {}, "args": ["ü", 9007199254740992], "kwargs": {"a": [true, null]}}]]
    `,
      { ...NEWS, peers: { publisher: { serializer: msgpack }, two: { serializer: cbor } } },
    ));

  test('HIST-4 the history stays when subscribers come and go, and grows without them', () =>
    converse(
      `
      ${FIND_NEWS}
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      publisher → [16, 1, {}, "com.news", [1]]
      subscriber ← [36, $news, $p1, {"x_offset": 1}, [1]]
      subscriber → [34, 2, $news]
      subscriber ← [35, 2]
      publisher → [16, 2, {}, "com.news", [2]]
      subscriber → [32, 3, {}, "com.news"]
      subscriber ← [33, 3, $news]
      subscriber → closed
      publisher → [16, 3, {}, "com.news", [3]]
      publisher → closed
      reader → [48, 2, {}, "wamp.subscription.get_events", [$news]]
      reader ← [50, 2, {}, [{"publication": $p1, "args": [1], ...}, {"args": [2], ...}, {"args": [3], ...}]]
    `,
      NEWS,
    ));

  test('HIST-4 a remembered topic without subscribers says so', () =>
    converse(
      `
      ${FIND_NEWS}
      reader → [48, 2, {}, "wamp.subscription.count_subscribers", [$news]]
      reader ← [50, 2, {}, [0]]
      reader → [48, 3, {}, "wamp.subscription.list_subscribers", [$news]]
      reader ← [50, 3, {}, [[]]]
      reader → [48, 4, {}, "wamp.subscription.get", [$news]]
      reader ← [50, 4, {}, [{"id": $news, "created": "2026-01-01T00:00:00.000Z", "uri": "com.news", "match": "exact"}]]
    `,
      NEWS,
    ));

  test('HIST-3 a topic without publications has an empty history', () =>
    converse(
      `
      ${FIND_NEWS}
      publisher → [16, 1, {}, "com.news.sports", [1]]
      reader → [48, 2, {}, "wamp.subscription.get_events", [$news]]
      reader ← [50, 2, {}]
    `,
      NEWS,
    ));

  test('HIST-4 each realm has its own', () =>
    converse(
      `
      stranger → [48, 1, {}, "wamp.subscription.lookup", ["com.news"]]
      stranger ← [50, 1, {}, [$theirs]]
      publisher → [16, 1, {}, "com.news", [1]]
      stranger → [48, 2, {}, "wamp.subscription.get_events", [$theirs]]
      stranger ← [50, 2, {}]
    `,
      {
        router: { ...NEWS.router, realms: ['realm1', 'realm2'] },
        peers: { stranger: { realm: 'realm2' } },
      },
    ));

  test('HIST-4 a refused PUBLISH is not remembered', () =>
    converse(
      `
      ${FIND_NEWS}
      publisher → [16, 1, {"acknowledge": true}, "com.news", [1]]
      publisher ← [8, 16, 1, {}, "wamp.error.not_authorized", *]
      reader → [48, 2, {}, "wamp.subscription.get_events", [$news]]
      reader ← [50, 2, {}]
    `,
      {
        router: { ...NEWS.router, authorizer: { authorize: (_who, action) => action !== 'publish' } },
      },
    ));

  test.each([
    '{"eligible": [$reader]}',
    '{"exclude": [$publisher]}',
    '{"eligible": []}',
    '{"exclude": []}',
    '{"exclude": [1], "eligible_authrole": ["guest"]}',
  ])('HIST-7 what is meant for certain sessions is not remembered: %s', (options) =>
    converse(
      `
      ${FIND_NEWS}
      publisher → [16, 1, ${options}, "com.news", [1]]
      publisher → [16, 2, {}, "com.news", [2]]
      reader → [48, 2, {}, "wamp.subscription.get_events", [$news]]
      reader ← [50, 2, {}, [{"args": [2], ...}]]
    `,
      NEWS,
    ),
  );

  test('HIST-4 T-22 no more than the depth is remembered', () =>
    converse(
      `
      ${FIND_NEWS}
      ${FIVE}
      reader → [48, 2, {}, "wamp.subscription.get_events", [$news]]
      reader ← ${resultOf([3, 4, 5])}
      reader → [48, 3, {}, "wamp.subscription.get_events", [$news], {"from_publication": $p2}]
      reader ← [50, 3, {}]
    `,
      remembering({ topic: 'com.news', depth: 3 }),
    ));

  test('HIST-4 the depth is one hundred unless the rule says otherwise', () =>
    converse(
      `
      ${FIND_NEWS}
      ${Array.from({ length: 101 }, (_, n) => `publisher → [16, ${n + 1}, {}, "com.news", [${n + 1}]]`).join('\n')}
      reader → [48, 2, {}, "wamp.subscription.get_events", [$news], {"limit": 1}]
      reader ← [50, 2, {}, [{"args": [2], ...}]]
      reader → [48, 3, {}, "wamp.subscription.get_events", [$news]]
      reader ← [50, 3, {}, [${Array.from({ length: 100 }, (_, n) => `{"args": [${n + 2}], ...}`).join(', ')}]]
    `,
      NEWS,
    ));

  test('HIST-4 nothing is remembered for longer than the age', () =>
    converse(
      `
      ${FIND_NEWS}
      ${FIVE}
      reader → [48, 2, {}, "wamp.subscription.get_events", [$news]]
      reader ← ${resultOf([4, 5])}
      clock +501
      reader → [48, 2, {}, "wamp.subscription.get_events", [$news]]
      reader ← ${resultOf([5])}
      clock +60000
      reader → [48, 2, {}, "wamp.subscription.get_events", [$news]]
      reader ← [50, 2, {}]
      publisher → [16, 6, {}, "com.news", [6]]
      reader → [48, 3, {}, "wamp.subscription.get_events", [$news]]
      reader ← [50, 3, {}, [{"args": [6], ...}]]
    `,
      remembering({ topic: 'com.news', age: 2500 }),
    ));

  test('HIST-4 TST-2 what a testament publishes is remembered', () =>
    converse(
      `
      ${FIND_NEWS}
      ann → [48, 1, {}, "wamp.session.add_testament", ["com.news", ["gone"], {}]]
      ann ← [50, 1, {}]
      ann → closed
      reader → [48, 2, {}, "wamp.subscription.get_events", [$news]]
      reader ← [50, 2, {}, [{"args": ["gone"], ...}]]
    `,
      NEWS,
    ));
});

describe('patterns', () => {
  const PATTERNS = remembering(
    { topic: 'com.', match: 'prefix' },
    { topic: 'com..temperature', match: 'wildcard', depth: 2 },
    { topic: 'com.a.temperature' },
  );

  test('HIST-2 HIST-3 HIST-4 PSUB-4 each subscription remembers what it matched, with its topic', () =>
    converse(
      `
      reader → [48, 1, {}, "wamp.subscription.list"]
      reader ← [50, 1, {}, [{"exact": [$exact], "prefix": [$prefix], "wildcard": [$wildcard]}]]
      publisher → [16, 1, {"acknowledge": true}, "com.a.temperature", [1]]
      publisher ← [17, 1, $p1]
      publisher → [16, 2, {}, "com.b.humidity", [2]]
      publisher → [16, 3, {}, "com.b.temperature", [3]]
      publisher → [16, 4, {}, "org.b.temperature", [4]]
      publisher → [16, 5, {}, "com.c.temperature", [5]]
      reader → [48, 2, {}, "wamp.subscription.get_events", [$exact]]
      reader ← [50, 2, {}, [{"subscription": $exact, "publication": $p1, "details": {}, "args": [1], "timestamp": *}]]
      reader → [48, 3, {}, "wamp.subscription.get_events", [$prefix]]
      reader ← [50, 3, {}, [{"subscription": $prefix, "publication": $p1, "details": {"topic": "com.a.temperature"}, "args": [1], "timestamp": *}, {"details": {"topic": "com.b.humidity"}, "args": [2], ...}, {"args": [3], ...}, {"args": [5], ...}]]
      reader → [48, 4, {}, "wamp.subscription.get_events", [$wildcard]]
      reader ← [50, 4, {}, [{"subscription": $wildcard, "details": {"topic": "com.b.temperature"}, "args": [3], ...}, {"details": {"topic": "com.c.temperature"}, "args": [5], ...}]]
    `,
      PATTERNS,
    ));

  test('HIST-2 the topic filter picks one topic of a pattern', () =>
    converse(
      `
      reader → [48, 1, {}, "wamp.subscription.lookup", ["com.", {"match": "prefix"}]]
      reader ← [50, 1, {}, [$prefix]]
      publisher → [16, 1, {}, "com.a", [1]]
      publisher → [16, 2, {}, "com.b", [2]]
      publisher → [16, 3, {}, "com.a.c", [3]]
      publisher → [16, 4, {}, "com.a", [4]]
      reader → [48, 2, {}, "wamp.subscription.get_events", [$prefix], {"topic": "com.a"}]
      reader ← [50, 2, {}, [{"args": [1], ...}, {"args": [4], ...}]]
      reader → [48, 3, {}, "wamp.subscription.get_events", [$prefix], {"topic": "com.a", "limit": 1, "reverse": true}]
      reader ← [50, 3, {}, [{"args": [4], ...}]]
      reader → [48, 4, {}, "wamp.subscription.get_events", [$prefix], {"topic": "com"}]
      reader ← [50, 4, {}]
    `,
      PATTERNS,
    ));

  test.each([
    ['prefix', ''],
    ['prefix', 'wam'],
    ['wildcard', '..'],
  ] as const)("HIST-4 T-40 the router's own events are not for short patterns: %s %j", (match, topic) =>
    converse(
      `
      reader → [48, 1, {}, "wamp.subscription.lookup", ["${topic}", {"match": "${match}"}]]
      reader ← [50, 1, {}, [$pattern]]
      somebody → closed
      reader → [48, 2, {}, "wamp.subscription.get_events", [$pattern]]
      reader ← [50, 2, {}]
    `,
      remembering({ topic, match }),
    ),
  );
});

describe('filters', () => {
  const second = (n: number): string => `"2026-01-01T00:00:0${n}Z"`;

  test.each([
    ['"reverse": false', [1, 2, 3, 4, 5]],
    ['"reverse": true', [5, 4, 3, 2, 1]],
    ['"limit": 1', [1]],
    ['"limit": 5', [1, 2, 3, 4, 5]],
    ['"limit": 9007199254740991', [1, 2, 3, 4, 5]],
    ['"reverse": true, "limit": 2', [5, 4]],
    ['"topic": "com.news"', [1, 2, 3, 4, 5]],
    ['"topic": "com.other"', []],
    ['"x_unknown": [1]', [1, 2, 3, 4, 5]],
    [
      '"reverse": null, "limit": null, "topic": null, "from_time": null, "until_publication": null',
      [1, 2, 3, 4, 5],
    ],
  ])('HIST-2 EXT-1 T-22 {%s} gives %j', asked);

  test.each([
    [`"from_time": ${second(2)}`, [3, 4, 5]],
    [`"after_time": ${second(2)}`, [4, 5]],
    [`"before_time": ${second(2)}`, [1, 2]],
    [`"until_time": ${second(2)}`, [1, 2, 3]],
    [`"from_time": ${second(1)}, "until_time": ${second(3)}`, [2, 3, 4]],
    [`"after_time": ${second(1)}, "before_time": ${second(3)}`, [3]],
    [`"from_time": ${second(3)}, "before_time": ${second(3)}`, []],
    [`"from_time": ${second(1)}, "after_time": ${second(1)}`, [3, 4, 5]],
    [`"until_time": ${second(3)}, "before_time": ${second(3)}`, [1, 2, 3]],
    ['"from_time": "2030-01-01T00:00:00Z"', []],
    ['"until_time": "2020-01-01T00:00:00Z"', []],
  ])('HIST-2 from and until include, after and before do not: {%s} gives %j', asked);

  test.each([
    '2026-01-01T00:00:02.000Z',
    '2026-01-01T00:00:02.000000Z',
    '2026-01-01T01:00:02+01:00',
    '2025-12-31T18:30:02-05:30',
    '2026-01-01T00:00:02+00:00',
    '2026-01-01t00:00:02z',
  ])('HIST-2 a time is any that RFC 3339 has: until %s', (time) =>
    asked(`"from_time": "${time}", "until_time": "${time}"`, [3]),
  );

  test.each([
    ['"from_publication": $p3', [3, 4, 5]],
    ['"after_publication": $p3', [4, 5]],
    ['"before_publication": $p3', [1, 2]],
    ['"until_publication": $p3', [1, 2, 3]],
    ['"from_publication": $p1, "until_publication": $p5', [1, 2, 3, 4, 5]],
    ['"after_publication": $p1, "before_publication": $p5', [2, 3, 4]],
    ['"after_publication": $p5', []],
    ['"before_publication": $p1', []],
    ['"from_publication": $p4, "until_publication": $p2', []],
    ['"from_publication": $p4, "after_publication": $p2', [4, 5]],
    ['"from_publication": $p2, "after_publication": $p3', [4, 5]],
    ['"until_publication": $p2, "before_publication": $p4', [1, 2]],
    ['"until_publication": $p4, "before_publication": $p3', [1, 2]],
    ['"from_publication": $p3, "until_publication": $p3', [3]],
  ])('HIST-2 HIST-4 publications are in the order of their arrival: {%s} gives %j', asked);

  test.each(['from_publication', 'after_publication', 'before_publication', 'until_publication'])(
    'HIST-2 T-22 a %s that is not in the history leaves nothing',
    async (filter) => {
      await asked(`"${filter}": 4711`, []);
      await asked(`"${filter}": 4711, "reverse": true, "from_time": ${second(1)}`, []);
    },
  );

  test.each([
    [`"from_time": ${second(1)}, "until_publication": $p4, "limit": 2`, [2, 3]],
    [`"from_time": ${second(1)}, "until_publication": $p4, "limit": 2, "reverse": true`, [4, 3]],
    [
      `"after_publication": $p1, "before_time": ${second(4)}, "topic": "com.news", "reverse": true`,
      [4, 3, 2],
    ],
    [
      `"from_time": ${second(0)}, "after_time": ${second(0)}, "before_time": ${second(4)}, "until_time": ${second(4)}, "from_publication": $p1, "after_publication": $p2, "before_publication": $p5, "until_publication": $p5, "topic": "com.news", "limit": 1, "reverse": true`,
      [4],
    ],
    [`"after_publication": $p3, "before_time": ${second(3)}`, []],
    [`"from_publication": $p2, "topic": "com.other", "limit": 3`, []],
  ])('HIST-2 T-22 all conditions hold together, and the limit comes last: {%s} gives %j', asked);

  const BAD = [
    '"reverse": 1',
    '"reverse": "true"',
    '"limit": 0',
    '"limit": -1',
    '"limit": 1.5',
    '"limit": "2"',
    '"limit": true',
    '"limit": [1]',
    '"topic": 1',
    '"topic": ["com.news"]',
    ...['from_time', 'after_time', 'before_time', 'until_time'].flatMap((filter) =>
      ['0', '"yesterday"', '""', '"2026-01-01"', '"2026-01-01T00:00:00"', '"2026-13-01T00:00:00Z"'].map(
        (value) => `"${filter}": ${value}`,
      ),
    ),
    '"from_time": "2026-01-01T25:00:00Z"',
    '"from_time": "2026-02-30T00:00:00Z"',
    '"from_time": "2026-01-01T00:00:00+0100"',
    '"from_time": " 2026-01-01T00:00:00Z"',
    ...['from_publication', 'after_publication', 'before_publication', 'until_publication'].flatMap(
      (filter) => ['0', '-1', '1.5', '"1"', 'true', '[]'].map((value) => `"${filter}": ${value}`),
    ),
    '"limit": 1, "reverse": true, "topic": false',
  ];

  test.each(BAD)('HIST-2 T-22 a bad filter is an invalid argument: {%s}', (filter) =>
    converse(
      `
      ${FIND_NEWS}
      publisher → [16, 1, {}, "com.news", [1]]
      reader → [48, 2, {}, "wamp.subscription.get_events", [$news], {${filter}}]
      reader ← [8, 48, 2, {}, "wamp.error.invalid_argument", *]
    `,
      NEWS,
    ),
  );

  test.each([
    ['an empty history', '"limit": 0', ''],
    [
      'a publication that is not there',
      '"from_publication": 4711, "limit": 0',
      'publisher → [16, 1, {}, "com.news", [1]]',
    ],
    [
      'a range that is empty',
      '"before_publication": 4711, "from_time": "soon"',
      'publisher → [16, 1, {}, "com.news", [1]]',
    ],
    ['an empty history', '"until_time": 1', ''],
    ['an empty history', '"reverse": 0', ''],
  ])('HIST-2 T-22 a bad filter is one even for %s: {%s}', (_what, filter, publish) =>
    converse(
      `
      ${FIND_NEWS}
      ${publish}
      reader → [48, 2, {}, "wamp.subscription.get_events", [$news], {${filter}}]
      reader ← [8, 48, 2, {}, "wamp.error.invalid_argument", *]
    `,
      NEWS,
    ),
  );
});

describe('who may read', () => {
  test.each([
    ['{"eligible_authid": ["bob"]}', ['bob']],
    ['{"eligible_authrole": ["staff"]}', ['ann', 'bob']],
    ['{"exclude_authid": ["ann", "eve"]}', ['bob']],
    ['{"exclude_authrole": ["staff"]}', ['eve']],
    ['{"eligible_authrole": ["staff"], "exclude_authid": ["bob"]}', ['ann']],
    ['{"eligible_authid": []}', []],
    ['{"exclude_authid": []}', ['ann', 'bob', 'eve']],
  ])('HIST-6 T-20 the lists of the publication hold for readers: %s is for %j', (lists, readers) =>
    converse(
      `
      ${FIND_NEWS}
      publisher → [16, 1, ${lists}, "com.news", ["for some"]]
      publisher → [16, 2, {}, "com.news", ["for all"]]
      ${['ann', 'bob', 'eve']
        .map(
          (name) => `
            ${name} → [48, 1, {}, "wamp.subscription.get_events", [$news], {"limit": 2}]
            ${name} ← [50, 1, {}, [${readers.includes(name) ? '{"args": ["for some"], ...}, ' : ''}{"args": ["for all"], ...}]]
            ${name} → [48, 2, {}, "wamp.subscription.get_events", [$news], {"limit": 1}]
            ${name} ← [50, 2, {}, [{"args": ["for ${readers.includes(name) ? 'some' : 'all'}"], ...}]]`,
        )
        .join('\n')}
    `,
      NEWS,
    ),
  );

  test('HIST-6 it is the reader who counts, not a subscriber, and being subscribed is not asked for', () =>
    converse(
      `
      bob → [32, 1, {}, "com.news"]
      bob ← [33, 1, $news]
      publisher → [16, 1, {"exclude_authid": ["bob"]}, "com.news", [1]]
      bob → [48, 2, {}, "wamp.subscription.get_events", [$news]]
      bob ← [50, 2, {}]
      eve → [48, 1, {}, "wamp.subscription.get_events", [$news]]
      eve ← [50, 1, {}, [{"args": [1], ...}]]
    `,
      NEWS,
    ));

  test('HIST-6 a publisher reads what it has published', () =>
    converse(
      `
      ${FIND_NEWS}
      ann → [16, 1, {}, "com.news", [1]]
      ann → [48, 2, {}, "wamp.subscription.get_events", [$news]]
      ann ← [50, 2, {}, [{"args": [1], ...}]]
    `,
      NEWS,
    ));

  test('HIST-5 a session that may not call get_events gets an error', () =>
    converse(
      `
      ${FIND_NEWS}
      eve → [48, 1, {}, "wamp.subscription.get_events", [$news]]
      eve ← [8, 48, 1, {}, "wamp.error.not_authorized", *]
      bob → [48, 1, {}, "wamp.subscription.get_events", [$news]]
      bob ← [50, 1, {}]
    `,
      {
        ...NEWS,
        router: {
          ...NEWS.router,
          authorizer: {
            authorize: ({ authid }, action, uri) =>
              !(authid === 'eve' && action === 'call' && uri === 'wamp.subscription.get_events'),
          },
        },
      },
    ));

  test('HIST-2 T-22 there is no history of an unknown subscription', () =>
    converse(
      `
      ${FIND_NEWS}
      reader → [48, 2, {}, "wamp.subscription.get_events", [9007199254740992]]
      reader ← [8, 48, 2, {}, "wamp.error.no_such_subscription"]
      reader → [64, 3, {}, "com.procedure"]
      reader ← [65, 3, $registration]
      reader → [48, 4, {}, "wamp.subscription.get_events", [$registration]]
      reader ← [8, 48, 4, {}, "wamp.error.no_such_subscription"]
    `,
      NEWS,
    ));

  test.each(['', ', []', ', ["com.news"]', ', [null]', ', [0]', ', [-1]', ', [1.5]', ', [[1]]'])(
    'HIST-2 the subscription has to be named by its id: arguments %j',
    (args) =>
      converse(
        `
        reader → [48, 1, {}, "wamp.subscription.get_events"${args}]
        reader ← [8, 48, 1, {}, "wamp.error.invalid_argument", *]
      `,
        NEWS,
      ),
  );

  test('HIST-3 a subscription that is not remembered has an empty history', () =>
    converse(
      `
      reader → [32, 1, {}, "com.other"]
      reader ← [33, 1, $other]
      publisher → [16, 1, {}, "com.other", [1]]
      reader ← [36, $other, *, {}, [1]]
      reader → [48, 2, {}, "wamp.subscription.get_events", [$other]]
      reader ← [50, 2, {}]
      reader → [48, 3, {}, "wamp.subscription.get_events", [$other], {"limit": 0}]
      reader ← [8, 48, 3, {}, "wamp.error.invalid_argument", *]
    `,
      NEWS,
    ));
});
