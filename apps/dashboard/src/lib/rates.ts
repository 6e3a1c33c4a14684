/** Rates: what counters grew by per second between two answers, for entries that have a key. */

type Counters = Readonly<Record<string, number>>;

/** The counters of each entry, and when they were read (ms, monotonic). */
export interface Reading {
  readonly at: number;
  readonly counters: ReadonlyMap<string | number, Counters>;
}

/** The rate of a counter of an entry; undefined at first, and when it has begun anew. */
export function rateOf(
  before: Reading | undefined,
  now: Reading,
  key: string | number,
  counter: string,
): number | undefined {
  const [earlier, later] = [before?.counters.get(key)?.[counter], now.counters.get(key)?.[counter]];
  const seconds = (now.at - (before?.at ?? now.at)) / 1000;
  if (earlier === undefined || later === undefined || later < earlier || seconds <= 0) return undefined;
  return (later - earlier) / seconds;
}
