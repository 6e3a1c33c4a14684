/** The metrics of a router: their names and help texts, and where each has its values from. */
import type { Clock } from '../core/clock.ts';
import type { Histogram } from '../core/histogram.ts';
import type { ProcessAccounts } from '../core/kept.ts';
import type { Realm } from '../core/realm.ts';
import type { ReadonlyTally } from '../core/tally.ts';
import type { ReadonlyCounts } from '../core/traffic.ts';
import type { EventSource, RouterEvent } from '../events.ts';
import type { LimitName } from '../limits.ts';
import type { MetricsRegistry, Observe } from './registry.ts';

/** Where the metrics of a router come from. */
export interface MeteredRouter {
  readonly clock: Pick<Clock, 'elapsed'>;
  readonly limited: ReadonlyTally<LimitName>;
  readonly kept: ProcessAccounts;
  readonly events: EventSource;
  readonly turns: { readonly durations: Histogram };
  readonly admission: { readonly counts: Readonly<Record<'joining' | 'waiting' | 'silent', number>> };
  realms(): Iterable<Realm>;
  allConnections(): Iterable<{ readonly transportType: string; readonly queued: number }>;
}

/** Has `registry` tell everything that `router` counts. */
export function measure(router: MeteredRouter, registry: MetricsRegistry): void {
  measureRouter(router, registry);
  measureConnections(router, registry);
  countEvents(router.events, registry);
  measureMessages(router, registry);
  measureRealms(router, registry);
  measureCalls(router, registry);
  measureKept(router, registry);
}

function measureRouter({ clock, limited, turns }: MeteredRouter, registry: MetricsRegistry): void {
  const started = clock.elapsed();
  registry.observe('gauge', UPTIME, (observe) => {
    observe((clock.elapsed() - started) / 1000);
  });
  registry.observeHistograms(TURNS, (observe) => {
    observe(turns.durations.read());
  });
  registry.observe('counter', LIMITS, (observe) => {
    for (const [limit, count] of Object.entries(limited.toObject())) {
      if (limit !== 'bytes_discarded') observe(count, limit);
    }
  });
  registry.observe('counter', DISCARDED, (observe) => {
    observe(limited.of('bytes_discarded'));
  });
}

function measureConnections(router: MeteredRouter, registry: MetricsRegistry): void {
  registry.observe('gauge', CONNECTIONS, (observe) => {
    for (const { transportType } of router.allConnections()) observe(1, transportType);
  });
  registry.observe('gauge', QUEUES, (observe) => {
    for (const { transportType, queued } of router.allConnections()) observe(queued, transportType);
  });
  registry.observe('gauge', HANDSHAKES, (observe) => {
    for (const [state, count] of Object.entries(router.admission.counts)) observe(count, state);
  });
}

/** What happens seldom enough is counted as it is told. */
function countEvents(events: EventSource, registry: MetricsRegistry): void {
  const opened = registry.counter(OPENED);
  const closed = registry.counter(CLOSED);
  const accepted = registry.counter(ACCEPTED);
  const refused = registry.counter(REFUSED);
  events.on((event: RouterEvent) => {
    switch (event.code) {
      case 'connection_opened':
        opened.of(event.transport).add();
        return;
      case 'connection_closed':
        closed.of(event.transport, event.by).add();
        return;
      case 'login_accepted':
        accepted.of(event.realm, event.method).add();
        return;
      case 'login_refused':
        refused.of(event.realm ?? '', event.method ?? '', event.reason).add();
        return;
      default:
    }
  });
}

function measureMessages(router: MeteredRouter, registry: MetricsRegistry): void {
  const counted = (definition: Definition, of: (realm: Realm) => ReadonlyCounts): void => {
    registry.observe('counter', definition, (observe) => {
      for (const realm of router.realms()) {
        for (const { type, count } of of(realm).entries()) observe(count, realm.name, type);
      }
    });
  };
  const weighed = (definition: Definition, of: (realm: Realm) => ReadonlyCounts): void => {
    registry.observe('counter', definition, (observe) => {
      for (const realm of router.realms()) {
        for (const { type, bytes } of of(realm).entries()) observe(bytes, realm.name, type);
      }
    });
  };
  counted(RECEIVED, ({ traffic }) => traffic.received);
  weighed(RECEIVED_BYTES, ({ traffic }) => traffic.received);
  counted(SENT, ({ traffic }) => traffic.sent);
  weighed(SENT_BYTES, ({ traffic }) => traffic.sent);
  counted(DROPPED, ({ traffic }) => traffic.dropped);
  counted(DENIED, ({ traffic }) => traffic.denied);
}

