/** UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF. */

function isTail(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** The lowest second byte after `lead` that makes no overlong form. */
function lowestSecond(lead: number): number {
  return lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
}

/** The highest second byte after `lead` that makes neither a surrogate nor more than U+10FFFF. */
function highestSecond(lead: number): number {
  return lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
}

/** Where the sequence of two to four bytes at `at` ends, or -1 when it is none. */
export function skipSequence(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  const second = bytes[at + 1] ?? 0;
  if (lead < 0xc2 || lead > 0xf4 || second < lowestSecond(lead) || second > highestSecond(lead)) return -1;
  if (lead < 0xe0) return at + 2;
  if (!isTail(bytes[at + 2])) return -1;
  if (lead < 0xf0) return at + 3;
  return isTail(bytes[at + 3]) ? at + 4 : -1;
}

/** From this many characters in a row on, looking at four at once pays for the view it takes. */
export const LONG_RUN = 32;

/** The words of the buffer that was looked at last: mostly the next bytes come in the same one. */
let looked: ArrayBufferLike = new ArrayBuffer(0);
let words: Int32Array = new Int32Array(looked);

/** The whole words of the buffer that `bytes` lie in, of which the first is the first of the buffer. */
export function wordsAround({ buffer }: Uint8Array): Int32Array {
  if (looked !== buffer) {
    looked = buffer;
    words = new Int32Array(buffer, 0, buffer.byteLength >> 2);
  }
  return words;
}

/** True when the bytes from `at` up to `end` are whole characters. */
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
    // No sooner than here is the first multiple of four a long run away.
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
