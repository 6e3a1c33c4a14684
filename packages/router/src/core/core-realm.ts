/** CoreRealm: a realm as the router itself uses it, with its sessions, its broker and its dealer. */
import {
  CloseUri,
  MessageType,
  Payload,
  ProtocolViolation,
  type Args,
  type Id,
  type Kwargs,
  type Message,
  type OversizedMessage,
  type PublishOptions,
  type Uri,
  type UriRules,
} from '@wamp/protocol';
import { Broker } from './broker.ts';
import type { Clock } from './clock.ts';
import { CORE_FEATURES } from './core-features.ts';
import { Dealer } from './dealer.ts';
import { Everyone } from './everyone.ts';
import { Hook } from './hook.ts';
import { RealmAccounts, type ProcessAccounts, type StoreLimits } from './kept.ts';
import { MapView } from './map-view.ts';
import { MetaSession, type MetaProcedure } from './meta-session.ts';
import type { Publisher } from './publication.ts';
import type { Quotas, QuotaTally } from './quotas.ts';
import type { Feature, Realm, RouterFeatures } from './realm.ts';
import { refuseRequest, type Request } from './requests.ts';
import type { RouterId } from './router-id.ts';
import type { DecidePublish } from './decision.ts';
import type { Departure, Session, Undeliverable } from './session.ts';
import type { Sharing } from './sharing.ts';
import { shownOf } from './shown-realm.ts';
import { Tally } from './tally.ts';
import { Traffic } from './traffic.ts';
import type { TrustLevel } from './trust.ts';
import { doInTurns, type Turns } from './work.ts';

/** Holds messages that need the consent of other nodes of the cluster, and the messages behind them. */
export interface Anteroom {
  /** @returns true when the message has to wait: it is processed later */
  takes(session: Session, message: Message, disclosed: boolean): boolean;
  /** Has other nodes send no more calls here; `done` is called once they know, or after a second. */
  withdraw(done: () => void): void;
}

export interface RealmOptions {
  readonly clock: Clock;
  /** Draws ids of global scope: sessions and publications (IDS-2). */
  readonly globalId: () => Id;
  /** Draws ids of router scope: subscriptions and registrations (IDS-3). */
  readonly routerId: RouterId;
  /** Returns random numbers, uniform in [0, 1). */
  readonly random: () => number;
  /** Whether callees of this node of a cluster come first, by policies that promise no order. */
  readonly prefersLocal?: boolean | undefined;
  readonly uriRules: UriRules;
  readonly disclosure: boolean;
  /** The limits of one session. */
  readonly quotas: Quotas;
  /** The maximum number of sessions; unlimited by default. */
  readonly maxSessions?: number | undefined;
  readonly features: readonly Feature[];
  /** The pattern of the template from which it is created, if any. */
  readonly template?: Uri | undefined;
  /** The accounts that all realms of the process share. */
  readonly kept: ProcessAccounts;
  /** The limits of the realm's stores. */
  readonly stores: StoreLimits;
  /** Determines the trust levels of callers and publishers; when absent, messages contain none. */
  readonly trustLevel?: TrustLevel | undefined;
  /** Authorizes publications on behalf of a session; when absent, all are permitted. */
  readonly decidePublish?: DecidePublish | undefined;
  /** Present when nodes of a cluster share the realm. */
  readonly sharing?: Sharing | undefined;
  /** Bounds the work of a turn. */
  readonly turns: Turns;
  /** Resolves in a later turn of the event loop, after input and output have been processed. */
  readonly nextTurn: () => Promise<void>;
}

