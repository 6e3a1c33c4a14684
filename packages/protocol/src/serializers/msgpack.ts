/** Serializer `msgpack`: `wamp.2.msgpack`. Writes with msgpackr; reads for itself, as what peers send is not to be trusted. */
import { addExtension, Packr } from 'msgpackr/pack';
import { SerializationFailure } from '../errors.ts';
import type { Serializer } from '../serializer.ts';
import { isWide, narrowed, serializerOf, validDate, wellFormed } from './binary.ts';
import { MsgpackReader } from './msgpack-read.ts';
import { contentOf, countElements, skipArgs, skipKwargs, skipValue } from './msgpack-skip.ts';
import type { Dialect } from './values.ts';

/** An integer above 2^32, which msgpackr would write as a float, or as a signed integer if it is a BigInt. */
class Unsigned64 {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

/** What `allocate` of an extension returns; msgpackr's own types leave it out. */
interface Room {
  readonly targetView: DataView;
  readonly position: number;
}

// An extension is the way msgpackr lets one write bytes. It has no effect on other users of the library:
// the class is ours, and its type is none that a byte on the wire can name.
addExtension({
  Class: Unsigned64,
  type: 0x100,
  pack: ((integer: Unsigned64, allocate: (size: number) => Room): void => {
    const { targetView, position } = allocate(9);
    targetView.setUint8(position, 0xcf);
    targetView.setBigUint64(position + 1, integer.value);
  }) as unknown as (integer: Unsigned64) => Uint8Array,
});

const packr = new Packr({
  useRecords: false, // else dicts become records, an extension of msgpackr's own
  variableMapSize: true, // else every dict has a length of 16 bits
  useToJSON: false, // `outgoing` calls it; here it would be a key that a peer chose
});

const dialect: Dialect = {
  text: wellFormed,
  key: wellFormed,
  number: (value) => (isWide(value) ? wide(BigInt(value)) : value),
  bigint: (value) => {
    const number = narrowed(value);
    return typeof number === 'number' && !isWide(number) ? number : wide(value);
  },
  bytes: (value) => value,
  date: validDate,
};

function wide(value: bigint): bigint | Unsigned64 {
  if (value < -(2n ** 63n) || value >= 2n ** 64n) throw new SerializationFailure('MessagePack: no integer beyond 64 bits');
  return value < 0n ? value : new Unsigned64(value);
}

/** WAMP over MessagePack: subprotocol `wamp.2.msgpack`, RawSocket serializer 2. */
export const msgpack: Serializer = serializerOf({
  name: 'msgpack',
  rawSocketId: 2,
  dialect,
  shortList: 0x90,
  write: (value) => packr.pack(value),
  countElements,
  firstElement: (frame) => contentOf(frame[0] ?? 0, 0),
  skip: skipValue,
  skipArgs,
  skipKwargs,
  endOfList: (_frame, at) => at,
  reader: (bytes, at) => new MsgpackReader(bytes, at),
});
