/** Ed25519 in plain JavaScript, for every runtime (RFC 8032). */
import { getPublicKey, hashes, sign, verify } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';

hashes.sha512 = sha512;

/** @param privateKey its seed of 32 bytes */
export function ed25519PublicKey(privateKey: Uint8Array): Uint8Array {
  return getPublicKey(privateKey);
}

/** @returns 64 bytes */
export function ed25519Sign(privateKey: Uint8Array, message: Uint8Array): Uint8Array {
  return sign(message, privateKey);
}

/** False for a malformed signature or key, and for the signature of another message. */
export function ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    // Strictly by the RFC, as other implementations: noble's default accepts more.
    return verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}
