/** Writes JSON. */
import { SerializationFailure } from '../errors.ts';
import { ALPHABET, PADDING } from '../serializers/base64.ts';
import {
  BACKSLASH,
  COMMA,
  DICT_END,
  DICT_START,
  LIST_END,
  LIST_START,
  QUOTE,
} from '../serializers/json-skip.ts';
import { writeDate } from './dates.ts';
import { writeDecimal } from './decimal.ts';
import { Sink } from './sink.ts';

const COLON = 0x3a;
const SMALL_U = 0x75;
/** The escape \u0000 as a string. */
const UNICODE = 0x30;
const HEX = '0123456789abcdef';
/** For each byte that has to be escaped, the letter after the backslash; `u` is followed by four digits. 0 for other bytes. */
const ESCAPE = new Uint8Array(256).fill(SMALL_U, 0, 0x20);
ESCAPE[QUOTE] = QUOTE;
ESCAPE[BACKSLASH] = BACKSLASH;
for (const [byte, letter] of [
  [8, 'b'],
  [9, 't'],
  [10, 'n'],
  [12, 'f'],
  [13, 'r'],
] as const) {
  ESCAPE[byte] = letter.charCodeAt(0);
}
/** The longest number or date, with quotes and a comma. */
const LONGEST = 32;
/** The length of the longest escape. */
const ESCAPED = 6;
/** Up to this many bytes, a string is copied byte by byte. */
const SHORT = 64;

function inexact(): SerializationFailure {
  return new SerializationFailure('JSON: cannot write an integer beyond 2^53 exactly');
}

/** True for integers up to 2^53. */
function isExact(high: number, low: number): boolean {
  return high < 0x200000 || (high === 0x200000 && low === 0);
}

/** Writes a comma after each value; the end of a list or dict replaces the last comma. */
export class JsonSink extends Sink {
  nil(): void {
    this.#word('null,');
  }

  bool(value: boolean): void {
    this.#word(value ? 'true,' : 'false,');
  }

  float(value: number): void {
    if (value === 0) this.#word('-0,');
    else if (!Number.isFinite(value)) throw new SerializationFailure(`JSON: cannot write ${value}`);
    else {
      this.#word(String(value));
      this.octet(COMMA);
    }
  }

  unsigned(high: number, low: number): void {
    if (!isExact(high, low)) throw inexact();
    this.reserve(LONGEST);
    this.at = writeDecimal(this.bytes, this.at, high, low, 0);
    this.octet(COMMA);
  }

  negative(high: number, low: number): void {
    if (high > 0x1fffff) throw inexact();
    this.reserve(LONGEST);
    this.bytes[this.at] = 0x2d;
    this.at = writeDecimal(this.bytes, this.at + 1, high, low, 1);
    this.octet(COMMA);
  }

  text(source: Uint8Array, at: number, end: number): void {
    if (at < end && source[at] === 0)
      throw new SerializationFailure('JSON: a string that starts with U+0000 would be read as binary data');
    this.#string(source, at, end);
    this.octet(COMMA);
  }

  binary(source: Uint8Array, at: number, end: number): void {
    this.#word('"\\u0000');
    this.#base64(source, at, end);
    this.#word('",');
  }

  date(milliseconds: number): void {
    if (Number.isNaN(milliseconds)) throw new SerializationFailure('JSON: cannot write an invalid Date');
    this.reserve(LONGEST);
    this.bytes[this.at] = QUOTE;
    this.at = writeDate(this.bytes, this.at + 1, milliseconds);
    this.#word('",');
  }

  key(source: Uint8Array, at: number, end: number): void {
    const start = this.at;
    this.#string(source, at, end);
    this.keys.add(start, this.at);
    this.octet(COLON);
  }

  openList(): void {
    this.octet(LIST_START);
  }

  openDict(): void {
    this.octet(DICT_START);
  }

  closeList(_start: number, _content: number, _told: number, count: number): void {
    this.#close(LIST_END, count);
  }

  closeDict(_start: number, _content: number, _told: number, count: number, first: number): void {
    this.keys.close(this, first);
    this.#close(DICT_END, count);
  }

  /** The payload, without the comma after the last value. */
  override copy(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.at - 1);
  }

  #close(byte: number, count: number): void {
    if (count > 0) this.at -= 1;
    this.octet(byte);
    this.octet(COMMA);
  }

  #word(word: string): void {
    const { length } = word;
    this.reserve(length);
    const { bytes, at } = this;
    for (let index = 0; index < length; index += 1) bytes[at + index] = word.charCodeAt(index);
    this.at = at + length;
  }

  #string(source: Uint8Array, at: number, end: number): void {
    if (end - at > SHORT) this.#longString(source, at, end);
    else {
      this.reserve(ESCAPED * (end - at) + 2);
      const { bytes } = this;
      bytes[this.at++] = QUOTE;
      for (let index = at; index < end; index += 1) {
        const byte = source[index] ?? 0;
        if (ESCAPE[byte] === 0) bytes[this.at++] = byte;
        else this.#escape(byte);
      }
      bytes[this.at++] = QUOTE;
    }
  }

  #longString(source: Uint8Array, at: number, end: number): void {
    this.octet(QUOTE);
    for (let next = at; next < end;) {
      let plain = next;
      while (plain < end && ESCAPE[source[plain] ?? 0] === 0) plain += 1;
      this.put(source, next, plain);
      if (plain < end) {
        this.reserve(ESCAPED);
        this.#escape(source[plain] ?? 0);
      }
      next = plain + 1;
    }
    this.octet(QUOTE);
  }

  #escape(byte: number): void {
    const { bytes } = this;
    const letter = ESCAPE[byte] ?? 0;
    bytes[this.at++] = BACKSLASH;
    bytes[this.at++] = letter;
    if (letter !== SMALL_U) return;
    bytes[this.at++] = UNICODE;
    bytes[this.at++] = UNICODE;
    bytes[this.at++] = HEX.charCodeAt(byte >> 4);
    bytes[this.at++] = HEX.charCodeAt(byte & 15);
  }

  #base64(source: Uint8Array, at: number, end: number): void {
    const size = 4 * Math.ceil((end - at) / 3);
    this.reserve(size);
    const { bytes } = this;
    let to = this.at;
    // Bytes beyond the end count as 0; padding then replaces the characters that result from them.
    for (let from = at; from < end; from += 3) {
      const second = from + 1 < end ? (source[from + 1] ?? 0) : 0;
      const third = from + 2 < end ? (source[from + 2] ?? 0) : 0;
      const bits = ((source[from] ?? 0) << 16) | (second << 8) | third;
      bytes[to] = ALPHABET[bits >> 18] ?? 0;
      bytes[to + 1] = ALPHABET[(bits >> 12) & 63] ?? 0;
      bytes[to + 2] = ALPHABET[(bits >> 6) & 63] ?? 0;
      bytes[to + 3] = ALPHABET[bits & 63] ?? 0;
      to += 4;
    }
    bytes.fill(PADDING, to - ((3 - ((end - at) % 3)) % 3), to);
    this.at = to;
  }
}
