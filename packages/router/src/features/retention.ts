/**
 * Retention: the retained events of a realm; for each topic, the last one for everyone and some for restricted
 * audiences.
 */
import type { Publish, PublishOptions, Uri } from '@wamp/protocol';
import { isWithin } from '../core/broker.ts';
import { eligibility } from '../core/eligibility.ts';
import { weightOf } from '../core/kept.ts';
import type { Publication } from '../core/publication.ts';
import { remember } from '../core/remembered.ts';
import type { Realm } from '../core/realm.ts';
import type { Session } from '../core/session.ts';
import type { Sharing } from '../core/sharing.ts';
import type { Subscription } from '../core/subscription.ts';
import { after, withEvent, SharedRetention } from './shared-retention.ts';
import type { RetainedEvent, RetainedEvents } from '../stores/event-store.ts';

/** How many events for restricted audiences a topic keeps, besides the one for everyone. */
const MOST_RESTRICTED = 10;
/** The interval of the search for expired events (ms), while any can expire. */
const SWEEP = 10_000;

/** What a topic is going to retain. */
interface Upcoming {
  readonly topic: Uri;
  readonly events: readonly RetainedEvent[];
}

/** The retained events of a realm: decides which of them a topic keeps, and which sessions receive them. */
export class Retention {
  readonly #realm: Realm;
  readonly #events: RetainedEvents;
  #order = 0;
  /** The order of the last event that topics retain; events that are being written have a higher one. */
  #last = 0;
  /** What topics will retain after the write, by the publication that causes the change. */
  readonly #upcoming = new Map<Publication, Upcoming>();
  /** The latest such change of each topic. */
  readonly #latest = new Map<Uri, Upcoming>();
  readonly #shared: SharedRetention | undefined;
  /** Whether the search for expired events is scheduled. */
  #sweeping = false;

  /** @param events the store */
  constructor(realm: Realm, events: RetainedEvents) {
    this.#realm = realm;
    this.#events = events;
    this.#shared = realm.sharing && this.#share(realm.sharing);
    if (events.expire(this.#now)) this.#sweep();
  }

  /** Why the event of a PUBLISH cannot be retained at all; undefined when it fits, or is not to be retained. */
  refuses({ options, topic, payload }: Publish): string | undefined {
    if (options.retain !== true || payload.count === 0) return undefined;
    const weight = weightOf(payload, topic, options);
    if (this.#realm.kept.retained.canFit(weight)) return undefined;
    this.#realm.limited.add('retained_events');
    return `retain: the event needs ${weight} bytes, which is more than the room for retained events`;
  }

  /** Applies a publication that was sent, and that sets or deletes retained events. */
  add(publication: Publication): void {
    const upcoming = this.#upcoming.get(publication);
    if (upcoming !== undefined) this.takeBack(publication);
    this.#set(publication.topic, upcoming?.events ?? this.#with(publication));
  }

  /**
   * Writes what a topic retains once a publication has been sent.
   * @throws what the store does
   */
  write(publication: Publication): readonly Promise<void>[] {
    const { topic, options } = publication;
    const { write } = this.#events;
    if (options.retain !== true || write === undefined) return [];
    const upcoming = { topic, events: this.#with(publication) };
    const written = write(topic, upcoming.events);
    this.#upcoming.set(publication, upcoming);
    this.#latest.set(topic, upcoming);
    return [written];
  }

  /** Forgets the pending change of a publication, because it has been sent, or could not be written. */
  takeBack(publication: Publication): void {
    const upcoming = this.#upcoming.get(publication);
    if (upcoming === undefined) return;
    this.#upcoming.delete(publication);
    if (this.#latest.get(upcoming.topic) === upcoming) this.#latest.delete(upcoming.topic);
  }

  /** What the topic of a publication retains with it; nothing when it has no payload. */
  #with(publication: Publication): readonly RetainedEvent[] {
    if (this.#shared !== undefined) return this.#merged(this.#shared, publication);
    const { topic, options, payload } = publication;
    if (payload.count === 0) return [];
    const newest = this.#newest(publication, lifetime(options, this.#realm.stores.retainedExpiry));
    const restricted = newest.publication.audience !== undefined;
    const before = this.#latest.get(topic)?.events ?? this.#events.latest(topic);
    return [newest, ...(restricted ? besideRestricted(before) : [])];
  }

  #newest(publication: Publication, left: number): RetainedEvent {
    return { ...remember(publication), order: (this.#order += 1), expires: this.#now + left };
  }

  /** What the topic of a publication retains with it, in a realm that several nodes share. @param left how long (ms) */
  #merged(
    shared: SharedRetention,
    publication: Publication,
    left: number = lifetime(publication.options, this.#realm.stores.retainedExpiry),
  ): readonly RetainedEvent[] {
    const { topic, payload } = publication;
    const stamp = shared.stampOf(publication, this.#realm.clock.now());
    const before = this.#events.latest(topic);
    if (payload.count > 0)
      return withEvent(
        before,
        { ...this.#newest(publication, left), stamp },
        shared.deletion(topic),
        MOST_RESTRICTED,
      );
    shared.delete(topic, stamp);
    return after(before, stamp);
  }

  #set(topic: Uri, events: readonly RetainedEvent[]): void {
    this.#events.set(topic, events);
    this.#last = this.#shared === undefined ? (events[0]?.order ?? this.#last) : this.#order;
    if (events.some(({ expires }) => expires < Infinity)) this.#sweep();
  }

  #share(sharing: Sharing): SharedRetention {
    const shared: SharedRetention = new SharedRetention(sharing, {
      topics: () => this.#events.matching('prefix', ''),
      latest: (topic) => this.#events.latest(topic),
      merge: (publication, left) => {
        this.#set(publication.topic, this.#merged(shared, publication, left));
      },
      now: () => this.#now,
    });
    return shared;
  }

  /** The topics of a subscription that may retain events. */
  topicsOf(subscription: Subscription): readonly Uri[] {
    const topics: Uri[] = [];
    let looks = 0;
    for (const topic of this.#events.matching(subscription.match, subscription.topic)) {
      looks += 1;
      if (topic !== undefined && isWithin(subscription, topic)) topics.push(topic);
    }
    this.#realm.turns.work.spent += looks >> 2;
    return topics;
  }

  /** The order of the last event that was sent: those of a higher order will be sent from now on. */
  get last(): number {
    return this.#last;
  }

  /** RET-4: the newest event of a topic that the session would have received when it was published. */
  newestFor(topic: Uri, session: Session): RetainedEvent | undefined {
    const now = this.#now;
    return this.#events
      .latest(topic)
      .find(({ publication, expires }) => now < expires && (eligibility(publication)?.(session) ?? true));
  }

  get #now(): number {
    return this.#realm.clock.elapsed();
  }

  /** Searches for expired events at intervals, with one timer, until none is left that can expire. */
  #sweep(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#realm.clock.after(SWEEP, () => {
      this.#sweeping = false;
      if (this.#events.expire(this.#now)) this.#sweep();
    });
  }
}

/** For how long an event may be delivered (ms). */
function lifetime({ x_expires, expires }: PublishOptions, fallback: number): number {
  return x_expires ?? expires ?? (fallback === 0 ? Infinity : fallback);
}

/** An event for everyone replaces all older ones; an event for a restricted audience is added to them (T-21). */
function besideRestricted(before: readonly RetainedEvent[]): readonly RetainedEvent[] {
  const forAll = before.filter(({ publication }) => publication.audience === undefined);
  const restricted = before.filter(({ publication }) => publication.audience !== undefined);
  return [...restricted.slice(0, MOST_RESTRICTED - 1), ...forAll];
}
