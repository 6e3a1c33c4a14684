/** The process: its status, its limits, its log level, reloading and draining. */
import type { Dict } from '@wamp/protocol';
import { quantile, type Metric, type Router } from '@wamp/router';
import { z } from 'zod';
import { drainOfAll, own, realmsOfAll, statusOfAll } from './everywhere.ts';
import { ofAll, procedure, type Procedure } from './procedure.ts';
import { countersOf } from './samples.ts';
import type { AdminSurroundings } from './surroundings.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const LAG = 'wamp_event_loop_lag_seconds';

/** @param ownRealm name of the admin realm */
export function processProcedures(around: AdminSurroundings, ownRealm: string): readonly Procedure[] {
  const { router, log, reload, drain } = around;
  return [
    ofAll(
      procedure('status', { exclude_own: z.boolean().default(false) }, ({ exclude_own: excludesOwn }) => ({
        ...around.about(),
        ...countsOf(router, excludesOwn ? ownRealm : undefined),
        log_level: log.level,
      })),
      statusOfAll,
    ),
    ofAll(
      procedure('realm.list', {}, () => [...router.realms()].map(realmLine)),
      realmsOfAll,
    ),
    procedure('limits', {}, () => limitsOf(router)),
    procedure('log.get_level', {}, () => log.level),
    ofAll(
      procedure('log.set_level', { level: z.enum(LEVELS) }, ({ level }) => {
        const before = log.level;
        log.level = level;
        return before;
      }),
      own,
    ),
    procedure('reload', { dry_run: z.boolean().default(false) }, async ({ dry_run: dryRun }) => {
      const { ok, lines } = await reload(dryRun);
      return { ok, lines };
    }),
    ofAll(
      procedure('drain', {}, () => {
        drain();
        return { calls_in_flight: callsIn(router, ownRealm) };
      }),
      drainOfAll,
    ),
  ];
}

function realmLine(realm: RealmOf): Dict {
  const { name, template, sessions, broker, dealer, ownProcedures, kept, traffic } = realm;
  return {
    realm: name,
    ...(template === undefined ? {} : { template }),
    sessions: sessions.size,
    subscriptions: broker.subscriptions.size,
    registrations: dealer.registrations.size - ownProcedures,
    calls_in_flight: dealer.calls.inFlight,
    kept_bytes: kept.used,
    ...countersOf(traffic),
  };
}

type RealmOf = Router extends { realms(): Iterable<infer R> } ? R : never;

function countsOf(router: Router, without: string | undefined): Dict {
  const realms = [...router.realms()].filter(({ name }) => name !== without);
  const sum = (value: (realm: RealmOf) => number): number =>
    realms.reduce((total, realm) => total + value(realm), 0);
  const [lag, connections, queues] = router.metrics.read([LAG, 'wamp_connections', 'wamp_queue_bytes']);
  return {
    realms: realms.length,
    sessions: sum(({ sessions }) => sessions.size),
    calls_in_flight: sum(({ dealer }) => dealer.calls.inFlight),
    messages: {
      received: sum(({ traffic }) => traffic.received.total),
      sent: sum(({ traffic }) => traffic.sent.total),
    },
    connections: totalOf(connections),
    queue_bytes: totalOf(queues),
    event_loop_lag_ms: lagOf(lag),
    kept_bytes: router.kept.used,
    kept_limit_bytes: router.kept.limit,
  };
}

function totalOf(metric: Metric | undefined): number {
  if (metric === undefined || metric.kind === 'histogram') return 0;
  return metric.samples.reduce((total, { value }) => total + value, 0);
}

/** As a fraction of the time since the start. */
function lagOf(metric: Metric | undefined): Dict {
  const [sample] = metric?.kind === 'histogram' ? metric.samples : [];
  const at = (share: number): number =>
    sample === undefined || sample.count === 0 ? 0 : Math.round((quantile(sample, share) ?? 0) * 1e5) / 100;
  return { p50: at(0.5), p99: at(0.99) };
}

function limitsOf(router: Router): Dict {
  const { limits, limited } = router;
  const ofRealms = [...router.realms()].map(({ name, limited: met }) => [name, met.toObject()] as const);
  return {
    limits: { ...limits },
    met: limited.toObject(),
    met_by_realm: Object.fromEntries(ofRealms),
  };
}

function callsIn(router: Router, without: string): number {
  return [...router.realms()]
    .filter(({ name }) => name !== without)
    .reduce((total, { dealer }) => total + dealer.calls.inFlight, 0);
}
