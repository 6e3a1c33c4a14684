/** Interface EventStore: keeps past events for event history, recovery and retention. */
import type { Id, MatchPolicy, Uri } from '@wamp/protocol';
import type { Account } from '../core/account.ts';
import type { Clock } from '../core/clock.ts';
import type { QuotaTally } from '../core/quotas.ts';
import type { Remembered } from '../core/remembered.ts';
import type { Stamp } from '../core/stamp.ts';

/**
 * Keeps the events of event history (logs) and of event retention, for any number of realms. The default is
 * `memoryStore()`; docs/extending.md shows a store that writes to a file.
 *
 * Both methods are called while a realm is created, before any client has joined: they may block, and if they throw,
 * the router does not start. Afterwards publishing does not wait for a store, unless it {@link writesFirst}: an event is
 * appended and sent in the same turn.
 */
export interface EventStore {
  /**
   * True for a store that must not lose an event that a subscriber has received. A publication that a log or a topic keeps is
   * acknowledged and sent only after the promises of {@link EventLog.append} and {@link RetainedEvents.write} have resolved.
   * If they reject, it is refused with `wamp.error.unavailable`, and not sent. False by default.
   */
  readonly writesFirst?: boolean;
  /** True for a store whose events end with the process: only such a store may keep those of a realm that a cluster shares. */
  readonly isTransient?: boolean;
  /** Opens the log of a topic or pattern: the log of an earlier process, or a new one. Called once for each rule. */
  log(realm: StoreRealm, rule: LogRule): EventLog;
  /** Opens the retained events of a realm. Called once for each realm. */
  retained(realm: StoreRealm): RetainedEvents;
}

/** The part of a realm that a store may use. `Realm` implements it. */
export interface StoreRealm {
  readonly name: Uri;
  readonly clock: Clock;
  /** The accounts on which a store reserves what it holds in memory, by `weight` (bytes), and releases what it drops. */
  readonly kept: { readonly history: Account; readonly retained: Account };
  /** Counts events that are evicted or refused because the store is full: `event_history` and `retained_events`. */
  readonly limited: QuotaTally;
}

/** Which events a log contains, and how many. */
export interface LogRule {
  readonly match: MatchPolicy;
  readonly topic: Uri;
  /** How many events may be read; a log may drop older ones. */
  readonly depth: number;
  /** The maximum age of an event (ms); a log does not show older ones. */
  readonly age: number;
  /** A random epoch for a new log. */
  readonly epoch: Id;
  /**
   * To be called with each event that the log no longer has, or could not keep: only for logs of a realm that a cluster shares,
   * which are kept by stores that are {@link EventStore.isTransient}.
   */
  readonly dropped?: ((event: LoggedEvent) => void) | undefined;
}

/** An event of a log. To send it, use `payload.lend()`; to store it as bytes, `packEvent`. */
export interface LoggedEvent extends Remembered {
  /** 1 for the first event of the log, then increasing by 1. */
  readonly offset: number;
  /** The time of publication, in ms since the epoch. */
  readonly time: number;
  /**
   * True for an event with a list of session ids (`eligible`, `exclude`). Its payload is not kept and it is never read
   * (HIST-7): it only shows whether a subscriber may have missed it.
   */
  readonly withheld: boolean;
  /** Where it was published: the run of the node and its number there, in a realm that a cluster shares. */
  readonly from?: readonly [run: string, number: number] | undefined;
}

/** The part of a log to read, and the direction. */
export interface LogRange {
  /** Only events with a greater offset. */
  readonly after: number;
  /** Only events with this or a smaller offset. */
  readonly upTo: number;
  /** True to read from the newest event to the oldest. */
  readonly reverse: boolean;
  /** Only events at this time or later, in ms since the epoch. A hint: earlier ones may be shown. */
  readonly from: number;
  /** Only events at this time or earlier, in ms since the epoch. A hint: later ones may be shown. */
  readonly until: number;
}

/**
 * The events of one topic or pattern, with the offsets that the router has assigned.
 *
 * Within an epoch, offsets increase by 1 without end: a subscriber that knows `(epoch, offset)` gets all later events.
 * Therefore a log must never continue from an earlier state. If a store may have lost appended events, because the
 * process or the machine failed before they were written, it must take the new epoch of {@link LogRule} when it is
 * opened again.
 *
 * A log may drop any event at any time, without reporting it: a reader finds its offset missing, and a subscriber that
 * may have needed it gets `complete: false`.
 */
export interface EventLog {
  readonly epoch: Id;
  /** The offset of the last event when the log was opened; 0 when it is new. */
  readonly offset: number;
  /**
   * Appends an event, whose offset is greater than all before. A log that writes asynchronously returns a promise. If
   * it throws or rejects, the error is logged, and the event counts as dropped. If the store
   * {@link EventStore.writesFirst}, nobody has received such an event, and its offset is assigned to a later one, which
   * must replace it: together with an append, all later ones that have not resolved must reject, in the same turn. Otherwise,
   * the promises may resolve in any order.
   */
  append(event: LoggedEvent): void | Promise<void>;
  /**
   * Calls `visit` for each event of a range, in order, until it returns false. Appended events are visited even if they
   * have not been written yet.
   * @returns nothing, or a promise that resolves, when all have been visited
   */
  read(range: LogRange, visit: (event: LoggedEvent) => boolean): void | Promise<void>;
  /** The offset of a publication; undefined when the log no longer has it, or never had it. */
  find(publication: Id): number | undefined | Promise<number | undefined>;
}

/** A retained event. */
export interface RetainedEvent extends Remembered {
  /** Increases with each publication, so that events are delivered in order of publication (ORD-1): 1 and above in this process. */
  readonly order: number;
  /** When it expires, by the elapsed time of the realm's clock (ms); Infinity for never. */
  readonly expires: number;
  /** Its place among those of all nodes, in a realm that a cluster shares. */
  readonly stamp?: Stamp | undefined;
}

/**
 * The latest events of each topic of a realm. The realm limits them so that they fit in memory: they are read
 * synchronously. A store that outlives the process also writes what is set, and reads it when it is opened.
 */
export interface RetainedEvents {
  /** The events of a topic, newest first; those for restricted audiences precede the one for everyone. */
  latest(topic: Uri): readonly RetainedEvent[];
  /** Replaces the events of a topic; an empty list deletes them. When there is no room, the oldest topics are evicted. */
  set(topic: Uri, events: readonly RetainedEvent[]): void;
  /**
   * Writes the events that `set` is called with later for this topic, once the promise has resolved: for stores that
   * {@link EventStore.writesFirst}. Until then, the other methods do not return them.
   */
  readonly write?: ((topic: Uri, events: readonly RetainedEvent[]) => Promise<void>) | undefined;
  /** The topics with events that match a pattern. May also yield undefined, and topics that do not match. */
  matching(match: MatchPolicy, pattern: Uri): Iterable<Uri | undefined>;
  /**
   * Deletes events that expire at `now` or before, by the elapsed time of the clock. @returns whether any of the others
   * will expire
   */
  expire(now: number): boolean;
}
