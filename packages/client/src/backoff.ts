/**
 * The delay before the next attempt: grows exponentially, with random jitter so that clients do not reconnect all at
 * once.
 */
import type { Backoff } from './connect-options.ts';

/**
 * @param failures number of consecutive failed attempts, from 0 @param random from 0 up to 1 @returns milliseconds
 */
export function delayAfter(failures: number, backoff: Backoff, random: () => number): number {
  const { min, max, factor, jitter } = backoff;
  const longest = Math.min(max, min * factor ** failures);
  return jitter === 'none' ? longest : Math.floor(random() * longest);
}
