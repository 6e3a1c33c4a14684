/** The RawSocket transport (checklist §2.4, T-35): URLs, handshakes, frames, ends. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import {
  json,
  RAW_SOCKET_MAX_FRAME,
  rawSocketFrame,
  RawSocketFrameType,
  type Serializer,
  type Transport,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { describe, expect, test } from 'vitest';
import { Line } from '../../router/test/support/line.ts';
import { connect, ConnectError, type Session } from '../src/index.ts';
import { rawSocket, type RawSocketOptions } from '../src/rawsocket.ts';
import { addressOf } from '../src/transports/rawsocket-address.ts';
import { greet } from '../src/transports/rawsocket-handshake.ts';
import { unreachable } from '../src/transports/unreachable.ts';
import { ManualClock } from '../src/testing/manual-clock.ts';
import { frameOf, RawRouter, WELCOME, type RawConnection } from './raw-router.ts';
import { failure } from './scripted-peer.ts';

/** Opens a transport. */
function open(
  { url }: RawRouter,
  serializers: readonly Serializer[] = [json],
  options: RawSocketOptions = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Transport> {
  return rawSocket(options).open(new URL(url), { serializers, signal });
}

/** A session that has joined, and the router's side of its connection. */
async function join(
  router: RawRouter,
  { second = 0xf1, ...options }: RawSocketOptions & { readonly second?: number } = {},
): Promise<{ readonly session: Session; readonly connection: RawConnection }> {
  const joining = connect(router.url, {
    realm: 'realm1',
    transport: rawSocket(options),
    reconnect: false,
    keepAlive: false,
  });
  const connection = await router.connection();
  await connection.greeting;
  connection.write([0x7f, second, 0, 0]);
  await connection.message();
  connection.write(frameOf(WELCOME));
  return { session: await joining, connection };
}

const { PING, PONG } = RawSocketFrameType;

describe('URLs', () => {
  test.each([
    ['rs://host:8080', { host: 'host', port: 8080 }, false],
    ['tcp://host:8080', { host: 'host', port: 8080 }, false],
    ['tcp://host:8080/', { host: 'host', port: 8080 }, false],
    ['rs://host', { host: 'host', port: 80 }, false],
    ['rs://[::1]:9000', { host: '::1', port: 9000 }, false],
    ['rss://host:8080', { host: 'host', port: 8080 }, true],
    ['tls://host:8080', { host: 'host', port: 8080 }, true],
    ['tcps://host:8080', { host: 'host', port: 8080 }, true],
    ['rss://host', { host: 'host', port: 443 }, true],
    ['unix:/run/wamp.sock', { path: '/run/wamp.sock' }, false],
    ['unix:///run/wamp.sock', { path: '/run/wamp.sock' }, false],
    ['unix:wamp.sock', { path: 'wamp.sock' }, false],
    ['unix:/run/a%20b', { path: '/run/a b' }, false],
    ['rs://unix:/run/wamp.sock', { path: '/run/wamp.sock' }, false],
    ['rss://unix:/run/wamp.sock', { path: '/run/wamp.sock' }, true],
    ['rs://unix:80', { host: 'unix', port: 80 }, false],
  ])('RAW-1 %s', (url, place, secure) => {
    expect(addressOf(new URL(url))).toEqual({ place, secure });
  });

  test.each([
    ['ws://host/ws', 'begin with rs:'],
    ['http://host', 'begin with rs:'],
    ['rs://host:8080/ws', 'no path'],
    ['rs://host:8080?x=1', 'no query'],
    ['rs://host:8080#x', 'no fragment'],
    ['rs:///8080', 'no host'],
    ['rs:8080', 'no host'],
    ['unix://run/wamp.sock', 'unix:///run/wamp.sock'],
    ['unix:', 'no file'],
    ['unix:/%zz', 'no file'],
    ['unix:/a%00b', 'no file'],
  ])('RAW-1 %s leads nowhere, for good', async (url, why) => {
    const error = await failure(connect(url, { realm: 'realm1', transport: rawSocket() }));
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({
      uri: 'wamp.error.invalid_argument',
      fatal: true,
      args: [expect.stringContaining(why)],
    });
  });
});

describe('the handshake', () => {
  test.each([
    [json, undefined, 0xf1],
    [msgpack, undefined, 0xf2],
    [cbor, undefined, 0xf3],
    [json, 2 ** 24, 0xf1],
    [json, 2 ** 24 - 1, 0xe1],
    [json, 100_000, 0x71],
    [json, 512, 0x01],
    [json, 1, 0x01],
  ])('RAW-2 asks for %j and %s octets', async (serializer, maxMessageSize, second) => {
    await using router = await RawRouter.open();
    void open(router, [serializer], { maxMessageSize }).catch(() => undefined);
    const connection = await router.connection();
    expect(await connection.greeting).toEqual([0x7f, second, 0, 0]);
  });

  /** What becomes of a reply whose second octet is this, to a client that asks for JSON. */
  function expected(second: number): object {
    const [high, low] = [second >> 4, second & 15];
    if (low === 1) return { limit: Math.min(2 ** (9 + high), RAW_SOCKET_MAX_FRAME) };
    const uri = `wamp.error.${low === 0 ? (NAMES[high] ?? 'network_failure') : 'protocol_violation'}`;
    return { name: 'ConnectError', uri, fatal: low !== 0 || (high >= 1 && high <= 3) };
  }
  const NAMES: Readonly<Record<number, string>> = {
    1: 'protocol_violation',
    2: 'payload_size_exceeded',
    3: 'protocol_violation',
    4: 'limit_exceeded',
  };

  test('RAW-4 RAW-5 every second octet of a reply: a limit, an error, or another serializer', async () => {
    let second = 0;
    await using router = await RawRouter.open((connection) => {
      void connection.greeting.then(() => connection.write([0x7f, second, 0, 0]));
    });
    for (; second < 256; second += 1) {
      const outcome = await open(router).then(
        ({ limit }) => ({ limit }),
        (error: unknown) => error,
      );
      expect(outcome).toMatchObject(expected(second));
    }
  });

  test.each([
    [0x10, 'No RawSocket in json: serializer unsupported.'],
    [0x20, 'No RawSocket in json: maximum message length unacceptable.'],
    [0x30, 'No RawSocket in json: use of reserved bits (unsupported feature).'],
    [0x40, 'No RawSocket in json: maximum connection count reached.'],
    [0x50, 'No RawSocket in json: error 5.'],
    [0xf2, 'No RawSocket in json: the reply has serializer 2 instead of 1.'],
  ])('RAW-5 %i is told in words', async (second, words) => {
    await using router = await RawRouter.answering(0x7f, second, 0, 0);
    expect(await failure(open(router))).toMatchObject({ args: [words] });
    await (await router.connection()).closed();
  });

  test.each([
    [[0x7f, 0xf1, 0, 1]],
    [[0x7f, 0xf1, 1, 0]],
    [[0x7e, 0xf1, 0, 0]],
    [[...Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]],
    [[0x15, 3, 3, 0, 2, 2, 10]],
  ])('RAW-4 %j is no reply: the connection fails for good', async (octets) => {
    await using router = await RawRouter.answering(...octets);
    expect(await failure(open(router))).toMatchObject({
      name: 'ConnectError',
      uri: 'wamp.error.protocol_violation',
      fatal: true,
    });
    await (await router.connection()).closed();
  });

  test('RAW-5 after a refused serializer, the next one is tried on a new connection', async () => {
    await using router = await RawRouter.open((connection) => {
      void connection.greeting.then(([, second = 0]) =>
        connection.write([0x7f, (second & 15) === 2 ? 0xb2 : 0x10, 0, 0]),
      );
    });
    const transport = await open(router, [cbor, json, msgpack]);
    expect(transport.serializer).toBe(msgpack);
    expect(transport.limit).toBe(2 ** 20);
    expect(router.count).toBe(3);
    expect(await failure(open(router, [cbor, json]))).toMatchObject({
      fatal: true,
      args: ['No RawSocket in json: serializer unsupported.'],
    });
    expect(router.count).toBe(5);
  });

  test('RAW-5 any other refusal is for all serializers', async () => {
    await using router = await RawRouter.answering(0x7f, 0x40, 0, 0);
    expect(await failure(open(router, [cbor, json]))).toMatchObject({ uri: 'wamp.error.limit_exceeded' });
    expect(router.count).toBe(1);
  });

  test('T-35 a router that hangs up on one serializer may speak the next', async () => {
    await using router = await RawRouter.open((connection, count) => {
      void connection.greeting.then(() => {
        if (count === 0) connection.socket.end();
        else if (count === 1) connection.socket.resetAndDestroy();
        else connection.write([0x7f, 0xf1, 0, 0]);
      });
    });
    expect((await open(router, [cbor, msgpack, json])).serializer).toBe(json);
    expect(router.count).toBe(3);
  });

  test.each([
    ['at once', []],
    ['within the reply', [0x7f, 0xf1, 0]],
  ])('T-35 a router that hangs up %s may be there again later', async (_when, octets) => {
    await using router = await RawRouter.open((connection) => {
      void connection.greeting.then(() => connection.socket.end(Buffer.from(octets)));
    });
    expect(await failure(open(router))).toMatchObject({
      name: 'ConnectError',
      uri: 'wamp.error.network_failure',
      fatal: false,
      args: ['The router hung up on us.'],
    });
  });

  test('no serializer is no offer', async () => {
    await using router = await RawRouter.open();
    expect(await failure(open(router, []))).toMatchObject({
      uri: 'wamp.error.invalid_argument',
      fatal: true,
    });
    expect(router.count).toBe(0);
  });

  test('no router at the address', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await once(server.close(), 'close');
    const transport = rawSocket();
    for (const host of ['127.0.0.1', 'localhost']) {
      const error = await failure(connect(`tcp://${host}:${port}`, { realm: 'realm1', transport }));
      expect(error).toMatchObject({
        name: 'ConnectError',
        uri: 'wamp.error.network_failure',
        fatal: false,
        args: [expect.stringContaining('ECONNREFUSED')],
      });
    }
    expect(await failure(connect('unix:/nowhere/wamp.sock', { realm: 'realm1', transport }))).toMatchObject({
      args: [expect.stringContaining('ENOENT')],
      cause: { code: 'ENOENT' },
    });
  });

  test('a host with several addresses, none of which answers', () => {
    const errors = [
      new Error('connect ECONNREFUSED ::1:8080'),
      new Error('connect ECONNREFUSED 127.0.0.1:8080'),
    ];
    expect(unreachable(new AggregateError(errors))).toMatchObject({
      fatal: false,
      args: ['connect ECONNREFUSED ::1:8080; connect ECONNREFUSED 127.0.0.1:8080'],
    });
  });

  test('an aborted signal stops the attempt: before, while connecting, and while waiting for a reply', async () => {
    const reason = new Error('enough');
    await using router = await RawRouter.open();
    expect(await failure(open(router, [json], {}, AbortSignal.abort(reason)))).toBe(reason);
    const early = new AbortController();
    const connecting = failure(open(router, [json], {}, early.signal));
    early.abort(reason);
    expect(await connecting).toBe(reason);
    const late = new AbortController();
    const greeting = failure(open(router, [json, msgpack], {}, late.signal));
    const before = router.count;
    const connection = await router.connection();
    await connection.greeting;
    late.abort(reason);
    expect(await greeting).toBe(reason);
    await connection.closed();
    expect(router.count - before).toBeLessThanOrEqual(1);
  });

  test('a router that says nothing is given up in time', async () => {
    const clock = new ManualClock();
    await using router = await RawRouter.open();
    const connecting = connect(router.url, { realm: 'realm1', transport: rawSocket(), clock });
    const connection = await router.connection();
    await connection.greeting;
    clock.advance(30_000);
    expect(await failure(connecting)).toMatchObject({ uri: 'wamp.error.timeout', fatal: false });
    await connection.closed();
    expect(clock.pending).toBe(0);
  });
});

