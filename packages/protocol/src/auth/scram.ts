/** WAMP-SCRAM: keys, proofs and signatures (spec: Salted Challenge Response Authentication; RFC 5802, RFC 7677). */
import { toBase64 } from '../serializers/base64.ts';
import { concat, equalBytes, utf8, xor } from './bytes.ts';
import { saslprep } from './saslprep.ts';
import { hmac, pbkdf2, sha256 } from './sha256.ts';

/** SCR-9: Argon2id v1.3 with parallelism 1, or PBKDF2 with HMAC-SHA256. */
export type ScramKdf = 'argon2id13' | 'pbkdf2';

/** The parameters of the key derivation. */
export interface ScramCost {
  readonly kdf: ScramKdf;
  readonly iterations: number;
  /** In KiB; for argon2id13 only. */
  readonly memory?: number | undefined;
}

/** The keys of a password. A router stores StoredKey and ServerKey, which are not enough to log in. */
export interface ScramKeys {
  readonly clientKey: Uint8Array;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

/** The data of an exchange that both sides sign. */
export interface ScramExchange {
  /** As in HELLO. */
  readonly authid: string;
  /** The client's nonce, in base64. */
  readonly clientNonce: string;
  /** Both nonces, in base64: the client's, followed by the router's. */
  readonly nonce: string;
  /** In base64. */
  readonly salt: string;
  readonly iterations: number;
  readonly binding?: ScramBinding | undefined;
}

/** The transport that an exchange is bound to (RFC 5802 §6). */
export interface ScramBinding {
  /** Such as `tls-unique`. */
  readonly type: string;
  readonly data: Uint8Array;
}

/** Of keys, proofs and signatures, in bytes. */
export const SCRAM_KEY_SIZE = 32;

/**
 * SCR-8: the keys of a password.
 * @param goOn called now and then; an error that it throws aborts the derivation
 * @throws Error for a password that SASLprep prohibits, and for invalid costs
 */
export async function scramKeys(
  password: string,
  salt: Uint8Array,
  cost: ScramCost,
  goOn?: () => void,
): Promise<ScramKeys> {
  const salted = await scramSaltedPassword(password, salt, cost, goOn);
  goOn?.();
  const [clientKey, serverKey] = await Promise.all([
    hmac(salted, utf8('Client Key')),
    hmac(salted, utf8('Server Key')),
  ]);
  return { clientKey, storedKey: await sha256(clientKey), serverKey };
}

/** SaltedPassword. */
export async function scramSaltedPassword(
  password: string,
  salt: Uint8Array,
  { kdf, iterations, memory = 0 }: ScramCost,
  goOn?: () => void,
): Promise<Uint8Array> {
  const prepared = utf8(await saslprep(password));
  if (kdf === 'pbkdf2') return pbkdf2(prepared, salt, iterations, SCRAM_KEY_SIZE);
  const noble = await import('@noble/hashes/argon2.js');
  const options = {
    t: iterations,
    m: memory,
    p: 1,
    version: 0x13,
    dkLen: SCRAM_KEY_SIZE,
    ...(goOn && { onProgress: goOn }),
  };
  // The library limits memory to 1 GiB; callers have limits of their own.
  return noble.argon2idAsync(prepared, salt, { ...options, maxmem: 2 * 1024 * memory + 2 ** 20 });
}

/** SCR-8: the text that proof and signature cover. @throws Error for an authid that SASLprep prohibits */
export async function scramAuthMessage(exchange: ScramExchange): Promise<Uint8Array> {
  const { authid, clientNonce, nonce, salt, iterations, binding } = exchange;
  const name = (await saslprep(authid)).replaceAll('=', '=3D').replaceAll(',', '=2C');
  const header = binding === undefined ? utf8('n,,') : concat(utf8(`p=${binding.type},,`), binding.data);
  return utf8(
    `n=${name},r=${clientNonce},r=${nonce},s=${salt},i=${iterations},c=${toBase64(header)},r=${nonce}`,
  );
}

/** ClientProof. */
export async function scramProof(
  { clientKey, storedKey }: Omit<ScramKeys, 'serverKey'>,
  authMessage: Uint8Array,
): Promise<Uint8Array> {
  return xor(clientKey, await hmac(storedKey, authMessage));
}

/** True when a ClientProof belongs to the password of `storedKey`. */
export async function isScramProof(
  proof: Uint8Array,
  storedKey: Uint8Array,
  authMessage: Uint8Array,
): Promise<boolean> {
  const signature = await hmac(storedKey, authMessage);
  if (proof.length !== signature.length) return false;
  return equalBytes(await sha256(xor(proof, signature)), storedKey);
}

/** ServerSignature: the router's proof. */
export function scramVerifier(serverKey: Uint8Array, authMessage: Uint8Array): Promise<Uint8Array> {
  return hmac(serverKey, authMessage);
}
