/** Serializer `cbor`: `wamp.2.cbor`. Values are written by cbor-x and read by our own reader. */
import * as library from 'cbor-x/encode';
import { SerializationFailure } from '../errors.ts';
import type { Serializer } from '../serializer.ts';
import { isNegativeZero, isWide, narrowed, serializerOf, validDate, wellFormed } from './binary.ts';
import { CborReader } from './cbor-read.ts';
import {
  contentOf,
  countElements,
  endOfList,
  isOpenList,
  MAX_BIGNUM,
  skipArgs,
  skipKwargs,
  skipValue,
} from './cbor-skip.ts';
import type { Dialect } from './values.ts';

// cbor-x is not used for reading: it would create any object that some 300 tags describe, rename the key `__proto__`, refuse
// strings of indefinite length, and remove a byte order mark from long ones.

/** The part of cbor-x that is used here. Its own types depend on those of Node. */
interface CborEncoder {
  /** Writes integers as floats, too. */
  alwaysUseFloat: boolean;
  encode(value: unknown): Uint8Array;
}
const { addExtension, Encoder } = library as unknown as {
  readonly Encoder: new (options: Readonly<Record<string, boolean>>) => CborEncoder;
  readonly addExtension: (extension: {
    readonly Class: typeof NegativeZero;
    readonly encode: (this: CborEncoder, zero: NegativeZero, encode: (value: number) => void) => void;
  }) => void;
};

/** -0, which cbor-x would write as the integer 0, without its sign. */
class NegativeZero {
  readonly value = -0;
}
const NEGATIVE_ZERO = new NegativeZero();

// This does not affect other users of the library: the class is private to this module, and nothing is read without a tag.
addExtension({
  Class: NegativeZero,
  encode({ value }, encode) {
    this.alwaysUseFloat = true;
    encode(value);
    this.alwaysUseFloat = false;
  },
});

const encoder = new Encoder({
  useRecords: false, // otherwise dicts become records, a tag of cbor-x
  variableMapSize: true, // otherwise every dict has a length of 16 bits
  tagUint8Array: false, // otherwise binary data is a typed array instead of a byte string
});

/** The least integer that cbor-x writes as an integer. */
const LEAST = -0x100000000;
const BIGNUM_END = 2n ** BigInt(8 * MAX_BIGNUM);

const dialect: Dialect = {
  text: wellFormed,
  key: wellFormed,
  // As numbers, cbor-x would write them as floats.
  number: (value) => (isWide(value, LEAST) ? BigInt(value) : isNegativeZero(value) ? NEGATIVE_ZERO : value),
  bigint: (value) => {
    const number = narrowed(value);
    if (typeof number === 'number' && !isWide(number, LEAST)) return number;
    if (value >= -BIGNUM_END && value < BIGNUM_END) return value;
    throw new SerializationFailure(`CBOR: cannot write an integer beyond ${MAX_BIGNUM} bytes`);
  },
  bytes: (value) => value,
  date: validDate,
};

/** WAMP over CBOR: subprotocol `wamp.2.cbor`, RawSocket serializer 3. */
export const cbor: Serializer = serializerOf({
  name: 'cbor',
  rawSocketId: 3,
  dialect,
  integer: { limit: 0x18, base: 0x00, code: 0x18 },
  text: { limit: 0x18, base: 0x60, code: 0x78 },
  list: 0x80,
  dict: 0xa0,
  write: (value) => encoder.encode(value),
  countElements,
  nil: 0xf6,
  isOpenList,
  firstElement: (frame) => contentOf(frame[0] ?? 0, 0),
  skip: skipValue,
  skipArgs,
  skipKwargs,
  endOfList,
  reader: (bytes, at, text) => new CborReader(bytes, at, text),
});
