/** Recorded log: assigns offsets to the events of one subscription, and appends them to a store. */
import { Payload } from '@wamp/protocol';
import type { Publication } from '../core/publication.ts';
import type { Realm } from '../core/realm.ts';
import { remember } from '../core/remembered.ts';
import type { Recorder } from '../core/subscription.ts';
import type { EventLog, LoggedEvent } from '../stores/event-store.ts';

/** The events of a subscription, as those read them who ask for past ones. */
export interface EventsOfSubscription {
  /** The log in the store. */
  readonly events: EventLog;
  /** The offset of the last event that was sent; 0 when there was none. */
  readonly offset: number;
  /** The same, without an event that is still being sent to subscribers. */
  readonly served: number;
}

/** A publication that has an offset, and has not been sent yet. */
interface Ahead {
  readonly publication: Publication;
  readonly offset: number;
  /** True when it will not be sent. */
  isDropped: boolean;
}

export class RecordedLog implements Recorder, EventsOfSubscription {
  /** The log in the store. */
  readonly events: EventLog;
  readonly #realm: Realm;
  /** True while an event is being sent to the subscribers. */
  #isSending = false;
  /** The offset of the last event; 0 when there was none. */
  #offset: number;
  /** Publications that were written first, in the order of their offsets; those before `#next` have been sent. */
  #ahead: Ahead[] = [];
  #next = 0;

  constructor(realm: Realm, events: EventLog) {
    this.#realm = realm;
    this.events = events;
    this.#offset = events.offset;
  }

  /** The offset of the last event that was sent; 0 when there was none. */
  get offset(): number {
    return this.#offset;
  }

  get served(): number {
    return this.#isSending ? this.#offset - 1 : this.#offset;
  }

  isBusy(publication: Publication): boolean {
    const next = this.#ahead[this.#next];
    return this.#isSending || (next !== undefined && next.publication !== publication);
  }

  record(publication: Publication): number {
    this.#isSending = true;
    const next = this.#ahead[this.#next];
    if (next !== undefined) {
      this.#pass(next);
      return next.offset;
    }
    this.#offset += 1;
    try {
      const written = this.events.append(loggedEvent(this.#realm, publication, this.#offset));
      if (written instanceof Promise) written.catch((error: unknown) => this.#realm.failed.emit(error));
    } catch (error) {
      this.#realm.failed.emit(error);
    }
    return this.#offset;
  }

  sent(): void {
    this.#isSending = false;
    this.#passDropped();
  }

  /**
   * Assigns an offset to a publication and writes it; the publication is recorded with that offset when it is sent.
   * @throws errors of the store
   */
  write(publication: Publication): Promise<void> {
    const offset = (this.#ahead.at(-1)?.offset ?? this.#offset) + 1;
    const written = this.events.append(loggedEvent(this.#realm, publication, offset));
    this.#ahead.push({ publication, offset, isDropped: false });
    return written ?? WRITTEN;
  }

  /** A publication that has been written will not be sent: subscribers get it only when they ask for missed events. */
  drop(publication: Publication): void {
    const dropped = this.#ahead.find((each) => each.publication === publication);
    if (dropped === undefined) return;
    dropped.isDropped = true;
    if (!this.#isSending) this.#passDropped();
  }

  /** Takes back the offset of a publication that could not be written. Writes of later offsets fail as well. */
  takeBack(publication: Publication): void {
    const index = this.#ahead.findIndex((each) => each.publication === publication);
    if (index >= this.#next) this.#ahead.splice(index, 1);
    this.#trim();
  }

  #passDropped(): void {
    for (let next = this.#ahead[this.#next]; next?.isDropped === true; next = this.#ahead[this.#next])
      this.#pass(next);
  }

  #pass({ offset }: Ahead): void {
    this.#offset = offset;
    this.#next += 1;
    this.#trim();
  }

  #trim(): void {
    if (this.#next === this.#ahead.length) [this.#ahead, this.#next] = [[], 0];
  }
}

/** The event of a publication in a log, as the store keeps it. */
export function loggedEvent(realm: Realm, publication: Publication, offset: number): LoggedEvent {
  const withheld = namesSessions(publication);
  const kept = remember(withheld ? { ...publication, payload: Payload.none } : publication);
  // Lent, so that its transcoded forms for other serializers are stored with the publication, and not in the log.
  const payload = kept.publication.payload.lend();
  return {
    offset,
    time: realm.clock.now(),
    withheld,
    weight: kept.weight,
    publication: { ...kept.publication, payload },
  };
}

const WRITTEN = Promise.resolve();

/** HIST-7: an event for certain sessions only is not for any later reader. */
function namesSessions({ options }: Publication): boolean {
  return options.eligible !== undefined || options.exclude !== undefined;
}
