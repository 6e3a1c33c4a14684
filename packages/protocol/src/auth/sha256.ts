/**
 * SHA-256, HMAC and PBKDF2: by WebCrypto, or by `@noble/hashes` on pages without WebCrypto, which browsers offer over https
 * only.
 */

/** The part of SubtleCrypto that this file uses. */
interface Subtle {
  digest(algorithm: string, data: Uint8Array): Promise<ArrayBuffer>;
  importKey(
    format: 'raw',
    key: Uint8Array,
    algorithm: object | string,
    extractable: boolean,
    usages: readonly string[],
  ): Promise<object>;
  sign(algorithm: string, key: object, data: Uint8Array): Promise<ArrayBuffer>;
  deriveBits(algorithm: object, key: object, bits: number): Promise<ArrayBuffer>;
}

declare const crypto: { readonly subtle?: Subtle };

export async function sha256(data: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const { subtle } = crypto;
  if (subtle !== undefined) return new Uint8Array(await subtle.digest('SHA-256', data));
  const noble = await import('@noble/hashes/sha2.js');
  return own(noble.sha256(data));
}

/** HMAC-SHA256 (RFC 2104). */
export async function hmac(key: Uint8Array, data: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const { subtle } = crypto;
  if (subtle !== undefined) {
    // WebCrypto refuses an empty key. HMAC pads keys with zeros, so a zero byte is the same key.
    const raw = key.length === 0 ? new Uint8Array(1) : key;
    const imported = await subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    return new Uint8Array(await subtle.sign('HMAC', imported, data));
  }
  const [noble, sha2] = await Promise.all([import('@noble/hashes/hmac.js'), import('@noble/hashes/sha2.js')]);
  return own(noble.hmac(sha2.sha256, key, data));
}

/**
 * PBKDF2 with HMAC-SHA256 (RFC 8018).
 * @param length of the result, in bytes
 */
export async function pbkdf2(
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { subtle } = crypto;
  if (subtle !== undefined) {
    const key = await subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
    const algorithm = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations };
    return new Uint8Array(await subtle.deriveBits(algorithm, key, 8 * length));
  }
  const [noble, sha2] = await Promise.all([
    import('@noble/hashes/pbkdf2.js'),
    import('@noble/hashes/sha2.js'),
  ]);
  return own(await noble.pbkdf2Async(sha2.sha256, password, salt, { c: iterations, dkLen: length }));
}

/** A copy in an ArrayBuffer of its own. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
