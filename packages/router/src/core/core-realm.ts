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
import { Dealer } from './dealer.ts';
import { Hook } from './hook.ts';
import { RealmAccounts, type ProcessAccounts, type StoreLimits } from './kept.ts';
import { MapView } from './map-view.ts';
import { MetaSession, type MetaProcedure } from './meta-session.ts';
import type { Publisher } from './publication.ts';
import type { Quotas, QuotaTally } from './quotas.ts';
import type { Feature, Realm, RouterFeatures } from './realm.ts';
import { refuseRequest, type Request } from './requests.ts';
import type { DecidePublish } from './decision.ts';
import type { Departure, Session, Undeliverable } from './session.ts';
import { shownOf } from './shown-realm.ts';
import { Tally } from './tally.ts';
import { Traffic } from './traffic.ts';
import type { TrustLevel } from './trust.ts';
import { doInTurns, type Turns } from './work.ts';

export interface RealmOptions {
  readonly clock: Clock;
  /** Draws ids of global scope: sessions and publications (IDS-2). */
  readonly globalId: () => Id;
  /** Draws ids of router scope: subscriptions and registrations (IDS-3). */
  readonly routerId: () => Id;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly uriRules: UriRules;
  readonly disclosure: boolean;
  /** How much one session may take. */
  readonly quotas: Quotas;
  /** How many sessions the realm takes; any number by default. */
  readonly maxSessions?: number | undefined;
  readonly features: readonly Feature[];
  /** What all realms of the process keep. */
  readonly kept: ProcessAccounts;
  /** How much the realm keeps. */
  readonly stores: StoreLimits;
  /** How far callers and publishers are trusted; untold when absent. */
  readonly trustLevel?: TrustLevel | undefined;
  /** What each may do, for what the realm does in a session's name; everything when absent. */
  readonly decidePublish?: DecidePublish | undefined;
  /** Bounds the work of a turn. */
  readonly turns: Turns;
  /** Resolves in a later turn of the event loop, when input and output have had their turn. */
  readonly nextTurn: () => Promise<void>;
}

/** The caller of `receive` has checked that the session may send the message: nothing here asks an authorizer. */
export class CoreRealm {
  readonly name: Uri;
  readonly broker: Broker;
  readonly dealer: Dealer;
  readonly sessions: ReadonlyMap<Id, Session>;
  readonly traffic: Traffic = new Traffic();
  /** What was refused because there is only so much of it. */
  readonly limited: QuotaTally = new Tally();
  /** What it keeps, in bytes. */
  readonly kept: RealmAccounts;
  readonly stores: StoreLimits;
  /** A session has joined, and has been welcomed. */
  readonly joined: Hook<[Session]> = new Hook();
  /** A session has left; what it held is gone already. */
  readonly left: Hook<[Session, Departure]> = new Hook();
  /** A session reads too slowly; so many of its events were dropped since this was last told. */
  readonly fellBehind: Hook<[Session, number]> = new Hook();
  /** A request of a session is refused before it is heard, for this reason (the URI of the ERROR). */
  readonly denied: Hook<[Session, Request, Uri]> = new Hook();
  /** What WELCOME announces. */
  readonly features: RouterFeatures;
  readonly clock: Clock;
  readonly uriRules: UriRules;
  /** Whether `disclose_me` is granted. */
  readonly disclosure: boolean;
  /** A procedure of the router's own has failed by a fault of its own. */
  readonly failed: Hook<[unknown]> = new Hook();
  readonly decidePublish: DecidePublish | undefined;
  /** Resolves in a later turn of the event loop; long work is done in slices, one in each turn. */
  readonly nextTurn: () => Promise<void>;
  /** Draws an id at random (IDS-2). */
  readonly globalId: () => Id;
  /** The interface of this realm for features, authorizers and applications. */
  readonly shown: Realm;
  readonly #meta: MetaSession;
  readonly #sessions = new Map<Id, Session>();
  readonly #quotas: Quotas;
  #maxSessions: number;
  /** Bounds the work of a turn. */
  readonly turns: Turns;

