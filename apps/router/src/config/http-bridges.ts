/** HTTP bridges of a listener: the paths below which requests without WAMP are answered, and their settings. */
import { z } from 'zod';
import { camelKeys } from './camel-keys.ts';
import { count, duration, NOT_WELL_FORMED, size, uri } from './kinds.ts';

/** One bridge; times in ms, sizes in bytes. */
export interface HttpBridgeRule {
  /** The path below which it answers, without a slash at its end. */
  readonly path: string;
  readonly realm: string;
  readonly bodySize: number;
  readonly bodyTimeout: number;
  readonly callTimeout: number;
  readonly heartbeat: number;
  readonly sessionIdle: number;
  readonly sessionAge: number;
  readonly sessions: number;
  /** The cookie that has the ticket; none when absent. */
  readonly cookie?: string;
}

const PATH = /^(?:\/[\w.~-]+)+$/;

/** The bridges of a listener, by path. */
export function httpBridges(): z.ZodType<readonly HttpBridgeRule[]> {
  const bridge = z
    .strictObject({
      realm: uri().describe('The realm of the requests.'),
      body_size: size(2 ** 20).describe('The maximum size of a request body.'),
      body_timeout: duration(10_000).describe('The time in which a request body has to arrive.'),
      call_timeout: duration(60_000).describe('The time after which a call is canceled.'),
      heartbeat: duration(15_000).describe('The time between two comments on an event stream.'),
      session_idle: duration(60_000).describe(
        'The time for which the session of a principal is kept after its last request.',
      ),
      session_age: duration(300_000).describe(
        'The time after which a principal has to log in again with its next request, even if its session is in use.',
      ),
      sessions: count(1, 1_000_000)
        .default(1000)
        .describe('The maximum number of principals that have a session for requests at a time.'),
      cookie: z
        .string()
        .regex(/^[\w!#$%&'*+\-.^`|~]+$/, { message: NOT_WELL_FORMED })
        .meta({ title: 'the name of a cookie' })
        .exactOptional()
        .describe('The name of a cookie that contains the ticket of the principal, for pages.'),
    })
    .meta({ title: 'a mapping with realm' });
  return z
    .record(z.string(), bridge)
    .superRefine((bridges, context) => {
      for (const path of Object.keys(bridges)) {
        if (PATH.test(path)) continue;
        const message = 'is not the path of a bridge, expected one such as /api, without a slash at its end';
        context.addIssue({ code: 'custom', path: [path], message });
      }
    })
    .transform((bridges) => Object.entries(bridges).map(([path, rule]) => ({ path, ...camelKeys(rule) })))
    .meta({ title: 'a mapping of bridges by path' });
}
