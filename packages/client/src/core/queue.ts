/** A bounded buffer of values, taken one by one with `for await`. */
import { ignore } from './quietly.ts';

/** How values are buffered until they are taken. */
export interface BufferOptions {
  /** The maximum number of buffered values. Default: 10,000. */
  readonly max?: number | undefined;
  /**
   * What happens when the buffer is full: `error`, the default, ends the loop with a `WampError`
   * `wamp.error.limit_exceeded`; the others discard a value silently.
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
  readonly #taken: (value: T) => void;
  /** Buffered values, or takers that wait for a value: never both. */
  readonly #values: T[] = [];
  readonly #takers: Taker<T>[] = [];
  #ending: { readonly error: Error | undefined } | undefined;

  /** @param taken called with each value that is taken */
  constructor({ max = 10_000, overflow = 'error' }: BufferOptions = {}, taken: (value: T) => void = ignore) {
    this.max = max;
    this.#taken = taken;
    this.#overflow = overflow;
  }

  /**
   * Adds a value. Returns false if there is no room, and none may be discarded. After the end, values are ignored.
   */
  push(value: T): boolean {
    if (this.#ending !== undefined) return true;
    const taker = this.#takers.shift();
    if (taker !== undefined) this.#give(taker, value);
    else if (this.#values.length < this.max) this.#values.push(value);
    else if (this.#overflow === 'drop-oldest') {
      this.#values.shift();
      this.#values.push(value);
    } else return this.#overflow === 'drop-newest';
    return true;
  }

  /** Ends the queue. Buffered values can still be taken; then the loop ends, or throws the error. */
  end(error?: Error): void {
    this.#ending ??= { error };
    for (const taker of this.#takers.splice(0)) this.#take(taker);
  }

  /** @param left called when the loop is left early; buffered values are discarded then */
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
    // The length is checked, because a value may be undefined.
    if (this.#values.length > 0) this.#give(taker, this.#values.shift() as T);
    else if (this.#ending === undefined) this.#takers.push(taker);
    else if (this.#ending.error === undefined) taker.resolve({ done: true, value: undefined });
    else taker.reject(this.#ending.error);
  }

  #give(taker: Taker<T>, value: T): void {
    this.#taken(value);
    taker.resolve({ done: false, value });
  }
}
