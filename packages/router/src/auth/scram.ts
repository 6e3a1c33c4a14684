/** WAMP-SCRAM: both sides prove what they know, and the router cannot log in with what it keeps (spec: Salted Challenge Response Authentication). */
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
import type { Authenticator, Underlay, Verdict } from './authenticator.ts';
import { isSame } from './compare.ts';
import { knownIn, lookup, type CredentialKind, type CredentialSource } from './credentials.ts';
import { Decoys, type DecoyOptions } from './decoys.ts';
import { expect, inquiryOf, isCount, type Identity, type Inquiry } from './inquiry.ts';
import { DENIED, malformed, welcome } from './verdicts.ts';

/** What the router keeps of a password (SCR-9). Nobody can log in with it, but try passwords on it. */
export interface ScramStoredKeys extends ScramCost {
  /** Hex, like the keys. */
  readonly salt: string;
  readonly storedKey: string;
  readonly serverKey: string;
}

export type ScramCredentials = Identity & ScramStoredKeys;

export interface ScramOptions extends DecoyOptions {
  /** The cost that strangers are told where `source` is no map; by default that of {@link scramCredentials}. */
  readonly decoy?: ScramCost | undefined;
}

/** What OWASP's Password Storage Cheat Sheet asks for at least; about 0.2 s in a browser. */
const DEFAULT_COST = {
  argon2id13: { kdf: 'argon2id13', iterations: 2, memory: 19_456 },
  pbkdf2: { kdf: 'pbkdf2', iterations: 600_000 },
} as const;
const METHOD = 'wamp-scram';
const KIND: CredentialKind = { check, read };
const SALT_SIZE = 16;
/** A multiple of three, so that its base64 has no padding to stand in the middle (T-28). */
const NONCE_SIZE = 24;

/**
 * Lets in who proves to know the password of its authid.
 * @throws TypeError when credentials in a map are none
 */
export function scram(source: CredentialSource<ScramCredentials>, options: ScramOptions = {}): Authenticator {
  const { provider, find } = lookup(source, KIND);
  const { decoy: otherwise = DEFAULT_COST.argon2id13 } = options;
  const decoys = new Decoys<ScramCost & { readonly salt?: string }>(knownIn(source), otherwise, options);
  return {
    method: METHOD,
    async begin(hello, info) {
      const inquiry = inquiryOf(hello, info, METHOD);
      const opening = await openingOf(inquiry);
      if (typeof opening === 'string') return malformed(opening);
      // Made up for everybody, so that it takes as long for those who are known.
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
 * Derives what a router keeps of a password.
 * @param cost by default argon2id13 with 2 iterations over 19 MiB; pbkdf2 takes 600,000 iterations
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

/** What the client has opened the exchange with. */
interface Opening {
  readonly authid: string;
  readonly clientNonce: string;
  readonly binding: ScramBinding | undefined;
}

/** SCR-1, SCR-2. @returns what is wrong with it, if something is */
async function openingOf({ authid = '', authextra, underlay }: Inquiry): Promise<Opening | string> {
  const { nonce } = authextra;
  if (typeof nonce !== 'string' || nonce === '' || fromBase64(nonce) === undefined) {
    return 'authextra.nonce: expected base64';
  }
  const type = authextra['channel_binding'] ?? undefined;
  const binding = type === undefined ? undefined : bindingOf(type, underlay);
  if (binding === undefined && type !== undefined) {
    return 'authextra.channel_binding: there is none of that type here';
  }
  try {
    await saslprep(authid);
  } catch {
    return 'authid: it has characters that no name may have';
  }
  return { authid, clientNonce: nonce, binding };
}

/** What the client wants to be bound to; RFC 9266 came after RFC 5802, and is as good. */
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

/** SCR-6: the client repeats what both have agreed on. */
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

/** Of hex that has been checked. */
function bytesOf(hex: string): Uint8Array {
  return fromHex(hex) ?? new Uint8Array();
}

/** Crossbar.io's names, and its spelling of the function. */
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
  expect(isCount(iterations), 'iterations: expected a number from 1');
  expect(kdf === 'pbkdf2' || isCount(memory), 'memory: expected a number of KiB');
  expect((fromHex(salt)?.length ?? 0) > 0, 'salt: expected hex');
  const fault = `expected hex of ${SCRAM_KEY_SIZE} bytes`;
  expect(fromHex(storedKey, SCRAM_KEY_SIZE) !== undefined, `storedKey: ${fault}`);
  expect(fromHex(serverKey, SCRAM_KEY_SIZE) !== undefined, `serverKey: ${fault}`);
}
