/** The router: realms by name, and the connections of their clients. */
import { getHeapStatistics } from 'node:v8';
import {
  ApplicationError,
  CloseUri,
  ErrorUri,
  GlobalScope,
  nextId,
  type Dict,
  type Id,
  type Transport,
  type Uri,
  type UriRules,
  transcode,
  transcodeWith,
} from '@wamp/protocol';
import { anonymous } from './auth/anonymous.ts';
import { Attempts, type AttemptLimits } from './auth/attempts.ts';
import type { Authenticator, Underlay } from './auth/authenticator.ts';
import type { Authorizer } from './authz/authorizer.ts';
import { Admission } from './connection/admission.ts';
import { boundedLog } from './connection/bounded-log.ts';
import { Connection, type ConnectionRouter } from './connection/connection.ts';
import type { Place } from './connection/place.ts';
import { Rates } from './connection/rate-limit.ts';
import { systemClock } from './connection/system-clock.ts';
import { TurnsOfRouter } from './connection/turns.ts';
import type { Clock } from './core/clock.ts';
import { DEFAULT_STORE_LIMITS, ProcessAccounts, type StoreLimits } from './core/kept.ts';
import { DEFAULT_QUOTAS, type Quotas } from './core/quotas.ts';
import { Realm, type Feature, type RealmOptions } from './core/realm.ts';
import { Tally } from './core/tally.ts';
import type { TrustLevel } from './core/trust.ts';
import { RouterEvents } from './events.ts';
import { logEvents } from './events-log.ts';
import { tellOf } from './realm-events.ts';
import { defaultFeatures } from './features/index.ts';
import type { Host } from './host.ts';
import { DEFAULT_LIMITS, type Limits, type LimitTally } from './limits.ts';
import { LagProbe } from './metrics/lag.ts';
import { MetricsRegistry } from './metrics/registry.ts';
import { LAG, measure } from './metrics/router-metrics.ts';
import type { Log } from './log.ts';
import { FlushQueue } from './output/flush-queue.ts';
import { Outlets } from './output/outlet.ts';
import type { SlowConsumerPolicies } from './output/slow-consumer.ts';
import type { GuardedRealm } from './session/joining.ts';
import { joinLocally, type LocalOptions } from './session/local-join.ts';
import type { LocalMember, LocalRouter } from './session/local-member.ts';
import type { LocalSession } from './session/local-session.ts';
import { callsAsRouter } from './session/own-call.ts';
import { permitsOf } from './session/permits.ts';

/** What may differ from realm to realm. */
export interface RealmSettings {
  /** Who may come in; anonymous clients by default. */
  readonly authenticators?: readonly Authenticator[] | undefined;
  /** What each may do; everything when there is none. */
  readonly authorizer?: Authorizer | undefined;
  /** What a realm can do beyond routing; all that this package has by default. */
  readonly features?: readonly Feature[] | undefined;
  /** How URIs are judged: `loose` by default (spec: Building Blocks, URIs). */
  readonly uriRules?: UriRules | undefined;
  /** Whether `disclose_me` and `disclose_caller` are granted; true by default. */
  readonly disclosure?: boolean | undefined;
  /** How far callers and publishers are trusted, told in INVOCATION and EVENT; untold by default. */
  readonly trustLevel?: TrustLevel | undefined;
  /** What becomes of clients that read too slowly, by role; `disconnect` by default. */
  readonly slowConsumers?: SlowConsumerPolicies | undefined;
  /** How much one session may take, where it differs from {@link DEFAULT_QUOTAS}. */
  readonly quotas?: Partial<Quotas> | undefined;
  /** How much the realm keeps, where it differs from {@link DEFAULT_STORE_LIMITS}. */
  readonly stores?: Partial<StoreLimits> | undefined;
  /** How many sessions it takes; any number by default. More are refused with `wamp.error.limit_exceeded`. */
  readonly maxSessions?: number | undefined;
}

/** A realm by its name; what it leaves undefined it has from the router. */
export interface NamedRealm extends RealmSettings {
  readonly name: Uri;
}

/** What can be changed while a realm is in use. */
export type RealmChanges = Pick<
  RealmSettings,
  'authenticators' | 'slowConsumers' | 'quotas' | 'stores' | 'maxSessions'
>;

