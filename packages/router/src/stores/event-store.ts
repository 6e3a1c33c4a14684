/** Event store: where past events are kept, and what someone who writes another one has to do. */
import type { Id, MatchPolicy, Uri } from '@wamp/protocol';
import type { Account } from '../core/account.ts';
import type { Clock } from '../core/clock.ts';
import type { QuotaTally } from '../core/quotas.ts';
import type { Remembered } from '../core/remembered.ts';

/**
 * Keeps the events of event history (logs) and of event retention, for any number of realms. `memoryStore()` is the one
 * that is used by default; docs/extending.md has one that writes to a file.
 *
 * Both methods are called while a realm is made, before any client is in it: they may block, and what they throw stops
 * the router from starting. Afterwards nothing waits for a store while it publishes: an event is appended and sent in the
 * same turn.
 */
export interface EventStore {
  /** Opens the log of a topic or pattern: the one that an earlier process has left, or a new one. Once for each rule. */
  log(realm: StoreRealm, rule: LogRule): EventLog;
  /** Opens the retained events of a realm. Once for each realm. */
  retained(realm: StoreRealm): RetainedEvents;
}

/** What a store may use of the realm that it keeps events for. A `Realm` is one. */
export interface StoreRealm {
  readonly name: Uri;
  readonly clock: Clock;
  /** What a store holds in memory is reserved here, by `weight`, and released when it goes (bytes). */
  readonly kept: { readonly history: Account; readonly retained: Account };
  /** Counts what is evicted or refused for want of room: `event_history` and `retained_events`. */
  readonly limited: QuotaTally;
}

/** Which events a log has, and how many of them. */
export interface LogRule {
  readonly match: MatchPolicy;
  readonly topic: Uri;
  /** How many events are told at the most; a log may forget older ones. */
  readonly depth: number;
  /** For how long an event is told (ms); a log tells none that is older. */
  readonly age: number;
  /** The epoch of a new log, drawn at random. */
  readonly epoch: Id;
}

/** An event of a log. Its payload is sent by `payload.lend()`, and packed by `packEvent`. */
export interface LoggedEvent extends Remembered {
  /** 1 for the first event of the log, then one more each time. */
  readonly offset: number;
  /** When it was published, in ms since the epoch. */
  readonly time: number;
  /**
   * True for an event for or not for certain sessions (`eligible`, `exclude`). Its payload is not kept, and nobody reads
   * it (HIST-7): it says who has missed something.
   */
  readonly withheld: boolean;
}

/** Which part of a log to read, and in which direction. */
export interface LogRange {
  /** Events with a greater offset only. */
  readonly after: number;
  /** Events with this offset or a smaller one only. */
  readonly upTo: number;
  /** From the newest to the oldest instead of from the oldest to the newest. */
  readonly reverse: boolean;
  /** Events at this time or later, in ms since the epoch: a hint, earlier ones may be shown. */
  readonly from: number;
  /** Events at this time or earlier, in ms since the epoch: a hint, later ones may be shown. */
  readonly until: number;
}

/**
 * The events of one topic or pattern, each with the offset that the router has given it.
 *
 * Offsets rise by 1 for ever within an epoch: a subscriber that knows `(epoch, offset)` gets what came after. So that this
 * holds, a log must never be continued from an earlier state. A store that may have lost events that were appended, because
 * the process or the machine went down before they were written, takes the new epoch of {@link LogRule} when it is opened
 * again.
 *
 * A log may forget any event at any time. There is nobody to tell: whoever reads finds its offset missing, and a subscriber
 * that would have to have it hears `complete: false`.
 */
export interface EventLog {
  readonly epoch: Id;
  /** The offset of the last event when the log was opened; 0 when it is new. */
  readonly offset: number;
  /**
   * Adds an event: its offset is greater than all before. A log that writes asynchronously returns a promise; what it
   * rejects with, or what is thrown, is logged, and the event is taken for forgotten.
   */
  append(event: LoggedEvent): void | Promise<void>;
  /**
   * Shows the events of a range, one by one and in order, until `visit` returns false. Events whose `append` was called
   * before are shown, even if they are not written yet.
   * @returns nothing when all have been shown, or a promise of that
   */
  read(range: LogRange, visit: (event: LoggedEvent) => boolean): void | Promise<void>;
  /** The offset of a publication; undefined when the log has it no more, or never had. */
  find(publication: Id): number | undefined | Promise<number | undefined>;
}

/** A retained event. */
export interface RetainedEvent extends Remembered {
  /** Rises with each publish, so that what came first is told first (ORD-1). */
  readonly order: number;
  /** When nobody is to get it any more, by the elapsed time of the realm's clock (ms); Infinity for never. */
  readonly expires: number;
}

/**
 * The latest events of each topic of a realm. They fit in memory, for the realm bounds them: so they are read
 * synchronously, and a store that outlives the process writes what is set to where it reads it when it is opened.
 */
export interface RetainedEvents {
  /** The events of a topic, the newest first; those for a restricted audience before the one for all. */
  latest(topic: Uri): readonly RetainedEvent[];
  /** Puts these events in the place of what the topic had; none deletes it. When there is no room, the oldest topics go. */
  set(topic: Uri, events: readonly RetainedEvent[]): void;
  /** The topics with events that a pattern matches; undefined or surplus ones do no harm. */
  matching(match: MatchPolicy, pattern: Uri): Iterable<Uri | undefined>;
  /** Deletes what expires at `now` or before, by the elapsed time of the clock. @returns whether any of the others will expire */
  expire(now: number): boolean;
}
