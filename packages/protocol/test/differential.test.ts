/** Our serializers against those that others wrote: each reads what the other writes, and means the same (SER-2, Z3). */
import { Decoder as MsgpackDecoder, encode as msgpackEncode } from '@msgpack/msgpack';
import { decode as cborgDecode, encode as cborgEncode } from 'cborg';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Args, Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { alike } from './alike.ts';
import { arbitraryValue } from './arbitraries.ts';
import { SEED } from './random.ts';

const DEEP = process.env['WAMP_DEEP'] === '1';
/** So many values are compared, at the least, in lists of some each. */
const VALUES = DEEP ? 1_000_000 : 5000;
const ROUNDS = VALUES / 2;

/** An implementation that is not ours. */
interface Theirs {
  readonly encode: (args: Args) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
}

const msgpackDecoder = new MsgpackDecoder({ useBigInt64: false });

const PAIRS: readonly (readonly [theirName: string, ours: Serializer, theirs: Theirs])[] = [
  [
    '@msgpack/msgpack',
    msgpack,
    { encode: (args) => msgpackEncode(args), decode: (bytes) => msgpackDecoder.decode(bytes) },
  ],
  [
    'cborg',
    cbor,
    {
      encode: (args) => cborgEncode(args),
      decode: (bytes): unknown => cborgDecode(bytes, { useMaps: false, allowBigInt: true }),
    },
  ],
];

/**
 * The whole list of differences: the others refuse, or lose, a key `__proto__`, and take byte order marks
 * from strings.
 */
function isTrap(value: unknown): boolean {
  if (typeof value === 'string') return value.startsWith('\uFEFF');
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  return Object.entries(value).some(([key, inner]) => key === '__proto__' || isTrap(key) || isTrap(inner));
}

test.each(PAIRS)(
  `SER-2, Z3: what %s writes is read, and the other way round (WAMP_FUZZ_SEED=${SEED})`,
  { timeout: DEEP ? 3_600_000 : 600_000 },
  (_name, ours, theirs) => {
    let compared = 0;
    fc.assert(
      fc.property(fc.array(arbitraryValue), (values) => {
        expect(alike(ours.decodePayload(ours.encodePayload(values, {}, 1), 1).args, values)).toBe(true);
        const args = values.filter((value) => !isTrap(value));
        compared += args.length;
        expect(alike(ours.decodePayload(theirs.encode(args), 1).args, args)).toBe(true);
        expect(alike(theirs.decode(ours.encodePayload(args, {}, 1)), args)).toBe(true);
      }),
      { numRuns: ROUNDS, seed: SEED },
    );
    expect(compared).toBeGreaterThan(VALUES);
  },
);
