/** A scanner of MessagePack: checks values and finds their ends without decoding them. */
import { ProtocolViolation } from '../errors.ts';
import { MAX_DEPTH } from '../serializer.ts';
import { readUnsigned } from './binary.ts';
import { isUtf8 } from './utf8.ts';

/* What a first byte starts. */
const NOTHING = 0;
/** A value whose first byte determines its width: an integer, a float, a bool, nil. */
const SCALAR = 1;
export const TEXT = 2;
export const BYTES = 3;
export const LIST = 4;
export const DICT = 5;
export const EXTENSION = 6;

/** The kind of value for each first byte. */
export const KIND: Uint8Array = new Uint8Array(256).fill(SCALAR);
/** The number of bytes of the length, or of a scalar, after the first byte. */
const WIDTH = new Uint8Array(256);
/** The length in the first byte, for kinds without length bytes. */
const LENGTH = new Uint8Array(256);

function short(first: number, last: number, kind: number): void {
  for (let byte = first; byte <= last; byte += 1) {
    KIND[byte] = kind;
    LENGTH[byte] = byte - first;
  }
}

function wide(first: number, kind: number, ...widths: readonly number[]): void {
  KIND.fill(kind, first, first + widths.length);
  WIDTH.set(widths, first);
}

short(0x80, 0x8f, DICT);
short(0x90, 0x9f, LIST);
short(0xa0, 0xbf, TEXT);
wide(0xc1, NOTHING, 0);
wide(0xc4, BYTES, 1, 2, 4);
wide(0xc7, EXTENSION, 1, 2, 4);
wide(0xca, SCALAR, 4, 8); // floats
wide(0xcc, SCALAR, 1, 2, 4, 8); // unsigned integers
wide(0xd0, SCALAR, 1, 2, 4, 8); // signed integers
wide(0xd4, EXTENSION, 0, 0, 0, 0, 0);
LENGTH.set([1, 2, 4, 8, 16], 0xd4);
wide(0xd9, TEXT, 1, 2, 4);
wide(0xdc, LIST, 2, 4);
wide(0xde, DICT, 2, 4);

function violation(what: string, at: number): ProtocolViolation {
  return new ProtocolViolation(`MessagePack: ${what} at byte ${at}`);
}

/** The end of `length` bytes from `at`. @throws ProtocolViolation when the frame ends before */
function endOf(bytes: Uint8Array, at: number, length: number): number {
  if (length > bytes.length - at) throw violation('fewer bytes than declared', at);
  return at + length;
}

/** The start of the content of the value at `at`, after its first byte and its length. */
export function contentOf(byte: number, at: number): number {
  return at + 1 + (WIDTH[byte] ?? 0);
}

/** The length of the value at `at`, in bytes, elements or entries. */
export function lengthOf(bytes: Uint8Array, byte: number, at: number): number {
  const width = WIDTH[byte] ?? 0;
  return width === 0 ? (LENGTH[byte] ?? 0) : readUnsigned(bytes, at + 1, width);
}

/**
 * The end of the value at `at`, which is nested in `depth` lists and dicts.
 * @throws ProtocolViolation when it is not well-formed, not UTF-8, of an extension type or nests too deep
 */
export function skipValue(bytes: Uint8Array, at: number, depth: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw violation('unexpected end', at);
  const content = endOf(bytes, at + 1, WIDTH[byte] ?? 0);
  const kind = KIND[byte];
  if (kind === SCALAR) return content;
  const length = lengthOf(bytes, byte, at);
  switch (kind) {
    case TEXT:
      return skipText(bytes, content, length);
    case BYTES:
      return endOf(bytes, content, length);
    case LIST:
      return skipList(bytes, content, length, depth);
    case DICT:
      return skipDict(bytes, content, length, depth);
    case EXTENSION:
      return skipExtension(bytes, content, length);
    default:
      throw violation(`invalid first byte 0x${byte.toString(16)}`, at);
  }
}

function skipText(bytes: Uint8Array, at: number, length: number): number {
  const end = endOf(bytes, at, length);
  if (!isUtf8(bytes, at, end)) throw violation('a string that is not UTF-8', at);
  return end;
}

/**
 * Accepts two extension types: the timestamp, and the one octet with which msgpackr writes `undefined`, as wampy does for
 * absent options. All others are private to one library and would create objects: references, records, errors, regular
 * expressions.
 */
function skipExtension(bytes: Uint8Array, at: number, length: number): number {
  const end = endOf(bytes, at + 1, length);
  if (isUndefined(bytes, at, length)) return end;
  if (bytes[at] !== 0xff || (length !== 4 && length !== 8 && length !== 12)) {
    throw violation('an unsupported extension type', at);
  }
  return end;
}

/** True for type 0 with one octet 0, which reads as null. */
export function isUndefined(bytes: Uint8Array, at: number, length: number): boolean {
  return length === 1 && bytes[at] === 0 && bytes[at + 1] === 0;
}

/** The depth inside a list or dict whose content has at least `least` bytes. */
function enter(bytes: Uint8Array, at: number, least: number, depth: number): number {
  if (depth >= MAX_DEPTH) throw violation(`nests deeper than ${MAX_DEPTH}`, at);
  endOf(bytes, at, least);
  return depth + 1;
}

function skipList(bytes: Uint8Array, at: number, count: number, depth: number): number {
  const inside = enter(bytes, at, count, depth);
  let next = at;
  for (let index = 0; index < count; index += 1) next = skipValue(bytes, next, inside);
  return next;
}

function skipDict(bytes: Uint8Array, at: number, count: number, depth: number): number {
  const inside = enter(bytes, at, 2 * count, depth);
  let next = at;
  for (let index = 0; index < count; index += 1) {
    if (!isKey(bytes[next] ?? 0, depth)) throw violation('a key that is not a string', next);
    next = skipValue(bytes, skipValue(bytes, next, inside), inside);
  }
  return next;
}

/**
 * The keys of a message's own dicts are strings (MSG-2). Inside Args, Kwargs and other
 * data, they may also be integers, which are read as decimal text.
 */
function isKey(byte: number, depth: number): boolean {
  return (
    KIND[byte] === TEXT || (depth > 1 && (byte < 0x80 || byte >= 0xe0 || (byte >= 0xcc && byte <= 0xd3)))
  );
}

/** The number of elements of the frame's list. @throws ProtocolViolation for any other value */
export function countElements(frame: Uint8Array): number {
  const byte = frame[0] ?? 0;
  if (KIND[byte] !== LIST) throw violation('expected a list', 0);
  endOf(frame, contentOf(byte, 0), 0);
  return lengthOf(frame, byte, 0);
}

/** The end of Args, which starts at `at`. @throws ProtocolViolation */
export function skipArgs(bytes: Uint8Array, at: number): number {
  if (KIND[bytes[at] ?? 0] !== LIST) throw violation('expected a list as Args', at);
  return skipValue(bytes, at, 1);
}

/** The end of Kwargs, which starts at `at`. @throws ProtocolViolation */
export function skipKwargs(bytes: Uint8Array, at: number): number {
  if (KIND[bytes[at] ?? 0] !== DICT) throw violation('expected a dict as Kwargs', at);
  return skipValue(bytes, at, 1);
}
