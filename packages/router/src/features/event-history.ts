/** Event history: past events of configured topics, for those who ask (spec: Event History). */
import {
  ApplicationError,
  ErrorUri,
  type Args,
  type Kwargs,
  type MatchPolicy,
  type Uri,
} from '@wamp/protocol';
import { passes } from '../core/eligibility.ts';
import type { Feature, Realm } from '../core/realm.ts';
import type { Session } from '../core/session.ts';
import type { Subscription } from '../core/subscription.ts';
import type { EventLog, EventStore, LoggedEvent } from '../stores/event-store.ts';
import { taking } from './arguments.ts';
import { installRecovery } from './event-recovery.ts';
import { FILTERS, historyFilters, offsetsWithin, type HistoryFilters } from './history-filters.ts';
import { RecordedLog } from './recorded-log.ts';
import { find } from './subscription-meta.ts';
import { toldEvents } from './told-events.ts';

/** A topic or pattern whose events are remembered. */
export interface HistoryRule {
  readonly topic: Uri;
  /** `exact` by default. */
  readonly match?: MatchPolicy;
  /** How many events; 100 by default. */
  readonly depth?: number;
  /** For how long (ms); for ever by default. */
  readonly age?: number;
}

/** An answer of more payload (bytes) is refused: no transport takes a message so long, and decoded it takes far more. */
const LONGEST_ANSWER = 4 * 1024 * 1024;

/**
 * @param rules what is remembered; each makes a subscription that is there from the start (HIST-4)
 * @param store where it is remembered
 */
export function eventHistory(rules: readonly HistoryRule[], store: EventStore): Feature {
  return {
    // Ours: `x_offset` in EVENT.Details, and `wamp.subscription.recover`.
    announces: { broker: ['event_history', 'x_event_recovery'] },
    install(realm) {
      const logs = new Map<Subscription, RecordedLog>();
      for (const { topic, match = 'exact', depth = 100, age = Infinity } of rules) {
        const subscription = realm.broker.hold(match, topic);
        const rule = { match, topic, depth, age, epoch: realm.globalId() };
        const log = new RecordedLog(realm, store.log(realm, rule));
        subscription.recorder = log;
        logs.set(subscription, log);
      }
      realm.procedure(
        'wamp.subscription.get_events',
        taking({ places: ['subscription_id'], names: FILTERS }, ({ args, kwargs, caller }) => {
          const subscription = find(realm, args[0]);
          return getEvents(realm, subscription, logs.get(subscription)?.events, kwargs, caller);
        }),
      );
      installRecovery(realm, logs);
    },
  };
}

/** Synchronous as long as the store is. */
function getEvents(
  realm: Realm,
  subscription: Subscription,
  log: EventLog | undefined,
  kwargs: Kwargs,
  reader: Session,
): Args | Promise<Args> {
  const filters = historyFilters(kwargs);
  if (log === undefined) return [];
  const offsets = filters.bounds.map(({ publication }) => log.find(publication));
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

/** The events of a log that somebody has asked for, and may read. */
class Found {
  readonly events: LoggedEvent[] = [];
  readonly #filters: HistoryFilters;
  readonly #reader: Session;
  #bytes = 0;

  constructor(filters: HistoryFilters, reader: Session) {
    this.#filters = filters;
    this.#reader = reader;
  }

  /** @throws ApplicationError when they are too many for an answer */
  readFrom(log: EventLog, offsets: readonly (number | undefined)[]): undefined | Promise<void> {
    const { reverse, from, until } = this.#filters;
    const range = { ...offsetsWithin(this.#filters, offsets), reverse, from, until };
    const reading = log.read(range, (event) => this.#take(event));
    if (reading instanceof Promise)
      return reading.then(() => {
        this.#check();
      });
    this.#check();
    return undefined;
  }

  #take(event: LoggedEvent): boolean {
    const { publication, withheld } = event;
    // HIST-6: the lists of the publication hold for readers, too; its publisher may read what it published.
    if (withheld || !this.#filters.accepts(event) || !passes(publication.audience, this.#reader)) return true;
    this.events.push(event);
    this.#bytes += publication.payload.size;
    return this.events.length < this.#filters.limit && this.#bytes <= LONGEST_ANSWER;
  }

  #check(): void {
    if (this.#bytes <= LONGEST_ANSWER) return;
    const explanation = `these events have more than the ${LONGEST_ANSWER} bytes that an answer may have: ask with limit`;
    throw new ApplicationError(ErrorUri.PAYLOAD_SIZE_EXCEEDED, [explanation]);
  }
}
