/** WebSocket transports over real sockets (checklist §2.3; reliability.md, threats 8 to 12 and 16). */
import { json, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { frame, handshake, Opcode, RawClient, request, Site, WsClient } from './support/web-socket.ts';

const VIOLATION = [3, expect.anything(), 'wamp.error.protocol_violation'];

/** Somebody who was there all the time is served as ever, and is the only one left. */
async function unhurt(witness: WsClient): Promise<void> {
  const [type, , , args] = await witness.ask([48, 9, {}, 'wamp.session.count']);
  expect([type, args]).toEqual([50, [1]]);
}

describe('the upgrade', () => {
  test.each([
    [['wamp.2.json'], 'wamp.2.json'],
    [['wamp.2.msgpack'], 'wamp.2.msgpack'],
    [['wamp.2.cbor'], 'wamp.2.cbor'],
    [['wamp.2.cbor', 'wamp.2.msgpack', 'wamp.2.json'], 'wamp.2.cbor'],
    [['wamp.2.msgpack', 'wamp.2.json'], 'wamp.2.msgpack'],
    [['wamp.2.json', 'wamp.2.cbor'], 'wamp.2.json'],
    [['wamp.2.flatbuffers', 'soap', 'wamp.2.cbor', 'wamp.2.json'], 'wamp.2.cbor'],
    [['wamp.2.json.batches', 'wamp.2.json'], 'wamp.2.json'],
  ])('WS-1 T-37 the first that the client offers and the router speaks: %j', async (offered, chosen) => {
    await using site = await Site.open();
    expect(await handshake(site.url(), offered)).toBe(chosen);
  });

  test.each([
    [[]],
    [['soap']],
    [['wamp']],
    [['wamp.2']],
    [['wamp.2.jso']],
    [['wamp.2.jsonx']],
    [['WAMP.2.JSON']],
    [['wamp.2.json.batches']],
    [['wamp.2.msgpack.', 'wamp.2.json.batched.twice']],
    [['wamp.2.ubjson', 'wamp.2.flatbuffers']],
  ])('WS-1 T-37 none in common is HTTP 400: %j', async (offered) => {
    await using site = await Site.open();
    expect(await handshake(site.url(), offered)).toBe(400);
  });

  test('WS-1 T-37 only what is configured is spoken', async () => {
    await using site = await Site.open({}, { serializers: [cbor] });
    expect(await handshake(site.url(), ['wamp.2.json'])).toBe(400);
    expect(await handshake(site.url(), ['wamp.2.json', 'wamp.2.cbor'])).toBe('wamp.2.cbor');
  });

  test.each(['/ws', '/', '/ws?x=1', '/?'])('the path %s is answered', async (path) => {
    await using site = await Site.open();
    expect(await handshake(site.url(path), ['wamp.2.json'])).toBe('wamp.2.json');
  });

  test.each(['/other', '/ws/', '/ws/x', '/WS', '//ws', '/%77s', '/health'])(
    'the path %s is 404',
    async (path) => {
      await using site = await Site.open();
      const { head } = await request(site.port, { 'Sec-WebSocket-Protocol': 'wamp.2.json' }, path);
      expect(head).toMatch(/^HTTP\/1\.1 404 /);
    },
  );

  test('the paths can be set', async () => {
    await using site = await Site.open({}, { paths: ['/wamp'] });
    expect(await handshake(site.url('/wamp'), ['wamp.2.json'])).toBe('wamp.2.json');
    expect(await handshake(site.url('/ws'), ['wamp.2.json'])).toBe(404);
  });

  test.each([
    'https://evil.example',
    'null',
    'http://127.0.0.1.evil.example',
    'http://evil.example/127.0.0.1',
  ])('the origin %s is 403', async (origin) => {
    await using site = await Site.open();
    expect(await handshake(site.url(), ['wamp.2.json'], { origin })).toBe(403);
  });

  test('origins of this host and listed ones are accepted', async () => {
    await using site = await Site.open({}, { origins: ['https://app.example.org'] });
    for (const origin of [
      `http://127.0.0.1:${site.port}`,
      'http://localhost:3000',
      'https://app.example.org',
    ]) {
      expect(await handshake(site.url(), ['wamp.2.json'], { origin })).toBe('wamp.2.json');
    }
    expect(await handshake(site.url(), ['wamp.2.json'], { origin: 'https://app.example.org.evil' })).toBe(
      403,
    );
  });

  test('pages on loopback are accepted while the router is bound to loopback, and only then', async () => {
    await using site = await Site.open({}, {}, '0.0.0.0');
    expect(await handshake(site.url(), ['wamp.2.json'], { origin: 'http://localhost:3000' })).toBe(403);
    expect(await handshake(site.url(), ['wamp.2.json'])).toBe('wamp.2.json');
  });

  test.each([
    ['no key', { 'Sec-WebSocket-Key': '' }],
    ['a short key', { 'Sec-WebSocket-Key': 'AAAA' }],
    ['another version', { 'Sec-WebSocket-Version': '12' }],
    ['subprotocols that are no tokens', { 'Sec-WebSocket-Protocol': 'wamp.2.json,,wamp.2.cbor' }],
    ['the same subprotocol twice', { 'Sec-WebSocket-Protocol': 'wamp.2.json, wamp.2.json' }],
  ])('an upgrade with %s is refused with 4xx', async (_what, headers) => {
    await using site = await Site.open();
    const { head } = await request(site.port, { 'Sec-WebSocket-Protocol': 'wamp.2.json', ...headers });
    expect(head).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  test.each([
    ['2,500 headers', Object.fromEntries(Array.from({ length: 2500 }, (_, index) => [`X-${index}`, 'y']))],
    ['a header of 100 KB', { 'X-Long': 'y'.repeat(100_000) }],
    [
      '12,000 blanks among the subprotocols',
      { 'Sec-WebSocket-Protocol': `wamp.2.json${' '.repeat(12_000)}x` },
    ],
    ['an extension called constructor', { 'Sec-WebSocket-Extensions': 'constructor' }],
    [
      'extensions with inherited names',
      { 'Sec-WebSocket-Extensions': '__proto__; toString=1, hasOwnProperty' },
    ],
    [
      'blanks among the extensions',
      { 'Sec-WebSocket-Extensions': `permessage-deflate;${' '.repeat(12_000)}x` },
    ],
  ])('threat 10: %s: any 4xx or 101, at once, and others do not notice', async (_what, headers) => {
    await using site = await Site.open();
    const witness = await WsClient.join(site.url());
    const { head, socket } = await request(site.port, {
      'Sec-WebSocket-Protocol': 'wamp.2.json',
      ...headers,
    });
    expect(head).toMatch(/^HTTP\/1\.1 (?:101|4\d\d) /);
    socket.destroy();
    await unhurt(witness);
  });

  test('threat 7: compression is not agreed on', async () => {
    await using site = await Site.open();
    const { head } = await request(site.port, {
      'Sec-WebSocket-Protocol': 'wamp.2.json',
      'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
    });
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    expect(head).not.toMatch(/sec-websocket-extensions/i);
  });

  test('threat 11: a connection that is reset in the middle of its upgrade', async () => {
    await using site = await Site.open();
    const witness = await WsClient.join(site.url());
    for (let count = 0; count < 20; count += 1) {
      const { socket } = await request(site.port, {
        'Sec-WebSocket-Protocol': count % 2 === 0 ? 'soap' : 'wamp.2.json',
      });
      socket.resetAndDestroy();
    }
    await unhurt(witness);
  });
});

describe('sessions', () => {
  test.each([
    ['json', json],
    ['msgpack', msgpack],
    ['cbor', cbor],
  ] as const)('WS-2 WS-3 SES-9 %s: from HELLO to GOODBYE', async (_name, serializer: Serializer) => {
    await using site = await Site.open();
    const client = await WsClient.join(site.url(), serializer);
    expect((await client.ask([64, 1, {}, 'com.echo']))[0]).toBe(65);
    const invocation = await client.ask([48, 2, {}, 'com.echo', ['ü', 1, null], { a: [true] }]);
    expect(invocation).toEqual([68, 1, expect.any(Number), {}, ['ü', 1, null], { a: [true] }]);
    expect(await client.ask([70, 1, {}, ['done']])).toEqual([50, 2, {}, ['done']]);
    expect(await client.ask([6, {}, 'wamp.close.close_realm'])).toEqual([
      6,
      {},
      'wamp.close.goodbye_and_out',
    ]);
    expect(await client.closed).toBe(1000);
  });

  test('META-2 the transport is described to the session meta API', async () => {
    await using site = await Site.open();
    const client = await WsClient.join(site.url());
    const [, , , ids] = await client.ask([48, 1, {}, 'wamp.session.list']);
    const [, , , details] = await client.ask([48, 2, {}, 'wamp.session.get', (ids as [number[]])[0]]);
    expect(details).toMatchObject([
      {
        transport: {
          type: 'websocket',
          protocol: 'wamp.2.json',
          peer: expect.stringMatching(/^tcp:127\.0\.0\.1:\d+$/) as string,
        },
      },
    ]);
  });

  test('WS-2 a message may come in fragments, with a ping between', async () => {
    await using site = await Site.open();
    const client = await RawClient.connect(site.port);
    const hello = Buffer.from('[1, "realm1", {"roles": {"caller": {}}}]');
    client.write(frame({ first: Opcode.TEXT, payload: hello.subarray(0, 5) }));
    client.write(frame({ first: Opcode.CONTINUATION, payload: hello.subarray(5, 20) }));
    client.write(frame({ first: 0x80 | Opcode.PING, payload: Buffer.from('hi') }));
    client.write(frame({ first: 0x80 | Opcode.CONTINUATION, payload: hello.subarray(20) }));
    expect(await client.next()).toEqual({ opcode: Opcode.PONG, payload: Buffer.from('hi') });
    expect((await client.message())[0]).toBe(2);
  });

  test('WS-2 a frame may arrive octet by octet, and many frames at once', async () => {
    await using site = await Site.open();
    const client = await RawClient.connect(site.port);
    client.socket.setNoDelay(true);
    for (const octet of frame({ payload: Buffer.from('[1, "realm1", {"roles": {"subscriber": {}}}]') }))
      client.write(octet);
    expect((await client.message())[0]).toBe(2);
    const subscribes = Array.from({ length: 50 }, (_, index) =>
      frame({ payload: Buffer.from(`[32, ${index + 1}, {}, "com.topic.${index}"]`) }),
    );
    client.write(...subscribes);
    for (let index = 0; index < 50; index += 1)
      expect((await client.message()).slice(0, 2)).toEqual([33, index + 1]);
  });

  test.each([
    [
      'without GOODBYE',
      (client: WsClient) => {
        client.socket.close(1000);
      },
    ],
    [
      'with a code of its own',
      (client: WsClient) => {
        client.socket.close(4000, 'enough');
      },
    ],
    [
      'without closing',
      (client: WsClient) => {
        client.socket.terminate();
      },
    ],
  ])('SES-3 a client that goes %s has left', async (_how, go) => {
    await using site = await Site.open();
    const witness = await WsClient.join(site.url());
    await witness.ask([32, 1, {}, 'wamp.session.on_leave']);
    const client = await WsClient.join(site.url());
    go(client);
    expect((await witness.next())[0]).toBe(36);
    await unhurt(witness);
  });
});

describe('frames of the wrong kind', () => {
  test.each([
    ['a binary frame on json', json, true],
    ['a text frame on msgpack', msgpack, false],
    ['a text frame on cbor', cbor, false],
  ] as const)('WS-3 T-37 VIO-1 %s: ABORT, then close 1002', async (_what, serializer: Serializer, binary) => {
    await using site = await Site.open();
    const witness = await WsClient.join(site.url());
    const joined = await WsClient.join(site.url(), serializer);
    const newcomer = await WsClient.connect(site.url(), serializer);
    for (const client of [joined, newcomer]) {
      client.socket.send('[1, "realm1", {"roles": {"caller": {}}}]', { binary });
      expect(await client.next()).toEqual(VIOLATION);
      expect(await client.closed).toBe(1002);
    }
    await unhurt(witness);
  });

  test.each([
    ['no JSON', 'not JSON'],
    ['no message', '[]'],
    ['nothing', ''],
    ['a message out of place', '[2, 1, {"roles": {"broker": {}}}]'],
  ])('VIO-1 VIO-7 T-37 %s: ABORT, then close 1002', async (_what, text) => {
    await using site = await Site.open();
    const witness = await WsClient.join(site.url());
    const client = await WsClient.join(site.url());
    client.socket.send(text);
    expect(await client.next()).toEqual(VIOLATION);
    expect(await client.closed).toBe(1002);
    await unhurt(witness);
  });

  test('T-37 text that is not UTF-8 closes with 1007', async () => {
    await using site = await Site.open();
    const witness = await WsClient.join(site.url());
    const client = await RawClient.join(site.port);
    client.write(
      frame({ payload: Buffer.from([...Buffer.from('[48, 1, {}, "'), 0xc0, 0xaf, ...Buffer.from('"]')]) }),
    );
    expect(await client.closeCode()).toBe(1007);
    client.socket.destroy();
    await client.gone;
    await witness.ask([32, 1, {}, 'com.topic']);
    await unhurt(witness);
  });

  test('a message of 1 MiB passes, one octet more closes with 1009 where nothing is discarded', async () => {
    await using site = await Site.open({ limits: { discardSize: 0 } });
    const witness = await WsClient.join(site.url());
    const client = await WsClient.join(site.url());
    const message = (size: number): string => {
      const empty = '[16, 1, {"acknowledge": true}, "com.topic", [""]]';
      return empty.replace('""', `"${'x'.repeat(size - empty.length)}"`);
    };
    client.socket.send(message(1024 * 1024));
    expect((await client.next())[0]).toBe(17);
    client.socket.send(message(1024 * 1024 + 1));
    expect(await client.closed).toBe(1009);
    await unhurt(witness);
  });

  test('before WELCOME a message of more than 64 KiB closes with 1009', async () => {
    await using site = await Site.open();
    const witness = await WsClient.join(site.url());
    const client = await WsClient.connect(site.url());
    client.socket.send(JSON.stringify([1, 'realm1', { roles: { caller: {} }, x_long: 'x'.repeat(65_536) }]));
    expect(await client.closed).toBe(1009);
    await unhurt(witness);
  });
});

describe('octets that are no WebSocket', () => {
  const text = Buffer.from('[48, 1, {}, "wamp.session.count"]');
  const bad: readonly (readonly [string, Buffer, number])[] = [
    ['an unmasked frame', frame({ masked: false, payload: text }), 1002],
    ['reserved bit 1', frame({ first: 0xc1, payload: text }), 1002],
    ['reserved bit 2', frame({ first: 0xa1, payload: text }), 1002],
    ['reserved bit 3', frame({ first: 0x91, payload: text }), 1002],
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
      (opcode) => [`opcode ${opcode}`, frame({ first: 0x80 | opcode, payload: text }), 1002] as const,
    ),
    ['a continuation of nothing', frame({ first: 0x80 | Opcode.CONTINUATION, payload: text }), 1002],
    [
      'a new message within another',
      Buffer.concat([
        frame({ first: Opcode.TEXT, payload: text }),
        frame({ first: Opcode.TEXT, payload: text }),
      ]),
      1002,
    ],
    ['a ping of 126 octets', frame({ first: 0x80 | Opcode.PING, payload: Buffer.alloc(126) }), 1002],
    ['a ping in fragments', frame({ first: Opcode.PING, payload: text }), 1002],
    ['a close of one octet', frame({ first: 0x80 | Opcode.CLOSE, payload: Buffer.of(3) }), 1002],
    [
      'a close with a reserved code',
      frame({ first: 0x80 | Opcode.CLOSE, payload: Buffer.of(0x03, 0xed) }),
      1002,
    ],
    ['a declared length of 1 GiB', frame({ length: 2n ** 30n }), 1009],
    ['a declared length of 2^63', frame({ length: 2n ** 63n }), 1009],
    ['a declared length of 2^64 - 1', frame({ length: 2n ** 64n - 1n }), 1009],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 1002],
    ['TLS', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01]), 1002],
    ['zeros', Buffer.alloc(100), 1002],
    ['ones', Buffer.alloc(100, 0xff), 1002],
  ];

  test.each(bad)(
    'threat 8: %s: the right close code, and other clients are not affected',
    async (_what, octets, code) => {
      await using site = await Site.open();
      const witness = await WsClient.join(site.url());
      await witness.ask([32, 1, {}, 'wamp.session.on_leave']);
      const client = await RawClient.join(site.port);
      client.write(octets);
      expect(await client.closeCode()).toBe(code);
      client.socket.destroy();
      expect((await witness.next())[0]).toBe(36);
      await unhurt(witness);
    },
  );

  test('VIO-1 a client that violates WebSocket loses its session at once, though it keeps the connection open', async () => {
    await using site = await Site.open();
    const witness = await WsClient.join(site.url());
    const client = await RawClient.join(site.port);
    client.text('[64, 1, {}, "com.procedure"]');
    await client.message();
    client.write(frame({ masked: false, payload: text }));
    expect(await client.closeCode()).toBe(1002);
    expect(await witness.ask([48, 1, {}, 'com.procedure'])).toEqual([
      8,
      48,
      1,
      {},
      'wamp.error.no_such_procedure',
    ]);
  });

  test('threat 9: a message in 100,000 fragments that never ends', async () => {
    await using site = await Site.open();
    const witness = await WsClient.join(site.url());
    const client = await RawClient.join(site.port);
    const fragment = frame({ first: Opcode.CONTINUATION, payload: Buffer.from(' ') });
    client.write(frame({ first: Opcode.TEXT, payload: Buffer.from('[') }));
    client.write(...Array.from({ length: 100_000 }, () => fragment));
    expect(await client.closeCode()).toBe(1008);
    client.socket.destroy();
    await client.gone;
    await witness.ask([32, 1, {}, 'com.topic']);
  });

  test('nothing more is processed of what follows the bad frame', async () => {
    await using site = await Site.open();
    const witness = await WsClient.join(site.url());
    await witness.ask([32, 1, { match: 'prefix' }, 'wamp.session.']);
    await witness.ask([32, 2, {}, 'com.topic']);
    const client = await RawClient.join(site.port);
    expect((await witness.next())[3]).toEqual({ topic: 'wamp.session.on_join' });
    const publish = frame({ payload: Buffer.from('[16, 1, {}, "com.topic", ["too late"]]') });
    client.write(frame({ first: 0x83, payload: text }), publish, publish);
    expect(await client.closeCode()).toBe(1002);
    client.socket.destroy();
    expect((await witness.next())[3]).toEqual({ topic: 'wamp.session.on_leave' });
    await unhurt(witness);
  });
});

