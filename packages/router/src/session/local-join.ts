/** How code in this process joins a realm. */
import {
  ApplicationError,
  ErrorUri,
  PeerFeatures,
  rolesOf,
  type Announcement,
  type ClientRole,
  type Dict,
  type Id,
  type Message,
} from '@wamp/protocol';
import type { CoreRealm } from '../core/core-realm.ts';
import { TRUSTED_ROLE, type Principal } from '../core/session.ts';
import { policyFor } from '../output/slow-consumer.ts';
import type { GuardedRealm } from './candidate.ts';
import { LocalMember, type LocalRouter } from './local-member.ts';
import { LocalSession } from './local-session.ts';

export interface LocalOptions {
  /**
   * The principal of the session, which is not verified. By default, `authid` is `local`, `authrole` is `anonymous`, and
   * `authmethod` and `authprovider` are `local`.
   */
  readonly principal?: Partial<Principal>;
  /**
   * True for code with the rights of the router itself: its `authrole` is `trusted`, no authorizer is asked, quotas do not
   * apply, and it may use URIs that begin with `wamp.`. False by default.
   */
  readonly trusted?: boolean;
  /** The roles that the session announces, with their features; by default all that {@link LocalSession} supports. */
  readonly roles?: Announcement<ClientRole>;
  /** Describes the connection in the session meta API; `{ type: 'local' }` by default. */
  readonly transport?: Dict;
  /** Receives the messages that answer no method of the session; for code that speaks WAMP itself, with `receive`. */
  readonly hears?: (message: Message) => void;
}

/** The features that {@link LocalSession} supports. */
const ROLES: Announcement<ClientRole> = {
  publisher: ['publisher_identification', 'publisher_exclusion', 'subscriber_blackwhite_listing'],
  subscriber: [
    'publisher_identification',
    'pattern_based_subscription',
    'publication_trustlevels',
    'subscription_revocation',
  ],
  caller: ['progressive_call_results', 'call_canceling', 'call_timeout', 'caller_identification'],
  callee: [
    'progressive_call_results',
    'call_canceling',
    'caller_identification',
    'call_trustlevels',
    'pattern_based_registration',
    'shared_registration',
    'registration_revocation',
    'call_reroute',
  ],
};

/** The roles of a local session, as HELLO announces them. */
export function rolesToAnnounce(): Dict {
  return rolesOf(ROLES);
}

/**
 * Joins a realm.
 * @param id the id of the session; drawn by default
 * @throws ApplicationError `wamp.error.limit_exceeded` when the realm is full, `wamp.error.unavailable` while the node is cut
 *   off from its cluster (`isolated: 'end'`)
 */
export function joinLocally(
  router: LocalRouter,
  { realm, authorizer, slowConsumers, call }: GuardedRealm,
  { principal = {}, trusted = false, roles = ROLES, hears, transport }: LocalOptions = {},
  id?: Id,
): LocalSession {
  refuseNow(realm);
  const local = { authid: 'local', authrole: 'anonymous', authmethod: 'local', authprovider: 'local' };
  const whole = { ...local, ...principal, ...(trusted ? { authrole: TRUSTED_ROLE } : {}) };
  const identity = {
    realm,
    principal: whole,
    features: new PeerFeatures(rolesOf(roles)),
    authorizer: trusted ? undefined : authorizer,
    slowConsumer: policyFor(slowConsumers, whole.authrole),
    transport,
    id,
  };
  const session = new LocalSession({
    join: (listener) => {
      const member = new LocalMember(router, identity, listener, call);
      router.entered(member);
      return member;
    },
    hears,
    failed: (error) => {
      router.log('error', 'code of a local session failed', {
        code: 'local_session_failed',
        realm: realm.name,
        session: session.id,
        error,
      });
    },
  });
  return session;
}

/** @throws ApplicationError when no session may join the realm now */
function refuseNow({ sharing, isFull, limited }: CoreRealm): void {
  const closed = sharing?.closed();
  if (closed !== undefined) throw new ApplicationError(ErrorUri.UNAVAILABLE, [closed]);
  if (!isFull) return;
  limited.add('sessions');
  throw new ApplicationError(ErrorUri.LIMIT_EXCEEDED, ['the realm is full (maxSessions)']);
}
