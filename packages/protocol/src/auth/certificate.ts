/** The hash of a certificate for the channel binding `tls-server-end-point`. */
import { toHex } from './bytes.ts';

/** The hash of RFC 5929 §4.1 for each signature algorithm, by the hex of its object identifier. */
const HASHES: Readonly<Record<string, CertificateHash>> = {
  '2a864886f70d010104': 'sha256', // MD5 with RSA, replaced as weak
  '2a864886f70d010105': 'sha256', // SHA-1 with RSA, replaced as weak
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d0401': 'sha256', // ECDSA with SHA-1, replaced as weak
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
};

export type CertificateHash = 'sha256' | 'sha384' | 'sha512';

/**
 * The hash of RFC 5929 §4.1 for a certificate; undefined where the RFC defines none, as for Ed25519.
 * @param certificate in DER
 */
export function certificateHash(certificate: Uint8Array): CertificateHash | undefined {
  // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { algorithm, … }, … } (RFC 5280 §4.1)
  const whole = valueAt(certificate, 0);
  const tbs = valueAt(certificate, whole?.start);
  const algorithm = valueAt(certificate, valueAt(certificate, tbs?.end)?.start);
  return algorithm && HASHES[toHex(certificate.subarray(algorithm.start, algorithm.end))];
}

/** The range of the value whose tag is at `at`; undefined for malformed DER. */
function valueAt(
  bytes: Uint8Array,
  at: number | undefined,
): { readonly start: number; readonly end: number } | undefined {
  const first = at === undefined ? undefined : bytes[at + 1];
  if (at === undefined || first === undefined) return undefined;
  const more = first < 0x80 ? 0 : first & 0x7f;
  const start = at + 2 + more;
  const length = bytes
    .subarray(at + 2, start)
    .reduce((sum, byte) => sum * 256 + byte, more === 0 ? first : 0);
  return start + length > bytes.length ? undefined : { start, end: start + length };
}
