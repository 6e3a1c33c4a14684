/** Event history: answers queries for past events of configured topics (spec: Event History). */
import {
  ApplicationError,
  ErrorUri,
  isReserved,
  type Args,
  type Kwargs,
  type MatchPolicy,
  type Uri,
} from '@wamp/protocol';
import { isWithin } from '../core/broker.ts';
import { passes } from '../core/eligibility.ts';
import { PatternMap } from '../core/pattern-map.ts';
import type { Publication } from '../core/publication.ts';
import type { Feature, Realm } from '../core/realm.ts';
import type { Session } from '../core/session.ts';
import type { Sharing } from '../core/sharing.ts';
import type { Subscription } from '../core/subscription.ts';
import type { EventStore, LoggedEvent } from '../stores/event-store.ts';
import { taking } from './arguments.ts';
import { installRecovery } from './event-recovery.ts';
import { FILTERS, historyFilters, offsetsWithin, type HistoryFilters } from './history-filters.ts';
import { RecordedLog, type EventsOfSubscription } from './recorded-log.ts';
import { SharedHistory } from './shared-history.ts';
import { SharedLog } from './shared-log.ts';
import { refuseLasting } from './shared-stores.ts';
import { find } from './subscription-meta.ts';
import { toldEvents } from './told-events.ts';
import { WrittenFirst } from './written-first.ts';

/** A topic or pattern whose events are recorded. */
export interface HistoryRule {
  readonly topic: Uri;
  /** `exact` by default. */
  readonly match?: MatchPolicy;
  /** The most events that are kept; 100 by default. */
  readonly depth?: number;
  /** The maximum age of an event (ms); unlimited by default. */
  readonly age?: number;
}

/**
 * An answer with more payload (bytes) is refused: no transport carries a message of this size, and its decoded form
 * needs far more memory.
 */
const LONGEST_ANSWER = 4 * 1024 * 1024;

/**
 * @param rules what to record; each creates a subscription that exists from the start (HIST-4)
 * @param store where to record it
 */
export function eventHistory(rules: readonly HistoryRule[], store: EventStore): Feature {
  return {
    // An extension of this project: `x_offset` in EVENT.Details, and `wamp.subscription.recover`.
    announces: { broker: ['event_history', 'x_event_recovery'] },
    install(realm) {
      if (rules.length > 0) refuseLasting(realm, store, 'event history');
      const { logs, shared } = openLogs(realm, rules, store);
      realm.procedure(
        'wamp.subscription.get_events',
        taking({ places: ['subscription_id'], names: FILTERS }, ({ args, kwargs, caller }) => {
          const subscription = find(realm, args[0]);
          return getEvents(realm, subscription, logs.get(subscription), kwargs, caller);
        }),
      );
      installRecovery(realm, logs, shared);
    },
  };
}

interface Logs {
  readonly logs: ReadonlyMap<Subscription, EventsOfSubscription>;
  /** Undefined unless the realm is shared and has logs that several nodes keep together. */
  readonly shared: SharedHistory | undefined;
}

function openLogs(realm: Realm, rules: readonly HistoryRule[], store: EventStore): Logs {
  const common = realm.sharing === undefined ? [] : rules.filter(({ topic }) => !isReserved(topic));
  const own = rules.filter((rule) => !common.includes(rule));
  const ownLogs = new Map<Subscription, RecordedLog>();
  for (const { topic, match = 'exact', depth = 100, age = Infinity } of own) {
    const rule = { match, topic, depth, age, epoch: realm.globalId() };
    const log = new RecordedLog(realm, store.log(realm, rule));
    ownLogs.set(realm.broker.hold(match, topic, log), log);
  }
  if (store.writesFirst === true && ownLogs.size > 0) writeFirst(realm, ownLogs);
  if (realm.sharing === undefined || common.length === 0) return { logs: ownLogs, shared: undefined };
  return openShared(realm, realm.sharing, store, { rules: common, ownLogs });
}

