/** The realm that an admitted client joins: that of HELLO, or one that its authenticator has named. */
import { ErrorUri, isReserved, type Id, type Uri } from '@wamp/protocol';
import type { Underlay } from '../auth/authenticator.ts';
import type { CoreRealm } from '../core/core-realm.ts';
import { isRealmOf } from '../realm-patterns.ts';
import type { Candidate, Destination, GuardedRealm, JoinRefusal } from './candidate.ts';

/** The parts of the router that this module uses. */
interface DestinationRouter {
  guardedRealm(name: Uri): GuardedRealm | undefined;
  destination(name: Uri): Destination | undefined;
}

/** What an authenticator has decided about a candidate. */
interface Judged {
  readonly candidate: Candidate;
  readonly authrole: string;
  /** The realm that the authenticator has named, if any. */
  readonly named: Uri | null | undefined;
  readonly underlay: Underlay;
}

/** The authenticator has named a realm that the client cannot join. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
  /** What the client is told; undefined if nothing but that authentication has failed. */
  readonly refusal: JoinRefusal | undefined;

  constructor(message: string, refusal?: JoinRefusal) {
    super(message);
    this.refusal = refusal;
  }
}

/** Refuses a client because the settings that admitted it have changed during its handshake. */
const CHANGED: JoinRefusal = {
  abort: ErrorUri.UNAVAILABLE,
  message: 'the realm was reconfigured meanwhile; try again',
};

/**
 * The realm that the client joins; created if it exists on demand.
 * @throws Unreachable when the authenticator has named a realm that the client cannot join
 */
export function enter(router: DestinationRouter, admission: Judged): GuardedRealm | JoinRefusal {
  const { candidate, named } = admission;
  const { realm, destination, claim } = candidate;
  if (router.destination(realm) !== destination) return CHANGED;
  const name = named ?? realm;
  const entered = name === realm ? destination : elsewhere(router, name, admission);
  return 'realm' in entered ? entered : entered.open(name, claim.address);
}

/** Why a client cannot join after all: the realm was removed since it was entered, its node is cut off, or its id is taken. */
export function whyNot(
  router: DestinationRouter,
  { realm, id }: { readonly realm: CoreRealm; readonly id: Id },
): JoinRefusal | undefined {
  if (router.guardedRealm(realm.name)?.realm !== realm || realm.isTaken(id)) return CHANGED;
  const closed = realm.sharing?.closed();
  return closed === undefined ? undefined : { abort: ErrorUri.UNAVAILABLE, message: closed };
}

function elsewhere(
  router: DestinationRouter,
  name: Uri,
  { candidate, authrole, underlay }: Judged,
): Destination {
  const named = `the authenticator named the realm ${name},`;
  if (isReserved(name) || !candidate.nameable.some((pattern) => isRealmOf(pattern, name))) {
    throw new Unreachable(`${named} which its option realms does not list: add it there if that is intended`);
  }
  if (underlay.entrance?.realms?.includes(name) === false) {
    const message = 'the realm that the authenticator named cannot be joined at this address';
    throw new Unreachable(`${named} which cannot be joined where the client has connected`, {
      abort: ErrorUri.NO_SUCH_REALM,
      message,
    });
  }
  const destination = router.destination(name);
  if (destination === undefined) {
    const message = 'there is no realm of the name that the authenticator named';
    throw new Unreachable(`${named} which does not exist`, { abort: ErrorUri.NO_SUCH_REALM, message });
  }
  if (!hasRole(destination, name, authrole)) {
    const message = 'the realm that the authenticator named does not have the role of the client';
    throw new Unreachable(`${named} which does not have the role ${authrole}`, {
      abort: ErrorUri.NO_SUCH_ROLE,
      message,
    });
  }
  return destination;
}

function hasRole(destination: Destination, name: Uri, authrole: string): boolean {
  return 'realm' in destination
    ? (destination.authorizer?.hasRole?.(authrole) ?? true)
    : destination.hasRole(name, authrole);
}
