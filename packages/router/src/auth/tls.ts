/** Authentication by TLS client certificate, which the TLS handshake has already verified. */
import type { X509Certificate } from 'node:crypto';
import type { Dict } from '@wamp/protocol';
import type { Authenticator } from './authenticator.ts';
import { lookup, type CredentialFunction } from './credentials.ts';
import { askDynamic, nameableBy, type DynamicAuthenticator } from './dynamic.ts';
import { inquiryOf, type Identity, type Inquiry } from './inquiry.ts';
import { DENIED, welcome } from './verdicts.ts';

export interface TlsOptions {
  /**
   * Which part of the certificate is the authid: `cn`, the default, is the common name of its subject; `san` the first
   * of its subject's alternative names (DNS, e-mail address or URI); `fingerprint` its SHA-256 as 64 lower-case hex
   * digits; or a function, which returns undefined for a certificate without an authid.
   */
  readonly identify?: 'cn' | 'san' | 'fingerprint' | ((certificate: X509Certificate) => string | undefined);
}

const METHOD = 'tls';

/**
 * Admits a client whose certificate identifies it. The server has to request certificates and know which issuers to
 * trust (`requestCert` and `ca` of `node:tls`); it does not pass on certificates that it cannot verify.
 * @param source by authid; a procedure finds `certificate` in its details: `subject`, `subjectaltname`, `issuer`,
 *   `serial_number`, `fingerprint_sha256`
 */
export function tls(
  source: ReadonlyMap<string, Identity> | CredentialFunction<Identity> | DynamicAuthenticator,
  { identify = 'cn' }: TlsOptions = {},
): Authenticator {
  const nameOf = typeof identify === 'function' ? identify : NAMES[identify];
  const { provider, find } = finder(source);
  return {
    method: METHOD,
    ...nameableBy(source),
    async begin(hello, info) {
      const { certificate } = info.underlay;
      const authid = certificate && nameOf(certificate);
      // The claimed authid, if any, must be that of the certificate.
      if (certificate === undefined || authid === undefined) return DENIED;
      if ((hello.details.authid ?? authid) !== authid) return DENIED;
      const identity = await find({ ...inquiryOf(hello, info, METHOD), authid }, certificate);
      if (identity === undefined) return DENIED;
      return welcome(identity, { authmethod: METHOD, authprovider: provider, authid });
    },
  };
}

interface Finder {
  readonly provider: string;
  readonly find: (inquiry: Inquiry, certificate: X509Certificate) => Promise<Identity | undefined>;
}

function finder(source: Parameters<typeof tls>[0]): Finder {
  if (typeof source === 'function' || !('procedure' in source)) {
    return lookup<Identity>(source, { check: () => undefined, read: () => ({}) });
  }
  return {
    provider: 'dynamic',
    find: async (inquiry, certificate) =>
      (await askDynamic(source, inquiry, { certificate: describe(certificate) }))?.identity,
  };
}

/** The names by which a certificate identifies its owner. */
const NAMES: Readonly<Record<'cn' | 'san' | 'fingerprint', (of: X509Certificate) => string | undefined>> = {
  cn: commonName,
  san: ({ subjectAltName = '' }) => /^(?:DNS|email|URI):([^,"]+)/.exec(subjectAltName)?.[1],
  fingerprint,
};

/**
 * The unescaped common name: `subject` escapes some characters. Two names, which form a list here, are ambiguous and
 * count as none.
 */
function commonName(certificate: X509Certificate): string | undefined {
  const { CN: name } = certificate.toLegacyObject().subject as { readonly CN?: unknown };
  return typeof name === 'string' && name !== '' && !CONTROL.test(name) ? name : undefined;
}

/** Control characters, which do not occur in valid names and truncate them in C code. */
const CONTROL = /\p{Cc}/u;

function fingerprint({ fingerprint256 }: X509Certificate): string {
  return fingerprint256.replaceAll(':', '').toLowerCase();
}

function describe(certificate: X509Certificate): Dict {
  const { subject, subjectAltName = null, issuer, serialNumber } = certificate;
  return {
    subject,
    subjectaltname: subjectAltName,
    issuer,
    serial_number: serialNumber,
    fingerprint_sha256: fingerprint(certificate),
  };
}
