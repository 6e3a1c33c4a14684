/** A candidate: a client between HELLO and verdict, with the realm that it wants to join. */
import { ErrorUri, type Id, type PeerFeatures, type Uri } from '@wamp/protocol';
import { isLoopback } from '../addresses.ts';
import type { Claim } from '../auth/attempts.ts';
import type { Authenticator, EntranceRules, Underlay } from '../auth/authenticator.ts';
import type { Asker, Authorizer } from '../authz/authorizer.ts';
import type { CoreRealm } from '../core/core-realm.ts';
import type { SlowConsumerPolicies } from '../output/slow-consumer.ts';

/** A realm with its authenticators and its authorizer. */
export interface GuardedRealm {
  readonly realm: CoreRealm;
  readonly authenticators: readonly Authenticator[];
  /** Default: every request is permitted. */
  readonly authorizer: Authorizer | undefined;
  /** What the router does with clients that read too slowly. */
  readonly slowConsumers: SlowConsumerPolicies | undefined;
  /** Calls a procedure of the realm as the router itself. */
  readonly call: Asker['call'];
}

/** A realm that exists only while it is used: it is created when the first client is admitted. */
export interface RealmOnDemand {
  /** The pattern of its name. Failed attempts count for it, so that guessing under other names is of no use. */
  readonly pattern: Uri;
  readonly authenticators: readonly Authenticator[];
  /** Whether the realm of that name has the role, or will have it when it is created. */
  hasRole(name: Uri, authrole: string): boolean;
  /** Draws an id for a session that is about to join the realm of that name. */
  newSessionId(name: Uri): Id;
  /**
   * The realm of that name, created if necessary.
   * @param address the address of the client; undefined where it does not identify the client
   */
  open(name: Uri, address: string | undefined): GuardedRealm | JoinRefusal;
}

/** What a client may join under a name. */
export type Destination = GuardedRealm | RealmOnDemand;

/** A client between HELLO and verdict. */
export interface Candidate {
  readonly realm: Uri;
  readonly destination: Destination;
  readonly id: Id;
  readonly method: string;
  /** The realms that the authenticator may name, as names and patterns. */
  readonly nameable: readonly Uri[];
  readonly features: PeerFeatures;
  /** The authid that the client claims, and its address. */
  readonly claim: Claim;
}

/** The realm, method and authid of an attempt to join, as far as they are known. */
export interface Attempt {
  readonly realm: Uri | undefined;
  readonly method: string | undefined;
  readonly authid: string | undefined;
}

/** Why a client is refused. */
export interface JoinRefusal {
  readonly abort: Uri;
  readonly message: string;
}

/**
 * T-25: the client's order counts; a client that names no method is anonymous.
 * @param entrance the rules at the address where the client has connected; no restrictions by default
 */
export function chooseAuthenticator(
  authenticators: readonly Authenticator[],
  offered: readonly string[] | undefined,
  { authmethods }: EntranceRules = {},
): Authenticator | JoinRefusal {
  for (const method of offered ?? ['anonymous']) {
    if (authmethods?.includes(method) === false) continue;
    const found = authenticators.find((authenticator) => authenticator.method === method);
    if (found !== undefined) return found;
  }
  return offered === undefined
    ? { abort: ErrorUri.AUTHENTICATION_REQUIRED, message: 'the realm does not admit anonymous clients' }
    : {
        abort: ErrorUri.NO_MATCHING_AUTH_METHOD,
        message: 'the realm supports none of the offered authentication methods',
      };
}

/** Behind a proxy on this machine, all clients have the same address, which does not identify them. */
export function tellingAddress({ address }: Underlay): string | undefined {
  return address === undefined || isLoopback(address) ? undefined : address;
}
