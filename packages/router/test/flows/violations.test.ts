/** Conversations with clients that break the protocol (checklist §2.7). */
import { createRouter, defaultFeatures, type Authenticator, type Feature, type Realm } from '@wamp/router';
import { converse, type ConversationOptions } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';
import { Client, settle } from '../support/client.ts';

/** Each message type in a form that is right; `$procedure` and `$topic` are ids of the one who sends. */
const MESSAGES = {
  HELLO: '[1, "realm1", {"roles": {"caller": {}}}]',
  WELCOME: '[2, 1, {"roles": {"broker": {}}}]',
  ABORT: '[3, {}, "com.reason"]',
  CHALLENGE: '[4, "ticket", {}]',
  AUTHENTICATE: '[5, "secret", {}]',
  GOODBYE: '[6, {}, "wamp.close.close_realm"]',
  ERROR: '[8, 68, 1, {}, "com.error"]',
  PUBLISH: '[16, 1, {}, "com.topic"]',
  PUBLISHED: '[17, 1, 1]',
  SUBSCRIBE: '[32, 1, {}, "com.topic"]',
  SUBSCRIBED: '[33, 1, 1]',
  UNSUBSCRIBE: '[34, 1, 1]',
  UNSUBSCRIBED: '[35, 1]',
  EVENT: '[36, 1, 1, {}]',
  CALL: '[48, 1, {}, "com.procedure"]',
  CANCEL: '[49, 1, {}]',
  RESULT: '[50, 1, {}]',
  REGISTER: '[64, 1, {}, "com.procedure"]',
  REGISTERED: '[65, 1, 1]',
  UNREGISTER: '[66, 1, 1]',
  UNREGISTERED: '[67, 1]',
  INVOCATION: '[68, 1, 1, {}]',
  INTERRUPT: '[69, 1, {}]',
  YIELD: '[70, 1, {}]',
  EVENT_RECEIVED: '[337, 1]',
} as const;
type Name = keyof typeof MESSAGES;

function messagesBut(...legal: readonly Name[]): [string, string][] {
  return Object.entries(MESSAGES).filter(([name]) => !legal.some((other) => other === name));
}

const VIOLATION = '[3, {...}, "wamp.error.protocol_violation"]';

/**
 * A joined client that holds a subscription and a registration sends `frame`. Then it is gone with
 * all it had, and nobody else has noticed more than that.
 */
async function endsTheOffender(frame: string): Promise<void> {
  let realm: Realm | undefined;
  const spy: Feature = {
    install: (installed) => {
      realm = installed;
    },
  };
  await converse(
    `
    offender → [32, 1, {}, "com.topic"]
    offender ← [33, 1, $subscription]
    offender → [64, 2, {}, "com.procedure"]
    offender ← [65, 2, $registration]
    witness → [48, 1, {}, "com.procedure"]
    offender ← [68, 1, $registration, {}]
    offender → ${frame}
    offender ← ${VIOLATION}
    offender ← closed
    witness ← [8, 48, 1, {}, "wamp.error.canceled", *]
    witness → [48, 2, {}, "com.procedure"]
    witness ← [8, 48, 2, {}, "wamp.error.no_such_procedure"]
    witness → [64, 3, {}, "com.procedure"]
    witness ← [65, 3, $again]
    witness → [48, 4, {}, "com.procedure", ["still here"]]
    witness ← [68, 1, $again, {}, ["still here"]]
    witness → [70, 1, {}, ["indeed"]]
    witness ← [50, 4, {}, ["indeed"]]
    witness → [48, 5, {}, "wamp.session.list"]
    witness ← [50, 5, {}, [[$witness]]]
  `,
    { router: { features: [...defaultFeatures(), spy] } },
  );
  expect(realm?.broker.subscriptions.size).toBe(0);
}

/** A client that has not joined sends `frame`, and is out. */
function endsTheNewcomer(frame: string, options: ConversationOptions = {}): Promise<void> {
  return converse(
    `
    newcomer → ${frame}
    newcomer ← ${VIOLATION}
    newcomer ← closed
    witness → [48, 1, {}, "wamp.session.list"]
    witness ← [50, 1, {}, [[$witness]]]
  `,
    { ...options, peers: { newcomer: { joins: false } } },
  );
}

