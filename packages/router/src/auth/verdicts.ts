/** The outcomes of authentication: admitted, or refused without details that would help an attacker. */
import { ErrorUri, type Dict } from '@wamp/protocol';
import { expect } from '../expect.ts';
import type { Verdict } from './authenticator.ts';
import { type Identity } from './inquiry.ts';

/** T-25: the same for a wrong secret and for an unknown authid. */
export const DENIED: Verdict = {
  abort: ErrorUri.AUTHENTICATION_DENIED,
  message: 'the credentials are not valid',
};

/** The client's message does not conform to the method. */
export function malformedMessage(what: string): Verdict {
  return { abort: ErrorUri.AUTHENTICATION_FAILED, message: what };
}

/** How the identity of a client was proved. */
export interface Proof {
  readonly authmethod: string;
  readonly authprovider: string;
  /** The authid that it was proved for. */
  readonly authid: string | undefined;
  /** Additional entries of WELCOME.Details.authextra. */
  readonly authextra?: Dict;
}

/** @throws TypeError when there is no authid */
export function welcome(identity: Identity, proof: Proof): Verdict {
  const { authmethod, authprovider } = proof;
  const authid = identity.authid ?? proof.authid;
  expect(
    authid !== undefined && authid !== '',
    'the credentials contain no authid, and the client has claimed none',
  );
  const authextra = { ...identity.authextra, ...proof.authextra };
  const principal = { authid, authrole: identity.authrole, authmethod, authprovider };
  const { realm } = identity;
  return {
    welcome: Object.keys(authextra).length === 0 ? principal : { ...principal, authextra },
    ...(realm === undefined ? {} : { realm }),
  };
}
