/** Tickets that are JSON Web Tokens (RFC 7519), restricted as RFC 8725 recommends. */
import type { KeyObject } from 'node:crypto';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  jwtVerify,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import { TRUSTED_ROLE } from '../core/session.ts';
import { isLoopback } from '../addresses.ts';
import { expect } from '../expect.ts';
import { type Identity } from './inquiry.ts';
import type { TicketVerifier } from './ticket.ts';

/** The keys of the tokens' signatures. They determine the algorithms; the header of a token does not. */
export type JwtKeys =
  /** The public key of the issuer: RSA, P-256, P-384, P-521, or Ed25519. */
  | { readonly key: KeyObject }
  /** A secret shared with the issuer (HMAC): at least 32 bytes. */
  | { readonly secret: Uint8Array }
  /** The public keys of the issuer: a JSON Web Key Set (RFC 7517), `{ keys: [{ kty: 'EC', … }] }`. */
  | { readonly set: { readonly keys: readonly object[] } }
  /**
   * The `https:` URL of the public keys. Keys are fetched from there only, regardless of what a token says. They are cached
   * for ten minutes, and fetched again when a token names an unknown key, at most twice a minute.
   */
  | { readonly url: string | URL };

/** Which tokens are accepted, and which claims they must have. */
export interface JwtRules {
  readonly keys: JwtKeys;
  /** `aud`: the audience of the token. */
  readonly audience: string;
  /** `iss`: the issuer; when absent, any issuer with the key. */
  readonly issuer?: string | undefined;
  /** The claim that contains the authid; `sub` by default. */
  readonly authidClaim?: string | undefined;
  /** The claim that contains the role, or one role for all tokens. */
  readonly role: { readonly claim: string } | { readonly name: string };
}

/** The longest token that is accepted (characters). */
const MOST_LENGTH = 16 * 1024;
/** The shortest secret (bytes): one shorter than the hash would weaken HS256 (RFC 7518 §3.2). */
const LEAST_SECRET = 32;
/** The time limit for fetching the keys (ms), shorter than a client waits. */
const FETCH_TIMEOUT = 3000;

/** Errors that are caused by the token, not by the source of the keys. */
const FAULTS_OF_TOKENS: readonly (new (...args: never) => Error)[] = [
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSMultipleMatchingKeys,
  errors.JWKSNoMatchingKey,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JWTClaimValidationFailed,
  errors.JWTExpired,
  errors.JWTInvalid,
];

/**
 * Accepts a token that is signed, is issued for this audience, and has not expired; its claims determine the identity.
 * @throws TypeError for invalid keys; its `verify` rejects when the keys cannot be fetched
 */
export function jwtVerifier(rules: JwtRules): TicketVerifier {
  const { audience, issuer } = rules;
  const { algorithms, find } = readKeys(rules.keys);
  const constraints = { algorithms: [...algorithms], audience, ...(issuer !== undefined && { issuer }) };
  return {
    async verify(token, { authid, now }) {
      if (token.length > MOST_LENGTH) return undefined;
      const options = { ...constraints, currentDate: new Date(now), requiredClaims: ['exp'] };
      const payload = await jwtVerify(token, find, options).then((verified) => verified.payload, faultOf);
      const identity = payload && identityIn(payload, rules);
      return authid === undefined || authid === identity?.authid ? identity : undefined;
    },
  };
}

/** Undefined for an invalid token. @throws any error that the token has not caused */
function faultOf(error: unknown): undefined {
  if (!FAULTS_OF_TOKENS.some((fault) => error instanceof fault)) throw error;
}

function identityIn(
  payload: JWTPayload,
  { authidClaim = 'sub', role }: Pick<JwtRules, 'authidClaim' | 'role'>,
): Identity | undefined {
  const authid = claimOf(payload, authidClaim);
  const authrole = 'name' in role ? role.name : claimOf(payload, role.claim);
  if (typeof authid !== 'string' || authid === '') return undefined;
  // Otherwise the issuer of tokens could make a session trusted.
  if (typeof authrole !== 'string' || authrole === '' || authrole === TRUSTED_ROLE) return undefined;
  return { authid, authrole };
}

/** An own property of the payload: every object inherits `constructor`. */
function claimOf(payload: JWTPayload, name: string): unknown {
  return Object.hasOwn(payload, name) ? payload[name] : undefined;
}

// Keys

interface ReadKeys {
  readonly algorithms: readonly string[];
  readonly find: JWTVerifyGetKey;
}

const HMAC = ['HS256', 'HS384', 'HS512'];
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const EDWARDS = ['EdDSA', 'Ed25519'];
const CURVES: Readonly<Record<string, readonly string[]>> = {
  prime256v1: ['ES256'],
  secp384r1: ['ES384'],
  secp521r1: ['ES512'],
};
/** The asymmetric algorithms: with them, a public key cannot be used as a secret. */
const ASYMMETRIC = [...RSA, ...Object.values(CURVES).flat(), ...EDWARDS];

/** @throws TypeError */
function readKeys(keys: JwtKeys): ReadKeys {
  if ('secret' in keys) {
    expect(keys.secret.length >= LEAST_SECRET, `keys.secret: expected at least ${LEAST_SECRET} bytes`);
    return { algorithms: HMAC, find: () => keys.secret };
  }
  if ('key' in keys) {
    const algorithms = jwtAlgorithms(keys.key);
    expect(
      algorithms !== undefined,
      'keys.key: expected a public key of RSA, P-256, P-384, P-521 or Ed25519',
    );
    return { algorithms, find: () => keys.key };
  }
  if ('set' in keys) {
    // The public type does not name jose: its declarations are a module, which TypeScript refuses to CommonJS projects.
    const set = keys.set as JSONWebKeySet;
    const isPublic = set.keys.every(({ kty, d }) => kty !== 'oct' && d === undefined);
    expect(isPublic, 'keys.set: expected public keys only');
    return { algorithms: ASYMMETRIC, find: createLocalJWKSet(set) };
  }
  const url = new URL(keys.url);
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
  expect(isSafe, 'keys.url: expected https, or http on this machine');
  return { algorithms: ASYMMETRIC, find: createRemoteJWKSet(url, { timeoutDuration: FETCH_TIMEOUT }) };
}

/**
 * The algorithms with which a public key verifies tokens; undefined for an unsuitable key, and for one that is not
 * public.
 */
export function jwtAlgorithms({
  type,
  asymmetricKeyType,
  asymmetricKeyDetails,
}: KeyObject): readonly string[] | undefined {
  if (type !== 'public') return undefined;
  switch (asymmetricKeyType) {
    case 'rsa':
      return RSA;
    case 'ec':
      return CURVES[asymmetricKeyDetails?.namedCurve ?? ''];
    case 'ed25519':
      return EDWARDS;
    default:
      return undefined;
  }
}
