/** RawSocket transports (checklist §2.4, T-35, T-53; reliability.md, threats 8, 13, 15, 28, 34 and 35). */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { json, rawSocketFrame, RawSocketParser, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { acceptRawSockets, createRouter, type Router } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RawSocketEntrance } from '../src/transports/rawsocket.ts';
import { cert, key } from './support/certificate.ts';
import { coreOf } from './support/core.ts';
import { Line } from './support/line.ts';
import { frameOf, greetingOf, HELLO, RawPeer, RawSite, type Arrival } from './support/raw-socket.ts';

const VIOLATION = [3, expect.anything(), 'wamp.error.protocol_violation'];
const TOO_LARGE = 'wamp.error.payload_size_exceeded';
const SERIALIZERS = [json, msgpack, cbor];

/** Somebody who was there all the time is served as ever. */
async function unhurt(witness: RawPeer): Promise<void> {
  const [type] = await witness.ask([48, 99, {}, 'wamp.session.count']);
  expect(type).toBe(50);
}

describe('the handshake', () => {
  test('RAW-2 RAW-4 RAW-5 every second octet gets its reply: serializers 1 to 3 with any length, or error 1', async () => {
    await using site = await RawSite.open();
    for (let second = 0; second < 256; second += 1) {
      const peer = RawPeer.dial(site.port);
      peer.write(0x7f, second, 0, 0);
      const serializer = second & 15;
      // 1 MiB, the router's limit, is 2^(9 + 11).
      const expected =
        serializer >= 1 && serializer <= 3 ? [0x7f, (11 << 4) | serializer, 0, 0] : [0x7f, 0x10, 0, 0];
      expect(await peer.reply).toEqual(expected);
      peer.socket.destroy();
    }
  });

  test.each([
    [0, 1],
    [1, 0],
    [0xff, 0xff],
  ])('RAW-5 T-35 reserved octets %i %i are error 3, and the end', async (third, fourth) => {
    await using site = await RawSite.open();
    const peer = RawPeer.dial(site.port);
    peer.write(0x7f, 0xf1, third, fourth);
    expect(await peer.reply).toEqual([0x7f, 0x30, 0, 0]);
    await peer.closed();
  });

  test('RAW-5 T-35 error 3 stands for every serializer and length, for what reserved octets mean is not known', async () => {
    await using site = await RawSite.open();
    for (let second = 0; second < 256; second += 1) {
      const peer = RawPeer.dial(site.port);
      peer.write(0x7f, second, second & 1, 1 - (second & 1));
      expect(await peer.reply).toEqual([0x7f, 0x30, 0, 0]);
      await peer.closed();
    }
  });

  test('RAW-5 a client whose limit is too low is error 2', async () => {
    await using site = await RawSite.open({}, { minMessageSize: 4096 });
    const small = RawPeer.dial(site.port);
    small.write(greetingOf(json, 2));
    expect(await small.reply).toEqual([0x7f, 0x20, 0, 0]);
    await small.closed();
    const large = RawPeer.dial(site.port);
    large.write(greetingOf(json, 3));
    expect(await large.reply).toEqual([0x7f, 0xb1, 0, 0]);
  });

  test('RAW-5 one connection too many is error 4, until another one ends', async () => {
    await using site = await RawSite.open({}, { maxConnections: 2 });
    const [first] = [await RawPeer.join(site.port), await RawPeer.join(site.port)];
    const third = RawPeer.dial(site.port);
    third.write(greetingOf(json));
    expect(await third.reply).toEqual([0x7f, 0x40, 0, 0]);
    await third.closed();
    first.socket.end();
    await first.closed();
    await RawPeer.join(site.port);
  });

  test.each([
    ['an HTTP request', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a TLS handshake', '\u0016\u0003\u0001\u0000\u0005hello'],
    ['a WAMP message', '[1, "realm1", {}]'],
    ['zeros', '\0\0\0\0'],
    ['something that is like it', '\u007e\u00f1\0\0'],
  ])('RAW-3 %s is no RawSocket: the connection fails without a word', async (_what, text) => {
    await using site = await RawSite.open();
    const peer = RawPeer.dial(site.port);
    peer.write(Buffer.from(text, 'latin1'));
    expect(await peer.reply).toBeUndefined();
  });

  test('RAW-2 only what is configured is spoken, and the limit is the greatest power of two below', async () => {
    await using site = await RawSite.open({}, { serializers: [cbor], maxMessageSize: 100_000 });
    const wanted = RawPeer.dial(site.port);
    wanted.write(greetingOf(cbor));
    expect(await wanted.reply).toEqual([0x7f, (7 << 4) | 3, 0, 0]);
    const other = RawPeer.dial(site.port);
    other.write(greetingOf(json));
    expect(await other.reply).toEqual([0x7f, 0x10, 0, 0]);
  });

  test.each(SERIALIZERS)(
    'RAW-1 SER-5 $name is spoken, and the session meta API tells so',
    async (serializer) => {
      await using site = await RawSite.open();
      const peer = RawPeer.dial(site.port, serializer);
      peer.write(greetingOf(serializer));
      const [, session] = await peer.ask(HELLO);
      const [type, , , args] = await peer.ask([48, 1, {}, 'wamp.session.get', [session]]);
      const { port } = peer.socket.address() as { port: number };
      const transport = {
        type: 'rawsocket',
        protocol: serializer.subprotocol,
        peer: `tcp:127.0.0.1:${port}`,
      };
      expect([type, args]).toEqual([50, [expect.objectContaining({ transport })]]);
    },
  );
});

describe('deadlines', () => {
  test.each([
    ['nothing', []],
    ['half a handshake', [0x7f, 0xf1]],
  ])('RAW-2 who sends %s is cut off after 5 s', async (_what, octets) => {
    const clock = new ManualClock();
    await using site = await RawSite.open({ clock });
    const accepted = once(site.server, 'connection') as Promise<[Socket]>;
    const peer = RawPeer.dial(site.port);
    const [socket] = await accepted;
    if (octets.length > 0) {
      peer.write(Buffer.from(octets));
      while (socket.bytesRead < octets.length) await new Promise(setImmediate);
    }
    clock.advance(4999);
    expect(socket.destroyed).toBe(false);
    clock.advance(1);
    expect(await peer.reply).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  test('a client without HELLO gets ABORT, and is disconnected', async () => {
    const clock = new ManualClock();
    await using site = await RawSite.open({ clock });
    const peer = RawPeer.dial(site.port);
    peer.write(greetingOf(json));
    await peer.reply;
    clock.advance(5000);
    expect(await peer.message()).toEqual([3, expect.anything(), 'wamp.error.authentication_failed']);
    await peer.closed();
  });

  test('a client that does not close its side is disconnected after 5 s', async () => {
    const clock = new ManualClock();
    await using site = await RawSite.open({ clock });
    const accepted = once(site.server, 'connection') as Promise<[Socket]>;
    const peer = new RawPeer(connect({ port: site.port, host: '127.0.0.1', allowHalfOpen: true }));
    peer.write(greetingOf(json));
    const [socket] = await accepted;
    await peer.ask(HELLO);
    expect(await peer.ask([6, {}, 'wamp.close.close_realm'])).toEqual([6, {}, 'wamp.close.goodbye_and_out']);
    await once(peer.socket, 'end');
    clock.advance(4999);
    expect(socket.destroyed).toBe(false);
    const gone = once(socket, 'close');
    clock.advance(1);
    await gone;
    peer.socket.destroy();
  });
});

describe('frames', () => {
  test.each([
    ...[0x10, 0x20, 0x40, 0x80, 0xf0, 0xff].map((flags) => ['reserved bits', flags]),
    ...[3, 4, 5, 6, 7].map((type) => ['a reserved type', type]),
    ['a 25th bit too many', 0x08],
  ])('RAW-7 T-35 %s (%i) ends the connection', async (_what, flags) => {
    await using site = await RawSite.open();
    const witness = await RawPeer.join(site.port);
    const peer = await RawPeer.join(site.port);
    peer.write(Number(flags), 0, 0, 1, 0x20, frameOf([48, 1, {}, 'wamp.session.count']));
    expect(await peer.message()).toEqual(VIOLATION);
    await peer.closed();
    await unhurt(witness);
  });

  test('RAW-7 a frame of no octets is no message', async () => {
    await using site = await RawSite.open();
    const peer = await RawPeer.join(site.port);
    peer.write(0, 0, 0, 0);
    expect(await peer.message()).toEqual(VIOLATION);
    await peer.closed();
  });

  test('garbage ends the connection it came on, and no other', async () => {
    await using site = await RawSite.open();
    const witness = await RawPeer.join(site.port);
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 8, maxLength: 200 }),
        fc.boolean(),
        async (garbage, joined) => {
          const peer = joined ? await RawPeer.join(site.port) : RawPeer.dial(site.port);
          if (!joined) peer.write(greetingOf(json));
          peer.socket.end(garbage);
          await peer.closed();
        },
      ),
      { numRuns: 100 },
    );
    await unhurt(witness);
  });

  test('a connection that is reset in mid-frame is forgotten', async () => {
    await using site = await RawSite.open();
    const witness = await RawPeer.join(site.port);
    const [, , left] = await witness.ask([32, 1, {}, 'wamp.session.on_leave']);
    const peer = await RawPeer.join(site.port);
    peer.write(0, 0, 1);
    peer.socket.resetAndDestroy();
    expect(await witness.message()).toEqual([36, left, expect.anything(), {}, expect.anything()]);
  });
});

