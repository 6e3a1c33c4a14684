/** Memory for frames that is used again once they have left. */
import type { Memory } from '@wamp/protocol';

/** The smallest pieces (bytes); from here on there are four sizes, evenly spaced, for each power of two. */
const SMALLEST = 1024;
/** As much as this is held for those to come (bytes). */
const MOST_SPARE = 4 * 1024 * 1024;

/** Somebody whose memory is free again when a turn has settled. */
export interface Settling {
  /** @param free whether nothing of the turn is under way any more */
  settle(free: boolean): void;
}

/**
 * Memory that is given back in a turn is referred to until the sockets have been written to, and longer when one of
 * them does not take everything: then it is left to those who refer to it.
 */
export class FrameMemory implements Memory {
  /** Pieces by their step, as sizes go up. */
  readonly #spare: ArrayBuffer[][] = [];
  #spareBytes = 0;
  /** What was given back in this turn. */
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

  /** Somebody still refers to memory of this turn when the turn has been written. */
  hold(): void {
    this.#held = true;
  }

  /** Has `one` told when this turn has been written. */
  whenSettled(one: Settling): void {
    this.#settling.push(one);
  }

  /** Everything of this turn has been written. */
  settle(): void {
    const free = !this.#held;
    const settling = this.#settling;
    this.#settling = [];
    for (const one of settling) one.settle(free);
    // Not before: what these give back is of this turn, too.
    const given = this.#given;
    this.#given = [];
    this.#held = false;
    if (free) for (const piece of given) this.spare(piece);
  }

  /** Takes a piece that nobody refers to any more, for those to come. */
  spare(piece: ArrayBuffer): void {
    if (this.#spareBytes + piece.byteLength > MOST_SPARE) return;
    this.#spareBytes += piece.byteLength;
    (this.#spare[stepFor(piece.byteLength)] ??= []).push(piece);
  }
}

/** The first step whose size is not below `size`. */
function stepFor(size: number): number {
  const bytes = Math.max(size, SMALLEST);
  const exponent = 31 - Math.clz32(bytes - 1);
  return 4 * exponent + Math.ceil((4 * (bytes - 2 ** exponent)) / 2 ** exponent);
}

/** In bytes. */
function sizeOf(step: number): number {
  const exponent = Math.floor(step / 4);
  return 2 ** exponent + (step % 4) * 2 ** (exponent - 2);
}