describe('messages out of their state', () => {
  test.each(messagesBut('HELLO', 'ABORT'))('VIO-3 SES-1 SES-10 %s before HELLO', (_name, message) =>
    endsTheNewcomer(message),
  );

  const challenging: Authenticator = {
    method: 'slow',
    begin: () => ({ challenge: {}, answer: () => ({ abort: 'com.unused' }) }),
  };
  test.each(messagesBut('AUTHENTICATE', 'ABORT'))('VIO-3 SES-10 %s while challenged', (_name, message) =>
    converse(
      `
      newcomer → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["slow"]}]
      newcomer ← [4, "slow", {}]
      newcomer → ${message}
      newcomer ← ${VIOLATION}
      newcomer ← closed
    `,
      { router: { authenticators: [challenging] } },
    ),
  );

  const undecided: Authenticator = { method: 'slow', begin: () => new Promise(() => undefined) };
  test.each(messagesBut('ABORT'))('VIO-3 SES-10 %s while the router decides', (_name, message) =>
    converse(
      `
      newcomer → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["slow"]}]
      newcomer ← nothing
      newcomer → ${message}
      newcomer ← ${VIOLATION}
      newcomer ← closed
    `,
      { router: { authenticators: [undecided] } },
    ),
  );

  const legal: readonly Name[] = [
    'ABORT',
    'GOODBYE',
    'ERROR',
    'PUBLISH',
    'SUBSCRIBE',
    'UNSUBSCRIBE',
    'CALL',
    'CANCEL',
    'REGISTER',
    'UNREGISTER',
    'YIELD',
    'EVENT_RECEIVED',
  ];
  test.each(messagesBut(...legal))('VIO-1 VIO-2 SES-4 SES-10 %s in a session', (_name, message) =>
    endsTheOffender(message),
  );

  test('T-55 EVENT_RECEIVED in a session is ignored', () =>
    converse(`
      client → [337, 1]
      client ← nothing
      client → [48, 1, {}, "wamp.session.count"]
      client ← [50, 1, {}, [1]]
    `));
});

