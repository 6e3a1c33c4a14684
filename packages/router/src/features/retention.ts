/** Retention: the retained events of a realm, of each topic the last for all and some for a restricted audience. */
import type { Publish, PublishOptions, Uri } from '@wamp/protocol';
import { isWithin } from '../core/broker.ts';
import { eligibility } from '../core/eligibility.ts';
import { weightOf } from '../core/kept.ts';
import type { Publication } from '../core/publication.ts';
import { remember, type Remembered } from '../core/remembered.ts';
import type { Realm } from '../core/realm.ts';
import type { Session } from '../core/session.ts';
import type { Subscription } from '../core/subscription.ts';
import { TopicTree } from '../core/topic-tree.ts';

/** How many topics may have retained events; beyond, the topic that was published to longest ago loses its own. */
const MOST_TOPICS = 10_000;
/** How many events for a restricted audience a topic keeps beside the one for all. */
const MOST_RESTRICTED = 10;
/** How often events that have expired are looked for (ms), while there are any that can expire. */
const SWEEP = 10_000;

/** A publication in memory. */
export interface Retained extends Remembered {
  /** Rises with each publish, so that what came first is told first (ORD-1). */
  readonly order: number;
  /** When nobody is to get it any more, by the clock's elapsed time (ms). */
  readonly expires: number;
}

/** The retained events of a realm. */
export class Retention {
  readonly #realm: Realm;
  /** By topic, that which was published to longest ago first; of each, the newest first, the last may be for all (RET-3). */
  readonly #topics = new Map<Uri, readonly Retained[]>();
  readonly #tree = new TopicTree<Uri>();
  #order = 0;
  /** Whether expired events are looked for. */
  #sweeping = false;

  constructor(realm: Realm) {
    this.#realm = realm;
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
    const newest: Retained = {
      ...remember(publication),
      order: (this.#order += 1),
      expires: this.#now + lifetime(options, this.#realm.stores.retainedExpiry),
    };
    const before = this.#take(topic);
    const others = newest.publication.audience === undefined ? [] : besideRestricted(before);
    this.#release(before.filter((older) => !others.includes(older)));
    if (!this.#reserve(newest.weight)) {
      this.#release(others);
      return;
    }
    this.#put(topic, [newest, ...others]);
    if (this.#topics.size > MOST_TOPICS) this.#evict();
    if (newest.expires < Infinity) this.#sweep();
  }

  delete(topic: Uri): void {
    this.#release(this.#take(topic));
  }

  /** What is retained of all topics of a subscription for a session, in the order of publishing (ORD-1). */
  find(subscription: Subscription, session: Session): readonly Retained[] {
    const found: Retained[] = [];
    let looks = 0;
    for (const topic of this.#tree.matching(subscription.match, subscription.topic)) {
      looks += 1;
      if (topic === undefined || !isWithin(subscription, topic)) continue;
      const newest = this.newestFor(topic, session);
      if (newest !== undefined) found.push(newest);
    }
    this.#realm.turns.work.spent += looks >> 2;
    return found.sort((one, other) => one.order - other.order);
  }

  /** RET-4: the newest of a topic that the session would have got at publish time. */
  newestFor(topic: Uri, session: Session): Retained | undefined {
    const now = this.#now;
    return this.#topics
      .get(topic)
      ?.find(({ publication, expires }) => now < expires && (eligibility(publication)?.(session) ?? true));
  }

  get #now(): number {
    return this.#realm.clock.elapsed();
  }

  #take(topic: Uri): readonly Retained[] {
    const retained = this.#topics.get(topic);
    if (retained === undefined) return [];
    this.#topics.delete(topic);
    this.#tree.delete(topic);
    return retained;
  }

  #put(topic: Uri, retained: readonly Retained[]): void {
    this.#topics.set(topic, retained);
    this.#tree.set(topic, topic);
  }

  #release(events: readonly Retained[]): void {
    for (const { weight } of events) this.#realm.kept.retained.release(weight);
  }

  /** Makes room for so many bytes. @returns false when there is none even without all others */
  #reserve(weight: number): boolean {
    const account = this.#realm.kept.retained;
    if (account.canFit(weight)) {
      while (!account.reserve(weight)) if (!this.#evict()) return false;
      return true;
    }
    this.#realm.limited.add('retained_events');
    return false;
  }

  /** The topic that was published to longest ago loses its events. @returns false when there is none */
  #evict(): boolean {
    const [oldest] = this.#topics.keys();
    if (oldest === undefined) return false;
    this.#realm.limited.add('retained_events');
    this.delete(oldest);
    return true;
  }

  /** Looks for expired events from now on, until there are none that can expire: one timer, however many there are. */
  #sweep(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#realm.clock.after(SWEEP, () => {
      this.#sweeping = false;
      const now = this.#now;
      let more = false;
      for (const [topic, retained] of this.#topics) {
        const [gone, left] = [retained.filter(hasExpired(now)), retained.filter(isLeft(now))];
        more ||= left.some(({ expires }) => expires < Infinity);
        if (gone.length === 0) continue;
        this.#release(gone);
        if (left.length === 0) this.#take(topic);
        else this.#topics.set(topic, left);
      }
      if (more) this.#sweep();
    });
  }
}

const hasExpired =
  (now: number) =>
  ({ expires }: Retained): boolean =>
    now >= expires;
const isLeft =
  (now: number) =>
  ({ expires }: Retained): boolean =>
    now < expires;

/** How long an event may be told (ms). */
function lifetime({ x_expires, expires }: PublishOptions, fallback: number): number {
  return x_expires ?? expires ?? (fallback === 0 ? Infinity : fallback);
}

/** An event for all makes every older one obsolete; a restricted one only joins them (T-21). */
function besideRestricted(before: readonly Retained[]): readonly Retained[] {
  const forAll = before.filter(({ publication }) => publication.audience === undefined);
  const restricted = before.filter(({ publication }) => publication.audience !== undefined);
  return [...restricted.slice(0, MOST_RESTRICTED - 1), ...forAll];
}
