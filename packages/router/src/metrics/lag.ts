/** Measures the lag of the event loop: how late timers run because it is busy. */
import type { Histogram } from '../core/histogram.ts';

/** The interval of the measurement (ms). */
const INTERVAL = 500;

/** The clock for measuring the lag: that of the system, even where a test gives the router another one. */
export interface LagClock {
  /** Milliseconds by a monotonic clock. */
  elapsed(): number;
  /** Runs `task` once, in `delay` ms, without keeping the process alive. @returns a function that cancels it */
  after(delay: number, task: () => void): () => void;
}

const machine: LagClock = {
  elapsed: () => performance.now(),
  after(delay, task) {
    // unref: the timer does not keep the process alive.
    const timer = setTimeout(task, delay).unref();
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Records, twice a second, by how much a timer is late. */
export class LagProbe {
  readonly #lag: Histogram;
  readonly #clock: LagClock;
  #dismiss: (() => void) | undefined;

  /** @param lag records seconds */
  constructor(lag: Histogram, clock: LagClock = machine) {
    this.#lag = lag;
    this.#clock = clock;
  }

  /** Starts measuring; does nothing when it has already started. */
  start(): void {
    if (this.#dismiss === undefined) this.#await();
  }

  stop(): void {
    this.#dismiss?.();
    this.#dismiss = undefined;
  }

  #await(): void {
    const due = this.#clock.elapsed() + INTERVAL;
    this.#dismiss = this.#clock.after(INTERVAL, () => {
      this.#lag.record(Math.max(0, this.#clock.elapsed() - due) / 1000);
      this.#await();
    });
  }
}
