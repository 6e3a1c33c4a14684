/** The transcoder against what it stands for: decoding a payload, and encoding its values. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  json,
  plainJson,
  type PayloadCount,
  ProtocolViolation,
  SerializationFailure,
  transcode,
  type Serializer,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { hex, toHex, utf8 } from './frames.ts';
import { SEED } from './random.ts';
import { doubleCbor, doubleJson, doubleMsgpack, rawCbor, rawJson, rawMsgpack } from './raw-payloads.ts';

const ALL = [json, msgpack, cbor];
const RAW: ReadonlyMap<Serializer, fc.Arbitrary<Uint8Array>> = new Map([
  [json, rawJson],
  [msgpack, rawMsgpack],
  [cbor, rawCbor],
]);
const DOUBLES: ReadonlyMap<Serializer, fc.Arbitrary<Uint8Array>> = new Map([
  [json, doubleJson],
  [msgpack, doubleMsgpack],
  [cbor, doubleCbor],
]);
const WIDE = Array.from({ length: 70_000 }, (_, index) => index);
const PAIRS = ALL.flatMap((from) =>
  ALL.filter((to) => to !== from).map((to) => [from.name, to.name, from, to] as const),
);
const OTHERS = ALL.map((from) => [from.name, from, ALL.filter((to) => to !== from)] as const);
const ROUNDS = process.env['WAMP_DEEP'] === '1' ? 100_000 : 150;

/** What comes of it: bytes in hexadecimal, or why there are none. */
function outcome(run: () => Uint8Array | undefined): string {
  try {
    const bytes = run();
    return bytes === undefined ? 'not known' : toHex(bytes);
  } catch (error) {
    if (!(error instanceof SerializationFailure)) throw error;
    return 'no form';
  }
}

function mustTranscode(from: Serializer, bytes: Uint8Array, count: PayloadCount, to: Serializer): Uint8Array {
  const made = transcode(from, bytes, count, to);
  if (made === undefined) throw new Error(`not transcoded: ${from.name} to ${to.name}`);
  return made;
}

function decodedAndEncoded(from: Serializer, bytes: Uint8Array, to: Serializer): Uint8Array {
  const { args = [], kwargs = {} } = from.decodePayload(bytes, 2);
  return to.encodePayload(args, kwargs, 2);
}

/** The bytes of a payload in a frame, as the serializer has checked them. */
function arrived(serializer: Serializer, bytes: Uint8Array): Uint8Array {
  const head = { json: utf8('[16,1,{},"t",'), msgpack: hex('96100180a174'), cbor: hex('861001a06174') };
  const tail = serializer === json ? utf8(']') : hex('');
  const message = serializer.decode(
    new Uint8Array(Buffer.concat([head[serializer.name as 'json'], bytes, tail])),
  );
  if (!('payload' in message)) throw new Error('a PUBLISH has a payload');
  return message.payload.as(serializer);
}

describe('A4 what is transcoded', () => {
  test.each(PAIRS)('a payload without elements from %s to %s has none afterwards', (_from, _to, from, to) => {
    expect(mustTranscode(from, hex(''), 0, to)).toHaveLength(0);
  });

  /** Whatever `from` may have sent, it is the same in both ways, for each of the others. */
  function expectSame(
    raw: fc.Arbitrary<Uint8Array> | undefined,
    from: Serializer,
    others: Serializer[],
  ): void {
    if (raw === undefined) throw new Error('no such serializer');
    fc.assert(
      fc.property(raw, (sent) => {
        const bytes = arrived(from, sent);
        for (const to of others) {
          const [made, wanted] = [
            outcome(() => transcode(from, bytes, 2, to)),
            outcome(() => decodedAndEncoded(from, bytes, to)),
          ];
          if (made !== wanted) expect(made, `${from.name} to ${to.name}`).toBe(wanted);
        }
      }),
      { numRuns: ROUNDS, seed: SEED },
    );
  }

  // One payload for both others: to make one takes longer than to transcode it.
  test.each(OTHERS)(
    `A4 is what decoding and encoding gives, of any bytes, from %s (WAMP_FUZZ_SEED=${SEED})`,
    (_from, from, others) => {
      expectSame(RAW.get(from), from, others);
    },
  );

  test.each(OTHERS)('A4 has the last of entries with the same key, from %s', (_from, from, others) => {
    expectSame(DOUBLES.get(from), from, others);
  });

  test('A4 keeps the order of entries, whatever their keys', () => {
    const bytes = utf8('[],{"b":1,"2":2,"a":3,"1":4,"2":5}');
    expect(toHex(mustTranscode(json, bytes, 2, cbor))).toBe('80a461620161320561610361' + '3104');
    expect(Buffer.from(mustTranscode(msgpack, hex('90 82 02 01 01 02'), 2, json)).toString()).toBe(
      '[],{"2":1,"1":2}',
    );
  });

  test.each(PAIRS)(
    'A4 may be as wide and as deep as a message can be, from %s to %s',
    (_from, _to, from, to) => {
      let deep: unknown = 'x';
      for (let depth = 0; depth < 97; depth += 1)
        deep = depth % 3 === 0 ? { deep } : [deep, ...WIDE.slice(0, depth)];
      const lists = [15, 16, 23, 24, 255, 256, 65_535, 65_536].map((length) => WIDE.slice(0, length));
      const dicts = [8, 9, 15, 16, 23, 24, 255, 256, 70_000].map((length) =>
        Object.fromEntries(WIDE.slice(0, length).map((value) => [`k${value}`, value])),
      );
      const bytes = from.encodePayload([deep, lists], { dicts }, 2);
      expect(toHex(mustTranscode(from, bytes, 2, to))).toBe(toHex(decodedAndEncoded(from, bytes, to)));
    },
  );

  test('A4 of a serializer that is not known is decoded and encoded', () => {
    const other: Serializer = { ...json, name: 'other' };
    expect(transcode(other, utf8('[1]'), 1, msgpack)).toBe(undefined);
    expect(transcode(msgpack, hex('9101'), 1, other)).toBe(undefined);
    expect(transcode(json, utf8('[1]'), 1, plainJson)).toBe(undefined);
  });

  test.each(PAIRS)(
    'A4 fails for a value that cannot be encoded, and works after that, from %s to %s',
    (_from, _to, from, to) => {
      const odd = {
        json: utf8('[[{"a":"\\ud800"}]]'),
        msgpack: hex(to === json ? '91 cb7ff0000000000000' : '91 c70cff 00000000 7fffffffffffffff'),
        cbor: hex('81 c24a 01000000000000000000'),
      }[from.name as 'json'];
      expect(() => transcode(from, odd, 1, to)).toThrow(SerializationFailure);
      const fine = from.encodePayload([1, 'two'], {}, 1);
      expect(toHex(mustTranscode(from, fine, 1, to))).toBe(toHex(to.encodePayload([1, 'two'], {}, 1)));
    },
  );

  test.each(PAIRS)(
    'A4 ends where the bytes end, should they be cut, from %s to %s',
    (_from, _to, from, to) => {
      const whole = from.encodePayload([[1.5, 'text', new Uint8Array(3), { key: [null, true] }]], {}, 1);
      const around = new Uint8Array(2 * whole.length).fill(0x22);
      for (let length = 0; length < whole.length; length += 1) {
        around.set(whole.subarray(0, length));
        const cut = around.subarray(0, length);
        try {
          transcode(from, cut, 1, to);
        } catch (error) {
          expect(error instanceof ProtocolViolation || error instanceof SerializationFailure).toBe(true);
        }
      }
    },
  );
});
