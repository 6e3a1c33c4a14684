/** A scanner of CBOR (RFC 8949): checks values and finds their ends without decoding them. */
import { ProtocolViolation } from '../errors.ts';
import { MAX_DEPTH } from '../serializer.ts';
import { readUnsigned } from './binary.ts';
import { isUtf8 } from './utf8.ts';

/* The major types: the upper three bits of a first byte. */
export const UNSIGNED = 0;
export const NEGATIVE = 1;
export const BYTES = 2;
export const TEXT = 3;
export const LIST = 4;
export const DICT = 5;
export const TAG = 6;
const SIMPLE = 7;

/** The lower five bits for an indefinite length, which a break ends. */
export const OPEN = 31;
export const BREAK = 0xff;

/* Tags with a meaning here. Those of any other number are ignored; their values count. */
export const TAG_EPOCH = 1;
export const TAG_BIGNUM = 2;
export const TAG_NEGATIVE_BIGNUM = 3;

/** The longest big integer, in bytes: arithmetic on longer ones would be slow. */
export const MAX_BIGNUM = 1024;

/**
 * Tags that make a value depend on others or require an object to be created: packed (6, 51), string and
 * value references (25, 256, 28, 29), generic objects (27), records and bundles (105, and above 57000).
 */
const REFUSED_TAGS: ReadonlySet<number> = new Set([
  6, 25, 27, 28, 29, 51, 105, 256, 0xdff9, 0xdffe, 0xdfff, 0x53687264,
]);

function violation(what: string, at: number): ProtocolViolation {
  return new ProtocolViolation(`CBOR: ${what} at byte ${at}`);
}

/** The end of `length` bytes from `at`. @throws ProtocolViolation when the frame ends before */
function endOf(bytes: Uint8Array, at: number, length: number): number {
  if (length > bytes.length - at) throw violation('fewer bytes than declared', at);
  return at + length;
}

/** The number of bytes of the argument, after the first byte. */
function width(byte: number): number {
  const info = byte & 31;
  return info < 24 || info > 27 ? 0 : 1 << (info - 24);
}

/** The end of the head at `at`. */
export function contentOf(byte: number, at: number): number {
  return at + 1 + width(byte);
}

/** The argument of the head at `at`: the number, length or tag; inexact beyond 2^53. */
export function argumentOf(bytes: Uint8Array, byte: number, at: number): number {
  const info = byte & 31;
  if (info < 24) return info;
  if (info < 27) return readUnsigned(bytes, at + 1, 1 << (info - 24));
  return readUnsigned(bytes, at + 1, 4) * 0x100000000 + readUnsigned(bytes, at + 5, 4);
}

/**
 * The end of the value at `at`, which is nested in `depth` lists, dicts and tags.
 * @throws ProtocolViolation when it is not well-formed, not UTF-8, under a refused tag or nests too deep
 */
export function skipValue(bytes: Uint8Array, at: number, depth: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw violation('unexpected end', at);
  const major = byte >> 5;
  const info = byte & 31;
  if (info > 27) return skipOpen(bytes, at, byte, depth);
  const content = endOf(bytes, at + 1, width(byte));
  if (major < BYTES) return content;
  if (major === SIMPLE) return skipSimple(byte, at, content);
  const argument = argumentOf(bytes, byte, at);
  switch (major) {
    case BYTES:
      return endOf(bytes, content, argument);
    case TEXT:
      return skipText(bytes, content, argument);
    case LIST:
      return skipList(bytes, content, argument, depth);
    case DICT:
      return skipDict(bytes, content, argument, depth);
    default:
      return skipTagged(bytes, content, argument, depth);
  }
}

/** A value of indefinite length. Lower bits from 28 to 30 are invalid. */
function skipOpen(bytes: Uint8Array, at: number, byte: number, depth: number): number {
  const major = byte >> 5;
  if ((byte & 31) === OPEN) {
    if (major === LIST) return skipOpenList(bytes, at + 1, depth);
    if (major === DICT) return skipOpenDict(bytes, at + 1, depth);
    if (major === TEXT || major === BYTES) return skipChunks(bytes, at + 1, major);
  }
  throw violation(`invalid first byte 0x${byte.toString(16)}`, at);
}

/** False, true, null, undefined and floats. Other simple values are refused. */
function skipSimple(byte: number, at: number, content: number): number {
  const info = byte & 31;
  if (info < 20 || info === 24) throw violation('an unassigned simple value', at);
  return content;
}

