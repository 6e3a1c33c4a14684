/** Cryptosign: the signed message and the form of a signature (spec: Cryptosign-based Authentication). */
import { concat, fromHex, toHex, xor } from './bytes.ts';
import { sha256 } from './sha256.ts';

/** Sizes in bytes. */
export const CRYPTOSIGN_KEY_SIZE = 32;
const SIGNATURE_SIZE = 64;
const MESSAGE_SIZE = 32;

/** An Ed25519 signature, and the message that it signs. */
export interface CryptosignSignature {
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
}

/** The 32 bytes of channel binding data; data of another size, such as `tls-unique`, is hashed (T-29). */
export async function cryptosignChannelId(type: string, data: Uint8Array): Promise<Uint8Array> {
  return type === 'tls-exporter' ? data : sha256(data);
}

/** CSN-3: the challenge, or with channel binding the challenge XOR the channel id; 32 bytes each. */
export function cryptosignMessage(challenge: Uint8Array, channelId?: Uint8Array): Uint8Array {
  return channelId === undefined ? challenge : xor(challenge, channelId);
}

/** CSN-3: the value of AUTHENTICATE.Signature. */
export function writeCryptosign({ signature, message }: CryptosignSignature): string {
  return toHex(concat(signature, message));
}

/** Reads the result of {@link writeCryptosign}; undefined for anything but 192 hex digits (T-29). */
export function readCryptosign(text: unknown): CryptosignSignature | undefined {
  const bytes = fromHex(text, SIGNATURE_SIZE + MESSAGE_SIZE);
  return bytes && { signature: bytes.subarray(0, SIGNATURE_SIZE), message: bytes.subarray(SIGNATURE_SIZE) };
}

/** CSN-2: reads a challenge of CHALLENGE or HELLO; undefined when it is malformed. */
export function readCryptosignChallenge(text: unknown): Uint8Array | undefined {
  return fromHex(text, MESSAGE_SIZE);
}
