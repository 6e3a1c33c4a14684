/** Logins that are bound to the TLS connection they are made over, and a man in the middle (RFC 5056, RFC 5929, RFC 9266). */
import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import { Socket, type AddressInfo, type Server } from 'node:net';
import {
  connect as connectTls,
  createServer as createTlsServer,
  type ConnectionOptions,
  type SecureVersion,
  type TLSSocket,
  type TlsOptions as ServerOptions,
} from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  acceptRawSockets,
  acceptWebSockets,
  createRouter,
  cryptosign as expectSignature,
  scram as expectProof,
  scramCredentials,
  type Router,
  type ScramCredentials,
} from '../../router/src/index.ts';
import { underlayOf } from '../../router/src/transports/underlay.ts';
import { Authority, fingerprintOf } from '../../router/test/support/authority.ts';
import { batchedWebSocket } from '../src/batched.ts';
import { cryptosign, type CryptosignOptions } from '../src/cryptosign.ts';
import {
  connect,
  webSocket,
  type Authenticator,
  type TlsOptions,
  type TransportFactory,
} from '../src/index.ts';
import { rawSocket } from '../src/rawsocket.ts';
import { scram, type ScramOptions } from '../src/scram.ts';
import { channelBindingOf } from '../src/transports/tls-binding.ts';
import { failure } from './scripted-peer.ts';

const authority = new Authority('Test Authority');
const routers = authority.issue({ subject: [['CN', 'router']], dns: ['localhost'] });
const TRUST = { ca: authority.cert };
/** Both ends speak this version, and no other. */
const only = (version: SecureVersion): ServerOptions => ({ minVersion: version, maxVersion: version });

const PRIVATE = '4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510';
const PUBLIC = '1adfc8bfe1d35616e64dffbd900096f23b066f914c8c2ffbb66f6075b96e116d';
const ROUTER_PRIVATE = 'd511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd';
const ROUTER_PUBLIC = '6ed32739ff04a6074044ff0b0e3bfc7c856bc9d5f1d25efc57363bda0af3a8b0';

interface Kind {
  readonly name: string;
  readonly scheme: string;
  serve(router: Router, options: ServerOptions): Server;
  transport(tls: TlsOptions): TransportFactory;
}

function serveHttps(router: Router, options: ServerOptions): Server {
  const server = createHttpsServer(options);
  acceptWebSockets(router, { server });
  return server;
}

const KINDS: readonly Kind[] = [
  { name: 'WebSocket', scheme: 'wss:', serve: serveHttps, transport: (tls) => webSocket({ tls }) },
  {
    name: 'batched WebSocket',
    scheme: 'wss:',
    serve: serveHttps,
    transport: (tls) => batchedWebSocket({ tls }),
  },
  {
    name: 'RawSocket',
    scheme: 'rss:',
    serve(router, options) {
      const server = createTlsServer(options);
      acceptRawSockets(router, { server });
      return server;
    },
    transport: (tls) => rawSocket({ tls }),
  },
];

/** A server on a port of its own. */
class Listening implements AsyncDisposable {
  readonly server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.server = server;
    server.on('connection', (socket) => this.#sockets.add(socket));
  }

