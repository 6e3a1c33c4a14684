/** The broker: SUBSCRIBE, UNSUBSCRIBE and PUBLISH. */
import {
  ErrorUri,
  isReserved,
  isUri,
  MessageType,
  type Event,
  type Id,
  type MatchPolicy,
  type Publish,
  type Subscribe,
  type Unsubscribe,
  type Uri,
  type UriRules,
} from '@wamp/protocol';
import type { Clock } from './clock.ts';
import { passthru, publisherDetails } from './disclosure.ts';
import { eligibility } from './eligibility.ts';
import { Hook } from './hook.ts';
import { PatternMap } from './pattern-map.ts';
import type { Publication } from './publication.ts';
import { malformed, refuse, requirePassthru, uriFault } from './requests.ts';
import type { Session } from './session.ts';
import type { Subscription } from './subscription.ts';

export interface BrokerOptions {
  readonly clock: Clock;
  /** Draws publication ids (IDS-2). */
  readonly globalId: () => Id;
  /** Draws subscription ids (IDS-3). */
  readonly routerId: () => Id;
  readonly uriRules: UriRules;
  /** Whether `disclose_me` is granted. */
  readonly disclosure: boolean;
}

export class Broker {
  readonly subscriptions: PatternMap<Subscription> = new PatternMap();
  /** A subscription came to be, by its first subscriber. */
  readonly created: Hook<[Session, Subscription]> = new Hook();
  /** A session subscribed; the last is what it asked for. */
  readonly subscribed: Hook<[Session, Subscription, Subscribe['options']]> = new Hook();
  readonly unsubscribed: Hook<[Session, Subscription]> = new Hook();
  /** A subscription is gone with its last subscriber. */
  readonly deleted: Hook<[Session, Subscription]> = new Hook();
  /** A publication was dispatched to the subscriptions it matched. */
  readonly published: Hook<[Publication, readonly Subscription[]]> = new Hook();

  readonly #byId = new Map<Id, Subscription>();
  /** What each session is subscribed to, so that leaving scans nothing else. */
  readonly #bySession = new Map<Session, Set<Subscription>>();
  readonly #options: BrokerOptions;

  constructor(options: BrokerOptions) {
    this.#options = options;
  }

  /** The subscription of that id. */
  byId(id: Id): Subscription | undefined {
    return this.#byId.get(id);
  }

  /** SUB-1, SUB-2: answers SUBSCRIBED, with the same id when the session is subscribed already. */
  subscribe(session: Session, message: Subscribe): void {
    const { request, options, topic } = message;
    const { match = 'exact' } = options;
    if (!isUri(topic, this.#options.uriRules, match)) {
      const explanation = malformed(topic, this.#options.uriRules, match);
      refuse(session, MessageType.SUBSCRIBE, request, ErrorUri.INVALID_URI, explanation);
      return;
    }
    const known = this.subscriptions.get(match, topic);
    const subscription = known ?? this.#create(match, topic);
    const isNew = !subscription.subscribers.has(session);
    subscription.subscribers.add(session);
    this.#of(session).add(subscription);
    session.send({ type: MessageType.SUBSCRIBED, request, subscription: subscription.id });
    if (known === undefined) this.created.emit(session, subscription);
    if (isNew) this.subscribed.emit(session, subscription, options);
  }

  /** SUB-4; another session's subscription is no such subscription (T-43). */
  unsubscribe(session: Session, message: Unsubscribe): void {
    const { request } = message;
    const subscription = this.#byId.get(message.subscription);
    if (subscription?.subscribers.has(session) !== true) {
      refuse(session, MessageType.UNSUBSCRIBE, request, ErrorUri.NO_SUCH_SUBSCRIPTION);
      return;
    }
    this.#of(session).delete(subscription);
    this.#remove(session, subscription, () => {
      session.send({ type: MessageType.UNSUBSCRIBED, request });
    });
  }

