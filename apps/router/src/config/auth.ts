/** Section `auth` of a realm: a mapping for each authentication method. */
import type {
  CryptosignCredentials,
  DynamicAuthenticator,
  Identity,
  ScramCredentials,
  TicketCredentials,
  WampcraCredentials,
} from '@wamp/router';
import { z } from 'zod';
import type { JwtRules } from '@wamp/router/jwt';
import type { Files } from './files.ts';
import { jwt } from './jwt.ts';
import { count, hex, secret, secretHex, text, together } from './kinds.ts';
import {
  checkProcedure,
  checkSource,
  dynamicOf,
  procedureShape,
  role,
  sourceOf,
  sourceShape,
  type PrincipalSource,
} from './source.ts';

/** A password; the router keeps only the keys that SCRAM derives from it. */
export type ScramPassword = Identity & { readonly password: string };

/** The methods of a realm; the client chooses one. */
export interface AuthConfiguration {
  /** The role of anonymous clients. */
  readonly anonymous?: string | DynamicAuthenticator;
  readonly ticket?: PrincipalSource<TicketCredentials>;
  readonly jwt?: JwtRules;
  readonly wampcra?: PrincipalSource<WampcraCredentials>;
  readonly scram?: PrincipalSource<ScramCredentials | ScramPassword>;
  readonly cryptosign?: {
    readonly source: PrincipalSource<CryptosignCredentials>;
    readonly routerKey?: string;
  };
  readonly tls?: {
    readonly source: PrincipalSource<Identity>;
    readonly identify: 'cn' | 'san' | 'fingerprint';
  };
}

export function auth(files: Files): z.ZodType<AuthConfiguration> {
  const methods = z.strictObject({
    anonymous: anonymous().exactOptional().describe('Admits every client, under a random authid.'),
    ticket: ticket(files)
      .exactOptional()
      .describe(
        'Admits clients that send the ticket of their authid. Tickets are sent in clear text, so use TLS.',
      ),
    jwt: jwt(files)
      .exactOptional()
      .describe('Admits clients that send a JSON Web Token as their ticket; clients use method ticket.'),
    wampcra: wampcra(files)
      .exactOptional()
      .describe('WAMP-CRA: admits clients that sign a challenge with the secret of their authid.'),
    scram: scram(files)
      .exactOptional()
      .describe('WAMP-SCRAM: admits clients that prove knowledge of the password of their authid.'),
    cryptosign: cryptosign(files)
      .exactOptional()
      .describe('Admits clients that sign a challenge with the private key of their authid.'),
    tls: certificates()
      .exactOptional()
      .describe('Admits clients by their TLS certificate, on listeners that ask for one.'),
  });
  return together(methods, (inUse, complain) => {
    if (Object.keys(inUse).length === 0) complain([], 'is empty, expected a method at least');
    if (inUse.jwt !== undefined && inUse.ticket !== undefined) {
      complain(['jwt'], 'does not go with ticket, expected one of them');
    }
  }).meta({ title: 'a mapping of methods' });
}

function anonymous(): z.ZodType<string | DynamicAuthenticator> {
  const written = z.strictObject({
    role: role().default('anonymous').describe('The role of anonymous clients.'),
    ...procedureShape('role'),
  });
  return together(written, checkProcedure)
    .transform(({ role: name, ...rest }) => dynamicOf(rest) ?? name)
    .meta({ title: 'a mapping with role or procedure' });
}

function ticket(files: Files): z.ZodType<PrincipalSource<TicketCredentials>> {
  const principal = z
    .strictObject({ role: role(), ticket: secret(files).describe('The ticket.') })
    .transform(withAuthrole)
    .meta({ title: 'a mapping with role and ticket' });
  return source(principal);
}

