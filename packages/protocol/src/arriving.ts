/** A frame that arrives in pieces: memory is taken by what has arrived, not by what its header claims. */

import { newMemory, type Memory } from './memory.ts';

/** The least room that is made for a frame, in bytes. */
const LEAST_ROOM = 1024;
/** Room is made for so many times what has arrived. */
const AHEAD = 4;

const NOTHING = new Uint8Array(0);

export class ArrivingFrame {
  readonly #length: number;
  readonly #memory: Memory;
  #bytes: Uint8Array<ArrayBuffer> = NOTHING;
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

  /** Takes from `chunk`, from `at` up to `end` at most, what belongs to the frame. @returns where the rest of it starts */
  take(chunk: Uint8Array, at: number, end: number = chunk.length): number {
    const part = chunk.subarray(at, Math.min(end, at + this.#length - this.#size));
    const size = this.#size + part.length;
    if (size > this.#bytes.length) this.#grow(size);
    this.#bytes.set(part, this.#size);
    this.#size = size;
    return at + part.length;
  }

  /** Gives back the room that the frame takes. */
  release(): void {
    if (this.#bytes !== NOTHING) this.#memory.give(this.#bytes);
    this.#bytes = NOTHING;
  }

  /** Makes room for `size` bytes and some more, but none beyond the frame. */
  #grow(size: number): void {
    const larger = this.#memory.take(Math.min(this.#length, Math.max(AHEAD * size, LEAST_ROOM)));
    larger.set(this.#bytes.subarray(0, this.#size));
    this.release();
    this.#bytes = larger;
  }
}
