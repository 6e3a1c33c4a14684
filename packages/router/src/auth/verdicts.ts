/** The two ends of authentication: in, or out without a reason that would help a guess. */
import { ErrorUri, type Dict } from '@wamp/protocol';
import type { Verdict } from './authenticator.ts';
import { expect, type Identity } from './inquiry.ts';

/** T-25: for a wrong secret and an unknown user alike. */
export const DENIED: Verdict = {
  abort: ErrorUri.AUTHENTICATION_DENIED,
  message: 'the credentials are not valid',
};

/** The client does not do what the method asks of it. */
export function malformed(what: string): Verdict {
  return { abort: ErrorUri.AUTHENTICATION_FAILED, message: what };
}

/** How it was proved who a client is. */
export interface Proof {
  readonly authmethod: string;
  readonly authprovider: string;
  /** The authid that it was proved for. */
  readonly authid: string | undefined;
  /** More for WELCOME.Details.authextra. */
  readonly authextra?: Dict;
}

/** @throws TypeError when there is no authid */
export function welcome(identity: Identity, proof: Proof): Verdict {
  const { authmethod, authprovider } = proof;
  const authid = identity.authid ?? proof.authid;
  expect(authid !== undefined && authid !== '', 'nobody has given the client an authid');
  const authextra = { ...identity.authextra, ...proof.authextra };
  const principal = { authid, authrole: identity.authrole, authmethod, authprovider };
  return { welcome: Object.keys(authextra).length === 0 ? principal : { ...principal, authextra } };
}