describe('limits', () => {
  test("RAW-6 a message above the router's limit is not sent: the request fails, and the session continues", async () => {
    await using router = await RawRouter.open();
    const { session, connection } = await join(router, { second: 0x11 });
    const fits = (size: number): string =>
      'x'.repeat(size - JSON.stringify([16, 1, {}, 'com.topic', ['']]).length);
    const error = await failure(session.publish('com.topic', [fits(1025)]));
    expect(error).toMatchObject({
      name: 'SerializationError',
      uri: 'wamp.error.payload_size_exceeded',
      args: ['The router takes messages of at most 1024 bytes; this one has 1025.'],
    });
    await session.publish('com.topic', [fits(1024)]);
    const [is, octets] = await connection.next();
    expect([is, octets.length]).toEqual(['message', 1024]);
    expect(session.state).toBe('open');
  });

  test('RAW-6 a HELLO above the limit is reported, too', async () => {
    await using router = await RawRouter.answering(0x7f, 0x01, 0, 0);
    const error = await failure(connect(router.url, { realm: 'realm1', transport: rawSocket() }));
    expect(error).toMatchObject({
      name: 'ConnectError',
      args: [expect.stringContaining('at most 512 bytes')],
    });
    await (await router.connection()).closed();
  });

  test('RAW-6 a transport refuses a message above the limit that was not checked before', async () => {
    await using router = await RawRouter.answering(0x7f, 0x01, 0, 0);
    const transport = await open(router);
    transport.send(new Uint8Array(513));
    transport.send(new Uint8Array(512).fill(0x20));
    const [is, octets] = await (await router.connection()).next();
    expect([is, octets.length]).toEqual(['message', 512]);
  });

  test('RAW-6 a longer message than we take ends the session, whole or not', async () => {
    await using router = await RawRouter.open();
    const { session, connection } = await join(router, { maxMessageSize: 1024 });
    const call = failure(session.call('p'));
    connection.write([0, 0, 4, 1]);
    expect(await session.closed).toMatchObject({
      reason: 'wamp.error.protocol_violation',
      error: { name: 'ProtocolError', args: ['a frame has 1025 bytes, the limit is 1024'] },
    });
    expect(await call).toMatchObject({ name: 'ConnectionLostError', sent: true });
    await connection.message();
    expect(await connection.message()).toMatchObject([3, {}, 'wamp.error.protocol_violation']);
    await connection.closed();
  });

  test('RAW-7 T-35 one of 2^24 octets is taken, its length in the 25th bit', async () => {
    await using router = await RawRouter.answering(0x7f, 0xf1, 0, 0);
    const transport = await open(router);
    expect(transport.limit).toBe(2 ** 24 - 1);
    const length = new Promise((resolve) => {
      transport.listener = {
        frame: (frame) => resolve(frame.length),
        violation: resolve,
        closed: resolve,
      };
    });
    const connection = await router.connection();
    connection.write([0x08, 0, 0, 0], new Uint8Array(2 ** 24));
    expect(await length).toBe(2 ** 24);
  });
});

