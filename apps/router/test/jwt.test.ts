/** JSON Web Tokens that let in, and all those that must not (threat 30). */
import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Identity, Inquiry } from '@wamp/router';
import { jwtVerifier, type JwtRules } from '../src/jwt.ts';

const NOW = Date.UTC(2026, 10, 23);
const SECONDS = NOW / 1000;
const CLAIMS = { sub: 'joe', role: 'user', aud: 'wamp', iss: 'https://issuer.example', exp: SECONDS + 60 };

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed25519 = generateKeyPairSync('ed25519');
const secret = Buffer.alloc(32, 's');
const pem = rsa.publicKey.export({ format: 'pem', type: 'spki' });

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

type Header = Readonly<Record<string, unknown>> & { readonly alg: string };

/** A token as anybody could make it, right or wrong. */
function token(header: Header, claims: object, signer: (input: Buffer) => Buffer | string): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${Buffer.from(signer(Buffer.from(input))).toString('base64url')}`;
}

const bySecret = (key: Buffer | string) => (input: Buffer) =>
  createHmac('sha256', key).update(input).digest();
const byRsa = (input: Buffer) => sign('sha256', input, rsa.privateKey);
const byEc = (input: Buffer) => sign('sha256', input, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' });
const byEd25519 = (input: Buffer) => sign(null, input, ed25519.privateKey);
const unsigned = (): string => '';

const REALM: Pick<JwtRules, 'audience' | 'issuer' | 'authidClaim' | 'role'> = {
  audience: 'wamp',
  issuer: 'https://issuer.example',
  authidClaim: 'sub',
  role: { claim: 'role' },
};
const RSA: JwtRules = { ...REALM, keys: { key: rsa.publicKey, algorithms: ['RS256'] } };
const HMAC: JwtRules = { ...REALM, keys: { key: secret, algorithms: ['HS256'] } };
const SET: JwtRules = {
  ...REALM,
  keys: {
    set: { keys: [jwk(rsa.publicKey, 'one'), jwk(ec.publicKey, 'two')] },
    algorithms: ['RS256', 'ES256'],
  },
};

function jwk(key: KeyObject, kid: string): Record<string, unknown> & { kty: string } {
  return { ...(key.export({ format: 'jwk' }) as { kty: string }), kid };
}

function inquiry(authid?: string): Inquiry {
  return {
    realm: 'realm1',
    session: 1,
    transport: {},
    underlay: {},
    now: NOW,
    call: () => Promise.reject(new Error('nobody is asked')),
    authmethod: 'ticket',
    authid,
    authextra: {},
  };
}

async function verify(rules: JwtRules, shown: string, authid?: string): Promise<Identity | undefined> {
  return jwtVerifier(rules).verify(shown, inquiry(authid));
}

const JOE = { authid: 'joe', authrole: 'user' };

describe('a token that is right lets in', () => {
  test.each<[name: string, rules: JwtRules, shown: string]>([
    ['RS256', RSA, token({ alg: 'RS256' }, CLAIMS, byRsa)],
    ['HS256', HMAC, token({ alg: 'HS256' }, CLAIMS, bySecret(secret))],
    [
      'ES256',
      { ...REALM, keys: { key: ec.publicKey, algorithms: ['ES256'] } },
      token({ alg: 'ES256' }, CLAIMS, byEc),
    ],
    [
      'EdDSA',
      { ...REALM, keys: { key: ed25519.publicKey, algorithms: ['EdDSA'] } },
      token({ alg: 'EdDSA' }, CLAIMS, byEd25519),
    ],
    ['of a set, by its kid', SET, token({ alg: 'ES256', kid: 'two' }, CLAIMS, byEc)],
    ['of a set, by its kind', SET, token({ alg: 'RS256' }, CLAIMS, byRsa)],
    ['for several', RSA, token({ alg: 'RS256' }, { ...CLAIMS, aud: ['web', 'wamp'] }, byRsa)],
  ])('%s', async (_, rules, shown) => {
    expect(await verify(rules, shown)).toEqual(JOE);
    expect(await verify(rules, shown, 'joe')).toEqual(JOE);
  });

  test('with a role for all, and another claim for the authid', async () => {
    const rules: JwtRules = { ...RSA, authidClaim: 'email', role: { name: 'guest' } };
    const shown = token({ alg: 'RS256' }, { ...CLAIMS, email: 'joe@example.org' }, byRsa);
    expect(await verify(rules, shown)).toEqual({ authid: 'joe@example.org', authrole: 'guest' });
  });

  test('whoever has signed it, where that is not asked for', async () => {
    const { issuer: _, ...rules } = RSA;
    expect(await verify(rules, token({ alg: 'RS256' }, { ...CLAIMS, iss: 'else' }, byRsa))).toEqual(JOE);
  });
});

describe('every other one does not', () => {
  const good = token({ alg: 'RS256' }, CLAIMS, byRsa);
  const signed = (claims: object): string => token({ alg: 'RS256' }, claims, byRsa);
  const without = (name: keyof typeof CLAIMS): string => signed({ ...CLAIMS, [name]: undefined });

  test.each<[name: string, shown: string, rules?: JwtRules]>([
    ['nothing', ''],
    ['no token', 'hunter2'],
    ['alg none', token({ alg: 'none' }, CLAIMS, unsigned)],
    ['alg none with a signature', token({ alg: 'none' }, CLAIMS, byRsa)],
    ['HS256 with the public key for a secret', token({ alg: 'HS256' }, CLAIMS, bySecret(String(pem)))],
    ['the same for a set', token({ alg: 'HS256', kid: 'one' }, CLAIMS, bySecret(String(pem))), SET],
    [
      'an algorithm that the key could be used with, too',
      token({ alg: 'RS512' }, CLAIMS, (input) => sign('sha512', input, rsa.privateKey)),
    ],
    ['another secret', token({ alg: 'HS256' }, CLAIMS, bySecret(Buffer.alloc(32, 'x'))), HMAC],
    [
      'the key of somebody else',
      token({ alg: 'RS256' }, CLAIMS, (input) =>
        sign('sha256', input, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
      ),
    ],
    ['a key that it brings itself', token({ alg: 'RS256', jwk: jwk(rsa.publicKey, 'x') }, CLAIMS, unsigned)],
    ['a kid that is a path', token({ alg: 'RS256', kid: '../../etc/passwd' }, CLAIMS, byRsa), SET],
    [
      'a kid that is a URL',
      token({ alg: 'RS256', kid: 'https://evil.example', jku: 'https://evil.example' }, CLAIMS, byRsa),
      SET,
    ],
    ['claims changed afterwards', good.replace(/\..*\./, `.${encode({ ...CLAIMS, sub: 'root' })}.`)],
    ['a critical header that nobody knows', token({ alg: 'RS256', crit: ['x'], x: 1 }, CLAIMS, byRsa)],
    ['expired', signed({ ...CLAIMS, exp: SECONDS - 1 })],
    ['no expiry', without('exp')],
    ['not yet', signed({ ...CLAIMS, nbf: SECONDS + 60 })],
    ['for somebody else', signed({ ...CLAIMS, aud: 'web' })],
    ['for nobody', without('aud')],
    ['another issuer', signed({ ...CLAIMS, iss: 'https://issuer.example.evil.example' })],
    ['no issuer', without('iss')],
    ['no authid', without('sub')],
    ['an authid that is a number', signed({ ...CLAIMS, sub: 7 })],
    ['no role', without('role')],
    ['a role that is a list', signed({ ...CLAIMS, role: ['user'] })],
    ['the role of the router', signed({ ...CLAIMS, role: 'trusted' })],
    ['1 MiB', signed({ ...CLAIMS, more: 'x'.repeat(2 ** 20) })],
  ])('%s', async (_, shown, rules = RSA) => {
    expect(await verify(rules, shown)).toBeUndefined();
  });

  test('of somebody else', async () => {
    expect(await verify(RSA, good, 'root')).toBeUndefined();
  });
});
