/** What the program uses of its environment: streams, variables, time, and signals. */
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@wamp/client';

/** Standard output or standard error; a terminal has a size. */
export interface Outlet extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** Standard input; a terminal has a raw mode, which delivers single keys without echo. */
export interface Inlet extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(on: boolean): unknown;
}

/** Timers, durations and dates. */
export interface Timing extends Clock {
  /** Monotonic milliseconds. */
  elapsed(): number;
  /** The current date. */
  date(): Date;
}

/** The environment of a run. */
export interface Io {
  readonly stdin: Inlet;
  readonly stdout: Outlet;
  readonly stderr: Outlet;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Timing;
  /** Aborted with an `Interrupted` when the user or the system stops the program. */
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

/** Resolves after this many milliseconds; rejects with the reason of the signal if it is aborted first. */
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

/** A promise, and the functions that settle it. */
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
  // If no code awaits it any more, the rejection is ignored.
  promise.catch(() => undefined);
  return { promise, resolve: () => settle?.resolve(), reject: (error) => settle?.reject(error) };
}
