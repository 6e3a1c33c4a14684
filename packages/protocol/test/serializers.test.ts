/** The serializers: round trips, forwarding, byte vectors, and what they refuse. */
import fc from 'fast-check';
import { encode as cborgEncode } from 'cborg';
import { decode as msgpackDecode, encode as msgpackEncode } from '@msgpack/msgpack';
import { describe, expect, test } from 'vitest';
import {
  fromList,
  json,
  MAX_DEPTH,
  MessageType,
  Payload,
  plainJson,
  SerializationFailure,
  toList,
  type Args,
  type Kwargs,
  type Message,
  type Serializer,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { alike } from './alike.ts';
import { arbitraryMessages, arbitraryPayload, isOfRouter, routerMessages } from './arbitraries.ts';
import { expectViolation, fromJson, hex, serializers, toHex, utf8 } from './frames.ts';

function event(args: Args, kwargs?: Kwargs): Message {
  const payload = Payload.of(args, kwargs);
  return { type: MessageType.EVENT, subscription: 1, publication: 1, details: {}, payload };
}

function call(args: Args, kwargs?: Kwargs): Message {
  return {
    type: MessageType.CALL,
    request: 1,
    options: {},
    procedure: 'p',
    payload: Payload.of(args, kwargs),
  };
}

function payloadOf(message: Message): Payload {
  return 'payload' in message ? message.payload : Payload.none;
}

/** What a peer reads that `value` is sent to. */
function sent(serializer: Serializer, value: unknown): unknown {
  return payloadOf(serializer.decode(serializer.encode(event([value])))).args[0];
}

const ALL = [
  ...serializers.map((serializer) => [serializer.name, serializer] as const),
  ['plain json', plainJson] as const,
];

describe.each(ALL)('%s', (_name, serializer) => {
  const known = serializer === plainJson ? routerMessages : arbitraryMessages;

  test('SER-2 MSG-3: every message comes back as it went', () => {
    for (const messages of known) {
      fc.assert(
        fc.property(messages, (message) => {
          const decoded = serializer.decode(serializer.encode(message));
          expect(decoded.type).toBe(message.type);
          if (!alike(toList(decoded), toList(message))) expect(toList(decoded)).toEqual(toList(message));
        }),
        { numRuns: 60 },
      );
    }
  });

  test('SER-1: a message goes through any two other serializers and means the same', () => {
    fc.assert(
      fc.property(
        fc.oneof(...known),
        fc.constantFrom(...serializers),
        fc.constantFrom(...serializers),
        (message, b, c) => {
          let travelled = message;
          for (const hop of [serializer, b, c, serializer]) travelled = hop.decode(hop.encode(travelled));
          expect(alike(toList(travelled), toList(message))).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('MSG-6: payload bytes are forwarded as they came', () => {
    fc.assert(
      fc.property(arbitraryPayload, (payload) => {
        const arrived = payloadOf(serializer.decode(serializer.encode({ ...event([]), payload } as Message)));
        const bytes = toHex(arrived.as(serializer));
        const frame = serializer.encode({
          type: MessageType.INVOCATION,
          request: 77,
          registration: 2 ** 40,
          details: {},
          payload: arrived,
        });
        expect(toHex(frame)).toContain(bytes);
        expect(
          alike(
            toList(serializer.decode(frame)).slice(4),
            toList({ ...event([]), payload } as Message).slice(4),
          ),
        ).toBe(true);
      }),
    );
  });

  test('frames own their bytes, and frames in a larger buffer are read in place', () => {
    const first = serializer.encode(event(['first']));
    const copy = toHex(first);
    for (let count = 0; count < 2000; count += 1) serializer.encode(event(['another']));
    expect(toHex(first)).toBe(copy);
    expect(first.buffer.byteLength).toBe(first.length);
    const payload = Payload.of(['first']);
    const bytes = toHex(payload.as(serializer));
    for (let count = 0; count < 2000; count += 1) serializer.encode(event(['another']));
    expect(toHex(payload.as(serializer))).toBe(bytes);
    expect(payload.as(serializer).buffer.byteLength).toBe(payload.as(serializer).length);
    const pooled = Buffer.concat([Buffer.from('junk'), first, Buffer.from('junk')]).subarray(
      4,
      4 + first.length,
    );
    expect(payloadOf(serializer.decode(pooled)).args).toEqual(['first']);
  });

  test('binary data is read as a Uint8Array of its own, from a Buffer too', () => {
    const frame = Buffer.from(serializer.encode(event([new Uint8Array([1, 2, 3])])));
    const [bytes] = payloadOf(serializer.decode(frame)).args;
    frame.fill(0);
    expect(bytes).toStrictEqual(new Uint8Array([1, 2, 3]));
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
  });

  test('all views of memory are sent as their bytes', () => {
    const memory = new Uint8Array([1, 2, 3, 4]);
    for (const view of [
      memory.buffer,
      new DataView(memory.buffer),
      new Uint16Array(memory.buffer),
      Buffer.from(memory),
    ]) {
      expect(sent(serializer, view)).toStrictEqual(memory);
    }
    expect(sent(serializer, new DataView(memory.buffer, 1, 2))).toStrictEqual(new Uint8Array([2, 3]));
  });

  test.each([1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 5512315355, 2 ** 53 - 1, 2 ** 53])(
    'T-31: id %d survives',
    (id) => {
      const message = serializer.decode(
        serializer.encode({ type: MessageType.PUBLISHED, request: 1, publication: id }),
      );
      expect(message).toEqual({ type: MessageType.PUBLISHED, request: 1, publication: id });
    },
  );

  test('reliability 1: __proto__ and constructor arrive as keys and pollute nothing', () => {
    const kwargs = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"toJSON":3}',
    ) as Kwargs;
    const { kwargs: arrived } = payloadOf(serializer.decode(serializer.encode(event([], kwargs))));
    expect(Object.keys(arrived)).toEqual(['__proto__', 'constructor', 'toJSON']);
    expect(alike(arrived, kwargs)).toBe(true);
    expect(Object.getPrototypeOf(arrived)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('undefined is null in a list and absent from a dict', () => {
    expect(sent(serializer, [undefined, { a: undefined, b: 1 }])).toStrictEqual([null, { b: 1 }]);
  });

  test('instances are dicts, and toJSON is asked', () => {
    class Point {
      readonly x = 1;
      readonly y = [2n];
    }
    expect(sent(serializer, new Point())).toStrictEqual({ x: 1, y: [2] });
    expect(sent(serializer, new URL('http://a/'))).toBe('http://a/');
    expect(sent(serializer, Object.assign(Object.create(null), { z: 1 }))).toStrictEqual({ z: 1 });
  });

  test('what is passed to encode is left as it was', () => {
    const value = Object.freeze({ big: 2 ** 40, bytes: Object.freeze([new Uint8Array(2)]), gone: undefined });
    sent(serializer, value);
    expect(Object.keys(value)).toEqual(['big', 'bytes', 'gone']);
    expect(value.big).toBe(2 ** 40);
  });

  test.each<[string, unknown]>([
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['a Map', new Map([[1, 2]])],
    ['a Set', new Set([1])],
    ['an Error', new Error('x')],
    ['a RegExp', /x/],
    ['a Promise', Promise.resolve()],
    ['an invalid Date', new Date(NaN)],
    ['a boxed number', Object(1)],
  ])('SerializationFailure for %s', (_name, value) => {
    for (const place of [value, [value], { key: value }]) {
      expect(() => serializer.encode(event([place]))).toThrow(SerializationFailure);
    }
  });

  test('reliability 6: SerializationFailure for cycles and for what nests too deep', () => {
    const cycle: unknown[] = [];
    cycle.push([cycle]);
    expect(() => serializer.encode(event([cycle]))).toThrow(SerializationFailure);
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(() => serializer.encode(event([], loop))).toThrow(SerializationFailure);
    expect(() => serializer.encode(event([nested(MAX_DEPTH - 1)]))).toThrow(SerializationFailure);
  });

  test('reliability 5: exactly MAX_DEPTH levels pass both ways', () => {
    const value = nested(MAX_DEPTH - 2);
    expect(sent(serializer, value)).toStrictEqual(value);
  });

  test('reliability 5: a frame may nest MAX_DEPTH levels, and no more', () => {
    const frame = (levels: number): Uint8Array =>
      encodeList(serializer, [36, 1, 1, {}, [nested(levels - 2)]]);
    expect(payloadOf(serializer.decode(frame(MAX_DEPTH))).args).toStrictEqual([nested(MAX_DEPTH - 2)]);
    expectViolation(() => serializer.decode(frame(MAX_DEPTH + 1)), /deep|levels/);
  });

  test('after a failure the next message is written well', () => {
    expect(() => serializer.encode(event([{ a: [1, () => 1] }]))).toThrow(SerializationFailure);
    expect(sent(serializer, 'fine')).toBe('fine');
  });

  test('SER-4 MSG-2: Args is a list, Kwargs a dict, and they are two at most', () => {
    const make = (...elements: unknown[]): Uint8Array => encodeList(serializer, [36, 1, 1, {}, ...elements]);
    for (const args of [{}, 'x', 1, new Uint8Array(1)])
      expectViolation(() => serializer.decode(make(args)), /list/);
    for (const kwargs of [[], 'x', 1]) expectViolation(() => serializer.decode(make([], kwargs)), /dict/);
    expectViolation(() => serializer.decode(make([], {}, [])), /EVENT: .*too many|36 with 7 elements/);
    expect(payloadOf(serializer.decode(make([], {}))).count).toBe(2);
  });

  test('SER-4 MSG-3: the number of elements is judged', () => {
    expectViolation(
      () => serializer.decode(encodeList(serializer, [36, 1, {}])),
      /EVENT: too few elements, expected at least 4, got 3|36 with 3 elements/,
    );
    expectViolation(
      () => serializer.decode(encodeList(serializer, [1, 'realm', { roles: {} }, []])),
      /HELLO: .*too many|message type 1/,
    );
    expectViolation(
      () => serializer.decode(encodeList(serializer, [33, 1, 2, []])),
      /SUBSCRIBED: .*too many|33 with 4 elements/,
    );
    expectViolation(() => serializer.decode(encodeList(serializer, [])));
    if (serializer === plainJson) return;
    expect(serializer.decode(encodeList(serializer, [34, 1, 2, {}])).type).toBe(MessageType.UNSUBSCRIBE);
  });

  test.each([[0], [-1], [7], [1.5], [338], ['1'], [null], [true], [[1]], [{}], [2 ** 60]])(
    'VIO-7: a message of type %j is none',
    (type) => {
      expectViolation(() => serializer.decode(encodeList(serializer, [type, 1, {}])), /type/);
    },
  );

  test('VIO-7 reliability 14: empty frames and frames that are no list', () => {
    for (const frame of ['', '00', '20', 'ff', 'c0', 'f6'])
      expectViolation(() => serializer.decode(hex(frame)));
    for (const value of ['', 'x', {}, null, 1, true])
      expectViolation(() => serializer.decode(encodeValue(serializer, value)));
  });

  test('SER-4: a frame cut short anywhere, or one with more behind it, is refused', () => {
    const frame = serializer.encode(event(['text', 1.5, [null], new Uint8Array(20)], { key: { a: 'b' } }));
    for (let length = 0; length < frame.length; length += 1) {
      expectViolation(() => serializer.decode(frame.slice(0, length)));
    }
    expectViolation(() => serializer.decode(new Uint8Array([...frame, 0])));
    expectViolation(() => serializer.decode(new Uint8Array([...frame, ...frame])));
  });
});

describe.each(serializers)('$name', (serializer) => {
  test('a payload is a view of its frame until it is kept', () => {
    const frame = serializer.encode(call(['abc']));
    const seen = payloadOf(serializer.decode(frame));
    const kept = payloadOf(serializer.decode(frame)).keep();
    frame.fill(0x20, 5);
    expect(seen.as(serializer).buffer).toBe(frame.buffer);
    expect(kept.args).toEqual(['abc']);
  });
});

function nested(levels: number): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { k: value };
  return value;
}

/** Any list as a frame, valid message or not, by way of other libraries. */
function encodeList(serializer: Serializer, list: readonly unknown[]): Uint8Array {
  return encodeValue(serializer, list);
}

function encodeValue(serializer: Serializer, value: unknown): Uint8Array {
  if (serializer.name === 'json') return utf8(JSON.stringify(value));
  return serializer === msgpack ? msgpackEncode(value, { maxDepth: 1000 }) : cborgEncode(value);
}

/** Checklist §4.1: the samples of the basic messages. */
const SAMPLES: readonly (readonly unknown[])[] = [
  [1, 'com.example.realm', { roles: { subscriber: {}, publisher: {} } }],
  [2, 9129137332, { roles: { broker: {}, dealer: {} } }],
  [3, {}, 'wamp.error.system_shutdown'],
  [4, 'wampcra', {}],
  [5, 'signature', {}],
  [6, {}, 'wamp.close.normal'],
  [8, 48, 25471, {}, 'com.myapp.error'],
  [16, 25471, {}, 'com.myapp.topic1', ['Hello, world!']],
  [16, 25471, { acknowledge: true }, 'com.myapp.topic1'],
  [16, 25471, { exclude_me: false }, 'com.myapp.topic1', ['Hello, world!'], { a: 1 }],
  [17, 25471, 5512315355],
  [32, 25471, {}, 'com.myapp.topic1'],
  [33, 25471, 5512315355],
  [34, 25471, 5512315355],
  [35, 25471],
  [36, 5512315355, 4429313566, {}, ['Hello, world!']],
  [48, 25471, {}, 'com.myapp.add', ['Hello, world!']],
  [49, 25471, {}],
  [50, 25471, {}, ['Hello, world!']],
  [64, 25471, {}, 'com.myapp.add'],
  [65, 25471, 5512315355],
  [66, 25471, 5512315355],
  [67, 25471],
  [68, 25471, 5512315355, {}, ['Hello, world!']],
  [69, 25471, {}],
  [70, 25471, {}, ['Hello, world!']],
  [337, 5512315355],
];

describe('byte vectors (checklist §4.1)', () => {
  test.each(SAMPLES.map((list) => [JSON.stringify(list), list] as const))('%s', (text, list) => {
    const message = fromList(list);
    expect(toHex(json.encode(message))).toBe(toHex(utf8(text)));
    expect(toHex(msgpack.encode(message))).toBe(toHex(msgpackEncode(list)));
    expect(toHex(cbor.encode(message))).toBe(toHex(cborgEncode(list, { mapSorter: () => 0 })));
    for (const [, serializer] of isOfRouter(message) ? ALL : ALL.slice(0, -1))
      expect(toList(serializer.decode(encodeValue(serializer, list)))).toEqual(list);
  });

  test('T-31 SER-2: heads are of the least width, for integers and strings of every length', () => {
    for (const edge of [1, 0x17, 0x1f, 0x7f, 0xff, 0xffff, 0xffffffff, 2 ** 53 - 2]) {
      for (const id of [edge, edge + 1]) {
        const list = [337, id];
        expect(toHex(msgpack.encode(fromList(list)))).toBe(toHex(msgpackEncode(list)));
        expect(toHex(cbor.encode(fromList(list)))).toBe(toHex(cborgEncode(list)));
      }
    }
    for (const length of [0, 0x17, 0x18, 0x1f, 0x20, 0xff, 0x100, 0xffff, 0x10000]) {
      for (const text of ['x'.repeat(length), 'ÿ'.repeat(length)]) {
        const list = [48, 1, {}, text];
        expect(toHex(msgpack.encode(fromList(list)))).toBe(toHex(msgpackEncode(list)));
        expect(toHex(cbor.encode(fromList(list)))).toBe(toHex(cborgEncode(list)));
      }
    }
  });

  test('what is no id is still written as what it is', () => {
    const message: Message = { type: MessageType.EVENT_RECEIVED, publication: -1 };
    expect([json, msgpack, cbor].map((serializer) => toHex(serializer.encode(message)))).toEqual([
      toHex(utf8('[337,-1]')),
      '92cd0151ff',
      '8219015120',
    ]);
  });

  test('T-31: EVENT_RECEIVED, its id a 64-bit integer', () => {
    const message: Message = { type: MessageType.EVENT_RECEIVED, publication: 5512315355 };
    expect(toHex(msgpack.encode(message))).toBe('92cd0151cf00000001488f41db');
    expect(toHex(cbor.encode(message))).toBe('821901511b00000001488f41db');
  });

  test.each([
    [2 ** 32 - 1, 'ceffffffff', '1affffffff'],
    [2 ** 32, 'cf0000000100000000', '1b0000000100000000'],
    [2 ** 53 - 1, 'cf001fffffffffffff', '1b001fffffffffffff'],
    [2 ** 53, 'cf0020000000000000', '1b0020000000000000'],
  ])('T-31: id %d is written as an integer', (publication, inMsgpack, inCbor) => {
    const message: Message = { type: MessageType.EVENT_RECEIVED, publication };
    expect(toHex(msgpack.encode(message))).toBe(`92cd0151${inMsgpack}`);
    expect(toHex(cbor.encode(message))).toBe(`82190151${inCbor}`);
  });

  test.each([
    [-(2 ** 31), 'd280000000', '3a7fffffff'],
    [-(2 ** 31) - 1, 'd3ffffffff7fffffff', '3a80000000'],
    [-(2 ** 32), 'd3ffffffff00000000', '3affffffff'],
    [-(2 ** 32) - 1, 'd3fffffffeffffffff', '3b0000000100000000'],
    [-(2 ** 53), 'd3ffe0000000000000', '3b001fffffffffffff'],
  ])('T-31: so is %d', (value, inMsgpack, inCbor) => {
    expect(toHex(msgpack.encodePayload([value], {}, 1))).toBe(`91${inMsgpack}`);
    expect(toHex(cbor.encodePayload([value], {}, 1))).toBe(`81${inCbor}`);
  });

  test('T-31: so are integers in payloads and options, however deep; floats stay floats', () => {
    const list = [48, 1, { x: [5512315355] }, 'p', [[-5512315355, 0.5, 2 ** 60]], { a: { b: 5512315355 } }];
    const message = fromList(list);
    expect(toHex(msgpack.encode(message))).toBe(
      '9630' +
        '01' +
        '81a17891cf00000001488f41db' +
        'a170' +
        '9193d3fffffffeb770be25cb3fe0000000000000cb43b0000000000000' +
        '81a16181a162cf00000001488f41db',
    );
    expect(toHex(cbor.encode(message))).toBe(
      '861830' +
        '01' +
        'a16178811b00000001488f41db' +
        '6170' +
        '81833b00000001488f41dafb3fe0000000000000fb43b0000000000000' +
        'a16161a161621b00000001488f41db',
    );
  });

  test('T-31: integral floats are accepted as ids', () => {
    expect(msgpack.decode(hex('92 cd0151 cb41f0000000000000'))).toHaveProperty('publication', 2 ** 32);
    expect(cbor.decode(hex('82 190151 fb41f0000000000000'))).toHaveProperty('publication', 2 ** 32);
  });

  test('T-31: beyond 2^53 payload integers are BigInt, ids are violations', () => {
    for (const integer of [2n ** 53n + 1n, 2n ** 64n - 1n, -(2n ** 53n) - 1n, -(2n ** 63n)]) {
      expect(sent(msgpack, integer)).toBe(integer);
      expect(sent(cbor, integer)).toBe(integer);
    }
    expect(sent(cbor, 2n ** 64n)).toBe(2n ** 64n);
    expect(sent(cbor, -(2n ** 64n) - 1n)).toBe(-(2n ** 64n) - 1n);
    expect(sent(cbor, -(2n ** 200n))).toBe(-(2n ** 200n));
    expectViolation(() => msgpack.decode(hex('92 cd0151 cf0020000000000001')), /EVENT_RECEIVED.*id/);
    expectViolation(() => cbor.decode(hex('82 190151 1b0020000000000001')), /EVENT_RECEIVED.*id/);
    expectViolation(() => fromJson('[337,9007199254740994]'), /EVENT_RECEIVED.*id/);
  });

  test('T-31: every serializer reads a safe integer as a number, whatever its width', () => {
    expect(sent(msgpack, 7n)).toBe(7);
    expect(sent(cbor, 7n)).toBe(7);
    expect(sent(json, 7n)).toBe(7);
    expect(msgpack.decodePayload(hex('92 d30000000000000007 cf0000000000000007'), 1).args).toStrictEqual([
      7, 7,
    ]);
    expect(msgpack.decodePayload(hex('92 d3ffdfffffffffffff d3ffe0000000000000'), 1).args).toStrictEqual([
      -(2n ** 53n) - 1n,
      -(2 ** 53),
    ]);
    expect(
      cbor.decodePayload(hex('83 1b0000000000000007 3b0000000000000006 3b001fffffffffffff'), 1).args,
    ).toStrictEqual([7, -7, -(2 ** 53)]);
  });
});

describe('BIN: binary data in JSON', () => {
  test.each([
    ['10e3ff9053075c526f5fc06d4fe37cdb', '"\\u0000EOP/kFMHXFJvX8BtT+N82w=="'],
    ['000102030405060708090a0b0c0d0e0f', '"\\u0000AAECAwQFBgcICQoLDA0ODw=="'],
    ['', '"\\u0000"'],
    ['ff', '"\\u0000/w=="'],
  ])('BIN-1 BIN-2: %s is %s', (digits, text) => {
    expect(Buffer.from(json.encode(call([hex(digits)]))).toString()).toBe(`[48,1,{},"p",[${text}]]`);
    expect(payloadOf(fromJson(`[48,1,{},"p",[${text}]]`)).args).toStrictEqual([hex(digits)]);
  });

  test('BIN-1: large data', () => {
    const bytes = new Uint8Array(100_003).map((_zero, index) => index * 7);
    expect(sent(json, bytes)).toStrictEqual(bytes);
  });

  test('BIN-2: at any depth, in details too; keys are no values', () => {
    const message = fromJson(
      '[48,1,{"_x":{"y":["\\u0000AA=="]}},"p",[],{"\\u0000AA==":{"z":"\\u0000AQ=="}}]',
    );
    expect(message).toHaveProperty('options', { _x: { y: [new Uint8Array([0])] } });
    expect(payloadOf(message).kwargs).toStrictEqual({ '\0AA==': { z: new Uint8Array([1]) } });
  });

  test.each(['A', 'AA', 'AA=', 'A===', 'AA== ', 'AA\\n==', 'AA-_', 'ÿ', '\\u0000AA==', '=', 'AA=A'])(
    'T-32: %j after U+0000 is no base64, so the string stays',
    (text) => {
      const [value] = payloadOf(fromJson(`[48,1,{},"p",["\\u0000${text}"]]`)).args;
      expect(value).toBe(JSON.parse(`"\\u0000${text}"`));
    },
  );

  test('T-32: strings that start with U+0000 cannot be sent, others with it can', () => {
    for (const text of ['\0', '\0AA==', '\0hello']) {
      expect(() => json.encode(call([text]))).toThrow(SerializationFailure);
      expect(sent(msgpack, text)).toBe(text);
      expect(sent(cbor, text)).toBe(text);
    }
    expect(sent(json, 'a\0AA==')).toBe('a\0AA==');
    expect(sent(json, { '\0AA==': 1 })).toStrictEqual({ '\0AA==': 1 });
    expect(() => json.encode({ ...call([]), procedure: '\0AA==' } as Message)).toThrow(SerializationFailure);
  });
});

describe('json', () => {
  test.each([NaN, Infinity, -Infinity, 2n ** 53n + 1n, -(2n ** 64n)])(
    'SerializationFailure for %s',
    (value) => {
      expect(() => json.encode(call([value]))).toThrow(SerializationFailure);
    },
  );

  test('a Date is its ISO string', () => {
    expect(sent(json, new Date(0))).toBe('1970-01-01T00:00:00.000Z');
  });

  test('a lone surrogate is escaped', () => {
    expect(sent(json, 'a\ud800')).toBe('a\ud800');
  });

  test('blanks are as free as the grammar says', () => {
    const message = fromJson(' \n[ 48 ,\t1 , { } ,\r"p" , [ 1 , 2 ] , { "a" : 1 } ] \n');
    expect(toList(message)).toEqual([48, 1, {}, 'p', [1, 2], { a: 1 }]);
    expect(Buffer.from(payloadOf(message).as(json)).toString()).toBe('[ 1 , 2 ] , { "a" : 1 }');
  });

  test('elements in unusual spelling', () => {
    expect(fromJson('[4.8e1,10e-1,{},"\\u0070"]')).toMatchObject({ type: 48, request: 1, procedure: 'p' });
    expect(fromJson('[337,9007199254740992]')).toHaveProperty('publication', 2 ** 53);
    expect(fromJson('[337,9007199254740991]')).toHaveProperty('publication', 2 ** 53 - 1);
    expect(fromJson('[48,1,{},"ÿ\\"\\\\👍"]')).toHaveProperty('procedure', 'ÿ"\\👍');
    expect(json.encode({ ...call([]), procedure: 'ÿ"\\👍' } as Message)).toEqual(
      utf8('[48,1,{},"ÿ\\"\\\\👍"]'),
    );
  });

  test.each([
    '["x"]],[99]',
    '[1,]',
    '[,1]',
    '[1 2]',
    '[01]',
    '[1.]',
    '[.5]',
    '[+1]',
    '[0x1]',
    '[1e]',
    '[NaN]',
    '[Infinity]',
    "['a']",
    '["\\x41"]',
    '["\t"]',
    '["\\u00g0"]',
    '[tru]',
    '[nulll]',
    '[undefined]',
    '[{a:1}]',
    '[{"a":1,}]',
    '[{"a"}]',
    '[{1:2}]',
    '[//\n1]',
    '[1}',
  ])('SER-4: a payload of %s is refused', (payload) => {
    expectViolation(() => fromJson(`[48,1,{},"p",${payload}]`));
  });

  test.each([
    ['an overlong form', 'c0 80'],
    ['an overlong form of three', 'e0 80 80'],
    ['an overlong form of four', 'f0 80 80 80'],
    ['a surrogate', 'ed a0 80'],
    ['more than U+10FFFF', 'f4 90 80 80'],
    ['a lone tail', '80'],
    ['a sequence cut short', 'e2 82'],
    ['0xff', 'ff'],
  ])('reliability 34: %s is no UTF-8', (_name, digits) => {
    const around = (before: string, after: string): Uint8Array =>
      Buffer.concat([utf8(before), hex(digits), utf8(after)]);
    expectViolation(() => json.decode(around('[48,1,{},"p",["', '"]]')));
    expectViolation(() => json.decode(around('[48,1,{},"', '"]')));
    expectViolation(() => json.decode(around('[48,1,{"', '":1},"p"]')));
    expectViolation(() => json.decode(around(`[48,1,{},"p",["${'x'.repeat(500)}`, `${'y'.repeat(500)}"]]`)));
    expectViolation(() => json.decode(around('', '[48,1,{},"p"]')));
    const length = hex(digits).length;
    expectViolation(() =>
      msgpack.decode(
        Buffer.concat([hex(`95 30 01 80 a170 91 ${(0xa0 + length).toString(16)}`), hex(digits)]),
      ),
    );
    expectViolation(() =>
      cbor.decode(Buffer.concat([hex(`85 1830 01 a0 6170 81 ${(0x60 + length).toString(16)}`), hex(digits)])),
    );
  });

  test('reliability 34: no string takes its last byte from the value behind it', () => {
    for (const before of [0, 20, 70, 71, 72, 73]) {
      const ascii = '61'.repeat(before);
      const length = (before + 1).toString(16).padStart(2, '0');
      expectViolation(() => msgpack.decode(hex(`95 30 01 80 a170 92 d9${length}${ascii}c3 80`)), /UTF-8/);
      expectViolation(() => cbor.decode(hex(`85 1830 01 a0 6170 82 78${length}${ascii}c3 80`)), /UTF-8/);
    }
  });

  test('a byte order mark is refused', () => {
    expectViolation(() => fromJson('\uFEFF[48,1,{},"p"]'));
  });

  test('reliability 5: nesting', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const payload = (levels: number): string => open.repeat(levels) + '1' + close.repeat(levels);
      expectViolation(() => fromJson(`[48,1,{},"p",[${payload(50_000)}]]`), /deep/);
      expectViolation(() => fromJson(`[48,1,{},"p",[${open.repeat(50_000)}`), /deep/);
      expectViolation(() => fromJson(`[48,1,{"x":${payload(MAX_DEPTH - 1)}},"p"]`), /deep/);
      expectViolation(() => fromJson(`[48,1,{},"p",[${payload(MAX_DEPTH - 1)}]]`), /deep/);
      expect(payloadOf(fromJson(`[48,1,{},"p",[${payload(MAX_DEPTH - 2)}]]`)).args).toHaveLength(1);
    }
  });
});

describe('msgpack', () => {
  const start = '95 30 01 80 a170';

  test('SerializationFailure for what 64 bits or UTF-8 cannot hold', () => {
    for (const value of [2n ** 64n, -(2n ** 63n) - 1n, '\ud800', { '\udc00': 1 }]) {
      expect(() => msgpack.encode(call([value]))).toThrow(SerializationFailure);
    }
  });

  test('a Date is a timestamp', () => {
    for (const time of [0, 1, 999, 1000, 2 ** 33 * 1000 + 5, -1, -1500, 8.64e15, -8.64e15]) {
      expect(sent(msgpack, new Date(time))).toStrictEqual(new Date(time));
    }
    expect(msgpackDecode(msgpack.encodePayload([new Date(1234567891234)], {}, 1))).toEqual([
      new Date(1234567891234),
    ]);
  });

  test('timestamps of other implementations', () => {
    for (const time of [0, 1, 1234567891234, 2 ** 33 * 1000 + 5, -1500]) {
      expect(msgpack.decodePayload(msgpackEncode([new Date(time)]), 1).args).toEqual([new Date(time)]);
    }
  });

  test.each([0x42, 0x62, 0x65, 0x69, 0x70, 0x72, 0x73, 0x74, 0x78, 1, 0x7f, 0xfe])(
    'reliability 3: extension type %d is refused in every form',
    (type) => {
      const code = type.toString(16).padStart(2, '0');
      const forms = [
        `d4${code}00`,
        `d5${code}0000`,
        `d6${code}00000001`,
        `d7${code}${'00'.repeat(8)}`,
        `d8${code}${'00'.repeat(16)}`,
        `c701${code}00`,
        `c80001${code}00`,
        `c900000001${code}00`,
        `d6${code}00000001 91 d67000000001`,
      ];
      for (const form of forms) {
        expectViolation(() => msgpack.decode(hex(`${start} 91 ${form}`)), /extension/);
        expectViolation(() => msgpack.decode(hex(`94 30 01 81 a178 ${form} a170`)), /extension/);
        expectViolation(() => msgpack.decode(hex(form)));
      }
    },
  );

  test('T-5 what msgpackr writes for undefined is null, and nothing else of its type is accepted', () => {
    expect(msgpack.decode(hex(`${start} 91 d40000`))).toMatchObject({ payload: { args: [null] } });
    for (const form of ['d40001', 'd5000000', 'd60000000000', `c7000000`]) {
      expectViolation(() => msgpack.decode(hex(`${start} 91 ${form}`)), /extension/);
    }
  });

  test('reliability 3: a timestamp of a wrong length, and 0xc1, are refused', () => {
    expectViolation(() => msgpack.decode(hex(`${start} 91 d4ff00`)), /extension/);
    expectViolation(() => msgpack.decode(hex(`${start} 91 c701ff00`)), /extension/);
    expectViolation(() => msgpack.decode(hex(`${start} 91 c1`)), /0xc1/);
  });

  test.each([
    'ddffffffff',
    'dfffffffff',
    'c6ffffffff',
    'dbffffffff',
    'c9ffffffff05',
    'dcffff',
    'deffff',
    'c5ffff',
    'daffff',
  ])('reliability 4: %s declares more than there is', (head) => {
    expectViolation(() => msgpack.decode(hex(head)));
    expectViolation(() => msgpack.decode(hex(`${start} ${head}`)));
    expectViolation(() => msgpack.decode(hex(`${start} 91 ${head}`)));
    expectViolation(() => msgpack.decode(hex(`94 30 01 81 a178 ${head}`)));
    expectViolation(() => msgpack.decode(hex(`${start} 91 ${head} ${'c0'.repeat(100)}`)));
  });

  test.each(['91', '81a161', '8101'])('reliability 5: 100,000 times %s is refused', (level) => {
    for (const before of [start, `${start}91`, '94 30 01 81 a178', '']) {
      expectViolation(() =>
        msgpack.decode(Buffer.concat([hex(before), hex(level.repeat(100_000)), hex('c0')])),
      );
    }
  });

  test('MSG-2: keys of a message are strings; inside they may be integers, and nothing else', () => {
    expectViolation(() => msgpack.decode(hex('96 30 01 80 a170 90 81 01 02')), /key/);
    expectViolation(() => msgpack.decode(hex('94 30 01 81 01 02 a170')), /key/);
    expect(payloadOf(msgpack.decode(hex(`${start} 91 82 01 02 ff 03`))).args).toEqual([{ '1': 2, '-1': 3 }]);
    for (const key of ['c0', 'c3', '90', '80', 'c40161', 'cb3ff0000000000000']) {
      expectViolation(() => msgpack.decode(hex(`${start} 91 81 ${key} 02`)), /key/);
    }
  });

  test('MSG-2: of a key that comes twice the last counts', () => {
    expect(payloadOf(msgpack.decode(hex(`${start} 91 82 a161 01 a161 02`))).args).toEqual([{ a: 2 }]);
  });

  test('long forms of short things', () => {
    const long = hex(
      'dd00000006 cd0030 cf0000000000000001 df00000000 db0000000170 dd00000001 d9 01 61 df00000001 da 0001 61 c3',
    );
    expect(toList(msgpack.decode(long))).toEqual([48, 1, {}, 'p', ['a'], { a: true }]);
  });

  test('every scalar', () => {
    const values = hex(
      '9b c2 c3 c0 ca3fc00000 cb3ff8000000000000 d0ff d1ff7f d2ffffff7f d3ffffffffffffff7f cc ff cdffff',
    );
    expect(msgpack.decodePayload(values, 1).args).toEqual([
      false,
      true,
      null,
      1.5,
      1.5,
      -1,
      -129,
      -129,
      -129,
      255,
      65535,
    ]);
  });
});

describe('cbor', () => {
  const start = '85 1830 01 a0 6170';

  test('SerializationFailure for what UTF-8 cannot hold', () => {
    for (const value of ['\ud800', { '\udc00': 1 }]) {
      expect(() => cbor.encode(call([value]))).toThrow(SerializationFailure);
    }
  });

  test('a Date is seconds under tag 1, and read back', () => {
    for (const time of [0, 1, 999, 1234567891234, -1500, 8.64e15]) {
      expect(sent(cbor, new Date(time))).toStrictEqual(new Date(time));
    }
    expect(cbor.decodePayload(hex('81 c1 fb7fefffffffffffff'), 1).args).toEqual([Number.MAX_VALUE]);
  });

  test.each<[string, unknown]>([
    ['c0 6474657874', 'text'], // 0, a date as text
    ['c2 42 0100', 256], // 2 and 3, big integers
    ['c3 42 0100', -257],
    ['c2 49 010000000000000000', 2n ** 64n],
    ['c2 40', 0],
    ['d840 42 0102', new Uint8Array([1, 2])], // 64, bytes
    ['d845 42 0102', new Uint8Array([1, 2])], // 69, a typed array
    ['d823 6178', 'x'], // 35, a regular expression
    ['d90102 82 01 02', [1, 2]], // 258, a set
    ['d90103 a1 6161 01', { a: 1 }], // 259, a map
    ['d9d9f7 01', 1], // 55799, CBOR itself
    ['dbffffffffffffffff 01', 1],
    ['c4 82 01 02', [1, 2]], // 4, a decimal
    ['d8e1 6161', 'a'], // 225, a packed prefix to cbor-x
    ['ce 01', 1], // 14, a bundled string to cbor-x
  ])('decisions §5: %s is data', (digits, value) => {
    expect(payloadOf(cbor.decode(hex(`${start} 81 ${digits}`))).args).toStrictEqual([value]);
  });

  test.each([
    'd81c81d81d00',
    'd81c80',
    'd81d00',
    'd81b8163',
    'd869 8401 810102',
    'd90100 81 6161',
    'd819 00',
    'd833 84 8101 80 80 c6 00',
    'd9dff9 80',
    'd9dfff 82 01 80',
  ])('reliability 3: %s is refused', (digits) => {
    expectViolation(() => cbor.decode(hex(`${start} 81 ${digits}`)), /tag/);
    expectViolation(() => cbor.decode(hex(`84 1830 01 a1 6178 ${digits} 6170`)), /tag/);
  });

  test('big integers need bytes, and not too many', () => {
    const longest = 2n ** 8192n - 1n;
    expect(sent(cbor, longest)).toBe(longest);
    expect(sent(cbor, -longest - 1n)).toBe(-longest - 1n);
    for (const value of [longest + 1n, -longest - 2n])
      expect(() => cbor.encode(call([value]))).toThrow(SerializationFailure);
    expectViolation(
      () => cbor.decode(hex(`${start} 81 c2 590401 ${'ff'.repeat(1025)}`)),
      /more than 1024 bytes/,
    );
    expectViolation(
      () => cbor.decode(hex(`${start} 81 c3 5f ${'58ff'.concat('ff'.repeat(255)).repeat(5)} ff`)),
      /more than 1024 bytes/,
    );
    expectViolation(() => cbor.decode(hex(`${start} 81 c2 01`)));
    expectViolation(() => cbor.decode(hex(`${start} 81 c3 c2 40`)));
  });

  test.each([
    '9bffffffffffffffff',
    'bbffffffffffffffff',
    '5bffffffffffffffff',
    '7bffffffffffffffff',
    '9affffffff',
    'baffffffff',
    '5affffffff',
    '7affffffff',
    '99ffff',
  ])('reliability 4: %s declares more than there is', (head) => {
    expectViolation(() => cbor.decode(hex(head)));
    expectViolation(() => cbor.decode(hex(`${start} ${head}`)));
    expectViolation(() => cbor.decode(hex(`${start} 81 ${head}`)));
    expectViolation(() => cbor.decode(hex(`84 1830 01 a1 6178 ${head}`)));
    expectViolation(() => cbor.decode(hex(`${start} 81 ${head} ${'f6'.repeat(100)}`)));
  });

  test.each(['81', 'a16161', '9f', 'bf6161', 'c1', 'd9ffff'])(
    'reliability 5: 100,000 times %s is refused',
    (level) => {
      for (const before of [start, `${start}81`, '84 1830 01 a1 6178', '']) {
        expectViolation(() =>
          cbor.decode(Buffer.concat([hex(before), hex(level.repeat(100_000)), hex('f6')])),
        );
      }
    },
  );

  test('open lengths', () => {
    const open = hex(
      '9f 1830 01 bf ff 7f 6170 ff 9f 01 7f 6161 60 6162 ff 5f 4101 40 420203 ff 9f ff ff bf 6161 02 ff ff',
    );
    expect(toList(cbor.decode(open))).toEqual([
      48,
      1,
      {},
      'p',
      [1, 'ab', new Uint8Array([1, 2, 3]), []],
      { a: 2 },
    ]);
    expect(cbor.decode(hex('9f 190151 01 ff'))).toHaveProperty('publication', 1);
    expect(payloadOf(cbor.decode(hex('9f 1830 01 a0 6170 81 05 ff'))).args).toEqual([5]);
  });

  test.each([
    'ff',
    '7f 4161 ff',
    '7f 7f ff ff',
    '5f 6161 ff',
    '7f 6161',
    '9f 01',
    'bf 6161 ff',
    'bf ff ff',
    '1f',
    '3f',
    'df',
    '1c',
    '5d',
    'fc',
    '82 ff 01',
    'a1 6161 ff',
  ])('SER-4: %s is not well-formed', (digits) => {
    expectViolation(() => cbor.decode(hex(`${start} 81 ${digits}`)));
  });

  test('simple values and floats', () => {
    const values = hex('8a f4 f5 f6 f7 f93e00 f90001 f97c00 f9fc00 fa3fc00000 fb3ff8000000000000');
    expect(cbor.decodePayload(values, 1).args).toEqual([
      false,
      true,
      null,
      null,
      1.5,
      2 ** -24,
      Infinity,
      -Infinity,
      1.5,
      1.5,
    ]);
    expect(cbor.decodePayload(hex('82 f97e00 f9c400'), 1).args).toEqual([NaN, -4]);
    for (const digits of ['e0', 'f3', 'f800', 'f818', 'f8ff', 'f820', 'f8']) {
      expectViolation(() => cbor.decode(hex(`${start} 81 ${digits}`)));
    }
  });

  test('MSG-2: keys of a message are strings; inside they may be integers, and nothing else', () => {
    expectViolation(() => cbor.decode(hex('86 1830 01 a0 6170 80 a1 01 02')), /key/);
    expectViolation(() => cbor.decode(hex('84 1830 01 a1 01 02 6170')), /key/);
    expectViolation(() => cbor.decode(hex('86 1830 01 a0 6170 80 bf 01 02 ff')), /key/);
    expect(payloadOf(cbor.decode(hex(`${start} 81 a3 01 02 20 03 7f6161ff 04`))).args).toEqual([
      { '1': 2, '-1': 3, a: 4 },
    ]);
    for (const key of ['f6', 'f5', '80', 'a0', '4161', 'fb3ff0000000000000', 'c001']) {
      expectViolation(() => cbor.decode(hex(`${start} 81 a1 ${key} 02`)), /key/);
    }
  });
});
