/** The WebSocket transport, as browsers have it and as Node 20 has it. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { msgpack } from '@wamp/protocol/msgpack';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer, type WebSocket as ServerSocket } from 'ws';
import { connect, ConnectError, json, webSocket, type Transport } from '../src/index.ts';
import { FakeWebSocket } from './fake-web-socket.ts';
import { ManualClock } from '../src/testing/manual-clock.ts';
import { failure, settle } from './scripted-peer.ts';

/** A transport that is being opened, and its socket. */
async function opening(
  serializers = [json],
  url = 'ws://host/ws',
): Promise<{
  socket: FakeWebSocket;
  transport: Promise<Transport>;
  controller: AbortController;
  clock: ManualClock;
}> {
  FakeWebSocket.made = [];
  const controller = new AbortController();
  const clock = new ManualClock();
  const transport = webSocket({ WebSocket: FakeWebSocket, maxMessageSize: 100 }).open(new URL(url), {
    serializers,
    signal: controller.signal,
    clock,
  });
  transport.catch(() => undefined);
  await settle();
  const [socket] = FakeWebSocket.made;
  if (socket === undefined) throw new Error('no WebSocket was made');
  return { socket, transport, controller, clock };
}

/** What a listener hears. */
function heard(transport: Transport): unknown[][] {
  const events: unknown[][] = [];
  transport.listener = {
    frame: (bytes) => events.push(['frame', new TextDecoder().decode(bytes)]),
    violation: (what, failure) => events.push(['violation', what, ...(failure ? [failure] : [])]),
    closed: (reason) => events.push(['closed', reason]),
  };
  return events;
}

async function opened(
  serializer = json,
): Promise<{ socket: FakeWebSocket; transport: Transport; events: unknown[][]; clock: ManualClock }> {
  const { socket, transport, clock } = await opening([serializer]);
  socket.protocol = serializer.subprotocol;
  socket.emit('open');
  const open = await transport;
  return { socket, transport: open, events: heard(open), clock };
}

/** Whether the runtime has a class of its own: Node has one from 22 on. */
const HAS_OWN = 'WebSocket' in globalThis;

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

