/** WELCOME: what a client is told when it has joined. */
import { MessageType, rolesOf, type Id, type Welcome } from '@wamp/protocol';
import type { CoreRealm } from '../core/core-realm.ts';
import type { RouterFeatures } from '../core/realm.ts';
import type { Principal } from '../core/session.ts';

/** What WELCOME tells of the router. */
interface RouterFacts {
  readonly agent: string;
  /** The longest message that is taken of the session (bytes); undefined for any. */
  readonly size: number | undefined;
  /** Whether events may be dropped when the client reads too slowly: then it may ask for what is missing. */
  readonly dropsEvents: boolean;
}

/** AUTH-2: WELCOME tells who the session is, and how long its messages may be. */
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

/** What realms announce, which is the same for all their sessions. */
const announced = new WeakMap<RouterFeatures, Welcome['details']['roles']>();

function rolesIn({ features }: CoreRealm): Welcome['details']['roles'] {
  const known = announced.get(features);
  if (known !== undefined) return known;
  const roles = rolesOf(features);
  announced.set(features, roles);
  return roles;
}

/** RawSocket lets a client announce 512 bytes as its longest message. Those that take so many bytes hear all of WELCOME. */
export const AMPLE = 2048;

/** The same WELCOME without the features that are this router's own, whose names begin with `x_`: they are the first to do without. */
export function briefWelcome(welcome: Welcome): Welcome {
  const roles = Object.entries(welcome.details.roles).map(([role, { features = {}, ...rest }]) => {
    const standard = Object.entries(features).filter(([name]) => !name.startsWith('x_'));
    return [role, { ...rest, features: Object.fromEntries(standard) }] as const;
  });
  return { ...welcome, details: { ...welcome.details, roles: Object.fromEntries(roles) } };
}
