/** Section `tls` of a listener: certificate and key files that match. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls';
import { z } from 'zod';
import type { Files } from './files.ts';
import { contents, secret, together, type Complain } from './kinds.ts';

/** The timeout of a TLS handshake (ms). */
const HANDSHAKE_TIMEOUT = 10_000;

export function tls(files: Files): z.ZodType<TlsOptions> {
  const written = z.strictObject({
    certificate: contents(files)
      .refine(isCertificate, { message: NO_CERTIFICATE, abort: true })
      .describe('File with the certificate, followed by its intermediate certificates (PEM).'),
    key: contents(files).describe('File with the private key (PEM).'),
    passphrase: secret(files).exactOptional().describe('The passphrase of the private key.'),
    ca: contents(files)
      .refine(isCertificate, { message: NO_CERTIFICATE, abort: true })
      .exactOptional()
      .describe('File with the certificates of the authorities that issue client certificates (PEM).'),
    client_certificates: z
      .enum(['none', 'request', 'require'])
      .default('none')
      .describe('Whether clients are asked for a certificate (request), or must have one (require).'),
  });
  return together(written, ({ certificate, key, passphrase, ca, client_certificates: asks }, complain) => {
    const fault = keyFault(certificate, key, passphrase);
    if (fault === undefined) checkContext({ cert: certificate, key, passphrase, ca }, complain);
    else complain(['key'], fault);
    if (asks === 'none' || ca !== undefined) return;
    complain(
      ['client_certificates'],
      'needs ca, expected the certificates of the authorities that issue client certificates',
    );
  })
    .transform(({ certificate, key, passphrase, ca, client_certificates: asks }) => ({
      cert: certificate,
      key,
      ...(passphrase === undefined ? {} : { passphrase }),
      ...(ca === undefined ? {} : { ca }),
      requestCert: asks !== 'none',
      rejectUnauthorized: asks === 'require',
      minVersion: 'TLSv1.2' as const,
      handshakeTimeout: HANDSHAKE_TIMEOUT,
    }))
    .meta({ title: 'a mapping with certificate and key' });
}

/** What OpenSSL refuses although each file can be read, such as a key that is too short. */
function checkContext(files: SecureContextOptions, complain: Complain): void {
  try {
    createSecureContext({ ...files, minVersion: 'TLSv1.2' });
  } catch (error) {
    const { reason, message } = error as Error & { reason?: string };
    complain(
      ['certificate'],
      `is refused by TLS (${reason ?? message}), expected one that clients would accept`,
    );
  }
}

const NO_CERTIFICATE = 'the file holds no certificate, expected one in PEM';

function isCertificate(bytes: Buffer): boolean {
  try {
    return new X509Certificate(bytes).raw.length > 0;
  } catch {
    return false;
  }
}

/** Why a private key is invalid; undefined if it is valid. */
function keyFault(certificate: Buffer, key: Buffer, passphrase: string | undefined): string | undefined {
  const encrypted = key.includes('ENCRYPTED');
  if (encrypted && passphrase === undefined)
    return 'the file is encrypted, expected its passphrase beside it';
  const privateKey = privateKeyOf(key, passphrase);
  if (privateKey === undefined) {
    return encrypted
      ? 'the passphrase does not open the file'
      : 'the file holds no private key, expected one in PEM';
  }
  return new X509Certificate(certificate).checkPrivateKey(privateKey)
    ? undefined
    : 'the file holds the key of another certificate';
}

function privateKeyOf(key: Buffer, passphrase: string | undefined): KeyObject | undefined {
  try {
    return createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch {
    return undefined;
  }
}
