/** Tickets that somebody else has signed: JSON Web Tokens (RFC 7519), with what they are allowed to be (RFC 8725). */
import type { KeyObject } from 'node:crypto';
import { TRUSTED_ROLE, type Identity, type TicketVerifier } from '@wamp/router';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';

/** Which key signs, or which of a set, and by which algorithms: the token itself has no say in that. */
export type JwtKeys = ({ readonly key: KeyObject | Uint8Array } | { readonly set: JSONWebKeySet }) & {
  readonly algorithms: readonly string[];
};

/** Whose tokens let in, and what they have to say. */
export interface JwtRules {
  readonly keys: JwtKeys;
  /** `aud`: whom the token is for. */
  readonly audience: string;
  /** `iss`: who has signed it; anybody with the key when absent. */
  readonly issuer?: string;
  readonly authidClaim: string;
  /** The claim that has the role, or the role of all. */
  readonly role: { readonly claim: string } | { readonly name: string };
}

/** The longest token that is looked at (characters). */
const MOST_LENGTH = 16 * 1024;

/** Lets in who shows a token that has not expired, under the name that stands in it. */
export function jwtVerifier(rules: JwtRules): TicketVerifier {
  const { keys, audience, issuer } = rules;
  const algorithms = [...keys.algorithms];
  const constraints = { algorithms, audience, ...(issuer === undefined ? {} : { issuer }) };
  const find = 'set' in keys ? createLocalJWKSet(keys.set) : () => keys.key;
  return {
    async verify(token, { authid, now }) {
      if (token.length > MOST_LENGTH) return undefined;
      try {
        const currentDate = new Date(now);
        const options = { ...constraints, currentDate, requiredClaims: ['exp'] };
        const { payload } = await jwtVerify(token, find, options);
        const identity = identityIn(payload, rules);
        return authid === undefined || authid === identity?.authid ? identity : undefined;
      } catch {
        // Whatever is wrong with it, it lets nobody in.
        return undefined;
      }
    },
  };
}

function identityIn(payload: JWTPayload, { authidClaim, role }: JwtRules): Identity | undefined {
  const authid = payload[authidClaim];
  const authrole = 'name' in role ? role.name : payload[role.claim];
  if (typeof authid !== 'string' || authid === '') return undefined;
  // Who signs tokens would be trusted like the router itself.
  if (typeof authrole !== 'string' || authrole === '' || authrole === TRUSTED_ROLE) return undefined;
  return { authid, authrole };
}
