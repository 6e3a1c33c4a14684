/** Hook: a typed notification, which calls its listeners synchronously and in order. */

/** The part of a hook that listeners use. */
export interface ReadonlyHook<A extends readonly unknown[]> {
  /**
   * Calls `listener` at every emission from now on, on the stack of the emitter. The listener must not throw.
   * @returns a function that removes the listener
   */
  on(listener: (...args: A) => void): () => void;
}

/** A hook. Listeners run on the emitter's stack and must not throw. */
export class Hook<A extends readonly unknown[]> implements ReadonlyHook<A> {
  #listeners: readonly ((...args: A) => void)[] = [];

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
