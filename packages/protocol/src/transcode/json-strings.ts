/** Decodes escapes and base64 in strings of JSON, as bytes. */
import { ALPHABET, PADDING } from '../serializers/base64.ts';
import { BACKSLASH } from '../serializers/json-skip.ts';
import { loneSurrogate } from './sink.ts';

const SMALL_U = 0x75;
/** The meaning of each letter after a backslash; other characters stand for themselves. */
const LETTERS: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => byte);
for (const [letter, byte] of [
  ['b', 8],
  ['t', 9],
  ['n', 10],
  ['f', 12],
  ['r', 13],
] as const) {
  LETTERS[letter.charCodeAt(0)] = byte;
}
/** The six bits that a character of base64 stands for; NONE for any other. */
const NONE = 0xff;
const BITS = new Uint8Array(256).fill(NONE);
for (const [bits, character] of ALPHABET.entries()) BITS[character] = bits;

/** Writes the string from `at` to `end` with its escapes resolved. @returns its new length */
export function unescape(bytes: Uint8Array, at: number, end: number, into: Uint8Array): number {
  let to = 0;
  let next = at;
  while (next < end) {
    const byte = bytes[next] ?? 0;
    if (byte !== BACKSLASH) {
      into[to++] = byte;
      next += 1;
      continue;
    }
    const letter = bytes[next + 1] ?? 0;
    next += 2;
    if (letter !== SMALL_U) {
      into[to++] = LETTERS[letter] ?? 0;
      continue;
    }
    let character = unitAt(bytes, next);
    next += 4;
    if (character >= 0xd800 && character < 0xe000) {
      character = pairOf(character, bytes, next);
      next += 6;
    }
    to = writeCharacter(into, to, character);
  }
  return to;
}

/** The character of a surrogate and the escape after it. @throws SerializationFailure when they are not a pair */
function pairOf(first: number, bytes: Uint8Array, at: number): number {
  if (first < 0xdc00 && bytes[at] === BACKSLASH && bytes[at + 1] === SMALL_U) {
    const second = unitAt(bytes, at + 2);
    if (second >= 0xdc00 && second < 0xe000) return 0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff);
  }
  throw loneSurrogate();
}

function unitAt(bytes: Uint8Array, at: number): number {
  let unit = 0;
  for (let index = at; index < at + 4; index += 1) {
    const digit = bytes[index] ?? 0;
    unit = (unit << 4) | (digit < 0x40 ? digit & 15 : (digit & 15) + 9);
  }
  return unit;
}

function writeCharacter(into: Uint8Array, at: number, character: number): number {
  let next = at;
  if (character < 0x80) into[next++] = character;
  else if (character < 0x800) into[next++] = 0xc0 | (character >> 6);
  else {
    if (character < 0x10000) into[next++] = 0xe0 | (character >> 12);
    else {
      into[next++] = 0xf0 | (character >> 18);
      into[next++] = 0x80 | ((character >> 12) & 63);
    }
    into[next++] = 0x80 | ((character >> 6) & 63);
  }
  if (character >= 0x80) into[next++] = 0x80 | (character & 63);
  return next;
}

/**
 * Decodes the base64 with padding from `at` to `end` in place.
 * @returns the end of the decoded bytes; -1, without a change, when it is not base64
 */
export function decodeBase64(text: Uint8Array, at: number, end: number): number {
  if ((end - at) % 4 !== 0) return -1;
  let last = end;
  while (last > at && end - last < 2 && text[last - 1] === PADDING) last -= 1;
  for (let index = at; index < last; index += 1) if (BITS[text[index] ?? 0] === NONE) return -1;
  let to = at;
  for (let from = at; from < last; from += 4) {
    const bits =
      ((BITS[text[from] ?? 0] ?? 0) << 18) |
      ((BITS[text[from + 1] ?? 0] ?? 0) << 12) |
      ((BITS[text[from + 2] ?? 0] ?? 0) << 6) |
      (BITS[text[from + 3] ?? 0] ?? 0);
    text[to] = bits >> 16;
    text[to + 1] = bits >> 8;
    text[to + 2] = bits;
    to += 3;
  }
  return to - (end - last);
}
