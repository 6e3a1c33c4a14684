/** Samples: an hour of figures in memory, one row every five seconds, so that a page that is opened has past data to chart. */
import { MessageType } from '@wamp/protocol';
import type { Clock, Distribution, LimitName, Metric, Realm, Router } from '@wamp/router';
import { z } from 'zod';
import { IntervalQuantiles } from './interval-quantiles.ts';
import { samplesOfAll } from './everywhere.ts';
import { ofAll, procedure, type Procedure } from './procedure.ts';

/** The interval between rows (ms), and the number of rows: an hour. */
const INTERVAL = 5_000;
const MOST_ROWS = 720;

/** The counters of the traffic of a realm; their values only increase. */
const COUNTERS: Readonly<Record<string, (traffic: Realm['traffic']) => number>> = {
  received: ({ received }) => received.total,
  sent: ({ sent }) => sent.total,
  received_bytes: ({ received }) => bytesOf(received),
  sent_bytes: ({ sent }) => bytesOf(sent),
  calls: ({ received }) => received.of(MessageType.CALL),
  publications: ({ received }) => received.of(MessageType.PUBLISH),
  events: ({ sent }) => sent.of(MessageType.EVENT),
  errors: ({ sent }) => sent.of(MessageType.ERROR),
  dropped: ({ dropped }) => dropped.total,
  denied: ({ denied }) => denied.total,
};

/** All counters of one realm. */
export function countersOf(traffic: Realm['traffic']): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(COUNTERS).map(([name, read]) => [name, read(traffic)]));
}

/** The figures of realms: counters, which only increase, and gauges. */
const OF_REALMS: Readonly<Record<string, (realm: Realm) => number>> = {
  sessions: ({ sessions }) => sessions.size,
  calls_in_flight: ({ dealer }) => dealer.calls.inFlight,
  ...Object.fromEntries(
    Object.entries(COUNTERS).map(([name, read]) => [name, ({ traffic }: Realm) => read(traffic)]),
  ),
  kept_bytes: ({ kept }) => kept.used,
};
const REALM_COLUMNS = Object.keys(OF_REALMS);
/** The latency of the calls that have ended since the previous row. */
const LATENCY_COLUMNS = ['call_p50_ms', 'call_p90_ms', 'call_p99_ms'];
const SHARES = [0.5, 0.9, 0.99];
const ROUTER_COLUMNS = ['queue_bytes', 'limits_met', 'logins_refused', 'event_loop_lag_ms'];
const PROCESS_COLUMNS = ['rss', 'heap_used', 'cpu_ms', 'event_loop_utilization'];
const COLUMNS = ['time', ...REALM_COLUMNS, ...LATENCY_COLUMNS, ...ROUTER_COLUMNS, ...PROCESS_COLUMNS];
/** Columns that are kept twice: for all realms, and for the admin realm alone or for the others. */
const TWICE = REALM_COLUMNS.length + LATENCY_COLUMNS.length;

/** The metrics from which {@link ROUTER_COLUMNS} are computed. */
const READ = [
  'wamp_queue_bytes',
  'wamp_limits_met_total',
  'wamp_realm_limits_met_total',
  'wamp_logins_refused_total',
  'wamp_event_loop_lag_seconds',
];

/** Not counted among the limits met: the work of a busy turn is divided, and nothing is refused or lost. */
const DELAYS_ONLY: LimitName = 'turns_exhausted';

/** The figures of the process, in the order of the columns: rss, heap (bytes), CPU time (ms), and the utilization of the event loop. */
export type ReadProcess = () => readonly [rss: number, heap: number, cpu: number, utilization: number];

/** The figures of all realms, and of the admin realm separately, so that it can be excluded. */
export class Samples {
  readonly #router: Router;
  readonly #ownRealm: string;
  readonly #read: ReadProcess;
  readonly #clock: Clock;
  /** Rows of all realms. `#own` has the share of the admin realm, and the latency of the calls in the other realms. */
  readonly #rows = new Float64Array(MOST_ROWS * COLUMNS.length);
  readonly #own = new Float64Array(MOST_ROWS * TWICE);
  readonly #latency = { all: new IntervalQuantiles(), others: new IntervalQuantiles() };
  readonly #lag = new IntervalQuantiles();
  #taken = 0;
  #dismiss: () => void = () => undefined;

