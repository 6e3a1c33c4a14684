/**
 * Authentication method `wamp-scram`: client and router prove that they know a password (spec: Salted Challenge
 * Response Authentication).
 */
import type { Kwargs } from '@wamp/protocol';
import {
  fromBase64,
  scramAuthMessage,
  scramKeys,
  scramProof,
  scramVerifier,
  toBase64,
  type ScramCost,
  type ScramExchange,
} from '@wamp/protocol/auth';
import { checkOptions, nested, oneOf, type Rules } from '../options.ts';
import type { Authenticator, Signature } from './authenticator.ts';
import { BOUNDS, checkBounds, isCount, type Bounds } from './bounds.ts';
import { bindingTo } from './channel-binding.ts';
import { Outstanding } from './outstanding.ts';
import { requireNameAndSecret, reveal, type Secret } from './secret.ts';

/**
 * Bounds for the cost of checking a password. With less, a router could guess passwords from the answer; with more,
 * it would overload the client: both are refused (SCR-4).
 */
export interface ScramBounds {
  /** Iterations of PBKDF2. Default: 4,096 to 1,000,000. */
  readonly pbkdf2?: Bounds | undefined;
  /** KiB of Argon2id multiplied by its iterations. Default: 16,384 to 1,048,576. */
  readonly argon2id13?: Bounds | undefined;
  /** KiB of Argon2id. Default: 4,096 to 262,144. */
  readonly memory?: Bounds | undefined;
}

export interface ScramOptions {
  readonly bounds?: ScramBounds | undefined;
  /**
   * Binds the authentication to the TLS connection, so that it cannot be relayed: `tls-exporter` for TLS 1.3,
   * `tls-unique` for TLS 1.2; or to the router's certificate, `tls-server-end-point`. Joining fails where none is
   * available, as in browsers, and with a WebSocket class that is not that of package `ws`: Node from 22 on has one
   * of its own, which `webSocket({ tls: {} })` does not use. Not all routers support `tls-exporter`, which is newer
   * than the specification.
   */
  readonly channelBinding?: 'tls-exporter' | 'tls-unique' | 'tls-server-end-point' | undefined;
}

const RULES: Rules<ScramOptions> = {
  bounds: nested('bounds', { pbkdf2: BOUNDS, argon2id13: BOUNDS, memory: BOUNDS }),
  channelBinding: oneOf('tls-exporter', 'tls-unique', 'tls-server-end-point'),
};
/** A multiple of three, so that its base64 has no padding (T-28). */
const NONCE_SIZE = 24;
const NONCE_LENGTH = (NONCE_SIZE / 3) * 4;

/**
 * The password is not transmitted. Unless the router proves that it knows the password, too, `connect` rejects with
 * an `AuthError`.
 *
 * @throws TypeError for invalid options
 */
export function scram(authid: string, password: Secret, options: ScramOptions = {}): Authenticator {
  requireNameAndSecret(authid, password, scram);
  checkOptions('scram', RULES, options, scram);
  const { channelBinding: type, bounds = {} } = options;
  const nonces = new Outstanding<true>();
  const verifiers = new Outstanding<true>();
  return {
    method: 'wamp-scram',
    isFixed: typeof password === 'string',
    hello() {
      const nonce = toBase64(crypto.getRandomValues(new Uint8Array(NONCE_SIZE)));
      nonces.add(nonce, true);
      return { authid, authextra: { nonce, channel_binding: type ?? null } };
    },
    async challenge(extra, transport, signal, context): Promise<Signature> {
      const binding = await bindingTo(transport, type);
      const { exchange, salt, cost } = readChallenge(extra, { authid, binding });
      if (nonces.take(exchange.clientNonce) === undefined) throw new Error('The nonce is not ours.');
      checkCost(cost, bounds);
      const secret = await reveal(password, context);
      const keys = await scramKeys(secret, salt, cost, () => signal.throwIfAborted());
      const authMessage = await scramAuthMessage(exchange);
      verifiers.add(toBase64(await scramVerifier(keys.serverKey, authMessage)), true);
      return { signature: toBase64(await scramProof(keys, authMessage)), extra: repeated(exchange) };
    },
    welcome({ verifier }) {
      // One router spells the attribute as RFC 5802 does (T-28).
      const proof = typeof verifier === 'string' ? verifier.replace(/^v=/, '') : '';
      if (verifiers.take(proof) === undefined) throw new Error('The router does not know the password.');
    },
  };
}

/** A parsed CHALLENGE. */
interface Reading {
  readonly exchange: ScramExchange;
  readonly salt: Uint8Array;
  readonly cost: ScramCost;
}

/** SCR-3. @throws TypeError for an invalid CHALLENGE */
function readChallenge(extra: Kwargs, ours: Pick<ScramExchange, 'authid' | 'binding'>): Reading {
  const { nonce, salt, iterations } = extra;
  if (typeof nonce !== 'string' || nonce.length <= NONCE_LENGTH) throw malformed('nonce');
  const salted = typeof salt === 'string' ? fromBase64(salt) : undefined;
  if (typeof salt !== 'string' || salted === undefined) throw malformed('salt');
  if (!isCount(iterations)) throw malformed('iterations');
  const clientNonce = nonce.slice(0, NONCE_LENGTH);
  return {
    exchange: { ...ours, clientNonce, nonce, salt, iterations },
    salt: salted,
    cost: costOf(extra, iterations),
  };
}

function costOf({ kdf, memory }: Kwargs, iterations: number): ScramCost {
  if (kdf === 'pbkdf2') return { kdf, iterations };
  if (kdf !== 'argon2id13') throw malformed('kdf');
  if (!isCount(memory)) throw malformed('memory');
  return { kdf, iterations, memory };
}

/** SCR-4. @throws RangeError */
function checkCost({ kdf, iterations, memory = 1 }: ScramCost, bounds: ScramBounds): void {
  if (kdf === 'pbkdf2') {
    checkBounds('CHALLENGE.Extra.iterations', iterations, bounds.pbkdf2 ?? [4096, 1_000_000]);
    return;
  }
  checkBounds('CHALLENGE.Extra.memory', memory, bounds.memory ?? [4096, 256 * 1024]);
  const most = bounds.argon2id13 ?? [16 * 1024, 1024 * 1024];
  checkBounds('CHALLENGE.Extra.memory times iterations', memory * iterations, most);
}

/** SCR-5: the client's final message repeats the channel binding and both nonces. */
function repeated({ nonce, binding }: ScramExchange): Kwargs {
  return binding === undefined
    ? { nonce, channel_binding: null }
    : { nonce, channel_binding: binding.type, cbind_data: toBase64(binding.data) };
}

function malformed(name: string): TypeError {
  return new TypeError(`CHALLENGE.Extra.${name} is not what it has to be.`);
}
