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
  hello_timeout: duration(DEFAULT_LIMITS.helloTimeout).describe('From connecting to HELLO.'),
  authenticate_timeout: duration(DEFAULT_LIMITS.authenticateTimeout).describe(
    'From CHALLENGE to AUTHENTICATE, and from either to the verdict.',
  ),
  authorize_timeout: duration(DEFAULT_LIMITS.authorizeTimeout).describe(
    'For a dynamic authorizer to decide.',
  ),
  goodbye_timeout: duration(DEFAULT_LIMITS.goodbyeTimeout).describe(
    'From the GOODBYE of the router to that of the client.',
  ),
  handshake_size: size(DEFAULT_LIMITS.handshakeSize).describe('A message before WELCOME.'),
  message_size: size(DEFAULT_LIMITS.messageSize).describe('A message after WELCOME, either way.'),
  discard_size: size(DEFAULT_LIMITS.discardSize).describe(
    'A message that is too long, to be dropped as it comes and answered with ERROR `wamp.error.payload_size_exceeded`; a longer one ends the session.',
  ),
  queue_size: size(DEFAULT_LIMITS.queueSize).describe(
    'What waits for a client that reads slowly; beyond that it is sent ABORT `wamp.error.slow_consumer`.',
  ),
  slow_consumer_timeout: duration(DEFAULT_LIMITS.slowConsumerTimeout).describe(
    'A client whose queue fills has to read a 16th of `queue_size` within this time, for those who fill it to be held back.',
  ),
  kept_size: size(DEFAULT_LIMITS.keptSize).describe(
    'All that the process keeps beyond the messages it came in: testaments, retained events, event history, calls that ' +
      'wait, messages behind an authorizer’s decision, bodies of long-polls. Sessions may have ' +
      'half of it, and those of one address a quarter of that half. 0B stands for a quarter of the heap limit.',
  ),
  long_poll_size: size(DEFAULT_LIMITS.longPollSize).describe(
    'Bodies that one long-poll channel is sending, or that wait for those before them; one too many is answered with 429.',
  ),
  ping_interval: duration(DEFAULT_LIMITS.pingInterval).describe(
    'From one ping to the next, of a WebSocket and of a RawSocket with pings; 0s for none.',
  ),
  ping_timeout: duration(DEFAULT_LIMITS.pingTimeout).describe(
    'From a ping to a sign of life, without which the connection ends; 0s for never.',
  ),
  connections_per_address: most(DEFAULT_LIMITS.connectionsPerAddress).describe(
    'Connections from one address, or, of IPv6, from one network of 64 bits; those of this machine are not counted.',
  ),
  handshakes: most(DEFAULT_LIMITS.handshakes).describe(
    'Handshakes under way at a time, of which one address has half at most; the others wait, and addresses take turns.',
  ),
  handshakes_waiting: most(DEFAULT_LIMITS.handshakesWaiting).describe(
    'Connections that wait for their handshake. One more is refused; and as many may not have asked for one yet.',
  ),
  handshake_patience: duration(DEFAULT_LIMITS.handshakePatience).describe(
    'The longest wait for a handshake; who has waited so long is refused.',
  ),
  messages_per_second: most(0).describe(
    'Messages of a connection. Of one that sends more, nothing is read for a while. 0 stands for any number.',
  ),
  bytes_per_second: size(0).describe('Bytes of the messages of a connection; 0B for any number.'),
  messages_per_second_per_address: most(0).describe(
    'Messages of all connections from one address; 0 stands for any number.',
  ),
  bytes_per_second_per_address: size(0).describe(
    'Bytes of the messages of all connections from one address; 0B for any number.',
  ),
  rate_patience: duration(DEFAULT_LIMITS.ratePatience).describe(
    'For how long, all in all, nothing may be read of a client that keeps exceeding its rates, before it is aborted.',
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
      'Failures for one authid before attempts for it are judged one by one, and those of the address that failed have to wait.',
    ),
    per_address: most(perAddress).describe('Failures of one address before its next attempt has to wait.'),
    first_wait: duration(firstWait).describe('The first wait, which doubles with each further failure.'),
    longest_wait_of_authid: duration(longestWaitOfAuthid).describe(
      'The longest wait of an address for one authid.',
    ),
    longest_pace: duration(longestPace).describe(
      'The longest time from a failure for an authid to the next attempt that is judged, wherever it comes from.',
    ),
    longest_line: duration(longestLine).describe(
      'Who would wait longer for an attempt to be judged, because others guess, is refused.',
    ),
    longest_wait_of_address: duration(longestWaitOfAddress).describe('The longest wait of an address.'),
    memory: duration(memory).describe('After so long without a failure, all is forgotten.'),
    size: most(remembered).describe('How many authids, and as many addresses, are remembered.'),
  } satisfies Rows<AttemptLimits>;
  return z.strictObject(rows).transform(camelKeys).meta({ title: 'a mapping of limits' });
}

/** Limits of one session. */
export function quotas(): z.ZodType<Quotas> {
  const rows = {
    subscriptions: most(DEFAULT_QUOTAS.subscriptions).describe('Subscriptions of a session.'),
    pattern_subscriptions: most(DEFAULT_QUOTAS.patternSubscriptions).describe(
      'Those of the subscriptions that are to patterns.',
    ),
    registrations: most(DEFAULT_QUOTAS.registrations).describe('Registrations of a session.'),
    pattern_registrations: most(DEFAULT_QUOTAS.patternRegistrations).describe(
      'Those of the registrations that are of patterns.',
    ),
    calls: most(DEFAULT_QUOTAS.calls).describe('Calls that a session waits for.'),
    invocations: most(DEFAULT_QUOTAS.invocations).describe('Invocations that a session is to answer.'),
    testament_bytes: size(DEFAULT_QUOTAS.testamentBytes).describe('Testaments of a session.'),
    waiting_call_bytes: size(DEFAULT_QUOTAS.waitingCallBytes).describe(
      'Calls of a session that wait for a callee with room, or whose callee may decline them.',
    ),
    undecided_bytes: size(DEFAULT_QUOTAS.undecidedBytes).describe(
      'Messages of a session behind one that an authorizer decides about. Nothing is read meanwhile, where that can be.',
    ),
  } satisfies Rows<Quotas>;
  return z.strictObject(rows).transform(camelKeys).meta({ title: 'a mapping of quotas' });
}

/** Limits of a realm. */
export function stores(): z.ZodType<StoreLimits> {
  const { retainedBytes, retainedExpiry, historyBytes } = DEFAULT_STORE_LIMITS;
  const rows = {
    retained_bytes: size(retainedBytes).describe(
      'Retained events; beyond that, those of the topic that was published to longest ago go.',
    ),
    retained_expiry: duration(retainedExpiry).describe(
      'How long an event is retained whose publisher does not say; 0s for ever.',
    ),
    history_bytes: size(historyBytes).describe(
      'Event history of all topics; beyond that, the oldest events go.',
    ),
  } satisfies Rows<StoreLimits>;
  return z.strictObject(rows).transform(camelKeys).meta({ title: 'a mapping of limits' });
}

function most(fallback: number): z.ZodType<number> {
  return count(0, 1_000_000_000).default(fallback);
}
