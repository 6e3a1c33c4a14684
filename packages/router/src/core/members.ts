/** Members: a list of ids or names in the options of a publication, with look-ups whose cost suits their number. */
import type { Id } from '@wamp/protocol';

/** The number of look-ups that scan the list: building a set of a long list costs more than these. */
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

  /** Builds the set now, for lists that are kept: otherwise a later subscriber would pay for it. */
  index(): ReadonlySet<Id | string> {
    return (this.#set ??= new Set(this.#items));
  }

  [Symbol.iterator](): Iterator<Id | string> {
    return this.#items[Symbol.iterator]();
  }
}
