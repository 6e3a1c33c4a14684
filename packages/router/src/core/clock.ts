/** Time, injected: the core never asks the machine what time it is. */

/** A source of time and of timers. */
export interface Clock {
  /** Milliseconds since the epoch, for dates that people read and that tokens carry; it may be set back at any time. */
  now(): number;
  /** Milliseconds since an arbitrary moment, by a monotonic clock: every duration is a difference of two readings. */
  elapsed(): number;
  /** Runs `task` once, `delay` ms from now by a monotonic clock. @returns what calls it off */
  after(delay: number, task: () => void): () => void;
}
