/** The options of a router and of its realms. */
import type { Id, Uri, UriRules } from '@wamp/protocol';
import type { AttemptLimits } from './auth/attempts.ts';
import type { Authenticator } from './auth/authenticator.ts';
import type { Authorizer } from './authz/authorizer.ts';
import type { Clock } from './core/clock.ts';
import type { StoreLimits } from './core/kept.ts';
import type { Quotas } from './core/quotas.ts';
import type { Feature } from './core/realm.ts';
import type { TrustLevel } from './core/trust.ts';
import type { Limits } from './limits.ts';
import type { Log } from './log.ts';
import type { SlowConsumerPolicies } from './output/slow-consumer.ts';

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
