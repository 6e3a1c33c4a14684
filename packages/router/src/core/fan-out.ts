/** Fan-out: publications that reach more receivers than a turn has room for, sent on in slices. */
import type { Event } from '@wamp/protocol';
import { Fifo } from './fifo.ts';
import type { Eligible, Publication, Publisher } from './publication.ts';
import type { Session } from './session.ts';
import type { Recorder, Subscription, SubscriptionState } from './subscription.ts';
import type { Producer, Turns, Work, Worker } from './work.ts';

/** One publication on its way to the subscribers of all subscriptions that it matches. */
export class Delivery {
  readonly publication: Publication;
  readonly matched: readonly SubscriptionState[];
  readonly #eligible: Eligible | undefined;
  readonly #eventFor: (subscription: Subscription, publication: Publication) => Event;
  /** The subscription that is next, once `#receivers` are through. */
  #next = 0;
  #receivers: SetIterator<Session> | undefined;
  #event: Event | undefined;
  /** That of the subscription whose receivers these are. */
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
   * Sends until all have it, the turn's work is done, or a subscription that records its events is busy with another.
   * @returns true when all have it
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
    this.#event = recorder === undefined ? event : numbered(event, recorder.record(this.publication));
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
    // When the loop breaks off, the iterator stands behind the last session taken.
    for (const session of receivers) {
      work.spent += 1;
      if (eligible === undefined || eligible(session)) session.send(event);
      if (work.spent >= work.limit) return false;
    }
    return true;
  }
}

/** An event of a log, with its place in it. */
function numbered(event: Event, offset: number): Event {
  return { ...event, details: { ...event.details, x_offset: offset } };
}

/** What a fan-out needs of the broker. */
export interface FanOutBroker {
  /** Begins the delivery of a publication that has waited. */
  begin(publication: Publication): Delivery;
  /** All receivers have been sent their events. */
  finish(delivery: Delivery): void;
  /** A publication of the router's own is dropped, for too many wait. */
  dropped(publication: Publication): void;
}

/** How many publications of the router's own may wait. */
const MOST_OWN_PUBLICATIONS = 1000;

/**
 * Deliveries that are not through, a lane for each publisher: its publications stay in order, and publishers take turns.
 * A publisher is held meanwhile, so that no more than what it sent in one go waits.
 */
export class FanOut {
  readonly #turns: Turns;
  readonly #broker: FanOutBroker;
  /** By publisher; undefined for the router itself. */
  readonly #lanes = new Map<Publisher | undefined, PublisherLane>();

  constructor(turns: Turns, broker: FanOutBroker) {
    this.#turns = turns;
    this.#broker = broker;
  }

  /** How many publishers have deliveries that are not through. */
  get size(): number {
    return this.#lanes.size;
  }

  /** Has a publication wait behind earlier ones of its publisher. @returns false when there are none */
  joins(publication: Publication): boolean {
    const lane = this.#lanes.get(publication.publisher);
    if (lane === undefined) return false;
    if (publication.publisher === undefined && lane.size >= MOST_OWN_PUBLICATIONS) {
      this.#broker.dropped(publication);
    } else lane.push(publication);
    return true;
  }

  /** Goes on with a delivery in the turns to come. */
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

  /** @param empty called once, when nothing is left */
  constructor(work: Work, broker: FanOutBroker, first: Delivery, empty: () => void) {
    this.#work = work;
    this.#broker = broker;
    this.#current = first;
    this.#empty = empty;
    this.#producer = work.producer;
    this.#producer?.hold();
  }

  /** How many publications wait behind the current one. */
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

  /** @returns whether something is left */
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
