/** A frame that arrives in pieces: memory is taken by what has arrived, not by what its header claims. */

/** The least room that is made for a frame, in bytes. */
const LEAST_ROOM = 1024;
/** Room is made for so many times what has arrived. */
const AHEAD = 4;

export class ArrivingFrame {
  readonly #length: number;
  readonly #allocate: (size: number) => Uint8Array<ArrayBuffer>;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #size = 0;

  /**
   * @param length of the whole frame, in bytes
   * @param allocate makes room, whose content does not matter
   */
  constructor(length: number, allocate: (size: number) => Uint8Array<ArrayBuffer> = zeroed) {
    this.#length = length;
    this.#allocate = allocate;
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
    const larger = this.#allocate(Math.min(this.#length, Math.max(AHEAD * size, LEAST_ROOM)));
    larger.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = larger;
  }
}

function zeroed(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(size);
}
