/** Turns: how many of a kind may be under way at a time, and from when on; the rest wait, in order. */
import type { Clock } from '../core/clock.ts';

/** What waits for a place. */
interface Waiting<T> {
  readonly item: T;
  readonly go: () => void;
}

/** An item may be of several kinds, and needs a place in each of them. */
export class Turns<T> {
  readonly #bounds: (item: T) => ReadonlyMap<string, number>;
  /** By item, the kinds in which it has a place; which they were, is said when it begins. */
  readonly #places = new Map<T, readonly string[]>();
  /** How many places are taken, by kind. */
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Set<Waiting<T>>();
  readonly #clock: Pick<Clock, 'after'>;
  readonly #delay: (item: T) => number;
  /** Calls off the next look at those who wait for their time. */
  #dismiss: (() => void) | undefined;

  /**
   * @param bounds the kinds of an item, and how many of each may be under way; asked anew whenever that may have changed
   * @param delay how long an item may not begin yet (ms)
   */
  constructor(
    bounds: (item: T) => ReadonlyMap<string, number>,
    clock: Pick<Clock, 'after'>,
    delay: (item: T) => number = () => 0,
  ) {
    this.#bounds = bounds;
    this.#clock = clock;
    this.#delay = delay;
  }

  /** How many are under way or wait. */
  get size(): number {
    return this.#places.size + this.#waiting.size;
  }

  /** @returns undefined when there is a place at once */
  take(item: T): Promise<void> | undefined {
    if (this.#begin(item)) return undefined;
    return new Promise((go) => {
      this.#waiting.add({ item, go });
      this.#lookAgain();
    });
  }

  /** The item is over, or waits no more; whoever has waited for its place gets it. */
  giveBack(item: T): void {
    for (const kind of this.#places.get(item) ?? []) {
      const taken = (this.#taken.get(kind) ?? 0) - 1;
      if (taken > 0) this.#taken.set(kind, taken);
      else this.#taken.delete(kind);
    }
    this.#places.delete(item);
    for (const waiting of this.#waiting) if (waiting.item === item) this.#leave(waiting);
    this.#proceed();
  }

  #proceed(): void {
    for (const waiting of this.#waiting) if (this.#begin(waiting.item)) this.#leave(waiting);
    this.#lookAgain();
  }

  #leave(waiting: Waiting<T>): void {
    this.#waiting.delete(waiting);
    waiting.go();
  }

  /** When the first of those who wait for their time may begin. */
  #lookAgain(): void {
    this.#dismiss?.();
    this.#dismiss = undefined;
    let first = Infinity;
    for (const { item } of this.#waiting) {
      const delay = this.#delay(item);
      if (delay > 0 && delay < first) first = delay;
    }
    if (first === Infinity) return;
    this.#dismiss = this.#clock.after(Math.ceil(first), () => {
      this.#proceed();
    });
  }

  /** @returns false when its time has not come, or there is no place in one of its kinds */
  #begin(item: T): boolean {
    if (this.#delay(item) > 0) return false;
    const bounds = this.#bounds(item);
    for (const [kind, most] of bounds) if ((this.#taken.get(kind) ?? 0) >= most) return false;
    for (const kind of bounds.keys()) this.#taken.set(kind, (this.#taken.get(kind) ?? 0) + 1);
    this.#places.set(item, [...bounds.keys()]);
    return true;
  }
}
