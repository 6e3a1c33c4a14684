/** Sections `limits`, `quotas` and others: a row for each limit of the library. */
import {
  DEFAULT_ATTEMPT_LIMITS,
  DEFAULT_LIMITS,
  DEFAULT_QUOTAS,
  DEFAULT_STORE_LIMITS,
  type AttemptLimits,
  type Limits,
  type Quotas,
  type StoreLimits,
} from '@wamp/router';
import { z } from 'zod';
import { camelKeys, type Snake } from './camel-keys.ts';
import { count, duration, size } from './kinds.ts';

type Rows<T> = { readonly [K in keyof T as Snake<K & string>]: z.ZodType<T[K]> };

const LIMITS = {
  hello_timeout: duration(DEFAULT_LIMITS.helloTimeout).describe('Time from connecting to HELLO.'),
  authenticate_timeout: duration(DEFAULT_LIMITS.authenticateTimeout).describe(
    'Time from CHALLENGE to AUTHENTICATE, and from HELLO or AUTHENTICATE to the verdict.',
  ),
  authorize_timeout: duration(DEFAULT_LIMITS.authorizeTimeout).describe(
    'Time in which an authorizer has to decide.',
  ),
  goodbye_timeout: duration(DEFAULT_LIMITS.goodbyeTimeout).describe(
    'Time from the GOODBYE of the router to that of the client.',
  ),
  handshake_size: size(DEFAULT_LIMITS.handshakeSize).describe('Size of a message before WELCOME.'),
  message_size: size(DEFAULT_LIMITS.messageSize).describe(
    'Size of a message after WELCOME, in either direction.',
  ),
  discard_size: size(DEFAULT_LIMITS.discardSize).describe(
    'Size of a message that exceeds `message_size` but is only dropped, and answered with ERROR `wamp.error.payload_size_exceeded`; a longer one ends the session.',
  ),
  queue_size: size(DEFAULT_LIMITS.queueSize).describe(
    'Bytes that wait for a client that reads slowly; a client with more is sent ABORT `wamp.error.slow_consumer`.',
  ),
  slow_consumer_timeout: duration(DEFAULT_LIMITS.slowConsumerTimeout).describe(
    'While a client whose queue fills reads at least a 16th of `queue_size` within this time, the sessions that send to it are held back.',
  ),
  kept_size: size(DEFAULT_LIMITS.keptSize).describe(
    'All that the process keeps beyond the messages it came in: testaments, retained events, event history, calls that ' +
      'wait, messages behind an authorizer’s decision, bodies of long-polls. Sessions may have ' +
      'half of it, and those of one address a quarter of that half. 0B stands for a quarter of the heap limit.',
  ),
  long_poll_size: size(DEFAULT_LIMITS.longPollSize).describe(
    'Size of the request bodies of one long-poll channel that are being received, or wait for earlier ones; further ones are answered with 429.',
  ),
  ping_interval: duration(DEFAULT_LIMITS.pingInterval).describe(
    'Time from one ping to the next, for WebSocket, and for RawSocket with pings; 0s for no pings.',
  ),
  ping_timeout: duration(DEFAULT_LIMITS.pingTimeout).describe(
    'Time from a ping to a sign of life; without one, the connection ends. 0s for no limit.',
  ),
  connections_per_address: most(DEFAULT_LIMITS.connectionsPerAddress).describe(
    'Connections from one address, or for IPv6 from one /64 network; connections from this machine are not counted.',
  ),
  handshakes: most(DEFAULT_LIMITS.handshakes).describe(
    'Concurrent handshakes, of which one address may have half; further ones wait, and addresses take turns.',
  ),
  handshakes_waiting: most(DEFAULT_LIMITS.handshakesWaiting).describe(
    'Connections that wait for their handshake; further ones are refused. As many more may be silent still.',
  ),
  handshake_patience: duration(DEFAULT_LIMITS.handshakePatience).describe(
    'Time that a connection may wait for its handshake; after that, it is refused.',
  ),
  messages_per_second: most(0).describe(
    'Messages per second of a connection; reading pauses when it sends more. 0 for no limit.',
  ),
  bytes_per_second: size(0).describe('Bytes per second of a connection; 0B for no limit.'),
  messages_per_second_per_address: most(0).describe(
    'Messages per second of all connections from one address; 0 for no limit.',
  ),
  bytes_per_second_per_address: size(0).describe(
    'Bytes per second of all connections from one address; 0B for no limit.',
  ),
  rate_patience: duration(DEFAULT_LIMITS.ratePatience).describe(
    'Total time for which reading from a client that keeps exceeding its rates may pause before it is aborted.',
  ),
} satisfies Rows<Limits>;

