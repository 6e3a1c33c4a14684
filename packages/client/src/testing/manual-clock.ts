/** A clock that is advanced by tests. */
import type { Clock } from '../clock.ts';

interface Timer {
  readonly due: number;
  readonly fire: () => void;
}

/** For option `clock` of `connect`: timers fire when the test advances the time. */
export class ManualClock implements Clock {
  #now: number;
  readonly #timers = new Set<Timer>();

  /** @param now milliseconds since 1970 */
  constructor(now = 0) {
    this.#now = now;
  }

  /** The number of pending timers. */
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

  /** Advances the time (ms); timers that become due fire in order. */
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
