/** What is open at the moment, for whoever waits until nothing is. */

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

  /** Resolves when the last member is gone; at once when there is none. */
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
