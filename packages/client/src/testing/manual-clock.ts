/** A clock that only a test moves. */
import type { Clock } from '../clock.ts';

interface Timer {
  readonly due: number;
  readonly fire: () => void;
}

/** For option `clock` of `connect`: timers fire when the test lets time pass. */
export class ManualClock implements Clock {
  #now: number;
  readonly #timers = new Set<Timer>();

  /** @param now ms since the epoch */
  constructor(now = 0) {
    this.#now = now;
  }

  /** How many timers are pending. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, fire: () => void): () => void {
    const timer = { due: this.#now + ms, fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets time pass (ms); timers that become due fire in their order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = next.due;
      next.fire();
    }
    this.#now = end;
  }
}
