/** What writing MessagePack and writing CBOR have in common. */
import { Sink } from './sink.ts';

const floats = new DataView(new ArrayBuffer(8));

/** Lists and dicts have a head with their length, which may become known only at their end. */
export abstract class BinarySink extends Sink {
  protected abstract listHead(count: number): void;
  protected abstract dictHead(count: number): void;

  openList(count: number): void {
    this.listHead(count);
  }

  openDict(count: number): void {
    this.dictHead(count);
  }

  closeList(start: number, content: number, told: number, count: number): void {
    if (told === count) return;
    const end = this.#makeRoom(start, content, count);
    this.listHead(count);
    this.at = end;
  }

  closeDict(start: number, content: number, told: number, count: number, first: number): void {
    const left = count - this.keys.close(this, first);
    if (told === left) return;
    const end = this.#makeRoom(start, content, left);
    this.dictHead(left);
    this.at = end;
  }

  key(source: Uint8Array, at: number, end: number): void {
    const start = this.at;
    this.text(source, at, end);
    this.keys.add(start, this.at);
  }

  /** How many bytes the head of so many elements or entries has. */
  protected abstract headSize(count: number): number;

  /** A first byte, and a number of so many bytes behind it. */
  protected head(byte: number, width: number, value: number): void {
    this.reserve(1 + width);
    const { bytes, at } = this;
    bytes[at] = byte;
    for (let index = at + width, rest = value; index > at; index -= 1, rest >>>= 8)
      bytes[index] = rest & 0xff;
    this.at = at + 1 + width;
  }

  /** A first byte, and two words behind it. */
  protected wide(byte: number, high: number, low: number): void {
    this.head(byte, 4, high);
    this.word(low);
  }

  protected word(value: number): void {
    this.reserve(4);
    const { bytes, at } = this;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
    this.at = at + 4;
  }

  /** A first byte, and a float of 64 bits behind it. */
  protected double(byte: number, value: number): void {
    floats.setFloat64(0, value);
    this.wide(byte, floats.getUint32(0), floats.getUint32(4));
  }

  /** Moves what stands from `content` on, so that the head at `start` has room. @returns where it ends then */
  #makeRoom(start: number, content: number, count: number): number {
    const shift = this.headSize(count) - (content - start);
    const end = this.at;
    if (shift > 0) this.reserve(shift);
    if (shift !== 0) this.bytes.copyWithin(content + shift, content, end);
    this.at = start;
    return end + shift;
  }
}
