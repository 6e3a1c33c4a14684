/** Conversations about event recovery (`x_event_recovery`): what a subscriber that was away gets when it returns. */
import { defaultFeatures, type Authenticator, type HistoryRule } from '@wamp/router';
import { converse, type ConversationOptions } from '@wamp/router/testing';
import { describe, test } from 'vitest';
import { storeUnderTest } from '../support/store-under-test.ts';

/** Lets everybody in as whom they say they are. */
const trusting: Authenticator = {
  method: 'anonymous',
  begin: ({ details: { authid = 'nobody', authrole = 'guest' } }) => ({
    welcome: { authid, authrole, authmethod: 'anonymous', authprovider: 'test' },
  }),
};

function recording(...history: readonly HistoryRule[]): ConversationOptions {
  return {
    router: { features: defaultFeatures({ history, store: storeUnderTest() }), authenticators: [trusting] },
    peers: { ann: { details: { authid: 'ann' } }, again: { details: { authid: 'ann' } } },
  };
}

const NEWS = recording({ topic: 'com.news' });

/** Ann subscribes, hears where she is, gets one event, and leaves. */
const ANN_LEAVES = `
  ann → [32, 1, {}, "com.news"]
  ann ← [33, 1, $news]
  ann → [48, 2, {}, "wamp.subscription.recover", [$news]]
  ann ← [50, 2, {}, [], {"epoch": $epoch, "offset": 0, "complete": true, "more": false}]
  bob → [16, 1, {}, "com.news", [1]]
  ann ← [36, $news, *, {"x_offset": 1}, [1]]
  ann → closed
`;

/** She is back, as another session. */
const ANN_RETURNS = `
  again → [32, 1, {}, "com.news"]
  again ← [33, 1, $news]
`;

/** One event of a recovery. */
const event = (offset: number): string => `{"details": {"x_offset": ${offset}}, "args": [${offset}], ...}`;

function publish(from: number, to: number): string {
  const lines: string[] = [];
  for (let n = from; n <= to; n += 1) lines.push(`bob → [16, ${n}, {}, "com.news", [${n}]]`);
  return lines.join('\n');
}

describe('a subscriber that takes no long messages', () => {
  const SHORT: ConversationOptions = {
    ...NEWS,
    peers: { ...NEWS.peers, again: { details: { authid: 'ann' }, limit: 4096 } },
  };
  const text = (length: number): string => JSON.stringify('x'.repeat(length));

  test('EDGE-1 gets pages that it can take, with one event at least', () =>
    converse(
      `
      ${ANN_LEAVES}
      bob → [16, 2, {}, "com.news", [${text(1500)}]]
      bob → [16, 3, {}, "com.news", [${text(3000)}]]
      bob → [16, 4, {}, "com.news", [${text(500)}]]
      bob → [16, 5, {}, "com.news", [${text(500)}]]
      ${ANN_RETURNS}
      again → [48, 2, {}, "wamp.subscription.recover", [$news], {"epoch": $epoch, "offset": 1}]
      again ← [50, 2, {}, [{"details": {"x_offset": 2}, ...}], {"epoch": $epoch, "offset": 2, "complete": true, "more": true}]
      again → [48, 3, {}, "wamp.subscription.recover", [$news], {"epoch": $epoch, "offset": 2}]
      again ← [50, 3, {}, [{"details": {"x_offset": 3}, ...}], {"epoch": $epoch, "offset": 3, "complete": true, "more": true}]
      again → [48, 4, {}, "wamp.subscription.recover", [$news], {"epoch": $epoch, "offset": 3}]
      again ← [50, 4, {}, [{"details": {"x_offset": 4}, ...}, {"details": {"x_offset": 5}, ...}], {"epoch": $epoch, "offset": 5, "complete": true, "more": false}]
    `,
      SHORT,
    ));

  test('EDGE-1 learns which event is too long for it, and continues after that event', () =>
    converse(
      `
      ${ANN_LEAVES}
      bob → [16, 2, {}, "com.news", [2]]
      bob → [16, 3, {}, "com.news", [${text(4000)}]]
      bob → [16, 4, {}, "com.news", [4]]
      ${ANN_RETURNS}
      again → [48, 2, {}, "wamp.subscription.recover", [$news], {"epoch": $epoch, "offset": 1}]
      again ← [50, 2, {}, [${event(2)}], {"epoch": $epoch, "offset": 2, "complete": true, "more": true}]
      again → [48, 3, {}, "wamp.subscription.recover", [$news], {"epoch": $epoch, "offset": 2}]
      again ← [8, 48, 3, {}, "wamp.error.payload_size_exceeded", [*], {"epoch": $epoch, "offset": 3}]
      again → [48, 4, {}, "wamp.subscription.recover", [$news], {"epoch": $epoch, "offset": 3}]
      again ← [50, 4, {}, [${event(4)}], {"epoch": $epoch, "offset": 4, "complete": true, "more": false}]
    `,
      SHORT,
    ));
});

