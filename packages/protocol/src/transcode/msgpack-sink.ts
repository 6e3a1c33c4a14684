/** Writes MessagePack. */
import { SerializationFailure } from '../errors.ts';
import { BinarySink } from './binary-sink.ts';
import { invalidDate } from './dates.ts';

export class MsgpackSink extends BinarySink {
  nil(): void {
    this.octet(0xc0);
  }

  bool(value: boolean): void {
    this.octet(value ? 0xc3 : 0xc2);
  }

  float(value: number): void {
    this.double(0xcb, value);
  }

  unsigned(high: number, low: number): void {
    if (high !== 0) this.wide(0xcf, high, low);
    else if (low < 0x80) this.octet(low);
    else if (low < 0x100) this.head(0xcc, 1, low);
    else if (low < 0x10000) this.head(0xcd, 2, low);
    else this.head(0xce, 4, low);
  }

  negative(high: number, low: number): void {
    if (high >= 0x80000000)
      throw new SerializationFailure('MessagePack: cannot write an integer beyond 64 bits');
    if (high !== 0 || low >= 0x80000000) this.wide(0xd3, ~high, ~low);
    else if (low < 0x20) this.octet(0xff - low);
    else if (low < 0x80) this.head(0xd0, 1, ~low);
    else if (low < 0x8000) this.head(0xd1, 2, ~low);
    else this.head(0xd2, 4, ~low);
  }

  text(source: Uint8Array, at: number, end: number): void {
    const length = end - at;
    if (length < 0x20) this.octet(0xa0 | length);
    else this.#length(0xd9, length);
    this.put(source, at, end);
  }

  binary(source: Uint8Array, at: number, end: number): void {
    this.#length(0xc4, end - at);
    this.put(source, at, end);
  }

  date(milliseconds: number): void {
    if (Number.isNaN(milliseconds)) throw invalidDate();
    const seconds = Math.floor(milliseconds / 1000);
    const rest = milliseconds - 1000 * seconds;
    const isShort = milliseconds >= 0 && seconds < 0x100000000;
    if (isShort && rest === 0) {
      this.#extension(0xd6, seconds);
    } else if (isShort) {
      this.#extension(0xd7, rest * 4_000_000);
      this.word(seconds);
    } else {
      this.head(0xc7, 1, 12);
      this.head(0xff, 4, rest * 1_000_000);
      this.word(Math.floor(seconds / 0x100000000));
      this.word(seconds);
    }
  }

  protected listHead(count: number): void {
    if (count < 0x10) this.octet(0x90 | count);
    else if (count < 0x10000) this.head(0xdc, 2, count);
    else this.head(0xdd, 4, count);
  }

  protected dictHead(count: number): void {
    if (count < 0x10) this.octet(0x80 | count);
    else if (count < 0x10000) this.head(0xde, 2, count);
    else this.head(0xdf, 4, count);
  }

  protected headSize(count: number): number {
    return count < 0x10 ? 1 : count < 0x10000 ? 3 : 5;
  }

  /** Writes a length in 1, 2 or 4 bytes, which `byte` and the two codes after it indicate. */
  #length(byte: number, length: number): void {
    if (length < 0x100) this.head(byte, 1, length);
    else if (length < 0x10000) this.head(byte + 1, 2, length);
    else this.head(byte + 2, 4, length);
  }

  /** Writes the head of a timestamp, and its first word. */
  #extension(byte: number, word: number): void {
    this.octet(byte);
    this.head(0xff, 4, word);
  }
}