describe('in a browser', () => {
  test('offers the serializers, and speaks the one that the router picks', async () => {
    const { socket, transport } = await opening([msgpack, json]);
    expect(socket).toMatchObject({
      url: 'ws://host/ws',
      protocols: ['wamp.2.msgpack', 'wamp.2.json'],
      binaryType: 'arraybuffer',
    });
    socket.protocol = 'wamp.2.json';
    socket.emit('open');
    expect((await transport).serializer).toBe(json);
  });

  test.each([
    ['http://host/ws', 'ws://host/ws'],
    ['https://host/ws', 'wss://host/ws'],
    ['wss://host/ws', 'wss://host/ws'],
  ])('%s is %s', async (url, expected) => {
    const { socket } = await opening([json], url);
    expect(socket.url).toBe(expected);
  });

  test.each([
    ['', 'none'],
    ['wamp.2.cbor', '"wamp.2.cbor"'],
  ])('a router that picks %o is refused', async (picked, named) => {
    const { socket, transport } = await opening();
    socket.protocol = picked;
    socket.emit('open');
    const error = await failure(transport);
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({ fatal: true });
    expect(String(error)).toContain(`picked ${named} of the subprotocols wamp.2.json`);
    expect(socket.closedWith).toEqual([undefined]);
  });

  test('a failed handshake is reported with all that is known about it', async () => {
    const silent = await opening();
    silent.socket.emit('error');
    silent.socket.emit('close', { code: 1006, reason: '' });
    expect(await failure(silent.transport)).toMatchObject({
      name: 'ConnectError',
      uri: 'wamp.error.network_failure',
      fatal: false,
      args: ['The WebSocket could not be opened.'],
    });
    const told = await opening();
    told.socket.emit('error', { message: 'ECONNREFUSED' });
    told.socket.emit('close', { code: 1006, reason: '' });
    expect(await failure(told.transport)).toMatchObject({ args: ['ECONNREFUSED'] });
  });

  test('an aborted signal gives up, before and during the handshake', async () => {
    const { socket, transport, controller } = await opening();
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await failure(transport)).toBe(reason);
    expect(socket.closedWith).toEqual([undefined]);

    FakeWebSocket.made = [];
    const options = { serializers: [json], signal: AbortSignal.abort(reason) };
    expect(await failure(webSocket({ WebSocket: FakeWebSocket }).open(new URL('ws://x/'), options))).toBe(
      reason,
    );
    expect(FakeWebSocket.made).toEqual([]);
  });

  test('text goes as text, and comes as its UTF-8', async () => {
    const { socket, transport, events } = await opened();
    transport.send(bytes('[1,"grüße 🎉"]'));
    expect(socket.sent).toEqual(['[1,"grüße 🎉"]']);
    socket.emit('message', { data: '[2,"grüße 🎉"]' });
    expect(events).toEqual([['frame', '[2,"grüße 🎉"]']]);
  });

  test('a byte order mark is data', async () => {
    const { socket, transport, events } = await opened();
    transport.send(bytes('\ufeff[1]'));
    expect(socket.sent).toEqual(['\ufeff[1]']);
    expect(events).toEqual([]);
  });

  test('bytes go and come as bytes', async () => {
    const { socket, transport, events } = await opened(msgpack);
    const frame = bytes('abc');
    transport.send(frame);
    expect(socket.sent).toEqual([frame]);
    socket.emit('message', { data: bytes('def').buffer });
    expect(events).toEqual([['frame', 'def']]);
  });

  test('a frame of the wrong kind is a violation', async () => {
    const text = await opened();
    text.socket.emit('message', { data: bytes('[1]').buffer });
    expect(text.events).toEqual([['violation', 'a binary frame on a text channel']]);
    const binary = await opened(msgpack);
    binary.socket.emit('message', { data: '[1]' });
    expect(binary.events).toEqual([['violation', 'a text frame on a binary channel']]);
  });

  test('closes, with a failure too, and sends no more', async () => {
    for (const failed of [undefined, 'protocol', 'oversize'] as const) {
      const { socket, transport } = await opened();
      transport.close(failed);
      expect(socket.closedWith).toEqual([undefined]);
      transport.send(bytes('[1]'));
      expect(socket.sent).toEqual([]);
    }
  });

  test('D2 a router that is silent is left with code 4000, in browsers, too', async () => {
    const { socket, transport } = await opened();
    transport.close('silent');
    expect(socket.closedWith).toEqual([4_000]);
  });

  test('reports why it is closed, also to listeners that are added later', async () => {
    const { socket, events } = await opened();
    socket.emit('close', { code: 1006, reason: '' });
    expect(events).toEqual([['closed', 'WebSocket closed with code 1006']]);

    const early = await opening();
    early.socket.protocol = 'wamp.2.json';
    early.socket.emit('open');
    const transport = await early.transport;
    early.socket.emit('close', { code: 1001, reason: 'going away' });
    expect(heard(transport)).toEqual([['closed', 'WebSocket closed with code 1001: going away']]);
    expect(heard(transport)).toEqual([]);
  });

  test('D3 event error alone ends it, during the handshake and after it', async () => {
    const early = await opening();
    early.socket.emit('error', { message: 'ECONNREFUSED' });
    expect(await failure(early.transport)).toMatchObject({
      uri: 'wamp.error.network_failure',
      args: ['ECONNREFUSED'],
    });
    const { socket, events, clock } = await opened();
    socket.emit('error');
    socket.emit('close', { code: 1006, reason: '' });
    expect(events).toEqual([['closed', 'The WebSocket failed.']]);
    expect(clock.pending).toBe(0);
  });

  test.each([
    ['CLOSING', 2],
    ['CLOSED', 3],
  ])('D3 readyState %s alone ends it', async (_, state) => {
    const { socket, events, clock } = await opened();
    clock.advance(60_000);
    expect(events).toEqual([]);
    socket.readyState = state;
    clock.advance(5_000);
    expect(events).toEqual([['closed', 'The router has closed the WebSocket.']]);
    expect(clock.pending).toBe(0);
  });

  test('D3 a Close that the router does not answer ends after 5 s', async () => {
    const { transport, events, clock } = await opened();
    transport.close();
    clock.advance(4_999);
    expect(events).toEqual([]);
    clock.advance(1);
    expect(events).toEqual([['closed', 'The router did not answer Close.']]);
    expect(clock.pending).toBe(0);
  });

  test('D3 frames that come with the handshake wait for a listener', async () => {
    const { socket, transport } = await opening();
    socket.protocol = 'wamp.2.json';
    socket.emit('open');
    socket.emit('message', { data: '[3,{},"a.b"]' });
    socket.emit('close', { code: 1000, reason: '' });
    expect(heard(await transport)).toEqual([
      ['frame', '[3,{},"a.b"]'],
      ['closed', 'WebSocket closed with code 1000'],
    ]);
  });

  test('A11 a message above maxMessageSize is not taken', async () => {
    const text = await opened();
    text.socket.emit('message', { data: 'x'.repeat(100) });
    text.socket.emit('message', { data: 'x'.repeat(101) });
    text.socket.emit('message', { data: 'é'.repeat(51) });
    expect(text.events.slice(1)).toEqual([
      ['violation', 'a message of 101 bytes, which is above maxMessageSize, 100', 'oversize'],
      ['violation', 'a message of 102 bytes, which is above maxMessageSize, 100', 'oversize'],
    ]);
    const binary = await opened(msgpack);
    binary.socket.emit('message', { data: new ArrayBuffer(101) });
    expect(binary.events).toMatchObject([['violation', expect.any(String), 'oversize']]);
  });

  test('tells what waits to be sent', async () => {
    const { socket, transport } = await opened();
    socket.bufferedAmount = 77;
    expect(transport.backlog).toBe(77);
  });

  test("is the runtime's own class", async () => {
    const own = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket');
    Object.defineProperty(globalThis, 'WebSocket', {
      value: FakeWebSocket,
      configurable: true,
      writable: true,
    });
    try {
      FakeWebSocket.made = [];
      const options = { serializers: [json], signal: new AbortController().signal };
      webSocket()
        .open(new URL('ws://x/'), options)
        .catch(() => undefined);
      await settle();
      expect(FakeWebSocket.made).toHaveLength(1);
    } finally {
      if (own === undefined) Reflect.deleteProperty(globalThis, 'WebSocket');
      else Object.defineProperty(globalThis, 'WebSocket', own);
    }
  });

  test('relative URLs are relative to the page', async () => {
    Object.defineProperty(globalThis, 'location', {
      value: { href: 'https://example.com/chat/' },
      configurable: true,
    });
    try {
      FakeWebSocket.made = [];
      const controller = new AbortController();
      const connecting = connect('../ws', {
        realm: 'realm1',
        transport: webSocket({ WebSocket: FakeWebSocket }),
        signal: controller.signal,
      });
      await settle();
      expect(FakeWebSocket.made[0]?.url).toBe('wss://example.com/ws');
      controller.abort();
      await failure(connecting);
    } finally {
      Reflect.deleteProperty(globalThis, 'location');
    }
  });
});

