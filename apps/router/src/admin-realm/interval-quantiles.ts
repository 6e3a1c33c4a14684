/** Interval quantiles: the quantiles of the values that a cumulative histogram has counted since it was last read. */
import { quantile, type Distribution } from '@wamp/router';

/** Reads the same histograms repeatedly. */
export class IntervalQuantiles {
  /** The count of each bucket at the last call, by its bound. */
  #before: ReadonlyMap<number, number> = new Map();

  /**
   * The quantiles of all values that these histograms have counted since the last call, or since their creation.
   * @param shares from 0 to 1
   * @returns NaN for each when there were none
   */
  since(distributions: Iterable<Distribution>, shares: readonly number[]): readonly number[] {
    const now = new Map<number, number>();
    for (const { buckets } of distributions) {
      for (const { upTo, count } of buckets) now.set(upTo, (now.get(upTo) ?? 0) + count);
    }
    const buckets = [...now]
      .sort(([a], [b]) => a - b)
      // The counts of a removed histogram are gone as well.
      .map(([upTo, count]) => ({ upTo, count: Math.max(0, count - (this.#before.get(upTo) ?? 0)) }))
      .filter(({ count }) => count > 0);
    this.#before = now;
    const count = buckets.reduce((total, bucket) => total + bucket.count, 0);
    return shares.map((share) => quantile({ count, sum: 0, buckets }, share) ?? NaN);
  }
}
