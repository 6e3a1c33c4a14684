/** Cryptosign: the client proves that it holds a private key (spec: Cryptosign-based Authentication). */
import { randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { Dict } from '@wamp/protocol';
import {
  CRYPTOSIGN_KEY_SIZE,
  cryptosignChannelId,
  cryptosignMessage,
  fromHex,
  readCryptosign,
  readCryptosignChallenge,
  toHex,
  writeCryptosign,
} from '@wamp/protocol/auth';
import { expect } from '../expect.ts';
import type { Authenticator, Verdict } from './authenticator.ts';
import { isSame } from './compare.ts';
import { knownIn, lookup, type CredentialSource } from './credentials.ts';
import { Decoys } from './decoys.ts';
import { nameableBy } from './dynamic.ts';
import { isSignedBy, privateKeyOf, publicKeyOf, signWith } from './ed25519.ts';
import { inquiryOf, type Identity, type Inquiry } from './inquiry.ts';
import { DENIED, malformedMessage, welcome } from './verdicts.ts';

/** The public keys of a principal, each of which is sufficient. */
export interface CryptosignCredentials extends Identity {
  /** Ed25519 public keys, 32 bytes each, in hex. */
  readonly authorizedKeys: readonly string[];
}

export interface CryptosignOptions {
  /**
   * The router's own Ed25519 private key: the 32 bytes of its seed, in hex. With it, the router proves its identity to
   * clients that ask (CSN-5).
   */
  readonly routerKey?: string | undefined;
}

const METHOD = 'cryptosign';
const CHALLENGE_SIZE = 32;
/** Has one key, as most principals do. */
const NO_ONE = { authorizedKeys: ['00'.repeat(CRYPTOSIGN_KEY_SIZE)] };

/**
 * Admits a client that signs a challenge with one of the keys of its authid. A client that names no authid gets the
 * authid of the only principal with its key. Trustroots and certificates are ignored (T-29).
 * @throws TypeError for invalid credentials in a map, or an invalid `routerKey`
 */
export function cryptosign(
  source: CredentialSource<CryptosignCredentials>,
  options: CryptosignOptions = {},
): Authenticator {
  const { provider, find } = lookup(source, {
    check,
    read,
    identify: ({ authid, authextra }) => authid ?? owners.get(String(authextra['pubkey']).toLowerCase()),
  });
  const owners = ownersOf(source);
  const decoys = new Decoys<Pick<CryptosignCredentials, 'authorizedKeys'>>(knownIn(source), NO_ONE, {});
  const routerKey = options.routerKey === undefined ? undefined : routerKeyOf(options.routerKey);
  return {
    method: METHOD,
    ...nameableBy(source),
    async begin(hello, info) {
      const inquiry = inquiryOf(hello, info, METHOD);
      const opening = openingOf(inquiry);
      if (typeof opening === 'string') return malformedMessage(opening);
      // The key of an unknown principal is compared with made-up keys, which takes the same time.
      const decoy = decoys.model(inquiry.authid ?? '');
      const found = await find(inquiry);
      const { authorizedKeys } = found ?? decoy;
      const challenge = randomBytes(CHALLENGE_SIZE);
      const { type = null, channelId } = (await bindingOf(inquiry)) ?? {};
      const extra = { challenge: toHex(challenge), channel_binding: type };
      return {
        challenge: { ...extra, ...(routerKey && proofOf(routerKey, opening, channelId)) },
        answer({ signature }): Verdict {
          const signed = isSigned(signature, opening.publicKey, cryptosignMessage(challenge, channelId));
          const authorized = authorizedKeys.filter((key) => isKey(key, opening.publicKey)).length > 0;
          if (!signed || !authorized || found === undefined) return DENIED;
          return welcome(found, { authmethod: METHOD, authprovider: provider, authid: inquiry.authid });
        },
      };
    },
  };
}

/** What the client sent in HELLO (CSN-1, CSN-5). */
interface Opening {
  readonly publicKey: Uint8Array;
  /** The challenge for the router, if the client asks it to prove its identity. */
  readonly challenge: Uint8Array | undefined;
}

/** @returns an explanation if it is invalid */
function openingOf({ authextra }: Inquiry): Opening | string {
  const { pubkey, challenge = null } = authextra;
  const publicKey = fromHex(pubkey, CRYPTOSIGN_KEY_SIZE);
  if (publicKey === undefined) return 'authextra.pubkey: expected 64 hex digits';
  if (challenge === null) return { publicKey, challenge: undefined };
  const bytes = readCryptosignChallenge(challenge);
  return bytes === undefined
    ? 'authextra.challenge: expected 64 hex digits'
    : { publicKey, challenge: bytes };
}

/** The channel binding of a login. */
interface Binding {
  readonly type: string;
  readonly channelId: Uint8Array;
}

/** CSN-4: the requested channel binding, if the transport has it; the client decides whether it accepts a login without. */
async function bindingOf({ authextra, underlay }: Inquiry): Promise<Binding | undefined> {
  const type = authextra['channel_binding'];
  if (type !== 'tls-unique' && type !== 'tls-exporter') return undefined;
  const data = underlay.channelBinding?.(type);
  return data && { type, channelId: await cryptosignChannelId(type, data) };
}

/** CSN-3: whether the text is the expected message with a valid signature of the key. */
function isSigned(text: string, publicKey: Uint8Array, expected: Uint8Array): boolean {
  const answer = readCryptosign(text);
  return (
    answer !== undefined &&
    isSame(answer.message, expected) &&
    isSignedBy(publicKey, expected, answer.signature)
  );
}

/** CSN-5: the router's proof of its identity. */
function proofOf(
  routerKey: KeyObject,
  { challenge }: Opening,
  channelId: Uint8Array | undefined,
): Dict | undefined {
  if (challenge === undefined) return undefined;
  const message = cryptosignMessage(challenge, channelId);
  const signature = writeCryptosign({ signature: signWith(routerKey, message), message });
  return { pubkey: toHex(publicKeyOf(routerKey)), signature };
}

function routerKeyOf(hex: string): KeyObject {
  const seed = fromHex(hex, CRYPTOSIGN_KEY_SIZE);
  expect(seed !== undefined, 'routerKey: expected 64 hex digits');
  return privateKeyOf(seed);
}

/** CSN-1: the authid of each key, for clients that name no authid; undefined for a key of several authids. */
function ownersOf(source: CredentialSource<CryptosignCredentials>): Map<string, string | undefined> {
  const owners = new Map<string, string | undefined>();
  if (typeof source === 'function' || 'procedure' in source) return owners;
  for (const [authid, { authorizedKeys }] of source) {
    for (const key of new Set(authorizedKeys.map((hex) => hex.toLowerCase()))) {
      owners.set(key, owners.has(key) ? undefined : authid);
    }
  }
  return owners;
}

/** @param hex a key whose form has been checked */
function isKey(hex: string, publicKey: Uint8Array): boolean {
  return timingSafeEqual(Buffer.from(hex, 'hex'), publicKey);
}

/** Accepts Crossbar.io's name for a single key. */
function read({ pubkey, authorized_keys: keys }: Dict): Dict {
  return { authorizedKeys: keys ?? [pubkey] };
}

function check({ authorizedKeys }: Dict): void {
  expect(Array.isArray(authorizedKeys), 'authorizedKeys: expected a list');
  for (const key of authorizedKeys) {
    expect(fromHex(key, CRYPTOSIGN_KEY_SIZE) !== undefined, 'authorizedKeys: expected 64 hex digits each');
  }
}
