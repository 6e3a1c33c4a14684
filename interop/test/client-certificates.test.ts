/** Clients that are known by their certificates, over TLS: whose count, and whose do not (threat 31). */
import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createTlsServer, type TlsOptions as ServerOptions } from 'node:tls';
import { connect, tls, webSocket, type Session, type TlsOptions, type TransportFactory } from '@wamp/client';
import { rawSocket } from '@wamp/client/rawsocket';
import {
  acceptRawSockets,
  acceptWebSockets,
  createRouter,
  tls as byCertificate,
  type CredentialFunction,
  type DynamicAuthenticator,
  type Identity,
  type Inquiry,
  type Router,
  type TlsOptions as Rules,
} from '@wamp/router';
import { describe, expect, it } from 'vitest';
import { Authority, fingerprintOf, type Credentials } from '../../packages/router/test/support/authority.ts';

const HOUR = 3_600_000;
const authority = new Authority('Test Authority');
const strangers = new Authority('Another Authority');
const routers = authority.issue({ subject: [['CN', 'router']], dns: ['localhost'] });
const joe = authority.issue({ subject: [['CN', 'joe']] });

const USERS = new Map([['joe', { authrole: 'user' }]]);
type Source = ReadonlyMap<string, Identity> | CredentialFunction<Identity> | DynamicAuthenticator;

interface Kind {
  readonly name: string;
  readonly scheme: string;
  serve(router: Router, options: ServerOptions): Server;
  transport(tls: TlsOptions): TransportFactory;
}

const KINDS: readonly Kind[] = [
  {
    name: 'WebSocket',
    scheme: 'wss:',
    serve(router, options) {
      const server = createHttpsServer(options);
      acceptWebSockets(router, { server });
      return server;
    },
    transport: (options) => webSocket({ tls: options }),
  },
  {
    name: 'RawSocket',
    scheme: 'rss:',
    serve(router, options) {
      const server = createTlsServer(options);
      acceptRawSockets(router, { server });
      return server;
    },
    transport: (options) => rawSocket({ tls: options }),
  },
];
const [WEB_SOCKET] = KINDS;

/** A router that asks for certificates. */
class Site implements AsyncDisposable {
  readonly router: Router;
  readonly #kind: Kind;
  readonly #server: Server;

  private constructor(kind: Kind, source: Source, rules: Rules, options: ServerOptions) {
    this.#kind = kind;
    this.router = createRouter({
      realms: [
        { name: 'realm1', authenticators: [byCertificate(source, rules)] },
        { name: 'realm2', authenticators: [byCertificate(new Map([['ann', { authrole: 'user' }]]))] },
        'backstage',
      ],
    });
    // Who shows no certificate, or one that is not valid, gets as far as HELLO.
    const asking = { requestCert: true, rejectUnauthorized: false, ca: authority.cert };
    this.#server = kind.serve(this.router, { ...routers, ...asking, ...options });
  }

