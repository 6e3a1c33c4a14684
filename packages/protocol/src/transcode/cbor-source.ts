/** Reads CBOR that the scanner has checked, into a sink. */
import { ProtocolViolation } from '../errors.ts';
import { readFloat32, readFloat64, readUnsigned } from '../serializers/binary.ts';
import { float16 } from '../serializers/cbor-read.ts';
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
} from '../serializers/cbor-skip.ts';
import { clipped } from './dates.ts';
import type { Sink } from './sink.ts';

export class CborSource {
  readonly #bytes: Uint8Array;
  readonly #sink: Sink;
  #at = 0;

  constructor(bytes: Uint8Array, sink: Sink) {
    this.#bytes = bytes;
    this.#sink = sink;
  }

  /** Writes the next value. @throws SerializationFailure */
  next(): void {
    const bytes = this.#bytes;
    const at = this.#at;
    const byte = bytes[at] ?? 0;
    if (at >= bytes.length) throw new ProtocolViolation(`CBOR: unexpected end at byte ${at}`);
    const content = contentOf(byte, at);
    this.#at = content;
    switch (byte >> 5) {
      case UNSIGNED:
      case NEGATIVE:
        this.#integer(byte, at, false);
        break;
      case BYTES:
      case TEXT:
        this.#string(byte, at, content);
        break;
      case LIST:
        this.#list(byte, at);
        break;
      case DICT:
        this.#dict(byte, at);
        break;
      case TAG:
        this.#tagged(argumentOf(bytes, byte, at));
        break;
      default:
        this.#simple(byte, at + 1, false);
    }
  }

  /** The integer whose head is at `at`. @param isEpoch it is a date, if a Date can express it */
  #integer(byte: number, at: number, isEpoch: boolean): void {
    const isWide = (byte & 31) === 27;
    const high = isWide ? readUnsigned(this.#bytes, at + 1, 4) : 0;
    const low = isWide ? readUnsigned(this.#bytes, at + 5, 4) : argumentOf(this.#bytes, byte, at);
    this.#words(byte >> 5 === NEGATIVE, high, low, isEpoch);
  }

  #words(isNegative: boolean, high: number, low: number, isEpoch: boolean): void {
    const value = high * 0x100000000 + low;
    if (isEpoch && this.#date(isNegative ? -1 - value : value)) return;
    if (isNegative) this.#sink.negative(high, low);
    else this.#sink.unsigned(high, low);
  }

  /** Writes the date this many seconds after 1970. @returns false, without writing, when a Date cannot express it */
  #date(seconds: number): boolean {
    const milliseconds = clipped(Math.round(seconds * 1000));
    if (Number.isNaN(milliseconds)) return false;
    this.#sink.date(milliseconds);
    return true;
  }

