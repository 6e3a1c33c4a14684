/** `plainJson` against `json`: they write the same bytes, and read the same messages of routers, or none (SER-2, SER-4). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  json,
  MessageType,
  Payload,
  plainJson,
  ProtocolViolation,
  toList,
  type Serializer,
} from '@wamp/protocol';
import * as dictionaries from '../src/dictionaries.ts';
import { FrameWriter } from '../src/frame-writer.ts';
import { alike } from './alike.ts';
import { arbitraryMessages, isOfRouter, routerMessages } from './arbitraries.ts';
import { expectViolation, hex, toHex, utf8 } from './frames.ts';
import { mutate } from './mutations.ts';
import { Random, SEED } from './random.ts';

const ROUNDS = 50_000;

/** What a frame means; undefined when it is refused. */
function meaning(serializer: Serializer, frame: Uint8Array): readonly unknown[] | undefined {
  try {
    const message = serializer.decode(frame);
    // Empty Args in a frame are not the same as none.
    return [...toList(message), 'payload' in message ? message.payload.count : 0];
  } catch (error) {
    if (error instanceof ProtocolViolation) return undefined;
    throw error;
  }
}

/** The messages of clients are none that `plainJson` reads. */
function expectAgreement(frame: Uint8Array): readonly unknown[] | undefined {
  const read = meaning(json, frame);
  const wanted = isOfRouter({ type: read?.[0] as MessageType }) ? read : undefined;
  if (!alike(meaning(plainJson, frame), wanted)) {
    expect([Buffer.from(frame).toString('latin1'), meaning(plainJson, frame)]).toEqual([undefined, wanted]);
  }
  return wanted;
}

test('SER-2: they write the same bytes', () => {
  const writer = new FrameWriter(1024);
  for (const messages of arbitraryMessages) {
    fc.assert(
      fc.property(messages, (message) => {
        // No client sends it.
        if (message.type === MessageType.EVENT_RECEIVED) return;
        const frame = toHex(json.encode(message));
        expect(toHex(plainJson.encode(message))).toBe(frame);
        writer.begin();
        plainJson.write(message, writer);
        expect(toHex(writer.copy())).toBe(frame);
        if (!('payload' in message)) return;
        const { args, kwargs, count } = message.payload;
        const bytes = plainJson.encodePayload(args, kwargs, count);
        expect(toHex(bytes)).toBe(toHex(json.encodePayload(args, kwargs, count)));
        expect(alike(plainJson.decodePayload(bytes, count), json.decodePayload(bytes, count))).toBe(true);
      }),
      { numRuns: 60 },
    );
  }
});

test(`SER-4: they agree on ${ROUNDS} mutated frames (WAMP_FUZZ_SEED=${SEED})`, () => {
  const random = new Random(SEED);
  const corpus = routerMessages.flatMap((messages) =>
    fc.sample(messages, { numRuns: 12, seed: SEED }).map((message) => json.encode(message)),
  );
  let accepted = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    if (expectAgreement(mutate(corpus, random)) !== undefined) accepted += 1;
  }
  expect(accepted).toBeGreaterThan(ROUNDS / 50);
  expect(ROUNDS - accepted).toBeGreaterThan(ROUNDS / 10);
});

/** What a frame of each router message with Details looks like, and the known keys of those Details. */
const DETAILED: readonly (readonly [
  string,
  (details: string) => string,
  Readonly<Record<string, unknown>>,
])[] = [
  ['WELCOME', (details) => `[2,1,${details}]`, dictionaries.welcome],
  ['ABORT', (details) => `[3,${details},"a.b"]`, dictionaries.closing],
  ['CHALLENGE', (details) => `[4,"ticket",${details}]`, {}],
  ['GOODBYE', (details) => `[6,${details},"a.b"]`, dictionaries.closing],
  ['ERROR', (details) => `[8,48,1,${details},"a.b"]`, dictionaries.error],
  ['UNSUBSCRIBED', (details) => `[35,0,${details}]`, dictionaries.subscriptionRevocation],
  ['EVENT', (details) => `[36,1,1,${details}]`, dictionaries.event],
  ['RESULT', (details) => `[50,1,${details}]`, dictionaries.yielding],
  ['UNREGISTERED', (details) => `[67,0,${details}]`, dictionaries.registrationRevocation],
  ['INVOCATION', (details) => `[68,1,1,${details}]`, dictionaries.invocation],
  ['INTERRUPT', (details) => `[69,1,${details}]`, dictionaries.interrupt],
];

test.each(DETAILED)('SER-4: they agree on every key of the Details of %s', (_name, frameOf, known) => {
  const values =
    '"a" "kill" "" 1 0 -1 1.5 9007199254740993 true null [] [1] ["a"] [{}] {} {"a":1} "\\u0000"'.split(' ');
  const roles = [
    '{"broker":{}}',
    '{"broker":1}',
    '{"dealer":null}',
    '{"dealer":{"features":1}}',
    '{"x":{"features":1}}',
  ];
  const dicts = Object.values(dictionaries).flatMap((dict) =>
    typeof dict === 'object' ? Object.keys(dict) : [],
  );
  for (const key of new Set([...dicts, ...Object.keys(known), '__proto__', 'x_unknown'])) {
    for (const value of [...values, ...roles]) {
      expectAgreement(utf8(frameOf(`{"${key}":${value}}`)));
      // Without roles, WELCOME has no meaning whatever else it says.
      expectAgreement(utf8(frameOf(`{"roles":{},"${key}":${value}}`)));
    }
  }
});

