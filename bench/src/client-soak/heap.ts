/** The heap of this process over time, without garbage and compiled code, and how fast it grows. */
import { getHeapCodeStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { digits } from '../figures.ts';
import { judge, slopeOf, type Sample } from '../soak/slope.ts';

const MIB = 1024 * 1024;
/** The share of the run that is warm-up. */
const WARM_UP = 1 / 4;

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;

/** In MiB. */
export function heapUsed(): number {
  collect();
  return (process.memoryUsage().heapUsed - getHeapCodeStatistics().code_and_metadata_size) / MIB;
}

/**
 * Prints the slope after the warm-up with its verdict.
 * @param unit what the samples are counted by, such as `h`
 * @returns false if it is beyond the bound (MiB per unit)
 */
export function report(name: string, samples: readonly Sample[], unit: string, bound: number): boolean {
  const steady = samples.slice(Math.floor(samples.length * WARM_UP));
  const slope = slopeOf(steady);
  const verdict = judge(slope, bound);
  const [first, last] = [steady[0]?.value, steady.at(-1)?.value];
  console.log(
    `${name}: heap ${digits(first)} to ${digits(last)} MiB, slope ${slope.perHour.toFixed(3)} ± ${slope.error.toFixed(3)} MiB/${unit}, ` +
      `bound ${bound}: ${verdict}`,
  );
  return verdict !== 'beyond';
}
