/** The broker: SUBSCRIBE, UNSUBSCRIBE and PUBLISH. */
import {
  ErrorUri,
  isReserved,
  MessageType,
  type Event,
  type Id,
  type MatchPolicy,
  type Payload,
  type Publish,
  type PublishOptions,
  type Subscribe,
  type Unsubscribe,
  type Uri,
  type UriRules,
} from '@wamp/protocol';
import type { Clock } from './clock.ts';
import { disclosing, passthru, publisherDetails } from './disclosure.ts';
import { eligibility } from './eligibility.ts';
import { Delivery, FanOut } from './fan-out.ts';
import { Holdings, type PendingHoldings } from './holdings.ts';
import { Hook, type ReadonlyHook } from './hook.ts';
import { PatternMap } from './pattern-map.ts';
import type { Owner } from './wildcards.ts';
import { FROM_ROUTER, FROM_SESSION, type Publication, type Publisher } from './publication.ts';
import type { Quotas, QuotaTally } from './quotas.ts';
import type { RealmBroker } from './realm.ts';
import { refuse, refuseRequest, requirePassthru, uriFault, type Objection } from './requests.ts';
import type { RouterId } from './router-id.ts';
import { clientOf, type Session } from './session.ts';
import { objectionTo } from './subscribe-objection.ts';
import type { Recorder, Subscription, SubscriptionState } from './subscription.ts';
import { traceDetails, traceIn } from './trace-context.ts';
import type { TrustLevel } from './trust.ts';
import { costOf, type Turns } from './work.ts';
import type { Unwritten, Writing } from './writing.ts';

export interface BrokerOptions {
  readonly clock: Clock;
  /** Draws publication ids (IDS-2). */
  readonly globalId: () => Id;
  /** Draws subscription ids (IDS-3). */
  readonly routerId: RouterId;
  readonly uriRules: UriRules;
  readonly quotas: Quotas;
  /** Counts requests that were refused because they exceeded a quota. */
  readonly limited: QuotaTally;
  /** Whether publishers may use `disclose_me`. */
  readonly disclosure: boolean;
  /** Determines `trustlevel` in EVENT.Details. */
  readonly trustLevel?: TrustLevel | undefined;
  /** Bounds the work of a turn. */
  readonly turns: Turns;
}

