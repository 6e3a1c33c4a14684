/** Data of HELLO that the router's CHALLENGE refers to, for concurrent attempts to join. */

/** The number of attempts kept; older ones have failed long ago. */
const MOST = 100;

export class Outstanding<V> {
  readonly #values = new Map<string, V>();

  add(key: string, value: V): void {
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > MOST && oldest !== undefined) this.#values.delete(oldest);
  }

  /** Removes and returns the value of the key. */
  take(key: string): V | undefined {
    const value = this.#values.get(key);
    this.#values.delete(key);
    return value;
  }
}