  /** PUB-1, PUB-2: refusals are told only to a publisher that asked for an acknowledgement (T-42). */
  publish(session: Session, message: Publish): void {
    const { request, options, topic, payload } = message;
    requirePassthru(session, 'publisher', options);
    const fault = uriFault(session, topic, this.#options.uriRules);
    if (fault !== undefined) {
      this.#refusePublish(session, message, ErrorUri.INVALID_URI, fault);
      return;
    }
    if (options.disclose_me === true && !this.#options.disclosure) {
      this.#refusePublish(session, message, ErrorUri.OPTION_DISALLOWED_DISCLOSE_ME);
      return;
    }
    const publication = { id: this.#options.globalId(), topic, options, payload, publisher: session };
    if (options.acknowledge === true) {
      session.send({ type: MessageType.PUBLISHED, request, publication: publication.id });
    }
    this.dispatch(publication);
  }

  /** Sends a publication as events to all who are subscribed and eligible (EVT-1, EVT-2). */
  dispatch(publication: Publication): void {
    const matched = this.subscriptions.matching(publication.topic);
    const eligible = matched.length === 0 ? undefined : eligibility(publication);
    for (const subscription of matched) {
      if (!covers(subscription, publication.topic)) continue;
      const event = eventFor(subscription, publication);
      for (const subscriber of subscription.subscribers) {
        if (eligible === undefined || eligible(subscriber)) subscriber.send(event);
      }
    }
    this.published.emit(publication, matched);
  }

  /** Ends all subscriptions of a session that has left. */
  leave(session: Session): void {
    const subscriptions = this.#bySession.get(session);
    this.#bySession.delete(session);
    for (const subscription of subscriptions ?? []) this.#remove(session, subscription);
  }

  #create(match: MatchPolicy, topic: Uri): Subscription {
    const { clock, routerId } = this.#options;
    const subscription = {
      id: routerId(),
      topic,
      match,
      created: clock.now(),
      subscribers: new Set<Session>(),
    };
    this.subscriptions.set(match, topic, subscription);
    this.#byId.set(subscription.id, subscription);
    return subscription;
  }

  #of(session: Session): Set<Subscription> {
    let subscriptions = this.#bySession.get(session);
    if (subscriptions === undefined) {
      subscriptions = new Set();
      this.#bySession.set(session, subscriptions);
    }
    return subscriptions;
  }

  #remove(session: Session, subscription: Subscription, answer?: () => void): void {
    subscription.subscribers.delete(session);
    const last = subscription.subscribers.size === 0;
    if (last) {
      this.subscriptions.delete(subscription.match, subscription.topic);
      this.#byId.delete(subscription.id);
    }
    answer?.();
    this.unsubscribed.emit(session, subscription);
    if (last) this.deleted.emit(session, subscription);
  }

  #refusePublish(session: Session, message: Publish, error: Uri, explanation?: string): void {
    if (message.options.acknowledge !== true) return;
    refuse(session, MessageType.PUBLISH, message.request, error, explanation);
  }
}

/** A pattern that does not itself say `wamp` hears nothing of the router's own events (T-40). */
function covers(subscription: Subscription, topic: Uri): boolean {
  return subscription.match === 'exact' || !isReserved(topic) || saysReserved(subscription);
}

function saysReserved({ match, topic }: Subscription): boolean {
  return match === 'prefix' ? topic.startsWith('wamp.') : isReserved(topic);
}

/** One EVENT for all subscribers of a subscription. */
export function eventFor(subscription: Subscription, publication: Publication): Event {
  const { options, publisher, topic } = publication;
  const details =
    subscription.match === 'exact' && Object.keys(options).length === 0
      ? NO_DETAILS
      : {
          ...(subscription.match === 'exact' ? NO_DETAILS : { topic }),
          ...publisherDetails(options.disclose_me === true, publisher),
          ...passthru(options),
        };
  return {
    type: MessageType.EVENT,
    subscription: subscription.id,
    publication: publication.id,
    details,
    payload: publication.payload,
  };
}

const NO_DETAILS = Object.freeze({});
