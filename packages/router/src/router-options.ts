/** The options of a router and of its realms. */
import type { Id, Uri, UriRules } from '@wamp/protocol';
import type { AttemptLimits } from './auth/attempts.ts';
import type { Authenticator } from './auth/authenticator.ts';
import type { Authorizer } from './authz/authorizer.ts';
import type { ClusterOptions } from './cluster/options.ts';
import type { Clock } from './core/clock.ts';
import type { StoreLimits } from './core/kept.ts';
import type { Quotas } from './core/quotas.ts';
import type { Feature } from './core/realm.ts';
import type { TrustLevel } from './core/trust.ts';
import type { Limits } from './limits.ts';
import type { Log } from './log.ts';
import type { SlowConsumerPolicies } from './output/slow-consumer.ts';

/** The settings of one realm. */
export interface RealmSettings {
  /** How clients authenticate; anonymous clients are admitted by default. */
  readonly authenticators?: readonly Authenticator[] | undefined;
  /** Decides which requests each principal may make; all by default. */
  readonly authorizer?: Authorizer | undefined;
  /** The features of the realm beyond routing; all features of this package by default. */
  readonly features?: readonly Feature[] | undefined;
  /** The rules that URIs have to follow; `loose` by default (spec: Building Blocks, URIs). */
  readonly uriRules?: UriRules | undefined;
  /** Whether clients may use `disclose_me` and `disclose_caller`; true by default. */
  readonly disclosure?: boolean | undefined;
  /** Determines the `trustlevel` of callers and publishers in INVOCATION and EVENT; absent from them by default. */
  readonly trustLevel?: TrustLevel | undefined;
  /** What the router does with clients that read too slowly, by role; `disconnect` by default. */
  readonly slowConsumers?: SlowConsumerPolicies | undefined;
  /** Limits of one session that differ from {@link DEFAULT_QUOTAS}. */
  readonly quotas?: Partial<Quotas> | undefined;
  /** Limits of the realm's stores that differ from {@link DEFAULT_STORE_LIMITS}. */
  readonly stores?: Partial<StoreLimits> | undefined;
  /** The maximum number of sessions; unlimited by default. Further ones are refused with `wamp.error.limit_exceeded`. */
  readonly maxSessions?: number | undefined;
}

/** A realm by its name; settings that are undefined are taken from the router's options. */
export interface NamedRealm extends RealmSettings {
  readonly name: Uri;
  /** Whether it is shared with the other nodes of the cluster, if there is one; true by default. It must be so at all nodes. */
  readonly cluster?: boolean | undefined;
  /**
   * Whether calls go to callees of this node before those of other nodes, for the invocation policies `random`, `roundrobin`
   * and `load`: another node gets a call when no callee here has room, or all have declined. False by default.
   */
  readonly preferLocal?: boolean | undefined;
}

/**
 * Realms that are created when a client is admitted to them, and removed when they are idle; what they keep goes with them.
 * Settings that are undefined are taken from the router's options. They are never shared with other nodes of a cluster.
 */
export interface RealmTemplate extends RealmSettings {
  /**
   * The pattern of their names: a star at the end makes it a prefix (`com.example.*`, `*`), and stars as components make it a
   * wildcard (`com.*.live`). Names below `wamp` never match. Of several templates, the first that matches applies.
   */
  readonly uri: Uri;
  /**
   * The maximum number of these realms; 100 by default. Another one takes the place of the one that has been idle for longest;
   * if none is idle, clients are refused with `wamp.error.limit_exceeded`.
   */
  readonly maxRealms?: number | undefined;
  /**
   * The maximum number of these realms that clients of one address, or for IPv6 one /64 network, have created; 10 by default.
   * Clients of this machine are not counted by address.
   */
  readonly maxRealmsPerAddress?: number | undefined;
  /** How long a realm without sessions exists (ms); 10 minutes by default. */
  readonly idle?: number | undefined;
  /** Limits of the stores of each of these realms; 1 MiB by default for retained events, and for event history. */
  readonly stores?: Partial<StoreLimits> | undefined;
}

/** The settings that can be changed while a realm is in use. */
export type RealmChanges = Pick<
  RealmSettings,
  'authenticators' | 'slowConsumers' | 'quotas' | 'stores' | 'maxSessions'
>;

/** The options of a router. Settings of realms in it apply to every realm that does not have its own. */
export interface RouterOptions extends RealmSettings {
  /** The realms, by name, or with settings of their own. */
  readonly realms: readonly (Uri | NamedRealm)[];
  /** Realms that exist while they are used; none by default, and then HELLO never creates a realm. */
  readonly realmTemplates?: readonly RealmTemplate[];
  /** Whether clients must number requests 1, 2, 3 …; false by default, because some clients do not. */
  readonly strictRequestIds?: boolean;
  /** Limits that differ from {@link DEFAULT_LIMITS}. */
  readonly limits?: Partial<Limits>;
  /**
   * Limits of failed log-in attempts that differ from {@link DEFAULT_ATTEMPT_LIMITS}; false for no limits.
   */
  readonly attempts?: Partial<AttemptLimits> | false;
  /** Makes the router one of several that serve the same realms (docs/clustering.md). Call `router.start()` then. */
  readonly cluster?: ClusterOptions | undefined;
  /** What WELCOME says of the router's make. */
  readonly agent?: string;
  /**
   * Receives log entries; nothing is logged by default. It gets at most 10 entries of one kind (text) per second, followed by
   * the number of the others (`unmentioned`), so that no client can flood it. Texts among the facts are cut after 512
   * characters.
   */
  readonly log?: Log;
  /** The source of time, for tests; the clock of the machine by default. */
  readonly clock?: Clock;
  /** Draws random ids of global scope, for tests. */
  readonly globalId?: () => Id;
  /** Returns random numbers, uniform in [0, 1), for tests; `Math.random` by default. */
  readonly random?: () => number;
  /** Resolves in a later turn of the event loop, for tests; uses `setImmediate` by default. */
  readonly nextTurn?: () => Promise<void>;
}

/** The options that can be changed while a router runs; absent ones stay as they are. */
export interface RouterChanges {
  readonly limits?: Partial<Limits>;
  readonly attempts?: Partial<AttemptLimits>;
  /**
   * All templates from now on. Realms whose pattern is not among them are removed with their sessions; the others get the
   * settings of their template as by `reconfigureRealm`, and all settings when they are created anew.
   */
  readonly realmTemplates?: readonly RealmTemplate[];
}