describe('a subscriber that was away', () => {
  test('EDGE-1 gets missed events once and in order, followed by live events', () =>
    converse(
      `
      ${ANN_LEAVES}
      bob → [16, 2, {}, "com.news", [2]]
      bob → [16, 3, {"exclude_authid": ["ann"]}, "com.news", [3]]
      bob → [16, 4, {"eligible": [$bob]}, "com.news", [4]]
      bob → [16, 5, {"exclude": [$ann]}, "com.news", [5]]
      bob → [16, 6, {}, "com.news", [6], {"six": true}]
      ${ANN_RETURNS}
      bob → [16, 7, {}, "com.news", [7]]
      again ← [36, $news, $p7, {"x_offset": 7}, [7]]
      again → [48, 2, {}, "wamp.subscription.recover", [$news], {"epoch": $epoch, "offset": 1, "sessions": [$ann]}]
      again ← [50, 2, {}, [${event(2)}, {"timestamp": "2026-01-01T00:00:00.000Z", "subscription": $news, "publication": *, "details": {"x_offset": 6}, "args": [6], "kwargs": {"six": true}}, {"publication": $p7, "details": {"x_offset": 7}, "args": [7], ...}], {"epoch": $epoch, "offset": 7, "complete": true, "more": false}]
      bob → [16, 8, {}, "com.news", [8]]
      again ← [36, $news, *, {"x_offset": 8}, [8]]
      again → [48, 3, {}, "wamp.subscription.recover", [$news], {"epoch": $epoch, "offset": 8}]
      again ← [50, 3, {}, [], {"epoch": $epoch, "offset": 8, "complete": true, "more": false}]
    `,
      NEWS,
    ));

  test('EDGE-1 does not get what its former session published, unless it wanted to', () =>
    converse(
      `
      ann → [32, 1, {}, "com.news"]
      ann ← [33, 1, $news]
      ann → [48, 2, {}, "wamp.subscription.recover", [$news]]
      ann ← [50, 2, {}, [], {"epoch": $epoch, ...}]
      ann → [16, 3, {}, "com.news", [1]]
      ann → [34, 4, $news]
      ann ← [35, 4]
      ann → [16, 5, {"exclude_me": false}, "com.news", [2]]
      ann → closed
      ${ANN_RETURNS}
      again → [48, 2, {}, "wamp.subscription.recover", [$news], {"epoch": $epoch, "offset": 0, "sessions": [$ann]}]
      again ← [50, 2, {}, [${event(2)}], {"offset": 2, "complete": true, ...}]
      again → [48, 3, {}, "wamp.subscription.recover", [$news], {"epoch": $epoch, "offset": 0}]
      again ← [50, 3, {}, [${event(1)}, ${event(2)}], {"offset": 2, "complete": true, ...}]
    `,
      NEWS,
    ));

  test('EDGE-1 asks again while there is more', () =>
    converse(
      `
      ${ANN_LEAVES}
      ${publish(2, 5)}
      ${ANN_RETURNS}
      again → [48, 2, {}, "wamp.subscription.recover", [$news], {"epoch": $epoch, "offset": 1, "limit": 2}]
      again ← [50, 2, {}, [${event(2)}, ${event(3)}], {"epoch": $epoch, "offset": 3, "complete": true, "more": true}]
      again → [48, 3, {}, "wamp.subscription.recover", [$news], {"epoch": $epoch, "offset": 3, "limit": 2}]
      again ← [50, 3, {}, [${event(4)}, ${event(5)}], {"epoch": $epoch, "offset": 5, "complete": true, "more": false}]
    `,
      NEWS,
    ));

  test.each([
    ['an event that only certain sessions were to get, its own among them', '{"eligible": [$ann]}'],
    ['an event that all but certain sessions were to get', '{"exclude": [$bob]}'],
  ])('EDGE-1 HIST-7 hears that it is not complete after %s', (_what, options) =>
    converse(
      `
      ${ANN_LEAVES}
      bob → [16, 2, ${options}, "com.news", [2]]
      bob → [16, 3, {}, "com.news", [3]]
      ${ANN_RETURNS}
      again → [48, 2, {}, "wamp.subscription.recover", [$news], {"epoch": $epoch, "offset": 1, "sessions": [$ann]}]
      again ← [50, 2, {}, [${event(3)}], {"epoch": $epoch, "offset": 3, "complete": false, "more": false}]
    `,
      NEWS,
    ),
  );

  test('EDGE-1 gets complete: false and the remaining events when some were evicted', () =>
    converse(
      `
      ${ANN_LEAVES}
      ${publish(2, 5)}
      ${ANN_RETURNS}
      again → [48, 2, {}, "wamp.subscription.recover", [$news], {"epoch": $epoch, "offset": 1}]
      again ← [50, 2, {}, [${event(4)}, ${event(5)}], {"epoch": $epoch, "offset": 5, "complete": false, "more": false}]
      again → [48, 3, {}, "wamp.subscription.recover", [$news], {"epoch": $epoch, "offset": 3}]
      again ← [50, 3, {}, [${event(4)}, ${event(5)}], {"complete": true, ...}]
    `,
      recording({ topic: 'com.news', depth: 2 }),
    ));

  test('EDGE-1 gets complete: false when all events are too old', () =>
    converse(
      `
      ${ANN_LEAVES}
      bob → [16, 2, {}, "com.news", [2]]
      clock +1001
      ${ANN_RETURNS}
      again → [48, 2, {}, "wamp.subscription.recover", [$news], {"epoch": $epoch, "offset": 1}]
      again ← [50, 2, {}, [], {"epoch": $epoch, "offset": 2, "complete": false, "more": false}]
      again → [48, 3, {}, "wamp.subscription.recover", [$news], {"epoch": $epoch, "offset": 2}]
      again ← [50, 3, {}, [], {"complete": true, ...}]
    `,
      recording({ topic: 'com.news', age: 1000 }),
    ));

  test.each(['"epoch": 4711, "offset": 1', '"epoch": $epoch, "offset": 2'])(
    'EDGE-1 hears that it is not complete when the log knows no such position: %s',
    (position) =>
      converse(
        `
        ${ANN_LEAVES}
        ${ANN_RETURNS}
        again → [48, 2, {}, "wamp.subscription.recover", [$news], {${position}}]
        again ← [50, 2, {}, [], {"epoch": $epoch, "offset": 1, "complete": false, "more": false}]
      `,
        NEWS,
      ),
  );

  test('EDGE-1 gets complete: false for a subscription without a log', () =>
    converse(
      `
      ann → [32, 1, {}, "com.other"]
      ann ← [33, 1, $other]
      bob → [16, 1, {}, "com.other", [1]]
      ann ← [36, $other, *, {}, [1]]
      ann → [48, 2, {}, "wamp.subscription.recover", [$other]]
      ann ← [50, 2, {}, [], {"complete": false, "more": false}]
    `,
      NEWS,
    ));
});

