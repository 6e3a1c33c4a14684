/** Conversations about publishing and subscribing (checklist §2.9, §2.11, §2.21, §2.22). */
import { converse } from '@wamp/router/testing';
import { describe, test } from 'vitest';

describe('subscribing', () => {
  test('SUB-1 SUBSCRIBE is answered with SUBSCRIBED, an event follows', () =>
    converse(`
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      publisher → [16, 1, {}, "com.news", ["hello"], {"to": "all"}]
      subscriber ← [36, $news, $publication, {}, ["hello"], {"to": "all"}]
      publisher ← nothing
    `));

  test.each(['com..news', '.com.news', 'com.news.', 'com news', 'com.ne#ws', ''])(
    'SUB-1 URI-2 URI-8 T-4 SUBSCRIBE to %j is answered with ERROR',
    (topic) =>
      converse(`
        subscriber → [32, 1, {}, "${topic}"]
        subscriber ← [8, 32, 1, {}, "wamp.error.invalid_uri", *]
        subscriber → [32, 2, {}, "com.news"]
        subscriber ← [33, 2, *]
      `),
  );

  test('URI-1 URI-2 a loose URI may hold any other character', () =>
    converse(`
      subscriber → [32, 1, {}, "com.Größe.新闻.🙂.a-b_c/d?e=f%20*"]
      subscriber ← [33, 1, $news]
      publisher → [16, 1, {}, "com.Größe.新闻.🙂.a-b_c/d?e=f%20*", [1]]
      subscriber ← [36, $news, *, {}, [1]]
    `));

  test('URI-4 strict rules know small letters, digits and underscores', () =>
    converse(
      `
      client → [32, 1, {}, "com.news_24.x"]
      client ← [33, 1, *]
      client → [32, 2, {}, "com.News"]
      client ← [8, 32, 2, {}, "wamp.error.invalid_uri", *]
      client → [64, 3, {}, "com.get-news"]
      client ← [8, 64, 3, {}, "wamp.error.invalid_uri", *]
      client → [48, 4, {}, "com.Größe"]
      client ← [8, 48, 4, {}, "wamp.error.invalid_uri", *]
      client → [16, 5, {"acknowledge": true}, "com.News"]
      client ← [8, 16, 5, {}, "wamp.error.invalid_uri", *]
    `,
      { router: { uriRules: 'strict' } },
    ));

  const LONGEST = `com.${'x'.repeat(508)}`;
  const DEEPEST = Array.from({ length: 64 }, () => 'a').join('.');
  test('URI-8 a URI has 512 bytes and 64 components at most', () =>
    converse(`
      client → [32, 1, {}, "${LONGEST}"]
      client ← [33, 1, *]
      client → [32, 2, {}, "${LONGEST}x"]
      client ← [8, 32, 2, {}, "wamp.error.invalid_uri", *]
      client → [32, 3, {}, "${DEEPEST}"]
      client ← [33, 3, *]
      client → [32, 4, {}, "${DEEPEST}.a"]
      client ← [8, 32, 4, {}, "wamp.error.invalid_uri", *]
      client → [32, 5, {"match": "wildcard"}, "${'.'.repeat(63)}"]
      client ← [33, 5, *]
      client → [32, 6, {"match": "wildcard"}, "${'.'.repeat(64)}"]
      client ← [8, 32, 6, {}, "wamp.error.invalid_uri", *]
      client → [48, 7, {}, "${LONGEST}x"]
      client ← [8, 48, 7, {}, "wamp.error.invalid_uri", *]
      client → [16, 8, {"acknowledge": true}, "${DEEPEST}.a"]
      client ← [8, 16, 8, {}, "wamp.error.invalid_uri", *]
      client → [64, 9, {}, "${LONGEST}x"]
      client ← [8, 64, 9, {}, "wamp.error.invalid_uri", *]
    `));

  test('URI-8 bytes are what is counted, not letters', () =>
    converse(`
      client → [32, 1, {}, "${'ä'.repeat(256)}"]
      client ← [33, 1, *]
      client → [32, 2, {}, "${'ä'.repeat(257)}"]
      client ← [8, 32, 2, {}, "wamp.error.invalid_uri", *]
    `));

  test('SUB-2 IDS-3 subscribers of the same topic share one subscription', () =>
    converse(`
      one → [32, 1, {}, "com.news"]
      one ← [33, 1, $news]
      two → [32, 1, {"match": "exact"}, "com.news"]
      two ← [33, 1, $news]
      publisher → [16, 1, {}, "com.news", [1]]
      one ← [36, $news, $publication, {}, [1]]
      two ← [36, $news, $publication, {}, [1]]
    `));

  test('SUB-2 SUB-5 EVT-2 subscribing again gives the same subscription, and one event', () =>
    converse(`
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      subscriber → [32, 2, {}, "com.news"]
      subscriber ← [33, 2, $news]
      publisher → [16, 1, {}, "com.news", [1]]
      subscriber ← [36, $news, *, {}, [1]]
      subscriber → [34, 3, $news]
      subscriber ← [35, 3]
      publisher → [16, 2, {}, "com.news", [2]]
      subscriber ← nothing
    `));

  test('SUB-3 SUB-4 a subscription lasts until UNSUBSCRIBE', () =>
    converse(`
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      publisher → [16, 1, {}, "com.news", [1]]
      subscriber ← [36, $news, *, {}, [1]]
      publisher → [16, 2, {}, "com.news", [2]]
      subscriber ← [36, $news, *, {}, [2]]
      subscriber → [34, 2, $news]
      subscriber ← [35, 2]
      publisher → [16, 3, {}, "com.news", [3]]
      subscriber ← nothing
      subscriber → [34, 3, $news]
      subscriber ← [8, 34, 3, {}, "wamp.error.no_such_subscription"]
    `));

  test('SUB-3 a subscription ends with its session, and others keep theirs', () =>
    converse(`
      one → [32, 1, {}, "com.news"]
      one ← [33, 1, $news]
      two → [32, 1, {}, "com.news"]
      two ← [33, 1, $news]
      one → [6, {}, "wamp.close.close_realm"]
      one ← [6, {}, "wamp.close.goodbye_and_out"]
      one ← closed
      publisher → [16, 1, {}, "com.news", [1]]
      two ← [36, $news, *, {}, [1]]
    `));

  test('SUB-4 T-43 no session can end the subscription of another', () =>
    converse(`
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      intruder → [34, 1, $news]
      intruder ← [8, 34, 1, {}, "wamp.error.no_such_subscription"]
      intruder → [34, 2, 9007199254740992]
      intruder ← [8, 34, 2, {}, "wamp.error.no_such_subscription"]
      publisher → [16, 1, {}, "com.news", [1]]
      subscriber ← [36, $news, *, {}, [1]]
    `));

  test('SUB-4 T-43 a registration is no subscription', () =>
    converse(`
      client → [64, 1, {}, "com.procedure"]
      client ← [65, 1, $registration]
      client → [34, 2, $registration]
      client ← [8, 34, 2, {}, "wamp.error.no_such_subscription"]
      client → [66, 3, $registration]
      client ← [67, 3]
    `));
});

