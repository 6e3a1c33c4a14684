/** Values by increasing ids, most of which are removed soon. */
import type { Id } from '@wamp/protocol';

/** The number of slots, a power of two. */
const SLOTS = 256;

/**
 * A ring of slots, which the low bits of an id select; what stays longer than a round of the ring moves to a Map. A
 * Map alone costs several times as much: it replaces its table every few insertions, and old tables keep
 * their entries, which the garbage collector of V8 then copies.
 */
export class IdTable<T extends object> {
  readonly #ids = new Array<Id>(SLOTS).fill(0);
  readonly #values = new Array<T | undefined>(SLOTS).fill(undefined);
  readonly #rest = new Map<Id, T>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: Id): T | undefined {
    const slot = id & (SLOTS - 1);
    return this.#ids[slot] === id ? this.#values[slot] : this.#rest.get(id);
  }

  /** Adds a value under an id that is not in the table. */
  add(id: Id, value: T): void {
    const slot = id & (SLOTS - 1);
    const before = this.#values[slot];
    if (before !== undefined) this.#rest.set(this.#ids[slot] ?? 0, before);
    this.#ids[slot] = id;
    this.#values[slot] = value;
    this.#size += 1;
  }

  delete(id: Id): void {
    const slot = id & (SLOTS - 1);
    if (this.#ids[slot] !== id) {
      if (this.#rest.delete(id)) this.#size -= 1;
    } else if (this.#values[slot] !== undefined) {
      this.#values[slot] = undefined;
      this.#size -= 1;
    }
  }

  /** All values, by increasing ids. */
  values(): T[] {
    const all = [...this.#rest];
    this.#values.forEach((value, slot) => {
      if (value !== undefined) all.push([this.#ids[slot] ?? 0, value]);
    });
    return all.sort(([one], [other]) => one - other).map(([, value]) => value);
  }

  clear(): void {
    this.#values.fill(undefined);
    this.#rest.clear();
    this.#size = 0;
  }
}
