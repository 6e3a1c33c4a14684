/** A walk over MessagePack: where a value ends, and whether it is one, without decoding it. */
import { ProtocolViolation } from '../errors.ts';
import { MAX_DEPTH } from '../serializer.ts';
import { readUnsigned } from './binary.ts';
import { isUtf8 } from './utf8.ts';

/** The one extension type that is accepted, -1. */
export const TIMESTAMP = 0xff;

function violation(what: string, at: number): ProtocolViolation {
  return new ProtocolViolation(`MessagePack: ${what} at ${at}`);
}

/** The end of `length` bytes that start at `at`, if there are so many. */
function endOf(bytes: Uint8Array, at: number, length: number): number {
  if (length > bytes.length - at) throw violation('fewer bytes than declared', at);
  return at + length;
}

/** The length that stands at `at` in `width` bytes. */
function lengthAt(bytes: Uint8Array, at: number, width: number): number {
  endOf(bytes, at, width);
  return readUnsigned(bytes, at, width);
}

/**
 * Where the value at `at` ends; `depth` lists and dicts are open around it.
 * @throws ProtocolViolation when it is not well-formed, not UTF-8, of an extension type or nests too deep
 */
export function skipValue(bytes: Uint8Array, at: number, depth: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw violation('the end came early', at);
  if (byte < 0x80 || byte >= 0xe0) return at + 1;
  if (byte < 0x90) return skipDict(bytes, at + 1, byte & 0x0f, depth);
  if (byte < 0xa0) return skipList(bytes, at + 1, byte & 0x0f, depth);
  if (byte < 0xc0) return skipText(bytes, at + 1, byte & 0x1f);
  return skipTyped(bytes, at, byte, depth);
}

/** The value whose first byte is a type of its own. */
function skipTyped(bytes: Uint8Array, at: number, byte: number, depth: number): number {
  const next = at + 1;
  switch (byte) {
    case 0xc0:
    case 0xc2:
    case 0xc3:
      return next;
    case 0xc4:
    case 0xc5:
    case 0xc6: {
      const width = 1 << (byte - 0xc4);
      return endOf(bytes, next + width, lengthAt(bytes, next, width));
    }
    case 0xc7:
    case 0xc8:
    case 0xc9: {
      const width = 1 << (byte - 0xc7);
      return skipExtension(bytes, next + width, lengthAt(bytes, next, width));
    }
    case 0xca:
    case 0xcb:
      return endOf(bytes, next, 4 << (byte - 0xca));
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
      return endOf(bytes, next, 1 << (byte - 0xcc));
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
      return endOf(bytes, next, 1 << (byte - 0xd0));
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      return skipExtension(bytes, next, 1 << (byte - 0xd4));
    case 0xd9:
    case 0xda:
    case 0xdb: {
      const width = 1 << (byte - 0xd9);
      return skipText(bytes, next + width, lengthAt(bytes, next, width));
    }
    case 0xdc:
    case 0xdd: {
      const width = 2 << (byte - 0xdc);
      return skipList(bytes, next + width, lengthAt(bytes, next, width), depth);
    }
    case 0xde:
    case 0xdf: {
      const width = 2 << (byte - 0xde);
      return skipDict(bytes, next + width, lengthAt(bytes, next, width), depth);
    }
    default:
      throw violation(`no value starts with 0x${byte.toString(16)}`, at);
  }
}

function skipText(bytes: Uint8Array, at: number, length: number): number {
  const end = endOf(bytes, at, length);
  if (!isUtf8(bytes, at, end)) throw violation('a string that is not UTF-8', at);
  return end;
}

/**
 * Only the timestamp is data; every other type is some library's private way to say what a peer
 * should build: references, records, errors, regular expressions.
 */
function skipExtension(bytes: Uint8Array, at: number, length: number): number {
  const end = endOf(bytes, at + 1, length);
  if (bytes[at] !== TIMESTAMP || (length !== 4 && length !== 8 && length !== 12)) {
    throw violation('an extension type that is not accepted', at);
  }
  return end;
}

function enter(bytes: Uint8Array, at: number, leastBytes: number, depth: number): number {
  if (depth >= MAX_DEPTH) throw violation(`nests deeper than ${MAX_DEPTH}`, at);
  endOf(bytes, at, leastBytes);
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
    if (!isText(bytes[next]) && !isInteger(bytes[next])) throw violation('a key that is no string', next);
    next = skipValue(bytes, skipValue(bytes, next, inside), inside);
  }
  return next;
}

function isText(byte = 0): boolean {
  return (byte >= 0xa0 && byte < 0xc0) || (byte >= 0xd9 && byte <= 0xdb);
}

/** Integers are keys in an application's dicts, where they read as their decimals. */
function isInteger(byte = 0): boolean {
  return byte < 0x80 || byte >= 0xe0 || (byte >= 0xcc && byte <= 0xd3);
}

/** How many elements the list at `at` has. @throws ProtocolViolation when there is none */
export function countElements(bytes: Uint8Array, at = 0): number {
  const byte = bytes[at] ?? 0;
  if (byte >= 0x90 && byte < 0xa0) return byte & 0x0f;
  if (byte !== 0xdc && byte !== 0xdd) throw violation('expected a list', at);
  return lengthAt(bytes, at + 1, 2 << (byte - 0xdc));
}

/** Where the elements of the list at `at` start. */
export function firstElement(bytes: Uint8Array, at = 0): number {
  const byte = bytes[at];
  return byte === 0xdd ? at + 5 : byte === 0xdc ? at + 3 : at + 1;
}

/** Where Args ends, which starts at `at`. @throws ProtocolViolation */
export function skipArgs(bytes: Uint8Array, at: number): number {
  countElements(bytes, at);
  return skipValue(bytes, at, 1);
}

/** Where Kwargs ends, which starts at `at`. @throws ProtocolViolation */
export function skipKwargs(bytes: Uint8Array, at: number): number {
  const end = skipValue(bytes, at, 1);
  const byte = bytes[at] ?? 0;
  if (byte >= 0x80 && byte < 0x90) checkKeys(bytes, at + 1, byte & 0x0f);
  else if (byte === 0xde) checkKeys(bytes, at + 3, readUnsigned(bytes, at + 1, 2));
  else if (byte === 0xdf) checkKeys(bytes, at + 5, readUnsigned(bytes, at + 1, 4));
  else throw violation('expected a dict', at);
  return end;
}
