/** What we have said in HELLO and the router has to come back to, in one of several attempts to join. */

/** Attempts beyond that have long failed. */
const MOST = 100;

export class Outstanding<V> {
  readonly #values = new Map<string, V>();

  add(key: string, value: V): void {
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > MOST && oldest !== undefined) this.#values.delete(oldest);
  }

  /** What was added under the key, once. */
  take(key: string): V | undefined {
    const value = this.#values.get(key);
    this.#values.delete(key);
    return value;
  }
}
