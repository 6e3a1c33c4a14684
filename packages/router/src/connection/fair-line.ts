/** A fair queue: keys (addresses) take turns, regardless of how many entries each has. */

/** Those who wait under one key: the set in the order in which they came, the stack for the newest of them. */
interface LineRow<T> {
  readonly members: Set<T>;
  stack: T[];
}

/** Each entry waits in the row of its key; the rows are in the order of their turns. */
export class FairLine<K, T> {
  readonly #rows = new Map<K, LineRow<T>>();
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** How many wait under a key. */
  of(key: K): number {
    return this.#rows.get(key)?.members.size ?? 0;
  }

  add(key: K, item: T): void {
    const row = this.#rows.get(key) ?? { members: new Set(), stack: [] };
    this.#rows.set(key, row);
    row.members.add(item);
    row.stack.push(item);
    this.#size += 1;
  }

  delete(key: K, item: T): void {
    const row = this.#rows.get(key);
    if (row?.members.delete(item) !== true) return;
    this.#size -= 1;
    if (row.members.size === 0) this.#rows.delete(key);
    // The stack keeps those who have left until they come up; it must not become a list of them.
    else if (row.stack.length > 2 * row.members.size + 16) row.stack = [...row.members];
  }

  /** The first key in the order of turns that passes a test. */
  next(passes: (key: K) => boolean): K | undefined {
    for (const key of this.#rows.keys()) if (passes(key)) return key;
    return undefined;
  }

  /** The key under which most wait. */
  longest(): K | undefined {
    let longest: K | undefined;
    let most = 0;
    for (const [key, { members }] of this.#rows) {
      if (members.size <= most) continue;
      most = members.size;
      longest = key;
    }
    return longest;
  }

  /** Takes the one under `key` who has waited longest, or came last; it is the turn of all other keys now. */
  take(key: K, from: 'oldest' | 'newest'): T | undefined {
    const row = this.#rows.get(key);
    if (row === undefined) return undefined;
    const item = from === 'oldest' ? first(row.members) : newest(row);
    if (item === undefined) return undefined;
    this.delete(key, item);
    if (this.#rows.delete(key)) this.#rows.set(key, row);
    return item;
  }
}

function first<T>(members: ReadonlySet<T>): T | undefined {
  for (const member of members) return member;
  return undefined;
}

function newest<T>({ members, stack }: LineRow<T>): T | undefined {
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) if (members.has(item)) return item;
  return undefined;
}