function skipText(bytes: Uint8Array, at: number, length: number): number {
  const end = endOf(bytes, at, length);
  if (!isUtf8(bytes, at, end)) throw violation('a string that is not UTF-8', at);
  return end;
}

/** The chunks of a string of indefinite length: strings of the same type with definite lengths. */
function skipChunks(bytes: Uint8Array, at: number, major: number): number {
  let next = at;
  while (bytes[next] !== BREAK) {
    const byte = bytes[next] ?? 0;
    if (byte >> 5 !== major || (byte & 31) > 27) throw violation('expected a chunk of a string', next);
    next = skipValue(bytes, next, 0);
  }
  return next + 1;
}

/** The depth inside a value whose content has at least `least` bytes. */
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

function skipOpenList(bytes: Uint8Array, at: number, depth: number): number {
  const inside = enter(bytes, at, 1, depth);
  let next = at;
  while (bytes[next] !== BREAK) next = skipValue(bytes, next, inside);
  return next + 1;
}

function skipDict(bytes: Uint8Array, at: number, count: number, depth: number): number {
  const inside = enter(bytes, at, 2 * count, depth);
  let next = at;
  for (let index = 0; index < count; index += 1) next = skipEntry(bytes, next, inside);
  return next;
}

function skipOpenDict(bytes: Uint8Array, at: number, depth: number): number {
  const inside = enter(bytes, at, 1, depth);
  let next = at;
  while (bytes[next] !== BREAK) next = skipEntry(bytes, next, inside);
  return next + 1;
}

/**
 * The keys of a message's own dicts are strings (MSG-2). Inside Args, Kwargs and other
 * data, they may also be integers, which are read as decimal text.
 */
function skipEntry(bytes: Uint8Array, at: number, inside: number): number {
  const major = (bytes[at] ?? 0) >> 5;
  if (major !== TEXT && (major > NEGATIVE || inside === 2)) throw violation('a key that is not a string', at);
  return skipValue(bytes, skipValue(bytes, at, inside), inside);
}

/** A tag and its value; nesting tags nests. */
function skipTagged(bytes: Uint8Array, at: number, tag: number, depth: number): number {
  const inside = enter(bytes, at, 1, depth);
  if (REFUSED_TAGS.has(tag)) throw violation(`unsupported tag ${tag}`, at);
  const end = skipValue(bytes, at, inside);
  if (tag === TAG_BIGNUM || tag === TAG_NEGATIVE_BIGNUM) checkBignum(bytes, at, end);
  return end;
}

function checkBignum(bytes: Uint8Array, at: number, end: number): void {
  if ((bytes[at] ?? 0) >> 5 !== BYTES) throw violation('a big integer that is not a byte string', at);
  if (end - at > MAX_BIGNUM + 3) throw violation(`a big integer of more than ${MAX_BIGNUM} bytes`, at);
}

/** True for a frame that starts with a list of indefinite length. */
export function isOpenList(frame: Uint8Array): boolean {
  return frame[0] === ((LIST << 5) | OPEN);
}

/** The number of elements of the frame's list. @throws ProtocolViolation for any other value */
export function countElements(frame: Uint8Array): number {
  const byte = frame[0] ?? 0;
  if (byte >> 5 !== LIST) throw violation('expected a list', 0);
  if (isOpenList(frame)) return countOpen(frame);
  endOf(frame, 1, width(byte));
  return argumentOf(frame, byte, 0);
}

function countOpen(frame: Uint8Array): number {
  let count = 0;
  for (let next = 1; frame[next] !== BREAK; count += 1) next = skipValue(frame, next, 1);
  return count;
}

/** The end of the frame's list, whose last element ends at `at`. */
export function endOfList(frame: Uint8Array, at: number): number {
  return isOpenList(frame) ? at + 1 : at;
}

/** The end of Args, which starts at `at`. @throws ProtocolViolation */
export function skipArgs(bytes: Uint8Array, at: number): number {
  if ((bytes[at] ?? 0) >> 5 !== LIST) throw violation('expected a list as Args', at);
  return skipValue(bytes, at, 1);
}

/** The end of Kwargs, which starts at `at`. @throws ProtocolViolation */
export function skipKwargs(bytes: Uint8Array, at: number): number {
  if ((bytes[at] ?? 0) >> 5 !== DICT) throw violation('expected a dict as Kwargs', at);
  return skipValue(bytes, at, 1);
}