  /** Records a row at once, and then one every five seconds. */
  constructor(router: Router, ownRealm: string, clock: Clock, read: ReadProcess) {
    this.#router = router;
    this.#ownRealm = ownRealm;
    this.#clock = clock;
    this.#read = read;
    this.#take();
  }

  close(): void {
    this.#dismiss();
  }

  /** Rows later than a time (ms since the epoch), oldest first. @param excludesOwn excludes the admin realm */
  after(time: number | undefined, limit: number, excludesOwn: boolean): readonly SampleRow[] {
    const rows: SampleRow[] = [];
    for (let row = Math.max(0, this.#taken - MOST_ROWS); row < this.#taken; row += 1) {
      const values = this.#row(row % MOST_ROWS, excludesOwn);
      if ((values[0] ?? 0) > (time ?? -Infinity)) rows.push(values);
    }
    return rows.slice(0, limit);
  }

  #row(at: number, excludesOwn: boolean): SampleRow {
    const values = [...this.#rows.subarray(at * COLUMNS.length, (at + 1) * COLUMNS.length)];
    if (!excludesOwn) return values.map(known);
    const own = this.#own.subarray(at * TWICE, (at + 1) * TWICE);
    return values
      .map((value, column) => {
        const other = own[column - 1];
        if (other === undefined) return value;
        return column - 1 < REALM_COLUMNS.length ? value - other : other;
      })
      .map(known);
  }

  /** The values of a row, in the order of the columns. */
  #ofRouter(): readonly number[] {
    const [queues, limits, ofRealms, refused, lag] = this.#router.metrics.read(READ);
    const lags = lag?.kind === 'histogram' ? lag.samples : [];
    const [latest = NaN] = this.#lag.since(lags, [0.99]).map(milliseconds);
    const met = totalOf(limits, DELAYS_ONLY) + totalOf(ofRealms);
    return [totalOf(queues), met, totalOf(refused), latest];
  }

  #take(): void {
    const at = this.#taken % MOST_ROWS;
    const realms = [...this.#router.realms()];
    const own = realms.filter(({ name }) => name === this.#ownRealm);
    const others = realms.filter(({ name }) => name !== this.#ownRealm);
    const { all, others: rest } = this.#latency;
    const ofRealms = [...sums(realms), ...millisecondsOf(all, realms)];
    const values = [...ofRealms, ...this.#ofRouter(), ...this.#read()];
    this.#rows.set([this.#clock.now(), ...values], at * COLUMNS.length);
    this.#own.set([...sums(own), ...millisecondsOf(rest, others)], at * TWICE);
    this.#taken += 1;
    this.#dismiss = this.#clock.after(INTERVAL, () => {
      this.#take();
    });
  }
}

/** Null where there is no value, such as the latency while no calls are made. */
type SampleRow = readonly (number | null)[];

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function sums(realms: readonly Realm[]): readonly number[] {
  return Object.values(OF_REALMS).map((value) => realms.reduce((total, realm) => total + value(realm), 0));
}

/** The duration of the calls that were answered since the previous row. */
function millisecondsOf(latency: IntervalQuantiles, realms: readonly Realm[]): readonly number[] {
  const answered: Distribution[] = [];
  for (const { dealer } of realms) {
    for (const [outcome, times] of dealer.calls.latency.entries()) {
      if (outcome === 'ok' || outcome === 'error') answered.push(times.read());
    }
  }
  return latency.since(answered, SHARES).map(milliseconds);
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e3;
}

/** @param except a value of the label `limit` that does not count */
function totalOf(metric: Metric | undefined, except?: LimitName): number {
  if (metric === undefined || metric.kind === 'histogram') return 0;
  return metric.samples.reduce(
    (total, { value, labels }) =>
      except !== undefined && labels['limit'] === except ? total : total + value,
    0,
  );
}

export function samplesProcedure(samples: Samples): Procedure {
  const takes = {
    after: z.number().optional(),
    limit: z.int().min(1).max(MOST_ROWS).default(MOST_ROWS),
    exclude_own: z.boolean().default(false),
  };
  const ofThis = procedure('samples', takes, ({ after, limit, exclude_own: excludesOwn }) => ({
    interval_ms: INTERVAL,
    columns: COLUMNS,
    rows: samples.after(after, limit, excludesOwn),
  }));
  return ofAll(ofThis, samplesOfAll);
}

function bytesOf(counts: Realm['traffic']['received']): number {
  return counts.entries().reduce((total, { bytes }) => total + bytes, 0);
}