  constructor(name: Uri, options: RealmOptions) {
    this.name = name;
    this.sessions = new MapView(this.#sessions);
    this.clock = options.clock;
    this.uriRules = options.uriRules;
    this.disclosure = options.disclosure;
    this.decidePublish = options.decidePublish;
    this.nextTurn = options.nextTurn;
    this.globalId = options.globalId;
    this.stores = options.stores;
    this.kept = new RealmAccounts(options.kept, options.quotas, options.stores);
    const { limited } = this;
    this.#quotas = options.quotas;
    this.#maxSessions = options.maxSessions ?? Infinity;
    this.turns = options.turns;
    this.broker = new Broker({ ...options, limited });
    this.dealer = new Dealer({ ...options, limited, kept: this.kept.calls });
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

  /** Whether there is no room for one more session. */
  get isFull(): boolean {
    return this.#sessions.size >= this.#maxSessions;
  }

  /**
   * Changes limits while the realm is in use: they hold for whatever comes next, and end nothing that exists.
   * @param maxSessions any number when undefined
   */
  reconfigure(quotas: Quotas, stores: StoreLimits, maxSessions: number | undefined): void {
    // Broker, dealer and features hold the same two objects.
    Object.assign(this.#quotas, quotas);
    Object.assign(this.stores, stores);
    this.#maxSessions = maxSessions ?? Infinity;
    this.kept.resize(quotas, stores);
  }

  /** An id for a session about to join: not in use in this realm. */
  newSessionId(): Id {
    for (;;) {
      const id = this.globalId();
      if (!this.#sessions.has(id) && id !== this.#meta.id) return id;
    }
  }

  /** Takes a session in, once it has been sent WELCOME. */
  join(session: Session): void {
    this.#sessions.set(session.id, session);
    this.joined.emit(session);
  }

  /**
   * Forgets a session and all it held; harmless when it has left already. When it held more than a turn has room for,
   * the rest goes in the turns to come: until then it is a session that hears nothing any more.
   */
  leave(session: Session, departure: Departure = LOUD): void {
    if (!this.#sessions.delete(session.id)) return;
    doInTurns(this.turns, this.#leaving(session, departure));
  }

  *#leaving(session: Session, departure: Departure): Generator<void, void> {
    yield* this.dealer.leaving(session);
    yield* this.broker.leaving(session);
    this.left.emit(session, departure);
  }

  /** Does a long piece of work: as many steps as this turn has room for, and the others in the turns to come. */
  inTurns(steps: Iterator<void, void>): void {
    doInTurns(this.turns, steps);
  }

  /**
   * One message of a joined session.
   * @param disclosed true to tell others who calls or publishes, whatever the session wants and the realm grants (PID-4)
   * @throws ProtocolViolation when no client may send it now
   */
  receive(session: Session, message: Message, disclosed = false): void {
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
      case MessageType.EVENT_RECEIVED: // T-55: not announced, and no violation either
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

  /** Publishes in the name of a session, which may be gone. */
  publishFor(publisher: Publisher, topic: Uri, payload: Payload, options: PublishOptions): void {
    this.broker.publishFor(publisher, topic, payload, options);
  }

  /** Serves a procedure as the router itself. */
  procedure(procedure: Uri, serve: MetaProcedure): void {
    this.#meta.register(procedure, serve);
  }

  /** How many procedures the router itself serves. */
  get ownProcedures(): number {
    return this.#meta.procedures;
  }

  /** Ends every session. */
  close(reason: Uri = CloseUri.CLOSE_REALM): void {
    for (const session of [...this.#sessions.values()]) session.end(reason);
  }
}

const LOUD: Departure = Object.freeze({ quiet: false });

/** What broker and dealer can do by themselves. */
const CORE_FEATURES: RouterFeatures = {
  broker: [
    'publisher_exclusion',
    'publisher_identification',
    'publication_trustlevels',
    'subscriber_blackwhite_listing',
    'pattern_based_subscription',
    'subscription_revocation',
    'payload_passthru_mode',
  ],
  dealer: [
    'progressive_call_results',
    'progressive_call_invocations',
    'call_canceling',
    'call_reroute',
    'call_trustlevels',
    'caller_identification',
    'pattern_based_registration',
    'shared_registration',
    'registration_revocation',
    'payload_passthru_mode',
    // Ours: invocation policy `load`, and the registration options `concurrency` and `force_reregister`.
    'x_invoke_load',
    'x_concurrency',
    'x_force_reregister',
  ],
};

function merge(all: readonly RouterFeatures[]): RouterFeatures {
  return {
    broker: all.flatMap(({ broker = [] }) => broker),
    dealer: all.flatMap(({ dealer = [] }) => dealer),
  };
}
