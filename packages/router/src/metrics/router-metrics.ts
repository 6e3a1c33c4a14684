/** The metrics of a router: one row each, with the name, the help text, and the source of the values. */
import type { Clock } from '../core/clock.ts';
import type { Distribution, Histogram } from '../core/histogram.ts';
import type { ProcessAccounts } from '../core/kept.ts';
import type { Realm } from '../core/realm.ts';
import type { ReadonlyTally } from '../core/tally.ts';
import type { ReadonlyCounts } from '../core/traffic.ts';
import type { ReadonlyHook } from '../core/hook.ts';
import type { EventSource, RouterEvent } from '../events.ts';
import type { LimitName } from '../limits.ts';
import { FormerValues } from './former-values.ts';
import { merged, type MetricDefinition, type MetricsRegistry, type Observe } from './registry.ts';

/** The parts of the router from which metrics are read. */
export interface MeteredRouter {
  readonly clock: Pick<Clock, 'elapsed'>;
  readonly limited: ReadonlyTally<LimitName>;
  readonly kept: ProcessAccounts;
  readonly events: EventSource;
  readonly turns: { readonly durations: Histogram };
  readonly admission: { readonly counts: Readonly<Record<'joining' | 'waiting' | 'silent', number>> };
  realms(): Iterable<Realm>;
  readonly templates: {
    /** How many realms exist, by the pattern of their template. */
    counts(): Readonly<Record<string, number>>;
    /** The pattern of the template that a realm of that name has been, or would be, created from. */
    patternFor(name: string): string | undefined;
    /** A realm of a template is being removed. */
    readonly closing: ReadonlyHook<[Realm]>;
  };
  allConnections(): Iterable<MeteredConnection>;
}

interface MeteredConnection {
  readonly transportType: string;
  readonly queued: number;
}

/** Reports the current values of a metric, with their labels. */
type ReadValues<V> = (router: MeteredRouter, observe: Observe<V>) => void;

/** A metric whose values are kept elsewhere. */
interface MetricRow<V> {
  readonly definition: MetricDefinition;
  readonly read: ReadValues<V>;
  /** True for a metric of realms. */
  readonly isOfRealms?: boolean;
}

/** Adds all metrics of `router` to `registry`. */
export function measure(router: MeteredRouter, registry: MetricsRegistry): void {
  const { clock } = router;
  const started = clock.elapsed();
  registry.observe('gauge', UPTIME, (observe) => {
    observe((clock.elapsed() - started) / 1000);
  });
  for (const { definition, read } of GAUGES) {
    registry.observe('gauge', definition, (observe) => {
      read(router, observe);
    });
  }
  for (const row of COUNTERS) {
    const former = formerOf(router, row, (one, other) => one + other);
    registry.observe('counter', row.definition, (observe) => {
      row.read(router, observe);
      former.report(observe);
    });
  }
  for (const row of HISTOGRAMS) {
    const former = formerOf(router, row, merged);
    registry.observeHistograms(row.definition, (observe) => {
      row.read(router, observe);
      former.report(observe);
    });
  }
  countEvents(router, registry);
}

/** What realms of templates have counted that are gone; without it, the sums would fall when they go. */
function formerOf<V>(
  router: MeteredRouter,
  { read, isOfRealms = false }: MetricRow<V>,
  add: (one: V, other: V) => V,
): FormerValues<V> {
  const former = new FormerValues(add);
  if (!isOfRealms) return former;
  router.templates.closing.on((realm) => {
    read({ ...router, realms: () => [realm] }, former.take);
  });
  return former;
}

/** Realms of a template count together: clients choose their names. */
function labelOf({ name, template }: Realm): string {
  return template ?? name;
}

