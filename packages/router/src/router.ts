/** The router: its realms by name, and the connections of their clients. */
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
} from '@wamp/protocol';
import { Attempts } from './auth/attempts.ts';
import type { Underlay } from './auth/authenticator.ts';
import { Admission } from './connection/admission.ts';
import { ArrivingMemory } from './connection/arriving-memory.ts';
import { boundedLog } from './connection/bounded-log.ts';
import { Connection, type ConnectionRouter } from './connection/connection.ts';
import { logIn, type Credentials, type LoginOptions } from './connection/log-in.ts';
import type { Place } from './connection/place.ts';
import { Rates } from './connection/rate-limit.ts';
import { systemClock } from './connection/system-clock.ts';
import { TurnsOfRouter } from './connection/turns.ts';
import type { Clock } from './core/clock.ts';
import { CoreRealm, type RealmOptions } from './core/core-realm.ts';
import { ProcessAccounts } from './core/kept.ts';
import type { Realm } from './core/realm.ts';
import { Tally } from './core/tally.ts';
import { RouterEvents } from './events.ts';
import { logEvents } from './events-log.ts';
import { tellOf } from './realm-events.ts';
import { defaultFeatures } from './features/index.ts';
import { hostOf, type Host, type Router } from './host.ts';
import { ClusterNode } from './cluster/cluster.ts';
import { sharedOptions } from './cluster/shared-options.ts';
import { DEFAULT_LIMITS, type Limits, type LimitTally } from './limits.ts';
import { LagProbe } from './metrics/lag.ts';
import { MetricsRegistry } from './metrics/registry.ts';
import { LAG, measure } from './metrics/router-metrics.ts';
import type { Log } from './log.ts';
import { FlushQueue } from './output/flush-queue.ts';
import { Outlets } from './output/outlet.ts';
import type { NamedRealm, RealmChanges, RouterChanges, RouterOptions } from './router-options.ts';
import { RealmTemplates } from './realm-templates.ts';
import { afterInputAndOutput, boundsOf, guardsOf, keptBytes } from './router-settings.ts';
import type { Destination, GuardedRealm } from './session/candidate.ts';
import { joinLocally, type LocalOptions } from './session/local-join.ts';
import type { LocalMember, LocalRouter } from './session/local-member.ts';
import type { LocalSession } from './session/local-session.ts';
import { callsAsRouter } from './session/own-call.ts';
import { decidePublishBy } from './session/publish-decisions.ts';

