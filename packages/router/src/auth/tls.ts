/** Authentication by TLS client certificate: the transport has proved already who the client is. */
import type { X509Certificate } from 'node:crypto';
import type { Dict } from '@wamp/protocol';
import type { Authenticator } from './authenticator.ts';
import { lookup, type CredentialFunction } from './credentials.ts';
import { askDynamic, type DynamicAuthenticator } from './dynamic.ts';
import { inquiryOf, type Identity, type Inquiry } from './inquiry.ts';
import { DENIED, welcome } from './verdicts.ts';

export interface TlsOptions {
  /**
   * What of a certificate is the authid: `cn` the common name of its subject, by default; `san` the first name of its
   * subject's alternative names, be it of DNS, an e-mail address or a URI; `fingerprint` its SHA-256 as 64 lower-case
   * hex digits; or a function, which returns undefined for a certificate that names nobody.
   */
  readonly identify?: 'cn' | 'san' | 'fingerprint' | ((certificate: X509Certificate) => string | undefined);
}

const METHOD = 'tls';

/**
 * Lets in whose certificate says who they are. The server has to ask for certificates and know which to trust
 * (`requestCert` and `ca` of `node:tls`): of a certificate that it does not hold valid, nothing is heard here.
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
    async begin(hello, info) {
      const { certificate } = info.underlay;
      const authid = certificate && nameOf(certificate);
      // A client that says who it is, and is somebody else by its certificate, is confused at best.
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

/** Names by which a certificate may identify who has it. */
const NAMES: Readonly<Record<'cn' | 'san' | 'fingerprint', (of: X509Certificate) => string | undefined>> = {
  cn: commonName,
  san: ({ subjectAltName = '' }) => /^(?:DNS|email|URI):([^,"]+)/.exec(subjectAltName)?.[1],
  fingerprint,
};

/** As it stands there: in `subject`, some characters are escaped. Two names, which are a list here, are none. */
function commonName(certificate: X509Certificate): string | undefined {
  const { CN: name } = certificate.toLegacyObject().subject as { readonly CN?: unknown };
  return typeof name === 'string' && name !== '' && !CONTROL.test(name) ? name : undefined;
}

/** What is in no name, and cuts it short where C reads it. */
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
