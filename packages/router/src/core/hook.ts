/** Typed notification: something happened, and whoever cares hears of it, at once and in order. */

/** One kind of happening. Listeners run on the emitter's stack and must not throw. */
export class Hook<A extends readonly unknown[]> {
  #listeners: readonly ((...args: A) => void)[] = [];

  /** Calls `listener` each time from now on. @returns what ends that */
  on(listener: (...args: A) => void): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  emit(...args: A): void {
    for (const listener of this.#listeners) listener(...args);
  }
}