describe('PING', () => {
  test.each([0, 1, 125, 66_000])(
    'RAW-8 one of %i octets is answered by one PONG of the same',
    async (size) => {
      await using site = await RawSite.open();
      const peer = await RawPeer.join(site.port);
      const payload = Buffer.alloc(size, 'wamp');
      peer.ping(payload);
      const arrival = await peer.next();
      expect(arrival.is === 'pong' && arrival.bytes.equals(payload)).toBe(true);
      await unhurt(peer);
    },
  );

  test('RAW-8 each is answered, in order, before HELLO as well as between messages', async () => {
    await using site = await RawSite.open();
    const peer = RawPeer.dial(site.port);
    const ping = (text: string): Uint8Array => rawSocketFrame(1, Buffer.from(text));
    const call = frameOf([48, 1, {}, 'wamp.session.count']);
    peer.write(greetingOf(json), ping('1'), frameOf(HELLO), ping('2'), call, ping('3'), ping('4'));
    const heard: string[] = [];
    for (let count = 0; count < 6; count += 1) heard.push(nameOf(await peer.next()));
    expect(heard).toEqual(['pong 1', 'message 2', 'pong 2', 'message 50', 'pong 3', 'pong 4']);
  });

  test('RAW-8 an unsolicited PONG is ignored', async () => {
    await using site = await RawSite.open();
    const peer = await RawPeer.join(site.port);
    peer.write(rawSocketFrame(2, Buffer.from('unasked')));
    await unhurt(peer);
  });

  test('RAW-8 a client that floods PINGs and reads no PONGs is not read until it reads', async () => {
    await using site = await RawSite.open();
    const accepted = once(site.server, 'connection') as Promise<[Socket]>;
    const peer = await RawPeer.join(site.port);
    const [socket] = await accepted;
    peer.socket.pause();
    const payload = Buffer.alloc(500_000, 1);
    const paused = new Promise<void>((resolve) => socket.once('pause', () => resolve()));
    const count = 60;
    for (let sent = 0; sent < count; sent += 1) peer.ping(payload);
    await paused;
    expect(socket.writableLength).toBeLessThan(3_000_000);
    peer.socket.resume();
    for (let heard = 0; heard < count; heard += 1) expect((await peer.next()).is).toBe('pong');
    await unhurt(peer);
  });
});

