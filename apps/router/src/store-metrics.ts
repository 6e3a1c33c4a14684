/** Adds metrics of the store of past events to the metrics of a router. */
import type { MetricsRegistry } from '@wamp/router';
import type { SqliteStore, StoreStatus } from '@wamp/store-sqlite';

/** A metric: its name, help text, and value. */
type Row = readonly [name: string, help: string, value: (status: StoreStatus) => number];

const GAUGES: readonly Row[] = [
  [
    'wamp_store_failing',
    '1 while the store cannot be written, else 0.',
    ({ failing }) => (failing === undefined ? 0 : 1),
  ],
  ['wamp_store_pending_events', 'Events that wait to be written.', ({ pending }) => pending],
];
const COUNTERS: readonly Row[] = [
  ['wamp_store_written_events_total', 'Events that have been written.', ({ written }) => written],
  ['wamp_store_commits_total', 'Transactions that have written events.', ({ commits }) => commits],
  ['wamp_store_failures_total', 'Transactions that have failed.', ({ failures }) => failures],
  [
    'wamp_store_lost_events_total',
    'Events that were refused, or not kept, because writing fails.',
    ({ lost }) => lost,
  ],
];

/** Reads the status of the store each time the metrics are read. */
export function measureStore(metrics: MetricsRegistry, store: Pick<SqliteStore, 'status'>): void {
  for (const [kind, rows] of [
    ['gauge', GAUGES],
    ['counter', COUNTERS],
  ] as const) {
    for (const [name, help, value] of rows) {
      metrics.observe(kind, { name, help }, (observe) => {
        observe(value(store.status));
      });
    }
  }
}
