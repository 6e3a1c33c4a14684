/** Realm: a separate namespace for sessions, as features, authorizers and applications see it. */
import type {
  Args,
  Id,
  Kwargs,
  MatchPolicy,
  Payload,
  Publish,
  PublishOptions,
  RouterRole,
  Subscribe,
  Uri,
  UriRules,
} from '@wamp/protocol';
import type { Clock } from './clock.ts';
import type { Hook, ReadonlyHook } from './hook.ts';
import type { RealmAccounts, StoreLimits } from './kept.ts';
import type { CallTimes } from './latency.ts';
import type { MetaProcedure } from './meta-session.ts';
import type { ReadonlyPatternMap } from './pattern-map.ts';
import type { PendingCall } from './pending-calls.ts';
import type { Publication, Publisher } from './publication.ts';
import type { QuotaTally } from './quotas.ts';
import type { Callee, Registration } from './registration.ts';
import type { Request } from './requests.ts';
import type { DecidePublish } from './decision.ts';
import type { Departure, Session } from './session.ts';
import type { Sharing } from './sharing.ts';
import type { Recorder, Subscription } from './subscription.ts';
import type { ReadonlyTraffic } from './traffic.ts';
import type { TraceContext } from './trace-context.ts';
import type { Writing } from './writing.ts';
import type { Turns } from './work.ts';

/** Names of features to announce in WELCOME, by role. */
export type RouterFeatures = Readonly<Partial<Record<RouterRole, readonly string[]>>>;

/** Behaviour of a realm beyond routing, made of hooks and procedures. */
export interface Feature {
  /** What WELCOME announces while the feature is installed. */
  readonly announces?: RouterFeatures;
  /** Called once for each realm, before any session is in it. */
  install(realm: Realm): void;
}

/** Subscriptions and publications. */
export interface RealmBroker {
  readonly subscriptions: ReadonlyPatternMap<Subscription>;
  /** A subscription was created by its first subscriber. */
  readonly created: ReadonlyHook<[Session, Subscription]>;
  readonly subscribed: ReadonlyHook<[Session, Subscription]>;
  /** A SUBSCRIBE was answered. The session may have been subscribed before. */
  readonly answered: ReadonlyHook<[Session, Subscription, Subscribe['options']]>;
  readonly unsubscribed: ReadonlyHook<[Session, Subscription]>;
  /** A subscription was deleted with its last subscriber. */
  readonly deleted: ReadonlyHook<[Session, Subscription]>;
  /** A publication of a session was accepted, and is not sent yet. */
  readonly accepted: ReadonlyHook<[Publication]>;
  /** A publication was dispatched to the subscriptions that it matches. A listener that reads the payload later must keep it (`Payload.keep`). */
  readonly published: ReadonlyHook<[Publication, readonly Subscription[]]>;
  /** The subscription of that id. */
  byId(id: Id): Subscription | undefined;
  /** The subscriptions of a session. */
  heldBy(session: Session): ReadonlySet<Subscription>;
  /**
   * Creates a subscription that is not deleted with its last subscriber, or keeps an existing one from being deleted.
   * @param recorder gives each event its offset before the event is sent
   */
  hold(match: MatchPolicy, topic: Uri, recorder?: Recorder): Subscription;
  /**
   * SREV-1, SREV-2: ends the subscription of one session, and tells the session if it has announced the feature.
   * @returns false when the session is not subscribed
   */
  revoke(subscription: Subscription, session: Session, reason?: string): boolean;
  /**
   * Publishes a publication of another node here, with the same id. A publication that reached the other node from a third
   * one is refused, so that no publication circulates: each node forwards what its own sessions publish.
   * @param publication all publications of a session must have the same `publisher` object: it keeps them in order
   * @param node the name of the other node, for `origin`
   * @returns false when the publication was refused
   */
  relay(publication: Publication, node: string): boolean;
  /**
   * Refuses every PUBLISH for which `why` returns a reason, with `wamp.error.limit_exceeded`: its publisher is authorized,
   * but there is no room for what it asks for. A realm has one such function; a second call replaces the first.
   */
  refuseIf(why: (message: Publish) => string | undefined): void;
  /** Has publications written before they are acknowledged and sent. A realm has one such object; a second call replaces the first. */
  writeFirst(writing: Writing): void;
}

/** Calls in flight. */
export interface RealmCalls {
  /** A call began. */
  readonly opened: ReadonlyHook<[PendingCall]>;
  /** A call was assigned to a callee. */
  readonly assigned: ReadonlyHook<[PendingCall, Callee]>;
  /** A callee declined a call, which may be assigned to another one. */
  readonly declined: ReadonlyHook<[PendingCall]>;
  /** A progressive result was sent to the caller. */
  readonly progressed: ReadonlyHook<[PendingCall]>;
  /** A call has ended: with a result, or with an error, whose URI is given; `wamp.error.canceled` when the caller has left. */
  readonly ended: ReadonlyHook<[PendingCall, Uri | undefined]>;
  /** Durations of the calls that have ended, by outcome. */
  readonly latency: CallTimes;
  /** The number of calls without a final answer; counted on request. */
  readonly inFlight: number;
  /** The number of sessions that have called or have been called, including the router's own; for leak checks. */
  readonly parties: number;
  /** Sets what INVOCATION says about the trace, in a listener of `opened` or `assigned`. */
  propagate(call: PendingCall, trace: TraceContext): void;
  /** Ends a call with `wamp.error.timeout`, and interrupts its callee (TMO-2, TMO-3). */
  expire(call: PendingCall): void;
  /** Ends a call with an error. */
  abandon(call: PendingCall, error: Uri, explanation: string): void;
}

