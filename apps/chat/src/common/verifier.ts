/** What is stored for a password: the keys of SCRAM, which do not suffice to log in. */
import { scramKeys, toHex } from '@wamp/protocol/auth';
import type { Verifier } from './contract.ts';

/** The cost that the router shows for unknown names, so that a challenge does not tell which names exist. */
export const COST = { kdf: 'argon2id13', iterations: 2, memory: 19_456 } as const;
const SALT_SIZE = 16;

/** @throws Error for a password that SASLprep prohibits */
export async function verifierOf(password: string): Promise<Verifier> {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_SIZE));
  const { storedKey, serverKey } = await scramKeys(password, salt, COST);
  return { salt: toHex(salt), storedKey: toHex(storedKey), serverKey: toHex(serverKey) };
}
