/** The computations of authentication for both sides: derived keys, signatures and proofs. */
export { fromBase64, toBase64 } from '../serializers/base64.ts';
export { concat, equalBytes, fromHex, toHex, utf8, xor } from './bytes.ts';
export { certificateHash, type CertificateHash } from './certificate.ts';
export {
  CRYPTOSIGN_KEY_SIZE,
  cryptosignChannelId,
  cryptosignMessage,
  readCryptosign,
  readCryptosignChallenge,
  writeCryptosign,
  type CryptosignSignature,
} from './cryptosign.ts';
export { saslprep } from './saslprep.ts';
export {
  isScramProof,
  SCRAM_KEY_SIZE,
  scramAuthMessage,
  scramKeys,
  scramProof,
  scramVerifier,
  type ScramBinding,
  type ScramCost,
  type ScramExchange,
  type ScramKdf,
  type ScramKeys,
} from './scram.ts';
export { hmac, sha256 } from './sha256.ts';
export { wampcraKey, wampcraSignature, type WampcraSalting } from './wampcra.ts';
