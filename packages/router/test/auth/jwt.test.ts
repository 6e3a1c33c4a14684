/** JSON Web Tokens that let in, and all those that must not (threat 30). */
import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ManualClock } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';
import { createRouter, ticket, type Identity, type Inquiry } from '@wamp/router';
import { jwtVerifier, type JwtKeys, type JwtRules } from '@wamp/router/jwt';
import { DENIED, FAILED, Login, welcomed } from '../support/login.ts';

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
const RSA: JwtRules = { ...REALM, keys: { key: rsa.publicKey } };
const HMAC: JwtRules = { ...REALM, keys: { secret } };
const SET: JwtRules = {
  ...REALM,
  keys: { set: { keys: [jwk(rsa.publicKey, 'one'), jwk(ec.publicKey, 'two')] } },
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

describe('threat 30: a valid token is accepted', () => {
  test.each<[name: string, rules: JwtRules, shown: string]>([
    ['RS256', RSA, token({ alg: 'RS256' }, CLAIMS, byRsa)],
    ['HS256', HMAC, token({ alg: 'HS256' }, CLAIMS, bySecret(secret))],
    ['ES256', { ...REALM, keys: { key: ec.publicKey } }, token({ alg: 'ES256' }, CLAIMS, byEc)],
    ['EdDSA', { ...REALM, keys: { key: ed25519.publicKey } }, token({ alg: 'EdDSA' }, CLAIMS, byEd25519)],
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

  test('from any issuer, if none is required', async () => {
    const { issuer: _, ...rules } = RSA;
    expect(await verify(rules, token({ alg: 'RS256' }, { ...CLAIMS, iss: 'else' }, byRsa))).toEqual(JOE);
  });
});

describe('threat 30: every other one does not', () => {
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
    ['the signature of another algorithm', token({ alg: 'RS512' }, CLAIMS, byRsa)],
    ['an algorithm of another kind of key', token({ alg: 'ES256' }, CLAIMS, byEc)],
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

  test('of another issuer', async () => {
    expect(await verify(RSA, good, 'root')).toBeUndefined();
  });
});

describe('threat 30: keys', () => {
  const rsaSmall = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
  test.each<[string, () => JwtKeys]>([
    ['a private key', () => ({ key: rsa.privateKey })],
    ['a key of another kind', () => ({ key: rsaSmall.publicKey })],
    ['a short secret', () => ({ secret: Buffer.alloc(31) })],
    ['a set with a secret', () => ({ set: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } })],
    ['a set with a private key', () => ({ set: { keys: [jwk(rsa.privateKey, 'x')] } })],
    ['a place that anybody on the way can change', () => ({ url: 'http://issuer.example/jwks.json' })],
    ['a place that is a file', () => ({ url: 'file:///etc/passwd' })],
    ['no place', () => ({ url: 'jwks.json' })],
  ])('%s is refused at once', (_, keys) => {
    expect(() => jwtVerifier({ ...REALM, keys: keys() })).toThrow(TypeError);
  });
});

describe('threat 30: keys that are fetched', () => {
  /** Where keys are found. */
  class KeyServer implements AsyncDisposable {
    /** What it answers, each request anew. */
    answer: (response: ServerResponse) => void = () => undefined;
    readonly asked: (string | undefined)[] = [];
    readonly #server = createServer(({ url }, response) => {
      this.asked.push(url);
      this.answer(response);
    });

    static async open(...keys: readonly object[]): Promise<KeyServer> {
      const server = new KeyServer();
      server.answer = (response) => response.end(JSON.stringify({ keys }));
      server.#server.listen(0, '127.0.0.1');
      await once(server.#server, 'listening');
      return server;
    }

    get url(): string {
      const { port } = this.#server.address() as AddressInfo;
      return `http://127.0.0.1:${port}/jwks.json`;
    }

    rules(): JwtRules {
      return { ...REALM, keys: { url: this.url } };
    }

    async close(): Promise<void> {
      this.#server.closeAllConnections();
      await once(this.#server.close(), 'close');
    }

    async [Symbol.asyncDispose](): Promise<void> {
      if (this.#server.listening) await this.close();
    }
  }

  const one = token({ alg: 'RS256', kid: 'one' }, CLAIMS, byRsa);
  const two = token({ alg: 'ES256', kid: 'two' }, CLAIMS, byEc);

  /** Shows the token to a router. */
  async function login(rules: JwtRules, shown: string, log: unknown[] = []): Promise<readonly unknown[]> {
    const router = createRouter({
      realms: ['realm1'],
      clock: new ManualClock(NOW),
      authenticators: [ticket(jwtVerifier(rules))],
      log: (...entry) => log.push(entry),
    });
    const attempt = new Login(router);
    await attempt.challenge('ticket', { authid: 'joe' });
    return attempt.authenticate(shown);
  }

  test('are accepted, and fetched once', async () => {
    await using server = await KeyServer.open(jwk(rsa.publicKey, 'one'), jwk(ec.publicKey, 'two'));
    const verifier = jwtVerifier(server.rules());
    for (const shown of [one, two, one]) expect(await verifier.verify(shown, inquiry('joe'))).toEqual(JOE);
    expect(server.asked).toEqual(['/jwks.json']);
    expect(await login(server.rules(), one)).toEqual(welcomed(JOE));
  });

  test('are kept while their place is down', async () => {
    await using server = await KeyServer.open(jwk(rsa.publicKey, 'one'));
    const verifier = jwtVerifier(server.rules());
    expect(await verifier.verify(one, inquiry('joe'))).toEqual(JOE);
    await server.close();
    expect(await verifier.verify(one, inquiry('joe'))).toEqual(JOE);
  });

  test('are not fetched again for each token that names another, and from nowhere that it names', async () => {
    await using server = await KeyServer.open(jwk(rsa.publicKey, 'one'));
    await using evil = await KeyServer.open(jwk(ec.publicKey, 'two'));
    const verifier = jwtVerifier(server.rules());
    expect(await verifier.verify(one, inquiry('joe'))).toEqual(JOE);
    for (const kid of ['two', '../two', evil.url]) {
      const shown = token({ alg: 'ES256', kid, jku: evil.url, x5u: evil.url }, CLAIMS, byEc);
      expect(await verifier.verify(shown, inquiry('joe'))).toBeUndefined();
    }
    expect(server.asked).toHaveLength(1);
    expect(evil.asked).toEqual([]);
  });

  test.each<[string, (response: ServerResponse, elsewhere: string) => void]>([
    ['is broken', (response) => response.writeHead(500).end()],
    ['has no keys', (response) => response.end('{}')],
    ['has something else', (response) => response.end('<html>')],
    ['hangs up', (response) => response.destroy()],
    ['sends us elsewhere', (response, location) => response.writeHead(302, { location }).end()],
  ])('let nobody in when their place %s, and that is said', async (_, answer) => {
    await using server = await KeyServer.open();
    await using elsewhere = await KeyServer.open(jwk(rsa.publicKey, 'one'));
    server.answer = (response) => answer(response, elsewhere.url);
    const log: unknown[] = [];
    expect(await login(server.rules(), one, log)).toEqual(FAILED);
    expect(log).toContainEqual(['warn', 'authentication failed', expect.objectContaining({ authid: 'joe' })]);
    expect(elsewhere.asked).toEqual([]);
  });

  test('refuse all clients if they cannot be fetched', async () => {
    const server = await KeyServer.open();
    const rules = server.rules();
    await server.close();
    expect(await login(rules, one)).toEqual(FAILED);
  });

  test('a token that is wrong is denied like any ticket', async () => {
    await using server = await KeyServer.open(jwk(rsa.publicKey, 'one'));
    const expired = token({ alg: 'RS256', kid: 'one' }, { ...CLAIMS, exp: SECONDS }, byRsa);
    for (const shown of [expired, two, 'x']) expect(await login(server.rules(), shown)).toEqual(DENIED);
  });
});
