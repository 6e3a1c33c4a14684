/** A set of open things, with a promise for when it is empty. */

export class OpenSet<T> {
  readonly #members = new Set<T>();
  #whenEmpty: (() => void)[] = [];

  get size(): number {
    return this.#members.size;
  }

  add(member: T): void {
    this.#members.add(member);
  }

  delete(member: T): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    const waiting = this.#whenEmpty;
    this.#whenEmpty = [];
    for (const resolve of waiting) resolve();
  }

  /** Resolves when the last member has been removed; at once when there is none. */
  empty(): Promise<void> {
    if (this.#members.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenEmpty.push(resolve);
    });
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#members.values();
  }
}
