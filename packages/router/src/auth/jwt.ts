/** Tickets that somebody else has signed: JSON Web Tokens (RFC 7519), with what they are allowed to be (RFC 8725). */
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
import { expect, type Identity } from './inquiry.ts';
import type { TicketVerifier } from './ticket.ts';

/** What tokens are signed with. It says by which algorithms, too: the token itself has no say in that. */
export type JwtKeys =
  /** The public key of who signs: of RSA, on curve P-256, P-384 or P-521, or of Ed25519. */
  | { readonly key: KeyObject }
  /** A secret that is shared with who signs (HMAC): 32 bytes at least. */
  | { readonly secret: Uint8Array }
  /** The public keys of who signs (JWKS, RFC 7517). */
  | { readonly set: JSONWebKeySet }
  /**
   * Where the public keys are found, by `https:`: the one place that is asked, whatever a token says. They are kept for
   * ten minutes, and asked for again when a token names another key, twice a minute at most.
   */
  | { readonly url: string | URL };

/** Whose tokens let in, and what they have to say. */
export interface JwtRules {
  readonly keys: JwtKeys;
  /** `aud`: whom the token is for. */
  readonly audience: string;
  /** `iss`: who has signed it; anybody with the key when absent. */
  readonly issuer?: string | undefined;
  /** The claim that has the authid; `sub` by default. */
  readonly authidClaim?: string | undefined;
  /** The claim that has the role, or the role of all. */
  readonly role: { readonly claim: string } | { readonly name: string };
}

/** The longest token that is looked at (characters). */
const MOST_LENGTH = 16 * 1024;
/** Fewer bits than the hash has would make HS256 weaker than it is (RFC 7518 §3.2). */
const LEAST_SECRET = 32;
/** How long the keys may take to come (ms): shorter than a client waits. */
const FETCH_TIMEOUT = 3000;

/** What is wrong with the token, and not with where its keys are from. */
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
 * Lets in who shows a token that is signed, for us, and has not expired, under the name that stands in it.
 * @throws TypeError for keys that are none; its `verify` rejects when the keys cannot be had
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

/** Undefined for a token that lets nobody in. @throws what is no fault of the token */
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
  // Who signs tokens would be trusted like the router itself.
  if (typeof authrole !== 'string' || authrole === '' || authrole === TRUSTED_ROLE) return undefined;
  return { authid, authrole };
}

/** Only what the token itself says: every object has a `constructor`. */
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
/** All that leave no doubt which key is meant: a public key is never taken for a secret. */
const ASYMMETRIC = [...RSA, ...Object.values(CURVES).flat(), ...EDWARDS];

/** @throws TypeError */
function readKeys(keys: JwtKeys): ReadKeys {
  if ('secret' in keys) {
    expect(keys.secret.length >= LEAST_SECRET, `keys.secret: expected ${LEAST_SECRET} bytes at least`);
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
    const isPublic = keys.set.keys.every(({ kty, d }) => kty !== 'oct' && d === undefined);
    expect(isPublic, 'keys.set: expected public keys alone');
    return { algorithms: ASYMMETRIC, find: createLocalJWKSet(keys.set) };
  }
  const url = new URL(keys.url);
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
  expect(isSafe, 'keys.url: expected https, or http on this machine');
  return { algorithms: ASYMMETRIC, find: createRemoteJWKSet(url, { timeoutDuration: FETCH_TIMEOUT }) };
}

/** By which algorithms a public key verifies tokens; undefined for a key that none does, and for what is not public. */
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