describe('wamp.subscription.recover', () => {
  test('EDGE-1 is announced as x_event_recovery', () =>
    converse(`
      client → [1, "realm1", {"roles": {"subscriber": {}}}]
      client ← [2, *, {"roles": {"broker": {"features": {"x_event_recovery": true, ...}}, ...}, ...}]
    `));

  test('EDGE-1 is for subscribers only, which were permitted to subscribe', () =>
    converse(
      `
      ann → [32, 1, {}, "com.news"]
      ann ← [33, 1, $news]
      eve → [48, 1, {}, "wamp.subscription.recover", [$news]]
      eve ← [8, 48, 1, {}, "wamp.error.no_such_subscription"]
      ann → [34, 2, $news]
      ann ← [35, 2]
      ann → [48, 3, {}, "wamp.subscription.recover", [$news]]
      ann ← [8, 48, 3, {}, "wamp.error.no_such_subscription"]
    `,
      NEWS,
    ));

  test('EDGE-1 a pattern tells the topic of each event, and counts for itself', () =>
    converse(
      `
      ann → [32, 1, {"match": "prefix"}, "com."]
      ann ← [33, 1, $prefix]
      ann → [32, 2, {}, "com.news"]
      ann ← [33, 2, $news]
      bob → [16, 1, {}, "com.a", [1]]
      ann ← [36, $prefix, *, {"topic": "com.a", "x_offset": 1}, [1]]
      bob → [16, 2, {}, "com.news", [2]]
      ann ← [36, $news, $p2, {"x_offset": 1}, [2]]
      ann ← [36, $prefix, $p2, {"topic": "com.news", "x_offset": 2}, [2]]
      ann → [48, 3, {}, "wamp.subscription.recover", [$prefix]]
      ann ← [50, 3, {}, [], {"epoch": $epoch, "offset": 2, ...}]
      ann → [48, 4, {}, "wamp.subscription.recover", [$prefix], {"epoch": $epoch, "offset": 1}]
      ann ← [50, 4, {}, [{"details": {"topic": "com.news", "x_offset": 2}, "publication": $p2, ...}], {"complete": true, ...}]
    `,
      recording({ topic: 'com.', match: 'prefix' }, { topic: 'com.news' }),
    ));

  test.each([
    '"offset": 1',
    '"epoch": 1',
    '"epoch": "x", "offset": 1',
    '"epoch": 1, "offset": -1',
    '"epoch": 1, "offset": "1"',
    '"limit": 0',
    '"sessions": 1',
    '"sessions": [0]',
    '"sessions": ["x"]',
    `"sessions": [${Array.from({ length: 101 }, (_, n) => n + 1).join(', ')}]`,
  ])('EDGE-1 a bad argument is an invalid argument: {%s}', (named) =>
    converse(
      `
      ann → [32, 1, {}, "com.news"]
      ann ← [33, 1, $news]
      ann → [48, 2, {}, "wamp.subscription.recover", [$news], {${named}}]
      ann ← [8, 48, 2, {}, "wamp.error.invalid_argument", *]
    `,
      NEWS,
    ),
  );
});
