/** Clients behind proxies: the PROXY protocol 1 and 2, X-Forwarded-For, and Forwarded (RFC 7239). */
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type Server as HttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { json } from '@wamp/protocol';
import {
  acceptLongPolls,
  acceptProxied,
  acceptWebSockets,
  createRouter,
  shareOnePort,
  type Router,
  type RouterOptions,
} from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import fc from 'fast-check';
import { WebSocket } from 'ws';
import { describe, expect, test } from 'vitest';
import { Forwarding, type ForwardingRules } from '../src/transports/forwarding.ts';
import { readProxyHeader } from '../src/transports/proxy-header.ts';
import { isTrustable, TrustedProxies } from '../src/transports/trusted-proxies.ts';
import { cert, key } from './support/certificate.ts';
import { post } from './support/client-ends.ts';
import { greetingOf, HELLO, RawPeer } from './support/raw-socket.ts';
import { handshake, Site } from './support/web-socket.ts';

describe('trusted proxies', () => {
  test.each([
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.4', false],
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/8', '::ffff:10.0.0.1', true],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['0.0.0.0/0', '192.0.2.1', true],
    ['unix', undefined, true],
    ['127.0.0.1', undefined, false],
    ['unix', '127.0.0.1', false],
  ])('%s: %s, %s', (proxy, address, trusted) => {
    expect(new TrustedProxies([proxy]).has(address)).toBe(trusted);
  });

  test.each([
    '',
    '10.0.0',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'fe80::1%eth0',
    'localhost',
    '1/-1',
  ])('%j is nobody', (text) => {
    expect(isTrustable(text)).toBe(false);
    expect(() => new TrustedProxies([text])).toThrow(TypeError);
  });
});

function second(command: number, family: number, rest: readonly number[], length = rest.length): Buffer {
  const head = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
  return Buffer.concat([head, Buffer.of(command, family, length >> 8, length & 0xff), Buffer.from(rest)]);
}

