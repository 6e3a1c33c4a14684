/** A fair queue: keys (addresses) take turns, regardless of how many entries each has. */

/** The entries of one key: a set in order of arrival, and a stack that finds the newest. */
interface LineRow<T> {
  readonly members: Set<T>;
  stack: T[];
}

/** One row of entries for each key; the rows are in the order in which their keys take turns. */
export class FairLine<K, T> {
  readonly #rows = new Map<K, LineRow<T>>();
  #size = 0;

  /** The number of entries. */
  get size(): number {
    return this.#size;
  }

  /** The number of entries of a key. */
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
    // Deleted entries stay on the stack until they are popped; it is rebuilt before it consists mostly of them.
    else if (row.stack.length > 2 * row.members.size + 16) row.stack = [...row.members];
  }

  /** The first key in the order of turns that passes a test. */
  next(passes: (key: K) => boolean): K | undefined {
    for (const key of this.#rows.keys()) if (passes(key)) return key;
    return undefined;
  }

  /** The key that has the most entries. */
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

  /** Takes the oldest or newest entry of `key`, and moves the key behind all others. */
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
