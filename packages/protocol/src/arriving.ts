/** A frame that arrives in pieces: memory is taken for what has arrived, not for what its header claims. */

/** The least room that is made for a frame, in bytes. */
const LEAST_ROOM = 1024;

export class ArrivingFrame {
  readonly #length: number;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #size = 0;

  /** @param length of the whole frame, in bytes */
  constructor(length: number) {
    this.#length = length;
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

  /** Makes room for `size` bytes and as many more, but none beyond the frame. */
  #grow(size: number): void {
    const larger = new Uint8Array(Math.min(this.#length, Math.max(2 * size, LEAST_ROOM)));
    larger.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = larger;
  }
}