const IPV4 = [192, 0, 2, 1, 192, 0, 2, 9, 0xc3, 0x50, 1, 187];
const IPV6 = [
  ...[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  ...Array<number>(16).fill(0),
  ...[0xc3, 0x50, 1, 187],
];

describe('the header of the PROXY protocol', () => {
  const from = (address: string) => ({ address, port: 50_000 });
  test.each([
    ['1, IPv4', 'PROXY TCP4 192.0.2.1 192.0.2.9 50000 443\r\n', from('192.0.2.1')],
    ['1, IPv6', 'PROXY TCP6 2001:db8::1 2001:db8::9 50000 443\r\n', from('2001:db8::1')],
    ['1, mapped', 'PROXY TCP6 ::ffff:192.0.2.1 ::1 50000 443\r\n', from('192.0.2.1')],
    ['1, unknown', 'PROXY UNKNOWN\r\n', undefined],
    ['1, unknown with addresses', 'PROXY UNKNOWN ffff:: ffff:: 1 2\r\n', undefined],
    ['2, IPv4', second(0x21, 0x11, IPV4), from('192.0.2.1')],
    ['2, IPv6', second(0x21, 0x21, IPV6), from('2001:db8::1')],
    ['2, with more behind the addresses', second(0x21, 0x11, [...IPV4, 3, 0, 1, 9]), from('192.0.2.1')],
    ['2, the proxy itself', second(0x20, 0, []), undefined],
    ['2, the proxy itself, with addresses', second(0x20, 0x11, IPV4), undefined],
    ['2, a Unix socket', second(0x21, 0x31, Array<number>(216).fill(65)), undefined],
    ['2, unspecified', second(0x21, 0, [1, 2, 3]), undefined],
  ])('version %s', (_what, header, client) => {
    const octets = Buffer.from(header);
    for (let size = 0; size < octets.length; size += 1) {
      expect(readProxyHeader(octets.subarray(0, size))).toBeUndefined();
    }
    expect(readProxyHeader(Buffer.concat([octets, Buffer.from('GET')]))).toEqual({
      size: octets.length,
      client,
    });
  });

  test.each([
    ['HTTP', 'GET / HTTP/1.1\r\n\r\n'],
    ['RawSocket', '\u007f\u00f1\0\0'],
    ['another word', 'PROXI TCP4 192.0.2.1 192.0.2.9 1 2\r\n'],
    ['small letters', 'proxy TCP4 192.0.2.1 192.0.2.9 1 2\r\n'],
    ['no address', 'PROXY TCP4 192.0.2 192.0.2.9 1 2\r\n'],
    ['the other family', 'PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n'],
    ['a port too many', 'PROXY TCP4 192.0.2.1 192.0.2.9 1 2 3\r\n'],
    ['a port too large', 'PROXY TCP4 192.0.2.1 192.0.2.9 65536 2\r\n'],
    ['a port with a zero before it', 'PROXY TCP4 192.0.2.1 192.0.2.9 01 2\r\n'],
    ['two blanks', 'PROXY  TCP4 192.0.2.1 192.0.2.9 1 2\r\n'],
    ['no family', 'PROXY\r\n'],
    ['no end', `PROXY UNKNOWN ${'x'.repeat(200)}`],
    ['version 3', second(0x31, 0x11, IPV4)],
    ['an unknown command', second(0x22, 0x11, IPV4)],
    ['less than the addresses', second(0x21, 0x11, IPV4.slice(1))],
    ['more than anybody has to say', second(0x21, 0x11, [], 4097)],
  ])('%s is malformed', (_what, text) => {
    const octets = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
    expect(readProxyHeader(octets)).toBe('malformed');
  });

  test('any octets: a header, a fault or a wait, and no throw', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.constantFrom('', 'PROXY TCP4 ', '\r\n\r\n\0\r\nQUIT\n'),
        (tail, head) => {
          const header = readProxyHeader(Buffer.concat([Buffer.from(head, 'latin1'), tail]));
          expect(header === undefined || header === 'malformed' || header.size > 0).toBe(true);
        },
      ),
    );
  });
});

