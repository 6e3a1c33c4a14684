/** A call as a promise: of its first positional result, or of the whole result. */
import type { Result } from './core/result.ts';
import { traced } from './errors.ts';

export abstract class CallPromise implements Promise<unknown> {
  readonly [Symbol.toStringTag] = 'Call';
  /** Settles once, with the whole result. */
  protected abstract readonly outcome: Promise<Result>;

  full(): Promise<Result> {
    return this.outcome.catch(traced);
  }

  then<R = unknown, E = never>(
    onfulfilled?: ((value: unknown) => R | PromiseLike<R>) | null,
    onrejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    return this.outcome.then(({ value }) => value, traced).then(onfulfilled, onrejected);
  }

  catch<E = never>(onrejected?: ((reason: unknown) => E | PromiseLike<E>) | null): Promise<unknown> {
    return this.then(undefined, onrejected);
  }

  finally(onfinally?: (() => void) | null): Promise<unknown> {
    return this.then().finally(onfinally);
  }
}
