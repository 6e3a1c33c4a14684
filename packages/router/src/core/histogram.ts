/** Histogram: counts values in buckets of fixed bounds, so that quantiles can be read without keeping the values. */

/** Each power of two is divided into 2^4 = 16 buckets: the width of a bucket is a 16th of its lower bound. */
const PRECISION = 4;
const PARTS = 1 << PRECISION;
/** The largest number of units; larger values count as this one. */
const MOST = 2 ** 31 - 1;
const BUCKETS = bucketOf(MOST) + 1;

/** Values up to and including `upTo`, and above the bound of the previous bucket. */
export interface Bucket {
  readonly upTo: number;
  readonly count: number;
}

/** What a histogram has counted. */
export interface Distribution {
  readonly count: number;
  readonly sum: number;
  /** The buckets that are not empty, in ascending order. */
  readonly buckets: readonly Bucket[];
}

/**
 * Values are rounded up to whole units. Up to 16 units, each value has a bucket of its own; above, the bounds of a
 * bucket differ by a 16th (6.25 %). Recording adds to two typed arrays and allocates nothing.
 */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  readonly #sum = new Float64Array(1);
  readonly #unitsPerOne: number;

  /** @param unit the resolution: 1e-6, for example, to record seconds in microseconds */
  constructor(unit: number) {
    this.#unitsPerOne = 1 / unit;
  }

  /** Records a value; below 0 it counts as 0, above 2^31 units as the largest. */
  record(value: number): void {
    const bucket = bucketOf(Math.min(MOST, Math.max(0, Math.ceil(value * this.#unitsPerOne))));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum[0] = (this.#sum[0] ?? 0) + value;
  }

  /** Counts a value that is a whole number of units, 0 or more. */
  count(units: number): void {
    const bucket = bucketOf(Math.min(MOST, units));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum[0] = (this.#sum[0] ?? 0) + units / this.#unitsPerOne;
  }

  read(): Distribution {
    const buckets: Bucket[] = [];
    let count = 0;
    this.#counts.forEach((counted, bucket) => {
      count += counted;
      if (counted > 0) buckets.push({ upTo: lastOf(bucket) / this.#unitsPerOne, count: counted });
    });
    return { count, sum: this.#sum[0] ?? 0, buckets };
  }
}

/** The bucket of a whole number of units. */
function bucketOf(units: number): number {
  if (units < PARTS) return units;
  const shift = 31 - Math.clz32(units) - PRECISION;
  return ((shift + 1) << PRECISION) + ((units >>> shift) & (PARTS - 1));
}

/** The largest number of units in a bucket. */
function lastOf(bucket: number): number {
  if (bucket < PARTS) return bucket;
  const shift = (bucket >> PRECISION) - 1;
  return (PARTS + (bucket & (PARTS - 1)) + 1) * 2 ** shift - 1;
}

/**
 * A quantile: the value at or below which a share of all values lies. Never less than the true one, and at most a 16th
 * and one unit greater.
 * @param share from 0 to 1: 0.5 for the median
 * @returns undefined when nothing has been counted
 */
export function quantile({ count, buckets }: Distribution, share: number): number | undefined {
  const rank = Math.max(1, Math.ceil(share * count));
  let seen = 0;
  for (const bucket of buckets) {
    seen += bucket.count;
    if (seen >= rank) return bucket.upTo;
  }
  return undefined;
}

/** How many values are at most `bound`; buckets that extend beyond it are not counted. */
export function countUpTo({ buckets }: Distribution, bound: number): number {
  let seen = 0;
  for (const { upTo, count } of buckets) {
    if (upTo > bound) break;
    seen += count;
  }
  return seen;
}