describe('connections that break', () => {
  test('threat 11: a reset while the router writes', async () => {
    await using site = await Site.open();
    const witness = await WsClient.join(site.url());
    await witness.ask([32, 1, {}, 'wamp.session.on_leave']);
    const reader = await RawClient.join(site.port);
    reader.text('[32, 1, {}, "com.flood"]');
    await reader.message();
    reader.socket.pause();
    const publisher = await WsClient.join(site.url());
    const load = 'x'.repeat(500_000);
    for (let request = 1; request <= 12; request += 1) {
      const published = await publisher.ask([16, request, { acknowledge: true }, 'com.flood', [load]]);
      expect(published[0]).toBe(17);
    }
    reader.socket.resetAndDestroy();
    expect((await witness.next())[0]).toBe(36);
    expect((await publisher.ask([16, 13, { acknowledge: true }, 'com.flood']))[0]).toBe(17);
    publisher.socket.terminate();
    expect((await witness.next())[0]).toBe(36);
    await unhurt(witness);
  });

  test('threat 11: a hundred connections that are reset at once', async () => {
    await using site = await Site.open();
    const witness = await WsClient.join(site.url());
    const crowd = await Promise.all(Array.from({ length: 100 }, () => RawClient.join(site.port)));
    await witness.ask([32, 1, {}, 'wamp.session.on_leave']);
    for (const client of crowd) client.socket.resetAndDestroy();
    for (const { gone } of crowd) {
      await gone;
      expect((await witness.next())[0]).toBe(36);
    }
    await unhurt(witness);
  });

  test('SES-9 a router that closes says GOODBYE, and its sockets close with 1000', async () => {
    await using site = await Site.open();
    const client = await WsClient.join(site.url());
    const disposed = once(client.socket, 'close');
    client.socket.on('message', () => {
      client.send([6, {}, 'wamp.close.goodbye_and_out']);
    });
    const { router, acceptor } = site;
    const closed = router.close();
    expect(await client.next()).toEqual([6, {}, 'wamp.close.system_shutdown']);
    await closed;
    expect((await disposed)[0]).toBe(1000);
    await acceptor.close();
    expect(await handshake(site.url(), ['wamp.2.json'])).toBe(404);
  });
});
