/** WAMP-CRA: the client proves that it knows a secret, which does not travel (spec: Challenge Response Authentication). */
import { randomBytes } from 'node:crypto';
import type { Id } from '@wamp/protocol';
import { wampcraKey, wampcraSignature, type WampcraSalting } from '@wamp/protocol/auth';
import type { Authenticator } from './authenticator.ts';
import { isSame } from './compare.ts';
import {
  checkIdentity,
  expect,
  inquiryOf,
  isCount,
  lookup,
  type CredentialSource,
  type Identity,
  type Inquiry,
} from './credentials.ts';
import { Decoys, type DecoyOptions } from './decoys.ts';
import { DENIED, welcome } from './verdicts.ts';

/** What the router keeps of a password, so that nobody who reads it learns the password. */
export interface WampcraDerivedKey extends WampcraSalting {
  /** The base64 text that PBKDF2 makes of the password. Whoever has it can log in. */
  readonly key: string;
}

/** A secret as it is, or the key derived from a password. */
export type WampcraCredentials = Identity & ({ readonly secret: string } | WampcraDerivedKey);

export interface WampcraOptions extends DecoyOptions {
  /** What a stranger is challenged like where `source` is no map; by default like a secret of the role `user`. */
  readonly decoy?: WampcraCredentials | undefined;
}

const METHOD = 'wampcra';

/**
 * Lets in who signs a challenge with the secret of its authid.
 * @throws TypeError when credentials in a map are none
 */
export function wampcra(
  source: CredentialSource<WampcraCredentials>,
  options: WampcraOptions = {},
): Authenticator {
  const { provider, find } = lookup(source, checkWampcra);
  const { decoy = { secret: '', authrole: 'user' } } = options;
  const models = typeof source !== 'function' && source.size > 0 ? [...source.values()] : [decoy];
  const decoys = new Decoys<WampcraCredentials>(models, options);
  return {
    method: METHOD,
    async begin(hello, info) {
      const inquiry = inquiryOf(hello, info, METHOD);
      const found = await find(inquiry);
      const credentials = found ?? madeUp(decoys, inquiry.authid ?? '');
      const challenge = challengeFor(credentials, inquiry, provider);
      const salting = 'key' in credentials ? saltingOf(credentials) : {};
      return {
        challenge: { challenge, ...salting },
        async answer({ signature }) {
          const expected = await wampcraSignature(hmacKey(credentials), challenge);
          if (!isSame(signature, expected) || found === undefined) return DENIED;
          const { authid } = inquiry;
          return welcome(found, { authmethod: METHOD, authprovider: provider, authid });
        },
      };
    },
  };
}

/**
 * Derives what a router keeps of a password.
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

/** CRA-2: what is to be signed, as JSON. */
function challengeFor({ authid, authrole }: Identity, inquiry: Inquiry, authprovider: string): string {
  const session: Id = inquiry.session;
  return JSON.stringify({
    authid: authid ?? inquiry.authid ?? '',
    authrole,
    authmethod: METHOD,
    authprovider,
    nonce: randomBytes(16).toString('hex'),
    timestamp: new Date().toISOString(),
    session,
  });
}

/** T-26: a derived key is used as the text that it is. */
function hmacKey(credentials: WampcraCredentials): string {
  return 'key' in credentials ? credentials.key : credentials.secret;
}

function saltingOf({ salt, iterations, keylen }: WampcraSalting): WampcraSalting {
  return { salt, iterations, keylen };
}

function madeUp(decoys: Decoys<WampcraCredentials>, authid: string): WampcraCredentials {
  const { authid: _, ...model } = decoys.model(authid);
  const secret = decoys.bytes(authid, 'secret').toString('base64');
  if (!('key' in model)) return { ...model, secret };
  const salt = decoys.bytes(authid, 'salt').toString('base64').slice(0, model.salt.length);
  return { ...model, key: secret, salt };
}

function checkWampcra(credentials: WampcraCredentials): void {
  checkIdentity(credentials);
  if (!('key' in credentials)) {
    const { secret } = credentials;
    expect(typeof secret === 'string' && secret !== '', 'secret: expected a text that is not empty');
    return;
  }
  const { key, salt, iterations, keylen } = credentials;
  expect(typeof key === 'string' && key !== '', 'key: expected base64');
  expect(typeof salt === 'string' && salt !== '', 'salt: expected a text that is not empty');
  expect(isCount(iterations), 'iterations: expected a number from 1');
  expect(isCount(keylen, 1024), 'keylen: expected a number of bytes');
}
