/** What a configuration says of limits and quotas: a row for each that the library knows. */
import { DEFAULT_LIMITS, DEFAULT_QUOTAS, type Limits, type Quotas } from '@wamp/router';
import { z } from 'zod';
import { camelKeys, type Snake } from './camel-keys.ts';
import { count, duration, size } from './kinds.ts';

type Rows<T> = { readonly [K in keyof T as Snake<K & string>]: z.ZodType<T[K]> };

/** Bounds on what any client may take. */
export function limits(): z.ZodType<Limits> {
  const { helloTimeout, authenticateTimeout, authorizeTimeout, goodbyeTimeout } = DEFAULT_LIMITS;
  const { handshakeSize, messageSize, queueSize } = DEFAULT_LIMITS;
  const rows = {
    hello_timeout: duration(helloTimeout).describe('From connecting to HELLO.'),
    authenticate_timeout: duration(authenticateTimeout).describe(
      'From CHALLENGE to AUTHENTICATE, and from either to the verdict.',
    ),
    authorize_timeout: duration(authorizeTimeout).describe('For a dynamic authorizer to decide.'),
    goodbye_timeout: duration(goodbyeTimeout).describe(
      'From the GOODBYE of the router to that of the client.',
    ),
    handshake_size: size(handshakeSize).describe('A message before WELCOME.'),
    message_size: size(messageSize).describe('A message after WELCOME, either way.'),
    queue_size: size(queueSize).describe(
      'What waits for a client that reads slowly; beyond that it is sent ABORT `wamp.error.slow_consumer`.',
    ),
  } satisfies Rows<Limits>;
  return z.strictObject(rows).transform(camelKeys).meta({ title: 'a mapping of limits' });
}

/** How much of a realm one session may take. */
export function quotas(): z.ZodType<Quotas> {
  const rows = {
    subscriptions: quota(DEFAULT_QUOTAS.subscriptions).describe('Subscriptions of a session.'),
    registrations: quota(DEFAULT_QUOTAS.registrations).describe('Registrations of a session.'),
    calls: quota(DEFAULT_QUOTAS.calls).describe('Calls that a session waits for.'),
    invocations: quota(DEFAULT_QUOTAS.invocations).describe('Invocations that a session is to answer.'),
  } satisfies Rows<Quotas>;
  return z.strictObject(rows).transform(camelKeys).meta({ title: 'a mapping of quotas' });
}

function quota(most: number): z.ZodType<number> {
  return count(0, 1_000_000_000).default(most);
}
