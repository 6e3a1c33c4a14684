/** Sink: the output of a transcoder. Each serializer has one. */
import { SerializationFailure } from '../errors.ts';
import { MAX_ID } from '../ids.ts';
import { writeDecimal } from './decimal.ts';
import { DictKeys, type Written } from './dict-keys.ts';

/** How much memory is kept for the next payload, at most (bytes). */
const MOST_KEPT = 64 * 1024;
/** Up to this many bytes, a loop is faster than a call into the engine. */
const SHORT = 32;
const WORD = 0x100000000;
/** The length of the longest integer in decimal: the sign and 20 digits. */
const LONGEST_INTEGER = 21;

/** The failure of a JSON string whose escapes contain a lone surrogate. */
export function loneSurrogate(): SerializationFailure {
  return new SerializationFailure('a string has a lone surrogate, which UTF-8 cannot encode');
}

/**
 * Writes the values of one payload, one after the other, in the encoding of a serializer. Integers are passed as two words of
 * 32 bits, `high` and `low`. All methods throw a SerializationFailure for values that the serializer cannot encode.
 */
export abstract class Sink implements Written {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(MOST_KEPT);
  at = 0;
  protected readonly keys: DictKeys = new DictKeys();
  readonly #digits = new Uint8Array(LONGEST_INTEGER);
  #aside = new Uint8Array(1024);

  abstract nil(): void;
  abstract bool(value: boolean): void;
  /** A number that is not written as an integer. */
  abstract float(value: number): void;
  abstract unsigned(high: number, low: number): void;
  /** The integer -1 - n. */
  abstract negative(high: number, low: number): void;
  /** A string: the UTF-8 from `at` to `end`. */
  abstract text(source: Uint8Array, at: number, end: number): void;
  abstract binary(source: Uint8Array, at: number, end: number): void;
  /** A date, in milliseconds since 1970; NaN for an invalid date. */
  abstract date(milliseconds: number): void;
  /** A key of the current dict. */
  abstract key(source: Uint8Array, at: number, end: number): void;
  /** Begins a list of `count` elements; 0 while the number is unknown. */
  abstract openList(count: number): void;
  abstract openDict(count: number): void;
  /**
   * Ends the list of `count` elements that began at `start`; its first element is at `content`.
   * @param told the `count` that was passed to `openList`
   */
  abstract closeList(start: number, content: number, told: number, count: number): void;
  /** The same for a dict. @param first the value of `firstKey` when it began */
  abstract closeDict(start: number, content: number, told: number, count: number, first: number): void;

  /** The position of the first key of a dict that begins now. */
  get firstKey(): number {
    return this.keys.top;
  }

  /** Begins a payload. @param size its expected length, in bytes */
  begin(size: number): void {
    this.at = 0;
    this.keys.reset();
    this.reserve(size);
  }

  /** A copy of what has been written. */
  copy(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.at);
  }

  /** Releases memory above the usual size. */
  release(): void {
    this.keys.reset();
    if (this.bytes.length > MOST_KEPT) this.bytes = new Uint8Array(MOST_KEPT);
    if (this.#aside.length > MOST_KEPT) this.#aside = new Uint8Array(1024);
  }

  aside(size: number): Uint8Array<ArrayBuffer> {
    if (size > this.#aside.length) this.#aside = new Uint8Array(2 * size);
    return this.#aside;
  }

  /** A number; written as an integer if it is an exact integer. */
  number(value: number): void {
    const low = value >>> 0;
    if (low === value) {
      if (low === 0 && 1 / value < 0) this.float(value);
      else this.unsigned(0, low);
    } else if (!Number.isInteger(value) || value > MAX_ID || value < -MAX_ID) this.float(value);
    else if (value > 0) this.unsigned(Math.floor(value / WORD), low);
    else this.negative(Math.floor((-1 - value) / WORD), (-1 - value) >>> 0);
  }

  /** A key that is an integer, in decimal. */
  unsignedKey(high: number, low: number): void {
    this.key(this.#digits, 0, writeDecimal(this.#digits, 0, high, low, 0));
  }

  /** The same for -1 - n. */
  negativeKey(high: number, low: number): void {
    this.#digits[0] = 0x2d;
    this.key(this.#digits, 0, writeDecimal(this.#digits, 1, high, low, 1));
  }

  protected reserve(size: number): void {
    if (this.at + size > this.bytes.length) this.#grow(size);
  }

  protected octet(value: number): void {
    if (this.at === this.bytes.length) this.#grow(1);
    this.bytes[this.at++] = value;
  }

  protected put(source: Uint8Array, at: number, end: number): void {
    const length = end - at;
    this.reserve(length);
    const { bytes, at: to } = this;
    if (length > SHORT) bytes.set(source.subarray(at, end), to);
    else for (let index = 0; index < length; index += 1) bytes[to + index] = source[at + index] ?? 0;
    this.at = to + length;
  }

  #grow(size: number): void {
    const larger = new Uint8Array(Math.max(2 * this.bytes.length, this.at + size));
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
  }
}
