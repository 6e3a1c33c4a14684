/** A buffer of values, bounded by their number and their bytes, taken one by one with `for await`. */
import { ErrorUri } from '@wamp/protocol';
import { WampError } from '../errors.ts';
import { ignore } from './quietly.ts';

/** How values are buffered until they are taken. */
export interface BufferOptions {
  /** The maximum number of buffered values. Default: 10,000. */
  readonly max?: number | undefined;
  /**
   * The maximum of the buffered values in bytes: the sum of the lengths of the messages that brought them. Default:
   * 67,108,864 (64 MiB).
   */
  readonly maxBytes?: number | undefined;
  /**
   * What happens when a value exceeds one of the two: `error`, the default, ends the loop with a `WampError`
   * `wamp.error.limit_exceeded`; the others drop values, the oldest ones or the new one, and count them (`dropped`).
   */
  readonly overflow?: 'error' | 'drop-oldest' | 'drop-newest' | undefined;
}

interface Buffered<T> {
  readonly value: T;
  readonly bytes: number;
}

interface Taker<T> {
  resolve(next: IteratorResult<T, undefined>): void;
  reject(error: Error): void;
}

export class Queue<T> {
  /** How many values were dropped, by option `overflow`. */
  dropped = 0;
  readonly #max: number;
  readonly #maxBytes: number;
  readonly #overflow: BufferOptions['overflow'];
  readonly #taken: (value: T) => void;
  /** Buffered values, or takers that wait for a value: never both. */
  readonly #values: Buffered<T>[] = [];
  readonly #takers: Taker<T>[] = [];
  #bytes = 0;
  #ending: { readonly error: Error | undefined } | undefined;

  /** @param taken called with each value that is taken */
  constructor(
    { max = 10_000, maxBytes = 64 * 1024 * 1024, overflow = 'error' }: BufferOptions = {},
    taken: (value: T) => void = ignore,
  ) {
    this.#max = max;
    this.#maxBytes = maxBytes;
    this.#taken = taken;
    this.#overflow = overflow;
  }

  /**
   * Adds a value. Returns false if there is no room, and none may be dropped. After the end, values are ignored.
   * @param bytes the length of its message
   */
  push(value: T, bytes: number): boolean {
    if (this.#ending !== undefined) return true;
    const taker = this.#takers.shift();
    if (taker !== undefined) {
      this.#give(taker, value);
      return true;
    }
    this.#values.push({ value, bytes });
    this.#bytes += bytes;
    while (this.#values.length > this.#max || this.#bytes > this.#maxBytes) {
      const dropped = this.#overflow === 'drop-oldest' ? this.#values.shift() : this.#values.pop();
      this.#bytes -= dropped?.bytes ?? 0;
      if (this.#overflow === 'error') return false;
      this.dropped += 1;
    }
    return true;
  }

  /**
   * Whether a value that can wait should be added now: half of the buffer is left to values that cannot. Values that may
   * be dropped need not wait.
   * @param bytes the length of its message
   */
  hasRoom(bytes: number): boolean {
    const { length } = this.#values;
    if (length === 0 || this.#overflow !== 'error') return true;
    return length < this.#max / 2 && this.#bytes + bytes <= this.#maxBytes / 2;
  }

  /** The error for a value without room. @param what what the values are, in the plural */
  overfull(what: string): WampError {
    return new WampError(ErrorUri.LIMIT_EXCEEDED, [
      `${this.#values.length} ${what} with ${this.#bytes} bytes wait to be taken, and another has no room (at most ${this.#max} with ${this.#maxBytes} bytes).`,
    ]);
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
        this.#bytes = 0;
        await left();
        return { done: true, value: undefined };
      },
    };
  }

  #take(taker: Taker<T>): void {
    const next = this.#values.shift();
    if (next !== undefined) {
      this.#bytes -= next.bytes;
      this.#give(taker, next.value);
    } else if (this.#ending === undefined) this.#takers.push(taker);
    else if (this.#ending.error === undefined) taker.resolve({ done: true, value: undefined });
    else taker.reject(this.#ending.error);
  }

  #give(taker: Taker<T>, value: T): void {
    this.#taken(value);
    taker.resolve({ done: false, value });
  }
}