describe('over TCP', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** A WebSocket server; `talk` is its part of the conversation. */
  async function serve(
    talk: (socket: ServerSocket, message: unknown[]) => void,
    protocol = 'wamp.2.json',
  ): Promise<string> {
    const server = createServer();
    servers.push(server);
    const sockets = new WebSocketServer({
      server,
      perMessageDeflate: true,
      handleProtocols: (offered) => offered.has(protocol) && protocol,
    });
    sockets.on('connection', (socket) => {
      socket.on('message', (data: Buffer) => {
        talk(socket, JSON.parse(data.toString()) as unknown[]);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
  }

  const welcome = JSON.stringify([2, 1, { roles: { broker: {}, dealer: {} } }]);

  test('a session: opened, used, closed', async () => {
    const codes: unknown[] = [];
    const url = await serve((socket, [type, request]) => {
      if (type === 1) {
        // The runtime's own class may agree to compress.
        if (!HAS_OWN) expect(socket.extensions).toBe('');
        socket.on('close', (code) => codes.push(code));
        socket.send(welcome);
      }
      if (type === 48) socket.send(JSON.stringify([50, request, {}, ['grüße 🎉']]));
      if (type === 6) socket.send('[6,{},"wamp.close.goodbye_and_out"]');
    });
    const session = await connect(url, { realm: 'realm1', reconnect: false });
    expect(await session.call('p')).toBe('grüße 🎉');
    await session.close();
    expect(session.state).toBe('closed');
    await expect.poll(() => codes).toEqual([1005]);
  });

  test('a protocol violation closes with 1002, where the runtime lets us say so', async () => {
    const codes: unknown[] = [];
    const url = await serve((socket, [type]) => {
      if (type !== 1) return;
      socket.on('close', (code) => codes.push(code));
      socket.send(welcome);
      socket.send(Buffer.from('[36,1,1,{}]'), { binary: true });
    });
    const session = await connect(url, { realm: 'realm1', reconnect: false });
    expect(await session.closed).toMatchObject({ reason: 'wamp.error.protocol_violation' });
    await expect.poll(() => codes).toEqual([HAS_OWN ? 1005 : 1002]);
  });

  test('D3 a router that says Close, and keeps the TCP connection, ends the session', async () => {
    const server = createServer();
    servers.push(server);
    const clock = new ManualClock();
    const sockets: Duplex[] = [];
    server.on('upgrade', (request, socket: Duplex) => {
      sockets.push(socket);
      const key = String(request.headers['sec-websocket-key']);
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n` +
          `sec-websocket-accept: ${accept}\r\nsec-websocket-protocol: wamp.2.json\r\n\r\n`,
      );
      const frame = Buffer.from(welcome);
      // WELCOME comes with the 101, and Close right behind it.
      socket.write(Buffer.concat([Buffer.from([0x81, frame.length]), frame, Buffer.from([0x88, 0])]));
      socket.on('error', () => undefined);
      socket.resume();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const session = await connect(`ws://127.0.0.1:${port}/`, { realm: 'realm1', clock, reconnect: false });
    await expect
      .poll(() => {
        clock.advance(5_000);
        return session.state;
      })
      .toBe('closed');
    for (const socket of sockets) socket.destroy();
  });

  test('a connection that is cut', async () => {
    const url = await serve((socket, [type]) => {
      if (type === 1) socket.send(welcome);
      if (type === 48) socket.terminate();
    });
    const session = await connect(url, { realm: 'realm1', reconnect: false });
    expect(await failure(session.call('p'))).toMatchObject({
      name: 'ConnectionLostError',
      sent: true,
      uri: 'wamp.error.network_failure',
    });
    expect((await session.closed).error?.message).toMatch(/1006|failed/);
  });

  test('no server, no WebSocket, and no common subprotocol', async () => {
    const url = await serve(() => undefined);
    const none = await serve(() => undefined, 'other');
    const options = { realm: 'realm1' };
    expect(await failure(connect(none, options))).toMatchObject({ name: 'ConnectError', fatal: false });
    const [server] = servers;
    server?.closeAllConnections();
    server?.close();
    expect(await failure(connect(url, options))).toMatchObject({
      name: 'ConnectError',
      uri: 'wamp.error.network_failure',
      args: [expect.stringContaining(HAS_OWN ? '' : 'ECONNREFUSED')],
    });
  });

  test('a signal during the handshake', async () => {
    const server = createServer();
    servers.push(server);
    const controller = new AbortController();
    const reason = new Error('enough');
    server.on('upgrade', () => controller.abort(reason));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(
      await failure(connect(`ws://127.0.0.1:${port}/`, { realm: 'realm1', signal: controller.signal })),
    ).toBe(reason);
  });
});

test('in a browser, TLS options are refused with a reason', async () => {
  const { nodeWebSocket } = await import('../src/transports/no-node-websocket.ts');
  expect(nodeWebSocket).toThrow(/Option tls of webSocket is for Node/);
});
