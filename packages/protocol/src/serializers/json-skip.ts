/** A scanner of JSON text (RFC 8259): checks values and finds their ends without decoding them. */
import { ProtocolViolation } from '../errors.ts';
import { MAX_DEPTH } from '../serializer.ts';
import { hasBlocks, skipPlainBlocks } from './blocks.ts';
import { LONG_RUN, skipSequence, wordsAround } from './utf8.ts';

/* The characters of the grammar. */
export const COMMA = 0x2c;
export const LIST_START = 0x5b;
export const LIST_END = 0x5d;
export const DICT_START = 0x7b;
export const DICT_END = 0x7d;
const COLON = 0x3a;
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
const SMALL_U = 0x75;
/** The first character of null. */
export const SMALL_N = 0x6e;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
export const ZERO = 0x30;
const SPACE = 0x20;

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}

const DIGIT = tableOf('0123456789');
const HEX = tableOf('0123456789abcdefABCDEF');
const ESCAPE = tableOf('"\\/bfnrt');
const BLANK = tableOf(' \t\n\r');
/** The one-byte characters that a string may contain unescaped. */
const PLAIN: Uint8Array = new Uint8Array(256).fill(1, SPACE, 0x80);
PLAIN[QUOTE] = PLAIN[BACKSLASH] = 0;

/** The error for text that is malformed at `at`. */
export function malformed(bytes: Uint8Array, at: number): ProtocolViolation {
  const byte = bytes[at];
  const found = byte === undefined ? 'the end' : `byte 0x${byte.toString(16).padStart(2, '0')}`;
  return new ProtocolViolation(`JSON: unexpected ${found} at byte ${at}`);
}

/** The end of the white space at `at`. */
export function skipBlanks(bytes: Uint8Array, at: number): number {
  // White space is rare: one comparison is enough for most calls.
  if ((bytes[at] ?? 0) > SPACE) return at;
  let next = at;
  while (BLANK[bytes[next] ?? 0] === 1) next += 1;
  return next;
}

/**
 * The end of the value at `at`, which is nested in `depth` lists and dicts.
 * @throws ProtocolViolation when it is not well-formed, not UTF-8 or nests deeper than MAX_DEPTH
 */
export function skipValue(bytes: Uint8Array, at: number, depth: number): number {
  switch (bytes[at]) {
    case QUOTE:
      return skipString(bytes, at + 1);
    case LIST_START:
      return skipList(bytes, at + 1, deeper(depth));
    case DICT_START:
      return skipDict(bytes, at + 1, deeper(depth));
    case 0x74:
      return skipWord(bytes, at, 'true');
    case 0x66:
      return skipWord(bytes, at, 'false');
    case SMALL_N:
      return skipWord(bytes, at, 'null');
    default:
      return skipNumber(bytes, at);
  }
}

function deeper(depth: number): number {
  if (depth >= MAX_DEPTH) throw new ProtocolViolation(`JSON: nests deeper than ${MAX_DEPTH} levels`);
  return depth + 1;
}

function skipList(bytes: Uint8Array, at: number, depth: number): number {
  let next = skipBlanks(bytes, at);
  if (bytes[next] === LIST_END) return next + 1;
  for (;;) {
    next = skipBlanks(bytes, skipValue(bytes, next, depth));
    const byte = bytes[next];
    if (byte === LIST_END) return next + 1;
    if (byte !== COMMA) throw malformed(bytes, next);
    next = skipBlanks(bytes, next + 1);
  }
}

function skipDict(bytes: Uint8Array, at: number, depth: number): number {
  let next = skipBlanks(bytes, at);
  if (bytes[next] === DICT_END) return next + 1;
  for (;;) {
    next = skipBlanks(bytes, skipValue(bytes, skipKey(bytes, next), depth));
    const byte = bytes[next];
    if (byte === DICT_END) return next + 1;
    if (byte !== COMMA) throw malformed(bytes, next);
    next = skipBlanks(bytes, next + 1);
  }
}

/** Skips a key and its colon, up to the value. */
function skipKey(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE) throw malformed(bytes, at);
  const colon = skipBlanks(bytes, skipString(bytes, at + 1));
  if (bytes[colon] !== COLON) throw malformed(bytes, colon);
  return skipBlanks(bytes, colon + 1);
}

