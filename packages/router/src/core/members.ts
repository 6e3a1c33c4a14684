/** Members: a list of ids or names of a publication, to be asked whether it has this one or that. */
import type { Id } from '@wamp/protocol';

/** So many questions are answered by looking through the list: for those, a set of a long list costs more to make. */
const SCANS = 8;

export class Members implements Iterable<Id | string> {
  readonly #items: readonly (Id | string)[];
  #set: ReadonlySet<Id | string> | undefined;
  #scans = 0;

  constructor(items: readonly (Id | string)[]) {
    this.#items = items;
  }

  /** How many items there are, counting each as often as it is listed. */
  get size(): number {
    return this.#items.length;
  }

  has(item: Id | string): boolean {
    if (this.#set !== undefined) return this.#set.has(item);
    this.#scans += 1;
    if (this.#scans <= SCANS) return this.#items.includes(item);
    return this.index().has(item);
  }

  /** Has no question cost more than a look-up from now on: for lists that will be asked on behalf of others. */
  index(): ReadonlySet<Id | string> {
    return (this.#set ??= new Set(this.#items));
  }

  [Symbol.iterator](): Iterator<Id | string> {
    return this.#items[Symbol.iterator]();
  }
}
