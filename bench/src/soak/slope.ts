/** How fast something grows, and how sure that is: least squares over the means of blocks. */

/** One measurement. */
export interface Sample {
  /** In hours. */
  readonly at: number;
  readonly value: number;
}

/** A rate with its error. */
export interface Slope {
  /** In units per hour. */
  readonly perHour: number;
  /** Half the width of the 95 % confidence interval. */
  readonly error: number;
}

/** How many blocks the samples are averaged in: what follows closely upon each other is not independent. */
const BLOCKS = 20;
/** Quantile 0.975 of Student's t for 18 degrees of freedom, which are two less than there are blocks. */
const T = 2.101;

/**
 * The slope of the samples by least squares. They are first averaged in 20 blocks of equal duration, so that noise
 * which lasts for several samples does not pass for certainty.
 * @throws RangeError when there are fewer samples than blocks
 */
export function slopeOf(samples: readonly Sample[]): Slope {
  const points = blocks(samples);
  const x = mean(points.map(({ at }) => at));
  const y = mean(points.map(({ value }) => value));
  const spread = sum(points.map(({ at }) => (at - x) ** 2));
  const perHour = sum(points.map(({ at, value }) => (at - x) * (value - y))) / spread;
  const residuals = sum(points.map(({ at, value }) => (value - y - perHour * (at - x)) ** 2));
  const deviation = Math.sqrt(residuals / (points.length - 2) / spread);
  return { perHour, error: T * deviation };
}

function blocks(samples: readonly Sample[]): readonly Sample[] {
  if (samples.length < BLOCKS) throw new RangeError(`${BLOCKS} samples are needed at least`);
  return Array.from({ length: BLOCKS }, (_item, index) => {
    const from = Math.floor((index * samples.length) / BLOCKS);
    const block = samples.slice(from, Math.floor(((index + 1) * samples.length) / BLOCKS));
    return { at: mean(block.map(({ at }) => at)), value: mean(block.map(({ value }) => value)) };
  });
}

/** `unknown` when the interval reaches across the bound: a longer run is narrower. */
export type Verdict = 'within' | 'beyond' | 'unknown';

export function judge({ perHour, error }: Slope, bound: number): Verdict {
  if (perHour + error <= bound) return 'within';
  return perHour - error > bound ? 'beyond' : 'unknown';
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
