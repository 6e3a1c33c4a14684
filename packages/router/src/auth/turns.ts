/** Turns: how many of a kind may be under way at a time; the rest wait, in order. */

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

  /** @param bounds the kinds of an item, and how many of each may be under way; asked anew whenever that may have changed */
  constructor(bounds: (item: T) => ReadonlyMap<string, number>) {
    this.#bounds = bounds;
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
    });
  }

  /** The item is over; whoever has waited for its place gets it. */
  giveBack(item: T): void {
    for (const kind of this.#places.get(item) ?? []) {
      const taken = (this.#taken.get(kind) ?? 0) - 1;
      if (taken > 0) this.#taken.set(kind, taken);
      else this.#taken.delete(kind);
    }
    this.#places.delete(item);
    for (const waiting of this.#waiting) {
      if (!this.#begin(waiting.item)) continue;
      this.#waiting.delete(waiting);
      waiting.go();
    }
  }

  /** @returns false when there is no place in one of its kinds */
  #begin(item: T): boolean {
    const bounds = this.#bounds(item);
    for (const [kind, most] of bounds) if ((this.#taken.get(kind) ?? 0) >= most) return false;
    for (const kind of bounds.keys()) this.#taken.set(kind, (this.#taken.get(kind) ?? 0) + 1);
    this.#places.set(item, [...bounds.keys()]);
    return true;
  }
}
