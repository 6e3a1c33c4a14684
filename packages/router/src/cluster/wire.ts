/** The wire protocol of the cluster: the head of each message between nodes, and the entries of the streams in them. */
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { json, Payload, type PayloadCodec, type PayloadCount } from '@wamp/protocol';
import { EntryMemory, readFields } from './fields.ts';

/**
 * The versions of the wire protocol that this node supports. Two nodes use the highest one that both support, and what a
 * version adds is sent only to peers with which it is agreed. HELLO and BYE are the same in all versions. Entries of unknown
 * types are skipped.
 */
export const WIRE: WireVersions = { min: 1, max: 1 };

/** A range of versions of the wire protocol, from the oldest to the newest. */
export interface WireVersions {
  readonly min: number;
  readonly max: number;
}

/** The version that two nodes use; undefined when they have none in common. */
export function agreedVersion(one: WireVersions, other: WireVersions): number | undefined {
  const highest = Math.min(one.max, other.max);
  return highest >= Math.max(one.min, other.min) ? highest : undefined;
}

/** The kinds of messages. */
export const Kind = { HELLO: 1, DATA: 2, ACK: 3, NAK: 4, BYE: 5 } as const;

/** Flag of DATA: the sender waits for the acknowledgement. */
export const ACK_NOW = 1;

/** The bytes before the body of a message. */
export const HEAD = 28;
const NOTHING = new Uint8Array(0);

/** The head of a message. */
export interface Head {
  readonly version: number;
  readonly kind: number;
  readonly flags: number;
  readonly epoch: string;
  /** The number of a DATA message; the number that a NAK asks for. */
  readonly number: number;
  /** All DATA messages up to this number have been processed. */
  readonly ack: number;
}

/** Encodes a message: its head, followed by its body. */
export function writeMessage(head: Head, body: Uint8Array = NOTHING): Uint8Array {
  const bytes = Buffer.allocUnsafe(HEAD + body.length);
  writeHead(bytes, head);
  bytes.set(body, HEAD);
  return bytes;
}

/** Writes the head of a message, which takes the first {@link HEAD} bytes. */
export function writeHead(bytes: Buffer, { version, kind, flags, epoch, number, ack }: Head): void {
  bytes[0] = version;
  bytes[1] = kind;
  bytes.writeUInt16LE(flags, 2);
  bytes.write(epoch, 4, 8, 'hex');
  bytes.writeDoubleLE(number, 12);
  bytes.writeDoubleLE(ack, 20);
}

/** Decodes the head of a message. @returns undefined for other bytes */
export function readHead(message: Uint8Array): Head | undefined {
  if (message.length < HEAD) return undefined;
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const number = bytes.readDoubleLE(12);
  const ack = bytes.readDoubleLE(20);
  if (!Number.isSafeInteger(number) || !Number.isSafeInteger(ack)) return undefined;
  return {
    version: bytes.readUInt8(0),
    kind: bytes.readUInt8(1),
    flags: bytes.readUInt16LE(2),
    epoch: bytes.toString('hex', 4, 12),
    number,
    ack,
  };
}

/** The types of entries. */
export const EntryType = {
  REALM: 1,
  SESSION: 2,
  GONE: 3,
  CALLEE: 4,
  UNCALLEE: 5,
  INTEREST: 6,
  PUBLISH: 7,
  INVOKE: 8,
  MORE: 9,
  RESULT: 10,
  ERROR: 11,
  DECLINE: 12,
  CANCEL: 13,
  KILL: 14,
  REVOKE: 15,
  UNSUBSCRIBE: 16,
  SYNCED: 17,
  SHARED: 18,
  LEAVING: 19,
  /** The sender did not have this realm when its state was sent, and asks for the whole state again. */
  AGAIN: 20,
} as const;
export type EntryType = (typeof EntryType)[keyof typeof EntryType];

