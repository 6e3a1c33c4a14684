/** The state of the dashboard (samples of the router's counters, and the sessions) and its transitions. */

/** The answer of `wamp.metrics.get`; the counts are since the router started. */
export interface Metrics {
  readonly uptime_ms: number;
  readonly sessions: number;
  readonly subscriptions: number;
  readonly registrations: number;
  readonly messages_received: number;
  readonly messages_sent: number;
  readonly calls: number;
  readonly events: number;
  readonly by_type: { readonly received: TypeCounts; readonly sent: TypeCounts };
}

type TypeCounts = Readonly<Record<string, number>>;

const numbers = [
  'uptime_ms',
  'sessions',
  'subscriptions',
  'registrations',
  'messages_received',
  'messages_sent',
  'calls',
  'events',
] as const;

/** `value` as metrics; undefined if it is invalid. */
export function readMetrics(value: unknown): Metrics | undefined {
  if (!isDict(value) || !numbers.every((name) => typeof value[name] === 'number')) return undefined;
  const byType = isDict(value['by_type']) ? value['by_type'] : {};
  const by_type = { received: counts(byType['received']), sent: counts(byType['sent']) };
  return { ...(value as unknown as Metrics), by_type };
}

function counts(value: unknown): TypeCounts {
  if (!isDict(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}

/** Rates per second between two samples. */
export interface Rates {
  readonly received: number;
  readonly sent: number;
  readonly calls: number;
  readonly events: number;
}

/** The rates from `before` to `now`; undefined if they cannot be computed, as after a restart of the router. */
export function ratesBetween(before: Metrics | undefined, now: Metrics): Rates | undefined {
  if (before === undefined) return undefined;
  const seconds = (now.uptime_ms - before.uptime_ms) / 1000;
  if (seconds <= 0 || now.messages_received < before.messages_received) return undefined;
  const rate = (name: 'messages_received' | 'messages_sent' | 'calls' | 'events') =>
    (now[name] - before[name]) / seconds;
  return {
    received: rate('messages_received'),
    sent: rate('messages_sent'),
    calls: rate('calls'),
    events: rate('events'),
  };
}

/** The time span of the chart. */
export const WINDOW_SECONDS = 120;

/** Times in seconds and the rates at them; null where there is no rate, so that the line is interrupted. */
export interface Series {
  readonly times: readonly number[];
  readonly received: readonly (number | null)[];
  readonly sent: readonly (number | null)[];
}

export const emptySeries: Series = { times: [], received: [], sent: [] };

/** `series` with another point, and without those outside the time span. */
export function withPoint(series: Series, time: number, rates: Rates | undefined): Series {
  const times = [...series.times, time];
  const kept = times.findIndex((earlier) => earlier >= time - WINDOW_SECONDS);
  return {
    times: times.slice(kept),
    received: [...series.received, rates?.received ?? null].slice(kept),
    sent: [...series.sent, rates?.sent ?? null].slice(kept),
  };
}

/** A row of the table of sessions. */
export interface SessionRow {
  readonly session: number;
  readonly authid: string;
  readonly authrole: string;
  readonly transport: string;
  /** When it joined; undefined if that was before this page was opened. */
  readonly since: Date | undefined;
}

/** A row from the details of `wamp.session.get` or `wamp.session.on_join`; undefined if they are invalid. */
export function readSession(details: unknown, since: Date | undefined): SessionRow | undefined {
  if (!isDict(details) || typeof details['session'] !== 'number') return undefined;
  const { session, authid, authrole, transport } = details;
  return { session, authid: text(authid), authrole: text(authrole), transport: describe(transport), since };
}

/** The latest first; sessions from before this page was opened follow, by id. */
export function inOrder(sessions: Iterable<SessionRow>): readonly SessionRow[] {
  return [...sessions].sort(
    (a, b) => (b.since?.getTime() ?? 0) - (a.since?.getTime() ?? 0) || a.session - b.session,
  );
}

/** A transport in a few words, such as `websocket json 127.0.0.1:50100`. */
function describe(transport: unknown): string {
  if (!isDict(transport)) return '';
  const serializer = text(transport['protocol']).replace(/^wamp\.2\./, '');
  const peer = text(transport['peer']).replace(/^tcp4?:/, '');
  return [text(transport['type']), serializer, peer].filter((part) => part !== '').join(' · ');
}

/** Both directions of every message type that occurred, the most frequent first. */
export function byType({ received, sent }: Metrics['by_type']): readonly [string, number, number][] {
  const names = [...new Set([...Object.keys(received), ...Object.keys(sent)])];
  return names
    .map((name): [string, number, number] => [name, received[name] ?? 0, sent[name] ?? 0])
    .sort((a, b) => b[1] + b[2] - (a[1] + a[2]) || a[0].localeCompare(b[0]));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isDict(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
