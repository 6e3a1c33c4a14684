/** Compares secrets in constant time. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const KEY = randomBytes(32);

/** Whether both are equal. The time depends on their lengths only. */
export function isSame(shown: string | Uint8Array, expected: string | Uint8Array): boolean {
  return timingSafeEqual(digest(shown), digest(expected));
}

/** A keyed digest: equal in length for all inputs, and unpredictable for the client. */
function digest(secret: string | Uint8Array): Buffer {
  return createHmac('sha256', KEY).update(secret).digest();
}