describe('frames', () => {
  test.each([
    [[0x10, 0, 0, 0], 'the prefix of a frame has reserved bits set: 1'],
    [[0x03, 0, 0, 0], 'a frame has the reserved type 3'],
    [[0x08, 0, 0, 1], 'a frame is longer than 2^24 octets'],
    [[0x00, 0, 0, 0], 'JSON: not well-formed'],
  ])('RAW-7 %j breaks the rules', async (octets, what) => {
    await using router = await RawRouter.open();
    const { session, connection } = await join(router);
    connection.write(octets);
    expect(await session.closed).toMatchObject({ error: { name: 'ProtocolError', args: [what] } });
    expect(await connection.message()).toMatchObject([3, { message: what }, 'wamp.error.protocol_violation']);
    await connection.closed();
  });

  test('messages that arrive with the reply wait for a listener, in order', async () => {
    const line = new Line();
    const greeted = greet(line.asSocket, { ...TERMS, serializer: json });
    line.push(Buffer.concat([REPLY, frameOf([1]), frameOf([2]), Buffer.of(0xff, 0, 0, 0)]));
    line.push(null);
    const closed = once(line, 'close');
    const transport = await greeted;
    await closed;
    expect(transport).not.toBeInstanceOf(ConnectError);
    const heard: unknown[] = [];
    hear(transport as Transport, heard);
    expect(heard).toEqual([
      '[1]',
      '[2]',
      'the prefix of a frame has reserved bits set: 15',
      'The router has closed the RawSocket.',
    ]);
    hear(transport as Transport, heard);
    expect(heard).toHaveLength(4);
  });

  test('RAW-8 a PING is answered by one PONG with the same payload, after earlier messages', async () => {
    await using router = await RawRouter.open();
    const { session, connection } = await join(router);
    for (const size of [0, 1, 125, 66_000]) {
      const payload = Buffer.alloc(size, 'wamp');
      connection.write(rawSocketFrame(PING, payload));
      expect(await connection.next()).toEqual(['pong', payload]);
    }
    connection.write(rawSocketFrame(PONG, Buffer.from('unasked')));
    connection.write(rawSocketFrame(PING, Buffer.from('a')), rawSocketFrame(PING, Buffer.from('b')));
    expect([await connection.next(), await connection.next()]).toEqual([
      ['pong', Buffer.from('a')],
      ['pong', Buffer.from('b')],
    ]);
    expect(session.state).toBe('open');
  });

  test('RAW-8 in one turn, the PONG follows the messages', async () => {
    const { line, transport } = await opened();
    transport.send(bytes('[1]'));
    line.push(rawSocketFrame(PING, bytes('?')));
    await turn();
    transport.send(bytes('[2]'));
    await turn();
    const frame = (text: string): Uint8Array => rawSocketFrame(0, bytes(text));
    expect(line.output).toEqual(
      Buffer.concat([frame('[1]'), rawSocketFrame(PONG, bytes('?')), frame('[2]')]),
    );
  });

  test('RAW-8 a router that sends PINGs and reads no PONG is not read either, until it reads', async () => {
    const { line, heard } = await opened();
    line.block();
    for (let sent = 0; sent < 6; sent += 1) line.push(rawSocketFrame(PING, new Uint8Array(500_000)));
    line.push(frameOf(['seen']));
    await turn();
    expect(line.isPaused()).toBe(true);
    expect(line.writableLength).toBeLessThan(2_000_000);
    expect(heard).toEqual([]);
    line.unblock();
    for (let waited = 0; waited < 10; waited += 1) await turn();
    expect(heard).toEqual(['["seen"]']);
    expect(line.output.length).toBe(6 * 500_004);
  });

  test('10,000 messages of one turn arrive in their order, in few writes', async () => {
    await using router = await RawRouter.open();
    const { session, connection } = await join(router);
    for (let n = 0; n < 10_000; n += 1) void session.publish('com.topic', [n]);
    for (let n = 0; n < 10_000; n += 1) {
      expect((await connection.message())[4]).toEqual([n]);
    }
    const { line, transport } = await opened();
    const before = line.writes;
    for (let n = 0; n < 10_000; n += 1)
      transport.send(bytes(`[16,${n},{},"com.topic",["${'x'.repeat(80)}"]]`));
    // Of 1.1 MB, no more than 256 KiB wait for the end of the turn.
    expect(transport.backlog).toBeLessThanOrEqual(256 * 1024);
    await turn();
    expect(transport.backlog).toBe(0);
    expect(line.output.length).toBeGreaterThan(1_000_000);
    expect(line.writes - before).toBeLessThanOrEqual(6);
  });

  test('one message is written at the end of its turn', async () => {
    const { line, transport } = await opened();
    const before = line.writes;
    transport.send(bytes('[1]'));
    transport.send(bytes('[2]'));
    expect([transport.backlog, line.writes - before]).toEqual([14, 0]);
    await turn();
    expect([transport.backlog, line.writes - before]).toEqual([0, 1]);
  });
});

