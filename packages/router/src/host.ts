/** The interfaces of a router: `Router` for applications, `Host` for the code that accepts connections. */
import type { Dict, Transport, Uri } from '@wamp/protocol';
import type { Underlay } from './auth/authenticator.ts';
import type { Admission } from './connection/admission.ts';
import type { ArrivingMemory } from './connection/arriving-memory.ts';
import type { Place } from './connection/place.ts';
import type { Cluster } from './cluster/options.ts';
import type { Clock } from './core/clock.ts';
import type { ProcessAccounts } from './core/kept.ts';
import type { Realm } from './core/realm.ts';
import type { ReadonlyTally } from './core/tally.ts';
import type { EventSource } from './events.ts';
import type { LimitName, Limits, LimitTally } from './limits.ts';
import type { Log } from './log.ts';
import type { MetricsRegistry } from './metrics/registry.ts';
import type { FlushQueue } from './output/flush-queue.ts';
import type { NamedRealm, RealmChanges, RouterChanges } from './router-options.ts';
import type { Credentials, LoginOptions } from './connection/log-in.ts';
import type { LocalOptions } from './session/local-join.ts';
import type { LocalSession } from './session/local-session.ts';

/** A router with its realms; `createRouter` returns one. */
export interface Router {
  /** Emits events about connections, log-ins, sessions, denied requests and limits that were met (docs/metrics.md). */
  readonly events: EventSource;
  /** All metrics, for readers such as Prometheus: `router.metrics.read()` (docs/metrics.md). */
  readonly metrics: MetricsRegistry;
  /** The limits in force: those of the options, and the defaults of the others. */
  readonly limits: Limits;
  /** The source of time: the clock in the options, or that of the machine. */
  readonly clock: Clock;
  /** The number of times that each limit on connections was met (docs/limits.md). */
  readonly limited: ReadonlyTally<LimitName>;
  /** Bytes of data that outlives its messages, in all realms, and their limit (`limits.keptSize`). */
  readonly kept: { readonly used: number; readonly limit: number };
  /**
   * Writes to `RouterOptions.log`, with the same limit on the rate, for code that accepts connections on the router's behalf.
   * Such code uses log codes of its own. Does nothing when the router has no log.
   */
  readonly log: Log;

  /** The realm of that name; undefined when the router has none. */
  realm(name: Uri): Realm | undefined;

  /** All realms. */
  realms(): Iterable<Realm>;

  /**
   * Accepts a client over a transport of your own; the router uses this end of it.
   * @param peer describes the connection in the session meta API, such as `{ type: 'in-memory' }`; empty by default
   * @param underlay describes the connection to authenticators only; empty by default
   */
  open(transport: Transport, peer?: Dict, underlay?: Underlay): void;

  /**
   * Changes limits while the router runs. `pingInterval`, `pingTimeout` and `messageSize` apply to acceptors that are
   * created later (`acceptWebSockets` …); all other limits apply at once.
   * @param changes `attempts` is ignored by a router that was created with `attempts: false`
   */
  reconfigure(changes: RouterChanges): void;

  /**
   * Adds a realm while the router runs.
   * @throws Error when there is a realm of that name
   */
  addRealm(realm: Uri | NamedRealm): void;

  /**
   * Changes the settings of a realm while it is in use. They apply to clients that join later, and to requests that arrive
   * later. A client that is authenticating when `authenticators` change is refused with `wamp.error.unavailable`, and may
   * try again.
   * @throws Error when there is no such realm
   */
  reconfigureRealm(name: Uri, changes: RealmChanges): void;

  /**
   * Removes a realm: its sessions are sent GOODBYE, and all data that it keeps is deleted.
   * @param reason the URI of that GOODBYE; `wamp.close.close_realm` by default
   * @returns false when there was no such realm
   */
  removeRealm(name: Uri, reason?: Uri): boolean;

  /**
   * Joins a realm with a session of this process, synchronously.
   * @param realm the name of the realm
   * @param options the principal of the session, and what it may do
   * @throws ApplicationError `wamp.error.no_such_realm`; `wamp.error.limit_exceeded` when the realm is full;
   *   `wamp.close.system_shutdown` when the router drains or is closed
   */
  join(realm: Uri, options?: LocalOptions): LocalSession;

  /**
   * Joins a realm on behalf of a principal that proves its identity as a client would: the realm's authenticators check the
   * credentials, failed attempts count, and {@link Router.events} reports the outcome. For bridges from other protocols. A log-in
   * whose authenticator names another realm is refused with `wamp.error.no_such_realm`.
   * @param realm the name of the realm
   * @param credentials what the principal claims, and how it answers a challenge
   * @param options describes how the principal is connected
   * @throws ApplicationError with the URI of the ABORT that a client would get, such as `wamp.error.authentication_denied`;
   *   `wamp.error.limit_exceeded` when the realm is full; `wamp.error.unavailable` when too many clients are joining
   */
  logIn(realm: Uri, credentials: Credentials, options?: LoginOptions): Promise<LocalSession>;

  /** What is known of the cluster; undefined for a router on its own. */
  readonly cluster: Cluster | undefined;

  /**
   * Joins the cluster, if the router has one; open listeners afterwards. Resolves at once without one.
   * @throws Error that says why it cannot join, such as that a node of this name is alive
   */
  start(): Promise<void>;

  /**
   * Prepares for shutdown. New calls are refused with `wamp.error.unavailable`; new connections, and those that have not
   * joined yet, with ABORT `wamp.close.system_shutdown`. Sessions continue otherwise. Resolves when no call is in flight,
   * and after `patience` (ms) at the latest. Call `close` next.
   * @param except realms that still accept calls, and whose calls are not waited for; none by default
   */
  drain(patience: number, except?: readonly Uri[]): Promise<void>;

  /**
   * Sends GOODBYE to all sessions, and leaves the cluster; resolves when the last connection has ended.
   * @param reason `wamp.close.system_shutdown` by default
   */
  close(reason?: Uri): Promise<void>;
}

/** A router as seen by the code that accepts connections for it. */
export interface Host {
  readonly clock: Clock;
  readonly limits: Limits;
  /** The number of times that each limit on connections was met. */
  readonly limited: LimitTally;
  readonly log: Log;
  /** Gives each connection its place when it is accepted. */
  readonly admission: Pick<Admission, 'accept' | 'place' | 'trust'>;
  /** The queue of all sockets that have frames to write; when it has been flushed, all frames of the turn are written. */
  readonly queue: FlushQueue;
  /** Accounts for data that outlives its messages; acceptors use it for the bodies of long-polls. */
  readonly kept: Pick<ProcessAccounts, 'ofSessions'>;
  /** The memory of messages that are being received. */
  readonly arriving: ArrivingMemory;

  /**
   * Opens a connection for the client at the other end of `transport`.
   * @param peer describes the connection in the session meta API, such as `{ type: 'websocket' }`; empty by default
   * @param underlay describes the connection to authenticators only; empty by default
   * @param place the place that admission gave to the connection; without one, it gets a slot at once
   */
  open(transport: Transport, peer?: Dict, underlay?: Underlay, place?: Place): void;
}

const hosts = new WeakMap<Router, Host>();

/** Registers the host of a router for {@link hostOf}. */
export function isHostOf(host: Host, router: Router): void {
  hosts.set(router, host);
}

/**
 * The host of a router.
 * @throws TypeError for a router that `createRouter` has not created
 */
export function hostOf(router: Router): Host {
  const host = hosts.get(router);
  if (host === undefined) throw new TypeError('router: expected one that createRouter returned');
  return host;
}
