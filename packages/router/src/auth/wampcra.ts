/** WAMP-CRA: the client proves knowledge of a secret without sending it (spec: Challenge Response Authentication). */
import { randomBytes } from 'node:crypto';
import type { Dict } from '@wamp/protocol';
import { wampcraKey, wampcraSignature, type WampcraSalting } from '@wamp/protocol/auth';
import { expect } from '../expect.ts';
import type { Authenticator } from './authenticator.ts';
import { isSame } from './compare.ts';
import { knownIn, lookup, type CredentialKind, type CredentialSource } from './credentials.ts';
import { Decoys, type DecoyOptions } from './decoys.ts';
import { nameableBy } from './dynamic.ts';
import { inquiryOf, isCount, isName, type Identity, type Inquiry } from './inquiry.ts';
import { DENIED, welcome } from './verdicts.ts';

/** What the router stores for a password, from which the password cannot be read. */
export interface WampcraDerivedKey extends WampcraSalting {
  /** The base64 text that PBKDF2 derives from the password. It suffices to log in. */
  readonly key: string;
}

/** A secret in clear text; with a `salt`, a password from which both sides derive the key at every login. */
export interface WampcraSecret {
  readonly secret: string;
  readonly salt?: string | undefined;
  /** The number of iterations of PBKDF2; 1,000 by default. */
  readonly iterations?: number | undefined;
  /** The length of the derived key (bytes); 32 by default. */
  readonly keylen?: number | undefined;
}

export type WampcraCredentials = Identity & (WampcraSecret | WampcraDerivedKey);

export interface WampcraOptions extends DecoyOptions {
  /**
   * The model for challenges to unknown authids when `source` is not a map: role `user` with a plain secret by default.
   * All challenges then name its role, because any other one would reveal that the authid exists.
   */
  readonly decoy?: WampcraCredentials | undefined;
}

const METHOD = 'wampcra';
const KIND: CredentialKind = {
  check,
  read: ({ secret, key, salt, iterations, keylen }) =>
    key === undefined ? { secret, salt, iterations, keylen } : { key, salt, iterations, keylen },
};
/** T-26: the defaults of the specification. */
const DEFAULTS = { iterations: 1000, keylen: 32 };
/** The same limit as in @wamp/client; more iterations would cost both sides too much time. */
const MOST_ITERATIONS = 10_000_000;

/**
 * Admits a client that signs a challenge with the secret of its authid.
 * @throws TypeError for invalid credentials in a map
 */
export function wampcra(
  source: CredentialSource<WampcraCredentials>,
  options: WampcraOptions = {},
): Authenticator {
  const { provider, find } = lookup(source, KIND);
  const { decoy: otherwise = { secret: '', authrole: 'user' } } = options;
  const decoys = new Decoys<WampcraCredentials>(knownIn(source), otherwise, options);
  return {
    method: METHOD,
    ...nameableBy(source),
    async begin(hello, info) {
      const inquiry = inquiryOf(hello, info, METHOD);
      // Computed for every client, so that known authids take as long as unknown ones.
      const decoy = madeUp(decoys, inquiry.authid ?? '');
      const found = await find(inquiry);
      const credentials = found ?? decoy;
      // When no credentials are known in advance, decoys have one role, so all challenges must name that role.
      const { authrole } = provider === 'static' ? credentials : decoy;
      const challenge = challengeFor(authrole, inquiry, provider);
      return {
        challenge: { challenge, ...saltingOf(credentials) },
        async answer({ signature }) {
          const expected = await wampcraSignature(await keyOf(credentials), challenge);
          if (!isSame(signature, expected) || found === undefined) return DENIED;
          const { authid } = inquiry;
          return welcome(found, { authmethod: METHOD, authprovider: provider, authid });
        },
      };
    },
  };
}

/**
 * Derives the credentials to store for a password.
 * @param salting by default a random salt, 100,000 iterations and 32 bytes
 */
export async function wampcraCredentials(
  password: string,
  salting: Partial<WampcraSalting> = {},
): Promise<WampcraDerivedKey> {
  const { salt = randomBytes(16).toString('base64'), iterations = 100_000, keylen = 32 } = salting;
  const key = await wampcraKey(password, { salt, iterations, keylen });
  return { key, salt, iterations, keylen };
}

/** CRA-2: the challenge to sign, as JSON. */
function challengeFor(authrole: string, inquiry: Inquiry, authprovider: string): string {
  return JSON.stringify({
    // The claimed authid: WELCOME contains the real one. A challenge must not reveal whether it exists.
    authid: inquiry.authid ?? '',
    authrole,
    authmethod: METHOD,
    authprovider,
    nonce: randomBytes(16).toString('hex'),
    timestamp: new Date(inquiry.now).toISOString(),
    session: inquiry.session,
  });
}

/** CRA-4: the salting parameters for the client. */
function saltingOf(credentials: WampcraCredentials): WampcraSalting | undefined {
  const { salt, iterations = DEFAULTS.iterations, keylen = DEFAULTS.keylen } = credentials;
  return salt === undefined ? undefined : { salt, iterations, keylen };
}

/** T-26: a derived key is used in its base64 form. */
async function keyOf(credentials: WampcraCredentials): Promise<string> {
  if ('key' in credentials) return credentials.key;
  const salting = saltingOf(credentials);
  return salting === undefined ? credentials.secret : wampcraKey(credentials.secret, salting);
}

function madeUp(decoys: Decoys<WampcraCredentials>, authid: string): WampcraCredentials {
  const { authid: _, ...model } = decoys.model(authid);
  const secret = decoys.bytes(authid, 'secret').toString('base64');
  const salt = decoys.textLike(model.salt ?? '', authid, 'salt');
  if ('key' in model) return { ...model, key: secret, salt };
  return { ...model, secret, ...(model.salt !== undefined && { salt }) };
}

function check({ secret, key, salt, iterations = 1, keylen = 1 }: Dict): void {
  expect(isName(secret) !== isName(key), 'expected either secret or key, a non-empty string');
  expect(isName(salt) || (salt === undefined && key === undefined), 'salt: expected a non-empty string');
  expect(isCount(iterations, MOST_ITERATIONS), `iterations: expected a number from 1 to ${MOST_ITERATIONS}`);
  expect(isCount(keylen, 1024), 'keylen: expected a number of bytes');
}
