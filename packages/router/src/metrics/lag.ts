/** Lag: how late the event loop is, which is how long everything waits that happens while it is busy. */
import type { Histogram } from '../core/histogram.ts';

/** How often it is measured (ms). */
const INTERVAL = 500;

/** Time by which the lag is measured: the machine's own, even where a test gives the router another clock. */
export interface LagClock {
  /** Milliseconds by a monotonic clock. */
  elapsed(): number;
  /** Runs `task` once, in `delay` ms, unless the process ends before. @returns what calls it off */
  after(delay: number, task: () => void): () => void;
}

const machine: LagClock = {
  elapsed: () => performance.now(),
  after(delay, task) {
    // It keeps no process alive.
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

  /** @param lag is told seconds */
  constructor(lag: Histogram, clock: LagClock = machine) {
    this.#lag = lag;
    this.#clock = clock;
  }

  /** Measures from now on; harmless when it does already. */
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