function nameOf(arrival: Arrival): string {
  if (arrival.is === 'closed') return arrival.is;
  const text = arrival.bytes.toString();
  return `${arrival.is} ${arrival.is === 'message' ? (JSON.parse(text) as [number])[0] : text}`;
}

describe('limits', () => {
  test("RAW-6 a message of the router's limit is taken; one octet more ends the connection, where nothing is discarded", async () => {
    await using site = await RawSite.open({ limits: { discardSize: 0 } }, { maxMessageSize: 2048 });
    const peer = await RawPeer.join(site.port);
    const call = (size: number): readonly unknown[] => {
      const bare = JSON.stringify([48, 1, {}, 'com.nothing', ['']]).length;
      return [48, 1, {}, 'com.nothing', ['x'.repeat(size - bare)]];
    };
    expect(await peer.ask(call(2048))).toMatchObject([8, 48, 1, {}, 'wamp.error.no_such_procedure']);
    expect(await peer.ask(call(2049))).toEqual(VIOLATION);
    await peer.closed();
  });

  test('RAW-6 a PING above the limit ends the connection, too', async () => {
    await using site = await RawSite.open({}, { maxMessageSize: 512 });
    const peer = RawPeer.dial(site.port);
    peer.write(greetingOf(json));
    peer.ping(Buffer.alloc(513));
    expect(await peer.message()).toEqual(VIOLATION);
    await peer.closed();
  });

  test('before WELCOME, less is enough', async () => {
    await using site = await RawSite.open();
    const peer = RawPeer.dial(site.port);
    peer.write(greetingOf(json));
    expect(await peer.ask([1, 'realm1', { roles: { caller: {} }, agent: 'x'.repeat(65_536) }])).toEqual(
      VIOLATION,
    );
    await peer.closed();
  });

  test('RAW-6 T-53 an event too large for one subscriber is dropped for it alone, and counted', async () => {
    await using site = await RawSite.open();
    const small = await RawPeer.join(site.port, json, 2);
    const large = await RawPeer.join(site.port);
    const [, , subscription] = await small.ask([32, 1, {}, 'com.topic']);
    await large.ask([32, 1, {}, 'com.topic']);
    const publisher = await RawPeer.join(site.port);
    const text = 'x'.repeat(5120);
    publisher.send([16, 1, {}, 'com.topic', [text]], [16, 2, {}, 'com.topic', ['small']]);
    expect(await large.message()).toEqual([36, subscription, expect.anything(), {}, [text]]);
    expect(await large.message()).toEqual([36, subscription, expect.anything(), {}, ['small']]);
    expect(await small.message()).toEqual([36, subscription, expect.anything(), {}, ['small']]);
    expect(site.router.realm('realm1')?.traffic.dropped.toObject()).toEqual({ EVENT: 1 });
    await unhurt(small);
  });

  test('RAW-6 T-53 a result too large for its caller is an ERROR', async () => {
    await using site = await RawSite.open();
    const caller = await RawPeer.join(site.port, msgpack, 2);
    const callee = await RawPeer.join(site.port);
    const [, , registration] = await callee.ask([64, 1, {}, 'com.large']);
    caller.send([48, 1, {}, 'com.large']);
    expect(await callee.message()).toEqual([68, 1, registration, {}]);
    callee.send([70, 1, {}, ['x'.repeat(2049)]]);
    expect(await caller.message()).toEqual([8, 48, 1, {}, TOO_LARGE, [expect.any(String)]]);
    await unhurt(caller);
  });

  test('RAW-6 T-53 a progressive result too large for its caller ends the call, and interrupts the callee', async () => {
    await using site = await RawSite.open();
    const caller = await RawPeer.join(site.port, msgpack, 2);
    const callee = await RawPeer.join(site.port);
    await callee.ask([64, 1, {}, 'com.large']);
    caller.send([48, 1, { receive_progress: true }, 'com.large']);
    await callee.message();
    callee.send(
      [70, 1, { progress: true }, ['fits']],
      [70, 1, { progress: true }, ['x'.repeat(2049)]],
      [70, 1, { progress: true }, ['too late']],
      [70, 1, {}, ['too late']],
    );
    expect(await caller.message()).toEqual([50, 1, { progress: true }, ['fits']]);
    expect(await caller.message()).toEqual([8, 48, 1, {}, TOO_LARGE, [expect.any(String)]]);
    expect(await callee.message()).toEqual([69, 1, { mode: 'killnowait', reason: TOO_LARGE }]);
    await unhurt(caller);
    await unhurt(callee);
  });

  test('RAW-6 T-53 an error too large for its caller is one that fits', async () => {
    await using site = await RawSite.open();
    const caller = await RawPeer.join(site.port, json, 2);
    const callee = await RawPeer.join(site.port);
    await callee.ask([64, 1, {}, 'com.fail']);
    caller.send([48, 1, {}, 'com.fail']);
    await callee.message();
    callee.send([8, 68, 1, {}, 'com.error', ['x'.repeat(4096)]]);
    expect(await caller.message()).toEqual([8, 48, 1, {}, TOO_LARGE, [expect.any(String)]]);
  });

  test('RAW-6 T-53 a call too large for its callee is an ERROR to the caller, and the callee stays', async () => {
    await using site = await RawSite.open();
    const callee = await RawPeer.join(site.port, cbor, 2);
    const caller = await RawPeer.join(site.port);
    const [, , registration] = await callee.ask([64, 1, {}, 'com.small']);
    expect(await caller.ask([48, 1, {}, 'com.small', ['x'.repeat(4096)]])).toEqual([
      8,
      48,
      1,
      {},
      TOO_LARGE,
      [expect.any(String)],
    ]);
    caller.send([48, 2, {}, 'com.small', ['fits']]);
    expect(await callee.message()).toEqual([68, 2, registration, {}, ['fits']]);
    callee.send([70, 2, {}, ['indeed']]);
    expect(await caller.message()).toEqual([50, 2, {}, ['indeed']]);
  });

  test('RAW-6 a client whose limit is below WELCOME gets ABORT, and does not join', async () => {
    await using site = await RawSite.open();
    const peer = RawPeer.dial(site.port);
    peer.write(greetingOf(json, 0));
    expect(await peer.ask(HELLO)).toEqual([3, expect.anything(), TOO_LARGE]);
    await peer.closed();
    expect(site.router.realm('realm1')?.sessions.size).toBe(0);
  });

  test('RAW-6 a client whose limit is below GOODBYE gets ABORT', async () => {
    await using site = await RawSite.open();
    const peer = await RawPeer.join(site.port, json, 2);
    site.router.realm('realm1')?.sessions.forEach((session) => {
      session.end('wamp.close.killed', 'x'.repeat(2048));
    });
    expect(await peer.message()).toEqual([3, expect.anything(), TOO_LARGE]);
    await peer.closed();
  });

  test('RAW-7 T-35 2^24 octets are taken, and 2^24 - 1 are the most that is ever sent', async () => {
    await using site = await RawSite.open(
      { limits: { handshakeSize: 2 ** 24 } },
      { maxMessageSize: 2 ** 24 },
    );
    const peer = await RawPeer.join(site.port, msgpack);
    const [, , subscription] = await peer.ask([32, 1, {}, 'com.huge']);
    const publish = (size: number): Uint8Array => {
      const bare = msgpack.encodePayload(
        [16, 1, { exclude_me: false }, 'com.huge', [Buffer.alloc(70_000)]],
        {},
        1,
      );
      const blob = Buffer.alloc(size - bare.length + 70_000);
      return msgpack.encodePayload([16, 1, { exclude_me: false }, 'com.huge', [blob]], {}, 1);
    };
    const whole = publish(2 ** 24);
    expect(whole.length).toBe(2 ** 24);
    // An EVENT is shorter than this PUBLISH by what its options and its topic take, and longer by two ids.
    peer.write(0x08, 0, 0, 0, whole);
    const [type, told, , , args] = await peer.message();
    expect([type, told]).toEqual([36, subscription]);
    const size = (args as readonly Uint8Array[])[0]?.length ?? 0;
    const event = (length: number): number =>
      msgpack.encodePayload([36, subscription, 2 ** 52, {}, [Buffer.alloc(length)]], {}, 1).length;
    const room = size + (2 ** 24 - 1 - event(size));
    const realm = site.router.realm('realm1');
    realm?.publish('com.huge', [Buffer.alloc(room + 1)]);
    realm?.publish('com.huge', [Buffer.alloc(room)]);
    const [, , , , fits] = await peer.message();
    expect((fits as readonly Uint8Array[])[0]?.length).toBe(room);
    expect(realm?.traffic.dropped.toObject()).toEqual({ EVENT: 1 });
  });
});

