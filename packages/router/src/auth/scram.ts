/**
 * WAMP-SCRAM: client and router prove knowledge of the password, which the router does not store (spec: Salted
 * Challenge Response Authentication).
 */
import { randomBytes } from 'node:crypto';
import type { Authenticate, Dict } from '@wamp/protocol';
import {
  fromBase64,
  fromHex,
  isScramProof,
  SCRAM_KEY_SIZE,
  saslprep,
  scramAuthMessage,
  scramKeys,
  scramVerifier,
  toBase64,
  toHex,
  type ScramBinding,
  type ScramCost,
  type ScramExchange,
} from '@wamp/protocol/auth';
import { expect } from '../expect.ts';
import type { Authenticator, Underlay, Verdict } from './authenticator.ts';
import { isSame } from './compare.ts';
import { knownIn, lookup, type CredentialKind, type CredentialSource } from './credentials.ts';
import { Decoys, type DecoyOptions } from './decoys.ts';
import { nameableBy } from './dynamic.ts';
import { inquiryOf, isCount, type Identity, type Inquiry } from './inquiry.ts';
import { DENIED, malformedMessage, welcome } from './verdicts.ts';

/** What the router stores for a password (SCR-9). It does not suffice to log in, but allows guessing passwords offline. */
export interface ScramStoredKeys extends ScramCost {
  /** The salt in hex, like the keys. */
  readonly salt: string;
  readonly storedKey: string;
  readonly serverKey: string;
}

export type ScramCredentials = Identity & ScramStoredKeys;

export interface ScramOptions extends DecoyOptions {
  /** The cost in challenges for unknown authids when `source` is not a map; by default that of {@link scramCredentials}. */
  readonly decoy?: ScramCost | undefined;
}

/** The minimum in OWASP's Password Storage Cheat Sheet; about 0.2 s in a browser. */
const DEFAULT_COST = {
  argon2id13: { kdf: 'argon2id13', iterations: 2, memory: 19_456 },
  pbkdf2: { kdf: 'pbkdf2', iterations: 600_000 },
} as const;
const METHOD = 'wamp-scram';
const KIND: CredentialKind = { check, read };
const SALT_SIZE = 16;
/** A multiple of three, so that its base64 has no padding, which would end up in the middle (T-28). */
const NONCE_SIZE = 24;

/**
 * Admits a client that proves knowledge of the password of its authid.
 * @throws TypeError for invalid credentials in a map
 */
export function scram(source: CredentialSource<ScramCredentials>, options: ScramOptions = {}): Authenticator {
  const { provider, find } = lookup(source, KIND);
  const { decoy: otherwise = DEFAULT_COST.argon2id13 } = options;
  const decoys = new Decoys<ScramCost & { readonly salt?: string }>(knownIn(source), otherwise, options);
  return {
    method: METHOD,
    ...nameableBy(source),
    async begin(hello, info) {
      const inquiry = inquiryOf(hello, info, METHOD);
      const opening = await openingOf(inquiry);
      if (typeof opening === 'string') return malformedMessage(opening);
      // Computed for every client, so that known authids take as long as unknown ones.
      const decoy = madeUp(decoys, inquiry.authid ?? '');
      const found = await find(inquiry);
      const stored = found ?? decoy;
      const exchange = exchangeOf(opening, stored);
      const { nonce, salt, iterations } = exchange;
      const { kdf, memory = null } = stored;
      return {
        challenge: { nonce, salt, kdf, iterations, memory },
        async answer(message): Promise<Verdict> {
          const authMessage = await scramAuthMessage(exchange);
          const proved = await isScramProof(proofOf(message), bytesOf(stored.storedKey), authMessage);
          if (!proved || !agrees(message.extra, exchange) || found === undefined) return DENIED;
          const verifier = toBase64(await scramVerifier(bytesOf(stored.serverKey), authMessage));
          return welcome(found, {
            authmethod: METHOD,
            authprovider: provider,
            authid: inquiry.authid,
            authextra: { verifier },
          });
        },
      };
    },
  };
}

/**
 * Derives the credentials to store for a password.
 * @param cost argon2id13 with 2 iterations over 19 MiB by default; pbkdf2 with 600,000 iterations
 * @throws Error for a password that SASLprep prohibits
 */
