/** The common part of the two binary serializers, MessagePack and CBOR. */
import { ProtocolViolation, SerializationFailure } from '../errors.ts';
import { encodeWith, type FrameWriter } from '../frame-writer.ts';
import { MAX_ID } from '../ids.ts';
import { compiledElements, compiledLayoutOf } from '../compiled.ts';
import { mostOf, tooFew, tooMany, type Layout } from '../layout.ts';
import type { Message } from '../message.ts';
import { Payload, type Args, type Kwargs, type PayloadCount } from '../payload.ts';
import { HEAD_ELEMENTS, type Serializer } from '../serializer.ts';
import { writeEnvelope, type FrameFormat } from './binary-envelope.ts';
import { readName, readText, type ReadText } from './text.ts';
import { outgoing, type Dialect } from './values.ts';

/** The differences between the two formats. */
export interface BinaryFormat extends FrameFormat {
  readonly name: string;
  readonly rawSocketId: number;
  readonly dialect: Dialect;
  /** Encodes a value of the dialect. The result is a view of a larger, shared buffer. */
  readonly write: (value: unknown) => Uint8Array;
  /** The number of elements of the list at the start of the frame. @throws ProtocolViolation for any other value */
  readonly countElements: (frame: Uint8Array) => number;
  /** The byte that encodes null. */
  readonly nil: number;
  /** True when the frame starts with a list of indefinite length. */
  readonly isOpenList: (frame: Uint8Array) => boolean;
  /** The position of the first element of that list. */
  readonly firstElement: (frame: Uint8Array) => number;
  /** The end of the value at `at`, which is nested in `depth` others. @throws ProtocolViolation */
  readonly skip: (bytes: Uint8Array, at: number, depth: number) => number;
  /** The end of Args, which must be a list. */
  readonly skipArgs: (bytes: Uint8Array, at: number) => number;
  /** The end of Kwargs, which must be a dict with strings as keys. */
  readonly skipKwargs: (bytes: Uint8Array, at: number) => number;
  /** The end of the list whose last element ends at `at`. */
  readonly endOfList: (frame: Uint8Array, at: number) => number;
  /** Makes a reader of consecutive values that `skip` has checked. */
  readonly reader: (bytes: Uint8Array, at: number, text: ReadText) => ValueReader;
}

/** Reads one value with each call. */
interface ValueReader {
  read(): unknown;
  /** The same, for an element of an envelope: all empty dicts are {@link NO_ENTRIES}. */
  readElement(): unknown;
}

/** The serializer of a format. */
export function serializerOf(definition: Omit<BinaryFormat, 'encodeValue'>): Serializer {
  const format: BinaryFormat = {
    ...definition,
    encodeValue: (value) => write(format, value, 1),
  };
  const writeThis = (message: Message, writer: FrameWriter): void => {
    writeMessage(format, serializer, message, writer);
  };
  const serializer: Serializer = {
    name: format.name,
    subprotocol: `wamp.2.${format.name}`,
    rawSocketId: format.rawSocketId,
    binary: true,
    encode: (message) => encodeWith(writeThis, message),
    write: writeThis,
    decode: (frame) => decode(format, serializer, frame),
    readHead: (head) => readHead(format, head),
    encodePayload: (args, kwargs, count) => encodePayload(format, args, kwargs, count),
    decodePayload: (bytes, count) => decodePayload(format, bytes, count),
  };
  return serializer;
}

function writeMessage(
  format: BinaryFormat,
  serializer: Serializer,
  message: Message,
  writer: FrameWriter,
): void {
  const elements = compiledElements(message);
  if (!('payload' in message)) writeEnvelope(writer, format, elements, 0);
  else {
    writeEnvelope(writer, format, elements, message.payload.count);
    message.payload.write(serializer, writer);
  }
}

function encodePayload(
  format: BinaryFormat,
  args: Args,
  kwargs: Kwargs,
  count: PayloadCount,
): Uint8Array<ArrayBuffer> {
  if (count === 0) return new Uint8Array(0);
  // Without the one-byte head of the list; copied, so that the result does not keep the shared buffer.
  const list = write(format, count === 1 ? [args] : [args, kwargs], 0);
  return new Uint8Array(list.subarray(1));
}

function write(format: BinaryFormat, value: unknown, depth: number): Uint8Array {
  const written = outgoing(value, format.dialect, depth);
  try {
    return format.write(written);
  } catch (error) {
    throw new SerializationFailure(`${format.name}: cannot write this value, see cause`, { cause: error });
  }
}

function decode(format: BinaryFormat, serializer: Serializer, frame: Uint8Array): Message {
  const count = format.countElements(frame);
  if (count === 0) throw new ProtocolViolation('a message has no elements, expected its type first');
  const first = format.firstElement(frame);
  let end = format.skip(frame, first, 1);
  const reader = format.reader(frame, first, readName);
  const type = reader.read();
  const layout = compiledLayoutOf(type);
  checkCount(layout, count);
  const envelope = Math.min(count, layout.most);
  for (let index = 1; index < envelope; index += 1) end = format.skip(frame, end, 1);
  const payload = readPayload(format, serializer, frame, end, count - envelope);
  // As long as the longest envelope, for lists that grow are slow.
  const elements: unknown[] = [type, undefined, undefined, undefined, undefined];
  for (let index = 1; index < envelope; index += 1) elements[index] = reader.readElement();
  return layout.read(elements, payload);
}

