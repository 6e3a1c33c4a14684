/** Signatures of webhooks, by the conventions of Standard Webhooks: HMAC-SHA-256 of id, time and body. */
import { createHmac } from 'node:crypto';

/** The signed data. */
export interface Signed {
  /** The id, the same for every attempt, by which receivers recognize repetitions. */
  readonly id: string;
  /** When the attempt is made (seconds since the epoch). */
  readonly timestamp: number;
  readonly body: string;
}

/** The headers of a delivery: `webhook-id`, `webhook-timestamp`, `webhook-signature`. */
export function signatureHeaders(secret: string, signed: Signed): Readonly<Record<string, string>> {
  return {
    'webhook-id': signed.id,
    'webhook-timestamp': String(signed.timestamp),
    'webhook-signature': `v1,${signatureOf(secret, signed)}`,
  };
}

/** The signature in base64. @param secret text; after `whsec_`, the octets in base64 */
export function signatureOf(secret: string, { id, timestamp, body }: Signed): string {
  const isEncoded = secret.startsWith('whsec_');
  const key = isEncoded ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
  return createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
}
