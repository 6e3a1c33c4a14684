/** The elements of a CBOR message. */
import type { Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import type { Elements } from './elements.ts';

/** The high three bits of a first byte (RFC 8949 §3.1). */
const Major = { UNSIGNED: 0, BYTES: 2, TEXT: 3, ARRAY: 4, MAP: 5, TAG: 6, SIMPLE: 7 } as const;
/** The low five bits: the argument follows in 1, 2, 4 or 8 bytes. */
const IN_ONE_BYTE = 24;
const INDEFINITE = 31;
const BREAK = 0xff;

export class CborElements implements Elements {
  readonly serializer: Serializer = cbor;
  at = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #end = 0;

  open(bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes;
    this.#end = end;
    this.at = start;
    this.list();
  }

  list(): boolean {
    const first = this.#bytes[this.at] ?? 0;
    if (first >> 5 !== Major.ARRAY) return false;
    this.at += 1;
    this.#argument(first & 31);
    return true;
  }

  uint(): number {
    const first = this.#bytes[this.at] ?? 0;
    if (first >> 5 !== Major.UNSIGNED) {
      this.skip();
      return NaN;
    }
    this.at += 1;
    return this.#argument(first & 31);
  }

  skip(): number {
    const start = this.at;
    const first = this.#bytes[this.at] ?? 0;
    this.at += 1;
    const major = first >> 5;
    if ((first & 31) === INDEFINITE && major !== Major.SIMPLE) {
      while (this.at < this.#end && this.#bytes[this.at] !== BREAK) this.skip();
      this.at += 1;
      return start;
    }
    const argument = this.#argument(first & 31);
    if (major === Major.BYTES || major === Major.TEXT) this.at += argument;
    const inner =
      major === Major.ARRAY ? argument : major === Major.MAP ? 2 * argument : major === Major.TAG ? 1 : 0;
    for (let index = 0; index < inner && this.at < this.#end; index += 1) this.skip();
    return start;
  }

  text(length: number): number {
    const first = this.#bytes[this.at] ?? 0;
    this.at += 1;
    if (first >> 5 !== Major.TEXT) return -1;
    if (this.#argument(first & 31) !== length || this.at + length > this.#end) return -1;
    const start = this.at;
    this.at += length;
    return start;
  }

  idWidth(id: number): number {
    return id < IN_ONE_BYTE ? 1 : id < 0x100 ? 2 : id < 0x10000 ? 3 : id < 2 ** 32 ? 5 : 9;
  }

  leastId(width: number): number {
    return width === 1 ? 1 : width === 2 ? IN_ONE_BYTE : 2 ** (8 * ((width - 1) / 2));
  }

  secondElement(type: number): number {
    return 1 + this.idWidth(type);
  }

  writeId(into: Buffer, at: number, id: number, width: number, mask: number): void {
    let rest = id;
    for (let index = at + width - 1; index >= at; index -= 1) {
      into[index] = (rest % 256) ^ mask;
      rest = Math.floor(rest / 256);
    }
    if (width > 1) into[at] = (IN_ONE_BYTE + Math.log2(width - 1)) ^ mask;
  }

  /** The number that a first byte's low bits announce. */
  #argument(low: number): number {
    if (low < IN_ONE_BYTE || low > 27) return low;
    let value = 0;
    for (const end = this.at + 2 ** (low - IN_ONE_BYTE); this.at < end; this.at += 1) {
      value = value * 256 + (this.#bytes[this.at] ?? 0);
    }
    return value;
  }
}
