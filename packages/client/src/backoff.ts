/** How long to wait before the next attempt: longer each time, and by chance, so that not all clients come back at once. */
import type { Backoff } from './connect-options.ts';

/** @param failures how many attempts have failed in a row, from 0 @param random from 0 up to 1 @returns milliseconds */
export function delayAfter(failures: number, backoff: Backoff, random: () => number): number {
  const { min, max, factor, jitter } = backoff;
  const longest = Math.min(max, min * factor ** failures);
  return jitter === 'none' ? longest : Math.floor(random() * longest);
}
