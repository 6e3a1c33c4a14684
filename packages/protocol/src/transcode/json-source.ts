/** Reads JSON that the scanner has checked, into a sink. */
import {
  BACKSLASH,
  COMMA,
  DICT_END,
  DICT_START,
  LIST_END,
  LIST_START,
  malformed,
  QUOTE,
  skipBlanks,
  skipPlain,
  SMALL_N,
  ZERO,
} from '../serializers/json-skip.ts';
import { readText } from '../serializers/text.ts';
import { decodeBase64, unescape } from './json-strings.ts';
import type { Sink } from './sink.ts';

const COLON = 0x3a;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
/** The letter `e` of an exponent. */
const SMALL_E = 0x65;
/** Below this limit, all integers are exact, so the digits added up so far have not been rounded. */
const EXACT = 2 ** 53;
/** The powers of ten that a number represents exactly. */
const POWERS: readonly number[] = Array.from({ length: 23 }, (_, power) => 10 ** power);

export class JsonSource {
  readonly #bytes: Uint8Array;
  readonly #sink: Sink;
  #at = 0;

  constructor(bytes: Uint8Array, sink: Sink) {
    this.#bytes = bytes;
    this.#sink = sink;
  }

  /** Writes the next value; skips the comma before it. @throws SerializationFailure */
  next(): void {
    let at = skipBlanks(this.#bytes, this.#at);
    if (this.#bytes[at] === COMMA) at = skipBlanks(this.#bytes, at + 1);
    this.#value(at);
  }

  #value(at: number): void {
    const byte = this.#bytes[at] ?? 0;
    switch (byte) {
      case QUOTE:
        this.#string(at + 1, false);
        break;
      case LIST_START:
        this.#list(at + 1);
        break;
      case DICT_START:
        this.#dict(at + 1);
        break;
      case 0x74:
        this.#at = at + 4;
        this.#sink.bool(true);
        break;
      case 0x66:
        this.#at = at + 5;
        this.#sink.bool(false);
        break;
      case SMALL_N:
        this.#at = at + 4;
        this.#sink.nil();
        break;
      default:
        this.#number(at, byte);
    }
  }

  #list(at: number): void {
    const bytes = this.#bytes;
    const sink = this.#sink;
    const start = sink.at;
    sink.openList(0);
    const content = sink.at;
    let count = 0;
    let next = skipBlanks(bytes, at);
    while (bytes[next] !== LIST_END) {
      this.#value(next);
      count += 1;
      next = this.#behind(LIST_END);
    }
    this.#at = next + 1;
    sink.closeList(start, content, 0, count);
  }

  #dict(at: number): void {
    const bytes = this.#bytes;
    const sink = this.#sink;
    const start = sink.at;
    const first = sink.firstKey;
    sink.openDict(0);
    const content = sink.at;
    let count = 0;
    let next = skipBlanks(bytes, at);
    while (bytes[next] !== DICT_END) {
      this.#string(next + 1, true);
      const colon = skipBlanks(bytes, this.#at);
      if (bytes[colon] !== COLON) throw malformed(bytes, colon);
      this.#value(skipBlanks(bytes, colon + 1));
      count += 1;
      next = this.#behind(DICT_END);
    }
    this.#at = next + 1;
    sink.closeDict(start, content, 0, count, first);
  }

  /** The start of the next element, or the position of the end of the list or dict. */
  #behind(end: number): number {
    const next = skipBlanks(this.#bytes, this.#at);
    const byte = this.#bytes[next];
    if (byte === COMMA) return skipBlanks(this.#bytes, next + 1);
    if (byte !== end) throw malformed(this.#bytes, next);
    return next;
  }

  /** Reads a string after its opening quote. */
  #string(at: number, isKey: boolean): void {
    const bytes = this.#bytes;
    let end = skipPlain(bytes, at);
    let isEscaped = false;
    for (let byte = bytes[end]; byte !== QUOTE; byte = bytes[end]) {
      if (byte === undefined) throw malformed(bytes, end);
      isEscaped ||= byte === BACKSLASH;
      end += byte === BACKSLASH ? 2 : 1;
    }
    this.#at = end + 1;
    if (isEscaped) this.#escaped(at, end, isKey);
    else if (isKey) this.#sink.key(bytes, at, end);
    else this.#sink.text(bytes, at, end);
  }

  #escaped(at: number, end: number, isKey: boolean): void {
    const sink = this.#sink;
    const text = sink.aside(end - at);
    const length = unescape(this.#bytes, at, end, text);
    if (isKey) sink.key(text, 0, length);
    else {
      // BIN-2: U+0000 and base64 stand for bytes; any other string is a string.
      const binary = length > 0 && text[0] === 0 ? decodeBase64(text, 1, length) : -1;
      if (binary === -1) sink.text(text, 0, length);
      else sink.binary(text, 1, binary);
    }
  }

  /** Most numbers consist of few digits and perhaps a point, and can be converted exactly here. */
  #number(at: number, first: number): void {
    const bytes = this.#bytes;
    const isNegative = first === MINUS;
    const start = isNegative ? at + 1 : at;
    const whole = this.#digits(start, 0);
    let next = this.#at;
    if (next === start) throw malformed(bytes, next);
    let value = whole;
    let power = 0;
    if (bytes[next] === POINT) {
      value = this.#digits(next + 1, whole);
      power = next + 1 - this.#at;
      next = this.#at;
    }
    if (((bytes[next] ?? 0) | 0x20) === SMALL_E) power += this.#exponent(next + 1);
    if (value >= EXACT || power < -22 || power > 22) value = Number(readText(bytes, start, this.#at));
    else if (power < 0) value /= POWERS[-power] ?? 1;
    else if (power > 0) value *= POWERS[power] ?? 1;
    this.#sink.number(isNegative ? -value : value);
  }

  /** Appends the digits from `at` on to `value`. */
  #digits(at: number, value: number): number {
    const bytes = this.#bytes;
    let read = value;
    let next = at;
    for (;;) {
      const digit = (bytes[next] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      read = read * 10 + digit;
      next += 1;
    }
    this.#at = next;
    return read;
  }

  /** Reads an exponent after its letter. */
  #exponent(at: number): number {
    const sign = this.#bytes[at];
    const power = this.#digits(sign === MINUS || sign === PLUS ? at + 1 : at, 0);
    return sign === MINUS ? -power : power;
  }
}
