/**
 * Event recovery: returns to a reconnected subscriber exactly the events that it missed, or reports that it cannot
 * (`x_event_recovery`).
 */
import { ApplicationError, ErrorUri, isId, Payload, type Dict, type Id, type Kwargs } from '@wamp/protocol';
import { wasFor } from '../core/eligibility.ts';
import type { MetaCall } from '../core/meta-session.ts';
import type { Publication } from '../core/publication.ts';
import type { Realm } from '../core/realm.ts';
import type { Session } from '../core/session.ts';
import type { Subscription } from '../core/subscription.ts';
import type { LoggedEvent } from '../stores/event-store.ts';
import { invalid, taking } from './arguments.ts';
import { given, limitFilter } from './history-filters.ts';
import type { RecordedLog } from './recorded-log.ts';
import { find } from './subscription-meta.ts';
import { toldEvents } from './told-events.ts';

/** The most events in an answer, and the default of `limit`. */
const MOST_EVENTS = 500;
/** The payload (bytes) at which an answer ends, so that it fits into a message; it contains at least one event. */
const MOST_BYTES = 256 * 1024;
/** What an event and an answer take in a message beside arguments and topic, in bytes: an estimate. */
const ENVELOPE = 256;
/** The most events of the log that one answer examines. */
const MOST_LOOKS = 10_000;
/** The most former sessions that a subscriber may name. */
const MOST_SESSIONS = 100;

/** The position of a subscriber in a log, and its former sessions. */
interface Position {
  readonly epoch: Id | undefined;
  /** The offset of the last event that it knows; 0 before the first. */
  readonly offset: number;
  readonly limit: number;
  /** Ids of its former sessions. */
  readonly former: readonly Id[];
}

/** The result apart from the events. */
interface Recovery extends Dict {
  readonly epoch: Id;
  /** The position of the subscriber after the events of this answer. */
  readonly offset: number;
  /** False when it may have missed an event that is no longer available. */
  readonly complete: boolean;
  /** True when the log continues after `offset`: the subscriber asks again from there. */
  readonly more: boolean;
}

/** Serves `wamp.subscription.recover`. */
export function installRecovery(realm: Realm, logs: ReadonlyMap<Subscription, RecordedLog>): void {
  const parameters = { places: ['subscription_id'], names: ['epoch', 'offset', 'limit', 'sessions'] };
  realm.procedure(
    'wamp.subscription.recover',
    taking(parameters, (call) => recover(realm, logs, call)),
  );
}

/**
 * Only a subscriber may ask, because it has been authorized to subscribe. Without an epoch, it gets the current
 * position of the log.
 */
function recover(
  realm: Realm,
  logs: ReadonlyMap<Subscription, RecordedLog>,
  { args, kwargs, caller }: MetaCall,
): Payload | Promise<Payload> {
  const subscription = find(realm, args[0]);
  const position = positionOf(kwargs);
  if (!subscription.subscribers.has(caller)) throw new ApplicationError(ErrorUri.NO_SUCH_SUBSCRIPTION);
  const log = logs.get(subscription);
  if (log === undefined) return Payload.of([], { complete: false, more: false });
  const { epoch } = log.events;
  const here = { epoch, offset: log.offset, more: false };
  if (position.epoch === undefined) return Payload.of([], { ...here, complete: true });
  if (position.epoch !== epoch || position.offset > log.offset) {
    return Payload.of([], { ...here, complete: false });
  }
  const missed = new Missed(position, caller, log.offset);
  const range = {
    after: position.offset,
    upTo: log.offset,
    reverse: false,
    from: -Infinity,
    until: Infinity,
  };
  const reading = log.events.read(range, (event) => missed.take(event));
  if (reading instanceof Promise) return reading.then(() => answer(realm, subscription, missed, epoch));
  return answer(realm, subscription, missed, epoch);
}

function answer(
  realm: Realm,
  subscription: Subscription,
  missed: Missed,
  epoch: Id,
): Payload | Promise<Payload> {
  realm.turns.work.spent += missed.looks >> 4;
  const { tooLong } = missed;
  if (tooLong !== undefined) throw cannotFit(tooLong, epoch);
  const recovery = missed.conclude(epoch);
  const told = toldEvents(realm, missed.events, subscription, ({ offset }) => ({ x_offset: offset }));
  if (told instanceof Promise) return told.then((events) => Payload.of(events, recovery));
  return Payload.of(told, recovery);
}