/** Counts rare occurrences by their events. */
function countEvents({ events, templates }: MeteredRouter, registry: MetricsRegistry): void {
  const opened = registry.counter(OPENED);
  const closed = registry.counter(CLOSED);
  const accepted = registry.counter(ACCEPTED);
  const refused = registry.counter(REFUSED);
  const created = registry.counter(REALMS_CREATED);
  const removed = registry.counter(REALMS_REMOVED);
  const label = (realm: string): string => templates.patternFor(realm) ?? realm;
  events.on((event: RouterEvent) => {
    switch (event.code) {
      case 'connection_opened':
        opened.of(event.transport).add();
        return;
      case 'connection_closed':
        closed.of(event.transport, event.by).add();
        return;
      case 'login_accepted':
        accepted.of(label(event.realm), event.method).add();
        return;
      case 'login_refused':
        refused.of(label(event.realm ?? ''), event.method ?? '', event.reason).add();
        return;
      case 'realm_opened':
        created.of(event.template).add();
        return;
      case 'realm_closed':
        removed.of(event.template, event.why).add();
        return;
      default:
    }
  });
}

function define(name: string, help: string, ...labels: readonly string[]): MetricDefinition {
  return { name, help, labels };
}

const UPTIME = define('wamp_uptime_seconds', 'Time since the router was created.');
/** The metric that `LagProbe` records. */
export const LAG: MetricDefinition = define(
  'wamp_event_loop_lag_seconds',
  'How late a timer of this process was, twice a second while there are connections.',
);
const OPENED = define('wamp_connections_opened_total', 'Connections that were opened.', 'transport');
const CLOSED = define(
  'wamp_connections_closed_total',
  'Connections that have ended, by who ended them: client, router, or transport.',
  'transport',
  'by',
);
const ACCEPTED = define('wamp_logins_accepted_total', 'Clients that were admitted.', 'realm', 'method');
const REFUSED = define(
  'wamp_logins_refused_total',
  'Clients that were refused, by the URI of the refusal. Without a realm of this router, the label is empty.',
  'realm',
  'method',
  'reason',
);

const REALMS_CREATED = define(
  'wamp_template_realms_created_total',
  'Realms that were created from a template.',
  'template',
);
const REALMS_REMOVED = define(
  'wamp_template_realms_removed_total',
  'These realms that were removed, by the reason.',
  'template',
  'why',
);

/** A metric with one value for the whole router. */
function ofRouter<V>(name: string, help: string, value: (router: MeteredRouter) => V): MetricRow<V> {
  return {
    definition: define(name, help),
    read: (router, observe) => {
      observe(value(router));
    },
  };
}

/** A metric of the whole router with several values, by `label`. */
function ofRouterBy(
  label: string,
  name: string,
  help: string,
  values: (router: MeteredRouter) => Readonly<Partial<Record<string, number>>>,
): MetricRow<number> {
  return {
    definition: define(name, help, label),
    read: (router, observe) => {
      for (const [key, value = 0] of Object.entries(values(router))) observe(value, key);
    },
  };
}

/** A metric with the sum over the connections of each type of transport. */
function ofConnections(
  name: string,
  help: string,
  value: (connection: MeteredConnection) => number,
): MetricRow<number> {
  return {
    definition: define(name, help, 'transport'),
    read: (router, observe) => {
      for (const connection of router.allConnections()) observe(value(connection), connection.transportType);
    },
  };
}

/** A metric with one value for each realm. */
function ofRealms(name: string, help: string, value: (realm: Realm) => number): MetricRow<number> {
  return {
    definition: define(name, help, 'realm'),
    isOfRealms: true,
    read: (router, observe) => {
      for (const realm of router.realms()) observe(value(realm), labelOf(realm));
    },
  };
}

/** A metric with several values for each realm, by `label`. */
function ofRealmsBy(
  label: string,
  name: string,
  help: string,
  values: (realm: Realm) => Readonly<Partial<Record<string, number>>>,
): MetricRow<number> {
  return {
    definition: define(name, help, 'realm', label),
    isOfRealms: true,
    read: (router, observe) => {
      for (const realm of router.realms()) {
        for (const [key, value = 0] of Object.entries(values(realm))) observe(value, labelOf(realm), key);
      }
    },
  };
}