function measureRealms(router: MeteredRouter, registry: MetricsRegistry): void {
  const observed = (definition: Definition, of: (realm: Realm) => number): void => {
    registry.observe('gauge', definition, (observe) => {
      for (const realm of router.realms()) observe(of(realm), realm.name);
    });
  };
  observed(SESSIONS, ({ sessions }) => sessions.size);
  observed(SUBSCRIPTIONS, ({ broker }) => broker.subscriptions.size);
  observed(REGISTRATIONS, ({ dealer, ownProcedures }) => dealer.registrations.size - ownProcedures);
  observed(IN_FLIGHT, ({ dealer }) => dealer.calls.inFlight);
  registry.observe('counter', REALM_LIMITS, (observe) => {
    for (const realm of router.realms()) tell(realm.limited.toObject(), realm.name, observe);
  });
}

function measureCalls(router: MeteredRouter, registry: MetricsRegistry): void {
  registry.observeHistograms(CALLS, (observe) => {
    for (const { name, dealer } of router.realms()) {
      for (const [outcome, times] of dealer.calls.latency.entries()) observe(times.read(), name, outcome);
    }
  });
}

function measureKept(router: MeteredRouter, registry: MetricsRegistry): void {
  registry.observe('gauge', KEPT, (observe) => {
    for (const { name, kept } of router.realms()) tell(kept.byStore(), name, observe);
  });
  registry.observe('gauge', PROCESS_KEPT, (observe) => {
    observe(router.kept.all.used);
  });
  registry.observe('gauge', PROCESS_LIMIT, (observe) => {
    observe(router.kept.all.limit);
  });
}

function tell(
  counts: Readonly<Partial<Record<string, number>>>,
  realm: string,
  observe: Observe<number>,
): void {
  for (const [name, count = 0] of Object.entries(counts)) observe(count, realm, name);
}

interface Definition {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

function define(name: string, help: string, ...labels: readonly string[]): Definition {
  return { name, help, labels };
}

const UPTIME = define('wamp_uptime_seconds', 'Time since the router was created.');
const TURNS = define(
  'wamp_turn_seconds',
  'Duration of the turns of the event loop in which messages came, from the first message read to the last one routed.',
);
/** What `LagProbe` records. */
export const LAG: Definition = define(
  'wamp_event_loop_lag_seconds',
  'How late a timer of this process was, twice a second while there are connections.',
);
const LIMITS = define('wamp_limits_met_total', 'How often each limit on connections was met.', 'limit');
const DISCARDED = define(
  'wamp_discarded_bytes_total',
  'Bytes of messages that were too long, dropped as they came.',
);
const CONNECTIONS = define('wamp_connections', 'Connections that are open.', 'transport');
const QUEUES = define(
  'wamp_queue_bytes',
  'Bytes that wait in this process for clients to read them.',
  'transport',
);
const HANDSHAKES = define(
  'wamp_handshakes',
  'Connections before WELCOME: joining, waiting for their turn to join, or silent so far.',
  'state',
);
const OPENED = define('wamp_connections_opened_total', 'Connections that were opened.', 'transport');
const CLOSED = define(
  'wamp_connections_closed_total',
  'Connections that have ended, by who ended them: client, router, or transport.',
  'transport',
  'by',
);
const ACCEPTED = define('wamp_logins_accepted_total', 'Clients that were let in.', 'realm', 'method');
const REFUSED = define(
  'wamp_logins_refused_total',
  'Clients that were not let in, by the URI that they were told. Without a realm of this router, the label is empty.',
  'realm',
  'method',
  'reason',
);
const RECEIVED = define('wamp_messages_received_total', 'Messages of sessions.', 'realm', 'type');
const RECEIVED_BYTES = define('wamp_received_bytes_total', 'Bytes of these messages.', 'realm', 'type');
const SENT = define('wamp_messages_sent_total', 'Messages to sessions.', 'realm', 'type');
const SENT_BYTES = define('wamp_sent_bytes_total', 'Bytes of these messages.', 'realm', 'type');
const DROPPED = define(
  'wamp_messages_dropped_total',
  'Messages for a session that it was never sent, for it read too slowly or cannot read them.',
  'realm',
  'type',
);
const DENIED = define('wamp_requests_denied_total', 'Requests that were not permitted.', 'realm', 'type');
const SESSIONS = define('wamp_sessions', 'Sessions that have joined.', 'realm');
const SUBSCRIPTIONS = define('wamp_subscriptions', 'Topics and patterns with subscribers.', 'realm');
const REGISTRATIONS = define('wamp_registrations', 'Procedures and patterns with callees.', 'realm');
const IN_FLIGHT = define('wamp_calls_in_flight', 'Calls whose final answer is due.', 'realm');
const REALM_LIMITS = define(
  'wamp_realm_limits_met_total',
  'How often each limit of a realm was met.',
  'realm',
  'limit',
);
const CALLS = define('wamp_call_seconds', 'Time from CALL to the final answer.', 'realm', 'outcome');
const KEPT = define('wamp_kept_bytes', 'Bytes that outlive the message they came in.', 'realm', 'store');
const PROCESS_KEPT = define(
  'wamp_process_kept_bytes',
  'The same of all realms and of long-poll bodies together.',
);
const PROCESS_LIMIT = define('wamp_process_kept_limit_bytes', 'The most that they may be (limits.keptSize).');