/** A router whose ids are always the same. */
function repeatable(): Router {
  let id = 0;
  const principal = { authid: 'ann', authrole: 'anyone', authmethod: 'anonymous', authprovider: 'test' };
  return createRouter({
    realms: ['realm1'],
    globalId: () => (id += 1),
    clock: new ManualClock(),
    authenticators: [{ method: 'anonymous', begin: () => ({ welcome: principal }) }],
  });
}

/** A conversation of one client with itself: what it sends from the first octet to the last. */
function recorded(serializer: Serializer): Buffer {
  const frames = [
    HELLO,
    [32, 1, {}, 'com.topic'],
    [64, 2, {}, 'com.echo'],
    [16, 3, { exclude_me: false, acknowledge: true }, 'com.topic', ['é', 1]],
    [48, 4, {}, 'com.echo', [], { a: null }],
    [70, 1, {}, ['result']],
  ].map((message) => frameOf(message, serializer));
  const ping = rawSocketFrame(1, Buffer.from('ping'));
  const goodbye = frameOf([6, {}, 'wamp.close.close_realm'], serializer);
  return Buffer.concat([greetingOf(serializer), ...frames, ping, goodbye]);
}

/** Plays it to a router of its own, in these pieces. @returns what the router says */
async function play(pieces: readonly Buffer[]): Promise<Buffer> {
  const line = new Line();
  new RawSocketEntrance(coreOf(repeatable()), {}).admit(line.asSocket);
  const finished = once(line, 'finish');
  for (const piece of pieces) {
    line.push(Buffer.from(piece));
    await Promise.resolve();
  }
  await finished;
  line.destroy();
  return line.output;
}