describe('ends', () => {
  test('a router that stops within a frame, and hangs up', async () => {
    await using router = await RawRouter.open();
    const { session, connection } = await join(router);
    const call = failure(session.call('p'));
    await connection.next();
    const frame = frameOf([50, 1, {}, ['never told in full']]);
    connection.write(frame.subarray(0, frame.length - 1));
    connection.socket.end();
    expect(await call).toMatchObject({ name: 'ConnectionLostError', sent: true });
    expect((await session.closed).error?.message).toContain('The router has closed the RawSocket.');
    await connection.closed();
  });

  test('a connection that is reset', async () => {
    await using router = await RawRouter.open();
    const { session, connection } = await join(router);
    const call = failure(session.call('p'));
    await connection.next();
    connection.socket.resetAndDestroy();
    expect(await call).toMatchObject({ name: 'ConnectionLostError', uri: 'wamp.error.network_failure' });
    expect((await session.closed).error?.message).toContain('ECONNRESET');
  });

  test('GOODBYE goes out before the end, and a session that is closed sends nothing more', async () => {
    await using router = await RawRouter.open();
    const { session, connection } = await join(router);
    void session.publish('com.topic', ['last']);
    const closing = session.close();
    expect(await connection.message()).toEqual([16, 1, {}, 'com.topic', ['last']]);
    expect(await connection.message()).toEqual([6, {}, 'wamp.close.close_realm']);
    connection.write(frameOf([6, {}, 'wamp.close.goodbye_and_out']));
    await closing;
    expect(await failure(session.publish('com.topic'))).toMatchObject({ sent: false });
    expect((await connection.next())[0]).toBe('closed');
  });

  test('messages sent after the end are discarded, and the end is reported once', async () => {
    const { line, transport, heard } = await opened();
    transport.send(bytes('[1]'));
    transport.close();
    transport.close('protocol');
    transport.send(bytes('[2]'));
    line.push(frameOf(['late']));
    line.push(null);
    await once(line, 'close');
    transport.send(bytes('[3]'));
    expect(line.output).toEqual(Buffer.from(rawSocketFrame(0, bytes('[1]'))));
    expect(heard).toEqual(['The router has closed the RawSocket.']);
  });

  test('a router that does not hang up in turn is cut off after 5 s', async () => {
    const clock = new ManualClock();
    const { line, transport } = await opened(clock);
    transport.close();
    await turn();
    clock.advance(4_999);
    expect(line.destroyed).toBe(false);
    clock.advance(1);
    expect(line.destroyed).toBe(true);
    await once(line, 'close');
    expect(clock.pending).toBe(0);
  });
});

const TERMS = {
  acceptedLength: 2 ** 24,
  signal: new AbortController().signal,
  clock: new ManualClock(),
} as const;
const REPLY = Buffer.of(0x7f, 0xf1, 0, 0);

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Lets a turn of the event loop pass. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Notes what a transport tells. */
function hear(transport: Transport, heard: unknown[]): void {
  transport.listener = {
    frame: (frame) => heard.push(new TextDecoder().decode(frame)),
    violation: (what) => heard.push(what),
    closed: (reason) => heard.push(reason),
  };
}

/** A transport over a stream that is cut as the test likes; the handshake is behind it. */
async function opened(
  clock = new ManualClock(),
): Promise<{ readonly line: Line; readonly transport: Transport; readonly heard: unknown[] }> {
  const line = new Line();
  const greeted = greet(line.asSocket, { ...TERMS, serializer: json, clock });
  line.push(REPLY);
  const transport = await greeted;
  if (transport instanceof ConnectError) throw transport;
  line.written.length = 0;
  const heard: unknown[] = [];
  hear(transport, heard);
  return { line, transport, heard };
}