function readHead(format: BinaryFormat, head: Uint8Array): readonly unknown[] {
  const elements: unknown[] = [];
  try {
    const count = format.isOpenList(head) ? HEAD_ELEMENTS : format.countElements(head);
    let end = format.firstElement(head);
    const reader = format.reader(head, end, readText);
    while (elements.length < Math.min(count, HEAD_ELEMENTS)) {
      end = format.skip(head, end, 1);
      elements.push(reader.read());
    }
  } catch (error) {
    // The element is cut off or malformed.
    if (!(error instanceof ProtocolViolation)) throw error;
  }
  return elements;
}

function checkCount(layout: Layout, count: number): void {
  if (count < layout.least) throw tooFew(layout, count);
  if (count > mostOf(layout)) throw tooMany(layout);
}

/** The payload of `count` elements after the envelope, which ends at `at`. */
function readPayload(
  format: BinaryFormat,
  serializer: Serializer,
  frame: Uint8Array,
  at: number,
  count: number,
): Payload {
  // Some peers send null for an absent Args or Kwargs.
  const noArgs = count === 0 || frame[at] === format.nil;
  const argsEnd = count === 0 ? at : noArgs ? at + 1 : format.skipArgs(frame, at);
  const noKwargs = count < 2 || frame[argsEnd] === format.nil;
  const end = count < 2 ? argsEnd : noKwargs ? argsEnd + 1 : format.skipKwargs(frame, argsEnd);
  const frameEnd = format.endOfList(frame, end);
  if (frameEnd !== frame.length) {
    throw new ProtocolViolation(`${format.name}: the frame has bytes after its message`);
  }
  if (!noArgs) {
    return noKwargs
      ? Payload.encoded(serializer, frame, 1, at, argsEnd)
      : Payload.encoded(serializer, frame, 2, at, end);
  }
  if (noKwargs) return Payload.none;
  return Payload.received([], format.reader(frame, argsEnd, readText).read() as Kwargs);
}

function decodePayload(
  format: BinaryFormat,
  bytes: Uint8Array,
  count: PayloadCount,
): { args: Args | undefined; kwargs: Kwargs | undefined } {
  const reader = format.reader(bytes, 0, readText);
  // `decode` has checked that the first is a list and the second a dict.
  const args = count > 0 ? (reader.read() as Args) : undefined;
  const kwargs = count > 1 ? (reader.read() as Kwargs) : undefined;
  return { args, kwargs };
}

/** The string itself. @throws SerializationFailure for a lone surrogate, which UTF-8 cannot encode */
export function wellFormed(text: string): string {
  if (isWellFormed(text)) return text;
  throw new SerializationFailure('a string has a lone surrogate, which UTF-8 cannot encode');
}

const isWellFormed: (text: string) => boolean =
  'isWellFormed' in String.prototype
    ? (text) => (text as string & { isWellFormed(): boolean }).isWellFormed()
    : (text) => !/\p{Surrogate}/u.test(text);

/** The date itself. @throws SerializationFailure for an invalid date */
export function validDate(date: Date): Date {
  if (!Number.isNaN(date.getTime())) return date;
  throw new SerializationFailure('cannot write an invalid Date');
}

/**
 * True for an integer above 2^32 or below `least`, which the libraries write as a float although other implementations
 * write an integer.
 */
export function isWide(value: number, least: number): boolean {
  return (value > 0xffffffff || value < least) && Number.isInteger(value) && Math.abs(value) <= MAX_ID;
}

/** True for negative zero, which the libraries write as an integer, without its sign. */
export function isNegativeZero(value: number): boolean {
  return value === 0 && 1 / value < 0;
}

/** The integer as a number, if a number is exact. */
export function narrowed(value: bigint): number | bigint {
  return value >= -MAX_ID && value <= MAX_ID ? Number(value) : value;
}

/** The unsigned integer of two 32-bit words. */
export function joinWords(high: number, low: number): number | bigint {
  // A number is exact up to 2^53, the largest id.
  if (high < 0x200000 || (high === 0x200000 && low === 0)) return high * 0x100000000 + low;
  return (BigInt(high) << 32n) | BigInt(low);
}

/** Sets any key, even `__proto__`: a plain assignment would set the prototype. */
export function setKey(dict: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(dict, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    dict[key] = value;
  }
}

const scratch = new DataView(new ArrayBuffer(8));

function fill(bytes: Uint8Array, at: number, length: number): void {
  for (let index = 0; index < length; index += 1) scratch.setUint8(index, bytes[at + index] ?? 0);
}

/** The 32-bit float at `at`. */
export function readFloat32(bytes: Uint8Array, at: number): number {
  fill(bytes, at, 4);
  return scratch.getFloat32(0);
}

/** The 64-bit float at `at`. */
export function readFloat64(bytes: Uint8Array, at: number): number {
  fill(bytes, at, 8);
  return scratch.getFloat64(0);
}

/** The unsigned integer of `width` bytes at `at`, up to 4 of them. */
export function readUnsigned(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let index = at; index < at + width; index += 1) value = value * 256 + (bytes[index] ?? 0);
  return value;
}
