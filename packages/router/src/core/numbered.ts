/** Things found by their number, of which there is mostly one at a time. */
import type { Id } from '@wamp/protocol';

/**
 * A Map in which an entry that finds no other lies apart: putting into a Map what is soon taken out again costs far
 * more.
 */
export class Numbered<T> {
  #number: Id = 0;
  #one: T | undefined;
  readonly #others = new Map<Id, T>();

  get size(): number {
    return this.#others.size + (this.#one === undefined ? 0 : 1);
  }

  get(number: Id): T | undefined {
    if (number === this.#number) return this.#one;
    return this.#others.size === 0 ? undefined : this.#others.get(number);
  }

  /** Adds what has a number that no other has. */
  add(number: Id, thing: T): void {
    if (this.size > 0) this.#others.set(number, thing);
    else {
      this.#number = number;
      this.#one = thing;
    }
  }

  delete(number: Id): void {
    if (number !== this.#number) this.#others.delete(number);
    else {
      this.#number = 0;
      this.#one = undefined;
    }
  }

  /** In the order in which they were added. */
  values(): T[] {
    const others = [...this.#others.values()];
    return this.#one === undefined ? others : [this.#one, ...others];
  }
}