/** Registrations and calls. */
export interface RealmDealer {
  readonly registrations: ReadonlyPatternMap<Registration>;
  readonly calls: RealmCalls;
  /** A registration was created by its first callee, which is of this node. */
  readonly created: ReadonlyHook<[Session, Registration]>;
  /** This and the next two are emitted for the sessions of other nodes as well: see `Session.remote`. */
  readonly registered: ReadonlyHook<[Session, Registration]>;
  readonly unregistered: ReadonlyHook<[Session, Registration]>;
  /** A registration was deleted with its last callee. */
  readonly deleted: ReadonlyHook<[Session, Registration]>;
  /** The registration of that id. */
  byId(id: Id): Registration | undefined;
  /** The registrations of which a session is a callee. */
  heldBy(session: Session): ReadonlySet<Registration>;
  /** The registration that serves a procedure. Patterns do not match the router's own procedures. */
  serving(procedure: Uri): Registration | undefined;
  /**
   * RREV-1, RREV-2: removes one callee, and tells it if it has announced the feature. Calls in flight continue.
   * @returns false when the session is not a callee of the registration
   */
  revoke(registration: Registration, session: Session, reason?: string): boolean;
}

/**
 * One realm of a router. `router.realm(name)` returns it, and `Feature.install` receives it. All methods act as the router
 * itself. Code that is to be authorized and limited like a client joins the realm with `router.join`.
 */
export interface Realm {
  readonly name: Uri;
  /** The pattern of the template from which it was created (`RouterOptions.realmTemplates`), if any. */
  readonly template: Uri | undefined;
  /** All joined sessions by id, without the router's own. In a cluster: those whose connections end at this node. */
  readonly sessions: ReadonlyMap<Id, Session>;
  /** All joined sessions of the cluster by id; without a cluster, the same as {@link sessions}. */
  readonly everyone: ReadonlyMap<Id, Session>;
  /** The other nodes of the cluster that share the realm; undefined when none do. */
  readonly sharing: Sharing | undefined;
  readonly broker: RealmBroker;
  readonly dealer: RealmDealer;
  /** What WELCOME announces. */
  readonly features: RouterFeatures;
  readonly clock: Clock;
  readonly uriRules: UriRules;
  /** Whether clients may use `disclose_me`. */
  readonly disclosure: boolean;
  /** Counts of messages, by type and direction. */
  readonly traffic: ReadonlyTraffic;
  /** Counts of requests that were refused for a limit; a feature adds its own refusals. */
  readonly limited: QuotaTally;
  /** The bytes that the realm keeps; a feature opens an account for what it keeps. */
  readonly kept: RealmAccounts;
  /** The limits of what the realm keeps. */
  readonly stores: StoreLimits;
  /** Bounds the work of a turn: a feature adds its work to `work.spent`, and does long work in later turns. */
  readonly turns: Turns;
  /** A session has joined, and has been welcomed. */
  readonly joined: ReadonlyHook<[Session]>;
  /** A session has left, and its subscriptions, registrations and calls have been removed. */
  readonly left: ReadonlyHook<[Session, Departure]>;
  /** The realm was removed from its router; its sessions have been told to leave. */
  readonly removed: ReadonlyHook<[]>;
  /** A session reads too slowly; the number is that of the events dropped since the last emission. */
  readonly fellBehind: ReadonlyHook<[Session, number]>;
  /** A request was refused before it was processed, with this URI of the ERROR. */
  readonly denied: ReadonlyHook<[Session, Request, Uri]>;
  /** A procedure of the router's own has failed unexpectedly. A feature emits its own failures here. */
  readonly failed: Hook<[unknown]>;
  /** Asks whether a session may publish to a topic, before `publishFor`; undefined when the realm has no authorizer. */
  readonly decidePublish: DecidePublish | undefined;
  /** The number of procedures that the router itself serves. */
  readonly ownProcedures: number;
  /** Draws an id at random (IDS-2). */
  readonly globalId: () => Id;
  /** Resolves in a later turn of the event loop. */
  readonly nextTurn: () => Promise<void>;
  /** Runs a long task: as many steps as this turn has room for, and the others in later turns. */
  inTurns(steps: Iterator<void, void>): void;
  /** Publishes as the router itself. */
  publish(topic: Uri, args?: Args, kwargs?: Kwargs, options?: PublishOptions): void;
  /** Publishes on behalf of a session, which may have left. No authorizer is asked: call `decidePublish` first. */
  publishFor(publisher: Publisher, topic: Uri, payload: Payload, options: PublishOptions): void;
  /**
   * Serves a procedure as the router itself.
   * @throws Error when the procedure is registered already
   */
  procedure(procedure: Uri, serve: MetaProcedure): void;
  /** Ends every session; the reason is `wamp.close.close_realm` by default. */
  close(reason?: Uri): void;
}
