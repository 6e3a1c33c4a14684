/** Retention: the retained events of a realm, of each topic the last for all and some for a restricted audience. */
import type { Publish, PublishOptions, Uri } from '@wamp/protocol';
import { isWithin } from '../core/broker.ts';
import { eligibility } from '../core/eligibility.ts';
import { weightOf } from '../core/kept.ts';
import type { Publication } from '../core/publication.ts';
import { remember } from '../core/remembered.ts';
import type { Realm } from '../core/realm.ts';
import type { Session } from '../core/session.ts';
import type { Subscription } from '../core/subscription.ts';
import type { RetainedEvent, RetainedEvents } from '../stores/event-store.ts';

/** How many events for a restricted audience a topic keeps beside the one for all. */
const MOST_RESTRICTED = 10;
/** How often events that have expired are looked for (ms), while there are any that can expire. */
const SWEEP = 10_000;

/** The retained events of a realm: which of them a topic keeps, and who gets them. */
export class Retention {
  readonly #realm: Realm;
  readonly #events: RetainedEvents;
  #order = 0;
  /** Whether expired events are looked for. */
  #sweeping = false;

  /** @param events where they are kept */
  constructor(realm: Realm, events: RetainedEvents) {
    this.#realm = realm;
    this.#events = events;
  }

  /** Why nobody could retain what a PUBLISH brings; undefined when it fits, or is not to be retained. */
  refuses({ options, topic, payload }: Publish): string | undefined {
    if (options.retain !== true || payload.count === 0) return undefined;
    const weight = weightOf(payload, topic, options);
    if (this.#realm.kept.retained.canFit(weight)) return undefined;
    this.#realm.limited.add('retained_events');
    return `retain: ${weight} bytes are more than there is room for`;
  }

  add(publication: Publication): void {
    const { topic, options } = publication;
    const newest: RetainedEvent = {
      ...remember(publication),
      order: (this.#order += 1),
      expires: this.#now + lifetime(options, this.#realm.stores.retainedExpiry),
    };
    const restricted = newest.publication.audience !== undefined;
    const others = restricted ? besideRestricted(this.#events.latest(topic)) : [];
    this.#events.set(topic, [newest, ...others]);
    if (newest.expires < Infinity) this.#sweep();
  }

  delete(topic: Uri): void {
    this.#events.set(topic, []);
  }

  /** What is retained of all topics of a subscription for a session, in the order of publishing (ORD-1). */
  find(subscription: Subscription, session: Session): readonly RetainedEvent[] {
    const found: RetainedEvent[] = [];
    let looks = 0;
    for (const topic of this.#events.matching(subscription.match, subscription.topic)) {
      looks += 1;
      if (topic === undefined || !isWithin(subscription, topic)) continue;
      const newest = this.newestFor(topic, session);
      if (newest !== undefined) found.push(newest);
    }
    this.#realm.turns.work.spent += looks >> 2;
    return found.sort((one, other) => one.order - other.order);
  }

  /** RET-4: the newest of a topic that the session would have got at publish time. */
  newestFor(topic: Uri, session: Session): RetainedEvent | undefined {
    const now = this.#now;
    return this.#events
      .latest(topic)
      .find(({ publication, expires }) => now < expires && (eligibility(publication)?.(session) ?? true));
  }

  get #now(): number {
    return this.#realm.clock.elapsed();
  }

  /** Looks for expired events from now on, until there are none that can expire: one timer, however many there are. */
  #sweep(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#realm.clock.after(SWEEP, () => {
      this.#sweeping = false;
      if (this.#events.expire(this.#now)) this.#sweep();
    });
  }
}

/** How long an event may be told (ms). */
function lifetime({ x_expires, expires }: PublishOptions, fallback: number): number {
  return x_expires ?? expires ?? (fallback === 0 ? Infinity : fallback);
}

/** An event for all makes every older one obsolete; a restricted one only joins them (T-21). */
function besideRestricted(before: readonly RetainedEvent[]): readonly RetainedEvent[] {
  const forAll = before.filter(({ publication }) => publication.audience === undefined);
  const restricted = before.filter(({ publication }) => publication.audience !== undefined);
  return [...restricted.slice(0, MOST_RESTRICTED - 1), ...forAll];
}
