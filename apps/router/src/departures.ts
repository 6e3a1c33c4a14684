/** Decides which sessions a reload ends: those whose role was removed, or that could no longer authenticate. */
import { isRealmOf, type DynamicAuthenticator, type Principal } from '@wamp/router';
import type { AuthConfiguration } from './config/auth.ts';
import type { RealmConfiguration } from './config/realms.ts';
import { same } from './config/same.ts';

/** The roles that the new configuration of a realm lacks. */
export function rolesGone(before: RealmConfiguration, after: RealmConfiguration): readonly string[] {
  const { roles } = after;
  if (roles === undefined) return [];
  return Object.keys(before.roles ?? {}).filter((role) => !Object.hasOwn(roles, role));
}

/** Whether a principal is no longer admitted, or has another role. */
export function authenticationChanged(before: RealmConfiguration, after: RealmConfiguration): boolean {
  return before.auth !== undefined && !same(before.auth, after.auth);
}

/** Why a session has to end; undefined if it may continue. */
export function whyLeave(
  { authid, authrole, authmethod, loginRealm }: Principal,
  before: RealmConfiguration,
  after: RealmConfiguration,
): string | undefined {
  if (rolesGone(before, after).includes(authrole)) return `the role ${authrole} is gone`;
  // It has not been authenticated here; see whyLeaveOther.
  if (loginRealm !== undefined) return undefined;
  if (!authenticationChanged(before, after) || !isGiven(before.auth, authmethod)) return undefined;
  if (after.auth === undefined) return undefined;
  const now = roleOf(authid, authmethod, after.auth);
  if (now === ASKED || now === authrole) return undefined;
  return now === undefined ? `${authid} is no longer admitted` : `${authid} has another role now`;
}

/**
 * Why a session has to end whose realm was named by the authenticator of another realm; undefined if it may continue.
 * @param realm the realm of the session
 * @param home the other realm in the new configuration; undefined if it is gone
 */
export function whyLeaveOther(
  { authmethod, loginRealm = '' }: Principal,
  realm: string,
  home: RealmConfiguration | undefined,
): string | undefined {
  if (home === undefined) return `the realm ${loginRealm}, where it has logged in, is gone`;
  const source = home.auth === undefined ? undefined : sourceOf(home.auth, authmethod);
  const { realms = [] } = source !== undefined && 'procedure' in source ? source : {};
  if (realms.some((pattern) => isRealmOf(pattern, realm))) return undefined;
  return `the authenticator of ${loginRealm} may no longer name ${realm}`;
}

/** A role that only a procedure or a token determines. */
const ASKED = Symbol('asked');

/** The role that a method assigns to a principal; undefined if there is no such principal. */
function roleOf(authid: string, method: string, auth: AuthConfiguration): string | typeof ASKED | undefined {
  const { anonymous, jwt, ticket } = auth;
  if (method === 'anonymous') return typeof anonymous === 'object' ? ASKED : anonymous;
  if (method === 'ticket' && ticket === undefined) return jwt === undefined ? undefined : ASKED;
  const source = sourceOf(auth, method);
  if (source === undefined) return undefined;
  return 'procedure' in source ? ASKED : source.get(authid)?.authrole;
}

/** Whether the session's role was assigned by the configuration with this method. */
function isGiven(auth: AuthConfiguration | undefined, method: string): boolean {
  if (auth === undefined) return false;
  return method === 'anonymous'
    ? auth.anonymous !== undefined
    : sourceOf(auth, method) !== undefined || (method === 'ticket' && auth.jwt !== undefined);
}

function sourceOf(
  { anonymous, ticket, wampcra, scram, cryptosign, tls }: AuthConfiguration,
  method: string,
): ReadonlyMap<string, { readonly authrole: string }> | DynamicAuthenticator | undefined {
  const sources = new Map([
    ['anonymous', typeof anonymous === 'string' ? undefined : anonymous],
    ['ticket', ticket],
    ['wampcra', wampcra],
    ['wamp-scram', scram],
    ['cryptosign', cryptosign?.source],
    ['tls', tls?.source],
  ] as const);
  return sources.get(method as 'ticket');
}
