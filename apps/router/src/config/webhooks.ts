/** Webhooks of a realm: topics whose events are posted to a URL. */
import { z } from 'zod';
import { camelKeys } from './camel-keys.ts';
import type { Files } from './files.ts';
import { count, duration, NOT_WELL_FORMED, secret, size } from './kinds.ts';
import { topic } from './realm-features.ts';
import { role } from './source.ts';

/** One webhook; times in ms, sizes in bytes. */
export interface WebhookRule {
  readonly topic: string;
  readonly match: 'exact' | 'prefix' | 'wildcard';
  readonly target: string;
  readonly secret: string;
  /** The role whose rights the subscription needs; none when absent. */
  readonly role?: string;
  readonly timeout: number;
  readonly attempts: number;
  readonly firstDelay: number;
  readonly longestDelay: number;
  readonly queueSize: number;
  readonly deadLetterSize: number;
  readonly allowPrivate: boolean;
}

/** The webhooks of a realm. */
export function webhooks(files: Files): z.ZodType<readonly WebhookRule[]> {
  const rule = z.strictObject({
    topic: topic(),
    match: z
      .enum(['exact', 'prefix', 'wildcard'])
      .default('exact')
      .describe('How the topic is matched, as in a subscription.'),
    target: z
      .string()
      .refine(isTarget, { message: NOT_WELL_FORMED })
      .describe('The URL to which events are posted.')
      .meta({ title: 'a URL such as https://app.example/hook, without credentials' }),
    secret: secret(files).describe('Signs each request: text, or `whsec_` and the key in base64.'),
    role: role().exactOptional().describe('The role that needs permission to subscribe; none by default.'),
    timeout: duration(10_000).describe('The maximum duration of an attempt.'),
    attempts: count(1, 1000).default(10).describe('Attempts before an event becomes a dead letter.'),
    first_delay: duration(1000).describe('Maximum delay after the first failure; doubles with each.'),
    longest_delay: duration(300_000).describe('The maximum delay between attempts.'),
    queue_size: size(8 * 2 ** 20).describe(
      'The maximum size of the events that wait to be sent; further events become dead letters at once.',
    ),
    dead_letter_size: size(2 ** 20).describe('Maximum size of kept dead letters; the oldest are dropped.'),
    allow_private: z
      .boolean()
      .default(false)
      .describe('Whether the target may have a private or loopback address.'),
  });
  return z
    .array(rule.transform(camelKeys).meta({ title: 'a mapping with topic, target and secret' }))
    .meta({ title: 'a list of webhooks' });
}

function isTarget(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}
