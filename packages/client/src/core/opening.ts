/** The promises that wait for a session to open, possibly again. */
import { ignore } from './quietly.ts';

export class Opening<T> {
  #waiting: { promise: Promise<T>; resolve(value: T): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;

  /** Resolves when it next opens; rejects when it has ended. */
  wait(): Promise<T> {
    if (this.#failure !== undefined) {
      const never = Promise.reject<T>(this.#failure);
      never.catch(ignore);
      return never;
    }
    if (this.#waiting === undefined) {
      const settle: { resolve?: (value: T) => void; reject?: (error: Error) => void } = {};
      const promise = new Promise<T>((resolve, reject) => Object.assign(settle, { resolve, reject }));
      promise.catch(ignore);
      this.#waiting = {
        promise,
        resolve: (value) => settle.resolve?.(value),
        reject: (error) => settle.reject?.(error),
      };
    }
    return this.#waiting.promise;
  }

  done(value: T): void {
    this.#waiting?.resolve(value);
    this.#waiting = undefined;
  }

  /** Fails the waiting promises; the first failure counts. @returns whether there were any */
  over(failure: Error): boolean {
    this.#failure ??= failure;
    const isAwaited = this.#waiting !== undefined;
    this.#waiting?.reject(failure);
    return isAwaited;
  }
}