/** One entry of a stream. */
export interface LinkEntry {
  readonly type: number;
  /** The index of its realm among those that the sender has named. */
  readonly realm: number;
  readonly fields: readonly unknown[];
  readonly payload: Payload;
}

/** The bytes before the fields of an entry. */
const ENTRY_HEAD = 13;
/** The longest entry (bytes). A node that has put so much on a link is declared dead before. */
const MOST_ENTRY = 128 * 1024 * 1024;
/** Serializers of payloads, by their number in entries; 0 for none. */
const CODECS: readonly (PayloadCodec | undefined)[] = [undefined, json, msgpack, cbor];
const MSGPACK = 2;

/** Memory of the entry that was written last. */
const memory = new EntryMemory();

/**
 * Encodes an entry. A payload keeps the serializer in which it arrived; one that is not encoded yet becomes MessagePack.
 * @returns bytes that are lent until the next entry is encoded
 * @throws SerializationFailure for a payload that cannot be written
 */
export function writeEntry(
  type: EntryType,
  realm: number,
  fields: readonly unknown[],
  payload: Payload = Payload.none,
): Uint8Array {
  const encoded = payload.encoded;
  const known = encoded === undefined ? 0 : numberOf(encoded.serializer);
  const codec = known === 0 && payload.count > 0 ? MSGPACK : known;
  const content = known === 0 || encoded === undefined ? contentOf(payload) : encoded.bytes;
  memory.begin(ENTRY_HEAD);
  memory.putFields(fields);
  const fieldsEnd = memory.at;
  memory.put(content);
  const { bytes, at: length } = memory;
  bytes.writeUInt32LE(length, 0);
  bytes[4] = type;
  bytes.writeUInt16LE(realm, 5);
  bytes[7] = codec;
  bytes[8] = payload.count;
  bytes.writeUInt32LE(fieldsEnd - ENTRY_HEAD, 9);
  return bytes.subarray(0, length);
}

/** The number of a serializer in entries; 0 for one that has none. */
function numberOf(serializer: PayloadCodec): number {
  if (serializer === json) return 1;
  if (serializer === msgpack) return MSGPACK;
  if (serializer === cbor) return 3;
  return Math.max(
    0,
    CODECS.findIndex((codec) => codec?.name === serializer.name),
  );
}

function contentOf(payload: Payload): Uint8Array {
  return payload.count === 0 ? NOTHING : payload.as(msgpack);
}

/**
 * The length of the entry that begins at `at` (bytes); 0 when it is incomplete.
 * @throws RangeError for a length that no entry has
 */
export function lengthOfEntry(stream: Buffer, at: number): number {
  if (stream.length - at < 4) return 0;
  const length = stream.readUInt32LE(at);
  if (length < ENTRY_HEAD || length > MOST_ENTRY)
    throw new RangeError(
      `an entry says that its length is ${length} bytes, expected ${ENTRY_HEAD} to ${MOST_ENTRY}: ` +
        'the other node is broken, or another program writes to the subjects of the cluster',
    );
  return stream.length - at < length ? 0 : length;
}

/** Decodes the entry that begins at `at`. Its payload is lent. @throws Error for one that cannot be decoded */
export function readEntry(stream: Buffer, at: number, length: number): LinkEntry {
  const fieldsEnd = at + ENTRY_HEAD + stream.readUInt32LE(at + 9);
  if (fieldsEnd > at + length)
    throw new RangeError(`the fields of an entry end at byte ${fieldsEnd - at} of ${length}`);
  const fields = readFields(stream, at + ENTRY_HEAD, fieldsEnd);
  const codec = CODECS[stream[at + 7] ?? 0];
  const count = stream[at + 8] as PayloadCount;
  const payload =
    codec === undefined ? Payload.none : Payload.encoded(codec, stream, count, fieldsEnd, at + length);
  return { type: stream[at + 4] ?? 0, realm: stream.readUInt16LE(at + 5), fields, payload };
}