export class Broker implements RealmBroker {
  readonly subscriptions: PatternMap<SubscriptionState> = new PatternMap();
  /** Subscriptions that are not deleted with their last subscriber. */
  readonly #held = new Set<Subscription>();
  readonly #holdings: Holdings<SubscriptionState> = new Holdings<SubscriptionState>({
    byPattern: this.subscriptions,
    uriOf: ({ topic }) => topic,
    release: (subscription, session) => {
      subscription.subscribers.delete(session);
      return subscription.subscribers.size === 0 && !this.#held.has(subscription);
    },
  });
  readonly created: ReadonlyHook<[Session, Subscription]> = this.#holdings.created;
  readonly subscribed: ReadonlyHook<[Session, Subscription]> = this.#holdings.added;
  readonly answered: Hook<[Session, Subscription, Subscribe['options']]> = new Hook();
  readonly unsubscribed: ReadonlyHook<[Session, Subscription]> = this.#holdings.removed;
  readonly deleted: ReadonlyHook<[Session, Subscription]> = this.#holdings.deleted;
  readonly accepted: Hook<[Publication]> = new Hook();
  readonly published: Hook<[Publication, readonly Subscription[]]> = new Hook();

  readonly #options: BrokerOptions;
  readonly #fanOut: FanOut;
  #writing: Writing | undefined;
  #whyRefused: ((message: Publish) => string | undefined) | undefined;

  constructor(options: BrokerOptions) {
    this.#options = options;
    this.#fanOut = new FanOut(options.turns, {
      begin: (publication) => this.#begin(publication),
      finish: ({ publication, matched }) => {
        this.published.emit(publication, matched);
      },
      dropped: (publication) => {
        options.limited.add('own_publications');
        this.#writing?.dropped?.(publication);
      },
    });
  }

  byId(id: Id): Subscription | undefined {
    return this.#holdings.byId(id);
  }

  heldBy(session: Session): ReadonlySet<Subscription> {
    return this.#holdings.of(session);
  }

  /** SUB-1, SUB-2: answers SUBSCRIBED, with the existing id if the session is already subscribed. */
  subscribe(session: Session, message: Subscribe): void {
    const { request, options, topic } = message;
    const { match = 'exact' } = options;
    const objection = this.#objection(session, message);
    if (objection !== undefined) {
      if (objection.quota !== undefined) this.#options.limited.add(objection.quota);
      refuseRequest(session, message, objection.error, objection.why);
      return;
    }
    const known = this.subscriptions.get(match, topic);
    const isNew = known?.subscribers.has(session) !== true;
    const subscription = known ?? this.#create(match, topic, clientOf(session));
    subscription.subscribers.add(session);
    if (isNew) this.#holdings.add(session, subscription);
    session.send({ type: MessageType.SUBSCRIBED, request, subscription: subscription.id });
    this.answered.emit(session, subscription, options);
    if (known === undefined) this.#holdings.created.emit(session, subscription);
    if (isNew) this.#holdings.added.emit(session, subscription);
  }

  /** Whether a SUBSCRIBE would be refused. @param pending what the session has asked for before it, and what is not decided */
  objectsTo(session: Session, message: Subscribe, pending: PendingHoldings): boolean {
    return this.#objection(session, message, pending) !== undefined;
  }

  hold(match: MatchPolicy, topic: Uri, recorder?: Recorder): Subscription {
    const subscription = this.subscriptions.get(match, topic) ?? this.#create(match, topic);
    this.#held.add(subscription);
    if (recorder !== undefined) subscription.recorder = recorder;
    return subscription;
  }

  refuseIf(why: (message: Publish) => string | undefined): void {
    this.#whyRefused = why;
  }

  writeFirst(writing: Writing): void {
    this.#writing = writing;
  }

  revoke({ id }: Subscription, session: Session, reason?: string): boolean {
    const subscription = this.#holdings.byId(id);
    if (subscription === undefined) return false;
    return this.#holdings.remove(session, subscription, () => {
      if (!session.features.has('subscriber', 'subscription_revocation')) return;
      const details = { subscription: id, ...(reason === undefined ? {} : { reason }) };
      session.send({ type: MessageType.UNSUBSCRIBED, request: 0, details });
    });
  }

  /** SUB-4; for a subscription of another session, the error is `wamp.error.no_such_subscription` (T-43). */
  unsubscribe(session: Session, message: Unsubscribe): void {
    const { request } = message;
    const subscription = this.#holdings.byId(message.subscription);
    const answer = (): void => {
      session.send({ type: MessageType.UNSUBSCRIBED, request });
    };
    if (subscription === undefined || !this.#holdings.remove(session, subscription, answer)) {
      refuse(session, MessageType.UNSUBSCRIBE, request, ErrorUri.NO_SUCH_SUBSCRIPTION);
    }
  }

  /**
   * PUB-1, PUB-2: a refusal is only sent to a publisher that requested an acknowledgement (T-42).
   * @param disclosed true to disclose the publisher in any case (PID-4)
   */
  publish(session: Session, message: Publish, disclosed = false): void {
    const { request, options, topic, payload } = message;
    requirePassthru(session, 'publisher', options);
    const fault = uriFault(session, topic, this.#options.uriRules);
    if (fault !== undefined) {
      refuseRequest(session, message, ErrorUri.INVALID_URI, fault);
      return;
    }
    if (options.disclose_me === true && !this.#options.disclosure && !disclosed) {
      refuseRequest(session, message, ErrorUri.OPTION_DISALLOWED_DISCLOSE_ME);
      return;
    }
    const why = this.#whyRefused?.(message);
    if (why !== undefined) {
      refuseRequest(session, message, ErrorUri.LIMIT_EXCEEDED, why);
      return;
    }
    const publication = this.#accept(session, topic, payload, disclosed ? disclosing(options) : options);
    if (this.#writing !== undefined && this.#waits(this.#writing, session, message, publication)) return;
    if (options.acknowledge === true) {
      session.send({ type: MessageType.PUBLISHED, request, publication: publication.id });
    }
    this.#send(publication);
  }

  /** @returns true when the publication has to be written before it is acknowledged and sent */
  #waits(writing: Writing, session: Session, message: Publish, publication: Publication): boolean {
    const { request, options } = message;
    return writing.write(publication, (unwritten: Unwritten | undefined) => {
      if (unwritten !== undefined) {
        refuseRequest(session, message, unwritten.error, unwritten.why);
        return;
      }
      if (options.acknowledge === true) {
        session.send({ type: MessageType.PUBLISHED, request, publication: publication.id });
      }
      this.#send(publication);
    });
  }

  /** Publishes on behalf of a session, which may have left. The caller must have checked and authorized the publication. */
  publishFor(publisher: Publisher, topic: Uri, payload: Payload, options: PublishOptions): void {
    this.#dispatch(this.#accept(publisher, topic, payload, options));
  }

  /** Publishes as the router itself. */
  publishOwn(topic: Uri, payload: Payload, options: PublishOptions): void {
    const id = this.#options.globalId();
    this.#dispatch({ id, topic, options, payload, origin: FROM_ROUTER });
  }

  relay(publication: Publication, node: string): boolean {
    if (publication.origin.kind === 'node') return false;
    this.#dispatch({ ...publication, origin: { kind: 'node', node } });
    return true;
  }

  /** Creates the publication, with an id and a trust level. */
  #accept(publisher: Publisher, topic: Uri, payload: Payload, options: PublishOptions): Publication {
    const { globalId, trustLevel } = this.#options;
    const trustlevel = trustLevel?.(publisher, 'publish', topic);
    const trace = traceIn(options);
    const origin = FROM_SESSION;
    const publication = { id: globalId(), topic, options, payload, publisher, trustlevel, origin, trace };
    this.accepted.emit(publication);
    return publication;
  }

  /** Dispatches a publication that nobody waits for, after it has been written if that is required. */
  #dispatch(publication: Publication): void {
    const waits = this.#writing?.write(publication, (unwritten) => {
      if (unwritten === undefined) this.#send(publication);
    });
    if (waits !== true) this.#send(publication);
  }

  /**
   * Sends a publication as events to all eligible subscribers (EVT-1, EVT-2). Events that exceed the work of this turn are
   * sent in later turns; publications of one publisher stay in order.
   */
  #send(publication: Publication): void {
    if (this.#fanOut.size > 0 && this.#fanOut.joins(publication)) return;
    const delivery = this.#begin(publication);
    if (delivery.send(this.#options.turns.work)) this.published.emit(publication, delivery.matched);
    else this.#fanOut.park(delivery);
  }

  #begin(publication: Publication): Delivery {
    const { visits } = this.subscriptions;
    const matched = this.#matching(publication.topic);
    this.#options.turns.work.spent += 1 + costOf(this.subscriptions.visits - visits);
    const eligible = matched.length === 0 ? undefined : eligibility(publication);
    return new Delivery(publication, matched, eligible, eventFor);
  }

  /** Ends all subscriptions of a session that has left, with a bounded amount of work in each step. */
  leaving(session: Session): Generator<void, void> {
    return this.#holdings.leaving(session);
  }

  #matching(topic: Uri): readonly SubscriptionState[] {
    const matched = this.subscriptions.matching(topic);
    return isReserved(topic) ? matched.filter((subscription) => isWithin(subscription, topic)) : matched;
  }

  #create(match: MatchPolicy, topic: Uri, owner?: Owner): SubscriptionState {
    const { clock, routerId } = this.#options;
    const subscription: SubscriptionState = {
      id: routerId('subscription', match, topic, (id) => this.#holdings.byId(id) !== undefined),
      topic,
      match,
      created: clock.now(),
      subscribers: new Set(),
      recorder: undefined,
      publications: 0,
    };
    this.#holdings.create(subscription, owner);
    return subscription;
  }

  #objection(session: Session, message: Subscribe, pending?: PendingHoldings): Objection | undefined {
    const { match = 'exact' } = message.options;
    const isSubscribed = this.subscriptions.get(match, message.topic)?.subscribers.has(session) === true;
    return objectionTo(message, isSubscribed, this.#options, (quota) =>
      this.#holdings.exceeded(session, match, message.topic, quota, pending),
    );
  }
}