/** The internal interface of a router; {@link coreOf} returns it for a {@link Router}. */
export class CoreRouter implements ConnectionRouter, LocalRouter, Host {
  readonly agent: string;
  readonly uriRules: UriRules;
  readonly strictRequestIds: boolean;
  readonly clock: Clock;
  readonly limits: Limits;
  /** The number of times that each limit on connections was met. */
  readonly limited: LimitTally = new Tally();
  readonly attempts: Attempts | undefined;
  readonly log: Log;
  readonly events: RouterEvents = new RouterEvents((error) => {
    this.log('error', 'a listener of router.events failed', { code: 'event_listener_failed', error });
  });
  readonly metrics: MetricsRegistry = new MetricsRegistry();
  /** The queue of all sockets that have frames to write; when it has been flushed, all frames of the turn are written. */
  readonly queue: FlushQueue = new FlushQueue();
  /** Divides the time of the event loop among the clients. */
  readonly turns: TurnsOfRouter;
  readonly outlets: Outlets;
  readonly admission: Admission;
  /** Accounts for the bytes of data that outlives its messages, over all realms and clients, and their limit. */
  readonly kept: ProcessAccounts;
  /** The memory of messages that are being received. */
  readonly arriving: ArrivingMemory;
  /** The realms that exist only while they are used. */
  readonly templates: RealmTemplates;
  /** Undefined for a router on its own. */
  readonly cluster: ClusterNode | undefined;
  readonly #realms = new Map<Uri, GuardedRealm>();
  readonly #connections = new Set<Connection>();
  /** The sessions of code in this process. */
  readonly #local = new Set<LocalMember>();
  readonly #rates: Rates;
  readonly #lag: LagProbe;
  readonly #options: RouterOptions;
  /** The number of connections that were ever opened. */
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
    this.arriving = new ArrivingMemory(this);
    this.attempts = options.attempts === false ? undefined : new Attempts(this.clock, options.attempts);
    this.log = options.log === undefined ? () => undefined : boundedLog(options.log, this.clock);
    this.admission = new Admission(this);
    this.#rates = new Rates(this);
    if (options.log !== undefined) logEvents(this.events, this.log);
    this.limited.added.on((limit, amount) => {
      this.events.emit({ code: 'limit_met', limit, realm: undefined, amount });
    });
    this.#lag = new LagProbe(this.metrics.histogram(LAG).of());
    this.cluster = options.cluster && new ClusterNode(this, options.cluster);
    for (const realm of options.realms) this.addRealm(realm);
    this.templates = new RealmTemplates(this, options);
    measure(this, this.metrics);
  }

  async start(): Promise<void> {
    await this.cluster?.start();
  }

  realm(name: Uri): CoreRealm | undefined {
    return this.#realms.get(name)?.realm;
  }

  /** All realms, through their public interface. */
  *realms(): Generator<Realm, void> {
    for (const { realm } of this.#realms.values()) yield realm.shown;
  }

  /** All connections; for the metrics. */
  allConnections(): Iterable<Connection> {
    return this.#connections;
  }

  guardedRealm(name: Uri): GuardedRealm | undefined {
    return this.#realms.get(name);
  }

  destination(name: Uri): Destination | undefined {
    const guarded = this.#realms.get(name);
    return guarded?.realm.template === undefined && guarded !== undefined
      ? guarded
      : this.templates.find(name);
  }

  /**
   * Opens a connection for the client at the other end of `transport`.
   * @param peer describes the connection in the session meta API, such as `{ type: 'websocket' }`
   * @param underlay describes the connection to authenticators only
   * @param place the place that admission gave to the connection; without one, it gets a slot at once
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

  reconfigure({ limits = {}, attempts = {}, realmTemplates }: RouterChanges): void {
    Object.assign(this.limits, limits);
    this.kept.resize(keptBytes(this.limits));
    this.attempts?.reconfigure(attempts);
    if (realmTemplates !== undefined) this.templates.replace(realmTemplates);
  }

  addRealm(realm: Uri | NamedRealm): void {
    this.createRealm(typeof realm === 'string' ? { name: realm } : realm);
  }

  reconfigureRealm(name: Uri, changes: RealmChanges): void {
    const guarded = this.#realms.get(name);
    if (guarded === undefined) throw new Error(`there is no realm with the name ${name}`);
    const guards = guardsOf(changes, this.#options);
    const { quotas, stores, maxSessions } = boundsOf(changes, this.#options);
    guarded.realm.reconfigure(quotas, stores, maxSessions);
    const isSame =
      guards.authenticators === guarded.authenticators && guards.slowConsumers === guarded.slowConsumers;
    if (!isSame) this.#realms.set(name, { ...guarded, ...guards });
  }

  removeRealm(name: Uri, reason: Uri = CloseUri.CLOSE_REALM): boolean {
    const guarded = this.#realms.get(name);
    if (guarded === undefined) return false;
    this.#realms.delete(name);
    guarded.realm.close(reason);
    guarded.realm.removed.emit();
    guarded.realm.kept.dispose();
    return true;
  }

  join(name: Uri, options?: LocalOptions): LocalSession {
    const guarded = this.#realms.get(name);
    if (guarded === undefined) throw new ApplicationError(ErrorUri.NO_SUCH_REALM, [name]);
    if (this.#closing) throw new ApplicationError(CloseUri.SYSTEM_SHUTDOWN, ['the router is closing']);
    return joinLocally(this, guarded, options);
  }

  async logIn(name: Uri, credentials: Credentials, options: LoginOptions = {}): Promise<LocalSession> {
    if (this.#closing) throw new ApplicationError(CloseUri.SYSTEM_SHUTDOWN, ['the router is closing']);
    return logIn(this, name, credentials, options);
  }

  drain(patience: number, except: readonly Uri[] = []): Promise<void> {
    this.#closing = true;
    this.admission.close();
    for (const connection of [...this.#connections]) {
      if (connection.member === undefined) connection.shutDown(CloseUri.SYSTEM_SHUTDOWN);
    }
    return new Promise((resolve) => {
      // The promise settles in a turn of its own, after the answers to the last calls have been sent.
      const dismiss = this.clock.after(patience, resolve);
      const drained = [...this.#realms].filter(([name]) => !except.includes(name));
      let busy = 1;
      const idle = (): void => {
        busy -= 1;
        if (busy > 0) return;
        dismiss();
        resolve();
      };
      for (const [, { realm }] of drained) {
        busy += realm.anteroom === undefined ? 1 : 2;
        realm.dealer.drain(idle);
        realm.anteroom?.withdraw(idle);
      }
      idle();
    });
  }

  close(reason: Uri = CloseUri.SYSTEM_SHUTDOWN): Promise<void> {
    this.#closing = true;
    this.admission.close();
    this.templates.stop();
    const empty = new Promise<void>((resolve) => {
      this.#whenEmpty = resolve;
    });
    for (const connection of [...this.#connections]) connection.shutDown(reason);
    for (const member of [...this.#local]) member.end(reason);
    this.#tellWhenEmpty();
    // All sessions have left; a client that does not close its connection does not delay the other nodes.
    return this.cluster === undefined
      ? empty
      : Promise.all([empty, this.cluster.leave()]).then(() => undefined);
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

  /** Adds a realm. @param template the pattern of the template that it is created from, if any */
  createRealm(own: NamedRealm, template?: Uri): GuardedRealm {
    const options = this.#options;
    const { name, authorizer = options.authorizer } = own;
    if (this.#realms.has(name)) throw new Error(`there are two realms with the name ${name}`);
    const guards = guardsOf(own, options);
    const isShared = this.cluster !== undefined && own.cluster !== false;
    const realm: CoreRealm = this.#createRealm(own, options, {
      template,
      ...(isShared ? sharedOptions(name) : {}),
      decidePublish:
        authorizer &&
        decidePublishBy(authorizer, () => ({ realm: realm.shown, call }), {
          ...{ clock: this.clock, log: this.log, timeout: this.limits.authorizeTimeout },
        }),
    });
    if (isShared) this.cluster.add(realm);
    const call = callsAsRouter(this, realm);
    const guarded = { realm, call, authorizer, ...guards };
    this.#realms.set(name, guarded);
    return guarded;
  }

  #createRealm(
    own: NamedRealm,
    options: RouterOptions,
    more: Partial<Pick<RealmOptions, 'decidePublish' | 'template' | 'routerId' | 'sharing'>>,
  ): CoreRealm {
    const scope = new GlobalScope();
    let lastRouterId: Id = 0;
    const realm = new CoreRealm(own.name, {
      clock: this.clock,
      globalId: options.globalId ?? ((): Id => scope.next()),
      routerId: () => (lastRouterId = nextId(lastRouterId)),
      random: options.random ?? Math.random,
      uriRules: own.uriRules ?? this.uriRules,
      disclosure: own.disclosure ?? options.disclosure ?? true,
      ...boundsOf(own, options),
      kept: this.kept,
      features: own.features ?? options.features ?? defaultFeatures(),
      trustLevel: own.trustLevel ?? options.trustLevel,
      turns: this.turns,
      nextTurn: options.nextTurn ?? afterInputAndOutput,
      ...more,
    });
    realm.failed.on((error) => {
      this.log('error', 'a procedure of the router failed', {
        code: 'procedure_failed',
        realm: own.name,
        error,
      });
    });
    tellOf(realm.shown, this.events);
    return realm;
  }
}

/**
 * The internal interface of a router, for tests of this package.
 * @throws TypeError for a router that `createRouter` has not created
 */
export function coreOf(router: Router): CoreRouter {
  const host = hostOf(router);
  if (host instanceof CoreRouter) return host;
  throw new TypeError('router: expected one that createRouter returned');
}