/** Opens the logs that the nodes of a cluster keep together, in an order that is the same at all of them. */
function openShared(
  realm: Realm,
  sharing: Sharing,
  store: EventStore,
  { rules, ownLogs }: { rules: readonly HistoryRule[]; ownLogs: ReadonlyMap<Subscription, RecordedLog> },
): Logs {
  const named = new Map(rules.map((rule) => [`${rule.match ?? 'exact'} ${rule.topic}`, rule]));
  sharing.histories = [...named.keys()].sort();
  const history: { shared?: SharedHistory } = {};
  const recorded = sharing.histories.flatMap((name, index) => {
    const rule = named.get(name);
    if (rule === undefined) return [];
    const { topic, match = 'exact', depth = 100, age = Infinity } = rule;
    const dropped = ({ from }: LoggedEvent): void => {
      if (from !== undefined) history.shared?.evicted(index, from);
    };
    const events = store.log(realm, { match, topic, depth, age, epoch: realm.globalId(), dropped });
    const log = new SharedLog(realm, events, index);
    return [{ log, subscription: realm.broker.hold(match, topic, log) }];
  });
  const shared = new SharedHistory(realm, sharing, recorded);
  history.shared = shared;
  const logs = new Map<Subscription, EventsOfSubscription>(ownLogs);
  for (const { log, subscription } of recorded) logs.set(subscription, log);
  return { logs, shared };
}

/** Ensures that publications are written to the logs before they are sent. */
function writeFirst(realm: Realm, logs: ReadonlyMap<Subscription, RecordedLog>): void {
  const patterns = new PatternMap<Subscription>();
  for (const subscription of logs.keys()) patterns.set(subscription.match, subscription.topic, subscription);
  const logsOf = ({ topic }: Publication): readonly RecordedLog[] =>
    patterns
      .matching(topic)
      .flatMap((subscription) => (isWithin(subscription, topic) ? (logs.get(subscription) ?? []) : []));
  WrittenFirst.add(realm, {
    write: (publication) => logsOf(publication).map((log) => log.write(publication)),
    takeBack(publication) {
      for (const log of logsOf(publication)) log.takeBack(publication);
    },
    drop(publication) {
      for (const log of logsOf(publication)) log.drop(publication);
    },
  });
}

/** Synchronous if the store is. */
function getEvents(
  realm: Realm,
  subscription: Subscription,
  log: EventsOfSubscription | undefined,
  kwargs: Kwargs,
  reader: Session,
): Args | Promise<Args> {
  const filters = historyFilters(kwargs);
  if (log === undefined) return [];
  const offsets = filters.bounds.map(({ publication }) => log.events.find(publication));
  if (areKnown(offsets)) {
    const found = new Found(filters, reader);
    const reading = found.readFrom(log, offsets);
    if (reading === undefined) return toldEvents(realm, found.events, subscription);
    return reading.then(() => toldEvents(realm, found.events, subscription));
  }
  return Promise.all(offsets.map((offset) => Promise.resolve(offset))).then(async (settled) => {
    const found = new Found(filters, reader);
    await found.readFrom(log, settled);
    return toldEvents(realm, found.events, subscription);
  });
}

function areKnown(
  offsets: readonly (number | undefined | Promise<number | undefined>)[],
): offsets is readonly (number | undefined)[] {
  return offsets.every((offset) => !(offset instanceof Promise));
}

/** The events of a log that pass the filters and that the reader may read. */
class Found {
  readonly events: LoggedEvent[] = [];
  readonly #filters: HistoryFilters;
  readonly #reader: Session;
  #bytes = 0;

  constructor(filters: HistoryFilters, reader: Session) {
    this.#filters = filters;
    this.#reader = reader;
  }

  /** @throws ApplicationError when they exceed the size of an answer */
  readFrom(log: EventsOfSubscription, offsets: readonly (number | undefined)[]): undefined | Promise<void> {
    const { reverse, from, until } = this.#filters;
    const { after, upTo } = offsetsWithin(this.#filters, offsets);
    // An event that is written and not sent yet is not visible.
    const range = { after, upTo: Math.min(upTo, log.offset), reverse, from, until };
    const reading = log.events.read(range, (event) => this.#take(event));
    if (reading instanceof Promise)
      return reading.then(() => {
        this.#check();
      });
    this.#check();
    return undefined;
  }

  #take(event: LoggedEvent): boolean {
    const { publication, withheld } = event;
    // HIST-6: the lists of the publication also apply to readers; the publisher may read its own event.
    if (withheld || !this.#filters.accepts(event) || !passes(publication.audience, this.#reader)) return true;
    this.events.push(event);
    this.#bytes += publication.payload.size;
    return this.events.length < this.#filters.limit && this.#bytes <= LONGEST_ANSWER;
  }

  #check(): void {
    if (this.#bytes <= LONGEST_ANSWER) return;
    const explanation = `these events exceed the ${LONGEST_ANSWER} bytes of an answer: set limit to ask for fewer`;
    throw new ApplicationError(ErrorUri.PAYLOAD_SIZE_EXCEEDED, [explanation]);
  }
}