describe('forwarding headers', () => {
  const PROXIES = ['127.0.0.0/8', '10.0.0.0/8', '2001:db8:ffff::/48'];
  const asked = (header: ForwardingRules['header'], value: string | undefined, address = '127.0.0.1') =>
    new Forwarding({ trusted: PROXIES, header }).clientOf({
      socket: { remoteAddress: address, remotePort: 40_000 },
      headers: value === undefined ? {} : { [header]: value },
    } as unknown as IncomingMessage);

  test.each([
    ['192.0.2.1', '192.0.2.1', 0],
    ['192.0.2.1:50000', '192.0.2.1', 50_000],
    ['2001:db8::1', '2001:db8::1', 0],
    ['[2001:db8::1]:50000', '2001:db8::1', 50_000],
    ['::ffff:192.0.2.1', '192.0.2.1', 0],
    ['198.51.100.7, 192.0.2.1', '192.0.2.1', 0],
    ['192.0.2.1, 10.0.0.1 ,10.0.0.2', '192.0.2.1', 0],
    ['192.0.2.1, 10.0.0.1, 2001:db8:ffff::1', '192.0.2.1', 0],
    // Anybody may have written what stands before the address of somebody who is not trusted.
    ['rubbish, 192.0.2.1', '192.0.2.1', 0],
    ['10.0.0.9, 192.0.2.1, 10.0.0.1', '192.0.2.1', 0],
    // Proxies all the way.
    ['10.0.0.1, 10.0.0.2', '10.0.0.1', 0],
    ['192.0.2.1, unknown, 10.0.0.2', '10.0.0.2', 0],
  ])('X-Forwarded-For: %s', (value, address, port) => {
    expect(asked('x-forwarded-for', value)).toEqual({ address, port });
  });

  test.each([
    ['for=192.0.2.1', '192.0.2.1', 0],
    ['For="192.0.2.1:50000";proto=https;by=203.0.113.43', '192.0.2.1', 50_000],
    ['for="[2001:db8::1]"', '2001:db8::1', 0],
    ['by=10.0.0.1; for="[2001:db8::1]:50000"', '2001:db8::1', 50_000],
    ['for=198.51.100.7, for=192.0.2.1', '192.0.2.1', 0],
    ['for=192.0.2.1 , for=10.0.0.1;host="a, b; for=1.1.1.1"', '192.0.2.1', 0],
    ['for="192.0.2\\.1"', '192.0.2.1', 0],
    ['for="192.0.2.1:_port"', '192.0.2.1', 0],
    ['for=nobody, for=192.0.2.1,, ', '192.0.2.1', 0],
    ['for=192.0.2.1, for=_hidden, for=10.0.0.1', '10.0.0.1', 0],
    ['for=unknown', '127.0.0.1', 40_000],
    ['proto=https', '127.0.0.1', 40_000],
  ])('Forwarded: %s', (value, address, port) => {
    expect(asked('forwarded', value)).toEqual({ address, port });
  });

  test.each([
    'rubbish',
    '192.0.2.1, ',
    '192.0.2',
    '192.0.2.1:70000',
    '[2001:db8::1',
    '[192.0.2.1]',
    'fe80::1%eth0',
  ])('X-Forwarded-For: %s is malformed', (value) => {
    expect(asked('x-forwarded-for', value)).toBeUndefined();
  });

  test.each([
    'for=2001:db8::1',
    'for="2001:db8::1"',
    'for="[192.0.2.1]"',
    'for=',
    'for',
    'for=192.0.2.1;for=192.0.2.2',
    'for="192.0.2.1',
    'for = 192.0.2.1',
    'for=192.0.2.1 for=192.0.2.2',
    // A client that would like a proxy's own entry to become a part of its text.
    'for=6.6.6.6;x=", for="[2001:db8::1]"',
  ])('Forwarded: %s is malformed', (value) => {
    expect(asked('forwarded', value)).toBeUndefined();
  });

  test.each([undefined, ''])('a proxy that says %j is the peer itself', (value) => {
    expect(asked('forwarded', value)).toEqual({ address: '127.0.0.1', port: 40_000 });
  });

  test.each(['192.0.2.1', 'rubbish'])('the header of an untrusted peer is ignored: %s', (value) => {
    expect(asked('x-forwarded-for', value, '203.0.113.5')).toEqual({ address: '203.0.113.5', port: 40_000 });
  });

  test('16 KiB of the same are read as well', () => {
    for (const part of [' ', 'for=1,', '"', 'for="\\', ',', ';']) {
      const value = part.repeat(16_384 / part.length);
      for (const header of ['forwarded', 'x-forwarded-for'] as const) {
        const client = asked(header, value);
        expect(client === undefined || client.address === '127.0.0.1').toBe(true);
      }
    }
  });

  test('any chain of proxies: the last untrusted address is the client', () => {
    const proxy = fc.constantFrom('10.0.0.1', '10.9.9.9', '2001:db8:ffff::7');
    const client = fc.constantFrom('192.0.2.1', '203.0.113.9', '2001:db8::5');
    fc.assert(
      fc.property(fc.array(fc.oneof(proxy, client)), client, fc.array(proxy), (lies, own, proxies) => {
        const chain = [...lies, own, ...proxies];
        expect(asked('x-forwarded-for', chain.join(', '))?.address).toBe(own);
        const quoted = chain.map((node) => `for="${node.includes(':') ? `[${node}]` : node}"`);
        expect(asked('forwarded', quoted.join(','))?.address).toBe(own);
      }),
    );
  });
});

/** One port behind a proxy. */
class ProxiedSite implements AsyncDisposable {
  readonly router: Router;
  readonly front: Server = createServer({ allowHalfOpen: true });
  readonly #http: HttpServer = createHttpServer((_request, response) => response.end('a page'));
  readonly #sockets = new Set<Socket>();