/** The frames of the router's side. */
function framesOf(pieces: readonly Buffer[]): readonly string[] {
  const heard: string[] = [];
  const note = (what: string) => (bytes: Uint8Array) => {
    heard.push(`${what} ${Buffer.from(bytes).toString('hex')}`);
  };
  const failed = (_failure: string, what: string): void => {
    heard.push(what);
  };
  const parser = new RawSocketParser((octets) => {
    note('handshake')(octets);
    return {
      acceptedLength: 2 ** 24,
      message: note('message'),
      ping: note('ping'),
      pong: note('pong'),
      failed,
    };
  });
  for (const piece of pieces) parser.push(piece);
  return heard;
}

function cutAt(bytes: Buffer, place: number): Buffer[] {
  return [bytes.subarray(0, place), bytes.subarray(place)].filter((piece) => piece.length > 0);
}

describe.each(SERIALIZERS)('a recorded conversation in $name', (serializer) => {
  test('RAW-7 the router makes the same of it, wherever it is cut', async () => {
    const bytes = recorded(serializer);
    const expected = framesOf([await play([bytes])]);
    expect(expected.map((frame) => frame.split(' ')[0])).toEqual([
      'handshake',
      ...Array<string>(6).fill('message'),
      'message',
      'pong',
      'message',
    ]);
    for (let place = 1; place < bytes.length; place += 1) {
      const heard = framesOf([await play(cutAt(bytes, place))]);
      if (heard.join() !== expected.join()) expect(heard, `cut at ${place}`).toEqual(expected);
    }
    const octets = Array.from(bytes, (octet) => Buffer.of(octet));
    expect(framesOf([await play(octets)])).toEqual(expected);
  });

  test('RAW-7 a client makes the same of the answer, wherever it is cut', async () => {
    const bytes = await play([recorded(serializer)]);
    const expected = framesOf([bytes]);
    for (let place = 1; place < bytes.length; place += 1) {
      const heard = framesOf(cutAt(bytes, place));
      if (heard.join() !== expected.join()) expect(heard, `cut at ${place}`).toEqual(expected);
    }
    expect(framesOf(Array.from(bytes, (octet) => Buffer.of(octet)))).toEqual(expected);
  });
});