/** Limits of the whole router. */
export function limits(): z.ZodType<Limits> {
  return z.strictObject(LIMITS).transform(camelKeys).meta({ title: 'a mapping of limits' });
}

/** Limits of authentication attempts. */
export function attempts(): z.ZodType<AttemptLimits> {
  const { perAuthid, perAddress, firstWait, longestWaitOfAuthid } = DEFAULT_ATTEMPT_LIMITS;
  const { longestPace, longestLine, longestWaitOfAddress, memory, size: remembered } = DEFAULT_ATTEMPT_LIMITS;
  const rows = {
    per_authid: most(perAuthid).describe(
      'Failures for one authid before attempts for it are verified one at a time, and those from the address that failed have to wait.',
    ),
    per_address: most(perAddress).describe('Failures from one address before its next attempt has to wait.'),
    first_wait: duration(firstWait).describe('The first wait, which doubles with each further failure.'),
    longest_wait_of_authid: duration(longestWaitOfAuthid).describe(
      'The maximum wait of an address for one authid.',
    ),
    longest_pace: duration(longestPace).describe(
      'The maximum time from a failure for an authid to the next attempt that is verified, from any address.',
    ),
    longest_line: duration(longestLine).describe(
      'An attempt that would wait longer than this in the queue of its authid is refused.',
    ),
    longest_wait_of_address: duration(longestWaitOfAddress).describe('The maximum wait of an address.'),
    memory: duration(memory).describe('Time without a failure after which failures are forgotten.'),
    size: most(remembered).describe('The maximum number of authids, and of addresses, that are remembered.'),
  } satisfies Rows<AttemptLimits>;
  return z.strictObject(rows).transform(camelKeys).meta({ title: 'a mapping of limits' });
}

/** Limits of one session. */
export function quotas(): z.ZodType<Quotas> {
  const rows = {
    subscriptions: most(DEFAULT_QUOTAS.subscriptions).describe('Subscriptions of a session.'),
    pattern_subscriptions: most(DEFAULT_QUOTAS.patternSubscriptions).describe(
      'Subscriptions of a session to patterns.',
    ),
    registrations: most(DEFAULT_QUOTAS.registrations).describe('Registrations of a session.'),
    pattern_registrations: most(DEFAULT_QUOTAS.patternRegistrations).describe(
      'Registrations of patterns of a session.',
    ),
    calls: most(DEFAULT_QUOTAS.calls).describe('Calls of a session that are in flight.'),
    invocations: most(DEFAULT_QUOTAS.invocations).describe('Invocations that a session has not answered.'),
    testament_bytes: size(DEFAULT_QUOTAS.testamentBytes).describe('Size of the testaments of a session.'),
    waiting_call_bytes: size(DEFAULT_QUOTAS.waitingCallBytes).describe(
      'Size of the calls of a session that wait for a callee with room, or whose callee may decline them.',
    ),
    undecided_bytes: size(DEFAULT_QUOTAS.undecidedBytes).describe(
      'Size of the messages of a session that wait for a pending decision of an authorizer. Reading pauses meanwhile, if the transport allows it.',
    ),
  } satisfies Rows<Quotas>;
  return z.strictObject(rows).transform(camelKeys).meta({ title: 'a mapping of quotas' });
}

/** Limits of a realm. @param fallbacks defaults that differ from those of the library */
export function stores(fallbacks: Partial<StoreLimits> = {}): z.ZodType<StoreLimits> {
  const { retainedBytes, retainedExpiry, historyBytes } = { ...DEFAULT_STORE_LIMITS, ...fallbacks };
  const rows = {
    retained_bytes: size(retainedBytes).describe(
      'Size of the retained events; beyond it, those of the topic with the oldest publication are evicted.',
    ),
    retained_expiry: duration(retainedExpiry).describe(
      'The time for which an event is retained if its publisher does not specify one; 0s for no limit.',
    ),
    history_bytes: size(historyBytes).describe(
      'Size of the event history of all topics; beyond it, the oldest events are evicted.',
    ),
  } satisfies Rows<StoreLimits>;
  return z.strictObject(rows).transform(camelKeys).meta({ title: 'a mapping of limits' });
}

function most(fallback: number): z.ZodType<number> {
  return count(0, 1_000_000_000).default(fallback);
}
