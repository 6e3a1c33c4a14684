/** What the program touches outside of itself: streams, environment, time, and the signals that end it. */
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@wamp/client';

/** Standard output or standard error; a terminal has a size. */
export interface Outlet extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** Standard input; a terminal can be told to hand over single keys, and not to show them. */
export interface Inlet extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(on: boolean): unknown;
}

/** Time: timers, durations and dates. */
export interface Timing extends Clock {
  /** Milliseconds since some moment, and never back. */
  elapsed(): number;
  /** The date, from the wall clock. */
  date(): Date;
}

/** What a run of the program is given. */
export interface Io {
  readonly stdin: Inlet;
  readonly stdout: Outlet;
  readonly stderr: Outlet;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Timing;
  /** Aborted with an `Interrupted` when the person at the keyboard, or the system, wants the program to end. */
  readonly interrupt: AbortSignal;
}

/** The clocks of the machine. */
export const machineTime: Timing = {
  after(ms, fire) {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
  elapsed: () => performance.now(),
  date: () => new Date(),
};

/** Resolves after so many milliseconds; rejects with the reason of the signal when that is aborted before. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      stop();
      reject(signal.reason as Error);
    };
    const stop = clock.after(ms, () => {
      signal.removeEventListener('abort', aborted);
      resolve();
    });
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
  });
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A promise, and how to settle it. */
export interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export function deferred(): Deferred {
  let settle: Omit<Deferred, 'promise'> | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Whoever is told of an error may have gone by then.
  promise.catch(() => undefined);
  return { promise, resolve: () => settle?.resolve(), reject: (error) => settle?.reject(error) };
}
