/** Disk: what the store asks of the database, whether it runs on this thread or on another. */

/** How the events of a log are bounded. */
export interface Rule {
  readonly log: number;
  readonly realm: string;
  readonly depth: number;
  /** ms; Infinity for ever. */
  readonly age: number;
  /** What all logs of the realm may have, by the weights of their events (bytes). */
  readonly limit: number;
}

/** An event to be written. */
export interface Entry {
  readonly log: number;
  readonly offset: number;
  readonly time: number;
  readonly withheld: boolean;
  readonly publication: number;
  readonly weight: number;
  /** Undefined for an event that is too large to be kept: its offset is taken all the same. */
  readonly packed: Uint8Array | undefined;
}

/** What a topic retains from now on; nothing deletes it. */
export interface RetainedEntry {
  readonly realm: string;
  readonly topic: string;
  readonly events: readonly { readonly expires: number; readonly packed: Uint8Array }[];
}

/** What is written in one transaction. */
export interface Batch {
  /** The time now, in ms since the epoch. */
  readonly now: number;
  readonly rules: readonly Rule[];
  readonly entries: readonly Entry[];
  readonly retained: readonly RetainedEntry[];
}

/** What a batch has done beside. */
export interface Report {
  /** How many events were evicted for want of room, by realm. */
  readonly evicted: Readonly<Record<string, number>>;
}

/** A part of a log. */
export interface PageQuery {
  readonly log: number;
  readonly now: number;
  /** Offsets above this one. */
  readonly after: number;
  /** This offset and those below. */
  readonly upTo: number;
  readonly reverse: boolean;
  readonly from: number;
  readonly until: number;
}

/** Some events of a part of a log, in order. */
export interface Page {
  readonly events: readonly { readonly offset: number; readonly packed: Uint8Array }[];
  /** True when there may be others behind. */
  readonly more: boolean;
}

/** A database, on this thread (all results are there at once) or on another. It does what it is asked in order. */
export interface Disk {
  /** Writes all of a batch, or nothing of it: then it throws, or the promise rejects. */
  commit(batch: Batch): Report | Promise<Report>;
  page(query: PageQuery): Page | Promise<Page>;
  /** @param now in ms since the epoch */
  find(log: number, publication: number, now: number): number | undefined | Promise<number | undefined>;
  /** Ends it in order: the next who opens the file knows that nothing is missing. */
  close(): void | Promise<void>;
}
