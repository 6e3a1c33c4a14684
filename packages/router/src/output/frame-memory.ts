/** Memory for frames, reused once they have been written. */
import type { Memory } from '@wamp/protocol';

/** The smallest size of a piece (bytes). Above it, there are four evenly spaced sizes for each power of two. */
const SMALLEST = 1024;
/** How much unused memory is kept for later frames (bytes). */
const MOST_SPARE = 4 * 1024 * 1024;

/** An owner of memory that is notified when the frames of a turn have been written. */
export interface Settling {
  /** @param free true when no frame of the turn is still waiting for a socket */
  settle(free: boolean): void;
}

/**
 * Memory that is given back in a turn stays referenced until the sockets have been written. If a socket does not accept
 * everything, the memory of that turn is not reused, but left to its references.
 */
export class FrameMemory implements Memory {
  /** Unused pieces, by the step of their size. */
  readonly #spare: ArrayBuffer[][] = [];
  #spareBytes = 0;
  /** Memory given back in this turn. */
  #given: ArrayBuffer[] = [];
  #settling: Settling[] = [];
  #held = false;

  take(size: number): Buffer<ArrayBuffer> {
    const step = stepFor(size);
    const spare = this.#spare[step]?.pop();
    if (spare === undefined) return Buffer.allocUnsafeSlow(sizeOf(step)).subarray(0, size);
    this.#spareBytes -= spare.byteLength;
    return Buffer.from(spare, 0, size);
  }

  give({ buffer }: Uint8Array<ArrayBuffer>): void {
    this.#given.push(buffer);
  }

  /** Notes that memory of this turn is still referenced after the turn has been written. */
  hold(): void {
    this.#held = true;
  }

  /** Notifies `one` when this turn has been written. */
  whenSettled(one: Settling): void {
    this.#settling.push(one);
  }

  /** Ends the turn: everything has been written. */
  settle(): void {
    const free = !this.#held;
    const settling = this.#settling;
    this.#settling = [];
    for (const one of settling) one.settle(free);
    // Afterwards, because memory that these give back belongs to this turn as well.
    const given = this.#given;
    this.#given = [];
    this.#held = false;
    if (free) for (const piece of given) this.spare(piece);
  }

  /** Keeps an unreferenced piece for later frames. */
  spare(piece: ArrayBuffer): void {
    if (this.#spareBytes + piece.byteLength > MOST_SPARE) return;
    this.#spareBytes += piece.byteLength;
    (this.#spare[stepFor(piece.byteLength)] ??= []).push(piece);
  }
}

/** The smallest step whose size is at least `size`. */
function stepFor(size: number): number {
  const bytes = Math.max(size, SMALLEST);
  const exponent = 31 - Math.clz32(bytes - 1);
  return 4 * exponent + Math.ceil((4 * (bytes - 2 ** exponent)) / 2 ** exponent);
}

/** The size of a step, in bytes. */
function sizeOf(step: number): number {
  const exponent = Math.floor(step / 4);
  return 2 ** exponent + (step % 4) * 2 ** (exponent - 2);
}
