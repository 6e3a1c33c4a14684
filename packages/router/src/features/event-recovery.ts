/**
 * Event recovery: returns to a reconnected subscriber exactly the events that it missed, or reports that it cannot
 * (`x_event_recovery`).
 */
import { ApplicationError, ErrorUri, Payload, type Dict, type Id } from '@wamp/protocol';
import { wasFor } from '../core/eligibility.ts';
import type { MetaCall } from '../core/meta-session.ts';
import type { Publication } from '../core/publication.ts';
import type { Realm } from '../core/realm.ts';
import type { Session } from '../core/session.ts';
import type { Subscription } from '../core/subscription.ts';
import type { LoggedEvent } from '../stores/event-store.ts';
import { taking } from './arguments.ts';
import type { EventsOfSubscription } from './recorded-log.ts';
import { positionOf, type Position } from './recovery-position.ts';
import type { SharedHistory } from './shared-history.ts';
import { SharedLog } from './shared-log.ts';
import { find } from './subscription-meta.ts';
import { toldEvents } from './told-events.ts';

/** The payload (bytes) at which an answer ends, so that it fits into a message; it contains at least one event. */
const MOST_BYTES = 256 * 1024;
/** What an event and an answer take in a message beside arguments and topic, in bytes: an estimate. */
const ENVELOPE = 256;
/** The most events of the log that one answer examines. */
const MOST_LOOKS = 10_000;

/** The result apart from the events. */
interface Recovery extends Dict {
  readonly epoch: Id;
  /** The position of the subscriber after the events of this answer. */
  readonly offset: number;
  /** False when it may have missed an event that is no longer available. */
  readonly complete: boolean;
  /** True when the log continues after `offset`: the subscriber asks again from there. */
  readonly more: boolean;
  /** True when the position was one in the log of another node, and the events are those that were not seen there. */
  readonly moved?: true;
  /** What a subscriber with this position has of each node. */
  readonly seen?: Dict;
}

/** Serves `wamp.subscription.recover`. @param shared for the logs that the nodes of a cluster keep together */
export function installRecovery(
  realm: Realm,
  logs: ReadonlyMap<Subscription, EventsOfSubscription>,
  shared: SharedHistory | undefined,
): void {
  const parameters = { places: ['subscription_id'], names: ['epoch', 'offset', 'limit', 'sessions', 'seen'] };
  realm.procedure(
    'wamp.subscription.recover',
    taking(parameters, (call) => recover(realm, logs, shared, call)),
  );
}

/**
 * Only a subscriber may ask, because it has been authorized to subscribe. Without an epoch, it gets the current
 * position of the log.
 */
function recover(
  realm: Realm,
  logs: ReadonlyMap<Subscription, EventsOfSubscription>,
  shared: SharedHistory | undefined,
  { args, kwargs, caller }: MetaCall,
): Payload | Promise<Payload> {
  const subscription = find(realm, args[0]);
  const position = positionOf(kwargs);
  if (!subscription.subscribers.has(caller)) throw new ApplicationError(ErrorUri.NO_SUCH_SUBSCRIPTION);
  const log = logs.get(subscription);
  if (log === undefined) return Payload.of([], { complete: false, more: false });
  const reader = { realm, subscription, caller, position };
  if (shared !== undefined && log instanceof SharedLog) return recoverShared(reader, log, shared);
  const { epoch } = log.events;
  // An event that is being sent is still to come to some subscribers.
  const here = { epoch, offset: log.served, more: false };
  if (position.epoch === undefined) return Payload.of([], { ...here, complete: true });
  if (position.epoch !== epoch || position.offset > log.offset) {
    return Payload.of([], { ...here, complete: false });
  }
  return read(reader, log, new Missed(position, caller, log.offset));
}

/** Who asks for which events. */
interface Reader {
  readonly realm: Realm;
  readonly subscription: Subscription;
  readonly caller: Session;
  readonly position: Position;
}

/** The same with a log that several nodes keep together: the position may be one of another node. */
function recoverShared(reader: Reader, log: SharedLog, shared: SharedHistory): Payload | Promise<Payload> {
  const { position, subscription, caller } = reader;
  const { epoch } = log.events;
  const { seen } = position;
  const here = { epoch, offset: log.served, more: false, seen: shared.servedAt(log) };
  if (position.epoch === undefined) return Payload.of([], { ...here, complete: true });
  const isMoved = position.epoch !== epoch;
  if ((isMoved && seen === undefined) || (!isMoved && position.offset > log.offset))
    return Payload.of([], { ...here, complete: false });
  const begin = (isCovered: boolean): Payload | Promise<Payload> => {
    if (!subscription.subscribers.has(caller)) throw new ApplicationError(ErrorUri.NO_SUCH_SUBSCRIPTION);
    const known: Known = {
      seen: shared.seenAt(log, seen),
      has: (from) => seen !== undefined && shared.hasSeen(from, seen),
    };
    const missed = isMoved
      ? new MovedMissed(
          position,
          caller,
          log.offset,
          known,
          () => isCovered && shared.covers(log, seen ?? {}),
        )
      : new Missed(position, caller, log.offset, known);
    return read(reader, log, missed);
  };
  if (!isMoved || seen === undefined) return begin(true);
  const arrived = shared.arrived(log, position.epoch);
  return arrived instanceof Promise ? arrived.then(begin) : begin(arrived);
}