/** The settings beside `realms` are those of every realm that does not say otherwise. */
export interface RouterOptions extends RealmSettings {
  /** The realms, by name, or with settings of their own. There are no others: HELLO never makes one. */
  readonly realms: readonly (Uri | NamedRealm)[];
  /** Whether clients must number requests 1, 2, 3 …; false by default, for some do not. */
  readonly strictRequestIds?: boolean;
  /** Bounds that differ from {@link DEFAULT_LIMITS}. */
  readonly limits?: Partial<Limits>;
  /**
   * How often somebody may try to log in, where it differs from {@link DEFAULT_ATTEMPT_LIMITS}; false for as often as
   * they like.
   */
  readonly attempts?: Partial<AttemptLimits> | false;
  /** What WELCOME says of the router's make. */
  readonly agent?: string;
  /**
   * Takes log entries; silent by default. Of one kind (text) it is given 10 a second at most, and then how many more there
   * were (`unmentioned`), so that no client can flood it; texts among the facts end after 512 characters.
   */
  readonly log?: Log;
  /** Time, for tests. */
  readonly clock?: Clock;
  /** Draws ids of global scope, for tests. */
  readonly globalId?: () => Id;
  /** Uniform in [0, 1), for tests. */
  readonly random?: () => number;
  /** Resolves in a later turn of the event loop, for tests; what `setImmediate` waits for by default. */
  readonly nextTurn?: () => Promise<void>;
}

/** What can be changed while a router runs; what is absent stays as it is. */
export interface RouterChanges {
  readonly limits?: Partial<Limits>;
  readonly attempts?: Partial<AttemptLimits>;
}

/** A router with its realms, open for connections. */
export class Router implements ConnectionRouter, LocalRouter, Host {
  readonly agent: string;
  readonly uriRules: UriRules;
  readonly strictRequestIds: boolean;
  readonly clock: Clock;
  readonly limits: Limits;
  /** How often each limit on connections was met. */
  readonly limited: LimitTally = new Tally();
  readonly attempts: Attempts | undefined;
  readonly log: Log;
  /** What happens: who connects, logs in and leaves, what is denied, which limits are met. */
  readonly events: RouterEvents = new RouterEvents((error) => {
    this.log('error', 'a listener of router.events failed', { error });
  });
  /** What is counted, for readers such as Prometheus: `router.metrics.read()` (docs/metrics.md). */
  readonly metrics: MetricsRegistry = new MetricsRegistry();
  /** Of all sockets: when it is through, no frame of the turn is under way any more. */
  readonly queue: FlushQueue = new FlushQueue();
  /** How its clients share the event loop. */
  readonly turns: TurnsOfRouter;
  readonly outlets: Outlets;
  readonly admission: Admission;
  /** What outlives the messages it came in, of all realms and clients together: its bytes, and its limit. */
  readonly kept: ProcessAccounts;
  readonly #realms = new Map<Uri, GuardedRealm>();
  readonly #connections = new Set<Connection>();
  /** The sessions of code in this process. */
  readonly #local = new Set<LocalMember>();
  readonly #rates: Rates;
  readonly #lag: LagProbe;
  readonly #options: RouterOptions;
  /** How many connections there have been. */
  #opened = 0;
  #whenEmpty: (() => void) | undefined;
  #closing = false;

  /** @throws Error when two realms have one name */
  constructor(options: RouterOptions) {
    this.#options = options;
    this.agent = options.agent ?? '@wamp/router';
    this.uriRules = options.uriRules ?? 'loose';
    this.strictRequestIds = options.strictRequestIds ?? false;
    this.clock = options.clock ?? systemClock;
    this.turns = new TurnsOfRouter(this.queue, this.limited, this.clock);
    this.outlets = new Outlets(this.queue.memory, this.turns.work);
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.kept = new ProcessAccounts(keptBytes(this.limits));
    this.attempts = options.attempts === false ? undefined : new Attempts(this.clock, options.attempts);
    this.log = options.log === undefined ? () => undefined : boundedLog(options.log, this.clock);
    this.admission = new Admission(this);
    this.#rates = new Rates(this);
    if (options.log !== undefined) logEvents(this.events, this.log);
    this.limited.added.on((limit, amount) => {
      this.events.emit({ code: 'limit_met', limit, realm: undefined, amount });
    });
    this.#lag = new LagProbe(this.metrics.histogram(LAG).of());
    measure(this, this.metrics);
    for (const realm of options.realms) this.addRealm(realm);
  }

  realm(name: Uri): Realm | undefined {
    return this.#realms.get(name)?.realm;
  }

