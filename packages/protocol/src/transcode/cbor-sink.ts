/** Writes CBOR in which all lengths are definite. */
import { BinarySink } from './binary-sink.ts';
import { invalidDate } from './dates.ts';

/* The major types, as they stand in a first byte. */
const UNSIGNED = 0x00;
const NEGATIVE = 0x20;
const BYTES = 0x40;
const TEXT = 0x60;
const LIST = 0x80;
const DICT = 0xa0;
/** Tag 1: seconds since 1970. */
const EPOCH = 0xc1;

export class CborSink extends BinarySink {
  nil(): void {
    this.octet(0xf6);
  }

  bool(value: boolean): void {
    this.octet(value ? 0xf5 : 0xf4);
  }

  float(value: number): void {
    this.double(0xfb, value);
  }

  unsigned(high: number, low: number): void {
    if (high === 0) this.#argument(UNSIGNED, low);
    else this.wide(UNSIGNED | 27, high, low);
  }

  negative(high: number, low: number): void {
    if (high === 0) this.#argument(NEGATIVE, low);
    else this.wide(NEGATIVE | 27, high, low);
  }

  text(source: Uint8Array, at: number, end: number): void {
    this.#argument(TEXT, end - at);
    this.put(source, at, end);
  }

  binary(source: Uint8Array, at: number, end: number): void {
    this.#argument(BYTES, end - at);
    this.put(source, at, end);
  }

  date(milliseconds: number): void {
    if (Number.isNaN(milliseconds)) throw invalidDate();
    const seconds = milliseconds / 1000;
    this.octet(EPOCH);
    if (milliseconds % 1000 === 0 && seconds >= 0 && seconds < 0x100000000) {
      this.head(UNSIGNED | 26, 4, seconds);
    } else this.float(seconds);
  }

  protected listHead(count: number): void {
    this.#argument(LIST, count);
  }

  protected dictHead(count: number): void {
    this.#argument(DICT, count);
  }

  protected headSize(count: number): number {
    return count < 24 ? 1 : count < 0x100 ? 2 : count < 0x10000 ? 3 : 5;
  }

  #argument(major: number, value: number): void {
    if (value < 24) this.octet(major | value);
    else if (value < 0x100) this.head(major | 24, 1, value);
    else if (value < 0x10000) this.head(major | 25, 2, value);
    else this.head(major | 26, 4, value);
  }
}