/** A realm. Nothing here asks an authorizer: the caller of `receive` has checked that the session may send the message. */
export class CoreRealm {
  readonly name: Uri;
  readonly template: Uri | undefined;
  readonly broker: Broker;
  readonly dealer: Dealer;
  readonly sessions: ReadonlyMap<Id, Session>;
  readonly everyone: ReadonlyMap<Id, Session>;
  /** Holds messages that need the consent of other nodes; undefined without a cluster. */
  anteroom: Anteroom | undefined;
  readonly traffic: Traffic = new Traffic();
  /** Counts requests that were refused because they exceeded a limit. */
  readonly limited: QuotaTally = new Tally();
  /** Accounts for the bytes that the realm keeps. */
  readonly kept: RealmAccounts;
  readonly stores: StoreLimits;
  /** A session has joined, and WELCOME has been sent. */
  readonly joined: Hook<[Session]> = new Hook();
  /** A session begins to leave. */
  readonly leaving: Hook<[Session]> = new Hook();
  /** A session has left, and its subscriptions, registrations and calls have been removed. */
  readonly left: Hook<[Session, Departure]> = new Hook();
  /** The realm was removed from its router. */
  readonly removed: Hook<[]> = new Hook();
  /** A session reads too slowly; the number is that of the events dropped since the last emission. */
  readonly fellBehind: Hook<[Session, number]> = new Hook();
  /** A request was refused before it was processed, with this URI of the ERROR. */
  readonly denied: Hook<[Session, Request, Uri]> = new Hook();
  /** What WELCOME announces. */
  readonly features: RouterFeatures;
  readonly clock: Clock;
  readonly uriRules: UriRules;
  /** Whether clients may use `disclose_me`. */
  readonly disclosure: boolean;
  /** A procedure of the router itself has failed unexpectedly. */
  readonly failed: Hook<[unknown]> = new Hook();
  readonly decidePublish: DecidePublish | undefined;
  /** Resolves in a later turn of the event loop. */
  readonly nextTurn: () => Promise<void>;
  /** Draws an id at random (IDS-2). */
  readonly globalId: () => Id;
  /** The interface of this realm for features, authorizers and applications. */
  readonly shown: Realm;
  readonly sharing: Sharing | undefined;
  readonly #meta: MetaSession;
  readonly #sessions = new Map<Id, Session>();
  readonly #everyone: Everyone = new Everyone(this.#sessions);
  readonly #quotas: Quotas;
  #maxSessions: number;
  /** Bounds the work of a turn. */
  readonly turns: Turns;

  constructor(name: Uri, options: RealmOptions) {
    this.name = name;
    this.template = options.template;
    this.sessions = new MapView(this.#sessions);
    this.everyone = this.#everyone;
    this.clock = options.clock;
    this.uriRules = options.uriRules;
    this.disclosure = options.disclosure;
    this.decidePublish = options.decidePublish;
    this.nextTurn = options.nextTurn;
    this.globalId = options.globalId;
    this.stores = options.stores;
    this.sharing = options.sharing;
    this.kept = new RealmAccounts(options.kept, options.quotas, options.stores);
    this.#quotas = options.quotas;
    this.#maxSessions = options.maxSessions ?? Infinity;
    this.turns = options.turns;
    this.broker = new Broker({ ...options, limited: this.limited });
    this.dealer = new Dealer({ ...options, limited: this.limited, kept: this.kept.calls });
    this.#meta = new MetaSession(
      options.globalId(),
      (session, message) => {
        this.receive(session, message);
      },
      (id) => this.#sessions.get(id),
      this.failed,
    );
    this.features = merge([CORE_FEATURES, ...options.features.map(({ announces = {} }) => announces)]);
    this.shown = shownOf(this);
    for (const feature of options.features) feature.install(this.shown);
  }

  /** True when the realm has reached its maximum number of sessions. */
  get isFull(): boolean {
    return this.#sessions.size >= this.#maxSessions;
  }