/** The error for an event that fits into no message of its subscriber; it says where the subscriber goes on. */
function cannotFit({ offset, publication }: LoggedEvent, epoch: Id): ApplicationError {
  const why =
    `the event with x_offset ${offset} has ${publication.payload.size} bytes, too many for a message to this client: ` +
    'load the state that it has changed, and ask again with its offset';
  return new ApplicationError(ErrorUri.PAYLOAD_SIZE_EXCEEDED, [why], { epoch, offset });
}

/** Reads a log from the position of a subscriber until the answer is full. */
class Missed {
  readonly events: LoggedEvent[] = [];
  /** How many events have been examined. */
  looks = 0;
  /** The next event, when it fits into no answer. */
  tooLong: LoggedEvent | undefined;
  readonly #position: Position;
  readonly #reader: Session;
  /** The offset of the last event of the log. */
  readonly #end: number;
  /** The offset of the last event examined. */
  #reached: number;
  #complete = true;
  #more = false;
  #bytes = 0;
  /** The longest message that the reader takes. */
  readonly #longest: number;

  constructor(position: Position, reader: Session, end: number) {
    this.#position = position;
    this.#reader = reader;
    this.#end = end;
    this.#reached = position.offset;
    this.#longest = reader.maxMessageSize ?? Infinity;
  }

  /** Examines the next event. @returns false when the answer is full */
  take(event: LoggedEvent): boolean {
    const { offset, publication, withheld } = event;
    const wanted = wasFor(publication, this.#reader, this.#position.former);
    const size = wanted && !withheld ? sizeOf(publication) : undefined;
    if (this.#isFull(size)) {
      this.#more = true;
      return false;
    }
    if (size !== undefined && size + ENVELOPE > this.#longest) {
      this.tooLong = event;
      return false;
    }
    this.looks += 1;
    // A missing offset belongs to an event that the log has dropped; it may have been for this subscriber.
    if (offset !== this.#reached + 1 || (wanted && withheld)) this.#complete = false;
    this.#reached = offset;
    if (size === undefined) return true;
    this.#bytes += size;
    this.events.push(event);
    return true;
  }

  conclude(epoch: Id): Recovery {
    const [more, end] = [this.#more, this.#end];
    const complete = this.#complete && (more || this.#reached === end);
    return { epoch, offset: more ? this.#reached : end, complete, more };
  }

  /** @param size of the event to be added, in bytes; undefined when there is none */
  #isFull(size: number | undefined): boolean {
    if (this.looks >= MOST_LOOKS) return true;
    const count = this.events.length;
    if (size === undefined || count === 0) return false;
    return count >= this.#position.limit || this.#bytes + size > Math.min(MOST_BYTES, this.#longest / 2);
  }
}

/** What an event takes in an answer, in bytes, if the reader has the serializer of the publisher. */
function sizeOf({ payload, topic }: Publication): number {
  return payload.size + topic.length + ENVELOPE;
}

function positionOf(kwargs: Kwargs): Position {
  const epoch = given(kwargs, 'epoch');
  if (epoch !== undefined && !isId(epoch)) throw invalid('epoch: expected the id from an earlier answer');
  const offset = given(kwargs, 'offset');
  if (epoch === undefined && offset !== undefined) throw invalid('offset: requires epoch');
  if (epoch !== undefined && !isOffset(offset)) throw invalid('offset: expected an integer of 0 or more');
  return {
    epoch,
    offset: isOffset(offset) ? offset : 0,
    limit: Math.min(limitFilter(kwargs) ?? MOST_EVENTS, MOST_EVENTS),
    former: sessionsOf(given(kwargs, 'sessions') ?? []),
  };
}

function isOffset(value: unknown): value is number {
  return value === 0 || (isId(value) && Number.isSafeInteger(value));
}

function sessionsOf(value: unknown): readonly Id[] {
  if (!isListOfIds(value)) throw invalid('sessions: expected a list of session ids');
  if (value.length > MOST_SESSIONS) {
    throw invalid(`sessions: expected at most ${MOST_SESSIONS} ids, not ${value.length}`);
  }
  return value;
}

function isListOfIds(value: unknown): value is readonly Id[] {
  return Array.isArray(value) && value.every((item) => isId(item));
}
