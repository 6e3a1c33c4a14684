/** A stream whose results are validated with the schemas of a contract. */
/// <reference lib="esnext.disposable" preserve="true" />
import { ErrorUri, type CancelMode, type Id } from '@wamp/protocol';
import { ignore } from '../core/quietly.ts';
import type { Result } from '../core/result.ts';
import { CanceledError, toError, traced } from '../errors.ts';
import type { Stream } from '../stream.ts';
import type { Called } from './checked-call.ts';
import { checkedResult, checkedValue } from './checks.ts';

export class CheckedStream implements Stream<unknown, unknown> {
  readonly result: Promise<unknown>;
  readonly #called: Called;
  readonly #started: Promise<Stream<unknown, unknown>>;
  readonly #outcome: Promise<Result>;
  #stream: Stream<unknown, unknown> | undefined;
  #canceled = false;
  /** Why the loop ended from this side. */
  #failure: Error | undefined;

  /** @param start starts the stream */
  constructor(called: Called, start: () => Stream<unknown, unknown>) {
    this.#called = called;
    const { procedure, schemas, ready } = called;
    const open = (): Stream<unknown, unknown> => {
      if (this.#canceled) throw new CanceledError(ErrorUri.CANCELED);
      return (this.#stream = start());
    };
    this.#started = ready === undefined ? Promise.resolve(open()) : ready.then(open);
    this.#outcome = this.#started
      .then((stream) => stream.full())
      .then((given) => checkedResult(procedure, schemas, given))
      .catch((thrown: unknown) => {
        throw this.#failure ?? thrown;
      });
    this.result = this.#outcome.then(({ value }) => value);
    // The loop throws it, too; code that has left the loop does not need it.
    this.result.catch(ignore);
  }

  get requestId(): Id | undefined {
    return this.#stream?.requestId;
  }

  get dropped(): number {
    return this.#stream?.dropped ?? 0;
  }

  full(): Promise<Result> {
    return this.#outcome.catch(traced);
  }

  cancel(mode?: CancelMode): void {
    this.#canceled = true;
    this.#stream?.cancel(mode);
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown, undefined> {
    return this.#values();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
    return Promise.resolve();
  }

  async *#values(): AsyncGenerator<unknown, undefined, undefined> {
    const { procedure, schemas } = this.#called;
    // Leaving this loop, even because a value is invalid, cancels the call.
    for await (const value of await this.#started) {
      let checked: unknown;
      try {
        checked = await checkedValue(procedure, schemas, value);
      } catch (thrown) {
        throw (this.#failure = toError(thrown));
      }
      yield checked;
    }
    return undefined;
  }
}
