/** What a hostile client may do to its connection (threats 7 to 13, 15, 16 and 35 of docs/threats.md). */
import { json } from '@wamp/protocol';
import { msgpack } from '@wamp/protocol/msgpack';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { post } from '../support/client-ends.ts';
import { Fort } from '../support/fort.ts';
import { RawPeer } from '../support/raw-socket.ts';
import {
  ask,
  HELLO,
  join,
  rawSocket,
  VIOLATION,
  WAYS,
  webSocket,
  type Stranger,
} from '../support/stranger.ts';
import { frame, Opcode, RawClient, request } from '../support/web-socket.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

let fort: Fort;
let compressing: Fort;
let tight: Fort;
beforeAll(async () => {
  [fort, compressing, tight] = await Promise.all([Fort.open(), Fort.open('compressing'), Fort.open('tight')]);
});
afterAll(async () => {
  for (const one of [fort, compressing, tight]) await one[Symbol.asyncDispose]();
});

/** Resolves when the socket is closed, whoever did it; what comes is dropped. */
function closed(socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  socket.resume();
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.on('close', () => resolve());
  });
}

/** A socket to the router, on which nothing has been said yet. */
async function dial(to: Fort = fort): Promise<Socket> {
  const socket = connect({ port: to.port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

describe('compressed messages', () => {
  const COMPRESSING = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
  /** First octet of a compressed text frame. */
  const COMPRESSED = 0xc0 | Opcode.TEXT;

  function deflated(message: Uint8Array): Buffer {
    // RFC 7692 §7.2.1: without the empty block at the end.
    return deflateRawSync(message, { finishFlush: 2 }).subarray(0, -4);
  }

  test('threat 7: 64 MiB of blanks in 64 KiB are refused while they are being inflated', async () => {
    const bomb = frame({ first: COMPRESSED, payload: deflated(Buffer.alloc(64 * MIB, ' ')) });
    expect(bomb.length).toBeLessThan(70 * KIB);
    await compressing.withstands(async () => {
      const { peak } = await compressing.health();
      for (let times = 0; times < 5; times += 1) {
        for (const joined of [false, true]) {
          const stranger = await webSocket(compressing.port, json, COMPRESSING);
          if (joined) {
            stranger.send(HELLO);
            await stranger.heard();
          }
          stranger.write(bomb);
          expect((await stranger.end()).code).toBe(1009);
        }
      }
      expect((await compressing.health()).peak - peak).toBeLessThan(48 * MIB);
    });
  });

  test('threat 7: what is large and fits passes, on the same connection', async () => {
    await compressing.withstands(async () => {
      const subscriber = await join(rawSocket, compressing.port);
      await ask(subscriber, [32, 1, {}, 'com.topic']);
      const stranger = await webSocket(compressing.port, json, COMPRESSING);
      stranger.send(HELLO);
      await stranger.heard();
      const message = Buffer.from(JSON.stringify([16, 1, {}, 'com.topic', [' '.repeat(MIB - 100)]]));
      stranger.write(frame({ first: COMPRESSED, payload: deflated(message) }));
      const [type, , , , args] = (await subscriber.heard()) ?? [];
      expect([type, String((args as unknown[])[0]).length]).toEqual([36, MIB - 100]);
    });
  });

  test('threat 7: compression is off by default', () =>
    fort.withstands(async () => {
      const { head, socket } = await request(fort.port, {
        'Sec-WebSocket-Protocol': 'wamp.2.json',
        ...COMPRESSING,
      });
      expect(head).toMatch(/^HTTP\/1.1 101/);
      expect(head).not.toMatch(/extensions/i);
      socket.write(frame({ first: COMPRESSED, payload: deflated(Buffer.from('[]')) }));
      await closed(socket);
    }));
});

describe('frames of a WebSocket', () => {
  test.each<readonly [what: string, code: number, octets: Buffer]>([
    ['2^63 octets declared', 1009, frame({ length: 2n ** 63n })],
    ['2^64 - 1 octets declared', 1009, frame({ length: 2n ** 64n - 1n })],
    ['2^53 + 1 octets declared', 1009, frame({ length: 2n ** 53n + 1n })],
    ['1 GiB declared', 1009, frame({ length: BigInt(1024 * MIB) })],
    ['more declared than is discarded', 1009, frame({ length: BigInt(16 * MIB + 1) })],
    ['the first reserved bit', 1002, frame({ first: 0xc1 })],
    ['the second reserved bit', 1002, frame({ first: 0xa1 })],
    ['the third reserved bit', 1002, frame({ first: 0x91 })],
    ['opcode 3', 1002, frame({ first: 0x83 })],
    ['opcode 11', 1002, frame({ first: 0x8b })],
    ['no mask', 1002, frame({ masked: false, payload: Buffer.from('[]') })],
    ['a ping of 126 octets', 1002, frame({ first: 0x89, payload: Buffer.alloc(126) })],
    ['a ping in fragments', 1002, frame({ first: 0x09 })],
    ['a continuation of nothing', 1002, frame({ first: 0x80 })],
    ['a message within a message', 1002, Buffer.concat([frame({ first: 0x01 }), frame({ first: 0x81 })])],
    ['a close frame of one octet', 1002, frame({ first: 0x88, payload: Buffer.of(3) })],
    ['close code 1005', 1002, frame({ first: 0x88, payload: Buffer.of(3, 0xed) })],
    ['close code 0', 1002, frame({ first: 0x88, payload: Buffer.of(0, 0) })],
  ])('threat 8: frame length and flags: %s is %i', (_what, code, octets) =>
    fort.withstands(async () => {
      const { peak } = await fort.health();
      for (const client of [await RawClient.connect(fort.port), await RawClient.join(fort.port)]) {
        client.write(octets);
        expect(await client.closeCode()).toBe(code);
        client.socket.end();
        await client.gone;
      }
      expect((await fort.health()).peak - peak).toBeLessThan(16 * MIB);
    }),
  );

  test('threat 9: 150,000 fragments of one octet are refused, and pin no memory', () =>
    fort.withstands(async () => {
      const { peak } = await fort.health();
      const tiny = frame({ first: 0x00, payload: Buffer.of(0x20) });
      const flood = Buffer.concat([
        frame({ first: 0x01, payload: Buffer.of(0x20) }),
        ...Array.from({ length: 150_000 }, () => tiny),
      ]);
      for (const stranger of [await webSocket(fort.port), await join(webSocket, fort.port)]) {
        stranger.write(flood);
        expect((await stranger.end()).code).toBe(1008);
      }
      expect((await fort.health()).peak - peak).toBeLessThan(32 * MIB);
    }));

  test('threat 9: 100 clients that leave 1,000 fragments each unfinished pin what they have sent, and no more', () =>
    fort.withstands(async () => {
      const { rss } = await fort.health();
      const part = frame({ first: 0x00, payload: Buffer.alloc(16, 0x20) });
      const most = Buffer.concat([frame({ first: 0x01 }), ...Array.from({ length: 1000 }, () => part)]);
      for (let client = 0; client < 100; client += 1) (await join(webSocket, fort.port)).write(most);
      // 1.6 MB of payload.
      expect((await fort.health()).rss - rss).toBeLessThan(48 * MIB);
    }));
});

describe('the upgrade', () => {
  const UPGRADE = { 'Sec-WebSocket-Protocol': 'wamp.2.json' };

  test.each<readonly [what: string, headers: Readonly<Record<string, string>>, status: RegExp]>([
    [
      '2,500 headers',
      Object.fromEntries(Array.from({ length: 2500 }, (_, index) => [`X-${index}`, '1'])),
      /^HTTP\/1.1 (431|101|4\d\d)|^$/,
    ],
    ['an extension called constructor', { 'Sec-WebSocket-Extensions': 'constructor' }, /^HTTP\/1.1 (101|4)/],
    [
      'an extension called __proto__',
      { 'Sec-WebSocket-Extensions': '__proto__; __proto__=1' },
      /^HTTP\/1.1 (101|4)/,
    ],
    [
      '10,000 blanks in the subprotocol',
      { 'Sec-WebSocket-Protocol': `wamp${' '.repeat(10_000)}.2.json` },
      /^HTTP\/1.1 4/,
    ],
    [
      '10,000 blanks behind it',
      { 'Sec-WebSocket-Protocol': `wamp.2.json${' '.repeat(10_000)}x` },
      /^HTTP\/1.1 4/,
    ],
    [
      '2,000 subprotocols',
      { 'Sec-WebSocket-Protocol': Array.from({ length: 2000 }, (_, n) => `p${n}`).join(',') },
      /^HTTP\/1.1 4/,
    ],
    ['10,000 commas', { 'Sec-WebSocket-Protocol': ','.repeat(10_000) }, /^HTTP\/1.1 4/],
    [
      'a subprotocol called constructor',
      { 'Sec-WebSocket-Protocol': 'constructor, __proto__' },
      /^HTTP\/1.1 400/,
    ],
    ['a key of 10,000 letters', { 'Sec-WebSocket-Key': 'A'.repeat(10_000) }, /^HTTP\/1.1 400/],
    ['no key', { 'Sec-WebSocket-Key': '' }, /^HTTP\/1.1 400/],
    ['version 99', { 'Sec-WebSocket-Version': '99' }, /^HTTP\/1.1 426/],
    ['a URL for an origin that costs time', { Origin: `http://${'a.'.repeat(5000)}` }, /^HTTP\/1.1 4/],
  ])('threat 10: %s is answered', (_what, headers, status) =>
    fort.withstands(async () => {
      const { head, socket } = await request(fort.port, { ...UPGRADE, ...headers });
      expect(head).toMatch(status);
      socket.destroy();
    }),
  );

  test('threat 10: with compression, too, no offer of an extension does harm', async () => {
    await compressing.withstands(async () => {
      for (const offer of [
        'permessage-deflate; constructor',
        'permessage-deflate; server_max_window_bits=0',
        'permessage-deflate; server_max_window_bits=99999999999999999999',
        'permessage-deflate; client_max_window_bits=7',
        'permessage-deflate; __proto__=1; __proto__=1',
        Array.from({ length: 500 }, () => 'permessage-deflate').join(','),
        `permessage-deflate${' '.repeat(10_000)}x`,
        `permessage-deflate; a="${'\\\\'.repeat(4000)}`,
      ]) {
        const { head, socket } = await request(compressing.port, {
          ...UPGRADE,
          'Sec-WebSocket-Extensions': offer,
        });
        expect(head, offer.slice(0, 60)).toMatch(/^HTTP\/1.1 (101|400)/);
        socket.destroy();
      }
    });
  });

  const foreign = [
    'http://evil.example',
    'null',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'http://evil-localhost',
    'http://evil.example/127.0.0.1',
    'http://evil.example#127.0.0.1',
    'http://127.0.0.1@evil.example',
    'http://127.0.0.1:80@evil.example',
    'file://',
    'file://127.0.0.1',
    'http://127.0.0.1/',
    'chrome-extension://localhost',
    'http://localhost, http://evil.example',
    '',
    'constructor',
  ];
  test('threat 16: a page of another origin is refused, even if the origin is similar', () =>
    fort.withstands(async () => {
      for (const origin of foreign) {
        const { head, socket } = await request(fort.port, { ...UPGRADE, Origin: origin });
        expect(head, origin).toMatch(/^HTTP\/1.1 403/);
        socket.destroy();
        const { status } = await post(
          `http://127.0.0.1:${fort.port}/lp/open`,
          JSON.stringify({ protocols: ['wamp.2.json'] }),
          { headers: { origin } },
        );
        expect(status, origin).toBe(403);
      }
      for (const origin of [`http://127.0.0.1:${fort.port}`, 'http://localhost:3000', undefined]) {
        const headers = origin === undefined ? UPGRADE : { ...UPGRADE, Origin: origin };
        const { head, socket } = await request(fort.port, headers);
        expect(head, origin).toMatch(/^HTTP\/1.1 101/);
        socket.destroy();
      }
    }));
});

describe('broken connections', () => {
  test('threat 11: a reset at any moment of the handshake is handled', () =>
    fort.withstands(async () => {
      const upgrade =
        'GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Protocol: wamp.2.json\r\n\r\n';
      const openings = [
        Buffer.from(upgrade),
        Buffer.from(upgrade.replace('wamp.2.json', 'soap')),
        Buffer.from(upgrade.replace('/ws', '/nowhere')),
        Buffer.from(upgrade.replace('\r\n\r\n', '\r\nOrigin: http://evil.example\r\n\r\n')),
        Buffer.from('7ff10000', 'hex'),
        Buffer.from('7fff0000', 'hex'),
        Buffer.from('POST /lp/open HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\n{"protocols":'),
        Buffer.from('nonsense\r\n\r\n'),
        Buffer.from('GET / HTTP/9.9\r\n\r\n'),
      ];
      for (const opening of openings) {
        for (const part of [opening.length, opening.length - 1, opening.length >> 1, 1]) {
          for (const end of ['reset', 'end'] as const) {
            const socket = await dial();
            const gone = closed(socket);
            socket.write(opening.subarray(0, part), () => {
              if (end === 'reset') socket.resetAndDestroy();
              else socket.end();
            });
            await gone;
          }
        }
      }
    }));

  test.each([
    ['WebSocket', webSocket],
    ['RawSocket', rawSocket],
  ] as const)('threat 11: a reset in mid-write or mid-message of a %s is heard by somebody', (_name, way) =>
    fort.withstands(async () => {
      const publisher = await join(way, fort.port);
      const filler = 'x'.repeat(50_000);
      for (let round = 0; round < 50; round += 1) {
        const victim = await join(way, fort.port);
        const topic = `com.victim.${round}`;
        await ask(victim, [32, 1, {}, topic]);
        for (let times = 0; times < 20; times += 1) publisher.send([16, 1, {}, topic, [filler]]);
        if (round % 2 === 0) await victim.heard();
        else victim.write(frame({ payload: Buffer.alloc(1000) }).subarray(0, 500));
        victim.drop();
      }
    }),
  );

  test('threat 12: however long a reason is, a close frame is its code, and nothing of our memory', () =>
    fort.withstands(async () => {
      const killer = await join(webSocket, fort.port);
      for (const reason of ['com.reason', `com.${'r'.repeat(500)}`]) {
        for (const message of [undefined, '', 'm'.repeat(100_000), 'ä☃\u0000']) {
          const victim = await RawClient.connect(fort.port);
          victim.send(HELLO);
          const [, id] = await victim.message();
          await ask(killer, [48, 1, {}, 'wamp.session.kill', [id], { reason, message }]);
          expect((await victim.message())[0]).toBe(6);
          victim.send([6, {}, 'wamp.close.goodbye_and_out']);
          const close = await victim.next();
          expect([close?.opcode, close?.payload.toString('hex')]).toEqual([Opcode.CLOSE, '03e8']);
          victim.socket.destroy();
        }
      }
    }));

  test('threat 12: where ws closes, it is one that clears what it sends', () => {
    const workspace = readFileSync(new URL('../../../../pnpm-workspace.yaml', import.meta.url), 'utf8');
    const [, major, minor] = /^ {2}ws: (\d+)\.(\d+)\./m.exec(workspace) ?? [];
    expect(Number(major) * 1000 + Number(minor)).toBeGreaterThanOrEqual(8021);
  });
});

describe('before WELCOME', () => {
  test.each(WAYS)(
    'threat 13: a large message that is no HELLO is refused by its length, over %s',
    (_name, way, serializer) =>
      fort.withstands(async () => {
        const { peak } = await fort.health();
        for (let times = 0; times < 20; times += 1) {
          const stranger = await way(fort.port, serializer);
          stranger.sendBytes(Buffer.alloc(64 * KIB + 1, 0x20));
          const { reason, code = 1009 } = await stranger.end();
          expect([reason ?? VIOLATION, code]).toEqual([VIOLATION, 1009]);
        }
        expect((await fort.health()).peak - peak).toBeLessThan(16 * MIB);
      }),
  );

  test('threat 13: a HELLO of 60 KiB is accepted', () =>
    fort.withstands(async () => {
      for (const [, way, serializer] of WAYS) {
        const details = { ...(HELLO[2] as object), agent: 'x'.repeat(60 * KIB) };
        await join(way, fort.port, serializer, [1, 'realm1', details]);
      }
    }));
});

describe('slow clients', () => {
  /** Writes octet by octet until the other side has had enough. */
  async function dribble(socket: Socket, text: string): Promise<void> {
    const gone = closed(socket);
    let at = 0;
    const timer = setInterval(() => {
      if (at < text.length && socket.writable) socket.write(text.charAt(at++), 'latin1');
    }, 20);
    await gone;
    clearInterval(timer);
    // It was not that all had been said.
    expect(at).toBeLessThan(text.length);
  }

  const upgrade =
    'GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Protocol: wamp.2.json\r\n\r\n';

  test('threat 15: a client that is silent, or sends one byte at a time, is disconnected before login', async () => {
    await tight.withstands(async () => {
      const hello = frame({
        payload: Buffer.from(
          JSON.stringify([1, 'realm1', { roles: { caller: {} }, agent: 'x'.repeat(900) }]),
        ),
      });
      const upgraded = async (): Promise<Socket> => (await RawClient.connect(tight.port)).socket;
      const greeted = async (octets: number): Promise<Socket> => {
        const socket = await dial(tight);
        socket.write(Buffer.from('7ff10000', 'hex').subarray(0, octets));
        return socket;
      };
      await Promise.all([
        dial(tight).then(closed),
        dial(tight).then((socket) => dribble(socket, upgrade)),
        dial(tight).then((socket) =>
          dribble(socket, `POST /lp/open HTTP/1.1\r\nContent-Length: 1000\r\n\r\n${' '.repeat(1000)}`),
        ),
        dial(tight).then((socket) => {
          socket.write('POST /lp/open HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n');
          return dribble(socket, ' '.repeat(1000));
        }),
        upgraded().then(closed),
        upgraded().then((socket) => dribble(socket, hello.toString('latin1'))),
        upgraded().then((socket) => dribble(socket, frame({ first: 0x89 }).toString('latin1').repeat(100))),
        greeted(1).then(closed),
        greeted(3).then(closed),
        greeted(4).then(closed),
        greeted(4).then((socket) =>
          dribble(socket, Buffer.from('000003e8'.padEnd(2000, '20'), 'hex').toString('latin1')),
        ),
      ]);
    });
  });
});

describe('a client that takes little', () => {
  test('threat 35: what is too long for it is dropped for it alone, and counted; its session goes on', () =>
    fort.withstands(async () => {
      for (const [index, serializer] of [json, msgpack].entries()) {
        const procedure = `com.procedure.${index}`;
        const other = `com.other.${index}`;
        const small = await RawPeer.join(fort.port, serializer, 1); // 2^10 octets
        const large = await join(rawSocket, fort.port, serializer);
        const before = (await fort.health()).dropped['EVENT'] ?? 0;
        expect((await small.ask([32, 1, {}, 'com.topic']))[0]).toBe(33);
        expect((await small.ask([64, 2, {}, procedure]))[0]).toBe(65);
        await ask(large, [32, 1, {}, 'com.topic']);
        const text = 'x'.repeat(5 * KIB);
        large.send(
          [16, 2, { exclude_me: false }, 'com.topic', [text]],
          [16, 3, { exclude_me: false }, 'com.topic', ['next']],
        );
        expect((await large.heard())?.[4]).toEqual([text]);
        expect((await small.message())[4]).toEqual(['next']);
        expect(((await fort.health()).dropped['EVENT'] ?? 0) - before).toBe(1);
        expect((await ask(large, [48, 4, {}, procedure, [text]]))[4]).toBe(
          'wamp.error.payload_size_exceeded',
        );
        await ask(large, [64, 5, {}, other]);
        small.send([48, 6, {}, other]);
        const called = await nextInvocation(large);
        large.send([70, called, {}, [text]]);
        expect((await small.message())[4]).toBe('wamp.error.payload_size_exceeded');
        expect((await small.ask([48, 7, {}, 'wamp.session.count']))[0]).toBe(50);
        small.socket.destroy();
      }
    }));

  async function nextInvocation(stranger: Stranger): Promise<unknown> {
    for (;;) {
      const heard = await stranger.heard();
      if (heard === undefined || heard[0] === 68) return heard?.[1];
    }
  }
});