function wampcra(files: Files): z.ZodType<PrincipalSource<WampcraCredentials>> {
  const plain = z.strictObject({
    role: role(),
    secret: secret(files).describe('The secret in clear text.'),
  });
  const derived = z.strictObject({
    role: role(),
    key: secret(files).describe('The key that PBKDF2 derives from the secret, in base64.'),
    salt: text('text').describe('Salt of the key.'),
    iterations: count(1, 10_000_000).default(1000).describe('Iterations of the key.'),
    keylen: count(1, 1024).default(32).describe('Bytes of the key.'),
  });
  const principal = z
    .union([plain.transform(withAuthrole), derived.transform(withAuthrole)])
    .meta({ title: 'a mapping with role and secret, or role, key and salt' });
  return source<WampcraCredentials>(principal);
}

function scram(files: Files): z.ZodType<PrincipalSource<ScramCredentials | ScramPassword>> {
  const plain = z.strictObject({
    role: role(),
    password: secret(files).describe('The password in clear text; derived keys are safer.'),
  });
  const keys = z.strictObject({
    role: role(),
    kdf: z.enum(['argon2id13', 'pbkdf2']).describe('The key derivation function.'),
    iterations: count(1, 10_000_000).describe('Iterations of the derivation.'),
    memory: count(8, 4_194_304).exactOptional().describe('The memory that argon2id13 uses (KiB).'),
    salt: hex().describe('Salt of the keys, in hex.'),
    stored_key: secretHex(files).describe('StoredKey, in hex.'),
    server_key: secretHex(files).describe('ServerKey, in hex.'),
  });
  const derived = together(keys, ({ kdf, memory }, complain) => {
    if ((kdf === 'argon2id13') === (memory !== undefined)) return;
    complain(['memory'], kdf === 'pbkdf2' ? 'is not for pbkdf2' : 'is missing, expected KiB for argon2id13');
  });
  const principal = z
    .union([
      plain.transform(withAuthrole),
      derived.transform(({ stored_key: storedKey, server_key: serverKey, ...rest }) => ({
        ...withAuthrole(rest),
        storedKey,
        serverKey,
      })),
    ])
    .meta({ title: 'a mapping with role and password, or role and keys' });
  return source<ScramCredentials | ScramPassword>(principal);
}

function cryptosign(files: Files): z.ZodType<NonNullable<AuthConfiguration['cryptosign']>> {
  const principal = z
    .strictObject({
      role: role(),
      authorized_keys: z
        .array(hex(32))
        .min(1)
        .describe('Ed25519 public keys, 64 hex digits each; any one of them suffices.'),
    })
    .transform(({ role: authrole, authorized_keys: authorizedKeys }) => ({ authrole, authorizedKeys }))
    .meta({ title: 'a mapping with role and authorized_keys' });
  const written = z.strictObject({
    ...sourceShape<CryptosignCredentials>(principal),
    router_key: secretHex(files)
      .exactOptional()
      .describe(
        'Private key with which the router proves its identity to clients that ask for it: 64 hex digits.',
      ),
  });
  return together(written, checkSource)
    .transform(({ router_key: routerKey, ...rest }) => ({
      source: sourceOf(rest),
      ...(routerKey === undefined ? {} : { routerKey }),
    }))
    .meta({ title: 'a mapping with principals or procedure' });
}

function certificates(): z.ZodType<NonNullable<AuthConfiguration['tls']>> {
  const principal = z
    .strictObject({ role: role() })
    .transform(withAuthrole)
    .meta({ title: 'a mapping with role' });
  const written = z.strictObject({
    ...sourceShape<Identity>(principal),
    identify: z
      .enum(['cn', 'san', 'fingerprint'])
      .default('cn')
      .describe(
        'The part of a certificate that is the authid: common name (cn), first alternative name (san), or SHA-256 (fingerprint).',
      ),
  });
  return together(written, checkSource)
    .transform(({ identify, ...rest }) => ({ source: sourceOf(rest), identify }))
    .meta({ title: 'a mapping with principals or procedure' });
}

function source<C>(principal: z.ZodType<C>): z.ZodType<PrincipalSource<C>> {
  return together(z.strictObject(sourceShape(principal)), checkSource)
    .transform(sourceOf)
    .meta({ title: 'a mapping with principals or procedure' });
}

function withAuthrole<T extends { readonly role: string }>({
  role: authrole,
  ...rest
}: T): Omit<T, 'role'> & { readonly authrole: string } {
  return { ...rest, authrole };
}
