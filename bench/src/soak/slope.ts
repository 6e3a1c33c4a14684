/** Estimates how fast something grows, with the error of the estimate: least squares over the means of blocks. */

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

/** The number of blocks in which samples are averaged, because samples that follow each other closely are not independent. */
const BLOCKS = 20;
/** Quantile 0.975 of Student's t for 18 degrees of freedom, which are two less than there are blocks. */
const T = 2.101;

/**
 * The slope of the samples by least squares. They are first averaged in 20 blocks of equal duration, so that noise
 * which lasts for several samples does not make the error too small.
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
  if (samples.length < BLOCKS)
    throw new RangeError(`at least ${BLOCKS} samples are needed, got ${samples.length}: run for longer`);
  return Array.from({ length: BLOCKS }, (_item, index) => {
    const from = Math.floor((index * samples.length) / BLOCKS);
    const block = samples.slice(from, Math.floor(((index + 1) * samples.length) / BLOCKS));
    return { at: mean(block.map(({ at }) => at)), value: mean(block.map(({ value }) => value)) };
  });
}

/** `unknown` when the bound is within the confidence interval, which a longer run makes narrower. */
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
