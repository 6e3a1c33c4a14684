/** Waiting: pauses, repeated tasks, and waits for conditions, by an injected clock. */
import type { Clock } from '../core/clock.ts';

/** The interval at which a condition is checked (ms). */
const LOOK = 20;

export class Waiting {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(ms, resolve));
  }

  /** Runs a task at regular intervals (ms), for the first time after one. @returns a function that ends this */
  every(interval: number, task: () => void): () => void {
    let dismiss = (): void => undefined;
    const again = (): void => {
      dismiss = this.#clock.after(interval, () => {
        again();
        task();
      });
    };
    again();
    return () => {
      dismiss();
    };
  }

  /** Resolves when a condition holds, and after `patience` (ms) at the latest. */
  until(condition: () => boolean, patience: number): Promise<void> {
    return new Promise((resolve) => {
      const end = this.#clock.elapsed() + patience;
      const look = (): void => {
        if (condition() || this.#clock.elapsed() >= end) resolve();
        else this.#clock.after(LOOK, look);
      };
      look();
    });
  }
}
