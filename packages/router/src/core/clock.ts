/** Time, injected: the core never asks the machine what time it is. */

/** A source of time and of timers. */
export interface Clock {
  /** Milliseconds since the epoch, for people to read. */
  now(): number;
  /** Runs `task` once, `delay` ms from now by a monotonic clock. @returns what calls it off */
  after(delay: number, task: () => void): () => void;
}