describe('frames that are no message', () => {
  const frames = [
    '{}',
    '{"0": 48}',
    '"text"',
    '42',
    'null',
    'true',
    'not JSON at all',
    '[',
    ']',
    '[48, 1, {}, "com.procedure"',
    '[48, 1, {}, "com.procedure"]]',
    '[48, 1, {}, "com.procedure"] [48, 2, {}, "com.procedure"]',
    '[48, 1, {}, "com.procedure",]',
    '[48, 1, {}, "com.procedure", [1,]]',
    '[48, 1, {}, "com.procedure", [01]]',
    '[48, 1, {}, "com.procedure", [NaN]]',
    '[48, 1, {}, "com.procedure", [undefined]]',
    '[48, 1, {}, "com.procedure", [1 2]]',
    '[48, 1, {}, "com.procedure", ["\t"]]',
    '[48, 1, {}, "com.procedure", ["\\x41"]]',
    '[48, 1, {}, "com.procedure", ["\\u00"]]',
    '[48, 1, {}, "com.procedure", [], {1: 2}]',
    '[48, 1, {}, "com.procedure", [], {"a"}]',
    "[48, 1, {}, 'com.procedure']",
    '[48, 1, {}, "com.procedure" /* a comment */]',
    '[]',
    '[0]',
    '[0, 1, {}, "com.procedure"]',
    '[-48, 1, {}, "com.procedure"]',
    '["48", 1, {}, "com.procedure"]',
    '["CALL", 1, {}, "com.procedure"]',
    '[48.5, 1, {}, "com.procedure"]',
    '[null, 1, {}, "com.procedure"]',
    '[true, 1, {}, "com.procedure"]',
    '[[48], 1, {}, "com.procedure"]',
    '[{}, 1, {}, "com.procedure"]',
    ...[7, 9, 15, 18, 31, 37, 47, 51, 63, 71, 99, 255, 256, 336, 338, 1023, 1024, 4294967344].map(
      (type) => `[${type}, 1, {}, "com.procedure"]`,
    ),
    '[1e308, 1, {}, "com.procedure"]',
  ];

  test.each(frames)('VIO-1 VIO-7 T-37 in a session: %s', (frame) => endsTheOffender(`raw ${frame}`));

  test.each(frames)('VIO-7 T-37 before HELLO: %s', (frame) => endsTheNewcomer(`raw ${frame}`));

  test('VIO-7 an empty frame in a session', () => endsTheOffender('raw'));

  test('VIO-7 an empty frame before HELLO', () => endsTheNewcomer('raw'));

  test.each([
    ['a stray continuation byte', [0x80]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a truncated sequence', [0xe2, 0x82]],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ])('VIO-7 SER-2 SER-4 text that is not UTF-8: %s', async (_what, bytes) => {
    const router = createRouter({ realms: ['realm1'] });
    const subscriber = await Client.join(router);
    await subscriber.say([32, 1, {}, 'com.topic']);
    const offender = await Client.join(router);
    const start = new TextEncoder().encode('[16, 1, {}, "com.topic", ["');
    offender.sendBytes(new Uint8Array([...start, ...bytes, ...new TextEncoder().encode('"]]')]));
    await settle();
    expect(offender.heard).toMatchObject([[3, {}, 'wamp.error.protocol_violation']]);
    expect(offender.closed).toBe(true);
    expect(subscriber.heard).toEqual([[33, 1, expect.any(Number)]]);
  });

  const nested = (depth: number): string =>
    `[16, 1, {"acknowledge": true}, "com.topic", ${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}]`;

  test('VIO-7 a message nests 100 deep, and no deeper', async () => {
    await converse(`
      client → raw ${nested(100)}
      client ← [17, 1, *]
    `);
    await endsTheOffender(`raw ${nested(101)}`);
    await endsTheOffender(`raw ${nested(100_000)}`);
  });

  test('VIO-7 options nest no deeper than the rest of a message', () =>
    endsTheOffender(`raw [32, 1, {"x_deep": ${'['.repeat(99)}${']'.repeat(99)}}, "com.topic"]`));
});

describe('wrong numbers of elements', () => {
  /** What a client sends, its elements, and how many of them there may be (checklist §1.1). */
  const layouts: readonly [Name, readonly string[], readonly number[]][] = [
    ['GOODBYE', ['6', '{}', '"wamp.close.close_realm"', '[]'], [3]],
    ['ERROR', ['8', '68', '1', '{}', '"com.error"', '[]', '{}', '1'], [5, 6, 7]],
    ['PUBLISH', ['16', '1', '{}', '"com.topic"', '[]', '{}', '1'], [4, 5, 6]],
    ['SUBSCRIBE', ['32', '1', '{}', '"com.topic"', '[]'], [4]],
    // T-52: a fourth element is tolerated.
    ['UNSUBSCRIBE', ['34', '1', '1', '{}', '1'], [3, 4]],
    ['CALL', ['48', '1', '{}', '"com.procedure"', '[]', '{}', '1'], [4, 5, 6]],
    ['CANCEL', ['49', '1', '{}', '[]'], [3]],
    ['REGISTER', ['64', '1', '{}', '"com.procedure"', '[]'], [4]],
    ['UNREGISTER', ['66', '1', '1', '{}', '1'], [3, 4]],
    ['YIELD', ['70', '1', '{}', '[]', '{}', '1'], [3, 4, 5]],
  ];
  const cases = layouts.flatMap(([name, elements, legal]) =>
    elements
      .map((_element, index) => index + 1)
      .filter((count) => !legal.includes(count))
      .map((count) => [name, count, `[${elements.slice(0, count).join(', ')}]`] as const),
  );

  test.each(cases)('VIO-7 MSG-3 %s with %i elements', (_name, _count, message) => endsTheOffender(message));

  test.each(['[1]', '[1, "realm1"]', '[1, "realm1", {"roles": {"caller": {}}}, []]'])(
    'VIO-7 MSG-3 HELLO: %s',
    (message) => endsTheNewcomer(message),
  );

  test.each(['[3]', '[3, {}]', '[3, {}, "com.reason", [], {}, 1]'])('VIO-7 MSG-3 ABORT: %s', (message) =>
    endsTheNewcomer(message),
  );

  test.each(['[34, 1, $subscription, {"reason": "unused"}]', '[66, 1, $registration, {}]'])(
    'T-52 a fourth element is tolerated: %s',
    (message) =>
      converse(`
        client → [32, 1, {}, "com.topic"]
        client ← [33, 1, $subscription]
        client → [64, 2, {}, "com.procedure"]
        client ← [65, 2, $registration]
        client → ${message}
        client ← [*, 1]
      `),
  );
});

describe('elements of the wrong type', () => {
  const NO_ID = ['0', '-1', '1.5', '"1"', 'true', 'null', '{}', '[]', '[1]', '9007199254740994', '1e300'];
  const NO_URI = ['1', 'null', 'true', '{}', '[]', '["com.topic"]'];
  const NO_DICT = ['[]', '"{}"', '1', 'null', 'true'];
  // B5: null is read as none.
  const NO_LIST = ['{}', '"[]"', '1', 'true'];
  const NO_KWARGS = ['[]', '"{}"', '1', 'true'];
  const NO_TYPE = [
    '0',
    '1',
    '8',
    '16',
    '32',
    '34',
    '48',
    '64',
    '66',
    '70',
    '99',
    '"68"',
    '68.5',
    'null',
    '[]',
  ];

  const elements: readonly [string, (value: string) => string, readonly string[]][] = [
    ['GOODBYE.Details', (value) => `[6, ${value}, "wamp.close.close_realm"]`, NO_DICT],
    ['GOODBYE.Reason', (value) => `[6, {}, ${value}]`, NO_URI],
    ['VIO-4 ERROR.REQUEST.Type', (value) => `[8, ${value}, 1, {}, "com.error"]`, NO_TYPE],
    ['ERROR.REQUEST.Request', (value) => `[8, 68, ${value}, {}, "com.error"]`, NO_ID],
    ['ERROR.Details', (value) => `[8, 68, 1, ${value}, "com.error"]`, NO_DICT],
    ['ERROR.Error', (value) => `[8, 68, 1, {}, ${value}]`, NO_URI],
    ['ERROR.Arguments', (value) => `[8, 68, 1, {}, "com.error", ${value}]`, NO_LIST],
    ['ERROR.ArgumentsKw', (value) => `[8, 68, 1, {}, "com.error", [], ${value}]`, NO_KWARGS],
    ['PUBLISH.Request', (value) => `[16, ${value}, {}, "com.topic"]`, NO_ID],
    ['PUBLISH.Options', (value) => `[16, 1, ${value}, "com.topic"]`, NO_DICT],
    ['PUBLISH.Topic', (value) => `[16, 1, {}, ${value}]`, NO_URI],
    ['PUBLISH.Arguments', (value) => `[16, 1, {}, "com.topic", ${value}]`, NO_LIST],
    ['PUBLISH.ArgumentsKw', (value) => `[16, 1, {}, "com.topic", [], ${value}]`, NO_KWARGS],
    ['SUBSCRIBE.Request', (value) => `[32, ${value}, {}, "com.topic"]`, NO_ID],
    ['SUBSCRIBE.Options', (value) => `[32, 1, ${value}, "com.topic"]`, NO_DICT],
    ['SUBSCRIBE.Topic', (value) => `[32, 1, {}, ${value}]`, NO_URI],
    ['UNSUBSCRIBE.Request', (value) => `[34, ${value}, $subscription]`, NO_ID],
    ['UNSUBSCRIBE.Subscription', (value) => `[34, 1, ${value}]`, NO_ID],
    ['CALL.Request', (value) => `[48, ${value}, {}, "com.procedure"]`, NO_ID],
    ['CALL.Options', (value) => `[48, 1, ${value}, "com.procedure"]`, NO_DICT],
    ['CALL.Procedure', (value) => `[48, 1, {}, ${value}]`, NO_URI],
    ['CALL.Arguments', (value) => `[48, 1, {}, "com.procedure", ${value}]`, NO_LIST],
    ['CALL.ArgumentsKw', (value) => `[48, 1, {}, "com.procedure", [], ${value}]`, NO_KWARGS],
    ['CANCEL.Request', (value) => `[49, ${value}, {}]`, NO_ID],
    ['CANCEL.Options', (value) => `[49, 1, ${value}]`, NO_DICT],
    ['REGISTER.Request', (value) => `[64, ${value}, {}, "com.procedure"]`, NO_ID],
    ['REGISTER.Options', (value) => `[64, 1, ${value}, "com.procedure"]`, NO_DICT],
    ['REGISTER.Procedure', (value) => `[64, 1, {}, ${value}]`, NO_URI],
    ['UNREGISTER.Request', (value) => `[66, ${value}, $registration]`, NO_ID],
    ['UNREGISTER.Registration', (value) => `[66, 1, ${value}]`, NO_ID],
    ['YIELD.Request', (value) => `[70, ${value}, {}]`, NO_ID],
    ['YIELD.Options', (value) => `[70, 1, ${value}]`, NO_DICT],
    ['YIELD.Arguments', (value) => `[70, 1, {}, ${value}]`, NO_LIST],
    ['YIELD.ArgumentsKw', (value) => `[70, 1, {}, [], ${value}]`, NO_KWARGS],
  ];
  const cases = elements.flatMap(([name, write, values]) =>
    values.map((value) => [name, value, write(value)]),
  );

  test.each(cases)('VIO-7 MSG-2 %s is %s', (_name, _value, message = '') => endsTheOffender(message));

  const newcomers = [
    ...['1', 'true', '{}', '[]'].map((value) => [
      `HELLO.Realm`,
      value,
      `[1, ${value}, {"roles": {"caller": {}}}]`,
    ]),
    ...NO_DICT.map((value) => ['HELLO.Details', value, `[1, "realm1", ${value}]`]),
    ...NO_DICT.map((value) => ['ABORT.Details', value, `[3, ${value}, "com.reason"]`]),
    ...NO_URI.map((value) => ['ABORT.Reason', value, `[3, {}, ${value}]`]),
    ...NO_LIST.map((value) => ['ABORT.Arguments', value, `[3, {}, "com.reason", ${value}]`]),
  ];

  test.each(newcomers)('VIO-7 MSG-2 %s is %s', (_name, _value, message = '') => endsTheNewcomer(message));

  test.each([
    ['Signature', '1', '[5, 1, {}]'],
    ['Signature', 'null', '[5, null, {}]'],
    ['Signature', 'a dict', '[5, {}, {}]'],
    ['Extra', 'a list', '[5, "secret", []]'],
    ['Extra', 'null', '[5, "secret", null]'],
    ['nothing else', 'missing', '[5, "secret"]'],
    ['one element', 'too many', '[5, "secret", {}, []]'],
  ])('VIO-7 AUTHENTICATE: %s is %s', (_name, _value, message) =>
    converse(
      `
      newcomer → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["quiz"]}]
      newcomer ← [4, "quiz", {}]
      newcomer → ${message}
      newcomer ← ${VIOLATION}
      newcomer ← closed
    `,
      {
        router: {
          authenticators: [
            { method: 'quiz', begin: () => ({ challenge: {}, answer: () => ({ abort: 'com.unused' }) }) },
          ],
        },
      },
    ),
  );

  test('IDS-1 an id may be 2^53', () =>
    converse(`
      client → [32, 9007199254740992, {}, "com.topic"]
      client ← [33, 9007199254740992, $subscription]
    `));
});

describe('options of the wrong type', () => {
  const NO_BOOL = ['1', '0', '"true"', '[]', '{}'];
  const NO_TEXT = ['1', 'true', '[]', '{}'];
  const NO_IDS = ['1', '"1"', '{}', '["1"]', '[true]', '[1.5]', '[[1]]', '[1, "2"]'];
  const NO_TEXTS = ['"joe"', '1', '{}', '[1]', '[true]', '[["joe"]]', '["joe", 2]'];
  const NO_DURATION = ['-1', '1.5', '"1000"', 'true', '[]', '{}'];
  const NO_MATCH = ['"regex"', '""', '"Exact"', '"exact "', '1', 'true', '[]', '["exact"]', '{}'];
  const NO_INVOKE = ['"fastest"', '""', '"Single"', '1', 'true', '[]', '{}'];
  const NO_MODE = ['"abort"', '""', '"Kill"', '1', 'true', '[]', '{}'];
  const PASSTHRU = { ppt_scheme: NO_TEXT, ppt_serializer: NO_TEXT, ppt_cipher: NO_TEXT, ppt_keyid: NO_TEXT };

  const options: readonly [Name, (options: string) => string, Readonly<Record<string, readonly string[]>>][] =
    [
      [
        'PUBLISH',
        (dict) => `[16, 1, ${dict}, "com.topic"]`,
        {
          acknowledge: NO_BOOL,
          exclude_me: NO_BOOL,
          disclose_me: NO_BOOL,
          retain: NO_BOOL,
          exclude: NO_IDS,
          eligible: NO_IDS,
          exclude_authid: NO_TEXTS,
          exclude_authrole: NO_TEXTS,
          eligible_authid: NO_TEXTS,
          eligible_authrole: NO_TEXTS,
          rkey: NO_TEXT,
          ...PASSTHRU,
        },
      ],
      [
        'SUBSCRIBE',
        (dict) => `[32, 1, ${dict}, "com.topic"]`,
        { match: NO_MATCH, get_retained: NO_BOOL, nkey: NO_TEXT },
      ],
      [
        'REGISTER',
        (dict) => `[64, 1, ${dict}, "com.other"]`,
        { match: NO_MATCH, invoke: NO_INVOKE, disclose_caller: NO_BOOL, forward_timeout: NO_BOOL },
      ],
      [
        'CALL',
        (dict) => `[48, 1, ${dict}, "com.procedure"]`,
        {
          receive_progress: NO_BOOL,
          progress: NO_BOOL,
          disclose_me: NO_BOOL,
          timeout: NO_DURATION,
          runmode: NO_TEXT,
          rkey: NO_TEXT,
          ...PASSTHRU,
        },
      ],
      ['CANCEL', (dict) => `[49, 1, ${dict}]`, { mode: NO_MODE }],
      ['YIELD', (dict) => `[70, 1, ${dict}]`, { progress: NO_BOOL, ...PASSTHRU }],
      ['ERROR', (dict) => `[8, 68, 1, ${dict}, "com.error"]`, PASSTHRU],
      ['GOODBYE', (dict) => `[6, ${dict}, "wamp.close.close_realm"]`, { message: NO_TEXT }],
    ];
  const cases = options.flatMap(([name, write, keys]) =>
    Object.entries(keys).flatMap(([key, values]) =>
      values.map((value) => [`${name}.${key}`, value, write(`{"${key}": ${value}}`)]),
    ),
  );

  test.each(cases)('EXT-3 T-5 %s is %s', (_name, _value, message = '') => endsTheOffender(message));

  const NO_ROLE = ['[]', '1', '"yes"', 'true', '{"features": []}', '{"features": 1}', '{"features": "all"}'];
  const hello: Readonly<Record<string, readonly string[]>> = {
    roles: ['[]', '1', '"caller"', 'true', '{}', 'null', '{"passenger": {}}', '{"broker": {}, "dealer": {}}'],
    'roles": {"publisher': NO_ROLE.map((role) => `${role}}`),
    'roles": {"subscriber': NO_ROLE.map((role) => `${role}}`),
    'roles": {"caller': NO_ROLE.map((role) => `${role}}`),
    'roles": {"callee': NO_ROLE.map((role) => `${role}}`),
    'roles": {"caller": {}}, "agent': NO_TEXT,
    'roles": {"caller": {}}, "authmethods': NO_TEXTS,
    'roles": {"caller": {}}, "authid': NO_TEXT,
    'roles": {"caller": {}}, "authextra': ['[]', '1', '"text"', 'true'],
  };
  const hellos = Object.entries(hello).flatMap(([key, values]) =>
    values.map((value) => `{"${key}": ${value}}`),
  );

  test.each([...hellos, '{}'])('EXT-3 SES-6 T-5 T-45 HELLO.Details is %s', (details) =>
    endsTheNewcomer(`[1, "realm1", ${details}]`),
  );

  test('T-5 an option that is null is absent', () =>
    converse(`
      client → [32, 1, {"match": null, "get_retained": null, "nkey": null}, "com.topic"]
      client ← [33, 1, $subscription]
      client → [64, 2, {"match": null, "invoke": null, "disclose_caller": null, "forward_timeout": null}, "com.procedure"]
      client ← [65, 2, $registration]
      client → [16, 3, {"acknowledge": null, "exclude_me": null, "exclude": null, "eligible": null, "eligible_authrole": null}, "com.topic"]
      client ← nothing
      other → [16, 1, {"eligible": null, "exclude_authid": null, "ppt_scheme": null, "retain": null}, "com.topic"]
      client ← [36, $subscription, *, {}]
      other → [48, 2, {"timeout": null, "receive_progress": null, "progress": null, "disclose_me": null}, "com.procedure"]
      client ← [68, 1, $registration, {}]
      client → [70, 1, {"progress": null, "ppt_scheme": null}]
      other ← [50, 2, {}]
      other → [6, {"message": null}, "wamp.close.close_realm"]
      other ← [6, {}, "wamp.close.goodbye_and_out"]
      other ← closed
    `));

  test('EXT-1 T-51 an unknown option is ignored, and not passed on', () =>
    converse(`
      client → [32, 1, {"x_unknown": 1, "_custom": [], "colour": {}}, "com.topic"]
      client ← [33, 1, $subscription]
      client → [64, 2, {"x_unknown": 1, "_custom": [], "colour": {}}, "com.procedure"]
      client ← [65, 2, $registration]
      other → [16, 1, {"x_unknown": 1, "_custom": [], "colour": {}}, "com.topic"]
      client ← [36, $subscription, *, {}]
      other → [48, 2, {"x_unknown": 1, "_custom": [], "colour": {}, "mode": 1}, "com.procedure"]
      client ← [68, 1, $registration, {}]
      client → [70, 1, {"x_unknown": 1, "_custom": [], "colour": {}, "timeout": "now"}]
      other ← [50, 2, {}]
    `));

  test('T-52 who a client says that it is does not count', () =>
    converse(`
      callee → [64, 1, {}, "com.procedure"]
      callee ← [65, 1, $registration]
      callee → [32, 2, {}, "com.topic"]
      callee ← [33, 2, $subscription]
      caller → [48, 1, {"caller": 1, "caller_authid": "root", "caller_authrole": "trusted", "forward_for": [{"session": 1}]}, "com.procedure"]
      callee ← [68, 1, $registration, {}]
      caller → [16, 2, {"publisher": 1, "publisher_authid": "root", "forward_for": [{"session": 1}]}, "com.topic"]
      callee ← [36, $subscription, *, {}]
    `));
});

describe('answers to nothing', () => {
  test.each(['[70, 2, {}]', '[8, 68, 2, {}, "com.error"]'])(
    'VIO-5 T-6 %s when no invocation has that number',
    (message) => endsTheOffender(message),
  );

  test('T-6 CANCEL of a call that was never made', () => endsTheOffender('[49, 1, {}]'));

  test('T-6 an invocation of another session is no invocation of this one', () =>
    converse(`
      callee → [64, 1, {}, "com.procedure"]
      callee ← [65, 1, $registration]
      caller → [48, 1, {}, "com.procedure"]
      callee ← [68, 1, $registration, {}]
      intruder → [70, 1, {}, ["forged"]]
      intruder ← ${VIOLATION}
      intruder ← closed
      caller ← nothing
      callee → [70, 1, {}, ["genuine"]]
      caller ← [50, 1, {}, ["genuine"]]
    `));
});

describe('after the violation', () => {
  test('VIO-1 nothing more of that client is processed, though it has arrived', async () => {
    const router = createRouter({ realms: ['realm1'] });
    const subscriber = await Client.join(router);
    await subscriber.say([32, 1, {}, 'com.topic']);
    const offender = await Client.join(router);
    await offender.say([2, 1, {}], [16, 1, {}, 'com.topic', ['too late']], [2, 1, {}]);
    expect(offender.heard).toMatchObject([[3, {}, 'wamp.error.protocol_violation']]);
    expect(subscriber.heard).toEqual([[33, 1, expect.any(Number)]]);
  });

  test('VIO-1 LEAVE-1 its own calls are interrupted', () =>
    converse(`
      callee → [64, 1, {}, "com.slow"]
      callee ← [65, 1, $registration]
      offender → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $registration, {}]
      offender → [2, 1, {}]
      offender ← ${VIOLATION}
      offender ← closed
      callee ← [69, 1, {"mode": "killnowait", ...}]
      callee → [70, 1, {}]
      callee ← nothing
    `));
});