  /** All realms; for the metrics. */
  *allRealms(): Generator<Realm, void> {
    for (const { realm } of this.#realms.values()) yield realm;
  }

  /** All connections; for the metrics. */
  allConnections(): Iterable<Connection> {
    return this.#connections;
  }

  guardedRealm(name: Uri): GuardedRealm | undefined {
    return this.#realms.get(name);
  }

  /**
   * Takes a client in at the other end of `transport`.
   * @param peer how it is connected, for the session meta API, such as `{ type: 'websocket' }`
   * @param underlay how it is connected, for authenticators alone
   * @param place what it has been admitted with; without one, it is counted as a handshake, and does not wait
   */
  open(
    transport: Transport,
    peer: Dict = {},
    underlay: Underlay = {},
    place: Place = this.admission.enter(underlay.address),
  ): void {
    const number = (this.#opened += 1);
    const connection = new Connection(this, transport, { number, peer, underlay, place });
    this.#connections.add(connection);
    this.#lag.start();
    transport.listener = this.#rates.listenerFor(connection, underlay.address);
    if (this.#closing) connection.shutDown(CloseUri.SYSTEM_SHUTDOWN);
  }

  /**
   * Changes limits while the router runs. `pingInterval`, `pingTimeout` and `messageSize` hold for acceptors that are made
   * later (`acceptWebSockets` …), all others for whatever comes next.
   * @param attempts is ignored by a router that was created with `attempts: false`
   */
  reconfigure({ limits = {}, attempts = {} }: RouterChanges): void {
    Object.assign(this.limits, limits);
    this.kept.resize(keptBytes(this.limits));
    this.attempts?.reconfigure(attempts);
  }

  /**
   * Adds a realm while the router runs.
   * @throws Error when there is a realm of that name
   */
  addRealm(realm: Uri | NamedRealm): void {
    this.#addRealm(typeof realm === 'string' ? { name: realm } : realm, this.#options);
  }

  /**
   * Changes a realm while it is in use, to what it would be if it were created with these settings: for clients that join
   * later, and for requests that come later. A client that is authenticating when `authenticators` change is refused with
   * `wamp.error.unavailable`, and may try again.
   * @throws Error when there is no such realm
   */
  reconfigureRealm(name: Uri, changes: RealmChanges): void {
    const guarded = this.#realms.get(name);
    if (guarded === undefined) throw new Error(`no realm is called ${name}`);
    const { quotas, stores, maxSessions } = this.#boundsOf(changes, this.#options);
    guarded.realm.reconfigure(quotas, stores, maxSessions);
    const guards = this.#guardsOf(changes, this.#options);
    const isSame =
      guards.authenticators === guarded.authenticators && guards.slowConsumers === guarded.slowConsumers;
    if (!isSame) this.#realms.set(name, { ...guarded, ...guards });
  }

  /**
   * Removes a realm: its sessions are sent GOODBYE, and what it keeps is gone.
   * @param reason the URI of that GOODBYE; `wamp.close.close_realm` by default
   * @returns false when there was no such realm
   */
  removeRealm(name: Uri, reason: Uri = CloseUri.CLOSE_REALM): boolean {
    const guarded = this.#realms.get(name);
    if (guarded === undefined) return false;
    this.#realms.delete(name);
    guarded.realm.close(reason);
    guarded.realm.kept.dispose();
    return true;
  }

  /**
   * Joins a realm with a session of code in this process, at once.
   * @param name of the realm
   * @param options who the session is, and what it may do
   * @throws ApplicationError `wamp.error.no_such_realm`; `wamp.error.limit_exceeded` when the realm is full;
   *   `wamp.close.system_shutdown` when the router drains or is closed
   */
  join(name: Uri, options?: LocalOptions): LocalSession {
    const guarded = this.#realms.get(name);
    if (guarded === undefined) throw new ApplicationError(ErrorUri.NO_SUCH_REALM, [name]);
    if (this.#closing) throw new ApplicationError(CloseUri.SYSTEM_SHUTDOWN, ['the router is closing']);
    return joinLocally(this, guarded, options);
  }

  /**
   * Prepares for the end. New calls are refused with `wamp.error.unavailable`, and new connections, like those
   * that have not joined yet, with ABORT `wamp.close.system_shutdown`; sessions go on otherwise. Resolves once no
   * call is in flight, and after `patience` (ms) at the latest. `close` is what follows.
   */
  drain(patience: number): Promise<void> {
    this.#closing = true;
    this.admission.close();
    for (const connection of [...this.#connections]) {
      if (connection.member === undefined) connection.shutDown(CloseUri.SYSTEM_SHUTDOWN);
    }
    return new Promise((resolve) => {
      // A promise settles on a turn of its own: the answers of the last calls go before whatever is next.
      const dismiss = this.clock.after(patience, resolve);
      let busy = this.#realms.size;
      const idle = (): void => {
        busy -= 1;
        if (busy > 0) return;
        dismiss();
        resolve();
      };
      for (const { realm } of this.#realms.values()) realm.dealer.drain(idle);
    });
  }

  /** Says GOODBYE to all sessions; resolves when the last connection has ended. */
  close(reason: Uri = CloseUri.SYSTEM_SHUTDOWN): Promise<void> {
    this.#closing = true;
    this.admission.close();
    const empty = new Promise<void>((resolve) => {
      this.#whenEmpty = resolve;
    });
    for (const connection of [...this.#connections]) connection.shutDown(reason);
    for (const member of [...this.#local]) member.end(reason);
    this.#tellWhenEmpty();
    return empty;
  }

  disconnected(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#lag.stop();
    this.#tellWhenEmpty();
  }

  entered(member: LocalMember): void {
    this.#local.add(member);
    member.realm.join(member);
  }

  left(member: LocalMember): void {
    this.#local.delete(member);
  }

  #tellWhenEmpty(): void {
    if (this.#connections.size === 0) this.#whenEmpty?.();
  }

  #addRealm(own: NamedRealm, options: RouterOptions): void {
    const { name, authorizer = options.authorizer } = own;
    if (this.#realms.has(name)) throw new Error(`two realms are called ${name}`);
    const realm: Realm = this.#createRealm(own, options, {
      permits:
        authorizer &&
        permitsOf(authorizer, () => ({ realm, call }), {
          clock: this.clock,
          log: this.log,
          timeout: this.limits.authorizeTimeout,
        }),
    });
    const call = callsAsRouter(this, realm);
    this.#realms.set(name, { realm, call, authorizer, ...this.#guardsOf(own, options) });
  }

  #guardsOf(
    own: RealmChanges,
    options: RouterOptions,
  ): Pick<GuardedRealm, 'authenticators' | 'slowConsumers'> {
    const { authenticators = options.authenticators, slowConsumers = options.slowConsumers } = own;
    return { authenticators: authenticators ?? [anonymous()], slowConsumers };
  }

  #boundsOf(
    own: RealmChanges,
    options: RouterOptions,
  ): Pick<RealmOptions, 'quotas' | 'stores' | 'maxSessions'> {
    return {
      quotas: { ...DEFAULT_QUOTAS, ...options.quotas, ...own.quotas },
      stores: { ...DEFAULT_STORE_LIMITS, ...options.stores, ...own.stores },
      maxSessions: own.maxSessions ?? options.maxSessions,
    };
  }

  #createRealm(own: NamedRealm, options: RouterOptions, permits: Pick<RealmOptions, 'permits'>): Realm {
    const scope = new GlobalScope();
    let lastRouterId: Id = 0;
    const realm = new Realm(own.name, {
      clock: this.clock,
      globalId: options.globalId ?? ((): Id => scope.next()),
      routerId: () => (lastRouterId = nextId(lastRouterId)),
      random: options.random ?? Math.random,
      uriRules: own.uriRules ?? this.uriRules,
      disclosure: own.disclosure ?? options.disclosure ?? true,
      ...this.#boundsOf(own, options),
      kept: this.kept,
      features: own.features ?? options.features ?? defaultFeatures(),
      trustLevel: own.trustLevel ?? options.trustLevel,
      turns: this.turns,
      nextTurn: options.nextTurn ?? afterInputAndOutput,
      ...permits,
    });
    realm.failed.on((error) => {
      this.log('error', 'a procedure of the router failed', { realm: own.name, error });
    });
    tellOf(realm, this.events);
    return realm;
  }
}

/** What the process may keep, in bytes. */
function keptBytes({ keptSize }: Limits): number {
  return keptSize || Math.floor(getHeapStatistics().heap_size_limit / 4);
}

function afterInputAndOutput(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A router with its realms, open for connections. */
export function createRouter(options: RouterOptions): Router {
  // What goes from one serializer to another is not decoded on the way.
  transcodeWith(transcode);
  return new Router(options);
}
