/** A check of UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */

function isTail(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** The lowest second byte after `lead` that is not an overlong form. */
function lowestSecond(lead: number): number {
  return lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
}

/** The highest second byte after `lead` that is neither a surrogate nor above U+10FFFF. */
function highestSecond(lead: number): number {
  return lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
}

/** The end of the sequence of two to four bytes at `at`; -1 for an invalid sequence. */
export function skipSequence(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  const second = bytes[at + 1] ?? 0;
  if (lead < 0xc2 || lead > 0xf4 || second < lowestSecond(lead) || second > highestSecond(lead)) return -1;
  if (lead < 0xe0) return at + 2;
  if (!isTail(bytes[at + 2])) return -1;
  if (lead < 0xf0) return at + 3;
  return isTail(bytes[at + 3]) ? at + 4 : -1;
}

/** After this many characters in a row, checking words of four bytes is faster, despite the view that it needs. */
export const LONG_RUN = 32;

/** The last buffer and its words: successive calls mostly have the same buffer. */
let looked: ArrayBufferLike = new ArrayBuffer(0);
let words: Int32Array = new Int32Array(looked);

/** The words of the whole buffer of `bytes`. */
export function wordsAround({ buffer }: Uint8Array): Int32Array {
  if (looked !== buffer) {
    looked = buffer;
    words = new Int32Array(buffer, 0, buffer.byteLength >> 2);
  }
  return words;
}

/** True when the bytes from `at` to `end` are valid UTF-8. */
export function isUtf8(bytes: Uint8Array, at: number, end: number): boolean {
  let next = at;
  for (;;) {
    next = skipAscii(bytes, next, end);
    if (next >= end) return next === end;
    next = skipSequence(bytes, next);
    if (next === -1) return false;
  }
}

function skipAscii(bytes: Uint8Array, at: number, end: number): number {
  const long = at + LONG_RUN;
  let next = at;
  while (next < end && (bytes[next] ?? 0) < 0x80) {
    next += 1;
    // Words start at multiples of four in the buffer.
    if (next >= long && ((bytes.byteOffset + next) & 3) === 0) return skipAsciiWords(bytes, next, end);
  }
  return next;
}

function skipAsciiWords(bytes: Uint8Array, at: number, end: number): number {
  const around = wordsAround(bytes);
  const last = (bytes.byteOffset + end) >> 2;
  let index = (bytes.byteOffset + at) >> 2;
  while (index < last && ((around[index] ?? 0) & 0x80808080) === 0) index += 1;
  let next = 4 * index - bytes.byteOffset;
  while (next < end && (bytes[next] ?? 0) < 0x80) next += 1;
  return next;
}
