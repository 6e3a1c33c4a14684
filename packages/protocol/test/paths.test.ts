/** Two ways through a router, bytes as they came or values written anew, and the memory both stand on. */
import { describe, expect, test } from 'vitest';
import {
  FrameWriter,
  json,
  MessageType,
  Payload,
  toList,
  type Dict,
  type Message,
  type Serializer,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { readName } from '../src/serializers/text.ts';
import { alike } from './alike.ts';
import { hex, serializers, toHex, utf8 } from './frames.ts';
import { Random, SEED } from './random.ts';

const DEEP = process.env['WAMP_DEEP'] === '1';
const ROUNDS = DEEP ? 1_000_000 : 30_000;

const TEXTS = ['', 'a', 'com.topic', 'ü', '👍', '"', '\\u0000', '\uFEFFx', 'x'.repeat(31), 'é'.repeat(40)];
const KEYS = ['a', 'b', '__proto__', 'constructor', 'toJSON', 'ü', '', '1', 'x'.repeat(70)];
const NUMBERS = [
  0,
  1,
  -1,
  23,
  24,
  127,
  128,
  255,
  256,
  65_535,
  65_536,
  -128,
  -129,
  2 ** 31,
  2 ** 32,
  -(2 ** 31),
];

function text(random: Random): string {
  const chosen = random.pick(TEXTS);
  return random.below(4) === 0 ? chosen + String.fromCharCode(32 + random.below(600)) : chosen;
}

function number(random: Random): number {
  switch (random.below(4)) {
    case 0:
      return random.below(2 ** 32) * (random.below(2) === 0 ? 1 : 2 ** 20);
    case 1:
      return (random.below(2 ** 32) - 2 ** 31) / 64;
    default:
      return random.pick(NUMBERS);
  }
}

/** Any value that every serializer has a form for. */
function value(random: Random, depth: number): unknown {
  switch (random.below(depth > 2 ? 6 : 8)) {
    case 0:
      return null;
    case 1:
      return random.below(2) === 0;
    case 2:
      return Uint8Array.from({ length: random.below(9) }, () => random.below(256));
    case 3:
      return text(random);
    case 4:
    case 5:
      return number(random);
    case 6:
      return list(random, depth + 1);
    default:
      return dict(random, depth + 1);
  }
}

function list(random: Random, depth: number): unknown[] {
  return Array.from({ length: random.below(4) }, () => value(random, depth));
}

function dict(random: Random, depth: number): Dict {
  return Object.fromEntries(
    Array.from({ length: random.below(3) }, () => [random.pick(KEYS), value(random, depth)]),
  );
}

/** A message as an application has it. */
function message(random: Random): Message {
  const request = 1 + random.below(2 ** 32);
  const payload = Payload.of(list(random, 0), dict(random, 0));
  const options = random.below(4) === 0 ? { x_odd: value(random, 1) } : {};
  switch (random.below(5)) {
    case 0:
      return { type: MessageType.CALL, request, options, procedure: 'com.procedure', payload };
    case 1:
      return { type: MessageType.PUBLISH, request, options, topic: 'com.größe', payload };
    case 2:
      return { type: MessageType.EVENT, subscription: 7, publication: request, details: options, payload };
    case 3:
      return { type: MessageType.YIELD, request, options, payload };
    default:
      return { type: MessageType.ERROR, requestType: 48, request, details: options, error: 'com.e', payload };
  }
}

/** The message with its payload decoded, and encoded anew for `serializer`. */
function anew(message: Message, serializer: Serializer): Message {
  if (!('payload' in message)) return message;
  const { args, kwargs, count } = message.payload;
  const payload = Payload.encoded(serializer, serializer.encodePayload(args, kwargs, count), count);
  return { ...message, payload };
}

test(
  `MSG-6 SER-1: bytes sent on and values written anew mean the same, ${ROUNDS} times (WAMP_FUZZ_SEED=${SEED})`,
  { timeout: DEEP ? 3_600_000 : 600_000 },
  () => {
    const random = new Random(SEED);
    for (let round = 0; round < ROUNDS; round += 1) {
      const [from, to] = [random.pick(serializers), random.pick(serializers)];
      const original = message(random);
      const received = from.decode(from.encode(original));
      const direct = to.decode(to.encode(received));
      const rewritten = to.decode(to.encode(anew(received, to)));
      const wanted = toList(original);
      if (!alike(toList(direct), wanted)) expect([round, from.name, to.name, toList(direct)]).toEqual(wanted);
      if (!alike(toList(rewritten), wanted))
        expect([round, from.name, to.name, toList(rewritten)]).toEqual(wanted);
    }
  },
);

describe.each(serializers)('$name', (serializer) => {
  function event(...args: unknown[]): Message {
    return {
      type: MessageType.EVENT,
      subscription: 1,
      publication: 2,
      details: {},
      payload: Payload.of(args),
    };
  }

  test.each([10, 5000, 40_000])(
    'a value that encodes another message while it is written: %i bytes',
    (size) => {
      const inner: Uint8Array[] = [];
      const big = 'i'.repeat(size);
      const outer = serializer.encode({
        type: MessageType.EVENT,
        subscription: 1,
        publication: 2,
        details: { x_value: selfWriting(3) },
        payload: Payload.of(['before', selfWriting(size), 'after']),
      });
      function selfWriting(length: number): object {
        return new (class {
          toJSON(): string {
            inner.push(serializer.encode(event(big)), json.encode(event(1)));
            return 'o'.repeat(length);
          }
        })();
      }
      const later = serializer.encode(event('later'));
      expect(toList(serializer.decode(outer))).toEqual([
        36,
        1,
        2,
        { x_value: 'ooo' },
        ['before', 'o'.repeat(size), 'after'],
      ]);
      expect(toList(serializer.decode(later))).toEqual([36, 1, 2, {}, ['later']]);
      expect(inner).toHaveLength(4);
      inner.forEach((frame, index) => {
        const [decoder, wanted] = index % 2 === 0 ? [serializer, big] : [json, 1];
        expect(toList(decoder.decode(frame))).toEqual([36, 1, 2, {}, [wanted]]);
      });
    },
  );

  test.each([1, 100, 16_384, 16_385, 70_000])('a payload is its range alone: %i characters', (length) => {
    const other = serializers.find((each) => each !== serializer) ?? serializer;
    const own = serializer.encodePayload(['x'.repeat(length)], {}, 1);
    const around = new Uint8Array(own.length + 200).fill(0xa5);
    around.set(own, 90);
    const range = (): Payload => Payload.encoded(serializer, around, 1, 90, 90 + own.length);
    const same = (bytes: Uint8Array): boolean => Buffer.from(bytes).equals(own);

    expect(same(range().as(serializer))).toBe(true);
    expect(range().args).toEqual(['x'.repeat(length)]);
    expect(other.decodePayload(range().as(other), 1).args).toEqual(['x'.repeat(length)]);
    const kept = range().keep();
    expect(same(kept.as(serializer))).toBe(true);
    // Neither what stood around it nor room to spare.
    expect(kept.as(serializer).buffer.byteLength).toBe(own.length);

    for (const payload of [range(), kept]) {
      const writer = new FrameWriter(64 * 1024, {
        take: (size) => new Uint8Array(size).fill(0xee),
        give: (memory) => memory.fill(0xdd),
      });
      writer.begin();
      writer.octet(1);
      payload.write(serializer, writer);
      writer.octet(2);
      expect(Buffer.from(writer.copy()).equals(Buffer.concat([Buffer.of(1), own, Buffer.of(2)]))).toBe(true);
      expect(writer.length).toBe(own.length + 2);
    }
    around.fill(0);
    expect(same(kept.as(serializer))).toBe(true);
    expect(kept.args).toEqual(['x'.repeat(length)]);
  });
});

test.each([
  [cbor, '9f 1824 01 02 a0 8101 a1616102 ff', '8101 a1616102'],
  [cbor, '9f 1824 01 02 a0 9f01ff ff', '9f01ff'],
  [json, toHex(utf8(' [36, 1, 2, {}, [ 1 ] , {"a":2} ] ')), toHex(utf8('[ 1 ] , {"a":2}'))],
])('MSG-6: what closes a list is no part of the payload before it: %#', (serializer, frame, payload) => {
  const message = serializer.decode(hex(frame));
  expect('payload' in message && toHex(message.payload.as(serializer))).toBe(payload.replaceAll(' ', ''));
  expect(toList(serializer.decode(serializer.encode(message)))).toEqual(toList(message));
});

describe('names that come again', () => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  /** Reads a name that stands within something else, which changes afterwards. */
  function read(name: string, before = 3): string {
    const bytes = utf8(name);
    const around = new Uint8Array(before + bytes.length + 5).fill(0x41);
    around.set(bytes, before);
    const text = readName(around, before, before + bytes.length);
    around.fill(0x42);
    return text;
  }

  test('two that have the same hash are distinguished', () => {
    // In a sum of 31 times the one before, Aa and BB are the same.
    const names = Array.from({ length: 256 }, (_item, bits) =>
      Array.from({ length: 8 }, (_each, bit) => ((bits >> bit) & 1 ? 'Aa' : 'BB')).join(''),
    );
    for (let round = 0; round < 3; round += 1) for (const name of names) expect(read(name)).toBe(name);
    for (const name of [...names].reverse()) expect(read(name, 1)).toBe(name);
  });

  test.each([
    '',
    '__proto__',
    'constructor',
    'toString',
    '\0',
    'a\0',
    '\uFEFF',
    '\uFEFFcom.topic',
    'größe',
    '👍.👍',
    'x'.repeat(63),
    'x'.repeat(64),
    'x'.repeat(65),
    'ü'.repeat(32),
    `x${'ü'.repeat(32)}`,
    `${'x'.repeat(64)}y`,
  ])('%j is itself, again and again', (name) => {
    for (const around of [name, `${name}x`, name.replace(/^./u, ''), `x${name}`, name])
      for (let round = 0; round < 2; round += 1) expect(read(around, round)).toBe(around);
  });

  test(`20,000 names in any order (WAMP_FUZZ_SEED=${SEED})`, () => {
    const random = new Random(SEED);
    const bytes = Array.from({ length: 4000 }, () => {
      const name = Array.from({ length: random.below(70) }, () =>
        String.fromCodePoint(random.below(8) === 0 ? 0xa0 + random.below(0x700) : random.below(0x80)),
      ).join('');
      return utf8(name);
    });
    for (let round = 0; round < 20_000; round += 1) {
      const chosen = random.pick(bytes);
      const found = readName(chosen, 0, chosen.length);
      if (found !== decoder.decode(chosen)) expect(found).toBe(decoder.decode(chosen));
    }
  });
});
