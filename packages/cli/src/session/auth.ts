/** Selects the authenticator of a connection, and reads its secret. */
import { createPrivateKey } from 'node:crypto';
import { anonymous, ticket, tls, wampcra, type Authenticator } from '@wamp/client';
import { usage } from '../io/failure.ts';
import type { Io } from '../io/io.ts';
import { askSecret, firstLineOf } from '../io/secret.ts';
import { readPrivate } from '../profile/folder.ts';
import type { Method } from './options.ts';
import type { Settings } from './settings.ts';

/** @throws Failure if the method lacks a setting */
export async function authenticator(settings: Settings, io: Io): Promise<Authenticator> {
  const method = settings.auth ?? guess(settings);
  const { authid } = settings;
  switch (method) {
    case 'anonymous':
      return anonymous(authid);
    case 'tls':
      return tls(authid);
    case 'ticket':
      return ticket(...(await nameAndSecret(method, settings, io)));
    case 'wampcra':
      return wampcra(...(await nameAndSecret(method, settings, io)));
    case 'scram': {
      const { scram } = await import('@wamp/client/scram');
      const [name, secret] = await nameAndSecret(method, settings, io);
      return scram(name, secret, { channelBinding: settings.channelBinding });
    }
    case 'cryptosign': {
      const { cryptosign } = await import('@wamp/client/cryptosign');
      const seed = seedIn(await secretFor(method, settings, io));
      const { routerKey, channelBinding } = settings;
      return cryptosign(seed, { authid, routerKey, channelBinding });
    }
  }
}

/** The method that a secret or a certificate implies, if none is named. */
function guess({ secret, secretFile, cert }: Settings): Method {
  if (secret !== undefined || secretFile !== undefined) {
    throw usage(
      'a secret is given, but no authentication method',
      'Add --auth ticket, wampcra, scram or cryptosign.',
    );
  }
  return cert === undefined ? 'anonymous' : 'tls';
}

async function nameAndSecret(method: Method, settings: Settings, io: Io): Promise<[string, string]> {
  if (settings.authid === undefined) throw usage(`--auth ${method} needs an authid`, 'Add --authid NAME.');
  return [settings.authid, await secretFor(method, settings, io)];
}

/** @throws Failure */
async function secretFor(method: Method, { secret, secretFile }: Settings, io: Io): Promise<string> {
  if (secret !== undefined) return secret;
  if (secretFile === '-') return firstLineOf(io.stdin);
  if (secretFile !== undefined) return readPrivate(secretFile, 'secret file').replace(/^\ufeff|\r?\n$/g, '');
  if (io.stdin.isTTY === true && io.stderr.isTTY === true) {
    return askSecret(
      io,
      `${method === 'ticket' ? 'Ticket' : method === 'cryptosign' ? 'Private key' : 'Password'}: `,
    );
  }
  throw usage(
    `--auth ${method} needs a secret`,
    'Pass it in the variable WAMP_SECRET, in a file (--secret-file), in a profile, or on standard input (--secret-file -).',
  );
}

/** The seed of an Ed25519 key in hex, from hex or a PEM file. @throws Failure */
export function seedIn(text: string): string {
  const word = text.trim();
  if (/^[\da-f]{64}$/i.test(word)) return word;
  if (word.startsWith('-----BEGIN')) {
    try {
      const { d } = createPrivateKey(word).export({ format: 'jwk' });
      if (typeof d === 'string') return Buffer.from(d, 'base64url').toString('hex');
    } catch {
      // Below.
    }
  }
  throw usage(
    'the private key is not an Ed25519 key',
    'Use 64 hex digits, as written by wamp keygen, or PEM (PKCS #8).',
  );
}