describe('the end', () => {
  test('close() takes no more connections, and resolves when the last one is closed', async () => {
    const site = await RawSite.open();
    const peer = await RawPeer.join(site.port);
    let resolved = false;
    const closed = site.acceptor.close().then(() => (resolved = true));
    await unhurt(peer);
    expect(resolved).toBe(false);
    peer.socket.end();
    await closed;
    await site[Symbol.asyncDispose]();
  });

  test('a router that closes says GOODBYE on every transport', async () => {
    await using site = await RawSite.open();
    const peer = await RawPeer.join(site.port);
    const closed = site.router.close();
    expect(await peer.message()).toEqual([6, {}, 'wamp.close.system_shutdown']);
    peer.send([6, {}, 'wamp.close.goodbye_and_out']);
    await peer.closed();
    await closed;
  });

  test('a server with half-open connections closes them all the same', async () => {
    await using site = await RawSite.open({}, {}, createServer({ allowHalfOpen: true }));
    const peer = await RawPeer.join(site.port);
    peer.socket.end();
    await peer.closed();
  });
});

describe('servers', () => {
  test('an error while listening is logged; not being able to listen is for the application', async () => {
    const logged: string[] = [];
    await using site = await RawSite.open({ log: (_level, what) => logged.push(what) });
    site.server.emit('error', new Error('EMFILE'));
    expect(logged).toEqual(['accepting a connection failed']);

    const server = createServer();
    acceptRawSockets(site.router, { server });
    expect(() => server.emit('error', new Error('EADDRINUSE'))).toThrow('EADDRINUSE');
  });

  test('RAW-1 plain octets on a TLS server, and TLS on a plain one, come to nothing', async () => {
    await using plain = await RawSite.open();
    const confused = connectTls({ port: plain.port, host: '127.0.0.1', rejectUnauthorized: false });
    await expect(once(confused, 'secureConnect')).rejects.toThrow();

    const logged: string[] = [];
    const server = createTlsServer({ key, cert });
    await using secure = await RawSite.open({ log: (_level, what) => logged.push(what) }, {}, server);
    const peer = RawPeer.dial(secure.port);
    peer.write(greetingOf(json), frameOf(HELLO));
    expect(await peer.reply).not.toEqual([0x7f, 0xb1, 0, 0]);
    await peer.closed();
    expect(logged).toEqual(['TLS handshake failed']);
  });
});
