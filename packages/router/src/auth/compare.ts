/** Comparison of secrets in a time that tells nothing about them. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const KEY = randomBytes(32);

/** True when the two are the same; how long it takes to find out depends on neither but for its length. */
export function isSame(shown: string | Uint8Array, expected: string | Uint8Array): boolean {
  return timingSafeEqual(digest(shown), digest(expected));
}

/** Of equal length for whatever it is, and out of the hands of who shows it. */
function digest(secret: string | Uint8Array): Buffer {
  return createHmac('sha256', KEY).update(secret).digest();
}
