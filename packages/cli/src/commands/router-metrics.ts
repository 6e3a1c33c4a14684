/** Readings of a whole router, from its admin realm (docs/admin.md): its status, its realms, and the latency of calls. */
import type { Session } from '@wamp/client';
import { dictOf, listOf, numberOf, type Dict } from './told-values.ts';

/** The counters of a realm, by name. */
export interface RealmReading {
  readonly realm: string;
  readonly numbers: Readonly<Record<string, number>>;
}

export interface RouterReading {
  readonly status: Dict;
  readonly realms: readonly RealmReading[];
  /** The latency of recently answered calls (ms); undefined when there were none. */
  readonly latency: { readonly p50: number | undefined; readonly p99: number | undefined };
}

/** Calls the admin realm, which the session has joined. */
export async function readRouter(session: Session, signal: AbortSignal): Promise<RouterReading> {
  const ask = (name: string, kwargs: Dict): Promise<unknown> =>
    session.call(`wamp.admin.${name}`, [], { kwargs: { ...kwargs }, timeout: 10_000, signal });
  const [status, realms, samples] = await Promise.all([
    ask('status', { exclude_own: true }),
    ask('realm.list', {}),
    ask('samples', { exclude_own: true, after: Date.now() - RECENT }),
  ]);
  return {
    status: dictOf(status),
    realms: listOf(realms).map((each): RealmReading => {
      const { realm, ...numbers } = dictOf(each);
      return { realm: String(realm), numbers: numbersIn(numbers) };
    }),
    latency: latencyIn(dictOf(samples)),
  };
}

/** Long enough for two samples, even when the clocks differ slightly (ms). */
const RECENT = 12_000;

function latencyIn({ columns, rows }: Dict): RouterReading['latency'] {
  const names = listOf(columns);
  const last = listOf(listOf(rows).at(-1));
  const of = (name: string): number | undefined => {
    const value = last[names.indexOf(name)];
    return typeof value === 'number' ? value : undefined;
  };
  return { p50: of('call_p50_ms'), p99: of('call_p99_ms') };
}

/** The increase of a realm's counter per second; 0 for a new realm. */
export function realmRate(before: RouterReading, now: RouterReading, realm: string, counter: string): number {
  const of = ({ realms }: RouterReading): number | undefined =>
    realms.find((each) => each.realm === realm)?.numbers[counter];
  const seconds = (numberOf(now.status['uptime_ms']) - numberOf(before.status['uptime_ms'])) / 1000;
  const [earlier, later] = [of(before), of(now)];
  if (earlier === undefined || later === undefined) return 0;
  return Math.max(0, later - earlier) / Math.max(1e-3, seconds);
}

function numbersIn(dict: Dict): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(dict).map(([name, value]) => [name, numberOf(value)]));
}
