/** Conversations about the numbers of requests (checklist §2.1, §2.7, §2.13). */
import { converse, type ConversationOptions } from '@wamp/router/testing';
import { describe, test } from 'vitest';

const strict: ConversationOptions = { router: { strictRequestIds: true } };
const ENDS = `
  client ← [3, {...}, "wamp.error.protocol_violation"]
  client ← closed`;

/** Every request that has a number of its own. */
const REQUESTS: readonly (readonly [string, (request: number) => string])[] = [
  ['PUBLISH', (request) => `[16, ${request}, {}, "com.topic"]`],
  ['SUBSCRIBE', (request) => `[32, ${request}, {}, "com.topic"]`],
  ['UNSUBSCRIBE', (request) => `[34, ${request}, 4711]`],
  ['CALL', (request) => `[48, ${request}, {}, "com.nothing"]`],
  ['REGISTER', (request) => `[64, ${request}, {}, "com.other"]`],
  ['UNREGISTER', (request) => `[66, ${request}, 4711]`],
];

describe('strict', () => {
  test('IDS-4 IDS-5 one count for all requests, in every session from 1', () =>
    converse(
      `
      client → [32, 1, {}, "com.topic"]
      client ← [33, 1, $topic]
      client → [64, 2, {}, "com.procedure"]
      client ← [65, 2, $procedure]
      client → [16, 3, {}, "com.topic"]
      client → [48, 4, {}, "com.nothing"]
      client ← [8, 48, 4, {}, "wamp.error.no_such_procedure"]
      client → [34, 5, $topic]
      client ← [35, 5]
      client → [66, 6, $procedure]
      client ← [67, 6]
      other → [48, 1, {}, "com.nothing"]
      other ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
    `,
      strict,
    ));

  test('IDS-5 T-3 failed requests count, and so do unanswered ones', () =>
    converse(
      `
      client → [16, 1, {}, "com..bad"]
      client → [32, 2, {}, "com..bad"]
      client ← [8, 32, 2, {}, "wamp.error.invalid_uri", *]
      client → [34, 3, 4711]
      client ← [8, 34, 3, {}, "wamp.error.no_such_subscription"]
      client → [48, 4, {}, "com.nothing"]
      client ← [8, 48, 4, {}, "wamp.error.no_such_procedure"]
      client → [48, 5, {}, "com..bad"]
      client ← [8, 48, 5, {}, "wamp.error.invalid_uri", *]
      client → [32, 6, {}, "com.topic"]
      client ← [33, 6, *]
    `,
      strict,
    ));

  test('IDS-5 CANCEL, YIELD, ERROR and GOODBYE have no number of their own', () =>
    converse(
      `
      client → [64, 1, {}, "com.self"]
      client ← [65, 1, $self]
      client → [48, 2, {}, "com.self"]
      client ← [68, 1, $self, {}]
      client → [49, 2, {"mode": "kill"}]
      client ← [69, 1, {...}]
      client → [8, 68, 1, {}, "wamp.error.canceled"]
      client ← [8, 48, 2, {}, "wamp.error.canceled"]
      client → [48, 3, {}, "com.self"]
      client ← [68, 2, $self, {}]
      client → [70, 2, {}]
      client ← [50, 3, {}]
      client → [32, 4, {}, "com.topic"]
      client ← [33, 4, *]
      client → [6, {}, "wamp.close.close_realm"]
      client ← [6, {}, "wamp.close.goodbye_and_out"]
      client ← closed
    `,
      strict,
    ));

  test.each(
    REQUESTS.flatMap(([name, write]) =>
      [2, 3, 1000, 9007199254740992].map((id) => [name, id, write(id)] as const),
    ),
  )('IDS-6 VIO-6 %s does not begin with %i', (_name, _id, message) =>
    converse(`client → ${message}${ENDS}`, strict),
  );

  test.each(REQUESTS.flatMap(([name, write]) => [1, 2, 4, 5].map((id) => [name, id, write(id)] as const)))(
    'IDS-6 VIO-6 PCI-15 after two requests, %s is not number %i',
    (_name, _id, message) =>
      converse(
        `
        client → [32, 1, {}, "com.one"]
        client ← [33, 1, *]
        client → [32, 2, {}, "com.two"]
        client ← [33, 2, *]
        client → ${message}${ENDS}
      `,
        strict,
      ),
  );

  test('IDS-6 PCI-17 a CALL of the number of an earlier call is a violation', () =>
    converse(
      `
      client → [48, 1, {}, "com.nothing"]
      client ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
      client → [48, 1, {}, "com.nothing"]${ENDS}
    `,
      strict,
    ));

  test('PCI-14 PCI-16 IDS-6 a continued call keeps its id, whatever was sent in between', () =>
    converse(
      `
      callee → [64, 1, {}, "com.stream"]
      callee ← [65, 1, $stream]
      client → [48, 1, {"progress": true}, "com.stream", [1]]
      callee ← [68, 1, $stream, {"progress": true}, [1]]
      client → [32, 2, {}, "com.topic"]
      client ← [33, 2, *]
      client → [48, 3, {"progress": true}, "com.stream", [2]]
      callee ← [68, 2, $stream, {"progress": true}, [2]]
      client → [48, 1, {"progress": true}, "com.stream", [3]]
      callee ← [68, 1, $stream, {"progress": true}, [3]]
      client → [16, 4, {}, "com.topic"]
      client → [48, 3, {}, "com.stream", [4]]
      callee ← [68, 2, $stream, {}, [4]]
      client → [48, 1, {}, "com.stream", [5]]
      callee ← [68, 1, $stream, {}, [5]]
      client → [48, 5, {}, "com.nothing"]
      client ← [8, 48, 5, {}, "wamp.error.no_such_procedure"]
    `,
      strict,
    ));

  test('PCI-11 PCI-17 what is streamed into a finished call is discarded, with other requests between', () =>
    converse(
      `
      callee → [64, 1, {}, "com.stream"]
      callee ← [65, 1, $stream]
      client → [48, 1, {"progress": true}, "com.stream", [1]]
      callee ← [68, 1, $stream, {"progress": true}, [1]]
      callee → [70, 1, {}, ["enough"]]
      client ← [50, 1, {}, ["enough"]]
      client → [32, 2, {}, "com.topic"]
      client ← [33, 2, *]
      client → [48, 1, {"progress": true}, "com.stream", [2]]
      client → [48, 1, {}, "com.stream", [3]]
      client ← nothing
      callee ← nothing
      client → [48, 3, {}, "com.nothing"]
      client ← [8, 48, 3, {}, "wamp.error.no_such_procedure"]
    `,
      strict,
    ));

  test('PCI-11 PCI-17 what is streamed into a refused call is discarded as well', () =>
    converse(
      `
      client → [48, 1, {"progress": true}, "com.nothing", [1]]
      client ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
      client → [48, 1, {"progress": true}, "com.nothing", [2]]
      client → [48, 1, {}, "com.nothing", [3]]
      client ← nothing
    `,
      strict,
    ));

  test('PCI-15 no call begins beyond the next number', () =>
    converse(
      `
      client → [48, 1, {}, "com.nothing"]
      client ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
      client → [48, 3, {}, "com.nothing"]${ENDS}
    `,
      strict,
    ));

  test('IDS-6 SES-4 with an authorizer the order is checked as it comes', () =>
    converse(
      `
      client → [32, 1, {}, "com.one"]
      client ← [33, 1, *]
      client → [32, 3, {}, "com.three"]${ENDS}
    `,
      { router: { strictRequestIds: true, authorizer: { authorize: () => Promise.resolve(true) } } },
    ));
});

