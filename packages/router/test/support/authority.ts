/** Certificates made for a test: an authority, and whom it vouches for (X.509 v3, RFC 5280). */
import {
  createHash,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';

/** A certificate and its private key, in PEM. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate says. */
export interface Claims {
  /** Attributes of the subject, in order. */
  readonly subject: readonly (readonly [keyof typeof ATTRIBUTES, string])[];
  /** Names of DNS; by default none. */
  readonly dns?: readonly string[];
  readonly from?: Date;
  readonly until?: Date;
  /** An authority itself. */
  readonly isAuthority?: boolean;
  /** Signed with SHA-384 instead of SHA-256. */
  readonly isLong?: boolean;
}

const HOUR = 3_600_000;
/** Object identifiers, as DER has them. */
const ATTRIBUTES = { CN: '550403', O: '55040a', OU: '55040b' };
const ECDSA = { sha256: '2a8648ce3d040302', sha384: '2a8648ce3d040303' };
const BASIC_CONSTRAINTS = '551d13';
const ALTERNATIVE_NAMES = '551d11';
const LOOPBACK = Buffer.of(127, 0, 0, 1);

export class Authority {
  /** Its certificate, in PEM. */
  readonly cert: string;
  readonly #name: Buffer;
  readonly #key: KeyObject;

  constructor(name: string) {
    const { privateKey, publicKey } = keyPair();
    this.#name = nameOf([['CN', name]]);
    this.#key = privateKey;
    this.cert = this.#certify({ subject: [['CN', name]], isAuthority: true }, publicKey);
  }

  /** Vouches for somebody. */
  issue(claims: Claims): Credentials {
    const { privateKey, publicKey } = keyPair();
    const key = String(privateKey.export({ format: 'pem', type: 'pkcs8' }));
    return { key, cert: this.#certify(claims, publicKey) };
  }

  /** A list of certificates that it does not vouch for any more, in PEM. */
  revoke(...certificates: readonly string[]): string {
    const [now, later] = [new Date(Date.now() - HOUR), new Date(Date.now() + HOUR)];
    const revoked = certificates.map((cert) => {
      const { serialNumber } = new X509Certificate(cert);
      return sequence(integer(Buffer.from(serialNumber, 'hex')), time(now));
    });
    const list = sequence(
      integer(Buffer.of(1)),
      algorithm('sha256'),
      this.#name,
      time(now),
      time(later),
      ...(revoked.length === 0 ? [] : [sequence(...revoked)]),
    );
    return pem('X509 CRL', this.#signed(list, 'sha256'));
  }

  #certify(claims: Claims, publicKey: KeyObject): string {
    const { subject, dns = [], isAuthority = false, isLong = false } = claims;
    const { from = new Date(Date.now() - HOUR), until = new Date(Date.now() + HOUR) } = claims;
    const hash = isLong ? 'sha384' : 'sha256';
    const names = [...dns.map((name) => der(0x82, Buffer.from(name))), der(0x87, LOOPBACK)];
    const extensions = [
      extension(BASIC_CONSTRAINTS, sequence(...(isAuthority ? [der(0x01, Buffer.of(0xff))] : []))),
      ...(dns.length === 0 ? [] : [extension(ALTERNATIVE_NAMES, sequence(...names))]),
    ];
    const body = sequence(
      der(0xa0, integer(Buffer.of(2))),
      integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
      algorithm(hash),
      this.#name,
      sequence(time(from), time(until)),
      nameOf(subject),
      publicKey.export({ format: 'der', type: 'spki' }),
      der(0xa3, sequence(...extensions)),
    );
    return pem('CERTIFICATE', this.#signed(body, hash));
  }

  #signed(body: Buffer, hash: keyof typeof ECDSA): Buffer {
    return sequence(body, algorithm(hash), der(0x03, Buffer.of(0), sign(hash, body, this.#key)));
  }
}

function keyPair(): { privateKey: KeyObject; publicKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** The SHA-256 of a certificate, in hex. */
export function fingerprintOf(cert: string): string {
  return createHash('sha256').update(new X509Certificate(cert).raw).digest('hex');
}

// DER

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content]);
  const length = Buffer.of(content.length >> 8, content.length & 0xff);
  return Buffer.concat([Buffer.of(tag, 0x82), length, content]);
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(0x30, ...parts);
}

/** A positive one. */
function integer(bytes: Buffer): Buffer {
  return der(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

function identifier(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function algorithm(hash: keyof typeof ECDSA): Buffer {
  return sequence(identifier(ECDSA[hash]));
}

function extension(name: string, value: Buffer): Buffer {
  return sequence(identifier(name), der(0x04, value));
}

function nameOf(attributes: Claims['subject']): Buffer {
  return sequence(
    ...attributes.map(([type, value]) =>
      der(0x31, sequence(identifier(ATTRIBUTES[type]), der(0x0c, Buffer.from(value)))),
    ),
  );
}

/** UTCTime: the years until 2049 have two digits. */
function time(at: Date): Buffer {
  const digits = at
    .toISOString()
    .replaceAll(/[-:T]|\.\d+/g, '')
    .slice(2);
  return der(0x17, Buffer.from(digits));
}

function pem(what: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${what}-----\n${lines}\n-----END ${what}-----\n`;
}
