/** Credentials: what the router holds against what a client shows, and where it has them from. */
import type { Dict, Hello } from '@wamp/protocol';
import type { JoinInfo } from './authenticator.ts';

/** Who a client is once it has proved it. */
export interface Identity {
  readonly authrole: string;
  /** The authid that the session gets; by default the one that the client came with. */
  readonly authid?: string | undefined;
  /** For the client, in WELCOME.Details.authextra. */
  readonly authextra?: Dict | undefined;
}

/** Who wants to come in, and how. None of it is proved. */
export interface Inquiry extends JoinInfo {
  readonly authmethod: string;
  /** As claimed in HELLO. */
  readonly authid: string | undefined;
  /** HELLO.Details.authextra. */
  readonly authextra: Dict;
}

/** Finds the credentials of who wants to come in; undefined for a stranger. A throw or a rejection refuses the client. */
export type CredentialFunction<C> = (inquiry: Inquiry) => C | undefined | Promise<C | undefined>;

/** Credentials by authid, or a function that finds them. */
export type CredentialSource<C> = ReadonlyMap<string, C> | CredentialFunction<C>;

/** A source as an authenticator uses it. */
export interface Lookup<C> {
  /** `WELCOME.Details.authprovider`. */
  readonly provider: string;
  /** @throws TypeError for what are no credentials */
  readonly find: (inquiry: Inquiry) => Promise<C | undefined>;
}

/**
 * @param check throws a TypeError for what are no credentials of the method
 * @param identify under which authid a map is asked; by default the one that the client claims
 * @throws TypeError when credentials in a map are none
 */
export function lookup<C extends Identity>(
  source: CredentialSource<C>,
  check: (credentials: C) => void,
  identify: (inquiry: Inquiry) => string | undefined = ({ authid }) => authid,
): Lookup<C> {
  if (typeof source === 'function') {
    return {
      provider: 'function',
      async find(inquiry) {
        const found = (await source(inquiry)) ?? undefined;
        if (found !== undefined) check(found);
        return found;
      },
    };
  }
  for (const credentials of source.values()) check(credentials);
  return {
    provider: 'static',
    find(inquiry) {
      const authid = identify(inquiry);
      const found = authid === undefined ? undefined : source.get(authid);
      return Promise.resolve(found && { authid, ...found });
    },
  };
}

/** What HELLO and the connection tell. */
export function inquiryOf({ details }: Hello, info: JoinInfo, authmethod: string): Inquiry {
  return { ...info, authmethod, authid: details.authid, authextra: details.authextra ?? {} };
}

/** @throws TypeError */
export function checkIdentity(identity: Identity): void {
  expect(typeof identity === 'object', 'credentials are an object');
  const { authrole, authid, authextra } = identity;
  expect(typeof authrole === 'string' && authrole !== '', 'authrole: expected a name');
  expect(authid === undefined || (typeof authid === 'string' && authid !== ''), 'authid: expected a name');
  expect(authextra === undefined || typeof authextra === 'object', 'authextra: expected an object');
}

/** @throws TypeError when the condition does not hold */
export function expect(condition: boolean, fault: string): asserts condition {
  if (!condition) throw new TypeError(fault);
}

/** True for an integer from 1 to `most`. */
export function isCount(value: unknown, most: number = Number.MAX_SAFE_INTEGER): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most;
}
