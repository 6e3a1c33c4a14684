/** The common part of the sinks for MessagePack and CBOR. */
import { Sink } from './sink.ts';

const floats = new DataView(new ArrayBuffer(8));

/** Lists and dicts begin with a head that contains their length, which may be unknown until they end. */
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

  /** The size of the head of a list or dict of `count` elements or entries, in bytes. */
  protected abstract headSize(count: number): number;

  /** Writes a first byte, and after it a number in `width` bytes. */
  protected head(byte: number, width: number, value: number): void {
    this.reserve(1 + width);
    const { bytes, at } = this;
    bytes[at] = byte;
    for (let index = at + width, rest = value; index > at; index -= 1, rest >>>= 8)
      bytes[index] = rest & 0xff;
    this.at = at + 1 + width;
  }

  /** Writes a first byte, and after it two words. */
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

  /** Writes a first byte, and after it a float of 64 bits. */
  protected double(byte: number, value: number): void {
    floats.setFloat64(0, value);
    this.wide(byte, floats.getUint32(0), floats.getUint32(4));
  }

  /** Moves everything from `content` on to make room for the head at `start`. @returns the new end */
  #makeRoom(start: number, content: number, count: number): number {
    const shift = this.headSize(count) - (content - start);
    const end = this.at;
    if (shift > 0) this.reserve(shift);
    if (shift !== 0) this.bytes.copyWithin(content + shift, content, end);
    this.at = start;
    return end + shift;
  }
}
