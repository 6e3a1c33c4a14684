/** WAMP-CRA: keys and signatures (spec: Challenge Response Authentication). */
import { toBase64 } from '../serializers/base64.ts';
import { utf8 } from './bytes.ts';
import { hmac, pbkdf2 } from './sha256.ts';

/** The parameters of the key derivation (CRA-4). */
export interface WampcraSalting {
  /** A text; PBKDF2 gets its UTF-8. */
  readonly salt: string;
  /** Rounds of PBKDF2. */
  readonly iterations: number;
  /** Of the derived key, in bytes. */
  readonly keylen: number;
}

/** The key for a salted password: the base64 text of the PBKDF2 result, as in all implementations (T-26). */
export async function wampcraKey(
  password: string,
  { salt, iterations, keylen }: WampcraSalting,
): Promise<string> {
  return toBase64(await pbkdf2(utf8(password), utf8(salt), iterations, keylen));
}

/** CRA-3: the signature of a challenge, in base64. */
export async function wampcraSignature(key: string, challenge: string): Promise<string> {
  return toBase64(await hmac(utf8(key), utf8(challenge)));
}
