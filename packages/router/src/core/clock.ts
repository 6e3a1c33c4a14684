/** Interface Clock: the core gets time and timers from it, and never reads the system clock itself. */

/** A source of time and of timers. */
export interface Clock {
  /**
   * Milliseconds since the epoch, for dates shown to people and dates in tokens; may go backwards when the system clock
   * is set.
   */
  now(): number;
  /** Milliseconds since an arbitrary moment, monotonic: durations are differences of two readings. */
  elapsed(): number;
  /** Runs `task` once, `delay` ms from now, by a monotonic clock. @returns a function that cancels it */
  after(delay: number, task: () => void): () => void;
}
