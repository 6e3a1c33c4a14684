/** Retained delivery: finds and sends the retained events of a new subscription in slices, as fast as the subscriber reads. */
import type { Uri } from '@wamp/protocol';
import { eventFor } from '../core/broker.ts';
import type { Realm } from '../core/realm.ts';
import type { Session } from '../core/session.ts';
import type { Subscription } from '../core/subscription.ts';
import type { Producer, Worker } from '../core/work.ts';
import type { RetainedEvent } from '../stores/event-store.ts';
import type { Retention } from './retention.ts';

/** After this many turns, a subscriber with a backlog is considered slow. */
const TURNS = 2;

/**
 * Sends a subscriber the retained events of its subscription: as many as this turn has room for, and the rest in later
 * turns. Its further requests wait until all events have been sent.
 */
export function tellRetained(
  realm: Realm,
  retention: Retention,
  session: Session,
  subscription: Subscription,
): void {
  const telling = new Telling(realm, retention, session, subscription);
  if (telling.proceed()) telling.goOn();
}

class Telling implements Worker {
  credit = 0;
  readonly #realm: Realm;
  readonly #retention: Retention;
  readonly #session: Session;
  readonly #subscription: Subscription;
  /** Topics whose newest event for the session is still to be found. */
  readonly #topics: readonly Uri[];
  #nextTopic = 0;
  /** The order of the last event that was sent before the subscription. */
  readonly #last: number;
  readonly #found: RetainedEvent[] = [];
  /** The index of the next event to be sent. */
  #next = 0;
  /** The session whose requests wait for this delivery. */
  #producer: Producer | undefined;

  constructor(realm: Realm, retention: Retention, session: Session, subscription: Subscription) {
    this.#realm = realm;
    this.#retention = retention;
    this.#session = session;
    this.#subscription = subscription;
    this.#topics = retention.topicsOf(subscription);
    this.#last = retention.last;
  }

  proceed(): boolean {
    const { work } = this.#realm.turns;
    while (work.spent < work.limit) {
      work.spent += 1;
      if (this.#isOver || !(this.#find() || this.#send())) {
        this.#producer?.release();
        this.#producer = undefined;
        return false;
      }
      if (this.#session.isBehind !== true) continue;
      this.#hold();
      this.#wait(TURNS);
      return false;
    }
    return true;
  }

  /** Continues in later turns. */
  goOn(): void {
    this.#hold();
    this.#realm.turns.add(this);
  }

  /** Waits until the subscriber has read nearly everything; if its frames are written at once, only a turn or two. */
  #wait(turns: number): void {
    const again = (): void => {
      if (turns > 0 && this.#session.isBehind === true) this.#wait(turns - 1);
      else this.#realm.turns.add(this);
    };
    if (turns === 0) this.#session.whenCaughtUp?.(again);
    else void this.#realm.nextTurn().then(again);
  }

  #hold(): void {
    if (this.#producer !== undefined) return;
    this.#producer = this.#realm.turns.work.producer;
    this.#producer?.hold();
  }

  /** Whether the subscriber has left, or has ended its subscription. */
  get #isOver(): boolean {
    return !this.#subscription.subscribers.has(this.#session);
  }

  /** Finds the event of one topic. @returns false when all topics are done */
  #find(): boolean {
    const topic = this.#topics[this.#nextTopic];
    if (topic === undefined) return false;
    this.#nextTopic += 1;
    const newest = this.#retention.newestFor(topic, this.#session);
    // A newer event that was published meanwhile has been sent as a live event.
    if (newest !== undefined && newest.order <= this.#last) this.#found.push(newest);
    // ORD-1: in order of publication.
    if (this.#nextTopic === this.#topics.length) this.#found.sort((one, other) => one.order - other.order);
    return true;
  }

  /** @returns false when nothing is left to send */
  #send(): boolean {
    const retained = this.#found[this.#next];
    if (retained === undefined) return false;
    this.#next += 1;
    const { publication } = retained;
    // A newer event that was published since this one was found has been sent as a live event, too.
    if (this.#retention.newestFor(publication.topic, this.#session) !== retained) return true;
    const lent = { ...publication, payload: publication.payload.lend() };
    this.#session.send(eventFor(this.#subscription, lent, true));
    return true;
  }
}