describe('publishing', () => {
  test('PUB-1 EVT-1 without acknowledge there is no answer, with or without subscribers', () =>
    converse(`
      publisher → [16, 1, {}, "com.nobody.listens"]
      publisher ← nothing
      publisher → [16, 2, {"acknowledge": false}, "com.nobody.listens", [1]]
      publisher ← nothing
    `));

  test('PUB-2 IDS-2 with acknowledge, PUBLISHED tells the id that the events carry', () =>
    converse(`
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      publisher → [16, 1, {"acknowledge": true}, "com.news", [1]]
      publisher ← [17, 1, $publication]
      subscriber ← [36, $news, $publication, {}, [1]]
      publisher → [16, 2, {"acknowledge": true}, "com.nobody.listens"]
      publisher ← [17, 2, *]
    `));

  test.each(['com..news', 'com news', 'com.news.', '', 'wamp', 'wamp.news', 'wamp.session.on_join'])(
    'PUB-2 URI-6 URI-8 T-4 PUBLISH to %j with acknowledge is answered with ERROR',
    (topic) =>
      converse(`
        publisher → [16, 1, {"acknowledge": true}, "${topic}"]
        publisher ← [8, 16, 1, {}, "wamp.error.invalid_uri", *]
      `),
  );

  test.each(['com..news', '', 'wamp', 'wamp.session.on_join'])(
    'PUB-1 T-4 T-42 PUBLISH to %j without acknowledge fails in silence',
    (topic) =>
      converse(`
        spy → [32, 1, {}, "wamp.session.on_join"]
        spy ← [33, 1, *]
        spy → [32, 2, {"match": "prefix"}, ""]
        spy ← [33, 2, *]
        spy → [32, 3, {"match": "prefix"}, "wamp."]
        spy ← [33, 3, *]
        publisher → [16, 1, {}, "${topic}", ["forged"]]
        publisher ← nothing
        spy ← nothing
        publisher → [16, 2, {"acknowledge": true}, "com.news"]
        publisher ← [17, 2, $publication]
        spy ← [36, *, $publication, {"topic": "com.news"}]
      `),
  );

  test('URI-6 T-4 only the first component wamp is reserved, as a whole', () =>
    converse(`
      publisher → [16, 1, {"acknowledge": true}, "wampum.news"]
      publisher ← [17, 1, *]
      publisher → [16, 2, {"acknowledge": true}, "com.wamp"]
      publisher ← [17, 2, *]
      publisher → [16, 3, {"acknowledge": true}, "Wamp.news"]
      publisher ← [17, 3, *]
    `));

  test('T-4 URI-6 the authrole trusted may publish to wamp, and every session may subscribe', () =>
    converse(
      `
      subscriber → [32, 1, {}, "wamp.news"]
      subscriber ← [33, 1, $news]
      insider → [16, 1, {"acknowledge": true}, "wamp.news", [1]]
      insider ← [17, 1, *]
      subscriber ← [36, $news, *, {}, [1]]
    `,
      {
        router: {
          authenticators: [
            {
              method: 'anonymous',
              begin: ({ details }) => ({
                welcome: {
                  authid: details.authid ?? 'nobody',
                  authrole: details.authid === 'insider' ? 'trusted' : 'user',
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

  test.each(['', ', []', ', [], {}', ', [], {"a": 1}', ', [1, [2, {"b": null}]], {"c": [true, 1.5, "ü"]}'])(
    'EVT-3 MSG-5 MSG-6 the payload is what was published: %j',
    (payload) =>
      converse(`
        subscriber → [32, 1, {}, "com.news"]
        subscriber ← [33, 1, $news]
        publisher → [16, 1, {}, "com.news"${payload}]
        subscriber ← [36, $news, *, {}${payload}]
      `),
  );

  test('EVT-1 PEX-1 PEX-2 the publisher does not receive its own event, unless it asks for that', () =>
    converse(`
      publisher → [32, 1, {}, "com.news"]
      publisher ← [33, 1, $news]
      other → [32, 1, {}, "com.news"]
      other ← [33, 1, $news]
      publisher → [16, 2, {}, "com.news", [1]]
      other ← [36, $news, *, {}, [1]]
      publisher ← nothing
      publisher → [16, 3, {"exclude_me": true}, "com.news", [2]]
      other ← [36, $news, *, {}, [2]]
      publisher ← nothing
      publisher → [16, 4, {"exclude_me": false}, "com.news", [3]]
      other ← [36, $news, $publication, {}, [3]]
      publisher ← [36, $news, $publication, {}, [3]]
    `));

  test('T-41 a publisher that receives its own event receives PUBLISHED first', () =>
    converse(`
      publisher → [32, 1, {}, "com.news"]
      publisher ← [33, 1, $news]
      publisher → [16, 2, {"acknowledge": true, "exclude_me": false}, "com.news", [1]]
      publisher ← [17, 2, $publication]
      publisher ← [36, $news, $publication, {}, [1]]
    `));
});

describe('order', () => {
  test('ORD-1 events of one publisher arrive in the order of publishing, across topics', () =>
    converse(`
      subscriber → [32, 1, {}, "com.one"]
      subscriber ← [33, 1, $one]
      subscriber → [32, 2, {}, "com.two"]
      subscriber ← [33, 2, $two]
      subscriber → [32, 3, {"match": "prefix"}, "com.three"]
      subscriber ← [33, 3, $three]
      publisher → [16, 1, {}, "com.two", [1]]
      publisher → [16, 2, {"acknowledge": true}, "com.one", [2]]
      publisher → [16, 3, {}, "com.three.x", [3]]
      publisher → [16, 4, {}, "com.one", [4]]
      publisher → [16, 5, {"exclude_me": false}, "com.two", [5]]
      subscriber ← [36, $two, *, {}, [1]]
      subscriber ← [36, $one, *, {}, [2]]
      subscriber ← [36, $three, *, {"topic": "com.three.x"}, [3]]
      subscriber ← [36, $one, *, {}, [4]]
      subscriber ← [36, $two, *, {}, [5]]
      publisher ← [17, 2, *]
    `));

  test('ORD-2 SUBSCRIBED comes before the first event', () =>
    converse(`
      subscriber → [32, 1, {}, "com.news"]
      publisher → [16, 1, {}, "com.news", [1]]
      subscriber ← [33, 1, $news]
      subscriber ← [36, $news, *, {}, [1]]
    `));

  test('ORD-4 TRN-1 each request is answered under its own number', () =>
    converse(`
      client → [32, 1, {}, "com.one"]
      client → [32, 2, {}, "com..two"]
      client → [64, 3, {}, "com.three"]
      client ← [33, 1, $one]
      client ← [8, 32, 2, {}, "wamp.error.invalid_uri", *]
      client ← [65, 3, $three]
      client → [34, 4, $one]
      client → [66, 5, $three]
      client ← [35, 4]
      client ← [67, 5]
    `));
});

describe('black- and whitelists', () => {
  const AUDIENCE = `
    ann → [32, 1, {}, "com.news"]
    ann ← [33, 1, $news]
    bob → [32, 1, {}, "com.news"]
    bob ← [33, 1, $news]
    eve → [32, 1, {}, "com.news"]
    eve ← [33, 1, $news]
  `;
  /** Ann and Bob are staff, Eve is a guest. */
  const options = {
    router: {
      authenticators: [
        {
          method: 'anonymous',
          begin: ({ details }: { details: { authid?: string; authrole?: string } }) => ({
            welcome: {
              authid: details.authid ?? 'publisher',
              authrole: details.authrole ?? 'publisher',
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
  const NAMES = ['ann', 'bob', 'eve'] as const;
  type Name = (typeof NAMES)[number];

  const cases: readonly [string, readonly Name[]][] = [
    ['{"eligible": [$ann, $eve]}', ['ann', 'eve']],
    ['{"eligible": [$ann, $ann, 1]}', ['ann']],
    ['{"exclude": [$ann]}', ['bob', 'eve']],
    ['{"exclude": [1]}', ['ann', 'bob', 'eve']],
    ['{"eligible_authid": ["bob", "nobody"]}', ['bob']],
    ['{"exclude_authid": ["bob"]}', ['ann', 'eve']],
    ['{"eligible_authrole": ["staff"]}', ['ann', 'bob']],
    ['{"exclude_authrole": ["staff", "none"]}', ['eve']],
    ['{"eligible": [$ann, $bob], "exclude": [$ann]}', ['bob']],
    ['{"eligible": [$ann, $eve], "eligible_authrole": ["staff"]}', ['ann']],
    [
      '{"eligible_authid": ["ann", "eve"], "eligible_authrole": ["guest"], "eligible": [$eve, $bob]}',
      ['eve'],
    ],
    ['{"eligible_authrole": ["staff"], "exclude_authid": ["ann"]}', ['bob']],
    ['{"exclude": [$ann], "exclude_authid": ["bob"], "exclude_authrole": ["guest"]}', []],
    ['{"eligible_authid": ["ann"], "eligible_authrole": ["guest"]}', []],
    ['{"eligible_authid": ["ANN", "an", "staff"]}', []],
    // T-20: an empty list is a list.
    ['{"eligible": []}', []],
    ['{"eligible_authid": []}', []],
    ['{"eligible_authrole": []}', []],
    ['{"eligible": [], "eligible_authid": ["ann"]}', []],
    ['{"exclude": []}', ['ann', 'bob', 'eve']],
    ['{"exclude_authid": [], "exclude_authrole": []}', ['ann', 'bob', 'eve']],
    ['{"exclude": [], "eligible": [$bob]}', ['bob']],
  ];

  test.each(cases)('BW-1 BW-2 T-20 %s reaches %j', (filter, receivers) =>
    converse(
      `
      ${AUDIENCE}
      publisher → [16, 1, ${filter}, "com.news", [1]]
      ${receivers.map((name) => `${name} ← [36, $news, $publication, {}, [1]]`).join('\n')}
      ${NAMES.map((name) => `${name} ← nothing`).join('\n')}
    `,
      options,
    ),
  );

  test('BW-3 an eligible session without a subscription receives nothing', () =>
    converse(
      `
      ${AUDIENCE}
      stranger → [32, 1, {}, "com.other"]
      stranger ← [33, 1, *]
      publisher → [16, 1, {"eligible": [$stranger, $ann]}, "com.news", [1]]
      ann ← [36, $news, *, {}, [1]]
      stranger ← nothing
    `,
      options,
    ));

  test('BW-3 T-20 PEX-2 the publisher is left out though it lists itself, unless it says otherwise', () =>
    converse(
      `
      ${AUDIENCE}
      ann → [16, 2, {"eligible": [$ann, $bob]}, "com.news", [1]]
      bob ← [36, $news, *, {}, [1]]
      ann ← nothing
      ann → [16, 3, {"eligible": [$ann], "exclude_me": false}, "com.news", [2]]
      ann ← [36, $news, *, {}, [2]]
      ann → [16, 4, {"exclude": [$ann], "exclude_me": false}, "com.news", [3]]
      bob ← [36, $news, *, {}, [3]]
      eve ← [36, $news, *, {}, [3]]
      ann ← nothing
    `,
      options,
    ));

  test('BW-2 PSUB-2 lists hold for each subscription that matches', () =>
    converse(
      `
      ann → [32, 1, {"match": "prefix"}, "com."]
      ann ← [33, 1, $prefix]
      bob → [32, 1, {"match": "wildcard"}, ".news"]
      bob ← [33, 1, $wildcard]
      publisher → [16, 1, {"exclude_authid": ["bob"]}, "com.news", [1]]
      ann ← [36, $prefix, *, {"topic": "com.news"}, [1]]
      bob ← nothing
    `,
      options,
    ));
});
