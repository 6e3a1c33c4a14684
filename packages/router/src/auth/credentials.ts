/** Credentials: what the router holds against what a client shows, and where it has them from. */
import type { Dict } from '@wamp/protocol';
import { askDynamic, type DynamicAuthenticator } from './dynamic.ts';
import { checkIdentity, type Identity, type Inquiry } from './inquiry.ts';

/** Finds the credentials of who wants to come in; undefined for a stranger. */
export type CredentialFunction<C> = (inquiry: Inquiry) => C | undefined | Promise<C | undefined>;

/** Credentials by authid, or a function or a procedure that finds them. What throws lets nobody in. */
export type CredentialSource<C> = ReadonlyMap<string, C> | CredentialFunction<C> | DynamicAuthenticator;

/** The credentials of one method. */
export interface CredentialKind {
  /** @throws TypeError for what are none */
  readonly check: (credentials: Dict) => void;
  /** What a dynamic authenticator has said, under the names that we have for it; it is checked afterwards. */
  readonly read: (fields: Dict) => Dict;
  /** Under which authid a map is asked; by default the one that the client claims. */
  readonly identify?: (inquiry: Inquiry) => string | undefined;
}

/** A source as an authenticator uses it. */
export interface Lookup<C> {
  /** `WELCOME.Details.authprovider`. */
  readonly provider: 'static' | 'function' | 'dynamic';
  /** @throws TypeError for what are no credentials, and whatever the source throws */
  readonly find: (inquiry: Inquiry) => Promise<C | undefined>;
}

/** @throws TypeError when credentials in a map are none */
export function lookup<C extends Identity>(source: CredentialSource<C>, kind: CredentialKind): Lookup<C> {
  if (typeof source === 'function') return { provider: 'function', find: byFunction(source, kind) };
  if ('procedure' in source) return { provider: 'dynamic', find: byProcedure(source, kind) };
  return { provider: 'static', find: byMap(source, kind) };
}

/** The credentials that are known beforehand, for strangers' to look like them. */
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
    // The check is what makes it so.
    return credentials as C;
  };
}

function checkAll(credentials: Identity, check: (credentials: Dict) => void): void {
  checkIdentity(credentials);
  check({ ...credentials });
}
