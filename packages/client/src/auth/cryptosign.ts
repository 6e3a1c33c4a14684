/**
 * Authentication method `cryptosign`: signs a challenge with an Ed25519 private key (spec: Cryptosign-based
 * Authentication).
 */
import type { Kwargs } from '@wamp/protocol';
import {
  CRYPTOSIGN_KEY_SIZE,
  cryptosignChannelId,
  cryptosignMessage,
  equalBytes,
  fromHex,
  readCryptosign,
  readCryptosignChallenge,
  toHex,
  writeCryptosign,
} from '@wamp/protocol/auth';
import { ed25519PublicKey, ed25519Sign, ed25519Verify } from '@wamp/protocol/ed25519';
import { checkOptions, oneOf, TEXT, type Rules } from '../options.ts';
import type { Authenticator, Bindable } from './authenticator.ts';
import { bindingTo } from './channel-binding.ts';
import { Outstanding } from './outstanding.ts';

/** A private key in external hardware or software, such as a smart card. */
export interface CryptosignKey {
  /** The Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Signs 32 bytes; resolves with the Ed25519 signature, 64 bytes. */
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

export interface CryptosignOptions {
  /** The authid. Default: the router identifies the client by its key. */
  readonly authid?: string | undefined;
  /**
   * The router's public key, in hex. If set, joining fails unless the router proves that it has the private key
   * (CSN-5).
   */
  readonly routerKey?: string | undefined;
  /**
   * Binds the authentication to the TLS connection, so that it cannot be relayed: `tls-exporter` for TLS 1.3,
   * `tls-unique` for TLS 1.2. Joining fails where none is available, as in browsers, and with a WebSocket class that
   * is not that of package `ws`: Node from 22 on has one of its own, which `webSocket({ tls: {} })` does not use.
   */
  readonly channelBinding?: 'tls-exporter' | 'tls-unique' | undefined;
}

const RULES: Rules<CryptosignOptions> = {
  authid: TEXT,
  routerKey: TEXT,
  channelBinding: oneOf('tls-exporter', 'tls-unique'),
};

const METHOD = 'cryptosign';
const CHALLENGE_SIZE = 32;

/**
 * @param key the private key: its seed of 32 bytes, in hex, or an external signer
 * @throws TypeError if `key` or `routerKey` is invalid
 */
export function cryptosign(key: string | CryptosignKey, options: CryptosignOptions = {}): Authenticator {
  checkOptions('cryptosign', RULES, options, cryptosign);
  const { authid, channelBinding: type } = options;
  const signer = typeof key === 'string' ? signerWith(bytesOf('key', key)) : key;
  const pubkey = toHex(signer.publicKey);
  const router = options.routerKey === undefined ? undefined : new RouterProof(options.routerKey);
  return {
    method: METHOD,
    isFixed: true,
    hello: () => ({
      ...(authid !== undefined && { authid }),
      authextra: {
        pubkey,
        ...(type !== undefined && { channel_binding: type }),
        ...(router && { challenge: router.challenge() }),
      },
    }),
    async challenge(extra, transport) {
      const challenge = readCryptosignChallenge(extra['challenge']);
      if (challenge === undefined) throw new TypeError('CHALLENGE.Extra.challenge is no 32 bytes of hex.');
      const channelId = await channelIdFor(extra, transport, type);
      router?.check(extra, channelId);
      const message = cryptosignMessage(challenge, channelId);
      return writeCryptosign({ signature: await signer.sign(message), message });
    },
    // If the router has to prove itself, a WELCOME without a CHALLENGE is refused.
    ...(router && { welcome: () => undefined }),
  };
}

/** CSN-5: the router signs our challenge. */
class RouterProof {
  readonly #publicKey: Uint8Array;
  readonly #challenges = new Outstanding<true>();

  constructor(publicKey: string) {
    this.#publicKey = bytesOf('routerKey', publicKey);
  }

  challenge(): string {
    const challenge = toHex(crypto.getRandomValues(new Uint8Array(CHALLENGE_SIZE)));
    this.#challenges.add(challenge, true);
    return challenge;
  }

  /** @throws Error if the router does not have the key */
  check({ pubkey, signature }: Kwargs, channelId: Uint8Array | undefined): void {
    const answer = readCryptosign(signature);
    const named = fromHex(pubkey, CRYPTOSIGN_KEY_SIZE);
    if (answer === undefined || named === undefined) throw new Error('The router does not prove who it is.');
    const challenge = toHex(cryptosignMessage(answer.message, channelId));
    const isRight =
      equalBytes(named, this.#publicKey) &&
      this.#challenges.take(challenge) !== undefined &&
      ed25519Verify(this.#publicKey, answer.message, answer.signature);
    if (!isRight) throw new Error('The router is not the one whose key we have.');
  }
}

/** CSN-4: the router uses the channel binding that we asked for, or none if we asked for none. */
async function channelIdFor(
  extra: Kwargs,
  transport: Bindable,
  type: string | undefined,
): Promise<Uint8Array | undefined> {
  const bound = extra['channel_binding'] ?? undefined;
  if (bound !== type) throw new Error(`The router does not bind to ${type ?? 'no channel'}, as it should.`);
  const binding = await bindingTo(transport, type);
  return binding && cryptosignChannelId(binding.type, binding.data);
}

function signerWith(privateKey: Uint8Array): CryptosignKey {
  return {
    publicKey: ed25519PublicKey(privateKey),
    sign: (message) => ed25519Sign(privateKey, message),
  };
}

function bytesOf(name: string, hex: string): Uint8Array {
  const bytes = fromHex(hex, CRYPTOSIGN_KEY_SIZE);
  if (bytes === undefined) throw new TypeError(`${name}: expected 64 hex digits`);
  return bytes;
}
