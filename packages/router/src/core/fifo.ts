/** A queue, first in, first out: each step costs the same, however many wait. */

/** Behind so many that were taken, a queue closes the gap they have left. */
const GAP = 64;

export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #next = 0;

  get size(): number {
    return this.#items.length - this.#next;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Takes out the item that has waited the longest; undefined when there is none. */
  shift(): T | undefined {
    if (this.#next === this.#items.length) return undefined;
    const item = this.#items[this.#next];
    this.#items[this.#next] = undefined;
    this.#next += 1;
    if (this.#next >= GAP && 2 * this.#next >= this.#items.length) {
      this.#items = this.#items.slice(this.#next);
      this.#next = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#next = 0;
  }
}
