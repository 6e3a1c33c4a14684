/** HTTP, WebSocket, long-poll and RawSocket on one port (RAW-3; reliability.md, threats 15 and 34). */
import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { get as getSecurely } from 'node:https';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { json, type Transport } from '@wamp/protocol';
import {
  acceptLongPolls,
  acceptWebSockets,
  createRouter,
  shareOnePort,
  type OnePortAcceptor,
  type Router,
  type RouterOptions,
} from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';
import { cert, key } from './support/certificate.ts';
import { LongPollEnd, post, RawSocketEnd, WebSocketEnd } from './support/client-ends.ts';
import { frameOf, greetingOf, HELLO, RawPeer } from './support/raw-socket.ts';
import { handshake } from './support/web-socket.ts';

class SharedSite implements AsyncDisposable {
  readonly router: Router;
  readonly server: Server;
  readonly http: HttpServer;
  readonly acceptor: OnePortAcceptor;
  readonly #sockets = new Set<Socket>();

  private constructor(options: Partial<RouterOptions>, server: Server) {
    this.router = createRouter({ realms: ['realm1'], ...options });
    this.server = server;
    this.http = createHttpServer(
      { headersTimeout: 300, connectionsCheckingInterval: 50 },
      (request, response) => {
        response.end(`${request.method ?? ''} ${request.url ?? ''}`);
      },
    );
    acceptWebSockets(this.router, { server: this.http, listener: server });
    acceptLongPolls(this.router, { server: this.http, listener: server });
    this.acceptor = shareOnePort(this.router, { server, http: this.http });
    server.on('connection', (socket: Socket) => this.#sockets.add(socket));
  }

  static async open(
    options: Partial<RouterOptions> = {},
    server: Server = createServer(),
  ): Promise<SharedSite> {
    const site = new SharedSite(options, server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return site;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.http.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** Joins over a transport, and asks how many are there. */
async function countOver(end: Transport): Promise<unknown> {
  const replies: (readonly unknown[])[] = [];
  return new Promise((resolve) => {
    end.listener = {
      frame(bytes) {
        replies.push(end.serializer.decodePayload(bytes, 1).args ?? []);
        if (replies.length === 2) resolve(replies[1]?.[3]);
      },
      violation: resolve,
      closed: resolve,
    };
    end.send(end.serializer.encodePayload(HELLO, {}, 1));
    end.send(end.serializer.encodePayload([48, 1, {}, 'wamp.session.count'], {}, 1));
  });
}

describe('at the same time', () => {
  test('RAW-3 a page, a WebSocket, a RawSocket and a long-poll client are served on one port', async () => {
    await using site = await SharedSite.open();
    const [page, webSocket, rawSocket, longPoll] = await Promise.all([
      fetch(`http://${site.host}/page`).then((response) => response.text()),
      WebSocketEnd.connect(`ws://${site.host}/ws`, json),
      RawSocketEnd.connect(connect(site.port, '127.0.0.1'), json),
      LongPollEnd.connect(`http://${site.host}/lp`, json),
    ]);
    expect(page).toBe('GET /page');
    const counts: unknown[] = [];
    for (const end of [webSocket, rawSocket, longPoll]) counts.push(await countOver(end));
    expect(counts).toEqual([[1], [2], [3]]);
    for (const end of [webSocket, rawSocket, longPoll]) end.drop();
  });

  test('RAW-1 RAW-3 and all of that over TLS', async () => {
    await using site = await SharedSite.open({}, createTlsServer({ key, cert }));
    const page = new Promise((resolve) => {
      getSecurely(`https://${site.host}/page`, { rejectUnauthorized: false }, (response) => {
        response.setEncoding('utf8').on('data', resolve);
      });
    });
    const socket = connectTls({ port: site.port, host: '127.0.0.1', rejectUnauthorized: false });
    const rawSocket = RawSocketEnd.connect(socket, json);
    const webSocket = WebSocketEnd.connect(`wss://${site.host}/ws`, json, { ca: cert });
    expect(await page).toBe('GET /page');
    expect(await countOver(await rawSocket)).toEqual([1]);
    expect(await countOver(await webSocket)).toEqual([2]);
  });
});

describe('TLS', () => {
  const dial = (site: SharedSite, maxVersion: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
    connectTls({
      port: site.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      minVersion: 'TLSv1',
      maxVersion,
      ciphers: 'DEFAULT@SECLEVEL=0',
    });

  test('threat 31 a version before 1.2 is refused, 1.2 and 1.3 are not', async () => {
    await using site = await SharedSite.open({}, createTlsServer({ key, cert }));
    await expect(once(dial(site, 'TLSv1.1'), 'secureConnect')).rejects.toThrow();
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = dial(site, version);
      await once(socket, 'secureConnect');
      expect(socket.getProtocol()).toBe(version);
      expect(await countOver(await RawSocketEnd.connect(socket, json))).toEqual([expect.any(Number)]);
    }
  });

  test('threat 31 garbage in place of TLS ends its connection alone', async () => {
    await using site = await SharedSite.open({}, createTlsServer({ key, cert }));
    const witness = await WebSocketEnd.connect(`wss://${site.host}/ws`, json, { ca: cert });
    for (const garbage of [
      'GET / HTTP/1.1\r\n\r\n',
      '\u007f\u00f1\0\0',
      '\0'.repeat(1000),
      '\u0016\u0003\u0001',
    ]) {
      const socket = connect(site.port, '127.0.0.1');
      socket.on('error', () => undefined);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.end(Buffer.from(garbage, 'latin1'));
      socket.resume();
      await closed;
    }
    expect(await countOver(witness)).toEqual([1]);
  });
});

describe('the first octet', () => {
  test('RAW-3 the first octet is put back: the others may follow at any time', async () => {
    await using site = await SharedSite.open();
    const accepted = once(site.server, 'connection') as Promise<[Socket]>;
    const raw = RawPeer.dial(site.port);
    raw.write(greetingOf(json).subarray(0, 1));
    await once((await accepted)[0], 'data');
    raw.write(greetingOf(json).subarray(1), frameOf(HELLO));
    expect(await raw.reply).toEqual([0x7f, 0xb1, 0, 0]);
    expect((await raw.message())[0]).toBe(2);

    const next = once(site.server, 'connection') as Promise<[Socket]>;
    const web = connect(site.port, '127.0.0.1');
    web.write('G');
    await once((await next)[0], 'data');
    web.write('ET /late HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const [answer] = (await once(web.setEncoding('latin1'), 'data')) as [string];
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  test('RAW-5 0x7F is RawSocket, whatever follows; anything else is passed to HTTP', async () => {
    await using site = await SharedSite.open();
    const raw = RawPeer.dial(site.port);
    raw.write(0x7f, 0x00, 0, 0);
    expect(await raw.reply).toEqual([0x7f, 0x10, 0, 0]);
    for (const first of [0x00, 0x16, 0x7e, 0x80, 0xff]) {
      const web = connect(site.port, '127.0.0.1');
      web.write(Buffer.of(first, 0, 0, 0));
      const [answer] = (await once(web.setEncoding('latin1'), 'data')) as [string];
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    }
  });

  test('a client that sends nothing is disconnected after 5 s', async () => {
    const clock = new ManualClock();
    await using site = await SharedSite.open({ clock });
    const accepted = once(site.server, 'connection') as Promise<[Socket]>;
    const silent = RawPeer.dial(site.port);
    const [socket] = await accepted;
    clock.advance(4999);
    expect(socket.destroyed).toBe(false);
    clock.advance(1);
    await silent.closed();
    expect(clock.pending).toBe(0);
  });

  test.each([false, true])(
    'a client that disconnects leaves no state; half-open: %s',
    async (allowHalfOpen) => {
      const clock = new ManualClock();
      await using site = await SharedSite.open({ clock }, createServer({ allowHalfOpen }));
      for (const leave of [(socket: Socket) => socket.end(), (socket: Socket) => socket.resetAndDestroy()]) {
        const accepted = once(site.server, 'connection') as Promise<[Socket]>;
        const peer = RawPeer.dial(site.port);
        const [socket] = await accepted;
        const closed = new Promise((resolve) => socket.once('close', resolve));
        leave(peer.socket);
        await closed;
      }
      expect(clock.pending).toBe(0);
    },
  );

  test('a client that sends half a handshake is disconnected like a silent one', async () => {
    const clock = new ManualClock();
    await using site = await SharedSite.open({ clock });
    const accepted = once(site.server, 'connection') as Promise<[Socket]>;
    const peer = RawPeer.dial(site.port);
    peer.write(0x7f, 0xf1);
    await once((await accepted)[0], 'data');
    clock.advance(5000);
    expect(await peer.reply).toBeUndefined();
  });
});

describe('HTTP', () => {
  test('a client that never completes a request header is disconnected by Node, though the HTTP server does not listen', async () => {
    await using site = await SharedSite.open();
    const slow = connect(site.port, '127.0.0.1');
    slow.write('GET / HTTP/1.1\r\nHost:');
    const [answer] = (await once(slow.setEncoding('latin1'), 'data')) as [string];
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('a page on loopback may connect, for the shared server is bound to loopback', async () => {
    await using site = await SharedSite.open();
    const from = (origin: string): Promise<string | number> =>
      handshake(`ws://${site.host}/ws`, ['wamp.2.json'], { headers: { origin } });
    expect(await from('http://localhost:3000')).toBe('wamp.2.json');
    expect(await from('https://evil.example')).toBe(403);
    const open = await post(`http://${site.host}/lp/open`, '{"protocols":["wamp.2.json"]}', {
      headers: { origin: 'http://localhost:3000' },
    });
    expect(open.status).toBe(200);
  });
});

test('close() disconnects silent clients, and waits for RawSockets', async () => {
  const site = await SharedSite.open();
  const raw = await RawPeer.join(site.port);
  const accepted = once(site.server, 'connection');
  const silent = RawPeer.dial(site.port);
  await accepted;
  let resolved = false;
  const closed = site.acceptor.close().then(() => (resolved = true));
  await silent.closed();
  expect((await raw.ask([48, 1, {}, 'wamp.session.count']))[3]).toEqual([1]);
  expect(resolved).toBe(false);
  raw.socket.end();
  await closed;
  await site[Symbol.asyncDispose]();
});