  #string(byte: number, at: number, content: number): void {
    const isText = byte >> 5 === TEXT;
    let source = this.#bytes;
    let start = content;
    let end: number;
    if ((byte & 31) === OPEN) {
      end = this.#gather();
      source = this.#sink.aside(0);
      start = 0;
    } else this.#at = end = content + argumentOf(source, byte, at);
    if (isText) this.#sink.text(source, start, end);
    else this.#sink.binary(source, start, end);
  }

  /** Joins the chunks of a string of indefinite length in the spare memory of the sink. @returns its length */
  #gather(): number {
    const bytes = this.#bytes;
    let length = 0;
    let end = this.#at;
    for (; bytes[end] !== BREAK && end < bytes.length;) {
      const size = argumentOf(bytes, bytes[end] ?? 0, end);
      end = contentOf(bytes[end] ?? 0, end) + size;
      length += size;
    }
    const whole = this.#sink.aside(length);
    for (let at = this.#at, to = 0; at < end;) {
      const start = contentOf(bytes[at] ?? 0, at);
      const next = start + argumentOf(bytes, bytes[at] ?? 0, at);
      whole.set(bytes.subarray(start, next), to);
      to += next - start;
      at = next;
    }
    this.#at = end + 1;
    return length;
  }

  #list(byte: number, at: number): void {
    const sink = this.#sink;
    const isOpen = (byte & 31) === OPEN;
    const told = isOpen ? 0 : argumentOf(this.#bytes, byte, at);
    const start = sink.at;
    sink.openList(told);
    const content = sink.at;
    let count = 0;
    for (; isOpen ? !this.#breaks() : count < told; count += 1) this.next();
    sink.closeList(start, content, told, count);
  }

  #dict(byte: number, at: number): void {
    const sink = this.#sink;
    const isOpen = (byte & 31) === OPEN;
    const told = isOpen ? 0 : argumentOf(this.#bytes, byte, at);
    const start = sink.at;
    const first = sink.firstKey;
    sink.openDict(told);
    const content = sink.at;
    let count = 0;
    for (; isOpen ? !this.#breaks() : count < told; count += 1) {
      this.#key();
      this.next();
    }
    sink.closeDict(start, content, told, count, first);
  }

  /** Skips the break, if there is one. */
  #breaks(): boolean {
    if (this.#bytes[this.#at] !== BREAK) return false;
    this.#at += 1;
    return true;
  }

  /** A string, or an integer. */
  #key(): void {
    const bytes = this.#bytes;
    const at = this.#at;
    const byte = bytes[at] ?? 0;
    const content = contentOf(byte, at);
    this.#at = content;
    if (byte >> 5 !== TEXT) this.#integerKey(byte, at);
    else if ((byte & 31) === OPEN) {
      const end = this.#gather();
      this.#sink.key(this.#sink.aside(0), 0, end);
    } else {
      this.#at += argumentOf(bytes, byte, at);
      this.#sink.key(bytes, content, this.#at);
    }
  }

  #integerKey(byte: number, at: number): void {
    const isWide = (byte & 31) === 27;
    const high = isWide ? readUnsigned(this.#bytes, at + 1, 4) : 0;
    const low = isWide ? readUnsigned(this.#bytes, at + 5, 4) : argumentOf(this.#bytes, byte, at);
    if (byte >> 5 === NEGATIVE) this.#sink.negativeKey(high, low);
    else this.#sink.unsignedKey(high, low);
  }

  /** A tagged value, under any number of tags. Only the tags of dates and big integers change how the value is read. */
  #tagged(outermost: number): void {
    const bytes = this.#bytes;
    let tag = outermost;
    let isEpoch = false;
    for (;;) {
      if (tag === TAG_BIGNUM || tag === TAG_NEGATIVE_BIGNUM) {
        this.#bignum(tag === TAG_NEGATIVE_BIGNUM, isEpoch);
        return;
      }
      isEpoch ||= tag === TAG_EPOCH;
      const at = this.#at;
      const byte = bytes[at] ?? 0;
      const major = byte >> 5;
      if (major !== TAG) {
        if (!isEpoch || (major > NEGATIVE && major < TAG)) this.next();
        else this.#late(byte, at);
        return;
      }
      this.#at = contentOf(byte, at);
      tag = argumentOf(bytes, byte, at);
    }
  }

  /** A number or a simple value with the tag of dates. */
  #late(byte: number, at: number): void {
    this.#at = contentOf(byte, at);
    if (byte >> 5 <= NEGATIVE) this.#integer(byte, at, true);
    else this.#simple(byte, at + 1, true);
  }

  /** A big integer: a string of bytes. */
  #bignum(isNegative: boolean, isEpoch: boolean): void {
    const at = this.#at;
    let source = this.#bytes;
    const byte = source[at] ?? 0;
    let start = contentOf(byte, at);
    this.#at = start;
    let end: number;
    if ((byte & 31) === OPEN) {
      end = this.#gather();
      source = this.#sink.aside(0);
      start = 0;
    } else this.#at = end = start + argumentOf(source, byte, at);
    while (start < end && source[start] === 0) start += 1;
    // The sinks refuse -2^64, and with it this integer: the other formats cannot express more than 64 bits.
    if (end - start > 8) this.#sink.negative(0xffffffff, 0xffffffff);
    const middle = Math.max(start, end - 4);
    this.#words(
      isNegative,
      readUnsigned(source, start, middle - start),
      readUnsigned(source, middle, end - middle),
      isEpoch,
    );
  }

  #simple(byte: number, at: number, isEpoch: boolean): void {
    switch (byte & 31) {
      case 20:
      case 21:
        this.#sink.bool((byte & 31) === 21);
        break;
      case 25:
        this.#float(float16(readUnsigned(this.#bytes, at, 2)), isEpoch);
        break;
      case 26:
        this.#float(readFloat32(this.#bytes, at), isEpoch);
        break;
      case 27:
        this.#float(readFloat64(this.#bytes, at), isEpoch);
        break;
      default:
        // Null, or undefined, which the other formats cannot express.
        this.#sink.nil();
    }
  }

  #float(value: number, isEpoch: boolean): void {
    if (!isEpoch || !this.#date(value)) this.#sink.number(value);
  }
}