describe('lenient, the default', () => {
  test('IDS-6 T-3 any number will do, in any order, more than once', () =>
    converse(`
      client → [32, 789, {}, "com.topic"]
      client ← [33, 789, $topic]
      client → [64, 123, {}, "com.procedure"]
      client ← [65, 123, $procedure]
      client → [48, 123, {}, "com.nothing"]
      client ← [8, 48, 123, {}, "wamp.error.no_such_procedure"]
      client → [48, 123, {}, "com.nothing"]
      client ← [8, 48, 123, {}, "wamp.error.no_such_procedure"]
      client → [48, 5, {}, "com.nothing"]
      client ← [8, 48, 5, {}, "wamp.error.no_such_procedure"]
      client → [16, 9007199254740992, {"acknowledge": true}, "com.topic"]
      client ← [17, 9007199254740992, *]
      client → [34, 1, $topic]
      client ← [35, 1]
      client → [66, 1, $procedure]
      client ← [67, 1]
    `));

  test('PCI-16 even so, the number of a call in flight is taken', () =>
    converse(`
      callee → [64, 1, {}, "com.slow"]
      callee ← [65, 1, $slow]
      client → [48, 7, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      client → [48, 7, {}, "com.slow"]${ENDS}
      callee ← [69, 1, {...}]
    `));

  test('IDS-6 T-6 CANCEL of a low number that was never a call is ignored, one beyond all is not', () =>
    converse(`
      client → [48, 50, {}, "com.nothing"]
      client ← [8, 48, 50, {}, "wamp.error.no_such_procedure"]
      client → [49, 20, {}]
      client ← nothing
      client → [49, 51, {}]${ENDS}
    `));
});
