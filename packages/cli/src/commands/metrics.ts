/** Two readings of `wamp.metrics.get`: totals, and the differences between them. */
import type { Session } from '@wamp/client';

type Counts = Readonly<Record<string, number>>;

/** The counts of a realm since it was created. */
export interface Metrics {
  readonly uptime_ms: number;
  readonly sessions: number;
  readonly subscriptions: number;
  readonly registrations: number;
  readonly kept_bytes: Counts;
  readonly limits_exceeded: Counts;
  /** Counters by name: `calls`, `events` … */
  readonly totals: Counts;
  /** Messages by type: received, sent, dropped and denied. */
  readonly by_type: Readonly<Record<string, Counts>>;
}

const TOTALS = [
  'messages_received',
  'messages_sent',
  'messages_dropped',
  'requests_denied',
  'publications',
  'events',
  'calls',
  'invocations',
  'errors',
] as const;

export async function readMetrics(session: Session, signal: AbortSignal): Promise<Metrics> {
  const told: unknown = await session.call('wamp.metrics.get', [], { timeout: 10_000, signal });
  const all = dictOf(told);
  return {
    uptime_ms: numberOf(all['uptime_ms']),
    sessions: numberOf(all['sessions']),
    subscriptions: numberOf(all['subscriptions']),
    registrations: numberOf(all['registrations']),
    kept_bytes: countsOf(all['kept_bytes']),
    limits_exceeded: countsOf(all['limits_exceeded']),
    totals: Object.fromEntries(TOTALS.map((name) => [name, numberOf(all[name])])),
    by_type: Object.fromEntries(
      Object.entries(dictOf(all['by_type'])).map(([name, counts]) => [name, countsOf(counts)]),
    ),
  };
}

/** The rates between two readings, per second. */
export function ratesOf(before: Metrics, after: Metrics): Counts {
  const seconds = Math.max(1e-3, (after.uptime_ms - before.uptime_ms) / 1000);
  return Object.fromEntries(
    Object.entries(after.totals).map(([name, total]) => [
      name,
      Math.max(0, total - (before.totals[name] ?? 0)) / seconds,
    ]),
  );
}

/** Likewise for one message type. */
export function rateOfType(before: Metrics, after: Metrics, direction: string, type: string): number {
  const seconds = Math.max(1e-3, (after.uptime_ms - before.uptime_ms) / 1000);
  const count = (metrics: Metrics): number => metrics.by_type[direction]?.[type] ?? 0;
  return Math.max(0, count(after) - count(before)) / seconds;
}

function dictOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function countsOf(value: unknown): Counts {
  return Object.fromEntries(Object.entries(dictOf(value)).map(([name, count]) => [name, numberOf(count)]));
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
