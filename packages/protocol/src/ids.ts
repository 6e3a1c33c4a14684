/** Identifiers in their three scopes (spec: Building Blocks, Identifiers). */
import type { Id } from './words.ts';

/** The largest id, 2^53: the only id that is not a safe integer in JavaScript. */
export const MAX_ID = 9007199254740992;

/** True for an integer from 1 to 2^53. */
export function isId(value: unknown): value is Id {
  return typeof value === 'number' && value >= 1 && value <= MAX_ID && Number.isInteger(value);
}

/** The id after `id` in session scope: 2^53 is followed by 1. */
export function nextId(id: Id): Id {
  return id >= MAX_ID ? 1 : id + 1;
}

/** Counts the request ids of one direction of a session: 1, 2, 3 … */
export class SessionScope {
  #last: Id = 0;

  /** The next id. */
  next(): Id {
    return (this.#last = nextId(this.#last));
  }

  /** True when `next` has returned the id before. */
  issued(id: Id): boolean {
    return id <= this.#last;
  }
}

declare const crypto: { getRandomValues(array: Uint32Array): Uint32Array };

/** Draws ids of global scope, uniform over 1 … 2^53, from a pool of random words. */
export class GlobalScope {
  readonly #pool = new Uint32Array(512);
  #used = this.#pool.length;

  next(): Id {
    if (this.#used === this.#pool.length) {
      crypto.getRandomValues(this.#pool);
      this.#used = 0;
    }
    const high = (this.#pool[this.#used++] ?? 0) & 0x1fffff;
    const low = this.#pool[this.#used++] ?? 0;
    return high * 0x100000000 + low + 1;
  }
}
