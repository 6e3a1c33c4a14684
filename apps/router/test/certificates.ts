/** A folder with a certificate, keys that fit and keys that do not, for tests of configurations. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cert, key } from '../../../packages/router/test/support/certificate.ts';

export class CertificateFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async open(): Promise<CertificateFolder> {
    const path = await mkdtemp(join(tmpdir(), 'wamp-config-'));
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const files = {
      'certificate.pem': cert,
      'key.pem': key,
      'other-key.pem': pem(other),
      'encrypted-key.pem': pem(createPrivateKey(key), PASSPHRASE),
      'renewed.pem': renewed,
      'renewed-key.pem': renewedKey,
      passphrase: `${PASSPHRASE}\n`,
      empty: '',
    };
    for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
    return new CertificateFolder(path);
  }

  /** Writes a file beside the others. @returns its path */
  async write(name: string, content: string | Uint8Array): Promise<string> {
    const file = join(this.path, name);
    await writeFile(file, content);
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true });
  }
}

const PASSPHRASE = 'open sesame';

function pem(privateKey: KeyObject, passphrase?: string): string {
  const plain = { format: 'pem', type: 'pkcs8' } as const;
  const options = passphrase === undefined ? plain : { ...plain, cipher: 'aes-256-cbc', passphrase };
  return String(privateKey.export(options));
}

/** Another certificate, for renewed.example, and its key. */
const renewed = `-----BEGIN CERTIFICATE-----
MIIBijCCATGgAwIBAgIUNtiEn22P2KHm2fuAlm+cGOS8RH0wCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPcmVuZXdlZC5leGFtcGxlMCAXDTI2MTEyODEwNDkzNFoYDzIx
MjYxMTA0MTA0OTM0WjAaMRgwFgYDVQQDDA9yZW5ld2VkLmV4YW1wbGUwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAARiaSxaRlsZUgClCg+tXq28wYFVcgcJkgWLz9Z2
HoyBB+K0BiuSCXf3GQdXkX9Bn5QxHA2D7et37xrksHXmxYgDo1MwUTAdBgNVHQ4E
FgQUP0WnPNC44dKKCSWe8OP8z8ePsmUwHwYDVR0jBBgwFoAUP0WnPNC44dKKCSWe
8OP8z8ePsmUwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiAxKMzx
IR/4u/Cp8lY8f10oy7NSezie76YbF8rCOfX6TAIgHU/bNkUjzLMYFOfDPystoEi8
KL39HiNZu180CXWqCS0=
-----END CERTIFICATE-----
`;
const renewedKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgUuKTjJCiaCt29wNG
W6kVENv4VV8pdMXwHQjiaWZP3GihRANCAARiaSxaRlsZUgClCg+tXq28wYFVcgcJ
kgWLz9Z2HoyBB+K0BiuSCXf3GQdXkX9Bn5QxHA2D7et37xrksHXmxYgD
-----END PRIVATE KEY-----
`;
