/** Reads values of CBOR that the scanner has checked. */
import { NO_ENTRIES } from '../fields.ts';
import { joinWords, narrowed, readFloat32, readFloat64, readUnsigned, setKey } from './binary.ts';
import {
  argumentOf,
  BREAK,
  BYTES,
  contentOf,
  DICT,
  LIST,
  NEGATIVE,
  OPEN,
  TAG,
  TAG_BIGNUM,
  TAG_EPOCH,
  TAG_NEGATIVE_BIGNUM,
  TEXT,
  UNSIGNED,
} from './cbor-skip.ts';
import type { ReadText } from './text.ts';

/** Reads consecutive values. */
export class CborReader {
  readonly #bytes: Uint8Array;
  #at: number;
  readonly #readText: ReadText;

  /**
   * @param bytes values that {@link skipValue} has checked; the first starts at `at`
   * @param text reads strings
   */
  constructor(bytes: Uint8Array, at: number, text: ReadText) {
    this.#bytes = bytes;
    this.#at = at;
    this.#readText = text;
  }

  /** The next value of an envelope: all empty dicts are {@link NO_ENTRIES}. */
  readElement(): unknown {
    if (this.#bytes[this.#at] !== 0xa0) return this.read();
    this.#at += 1;
    return NO_ENTRIES;
  }

  /** The next value. Binary data is a copy. */
  read(): unknown {
    const at = this.#at;
    const byte = this.#bytes[at] ?? 0;
    this.#at = contentOf(byte, at);
    const open = (byte & 31) === OPEN;
    switch (byte >> 5) {
      case UNSIGNED:
        return integerAt(this.#bytes, byte, at);
      case NEGATIVE:
        return complement(integerAt(this.#bytes, byte, at));
      case BYTES:
        return open ? joinBytes(this.#chunks()) : this.#binary(argumentOf(this.#bytes, byte, at));
      case TEXT:
        return open ? this.#chunks().join('') : this.#text(argumentOf(this.#bytes, byte, at));
      case LIST:
        return open ? this.#chunks() : this.#list(argumentOf(this.#bytes, byte, at));
      case DICT:
        return open ? this.#openDict() : this.#dict(argumentOf(this.#bytes, byte, at));
      case TAG:
        return tagged(argumentOf(this.#bytes, byte, at), this.read());
      default:
        return simple(this.#bytes, byte, at + 1);
    }
  }

  #text(length: number): string {
    const start = this.#at;
    this.#at += length;
    return this.#readText(this.#bytes, start, this.#at);
  }

  #binary(length: number): Uint8Array {
    const start = this.#at;
    this.#at += length;
    return new Uint8Array(this.#bytes.subarray(start, this.#at));
  }

  #list(count: number): unknown[] {
    const list = new Array<unknown>(count);
    for (let index = 0; index < count; index += 1) list[index] = this.read();
    return list;
  }

  #dict(count: number): Record<string, unknown> {
    const dict: Record<string, unknown> = {};
    for (let index = 0; index < count; index += 1) setKey(dict, String(this.read()), this.read());
    return dict;
  }

  /** All values up to the break. */
  #chunks(): unknown[] {
    const chunks: unknown[] = [];
    while (!this.#breaks()) chunks.push(this.read());
    return chunks;
  }

  #openDict(): Record<string, unknown> {
    const dict: Record<string, unknown> = {};
    while (!this.#breaks()) setKey(dict, String(this.read()), this.read());
    return dict;
  }

  /** Skips the break, if there is one. */
  #breaks(): boolean {
    if (this.#bytes[this.#at] !== BREAK) return false;
    this.#at += 1;
    return true;
  }
}

function integerAt(bytes: Uint8Array, byte: number, at: number): number | bigint {
  if ((byte & 31) < 27) return argumentOf(bytes, byte, at);
  return joinWords(readUnsigned(bytes, at + 1, 4), readUnsigned(bytes, at + 5, 4));
}

/** -1 - n: the encoding of negative integers. */
function complement(value: number | bigint): number | bigint {
  return typeof value === 'number' && value < Number.MAX_SAFE_INTEGER
    ? -1 - value
    : narrowed(-1n - BigInt(value));
}

function tagged(tag: number, value: unknown): unknown {
  if (tag === TAG_EPOCH && typeof value === 'number') return dateOf(value) ?? value;
  if (tag === TAG_BIGNUM) return narrowed(bignum(value as Uint8Array));
  if (tag === TAG_NEGATIVE_BIGNUM) return complement(bignum(value as Uint8Array));
  return value;
}

/** The date this many seconds after 1970; undefined when a Date cannot express it. */
function dateOf(seconds: number): Date | undefined {
  const date = new Date(Math.round(seconds * 1000));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Converts by way of hexadecimal, in linear time. */
function bignum(bytes: Uint8Array): bigint {
  let digits = '0x0';
  for (const byte of bytes) digits += byte.toString(16).padStart(2, '0');
  return BigInt(digits);
}

function joinBytes(chunks: readonly unknown[]): Uint8Array {
  const parts = chunks as readonly Uint8Array[];
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function simple(bytes: Uint8Array, byte: number, at: number): unknown {
  switch (byte & 31) {
    case 20:
      return false;
    case 21:
      return true;
    case 25:
      return float16(readUnsigned(bytes, at, 2));
    case 26:
      return readFloat32(bytes, at);
    case 27:
      return readFloat64(bytes, at);
    default:
      // Null, or undefined, which the other formats cannot express.
      return null;
  }
}

/** The float whose sign, exponent and fraction are 1, 5 and 10 bits of `half`. */
export function float16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * 2 ** -24 * fraction;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * 2 ** (exponent - 25) * (0x400 + fraction);
}