function read(
  { realm, subscription }: Reader,
  log: EventsOfSubscription,
  missed: Missed,
): Payload | Promise<Payload> {
  const { epoch } = log.events;
  const range = {
    after: missed.after,
    upTo: missed.end,
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
  const told = toldEvents(realm, missed.events, subscription, numbersOf);
  if (told instanceof Promise) return told.then((events) => Payload.of(events, recovery));
  return Payload.of(told, recovery);
}

function numbersOf({ offset, from }: LoggedEvent): Dict {
  return from === undefined ? { x_offset: offset } : { x_offset: offset, x_origin: from };
}

/** The error for an event that fits into no message of its subscriber; it says where the subscriber goes on. */
function cannotFit({ offset, publication }: LoggedEvent, epoch: Id): ApplicationError {
  const why =
    `the event with x_offset ${offset} has ${publication.payload.size} bytes, too many for a message to this client: ` +
    'load the state that it has changed, and ask again with its offset';
  return new ApplicationError(ErrorUri.PAYLOAD_SIZE_EXCEEDED, [why], { epoch, offset });
}

/** What a subscriber has of the nodes of a cluster. */
interface Known {
  /** What it has of each once it has all events up to the end of the log. */
  readonly seen: Dict;
  /** Whether it has an event, by where it was published. */
  readonly has: (from: NonNullable<LoggedEvent['from']>) => boolean;
}

/** Reads a log from the position of a subscriber until the answer is full. */
class Missed {
  readonly events: LoggedEvent[] = [];
  /** How many events have been examined. */
  looks = 0;
  /** The next event, when it fits into no answer. */
  tooLong: LoggedEvent | undefined;
  /** The offset of the last event of the log. */
  readonly end: number;
  readonly #position: Position;
  readonly #reader: Session;
  /** The offset of the last event examined. */
  #reached: number;
  #complete = true;
  #more = false;
  #bytes = 0;
  /** The longest message that the reader takes. */
  readonly #longest: number;
  readonly #known: Known | undefined;

  /** @param known in a realm that several nodes share */
  constructor(position: Position, reader: Session, end: number, known?: Known) {
    this.#position = position;
    this.#reader = reader;
    this.end = end;
    this.#reached = position.offset;
    this.#longest = reader.maxMessageSize ?? Infinity;
    this.#known = known;
  }

  /** The offset after which the log is read. */
  get after(): number {
    return this.#position.offset;
  }

  /** Examines the next event. @returns false when the answer is full */
  take(event: LoggedEvent): boolean {
    const { offset, publication, withheld } = event;
    const isKnown = event.from !== undefined && this.#known?.has(event.from) === true;
    const wanted = !isKnown && wasFor(publication, this.#reader, this.#position.former);
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
    if (this.isHole(this.#reached, offset) || (wanted && withheld)) this.#complete = false;
    this.#reached = offset;
    if (size === undefined) return true;
    this.#bytes += size;
    this.events.push(event);
    return true;
  }

  conclude(epoch: Id): Recovery {
    const [more, end] = [this.#more, this.end];
    const complete = this.#complete && this.isWhole(more || this.#reached === end);
    const position = { epoch, offset: more ? this.#reached : end, complete, more };
    return more || this.#known === undefined ? position : { ...position, seen: this.#known.seen };
  }

  /** A missing offset belongs to an event that the log has dropped; it may have been for this subscriber. */
  protected isHole(before: number, offset: number): boolean {
    return offset !== before + 1;
  }

  /** @param isToEnd whether all offsets up to the end have been examined, or the answer is full */
  protected isWhole(isToEnd: boolean): boolean {
    return isToEnd;
  }

  /** @param size of the event to be added, in bytes; undefined when there is none */
  #isFull(size: number | undefined): boolean {
    if (this.looks >= MOST_LOOKS) return true;
    const count = this.events.length;
    if (size === undefined || count === 0) return false;
    return count >= this.#position.limit || this.#bytes + size > Math.min(MOST_BYTES, this.#longest / 2);
  }
}

/**
 * Reads a log from its beginning for a subscriber that was at another node. Which events are missing there follows from their numbers,
 * and not from the offsets.
 */
class MovedMissed extends Missed {
  readonly #isCovered: () => boolean;

  /** @param isCovered whether the log has all events that were not seen; it is asked when the log was read */
  constructor(position: Position, reader: Session, end: number, known: Known, isCovered: () => boolean) {
    super({ ...position, offset: 0 }, reader, end, known);
    this.#isCovered = isCovered;
  }

  override conclude(epoch: Id): Recovery {
    return { ...super.conclude(epoch), moved: true };
  }

  protected override isHole(): boolean {
    return false;
  }

  protected override isWhole(): boolean {
    return this.#isCovered();
  }
}

/** What an event takes in an answer, in bytes, if the reader has the serializer of the publisher. */
function sizeOf({ payload, topic }: Publication): number {
  return payload.size + topic.length + ENVELOPE;
}