  static async open(
    kind: Kind | undefined,
    { source = USERS, rules = {}, ...options }: ServerOptions & { source?: Source; rules?: Rules } = {},
  ): Promise<Site> {
    if (kind === undefined) throw new Error('no transport');
    const site = new Site(kind, source, rules, options);
    site.#server.listen(0, '127.0.0.1');
    await once(site.#server, 'listening');
    return site;
  }

  join(mine: Partial<Credentials>, realm = 'realm1', authid?: string): Promise<Session> {
    const { port } = this.#server.address() as AddressInfo;
    const transport = this.#kind.transport({ ca: authority.cert, ...mine });
    const auth = realm === 'backstage' ? undefined : tls(authid);
    return connect(`${this.#kind.scheme}//127.0.0.1:${port}`, { realm, transport, auth });
  }

  /** Comes in, and leaves again. @returns as whom */
  async enter(mine: Partial<Credentials>, realm?: string, authid?: string): Promise<unknown> {
    await using session = await this.join(mine, realm, authid);
    return { authid: session.authid, authrole: session.authrole };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.router.close();
    await once(this.#server.close(), 'close');
  }
}

const JOE = { authid: 'joe', authrole: 'user' };
const DENIED = {
  name: 'AuthError',
  uri: 'wamp.error.authentication_denied',
  args: ['the credentials are not valid'],
};

describe.each(KINDS)('over $name', (kind) => {
  it('AUTH-2 a certificate that the authority vouches for says who comes', async () => {
    await using site = await Site.open(kind);
    expect(await site.enter(joe)).toEqual(JOE);
    expect(await site.enter(joe, 'realm1', 'joe')).toEqual(JOE);
  });

  const past = { from: new Date(Date.now() - 2 * HOUR), until: new Date(Date.now() - HOUR) };
  const future = { from: new Date(Date.now() + HOUR), until: new Date(Date.now() + 2 * HOUR) };
  const subject = [['CN', 'joe']] as const;
  const revoked = authority.issue({ subject });
  const crl = authority.revoke(revoked.cert);

  it.each<[string, Partial<Credentials>]>([
    ['none', {}],
    ['one of another authority', strangers.issue({ subject })],
    ['one that has expired', authority.issue({ subject, ...past })],
    ['one that is not valid yet', authority.issue({ subject, ...future })],
    ['one that was revoked', revoked],
  ])('AUTH-4 T-25 threat 31: %s lets nobody in', async (_what, mine) => {
    {
      await using site = await Site.open(kind, { crl });
      await expect(site.enter(mine)).rejects.toMatchObject(DENIED);
      await expect(site.enter(mine, 'realm1', 'joe')).rejects.toMatchObject(DENIED);
      expect(await site.enter(joe)).toEqual(JOE);
    }
    await using site = await Site.open(kind, { crl, rejectUnauthorized: true });
    await expect(site.enter(mine)).rejects.toMatchObject({ name: 'ConnectError' });
    expect(await site.enter(joe)).toEqual(JOE);
  });

  it('threat 31: a certificate of another authority of the same name is refused', async () => {
    const forged = new Authority('Test Authority').issue({ subject });
    for (const rejectUnauthorized of [true, false]) {
      await using site = await Site.open(kind, { rejectUnauthorized });
      // OpenSSL ends the connection, for the signature is not even that of the name.
      await expect(site.enter(forged)).rejects.toMatchObject({ uri: 'wamp.error.network_failure' });
      expect(await site.enter(joe)).toEqual(JOE);
    }
  });

  it('AUTH-4 T-25 threat 31: a principal of one realm is unknown in another', async () => {
    await using site = await Site.open(kind);
    await expect(site.enter(joe, 'realm2')).rejects.toMatchObject(DENIED);
    const ann = authority.issue({ subject: [['CN', 'ann']] });
    await expect(site.enter(ann)).rejects.toMatchObject(DENIED);
    expect(await site.enter(ann, 'realm2')).toEqual({ authid: 'ann', authrole: 'user' });
  });

  it('threat 21: a client whose authid differs from its certificate is refused', async () => {
    await using site = await Site.open(kind, { source: new Map([...USERS, ['ann', { authrole: 'admin' }]]) });
    await expect(site.enter(joe, 'realm1', 'ann')).rejects.toMatchObject(DENIED);
  });
});

describe('the name in a certificate', () => {
  /** Lets everybody in, as whom they turn out to be. */
  const everybody = (): Identity => ({ authrole: 'user' });

  const named = (...subject: Parameters<Authority['issue']>[0]['subject']): Credentials =>
    authority.issue({ subject, dns: ['device.example', 'other.example'] });

  it.each<[Rules, Credentials, string]>([
    [{}, named(['O', 'Example'], ['CN', 'joe']), 'joe'],
    [{}, named(['CN', 'Jörg, Müller + 1']), 'Jörg, Müller + 1'],
    [{}, named(['O', 'x\nCN=admin'], ['CN', 'joe']), 'joe'],
    [{}, named(['O', 'x + CN=admin'], ['CN', 'joe']), 'joe'],
    [{ identify: 'san' }, named(['CN', 'joe']), 'device.example'],
    [{ identify: ({ serialNumber }) => `n${serialNumber.length}` }, named(['CN', 'joe']), 'n18'],
  ])('%o: is read as it stands there', async (rules, mine, authid) => {
    await using site = await Site.open(WEB_SOCKET, { source: everybody, rules });
    expect(await site.enter(mine)).toEqual({ authid, authrole: 'user' });
  });

  it('may be its fingerprint', async () => {
    await using site = await Site.open(WEB_SOCKET, { source: everybody, rules: { identify: 'fingerprint' } });
    expect(await site.enter(joe)).toEqual({ authid: fingerprintOf(joe.cert), authrole: 'user' });
  });

  it.each<[string, Rules, Credentials]>([
    ['no common name', {}, named(['O', 'joe'])],
    ['a common name in another attribute', {}, named(['O', 'x\nCN=joe'])],
    ['two common names', {}, named(['CN', 'joe'], ['CN', 'admin'])],
    ['an empty one', {}, named(['CN', ''])],
    ['one with an end in the middle', {}, named(['CN', 'joe\0.evil'])],
    ['no alternative name', { identify: 'san' }, joe],
    [
      'an alternative name with a comma',
      { identify: 'san' },
      authority.issue({ subject: [], dns: ['a, DNS:joe'] }),
    ],
    ['one that nobody reads anything from', { identify: () => undefined }, joe],
  ])('AUTH-4 %s names nobody', async (_what, rules, mine) => {
    await using site = await Site.open(WEB_SOCKET, { source: everybody, rules });
    await expect(site.enter(mine)).rejects.toMatchObject(DENIED);
  });
});

describe('where the rest is from', () => {
  it('a function', async () => {
    const asked: Pick<Inquiry, 'authid' | 'authmethod' | 'realm'>[] = [];
    const source: CredentialFunction<Identity> = ({ authid, authmethod, realm }) => {
      asked.push({ authid, authmethod, realm });
      return { authrole: 'clerk', authid: 'joe@example' };
    };
    await using site = await Site.open(WEB_SOCKET, { source });
    expect(await site.enter(joe)).toEqual({ authid: 'joe@example', authrole: 'clerk' });
    expect(asked).toEqual([{ authid: 'joe', authmethod: 'tls', realm: 'realm1' }]);
  });

  it('DYN-1 T-27 a procedure, which gets the certificate', async () => {
    const source = { procedure: 'com.example.authenticate', realm: 'backstage' };
    await using site = await Site.open(WEB_SOCKET, { source });
    await using backend = await site.join({}, 'backstage');
    const asked: unknown[] = [];
    await backend.register('com.example.authenticate', ([, authid, details]) => {
      asked.push((details as { readonly certificate?: unknown }).certificate);
      return authid === 'joe' ? 'clerk' : null;
    });
    expect(await site.enter(joe)).toEqual({ authid: 'joe', authrole: 'clerk' });
    await expect(site.enter(routers)).rejects.toMatchObject(DENIED);
    expect(asked[0]).toEqual({
      subject: 'CN=joe',
      subjectaltname: null,
      issuer: 'CN=Test Authority',
      serial_number: expect.stringMatching(/^01[\dA-F]{16}$/) as string,
      fingerprint_sha256: fingerprintOf(joe.cert),
    });
  });
});
