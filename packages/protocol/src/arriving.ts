/** A frame that arrives in pieces: memory is taken for what has arrived, not for what its header claims. */

/** Room for this many bytes comes first, and more as they come. */
const FIRST_ROOM = 64 * 1024;

export class ArrivingFrame {
  readonly #length: number;
  #bytes: Uint8Array<ArrayBuffer>;
  #size = 0;

  /** @param length of the whole frame, in bytes */
  constructor(length: number) {
    this.#length = length;
    this.#bytes = new Uint8Array(Math.min(length, FIRST_ROOM));
  }

  /** The whole frame; undefined until it has arrived. */
  get whole(): Uint8Array<ArrayBuffer> | undefined {
    return this.#size === this.#length ? this.#bytes : undefined;
  }

  /** Takes from `chunk`, at `at`, what belongs to the frame. @returns where the rest of the chunk starts */
  take(chunk: Uint8Array, at: number): number {
    const part = chunk.subarray(at, at + this.#length - this.#size);
    const size = this.#size + part.length;
    if (size > this.#bytes.length) this.#grow(size);
    this.#bytes.set(part, this.#size);
    this.#size = size;
    return at + part.length;
  }

  /** Makes room for `size` bytes and some more, but none beyond the frame. */
  #grow(size: number): void {
    const larger = new Uint8Array(Math.min(this.#length, Math.max(size, 2 * this.#bytes.length)));
    larger.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = larger;
  }
}