/** Skips the rest of a string after its opening quote. */
function skipString(bytes: Uint8Array, at: number): number {
  let next = at;
  for (;;) {
    next = skipPlain(bytes, next);
    const byte = bytes[next] ?? 0;
    if (byte === QUOTE) return next + 1;
    next = byte === BACKSLASH ? skipEscape(bytes, next + 1) : skipCharacter(bytes, next);
  }
}

/** The end of the run of unescaped one-byte characters at `at`. */
export function skipPlain(bytes: Uint8Array, at: number): number {
  const long = at + LONG_RUN;
  let next = at;
  while (PLAIN[bytes[next] ?? 0] === 1) {
    next += 1;
    if (next === long) return skipPlainWords(bytes, next);
  }
  return next;
}

function skipPlainWords(bytes: Uint8Array, at: number): number {
  const { byteOffset } = bytes;
  const words = wordsAround(bytes);
  const last = ((byteOffset + bytes.length) >> 2) - 3;
  let ahead = at;
  for (; ((byteOffset + ahead) & 3) !== 0; ahead += 1) if (PLAIN[bytes[ahead] ?? 0] !== 1) return ahead;
  const first = (byteOffset + ahead) >> 2;
  const end = hasBlocks ? Math.min(last, first + MANY) : last;
  let index = first;
  // Four words a step take half the time of four steps.
  while (
    index < end &&
    ((oddities(words[index] ?? 0) |
      oddities(words[index + 1] ?? 0) |
      oddities(words[index + 2] ?? 0) |
      oddities(words[index + 3] ?? 0)) &
      SIGNS) ===
      0
  ) {
    index += 4;
  }
  let next = 4 * index - byteOffset;
  if (index - first >= MANY) next = skipPlainBlocks(bytes, next);
  while (PLAIN[bytes[next] ?? 0] === 1) next += 1;
  return next;
}

/** After this many words, the rest of the run is checked in blocks, by WebAssembly. */
const MANY = 128;

/** The sign bits of the four bytes of a word, as a 32-bit integer of the engine. */
const SIGNS = 0x80808080 | 0;

/**
 * Checks four characters at once: sets the sign bit of each byte that is not ASCII, is below U+0020, a quote or a
 * backslash. The bit of a neighbour of such a byte may be set as well.
 */
function oddities(word: number): number {
  const blanks = (word - 0x20202020) | 0;
  const quotes = ((word ^ 0x22222222) - 0x01010101) | 0;
  const backslashes = ((word ^ 0x5c5c5c5c) - 0x01010101) | 0;
  return word | blanks | quotes | backslashes;
}

function skipEscape(bytes: Uint8Array, at: number): number {
  const byte = bytes[at] ?? 0;
  if (ESCAPE[byte] === 1) return at + 1;
  if (byte !== SMALL_U) throw malformed(bytes, at);
  for (let digit = at + 1; digit < at + 5; digit += 1) {
    if (HEX[bytes[digit] ?? 0] !== 1) throw malformed(bytes, digit);
  }
  return at + 5;
}

function skipCharacter(bytes: Uint8Array, at: number): number {
  const end = skipSequence(bytes, at);
  if (end === -1) throw malformed(bytes, at);
  return end;
}

function skipWord(bytes: Uint8Array, at: number, word: string): number {
  for (let index = 1; index < word.length; index += 1) {
    if (bytes[at + index] !== word.charCodeAt(index)) throw malformed(bytes, at + index);
  }
  return at + word.length;
}

function skipNumber(bytes: Uint8Array, at: number): number {
  const start = bytes[at] === MINUS ? at + 1 : at;
  let next = bytes[start] === ZERO ? start + 1 : skipDigits(bytes, start);
  if (bytes[next] === POINT) next = skipDigits(bytes, next + 1);
  if (((bytes[next] ?? 0) | 0x20) === 0x65) next = skipDigits(bytes, skipSign(bytes, next + 1));
  return next;
}

function skipSign(bytes: Uint8Array, at: number): number {
  return bytes[at] === PLUS || bytes[at] === MINUS ? at + 1 : at;
}

/** Skips one or more digits. */
function skipDigits(bytes: Uint8Array, at: number): number {
  let next = at;
  while (DIGIT[bytes[next] ?? 0] === 1) next += 1;
  if (next === at) throw malformed(bytes, at);
  return next;
}
