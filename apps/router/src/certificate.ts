/** The subject and the expiry date of the certificate of a listener. */
import { X509Certificate } from 'node:crypto';
import type { TlsOptions } from 'node:tls';

/** What a certificate says of itself. */
export interface CertificateFacts {
  readonly subject: string;
  /** The date on which it expires (ISO 8601). */
  readonly expires: string;
}

/** The facts about the certificate in `tls`; undefined if there is none. */
export function certificateOf(tls: TlsOptions | undefined): CertificateFacts | undefined {
  if (tls?.cert === undefined) return undefined;
  const { subject, validTo } = new X509Certificate(tls.cert as Buffer);
  return { subject: subject.replaceAll('\n', ' '), expires: new Date(validTo).toISOString() };
}
