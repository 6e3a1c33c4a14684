/** Counts work and samples durations, in a fixed amount of memory. */
import { quantile } from '../output/numbers.ts';

/** The size of the random sample of durations. */
const KEPT = 100_000;

/** The readings of a meter. Durations in milliseconds. */
export interface Figures {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export class Meter {
  count = 0;
  #max = 0;
  readonly #kept = new Float64Array(KEPT);

  /** @param ms the duration */
  add(ms: number): void {
    const at = this.count < KEPT ? this.count : Math.floor(Math.random() * (this.count + 1));
    if (at < KEPT) this.#kept[at] = ms;
    this.count += 1;
    if (ms > this.#max) this.#max = ms;
  }

  figures(): Figures {
    const sorted = this.#kept.slice(0, Math.min(this.count, KEPT)).sort();
    const at = (q: number): number => Math.round(quantile(sorted, q) * 1000) / 1000;
    return {
      count: this.count,
      p50: at(0.5),
      p90: at(0.9),
      p99: at(0.99),
      max: Math.round(this.#max * 1000) / 1000,
    };
  }
}
