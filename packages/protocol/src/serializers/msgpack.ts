/** Serializer `msgpack`: `wamp.2.msgpack`. Values are written by msgpackr and read by our own reader. */
import * as library from 'msgpackr/pack';
import { SerializationFailure } from '../errors.ts';
import type { Serializer } from '../serializer.ts';
import { isNegativeZero, isWide, narrowed, serializerOf, validDate, wellFormed } from './binary.ts';
import { MsgpackReader } from './msgpack-read.ts';
import { contentOf, countElements, skipArgs, skipKwargs, skipValue } from './msgpack-skip.ts';
import type { Dialect } from './values.ts';

// msgpackr is not used for reading: it would create any object that an extension describes, rename the key `__proto__`, and
// remove a byte order mark from long strings.

/** The part of msgpackr that is used here. Its own types depend on those of Node. */
interface Msgpackr {
  readonly Packr: new (options: Readonly<Record<string, boolean>>) => { pack(value: unknown): Uint8Array };
  readonly addExtension: <T>(extension: {
    readonly Class: new (...values: never[]) => T;
    readonly type: number;
    readonly pack: (value: T, allocate: (size: number) => Room) => void;
  }) => void;
}
interface Room {
  readonly targetView: DataView;
  readonly position: number;
}

const { addExtension, Packr } = library as unknown as Msgpackr;

/** An integer above 2^32, which msgpackr would write as a float, or as a signed integer if it is a BigInt. */
class Unsigned64 {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

// An extension is how msgpackr can be made to write given bytes. It does not affect other users of the library: the class
// is private to this module, and no byte on the wire can select its type.
addExtension({
  Class: Unsigned64,
  type: 0x100,
  pack: (integer, allocate) => {
    const { targetView, position } = allocate(9);
    targetView.setUint8(position, 0xcf);
    targetView.setBigUint64(position + 1, integer.value);
  },
});

/** -0, which msgpackr would write as the integer 0, without its sign. */
class NegativeZero {
  readonly value = -0;
}
const NEGATIVE_ZERO = new NegativeZero();

addExtension({
  Class: NegativeZero,
  type: 0x101,
  pack: ({ value }, allocate) => {
    const { targetView, position } = allocate(9);
    targetView.setUint8(position, 0xcb);
    targetView.setFloat64(position + 1, value);
  },
});

const packr = new Packr({
  useRecords: false, // otherwise dicts become records, an extension of msgpackr
  variableMapSize: true, // otherwise every dict has a length of 16 bits
  useToJSON: false, // `outgoing` has called it; any `toJSON` left is a key of the data
});

/** The least integer that msgpackr writes as an integer. */
const LEAST = -0x80000000;

const dialect: Dialect = {
  text: wellFormed,
  key: wellFormed,
  number: (value) =>
    isWide(value, LEAST) ? wide(BigInt(value)) : isNegativeZero(value) ? NEGATIVE_ZERO : value,
  bigint: (value) => {
    const number = narrowed(value);
    return typeof number === 'number' && !isWide(number, LEAST) ? number : wide(value);
  },
  bytes: (value) => value,
  date: validDate,
};

function wide(value: bigint): bigint | Unsigned64 {
  if (value < -(2n ** 63n) || value >= 2n ** 64n)
    throw new SerializationFailure('MessagePack: cannot write an integer beyond 64 bits');
  return value < 0n ? value : new Unsigned64(value);
}

/** WAMP over MessagePack: subprotocol `wamp.2.msgpack`, RawSocket serializer 2. */
export const msgpack: Serializer = serializerOf({
  name: 'msgpack',
  rawSocketId: 2,
  dialect,
  integer: { limit: 0x80, base: 0x00, code: 0xcc },
  text: { limit: 0x20, base: 0xa0, code: 0xd9 },
  list: 0x90,
  dict: 0x80,
  write: (value) => packr.pack(value),
  countElements,
  nil: 0xc0,
  isOpenList: () => false,
  firstElement: (frame) => contentOf(frame[0] ?? 0, 0),
  skip: skipValue,
  skipArgs,
  skipKwargs,
  endOfList: (_frame, at) => at,
  reader: (bytes, at, text) => new MsgpackReader(bytes, at, text),
});
