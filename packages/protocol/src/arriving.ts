/** A frame that arrives in pieces. Its memory grows with the bytes that have arrived, not with the length in its header. */
import { newMemory, type Memory } from './memory.ts';

/** The smallest allocation for a frame, in bytes. */
const LEAST_ROOM = 1024;
/** The memory grows to this multiple of the bytes that have arrived. */
const AHEAD = 4;

const EMPTY = new Uint8Array(0);

export class ArrivingFrame {
  readonly #length: number;
  readonly #memory: Memory;
  #bytes: Uint8Array<ArrayBuffer> = EMPTY;
  #size = 0;

  /** @param length of the whole frame, in bytes */
  constructor(length: number, memory: Memory = newMemory) {
    this.#length = length;
    this.#memory = memory;
  }

  /** The whole frame; undefined until it has arrived. */
  get whole(): Uint8Array<ArrayBuffer> | undefined {
    return this.#size === this.#length ? this.#bytes : undefined;
  }

  /** Copies the bytes of the frame from `chunk`, between `at` and `end`. @returns the position after them */
  take(chunk: Uint8Array, at: number, end: number = chunk.length): number {
    const part = chunk.subarray(at, Math.min(end, at + this.#length - this.#size));
    const size = this.#size + part.length;
    if (size > this.#bytes.length) this.#grow(size);
    this.#bytes.set(part, this.#size);
    this.#size = size;
    return at + part.length;
  }

  /** Gives the memory of the frame back. */
  release(): void {
    if (this.#bytes !== EMPTY) this.#memory.give(this.#bytes);
    this.#bytes = EMPTY;
  }

  /** Grows to `size` bytes and some more, at most to the length of the frame. */
  #grow(size: number): void {
    const larger = this.#memory.take(Math.min(this.#length, Math.max(AHEAD * size, LEAST_ROOM)));
    larger.set(this.#bytes.subarray(0, this.#size));
    this.release();
    this.#bytes = larger;
  }
}
