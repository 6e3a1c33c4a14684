/** Turns: limits how many items of a kind run at a time, and delays them; the others wait in order. */
import type { Clock } from '../core/clock.ts';

/** An item that waits. */
interface WaitingItem<T> {
  readonly item: T;
  readonly go: () => void;
}

/** An item may belong to several kinds, and needs a free place in each of them. */
export class AttemptTurns<T> {
  readonly #bounds: (item: T) => ReadonlyMap<string, number>;
  /** The kinds in which each running item has a place, as determined when it began. */
  readonly #places = new Map<T, readonly string[]>();
  /** The number of occupied places by kind. */
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Set<WaitingItem<T>>();
  readonly #clock: Pick<Clock, 'after'>;
  readonly #delay: (item: T) => number;
  /** Cancels the next check of items that are delayed. */
  #dismiss: (() => void) | undefined;

  /**
   * @param bounds the kinds of an item, and how many of each may run at a time; called again whenever that may have
   *   changed
   * @param delay how long an item must still wait (ms)
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

  /** How many items run or wait. */
  get size(): number {
    return this.#places.size + this.#waiting.size;
  }

  /** @returns undefined when the item can begin at once */
  take(item: T): Promise<void> | undefined {
    if (this.#begin(item)) return undefined;
    return new Promise((go) => {
      this.#waiting.add({ item, go });
      this.#lookAgain();
    });
  }

  /** Ends an item or its wait; its place goes to the next one. */
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

  #leave(waiting: WaitingItem<T>): void {
    this.#waiting.delete(waiting);
    waiting.go();
  }

  /** Schedules a check for when the first delayed item may begin. */
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

  /** @returns false when it is still delayed, or one of its kinds has no free place */
  #begin(item: T): boolean {
    if (this.#delay(item) > 0) return false;
    const bounds = this.#bounds(item);
    for (const [kind, most] of bounds) if ((this.#taken.get(kind) ?? 0) >= most) return false;
    for (const kind of bounds.keys()) this.#taken.set(kind, (this.#taken.get(kind) ?? 0) + 1);
    this.#places.set(item, [...bounds.keys()]);
    return true;
  }
}
