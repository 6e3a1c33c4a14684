/** Composes WELCOME. */
import { MessageType, rolesOf, type Id, type Welcome } from '@wamp/protocol';
import type { CoreRealm } from '../core/core-realm.ts';
import type { RouterFeatures } from '../core/realm.ts';
import type { Principal } from '../core/session.ts';

/** The facts about the router in WELCOME. */
interface RouterFacts {
  readonly agent: string;
  /** The maximum size of a message from the session (bytes); undefined for any size. */
  readonly size: number | undefined;
  /** True when events may be dropped because the client reads too slowly; it can then ask for the missing ones. */
  readonly dropsEvents: boolean;
}

/** AUTH-2: WELCOME contains the principal of the session, and the maximum size of its messages. */
export function welcomeOf(
  realm: CoreRealm,
  session: Id,
  principal: Principal,
  { agent, size, dropsEvents }: RouterFacts,
): Welcome {
  const { authid, authrole, authmethod, authprovider, authextra } = principal;
  const details = {
    realm: realm.name,
    agent,
    roles: rolesIn(realm),
    authid,
    authrole,
    authmethod,
    authprovider,
    ...(authextra === undefined ? {} : { authextra }),
    ...(size === undefined ? {} : { x_max_message_size: size }),
    ...(dropsEvents ? { x_drops_events: true } : {}),
  };
  return { type: MessageType.WELCOME, session, details };
}

/** The roles that each realm announces, which are the same for all its sessions. */
const announced = new WeakMap<RouterFeatures, Welcome['details']['roles']>();

function rolesIn({ features }: CoreRealm): Welcome['details']['roles'] {
  const known = announced.get(features);
  if (known !== undefined) return known;
  const roles = rolesOf(features);
  announced.set(features, roles);
  return roles;
}

/**
 * Clients that accept messages of this size get WELCOME with all features (bytes). RawSocket allows a client to announce a
 * maximum of 512 bytes.
 */
export const AMPLE = 2048;

/** WELCOME without the features of this project, whose names begin with `x_`, for clients that accept only short messages. */
export function briefWelcome(welcome: Welcome): Welcome {
  const roles = Object.entries(welcome.details.roles).map(([role, { features = {}, ...rest }]) => {
    const standard = Object.entries(features).filter(([name]) => !name.startsWith('x_'));
    return [role, { ...rest, features: Object.fromEntries(standard) }] as const;
  });
  return { ...welcome, details: { ...welcome.details, roles: Object.fromEntries(roles) } };
}