  /**
   * Changes limits while the realm is in use. They apply to later requests, and end nothing that exists.
   * @param maxSessions the maximum number of sessions; undefined for no limit
   */
  reconfigure(quotas: Quotas, stores: StoreLimits, maxSessions: number | undefined): void {
    // Broker, dealer and features hold the same two objects.
    Object.assign(this.#quotas, quotas);
    Object.assign(this.stores, stores);
    this.#maxSessions = maxSessions ?? Infinity;
    this.kept.resize(quotas, stores);
  }

  /** Draws an id for a session that is about to join; no session of this realm has it. */
  newSessionId(): Id {
    for (;;) {
      const id = this.globalId();
      if (!this.isTaken(id)) return id;
    }
  }

  /** Whether a session has that id. */
  isTaken(id: Id): boolean {
    return this.#everyone.has(id) || id === this.#meta.id;
  }

  /** Adds a session that has joined at another node. */
  introduce(session: Session): void {
    this.#everyone.introduce(session);
  }

  /** Removes a session of another node with its registrations, and its calls in both directions. */
  *forgetting(session: Session): Generator<void, void> {
    this.#everyone.forget(session);
    yield* this.dealer.leaving(session);
  }

  /** Adds a session, after WELCOME has been sent to it. */
  join(session: Session): void {
    this.#sessions.set(session.id, session);
    this.joined.emit(session);
  }

  /**
   * Removes a session with its subscriptions, registrations and calls; does nothing when it has already left. If there are
   * more than a turn has room for, the rest is removed in later turns; until then, the session receives no messages.
   */
  leave(session: Session, departure: Departure = LOUD): void {
    if (!this.#sessions.delete(session.id)) return;
    this.leaving.emit(session);
    doInTurns(this.turns, this.#leaving(session, departure));
  }

  *#leaving(session: Session, departure: Departure): Generator<void, void> {
    yield* this.dealer.leaving(session);
    yield* this.broker.leaving(session);
    this.left.emit(session, departure);
  }

  /** Runs a long task: as many steps as this turn has room for, and the others in later turns. */
  inTurns(steps: Iterator<void, void>): void {
    doInTurns(this.turns, steps);
  }

  /**
   * Processes a message of a joined session.
   * @param disclosed true to disclose the session, regardless of its options and of the realm's `disclosure` (PID-4)
   * @throws ProtocolViolation when a client may not send the message in this state
   */
  receive(session: Session, message: Message, disclosed = false): void {
    if (this.anteroom?.takes(session, message, disclosed) === true) return;
    this.process(session, message, disclosed);
  }

  /** Processes a message that does not have to wait. @throws ProtocolViolation when a client may not send it now */
  process(session: Session, message: Message, disclosed: boolean): void {
    switch (message.type) {
      case MessageType.PUBLISH:
        this.broker.publish(session, message, disclosed);
        return;
      case MessageType.CALL:
        this.dealer.call(session, message, disclosed);
        if (this.#meta.isAsked) this.#meta.serve();
        return;
      case MessageType.YIELD:
        this.dealer.yield(session, message);
        return;
      case MessageType.SUBSCRIBE:
        this.broker.subscribe(session, message);
        return;
      case MessageType.UNSUBSCRIBE:
        this.broker.unsubscribe(session, message);
        return;
      case MessageType.REGISTER:
        this.dealer.register(session, message);
        return;
      case MessageType.UNREGISTER:
        this.dealer.unregister(session, message);
        return;
      case MessageType.CANCEL:
        this.dealer.cancel(session, message);
        return;
      case MessageType.ERROR:
        this.dealer.error(session, message);
        return;
      case MessageType.EVENT_RECEIVED: // T-55: the router does not announce this feature, but tolerates the message
        return;
      default:
        throw new ProtocolViolation(`message type ${message.type} is not for a client in a session`);
    }
  }

  /**
   * Handles a message of a joined session that was too long, of which only the head is known: refuses the request, or
   * ends the call that it answers.
   */
  oversized(session: Session, message: OversizedMessage, fault: Undeliverable): void {
    if (message.type === MessageType.CALL) this.dealer.refuseLong(session, message, fault);
    else if (message.type === MessageType.YIELD || message.type === MessageType.ERROR) {
      this.dealer.failLong(session, message, fault);
    } else refuseRequest(session, message, fault.error, fault.why);
  }

  /** Refuses a request that a session may not make. */
  deny(session: Session, message: Request, error: Uri, explanation: string): void {
    this.denied.emit(session, message, error);
    if (message.type === MessageType.CALL) this.dealer.deny(session, message, error, explanation);
    else refuseRequest(session, message, error, explanation);
  }

  /** Publishes as the router itself. */
  publish(topic: Uri, args?: Args, kwargs?: Kwargs, options: PublishOptions = {}): void {
    this.turns.work.unblamed(() => {
      this.broker.publishOwn(topic, Payload.of(args, kwargs), options);
    });
  }

  /** Publishes on behalf of a session, which may have left. */
  publishFor(publisher: Publisher, topic: Uri, payload: Payload, options: PublishOptions): void {
    this.broker.publishFor(publisher, topic, payload, options);
  }

  /** Serves a procedure as the router itself. */
  procedure(procedure: Uri, serve: MetaProcedure): void {
    this.#meta.register(procedure, serve);
  }

  /** The number of procedures that the router itself serves. */
  get ownProcedures(): number {
    return this.#meta.procedures;
  }

  /** Ends every session. */
  close(reason: Uri = CloseUri.CLOSE_REALM): void {
    for (const session of [...this.#sessions.values()]) session.end(reason);
  }
}

const LOUD: Departure = Object.freeze({ quiet: false });

function merge(all: readonly RouterFeatures[]): RouterFeatures {
  return {
    broker: all.flatMap(({ broker = [] }) => broker),
    dealer: all.flatMap(({ dealer = [] }) => dealer),
  };
}