/** A metric of the messages of each realm, or of their bytes, by type. */
function ofMessages(
  name: string,
  help: string,
  counts: (traffic: Realm['traffic']) => ReadonlyCounts,
  what: 'count' | 'bytes' = 'count',
): MetricRow<number> {
  const values = ({ traffic }: Realm): Record<string, number> =>
    Object.fromEntries(
      counts(traffic)
        .entries()
        .map((entry) => [entry.type, entry[what]]),
    );
  return ofRealmsBy('type', name, help, values);
}

const GAUGES: readonly MetricRow<number>[] = [
  ofConnections('wamp_connections', 'Connections that are open.', () => 1),
  ofConnections(
    'wamp_queue_bytes',
    'Bytes that wait in this process for clients to read them.',
    ({ queued }) => queued,
  ),
  ofRouterBy(
    'state',
    'wamp_handshakes',
    'Connections before WELCOME: joining, waiting for their turn to join, or silent so far.',
    ({ admission }) => admission.counts,
  ),
  ofRouterBy(
    'template',
    'wamp_template_realms',
    'Realms that exist because of a template.',
    ({ templates }) => templates.counts(),
  ),
  ofRealms('wamp_sessions', 'Sessions that have joined.', ({ sessions }) => sessions.size),
  ofRealms(
    'wamp_subscriptions',
    'Topics and patterns with subscribers.',
    ({ broker }) => broker.subscriptions.size,
  ),
  ofRealms(
    'wamp_registrations',
    'Procedures and patterns with callees.',
    ({ dealer, ownProcedures }) => dealer.registrations.size - ownProcedures,
  ),
  ofRealms('wamp_calls_in_flight', 'Calls whose final answer is due.', ({ dealer }) => dealer.calls.inFlight),
  ofRealmsBy('store', 'wamp_kept_bytes', 'Bytes that outlive the message they came in.', ({ kept }) =>
    kept.byStore(),
  ),
  ofRouter(
    'wamp_process_kept_bytes',
    'The same of all realms and of long-poll bodies together.',
    ({ kept }) => kept.all.used,
  ),
  ofRouter(
    'wamp_process_kept_limit_bytes',
    'The most that they may be (limits.keptSize).',
    ({ kept }) => kept.all.limit,
  ),
];

const COUNTERS: readonly MetricRow<number>[] = [
  ofRouterBy(
    'limit',
    'wamp_limits_met_total',
    'How often each limit on connections was met.',
    ({ limited }) => {
      const { bytes_discarded: _bytes, ...times } = limited.toObject();
      return times;
    },
  ),
  ofRouter(
    'wamp_discarded_bytes_total',
    'Bytes of messages that were too long, dropped as they came.',
    ({ limited }) => limited.of('bytes_discarded'),
  ),
  ofMessages('wamp_messages_received_total', 'Messages of sessions.', ({ received }) => received),
  ofMessages('wamp_received_bytes_total', 'Bytes of these messages.', ({ received }) => received, 'bytes'),
  ofMessages('wamp_messages_sent_total', 'Messages to sessions.', ({ sent }) => sent),
  ofMessages('wamp_sent_bytes_total', 'Bytes of these messages.', ({ sent }) => sent, 'bytes'),
  ofMessages(
    'wamp_messages_dropped_total',
    'Messages for a session that it was never sent, for it read too slowly or cannot read them.',
    ({ dropped }) => dropped,
  ),
  ofMessages('wamp_requests_denied_total', 'Requests that were not permitted.', ({ denied }) => denied),
  ofRealmsBy(
    'limit',
    'wamp_realm_limits_met_total',
    'How often each limit of a realm was met.',
    ({ limited }) => limited.toObject(),
  ),
];

const HISTOGRAMS: readonly MetricRow<Distribution>[] = [
  ofRouter(
    'wamp_turn_seconds',
    'Duration of the turns of the event loop in which messages came, from the first message read to the last one routed.',
    ({ turns }) => turns.durations.read(),
  ),
  {
    definition: define('wamp_call_seconds', 'Time from CALL to the final answer.', 'realm', 'outcome'),
    isOfRealms: true,
    read: (router, observe) => {
      for (const realm of router.realms()) {
        for (const [outcome, times] of realm.dealer.calls.latency.entries())
          observe(times.read(), labelOf(realm), outcome);
      }
    },
  },
];