  static async open(server: Server): Promise<Listening> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Listening(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

let stored: ScramCredentials;

beforeAll(async () => {
  stored = { ...(await scramCredentials('pencil', { kdf: 'pbkdf2', iterations: 4096 })), authrole: 'user' };
});

const router = createRouter({
  attempts: false,
  realms: [
    {
      name: 'realm1',
      authenticators: [
        expectSignature(new Map([['joe', { authorizedKeys: [PUBLIC], authrole: 'user' }]]), {
          routerKey: ROUTER_PRIVATE,
        }),
        expectProof(({ authid }) => (authid === 'joe' ? stored : undefined)),
      ],
    },
  ],
});
afterAll(() => router.close());

function serve(kind: Kind, options: ServerOptions = {}): Promise<Listening> {
  return Listening.open(kind.serve(router, { ...routers, ...options }));
}

/** Logs in, and returns as whom. */
async function login(
  kind: Kind,
  port: number,
  auth: Authenticator,
  tls: TlsOptions = TRUST,
): Promise<unknown> {
  const transport = kind.transport(tls);
  await using session = await connect(`${kind.scheme}//127.0.0.1:${port}`, {
    realm: 'realm1',
    transport,
    auth,
  });
  return session.authid;
}

/** Takes TLS from clients, speaks TLS to the router, and hands everything on: it reads it all, and changes nothing. */
function relayTo(port: number, as: ServerOptions = routers): Promise<Listening> {
  const server = createTlsServer(as, (near) => {
    const far = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
  });
  return Listening.open(server);
}

const DENIED = { name: 'AuthError', uri: 'wamp.error.authentication_denied' };
const signing = (options: CryptosignOptions = {}): Authenticator =>
  cryptosign(PRIVATE, { authid: 'joe', ...options });
const proving = (options: ScramOptions = {}): Authenticator => scram('joe', 'pencil', options);

/** A login that is bound to what there is in this version. */
type Bound = readonly [what: string, version: SecureVersion, auth: () => Authenticator];
const BOUND: readonly Bound[] = [
  ['cryptosign by tls-exporter', 'TLSv1.3', () => signing({ channelBinding: 'tls-exporter' })],
  ['cryptosign by tls-unique', 'TLSv1.2', () => signing({ channelBinding: 'tls-unique' })],
  ['scram by tls-exporter', 'TLSv1.3', () => proving({ channelBinding: 'tls-exporter' })],
  ['scram by tls-unique', 'TLSv1.2', () => proving({ channelBinding: 'tls-unique' })],
];

describe.each(KINDS)('over $name', (kind) => {
  test.each(BOUND)('T-29 SCR-5 SCR-6 CSN-3 CSN-4 %s (%s) opens the door', async (_what, version, auth) => {
    await using site = await serve(kind, only(version));
    expect(await login(kind, site.port, auth())).toBe('joe');
  });

  test.each(BOUND)(
    'T-29 SCR-6 CSN-3 %s (%s) cannot be relayed, even with the router’s certificate',
    async (_what, version, auth) => {
      await using site = await serve(kind, only(version));
      await using relay = await relayTo(site.port, { ...routers, ...only(version) });
      expect(await failure(login(kind, relay.port, auth()))).toMatchObject(DENIED);
    },
  );

  test('without a binding it can: so the relay is one', async () => {
    await using site = await serve(kind);
    await using relay = await relayTo(site.port);
    expect(await login(kind, relay.port, signing())).toBe('joe');
    expect(await login(kind, relay.port, proving())).toBe('joe');
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'T-28 SCR-6 scram by tls-server-end-point cannot be passed on by who has another certificate (%s)',
    async (version) => {
      await using site = await serve(kind, only(version));
      const auth = proving({ channelBinding: 'tls-server-end-point' });
      expect(await login(kind, site.port, auth)).toBe('joe');
      // From an authority that the client trusts.
      const others = authority.issue({ subject: [['CN', 'router']], dns: ['localhost'] });
      await using relay = await relayTo(site.port, others);
      expect(await failure(login(kind, relay.port, auth))).toMatchObject(DENIED);
    },
  );

  test('the binding of a certificate that is signed with SHA-384 uses SHA-384', async () => {
    const long = authority.issue({ subject: [['CN', 'router']], dns: ['localhost'], isLong: true });
    await using site = await serve(kind, long);
    expect(await login(kind, site.port, proving({ channelBinding: 'tls-server-end-point' }))).toBe('joe');
  });

  test.each<Bound>([
    ['tls-exporter', 'TLSv1.2', () => signing({ channelBinding: 'tls-exporter' })],
    ['tls-unique', 'TLSv1.3', () => signing({ channelBinding: 'tls-unique' })],
  ])('CSN-4 T-29 where %s is not to be had (%s), our client does not go on', async (_what, version, auth) => {
    await using site = await serve(kind, only(version));
    expect(await failure(login(kind, site.port, auth()))).toMatchObject({
      uri: 'wamp.error.authentication_failed',
      cause: { message: expect.stringContaining('does not bind') as string },
    });
  });

  test('SCR-2 without a binding of the type, our router refuses the client', async () => {
    await using site = await serve(kind, only('TLSv1.3'));
    expect(await failure(login(kind, site.port, proving({ channelBinding: 'tls-unique' })))).toMatchObject({
      uri: 'wamp.error.authentication_failed',
      args: ['authextra.channel_binding: this connection has no binding of that type'],
    });
  });

  test('CSN-5 the router proves that it has its key, and another router cannot', async () => {
    await using site = await serve(kind);
    expect(await login(kind, site.port, signing({ routerKey: ROUTER_PUBLIC }))).toBe('joe');
    expect(await failure(login(kind, site.port, signing({ routerKey: PUBLIC })))).toMatchObject({
      uri: 'wamp.error.authentication_failed',
      cause: { message: 'The router is not the one whose key we have.' },
    });
  });

  test('CSN-5 a proof that is bound cannot be passed on, either: the client signs nothing', async () => {
    await using site = await serve(kind);
    await using relay = await relayTo(site.port);
    const auth = signing({ routerKey: ROUTER_PUBLIC, channelBinding: 'tls-exporter' });
    expect(await login(kind, site.port, auth)).toBe('joe');
    expect(await failure(login(kind, relay.port, auth))).toMatchObject({
      uri: 'wamp.error.authentication_failed',
      cause: { message: 'The router is not the one whose key we have.' },
    });
  });
});

describe('the two ends of a connection', () => {
  const TYPES = ['tls-unique', 'tls-exporter', 'tls-server-end-point'] as const;

  /** One connection. @returns both ends, and by what a later one may resume it */
  async function meet(
    { server, port }: Listening,
    options: ConnectionOptions = {},
  ): Promise<[TLSSocket, TLSSocket, Buffer]> {
    const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>;
    const near = connectTls({ ...TRUST, port, host: '127.0.0.1', ...options });
    const ticket = once(near, 'session') as Promise<[Buffer]>;
    await once(near, 'secureConnect');
    const [far] = await accepted;
    near.on('error', () => undefined);
    far.on('error', () => undefined);
    // In TLS 1.3 the ticket comes with what is read.
    far.write('x');
    near.resume();
    return [near, far, options.session ?? (await ticket)[0]];
  }

  /** What both ends say alike, by type, in hex; undefined where both say nothing. */
  async function agreed(
    near: TLSSocket,
    far: TLSSocket,
    types: readonly string[] = TYPES,
  ): Promise<Record<string, string | undefined>> {
    const { channelBinding } = underlayOf(far);
    const said = types.map(async (type) => {
      const ours = await channelBindingOf(near, type);
      const theirs = channelBinding?.(type);
      expect(ours && Buffer.from(ours), type).toEqual(theirs && Buffer.from(theirs));
      return [type, ours && Buffer.from(ours).toString('hex')] as const;
    });
    return Object.fromEntries(await Promise.all(said));
  }

  test.each([
    ['TLSv1.2', 'tls-unique', 'tls-exporter'],
    ['TLSv1.3', 'tls-exporter', 'tls-unique'],
  ] as const)(
    'T-29 in %s say the same of %s, which is another for each connection, resumed or not, and nothing of %s',
    async (version, available, missing) => {
      await using site = await Listening.open(createTlsServer({ ...routers, ...only(version) }));
      const [near, far, session] = await meet(site);
      const first = await agreed(near, far);
      const [again, there] = await meet(site, { session });
      expect(again.isSessionReused()).toBe(true);
      // Of a session that is resumed, Node does not tell the client the certificate.
      const second = await agreed(again, there, [available, missing]);
      expect(first[available]).toMatch(/^([\da-f]{2}){12,}$/);
      expect(second[available]).toMatch(/^([\da-f]{2}){12,}$/);
      expect(second[available]).not.toBe(first[available]);
      expect([first[missing], second[missing]]).toEqual([undefined, undefined]);
      expect(first['tls-server-end-point']).toBe(fingerprintOf(routers.cert));
      for (const socket of [near, again]) socket.destroy();
    },
  );

  test('T-29 are undefined for other types, closed connections, and without TLS', async () => {
    await using site = await Listening.open(createTlsServer(routers));
    const [near, far] = await meet(site);
    const { channelBinding } = underlayOf(far);
    expect(await channelBindingOf(near, 'tls-magic')).toBeUndefined();
    expect(channelBinding?.('tls-magic')).toBeUndefined();
    const gone = [once(near, 'close'), once(far, 'close')];
    near.destroy();
    await Promise.all(gone);
    for (const type of TYPES) {
      expect(await channelBindingOf(near, type)).toBeUndefined();
      expect(channelBinding?.(type)).toBeUndefined();
      expect(await channelBindingOf(new Socket(), type)).toBeUndefined();
    }
  });
});
