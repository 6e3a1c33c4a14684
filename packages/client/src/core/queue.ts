/** Values that wait to be taken one by one, by `for await`: never more than a bound. */

/** What happens with values that nobody has asked for yet. */
export interface BufferOptions {
  /** How many wait at most: default 10,000. */
  readonly max?: number | undefined;
  /**
   * What happens to one more: `error`, the default, ends it all, and the loop throws a `WampError`
   * `wamp.error.limit_exceeded`; the others lose a value without a word.
   */
  readonly overflow?: 'error' | 'drop-oldest' | 'drop-newest' | undefined;
}

interface Taker<T> {
  resolve(next: IteratorResult<T, undefined>): void;
  reject(error: Error): void;
}

export class Queue<T> {
  readonly max: number;
  readonly #overflow: BufferOptions['overflow'];
  /** Values that wait for a taker, or takers that wait for a value: never both. */
  readonly #values: T[] = [];
  readonly #takers: Taker<T>[] = [];
  #ending: { readonly error: Error | undefined } | undefined;

  constructor({ max = 10_000, overflow = 'error' }: BufferOptions = {}) {
    this.max = max;
    this.#overflow = overflow;
  }

  /** False when there is no room for it, and none may be lost. After the end it is nobody's. */
  push(value: T): boolean {
    if (this.#ending !== undefined) return true;
    const taker = this.#takers.shift();
    if (taker !== undefined) taker.resolve({ done: false, value });
    else if (this.#values.length < this.max) this.#values.push(value);
    else if (this.#overflow === 'drop-oldest') {
      this.#values.shift();
      this.#values.push(value);
    } else return this.#overflow === 'drop-newest';
    return true;
  }

  /** Nothing follows. What waits can still be taken; then the loop ends, or throws the error. */
  end(error?: Error): void {
    this.#ending ??= { error };
    for (const taker of this.#takers.splice(0)) this.#take(taker);
  }

  /** @param left called when the loop is left early; what waits is forgotten then */
  iterator(left: () => unknown): AsyncIterator<T, undefined> {
    return {
      next: () => new Promise((resolve, reject) => this.#take({ resolve, reject })),
      return: async () => {
        this.#values.length = 0;
        await left();
        return { done: true, value: undefined };
      },
    };
  }

  #take(taker: Taker<T>): void {
    // Not by its value, which may be undefined.
    if (this.#values.length > 0) taker.resolve({ done: false, value: this.#values.shift() as T });
    else if (this.#ending === undefined) this.#takers.push(taker);
    else if (this.#ending.error === undefined) taker.resolve({ done: true, value: undefined });
    else taker.reject(this.#ending.error);
  }
}
