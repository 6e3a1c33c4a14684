/** Section `tracing` of the configuration: where spans of calls and publications are exported to. */
import { z } from 'zod';
import { camelKeys } from './camel-keys.ts';
import type { Files } from './files.ts';
import { count, duration, NOT_WELL_FORMED, secret, text } from './kinds.ts';

/** Times in ms. */
export interface TracingConfiguration {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly ratio: number;
  readonly honorParents: boolean;
  readonly queueSize: number;
  readonly batchSize: number;
  readonly interval: number;
  readonly timeout: number;
  readonly attempts: number;
}

const HEADER_NAME = /^[a-z\d][a-z\d-]*$/;

export function tracing(files: Files): z.ZodType<TracingConfiguration> {
  const rows = {
    endpoint: z
      .string()
      .refine(isEndpoint, { message: NOT_WELL_FORMED })
      .describe('The URL to which spans are posted (OTLP/HTTP, JSON).')
      .meta({ title: 'a URL such as http://127.0.0.1:4318/v1/traces' }),
    headers: z
      .record(z.string().regex(HEADER_NAME), secret(files))
      .meta({ title: 'a mapping of headers in lower case' })
      .default({})
      .describe('Headers of each request, such as `authorization`.'),
    service_name: text('text').default('wamp-router').describe('The `service.name` of the spans.'),
    ratio: z
      .number()
      .min(0)
      .max(1)
      .meta({ title: 'a number from 0 to 1' })
      .default(1)
      .describe('The share of traces that are recorded, of those that begin at the router.'),
    honor_parents: z
      .boolean()
      .default(true)
      .describe(
        'Whether requests with a `traceparent` are traced exactly if it says `sampled`; otherwise the trace id decides by `ratio`.',
      ),
    queue_size: count(1, 1_000_000)
      .default(2048)
      .describe('The maximum number of spans that wait to be sent; further ones are dropped and counted.'),
    batch_size: count(1, 10_000).default(512).describe('The maximum number of spans in a request.'),
    interval: duration(5000).describe('The maximum time for which a span waits for others.'),
    timeout: duration(10_000).describe('The maximum duration of a request.'),
    attempts: count(1, 100).default(5).describe('The number of attempts after which a batch is dropped.'),
  };
  return z.strictObject(rows).transform(camelKeys).meta({ title: 'a mapping for tracing' });
}

function isEndpoint(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}
