/** TLS on Node: whom we trust, and who we are (RAW-1, RFC 6455 §10.6). */
import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createTlsServer, type TlsOptions as ServerOptions } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { acceptRawSockets, acceptWebSockets, createRouter, type Router } from '../../router/src/index.ts';
import { cert, key } from '../../router/test/support/certificate.ts';
import { connect, webSocket, type Session, type TlsOptions, type TransportFactory } from '../src/index.ts';
import { rawSocket } from '../src/rawsocket.ts';
import { FakeWebSocket } from './fake-web-socket.ts';
import { failure } from './scripted-peer.ts';

interface Kind {
  readonly scheme: string;
  serve(router: Router, options: ServerOptions): Server;
  transport(tls: TlsOptions): TransportFactory;
}

const KINDS: readonly [Kind, Kind] = [
  {
    scheme: 'wss:',
    serve(router, options) {
      const server = createHttpsServer(options);
      acceptWebSockets(router, { server });
      return server;
    },
    transport: (tls) => webSocket({ tls }),
  },
  {
    scheme: 'rss:',
    serve(router, options) {
      const server = createTlsServer(options);
      acceptRawSockets(router, { server });
      return server;
    },
    transport: (tls) => rawSocket({ tls }),
  },
];

/** A router that is reached over TLS only. */
class Site implements AsyncDisposable {
  readonly #kind: Kind;
  readonly #router = createRouter({ realms: ['realm1'] });
  readonly #server: Server;

  private constructor(kind: Kind, options: ServerOptions) {
    this.#kind = kind;
    this.#server = kind.serve(this.#router, { key, cert, ...options });
  }

  static async open(kind: Kind, options: ServerOptions = {}): Promise<Site> {
    const site = new Site(kind, options);
    site.#server.listen(0, '127.0.0.1');
    await once(site.#server, 'listening');
    return site;
  }

  join(tls: TlsOptions): Promise<Session> {
    const { port } = this.#server.address() as AddressInfo;
    const transport = this.#kind.transport(tls);
    return connect(`${this.#kind.scheme}//127.0.0.1:${port}`, { realm: 'realm1', transport });
  }

  /** True when one can join like this. */
  async admits(tls: TlsOptions): Promise<boolean> {
    const session = await this.join(tls);
    const count: unknown = await session.call('wamp.session.count');
    await session.close();
    return count === 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#router.close();
    await once(this.#server.close(), 'close');
  }
}

describe.each(KINDS)('$scheme', (kind) => {
  test('an unknown authority is refused', async () => {
    await using site = await Site.open(kind);
    for (const tls of [{}, { rejectUnauthorized: true }]) {
      expect(await failure(site.join(tls))).toMatchObject({
        name: 'ConnectError',
        uri: 'wamp.error.network_failure',
        fatal: false,
        args: [expect.stringContaining('self-signed certificate')],
      });
    }
  });

  test.each([
    ['text', { ca: cert }],
    ['octets', { ca: new TextEncoder().encode(cert) }],
    ['a list', { ca: [cert] }],
  ])('an authority of our own is trusted: %s', async (_form, tls) => {
    await using site = await Site.open(kind);
    expect(await site.admits(tls)).toBe(true);
  });

  test('any certificate is accepted if configured so', async () => {
    await using site = await Site.open(kind);
    expect(await site.admits({ rejectUnauthorized: false })).toBe(true);
  });

  test('the certificate must have the name that is wanted', async () => {
    await using site = await Site.open(kind);
    expect(await site.admits({ ca: cert, servername: 'localhost' })).toBe(true);
    expect(await failure(site.join({ ca: cert, servername: 'other.example' }))).toMatchObject({
      name: 'ConnectError',
      args: [expect.stringContaining("does not match certificate's altnames")],
    });
  });

  test('the client sends its certificate if the router asks for one', async () => {
    await using site = await Site.open(kind, { requestCert: true, rejectUnauthorized: true, ca: cert });
    expect(await site.admits({ ca: cert, cert, key })).toBe(true);
    expect(await failure(site.join({ ca: cert }))).toMatchObject({ name: 'ConnectError', fatal: false });
  });
});

test('a WebSocket class of the runtime takes no such options: it is passed over', async () => {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket');
  Object.defineProperty(globalThis, 'WebSocket', { value: FakeWebSocket, configurable: true });
  FakeWebSocket.made = [];
  try {
    const [kind] = KINDS;
    await using site = await Site.open(kind);
    expect(await site.admits({ ca: cert })).toBe(true);
    expect(FakeWebSocket.made).toEqual([]);
  } finally {
    if (own === undefined) Reflect.deleteProperty(globalThis, 'WebSocket');
    else Object.defineProperty(globalThis, 'WebSocket', own);
  }
});
