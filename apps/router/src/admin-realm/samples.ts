/** Samples: an hour of numbers in memory, one row every five seconds, so that charts begin before a page was opened. */
import { MessageType } from '@wamp/protocol';
import type { Clock, Realm, Router } from '@wamp/router';
import { z } from 'zod';
import { procedure, type Procedure } from './procedure.ts';

/** From one row to the next (ms), and how many rows are kept: an hour. */
const INTERVAL = 5_000;
const MOST_ROWS = 720;

/** What realms are asked for; counters grow, gauges may fall. */
const OF_REALMS: Readonly<Record<string, (realm: Realm) => number>> = {
  sessions: ({ sessions }) => sessions.size,
  calls_in_flight: ({ dealer }) => dealer.calls.inFlight,
  received: ({ traffic }) => traffic.received.total,
  sent: ({ traffic }) => traffic.sent.total,
  received_bytes: ({ traffic }) => bytesOf(traffic.received),
  sent_bytes: ({ traffic }) => bytesOf(traffic.sent),
  calls: ({ traffic }) => traffic.received.of(MessageType.CALL),
  publications: ({ traffic }) => traffic.received.of(MessageType.PUBLISH),
  events: ({ traffic }) => traffic.sent.of(MessageType.EVENT),
  errors: ({ traffic }) => traffic.sent.of(MessageType.ERROR),
  dropped: ({ traffic }) => traffic.dropped.total,
  denied: ({ traffic }) => traffic.denied.total,
  kept_bytes: ({ kept }) => kept.used,
};
const REALM_COLUMNS = Object.keys(OF_REALMS);
const COLUMNS = ['time', ...REALM_COLUMNS, 'rss', 'heap_used', 'cpu_ms', 'event_loop_utilization'];

/** Of the process, in the order of the columns: rss, heap (bytes), CPU time (ms), and the part of the time in use. */
export type ReadProcess = () => readonly [rss: number, heap: number, cpu: number, utilization: number];

/** The numbers of all realms, and of the admin realm by itself, so that these can be left out. */
export class Samples {
  readonly #router: Router;
  readonly #ownRealm: string;
  readonly #read: ReadProcess;
  readonly #clock: Clock;
  /** Rows of all realms, and what of them is the admin realm's. */
  readonly #rows = new Float64Array(MOST_ROWS * COLUMNS.length);
  readonly #own = new Float64Array(MOST_ROWS * REALM_COLUMNS.length);
  #taken = 0;
  #dismiss: () => void = () => undefined;

  /** Takes a row at once, and then one every five seconds. */
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

  /** Rows later than a time (ms since the epoch), from old to new. @param excludesOwn leaves out the admin realm */
  after(time: number | undefined, limit: number, excludesOwn: boolean): readonly (readonly number[])[] {
    const rows: (readonly number[])[] = [];
    for (let row = Math.max(0, this.#taken - MOST_ROWS); row < this.#taken; row += 1) {
      const values = this.#row(row % MOST_ROWS, excludesOwn);
      if ((values[0] ?? 0) > (time ?? -Infinity)) rows.push(values);
    }
    return rows.slice(0, limit);
  }

  #row(at: number, excludesOwn: boolean): readonly number[] {
    const values = [...this.#rows.subarray(at * COLUMNS.length, (at + 1) * COLUMNS.length)];
    if (!excludesOwn) return values;
    const own = this.#own.subarray(at * REALM_COLUMNS.length, (at + 1) * REALM_COLUMNS.length);
    return values.map((value, column) => value - (own[column - 1] ?? 0));
  }

  #take(): void {
    const at = this.#taken % MOST_ROWS;
    const realms = [...this.#router.realms()];
    const own = realms.filter(({ name }) => name === this.#ownRealm);
    const sums = (of: readonly Realm[]): number[] =>
      Object.values(OF_REALMS).map((value) => of.reduce((total, realm) => total + value(realm), 0));
    this.#rows.set([this.#clock.now(), ...sums(realms), ...this.#read()], at * COLUMNS.length);
    this.#own.set(sums(own), at * REALM_COLUMNS.length);
    this.#taken += 1;
    this.#dismiss = this.#clock.after(INTERVAL, () => {
      this.#take();
    });
  }
}

export function samplesProcedure(samples: Samples): Procedure {
  const takes = {
    after: z.number().optional(),
    limit: z.int().min(1).max(MOST_ROWS).default(MOST_ROWS),
    exclude_own: z.boolean().default(false),
  };
  return procedure('samples', takes, ({ after, limit, exclude_own: excludesOwn }) => ({
    interval_ms: INTERVAL,
    columns: COLUMNS,
    rows: samples.after(after, limit, excludesOwn),
  }));
}

function bytesOf(counts: Realm['traffic']['received']): number {
  return counts.entries().reduce((total, { bytes }) => total + bytes, 0);
}