/** A pattern matches topics of the router itself only if the pattern begins with `wamp.` (T-40). */
export function isWithin(
  { match, topic: pattern }: Pick<Subscription, 'match' | 'topic'>,
  topic: Uri,
): boolean {
  if (match === 'exact' || !isReserved(topic)) return true;
  return match === 'prefix' ? pattern.startsWith('wamp.') : isReserved(pattern);
}

/**
 * Composes the EVENT for all subscribers of a subscription.
 * @param retained true for a retained event
 */
export function eventFor(subscription: Subscription, publication: Publication, retained = false): Event {
  return {
    type: MessageType.EVENT,
    subscription: subscription.id,
    publication: publication.id,
    details: {
      ...(subscription.match === 'exact' ? NONE : { topic: publication.topic }),
      ...eventDetails(publication),
      ...(retained ? { retained } : NONE),
    },
    payload: publication.payload,
  };
}

/** The entries of EVENT.Details that do not depend on the subscription. */
export function eventDetails({ options, publisher, trustlevel, trace }: Publication): Event['details'] {
  return {
    ...publisherDetails(options.disclose_me === true, publisher),
    ...(trustlevel === undefined ? NONE : { trustlevel }),
    ...passthru(options),
    ...traceDetails(trace),
  };
}

const NONE = {} as const;
