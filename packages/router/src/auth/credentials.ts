/** Credentials: what the router compares a client's proof with, and the sources of them. */
import type { Dict } from '@wamp/protocol';
import { askDynamic, type DynamicAuthenticator } from './dynamic.ts';
import { checkIdentity, type Identity, type Inquiry } from './inquiry.ts';

/** Finds the credentials for a login; undefined for an unknown principal. */
export type CredentialFunction<C> = (inquiry: Inquiry) => C | undefined | Promise<C | undefined>;

/** Credentials by authid, or a function or a procedure that finds them. If it throws, the client is refused. */
export type CredentialSource<C> = ReadonlyMap<string, C> | CredentialFunction<C> | DynamicAuthenticator;

/** The credentials of one method. */
export interface CredentialKind {
  /** @throws TypeError for invalid credentials */
  readonly check: (credentials: Dict) => void;
  /** Renames the fields of a dynamic authenticator's answer to those of the credentials, which are checked afterwards. */
  readonly read: (fields: Dict) => Dict;
  /** The authid to look up in a map; by default the one that the client claims. */
  readonly identify?: (inquiry: Inquiry) => string | undefined;
}

/** A source of credentials in the form that authenticators use. */
export interface Lookup<C> {
  /** `WELCOME.Details.authprovider`. */
  readonly provider: 'static' | 'function' | 'dynamic';
  /** @throws TypeError for invalid credentials, and any error of the source */
  readonly find: (inquiry: Inquiry) => Promise<C | undefined>;
}

/** @throws TypeError for invalid credentials in a map */
export function lookup<C extends Identity>(source: CredentialSource<C>, kind: CredentialKind): Lookup<C> {
  if (typeof source === 'function') return { provider: 'function', find: byFunction(source, kind) };
  if ('procedure' in source) return { provider: 'dynamic', find: byProcedure(source, kind) };
  return { provider: 'static', find: byMap(source, kind) };
}

/** The credentials that are known in advance, which those made up for unknown principals resemble. */
export function knownIn<C>(source: CredentialSource<C>): readonly C[] {
  return typeof source === 'function' || 'procedure' in source ? [] : [...source.values()];
}

function byMap<C extends Identity>(
  source: ReadonlyMap<string, C>,
  { check, identify = ({ authid }) => authid }: CredentialKind,
): Lookup<C>['find'] {
  for (const credentials of source.values()) checkAll(credentials, check);
  return (inquiry) => {
    const authid = identify(inquiry);
    const found = authid === undefined ? undefined : source.get(authid);
    return Promise.resolve(found && { authid, ...found });
  };
}

function byFunction<C extends Identity>(
  source: CredentialFunction<C>,
  { check }: CredentialKind,
): Lookup<C>['find'] {
  return async (inquiry) => {
    const found = (await source(inquiry)) ?? undefined;
    if (found !== undefined) checkAll(found, check);
    return found;
  };
}

function byProcedure<C extends Identity>(
  source: DynamicAuthenticator,
  { check, read }: CredentialKind,
): Lookup<C>['find'] {
  return async (inquiry) => {
    const answer = await askDynamic(source, inquiry);
    if (answer === undefined) return undefined;
    const credentials: Identity = { ...answer.identity, ...read(answer.fields) };
    checkAll(credentials, check);
    // The check has ensured the type.
    return credentials as C;
  };
}

function checkAll(credentials: Identity, check: (credentials: Dict) => void): void {
  checkIdentity(credentials);
  check({ ...credentials });
}