describe('SER-4: they agree on', () => {
  test.each([
    ...['[1,]', '[,1]', '[1 2]', '[01]', '[1.]', '[.5]', '[+1]', '[-]', '[0x1]', '[1e]', '[1e999]', '[-0]'],
    ...[
      '[NaN]',
      '[Infinity]',
      "['a']",
      '["\\x41"]',
      '["\t"]',
      '["\\u00g0"]',
      '["\\ud800"]',
      '["\\u0000AA=="]',
    ],
    ...[
      '["\\u0000"]',
      '["\\u0000AA"]',
      '["\\u0000*"]',
      '[tru]',
      '[nulll]',
      '[undefined]',
      '[{a:1}]',
      '[{"a":1,}]',
    ],
    ...['[{"a"}]', '[{1:2}]', '[{"a":1,"a":2}]', '[{"__proto__":{"x":1}}]', '[//\n1]', '[1}', '["\u007f"]'],
    ...['{}', '[],{}', '[],[]', '[],{},1', 'null', '1', '["x"]],[99]', '[],null', '[],{"\\u0000AA==":1}'],
    ...[' [ 1 ] ,\t{ "a" :\r\n1 } ', '[\u00a01]', '[\u20281]', '["\u2028"]', '[9007199254740993]'],
  ])('a payload of %s', (payload) => {
    expectAgreement(utf8(`[68,1,2,{},${payload}]`));
    expectAgreement(utf8(`[50,1,{},${payload}]`));
  });

  test.each([
    ...[
      '',
      ' ',
      '[]',
      '[[]]',
      '{}',
      'null',
      '48',
      '"48"',
      '[50,1,{}]x',
      '\ufeff[17,1,1]',
      '[17,1,1]\0',
      '[17',
    ],
    ...[
      '[17,1.0,1]',
      '[1700e-2,1]',
      '["17",1,1]',
      '[17,"1",1]',
      '[17,0,1]',
      '[17,-1,1]',
      '[17,9007199254740992,1]',
    ],
    ...['[17,9007199254740993,1]', '[17,1e300,1]', '[67,1,{}]', '[67,1,{},1]', '[35,0,{}]', '[36,1,{}]'],
    ...['[68,1,1,{"timeout":null}]', '[68,1,1,{"timeout":"1"}]', '[50,1,{"\\u0000AA==":1}]'],
    ...['[8,48,1,{},"\\u0000AA=="]', '[50,1,{"x":"\\u0000AA=="}]', ' \n[ 8 , 48 ,\t1 , { } ,\r"p" ] \n'],
  ])('%j', (text) => {
    expectAgreement(utf8(text));
  });

  test.each([
    ...['0', '00', '01', '-1', '1.0', '1e0', '+1', ' 1', '1 ', '', '"1"', '١', 'null', '[1]'],
    ...['9007199254740991', '9007199254740992', '9007199254740993', '9007199254740994'],
    ...['4503599627370497', '10000000000000000', '9'.repeat(150)],
  ])('D7 the id %j of frequent messages, which are read without the engine', (id) => {
    for (const frame of [
      `[36,${id},2,{},["a"]]`,
      `[36,2,${id},{},["a"]]`,
      `[50,${id},{},["a"]]`,
      `[68,${id},2,{},["a"]]`,
      `[68,2,${id},{},["a"]]`,
      `[33,${id},2,{},["a"]]`,
    ]) {
      expectAgreement(utf8(frame));
      expectAgreement(utf8(`{${frame.slice(1)}`));
      expectAgreement(utf8(frame.replace('{},', '{},["b"],')));
      expectAgreement(utf8(frame.replace('["a"]', '["a"],{"b":[1]}')));
    }
  });

  test.each(['c080', 'e08080', 'f0808080', 'eda080', 'f4908080', '80', 'e282', 'ff', 'c3a9', 'efbbbf'])(
    'octets %s',
    (digits) => {
      for (const [before, after] of [
        ['[68,1,1,{},["', '"]]'],
        ['[8,48,1,{},"', '"]'],
        ['', '[50,1,{}]'],
        ['[50,1,{}]', ''],
      ] as const) {
        expectAgreement(Buffer.concat([utf8(before), hex(digits), utf8(after)]));
      }
    },
  );

  test.each([99, 100, 101, 1_000, 100_000])('reliability 5: nesting of %i levels', (levels) => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const frame = (inside: string): Uint8Array =>
        utf8(`[50,1,{},[${open.repeat(levels - 2)}${inside}${close.repeat(levels - 2)}]]`);
      expectAgreement(frame('1'));
      // What only looks like nesting is none.
      expectAgreement(frame(`"${'['.repeat(500)}"`));
      expectAgreement(utf8(`[50,1,${open.repeat(levels - 1)}1${close.repeat(levels - 1)}]`));
    }
  });
});

test('reliability 5: octets have no depth', () => {
  const bytes = new Uint8Array(100_000);
  const message = {
    type: MessageType.RESULT,
    request: 1,
    details: {},
    payload: Payload.of([bytes]),
  } as const;
  expect(alike(toList(plainJson.decode(json.encode(message))), toList(message))).toBe(true);
});

test('a violation does not repeat what was sent', () => {
  expectViolation(() => plainJson.decode(utf8('[48,1,{},"secret",]')), /^JSON: not well-formed$/);
});