  private constructor(behind: Server, trusted: readonly string[], options: Partial<RouterOptions>) {
    this.router = createRouter({ realms: ['realm1'], ...options });
    acceptWebSockets(this.router, { server: this.#http, listener: this.front });
    acceptLongPolls(this.router, { server: this.#http, listener: this.front });
    shareOnePort(this.router, { server: behind, http: this.#http });
    acceptProxied(this.router, { server: this.front, behind, trusted });
    this.front.on('connection', (socket) => this.#sockets.add(socket));
  }

  static async open({
    behind = createServer(),
    trusted = ['127.0.0.1'],
    ...options
  }: Partial<RouterOptions> & {
    readonly behind?: Server;
    readonly trusted?: readonly string[];
  } = {}): Promise<ProxiedSite> {
    const site = new ProxiedSite(behind, trusted, options);
    site.front.listen(0, '127.0.0.1');
    await once(site.front, 'listening');
    return site;
  }

  get port(): number {
    return (this.front.address() as AddressInfo).port;
  }

  /** A connection that begins with `header`. */
  dial(header: string | Buffer): Socket {
    const socket = connect(this.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(header);
    return socket;
  }

  /** Where the sessions say they are. */
  get peers(): readonly unknown[] {
    return [...(this.router.realm('realm1')?.sessions.values() ?? [])].map(
      ({ transport }) => transport['peer'],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.front, 'close');
    this.front.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

const LINE = 'PROXY TCP4 192.0.2.1 192.0.2.9 50000 443\r\n';
const PEER = 'tcp:192.0.2.1:50000';

/** Joins over WebSocket on a connection that is there already. */
async function joinOver(socket: Socket): Promise<WebSocket> {
  const client = new WebSocket('ws://127.0.0.1/ws', ['wamp.2.json'], { createConnection: () => socket });
  await once(client, 'open');
  const welcomed = once(client, 'message');
  client.send(JSON.stringify(HELLO));
  await welcomed;
  return client;
}

async function joinRawOver(socket: Socket): Promise<void> {
  const peer = new RawPeer(socket);
  peer.write(greetingOf(json));
  expect((await peer.ask(HELLO))[0]).toBe(2);
}

describe('behind the PROXY protocol', () => {
  test.each([
    ['1', LINE],
    ['2', second(0x21, 0x11, IPV4)],
  ])('version %s: every transport tells where the client is', async (_version, header) => {
    await using site = await ProxiedSite.open();
    await joinOver(site.dial(header));
    await joinRawOver(site.dial(header));
    expect(site.peers).toEqual([PEER, PEER]);
  });

  test('header and handshake may come octet by octet, or at once', async () => {
    await using site = await ProxiedSite.open();
    const bytes = Buffer.concat([Buffer.from(LINE), greetingOf(json)]);
    const slow = site.dial('');
    slow.setNoDelay(true);
    const peer = new RawPeer(slow);
    for (const octet of bytes) {
      slow.write(Buffer.of(octet));
      await new Promise(setImmediate);
    }
    expect((await peer.ask(HELLO))[0]).toBe(2);
    const fast = new RawPeer(site.dial(bytes));
    expect((await fast.ask(HELLO))[0]).toBe(2);
    expect(site.peers).toEqual([PEER, PEER]);
  });

  test('over TLS, the header comes before the handshake', async () => {
    await using site = await ProxiedSite.open({
      behind: createTlsServer({ key, cert, allowHalfOpen: true }),
    });
    const raw = connectTls({ socket: site.dial(LINE), ca: cert, servername: 'localhost' });
    await once(raw, 'secureConnect');
    await joinRawOver(raw);
    const web = connectTls({
      socket: site.dial(second(0x21, 0x11, IPV4)),
      ca: cert,
      servername: 'localhost',
    });
    await once(web, 'secureConnect');
    await joinOver(web);
    expect(site.peers).toEqual([PEER, PEER]);
  });

  test('a proxy that connects for itself is shown with its own address', async () => {
    await using site = await ProxiedSite.open();
    const socket = site.dial('PROXY UNKNOWN\r\n');
    await joinRawOver(socket);
    expect(site.peers).toEqual([`tcp:127.0.0.1:${(socket.address() as AddressInfo).port}`]);
  });

  test('a trusted proxy without a header is cut off', async () => {
    await using site = await ProxiedSite.open();
    const socket = site.dial('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.resume();
    await closed;
    expect(socket.bytesRead).toBe(0);
  });

  test('an untrusted connection is passed on unchanged, and its header is not read', async () => {
    await using site = await ProxiedSite.open({ trusted: ['192.0.2.77'] });
    const plain = site.dial('');
    await joinRawOver(plain);
    expect(site.peers).toEqual([`tcp:127.0.0.1:${(plain.address() as AddressInfo).port}`]);
    const liar = site.dial(`${LINE}GET / HTTP/1.1\r\nHost: x\r\n\r\n`);
    const [answer] = (await once(liar, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('a header that does not come in time ends the connection, and no timer is left', async () => {
    const clock = new ManualClock();
    await using site = await ProxiedSite.open({ clock });
    const accepted = once(site.front, 'connection');
    const socket = site.dial('PROXY TCP4');
    await accepted;
    await new Promise(setImmediate);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    clock.advance(5000);
    socket.resume();
    await closed;
    expect(clock.pending).toBe(0);
    expect(site.router.limited.toObject()).toEqual({ hello_timeout: 1 });
  });

  test('what it says counts as the address: so many connections, and no more', async () => {
    await using site = await ProxiedSite.open({ limits: { connectionsPerAddress: 1 } });
    await joinOver(site.dial(LINE));
    const refused = new RawPeer(site.dial(LINE));
    refused.write(greetingOf(json));
    expect(await refused.reply).toEqual([0x7f, 0x40, 0, 0]);
    const other = new RawPeer(site.dial(LINE.replace('192.0.2.1', '192.0.2.2')));
    other.write(greetingOf(json));
    expect(await other.reply).toEqual([0x7f, 0xb1, 0, 0]);
    expect(site.router.limited.of('connections_per_address')).toBe(1);
  });
});

describe('behind an HTTP proxy', () => {
  const proxies: ForwardingRules = { trusted: ['127.0.0.1'], header: 'x-forwarded-for' };

  test('a WebSocket client is where the proxy says, and malformed is 400', async () => {
    await using site = await Site.open({ limits: { connectionsPerAddress: 1 } }, { proxies });
    const upgrade = (address: string) =>
      handshake(site.url(), ['wamp.2.json'], { headers: { 'X-Forwarded-For': address } });
    const first = new WebSocket(site.url(), ['wamp.2.json'], { headers: { 'X-Forwarded-For': '192.0.2.1' } });
    await once(first, 'open');
    const welcomed = once(first, 'message');
    first.send(JSON.stringify(HELLO));
    await welcomed;
    const [session] = site.router.realm('realm1')?.sessions.values() ?? [];
    expect(session?.transport['peer']).toBe('tcp:192.0.2.1:0');
    expect(await upgrade('192.0.2.1')).toBe(503);
    expect(await upgrade('192.0.2.2')).toBe('wamp.2.json');
    expect(await upgrade('rubbish')).toBe(400);
    first.terminate();
  });

  test('a long-poll client is where the proxy says, and malformed is 400', async () => {
    const router = createRouter({ realms: ['realm1'], limits: { connectionsPerAddress: 1 } });
    const server = createHttpServer();
    acceptLongPolls(router, { server, proxies });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/lp/open`;
    const open = async (address: string) =>
      (await post(url, '{"protocols":["wamp.2.json"]}', { headers: { 'X-Forwarded-For': address } })).status;
    expect(await open('192.0.2.1')).toBe(200);
    expect(await open('192.0.2.1')).toBe(503);
    expect(await open('192.0.2.2')).toBe(200);
    expect(await open('rubbish')).toBe(400);
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
});
