/** A clock that tests advance. */
import type { Clock } from '../core/clock.ts';

interface Timer {
  readonly due: number;
  readonly task: () => void;
}

export class ManualClock implements Clock {
  #now: number;
  #elapsed = 0;
  readonly #timers = new Set<Timer>();

  /** @param now ms since the epoch */
  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  /** Sets the date that {@link now} returns, forward or back. No time elapses, and timers are not affected. */
  set(now: number): void {
    this.#now = now;
  }

  after(delay: number, task: () => void): () => void {
    const timer = { due: this.#elapsed + delay, task };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** The number of pending timers. */
  get pending(): number {
    return this.#timers.size;
  }

  /** How long until the next timer is due (ms); undefined when none is pending. */
  get untilNext(): number | undefined {
    const next = this.#next(Infinity);
    return next === undefined ? undefined : Math.max(0, next.due - this.#elapsed);
  }

  /** Advances the clock by `ms`; timers that become due run in order. */
  advance(ms: number): void {
    const end = this.#elapsed + ms;
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#timers.delete(timer);
      this.#pass(timer.due - this.#elapsed);
      timer.task();
    }
    this.#pass(end - this.#elapsed);
  }

  #pass(ms: number): void {
    this.#elapsed += ms;
    this.#now += ms;
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    // Of those that are due at the same time, the one that was set first.
    for (const timer of this.#timers)
      if (next === undefined ? timer.due <= end : timer.due < next.due) next = timer;
    return next;
  }
}
