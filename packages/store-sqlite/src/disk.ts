/** Interface of the database, on this thread or in a worker. */

/** The limits of a log. */
export interface Rule {
  readonly log: number;
  readonly realm: string;
  readonly depth: number;
  /** Maximum age in ms; Infinity for no limit. */
  readonly age: number;
  /** The limit for all logs of the realm, by the weights of their events (bytes). */
  readonly limit: number;
}

/** An event to write. */
export interface Entry {
  readonly log: number;
  readonly offset: number;
  readonly time: number;
  readonly withheld: boolean;
  readonly publication: number;
  readonly weight: number;
  /** Undefined for an event that is too large to store; it takes an offset all the same. */
  readonly packed: Uint8Array | undefined;
}

/** The retained events of a topic; an empty list deletes them. */
export interface RetainedEntry {
  readonly realm: string;
  readonly topic: string;
  readonly events: readonly { readonly expires: number; readonly packed: Uint8Array }[];
}

/** What one transaction writes. */
export interface Batch {
  /** The current time, in ms since 1970. */
  readonly now: number;
  readonly rules: readonly Rule[];
  readonly entries: readonly Entry[];
  readonly retained: readonly RetainedEntry[];
}

/** Side effects of a batch. */
export interface Report {
  /** The number of events evicted because of byte limits, by realm. */
  readonly evicted: Readonly<Record<string, number>>;
}

/** A range of a log. */
export interface PageQuery {
  readonly log: number;
  readonly now: number;
  /** Exclusive lower bound of the offsets. */
  readonly after: number;
  /** Inclusive upper bound of the offsets. */
  readonly upTo: number;
  readonly reverse: boolean;
  readonly from: number;
  readonly until: number;
}

/** Some events of a range, in order. */
export interface Page {
  readonly events: readonly { readonly offset: number; readonly packed: Uint8Array }[];
  /** True if more events may follow. */
  readonly more: boolean;
}

/** A database, on this thread (all results are synchronous) or in a worker. It executes requests in order. */
export interface Disk {
  /** Writes a batch completely or not at all; a failure throws, or rejects. */
  commit(batch: Batch): Report | Promise<Report>;
  page(query: PageQuery): Page | Promise<Page>;
  /** @param now in ms since 1970 */
  find(log: number, publication: number, now: number): number | undefined | Promise<number | undefined>;
  /** Closes it in order, and records that nothing is missing. */
  close(): void | Promise<void>;
}
