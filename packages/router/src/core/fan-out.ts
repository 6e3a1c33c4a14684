/** Fan-out: sends publications with more receivers than a turn has room for, in slices. */
import type { Event } from '@wamp/protocol';
import { Fifo } from './fifo.ts';
import type { Eligible, Publication, Publisher } from './publication.ts';
import type { Session } from './session.ts';
import type { EventOrigin, Recorder, Subscription, SubscriptionState } from './subscription.ts';
import type { Producer, Turns, Work, Worker } from './work.ts';

/** The delivery of one publication to the subscribers of all matching subscriptions. */
export class Delivery {
  readonly publication: Publication;
  readonly matched: readonly SubscriptionState[];
  readonly #eligible: Eligible | undefined;
  readonly #eventFor: (subscription: Subscription, publication: Publication) => Event;
  /** The index of the subscription that follows when all `#receivers` have been served. */
  #next = 0;
  #receivers: SetIterator<Session> | undefined;
  #event: Event | undefined;
  /** The recorder of the current subscription. */
  #recorder: Recorder | undefined;

  constructor(
    publication: Publication,
    matched: readonly SubscriptionState[],
    eligible: Eligible | undefined,
    eventFor: (subscription: Subscription, publication: Publication) => Event,
  ) {
    this.publication = publication;
    this.matched = matched;
    this.#eligible = eligible;
    this.#eventFor = eventFor;
  }

  /**
   * Sends events until all receivers have been served, the work of the turn is used up, or the recorder of a subscription is
   * busy with another event.
   * @returns true when all receivers have been served
   */
  send(work: Work): boolean {
    for (;;) {
      if (this.#receivers === undefined) {
        const subscription = this.matched[this.#next];
        if (subscription === undefined) return true;
        if (subscription.recorder?.isBusy(this.publication) === true) return false;
        this.#open(subscription);
      }
      if (!this.#sendEvent(work)) return false;
      this.#close();
    }
  }

  #open(subscription: SubscriptionState): void {
    const { recorder } = subscription;
    subscription.publications += 1;
    this.#next += 1;
    const event = this.#eventFor(subscription, this.publication);
    this.#event =
      recorder === undefined ? event : numbered(event, recorder.record(this.publication), recorder.origin);
    this.#receivers = subscription.subscribers.values();
    this.#recorder = recorder;
  }

  #close(): void {
    this.#receivers = undefined;
    this.#recorder?.sent();
    this.#recorder = undefined;
  }

  #sendEvent(work: Work): boolean {
    const receivers = this.#receivers;
    const event = this.#event;
    if (receivers === undefined || event === undefined) return true;
    if (work.spent >= work.limit) return false;
    const eligible = this.#eligible;
    // When the loop is left, the iterator continues after the last session that was served.
    for (const session of receivers) {
      work.spent += 1;
      if (eligible === undefined || eligible(session)) session.send(event);
      if (work.spent >= work.limit) return false;
    }
    return true;
  }
}

/** Adds the offset in the log to an event, and where it was published if the log is one of several nodes. */
function numbered(event: Event, offset: number, origin: EventOrigin | undefined): Event {
  if (origin !== undefined)
    return { ...event, details: { ...event.details, x_offset: offset, x_origin: origin } };
  return { ...event, details: { ...event.details, x_offset: offset } };
}

/** The parts of the broker that the fan-out uses. */
export interface FanOutBroker {
  /** Begins the delivery of a publication that had to wait. */
  begin(publication: Publication): Delivery;
  /** Called when all receivers have been served. */
  finish(delivery: Delivery): void;
  /** Called when a publication of the router itself is dropped because too many wait. */
  dropped(publication: Publication): void;
}

/** The maximum number of waiting publications of the router itself. */
const MOST_OWN_PUBLICATIONS = 1000;

/**
 * Unfinished deliveries, in a lane for each publisher: its publications stay in order, and publishers take turns. A
 * publisher is held meanwhile, so that only publications wait that it had sent before.
 */
export class FanOut {
  readonly #turns: Turns;
  readonly #broker: FanOutBroker;
  /** The lanes by publisher; undefined for the router itself. */
  readonly #lanes = new Map<Publisher | undefined, PublisherLane>();

  constructor(turns: Turns, broker: FanOutBroker) {
    this.#turns = turns;
    this.#broker = broker;
  }

  /** The number of publishers with unfinished deliveries. */
  get size(): number {
    return this.#lanes.size;
  }

  /** Queues a publication behind earlier ones of its publisher. @returns false when there are none */
  joins(publication: Publication): boolean {
    const lane = this.#lanes.get(publication.publisher);
    if (lane === undefined) return false;
    if (publication.publisher === undefined && lane.size >= MOST_OWN_PUBLICATIONS) {
      this.#broker.dropped(publication);
    } else lane.push(publication);
    return true;
  }

  /** Continues a delivery in later turns. */
  park(delivery: Delivery): void {
    const { publisher, payload } = delivery.publication;
    payload.keep();
    const { work } = this.#turns;
    const lane = new PublisherLane(work, this.#broker, delivery, () => {
      this.#lanes.delete(publisher);
    });
    this.#lanes.set(publisher, lane);
    this.#turns.add(lane);
  }
}

class PublisherLane implements Worker {
  readonly single = true;
  credit = 0;
  readonly #work: Work;
  readonly #broker: FanOutBroker;
  readonly #empty: () => void;
  readonly #producer: Producer | undefined;
  #current: Delivery | undefined;
  readonly #waiting = new Fifo<Publication>();

  /** @param empty called once, when the lane is empty */
  constructor(work: Work, broker: FanOutBroker, first: Delivery, empty: () => void) {
    this.#work = work;
    this.#broker = broker;
    this.#current = first;
    this.#empty = empty;
    this.#producer = work.producer;
    this.#producer?.hold();
  }

  /** The number of publications that wait behind the current one. */
  get size(): number {
    return this.#waiting.size;
  }

  push(publication: Publication): void {
    publication.payload.keep();
    this.#waiting.push(publication);
  }

  proceed(): boolean {
    const work = this.#work;
    work.producer = this.#producer;
    const more = this.#send();
    work.producer = undefined;
    if (more) return true;
    this.#empty();
    this.#producer?.release();
    return false;
  }

  /** @returns true when publications are left */
  #send(): boolean {
    for (;;) {
      this.#current ??= this.#begin();
      if (this.#current === undefined) return false;
      if (!this.#current.send(this.#work)) return true;
      const through = this.#current;
      this.#current = undefined;
      this.#broker.finish(through);
    }
  }

  #begin(): Delivery | undefined {
    const publication = this.#waiting.shift();
    return publication && this.#broker.begin(publication);
  }
}
