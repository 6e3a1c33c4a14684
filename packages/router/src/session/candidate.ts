/** A candidate: a client between HELLO and verdict, what it wants, and the realm that it wants to join. */
import { ErrorUri, type Id, type PeerFeatures, type Uri } from '@wamp/protocol';
import { isLoopback } from '../addresses.ts';
import type { Claim } from '../auth/attempts.ts';
import type { Authenticator, EntranceRules, Underlay } from '../auth/authenticator.ts';
import type { Asker, Authorizer } from '../authz/authorizer.ts';
import type { CoreRealm } from '../core/core-realm.ts';
import type { SlowConsumerPolicies } from '../output/slow-consumer.ts';

/** A realm, with who may come in and what each may do there. */
export interface GuardedRealm {
  readonly realm: CoreRealm;
  readonly authenticators: readonly Authenticator[];
  /** Default: every request is permitted. */
  readonly authorizer: Authorizer | undefined;
  /** What becomes of clients that read too slowly. */
  readonly slowConsumers: SlowConsumerPolicies | undefined;
  /** Calls a procedure of the realm in the router's name. */
  readonly call: Asker['call'];
}

/** A client between HELLO and verdict. */
export interface Candidate {
  readonly guarded: GuardedRealm;
  readonly id: Id;
  readonly method: string;
  readonly features: PeerFeatures;
  /** Whom it says it is, and where it comes from. */
  readonly claim: Claim;
}

/** What a client wants, as far as it is known and can be had here. */
export interface Attempt {
  readonly realm: Uri | undefined;
  readonly method: string | undefined;
  readonly authid: string | undefined;
}

/** Why a client does not come in. */
export interface JoinRefusal {
  readonly abort: Uri;
  readonly message: string;
}

/**
 * T-25: the client's order counts; a client that names no method is anonymous.
 * @param entrance what is in use where the client has connected; everything by default
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
    ? { abort: ErrorUri.AUTHENTICATION_REQUIRED, message: 'anonymous clients are not let in' }
    : { abort: ErrorUri.NO_MATCHING_AUTH_METHOD, message: 'none of the offered methods is in use here' };
}

/** Behind a proxy on this machine, all clients have the same address, which does not identify them. */
export function tellingAddress({ address }: Underlay): string | undefined {
  return address === undefined || isLoopback(address) ? undefined : address;
}
