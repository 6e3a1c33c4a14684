/** Shared log: the log of one subscription at one of several nodes, which also knows where each event was published. */
import type { Publication } from '../core/publication.ts';
import type { Realm } from '../core/realm.ts';
import type { EventOrigin, Recorder } from '../core/subscription.ts';
import type { EventLog } from '../stores/event-store.ts';
import { loggedEvent, type EventsOfSubscription } from './recorded-log.ts';

/** What a log knows of the events that were published at one run of a node. */
export interface LogCounter {
  /** The number of the last event that this node has numbered or received, or of which it was told. */
  last: number;
  /** The number of the last event that was sent to the subscribers here, or that never will be. */
  sent: number;
  /** All events above this number, up to `last`, are in the log, or are about to be. */
  floor: number;
  /** How many events are expected and not sent. */
  pending: number;
}

export function newCounter(): LogCounter {
  return { last: 0, sent: 0, floor: 0, pending: 0 };
}

/** A publication that is recorded when it is sent, after those before it. */
interface Ahead {
  readonly publication: Publication;
  /** Undefined for one that has no number. */
  readonly from: readonly [run: string, number: number] | undefined;
  readonly counter: LogCounter | undefined;
}

/**
 * Publications are expected in the order of their numbers, and recorded in this order: so a subscriber that has an event of a node has,
 * or was not to get, all earlier ones of this node.
 */
export class SharedLog implements Recorder, EventsOfSubscription {
  /** The log in the store. */
  readonly events: EventLog;
  readonly index: number;
  readonly #realm: Realm;
  #offset: number;
  #isSending = false;
  /** The publication that was recorded last. */
  #current: Ahead | undefined;
  #ahead: Ahead[] = [];
  #next = 0;
  #origin: EventOrigin | undefined;
  /** True after a gap, until an event for all subscribers has told it. */
  #isAfterGap = false;

  /** @param index its place among the logs of the realm */
  constructor(realm: Realm, events: EventLog, index: number) {
    this.#realm = realm;
    this.events = events;
    this.index = index;
    this.#offset = events.offset;
  }

  /** The offset of the last event that was sent; 0 when there was none. */
  get offset(): number {
    return this.#offset;
  }

  get served(): number {
    return this.#isSending ? this.#offset - 1 : this.#offset;
  }

  /** The number of the last event of a run that all subscribers here have been sent. */
  servedOf(counter: LogCounter): number {
    const { from, counter: own } = (this.#isSending ? this.#current : undefined) ?? {};
    return from !== undefined && own === counter ? from[1] - 1 : counter.sent;
  }

  get origin(): EventOrigin | undefined {
    return this.#origin;
  }

  isBusy(publication: Publication): boolean {
    const next = this.#ahead[this.#next];
    return this.#isSending || (next !== undefined && next.publication !== publication);
  }

  /** Takes the place of a publication in the log, before it is sent. */
  expect(publication: Publication, from: Ahead['from'], counter: LogCounter | undefined): void {
    if (counter !== undefined) counter.pending += 1;
    this.#ahead.push({ publication, from, counter });
  }

  /** A publication that was expected will not be sent. */
  forget(publication: Publication): void {
    const index = this.#ahead.findIndex((each) => each.publication === publication);
    if (index < this.#next) return;
    const [gone] = this.#ahead.splice(index, 1);
    if (gone?.from !== undefined && gone.counter !== undefined) {
      const [, number] = gone.from;
      gone.counter.floor = Math.max(gone.counter.floor, number);
      arrived(gone.counter, number);
      this.skip();
    }
    this.#trim();
  }

  /** Takes an offset for events that this node has missed, so that nobody takes the log for complete. */
  skip(): void {
    this.#offset += 1;
    this.#isAfterGap = true;
  }

  record(publication: Publication): number {
    this.#isSending = true;
    const next = this.#ahead[this.#next];
    this.#next += 1;
    this.#trim();
    const from = next?.from;
    this.#current = next;
    if (from !== undefined && next?.counter !== undefined) arrived(next.counter, from[1]);
    this.#offset += 1;
    const event = loggedEvent(this.#realm, publication, this.#offset);
    this.#origin = from && (this.#isAfterGap ? [...from, 1] : from);
    if (from !== undefined && event.publication.audience === undefined) this.#isAfterGap = false;
    try {
      const written = this.events.append(from === undefined ? event : { ...event, from });
      if (written instanceof Promise) written.catch((error: unknown) => this.#failed(error, next));
    } catch (error) {
      this.#failed(error, next);
    }
    return this.#offset;
  }

  sent(): void {
    this.#isSending = false;
  }

  #failed(error: unknown, ahead: Ahead | undefined): void {
    if (ahead?.from !== undefined && ahead.counter !== undefined)
      ahead.counter.floor = Math.max(ahead.counter.floor, ahead.from[1]);
    this.#realm.failed.emit(error);
  }

  #trim(): void {
    if (this.#next === this.#ahead.length) [this.#ahead, this.#next] = [[], 0];
    else if (this.#next >= MOST_GONE) {
      this.#ahead = this.#ahead.slice(this.#next);
      this.#next = 0;
    }
  }
}

/** An event that was expected has been sent, or will not be; those that will never come may follow it. */
function arrived(counter: LogCounter, number: number): void {
  counter.pending -= 1;
  counter.sent = counter.pending === 0 ? counter.last : number;
}

/** After this many recorded publications, the list is compacted. */
const MOST_GONE = 1024;
