/** Says what a client can bring about as often as it likes, and so not each time. */
import type { Clock } from '../core/clock.ts';

/** The least time between two sayings (ms). */
const INTERVAL = 1000;

/** @param say is told the facts once a second at most, and how often they were kept back since */
export function seldom<F extends object>(
  clock: Clock,
  say: (facts: F & { readonly unmentioned: number }) => void,
): (facts: F) => void {
  let next = -Infinity;
  let unmentioned = 0;
  return (facts) => {
    if (clock.elapsed() < next) unmentioned += 1;
    else {
      say({ ...facts, unmentioned });
      next = clock.elapsed() + INTERVAL;
      unmentioned = 0;
    }
  };
}