export async function scramCredentials(
  password: string,
  cost: Partial<ScramCost> & { readonly salt?: Uint8Array } = {},
): Promise<ScramStoredKeys> {
  const { salt = randomBytes(SALT_SIZE), kdf = 'argon2id13', ...rest } = cost;
  const whole: ScramCost = { ...DEFAULT_COST[kdf], ...rest };
  const { storedKey, serverKey } = await scramKeys(password, salt, whole);
  return { ...whole, salt: toHex(salt), storedKey: toHex(storedKey), serverKey: toHex(serverKey) };
}

/** What the client sent in HELLO. */
interface Opening {
  readonly authid: string;
  readonly clientNonce: string;
  readonly binding: ScramBinding | undefined;
}

/** SCR-1, SCR-2. @returns an explanation if it is invalid */
async function openingOf({ authid = '', authextra, underlay }: Inquiry): Promise<Opening | string> {
  const { nonce } = authextra;
  if (typeof nonce !== 'string' || nonce === '' || fromBase64(nonce) === undefined) {
    return 'authextra.nonce: expected base64';
  }
  const type = authextra['channel_binding'] ?? undefined;
  const binding = type === undefined ? undefined : bindingOf(type, underlay);
  if (binding === undefined && type !== undefined) {
    return 'authextra.channel_binding: this connection has no binding of that type';
  }
  try {
    await saslprep(authid);
  } catch {
    return 'authid: contains characters that SASLprep prohibits';
  }
  return { authid, clientNonce: nonce, binding };
}

/** The requested channel binding; `tls-exporter` of RFC 9266 is newer than RFC 5802, and is accepted as well. */
function bindingOf(type: unknown, underlay: Underlay): ScramBinding | undefined {
  if (type !== 'tls-unique' && type !== 'tls-server-end-point' && type !== 'tls-exporter') return undefined;
  const data = underlay.channelBinding?.(type);
  return data && { type, data };
}

/** SCR-3. */
function exchangeOf(opening: Opening, { salt, iterations }: ScramStoredKeys): ScramExchange {
  const nonce = opening.clientNonce + randomBytes(NONCE_SIZE).toString('base64');
  return { ...opening, nonce, salt: toBase64(bytesOf(salt)), iterations };
}

function proofOf({ signature }: Authenticate): Uint8Array {
  return fromBase64(signature) ?? new Uint8Array();
}

/** SCR-6: whether the client repeats the agreed values. */
function agrees({ nonce, channel_binding, cbind_data }: Dict, exchange: ScramExchange): boolean {
  const { binding } = exchange;
  const data = binding && toBase64(binding.data);
  return (
    typeof nonce === 'string' &&
    isSame(nonce, exchange.nonce) &&
    (channel_binding ?? undefined) === binding?.type &&
    (cbind_data ?? undefined) === data
  );
}

function madeUp(decoys: Decoys<ScramCost & { readonly salt?: string }>, authid: string): ScramStoredKeys {
  const { kdf, iterations, memory, salt: other = '00'.repeat(SALT_SIZE) } = decoys.model(authid);
  const salt = decoys.bytes(authid, 'salt', other.length / 2).toString('hex');
  const storedKey = decoys.bytes(authid, 'stored key').toString('hex');
  return { kdf, iterations, memory, salt, storedKey, serverKey: storedKey };
}

/** The bytes of checked hex. */
function bytesOf(hex: string): Uint8Array {
  return fromHex(hex) ?? new Uint8Array();
}

/** Accepts Crossbar.io's names, and its spelling of the key derivation function. */
function read(fields: Dict): Dict {
  const { kdf, iterations, memory, salt } = fields;
  return {
    kdf: kdf === 'argon2id-13' ? 'argon2id13' : kdf,
    iterations,
    memory,
    salt,
    storedKey: fields['stored-key'],
    serverKey: fields['server-key'],
  };
}

function check({ kdf, iterations, memory, salt, storedKey, serverKey }: Dict): void {
  expect(kdf === 'argon2id13' || kdf === 'pbkdf2', 'kdf: expected argon2id13 or pbkdf2');
  expect(isCount(iterations), 'iterations: expected an integer of 1 or more');
  expect(kdf === 'pbkdf2' || isCount(memory), 'memory: expected a number of KiB');
  expect((fromHex(salt)?.length ?? 0) > 0, 'salt: expected hex');
  const fault = `expected hex of ${SCRAM_KEY_SIZE} bytes`;
  expect(fromHex(storedKey, SCRAM_KEY_SIZE) !== undefined, `storedKey: ${fault}`);
  expect(fromHex(serverKey, SCRAM_KEY_SIZE) !== undefined, `serverKey: ${fault}`);
}
