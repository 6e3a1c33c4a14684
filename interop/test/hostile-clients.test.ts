/** Clients that mean harm: names that are JavaScript's own, floods, half-open connections, resets (reliability: §2). */
import { connect as connectSocket, type Socket } from 'node:net';
import { fromList, json, MessageType, type Serializer } from '@wamp/protocol';
import { anonymous, ticket } from '@wamp/router';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Random } from './support/random.ts';
import { connectionsOf, holdings, REALM, startRouter, type Listening } from './support/router.ts';
import { SERIALIZERS } from './support/serializers.ts';
import { until } from './support/until.ts';
import { BareWebSocket, frame, Opcode, upgradeRequest } from './support/web-socket.ts';
import { ALL_ROLES, WireSession } from './support/wire-session.ts';
import { Witnesses } from './support/witnesses.ts';

/** What a plain object has without having been given anything. */
const NAMES = [
  ...['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'valueOf', 'isPrototypeOf'],
  ...['__defineGetter__', '__lookupSetter__', 'prototype', 'then', 'toJSON', 'length', 'size'],
] as const;

const uncaught: unknown[] = [];
const note = (error: unknown): void => {
  uncaught.push(error);
};
beforeEach(() => {
  uncaught.length = 0;
  process.on('uncaughtExceptionMonitor', note);
});
afterEach(() => {
  process.off('uncaughtExceptionMonitor', note);
  expect(uncaught).toEqual([]);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

describe.each(SERIALIZERS)('names that every object has, over $name', (serializer) => {
  let router: Listening;
  beforeEach(async () => {
    router = await startRouter({
      authenticators: [anonymous(), ticket(new Map([['joe', { ticket: 'secret', authrole: 'user' }]]))],
    });
  });
  afterEach(() => router.close());

  function join(realm = REALM, at = router): Promise<WireSession> {
    return WireSession.join({ port: at.port, serializer, realm });
  }

  async function hello(...rest: readonly unknown[]): Promise<readonly unknown[] | undefined> {
    const session = await WireSession.connect({ port: router.port, serializer });
    session.send([MessageType.HELLO, ...rest]);
    const answer = await session.receive();
    session.webSocket.drop();
    return answer;
  }

  it.each(NAMES)('%s is no realm', async (name) => {
    expect(await hello(name, { roles: ALL_ROLES })).toMatchObject([
      MessageType.ABORT,
      {},
      'wamp.error.no_such_realm',
    ]);
  });

  it('each is a realm of its own when it is configured', async () => {
    const own = await startRouter({ realms: NAMES });
    onTestFinished(() => own.close());
    const sessions = await Promise.all(NAMES.map((name) => join(name, own)));
    for (const session of sessions) {
      expect(await session.ask([MessageType.CALL, 1, {}, 'wamp.session.count'], MessageType.RESULT)).toEqual([
        MessageType.RESULT,
        1,
        {},
        [1],
      ]);
    }
    for (const [index, name] of NAMES.entries()) {
      const topic = ['com.example.topic', 'com.example.own'][index % 2] ?? '';
      await sessions[index]?.ask([MessageType.SUBSCRIBE, 2, {}, topic], MessageType.SUBSCRIBED);
      expect(own.router.realm(name)?.broker.subscriptions.size).toBe(1);
    }
    await Promise.all(sessions.map((session) => session.leave()));
  });

  it.each(NAMES)('%s is a topic like any other', async (name) => {
    const [subscriber, publisher] = [await join(), await join()];
    for (const [request, match] of (['exact', 'prefix', 'wildcard'] as const).entries()) {
      await subscriber.ask([MessageType.SUBSCRIBE, request + 1, { match }, name], MessageType.SUBSCRIBED);
    }
    await publisher.ask([MessageType.PUBLISH, 1, { acknowledge: true }, name, [1]], MessageType.PUBLISHED);
    for (const details of [{}, { topic: name }, { topic: name }]) {
      const [, , , told, args] = await subscriber.expect(MessageType.EVENT);
      expect([told, args]).toEqual([details, [1]]);
    }
    await Promise.all([subscriber.leave(), publisher.leave()]);
    expect(router.realm.broker.subscriptions.size).toBe(0);
  });

  it.each(NAMES)('%s is a procedure like any other', async (name) => {
    const [callee, caller] = [await join(), await join()];
    const call = [MessageType.CALL, 1, {}, name, [1]];
    const [, , , , error] = await caller.ask(call, MessageType.ERROR);
    expect(error).toBe('wamp.error.no_such_procedure');
    const [, , registration] = await callee.ask([MessageType.REGISTER, 1, {}, name], MessageType.REGISTERED);
    caller.send([MessageType.CALL, 2, {}, name, [2]]);
    const [, invocation, , , args] = await callee.expect(MessageType.INVOCATION);
    callee.send([MessageType.YIELD, invocation, {}, args]);
    expect(await caller.expect(MessageType.RESULT)).toEqual([MessageType.RESULT, 2, {}, [2]]);
    await callee.ask([MessageType.UNREGISTER, 2, registration], MessageType.UNREGISTERED);
    await caller.ask([MessageType.CALL, 3, {}, name], MessageType.ERROR);
    await Promise.all([callee.leave(), caller.leave()]);
  });

  it('they are keys of Kwargs like any other, and arrive', async () => {
    const [subscriber, publisher] = [await join(), await join()];
    await subscriber.ask([MessageType.SUBSCRIBE, 1, {}, 'com.example.topic'], MessageType.SUBSCRIBED);
    const kwargs = Object.fromEntries(NAMES.map((name) => [name, { polluted: name }]));
    publisher.send([MessageType.PUBLISH, 1, {}, 'com.example.topic', [kwargs], kwargs]);
    const [, , , , args, arrived] = await subscriber.expect(MessageType.EVENT);
    expect(entriesOf(arrived)).toEqual(entriesOf(kwargs));
    expect(entriesOf((args as readonly unknown[])[0])).toEqual(entriesOf(kwargs));
    await Promise.all([subscriber.leave(), publisher.leave()]);
  });

  it('they are no options, no roles, no methods, no features', async () => {
    const junk = Object.fromEntries(NAMES.map((name) => [name, { polluted: true }]));
    expect(await hello(REALM, { roles: junk })).toMatchObject([
      MessageType.ABORT,
      {},
      'wamp.error.protocol_violation',
    ]);
    expect(await hello(REALM, { roles: ALL_ROLES, authmethods: [...NAMES] })).toMatchObject([
      MessageType.ABORT,
      {},
      'wamp.error.no_matching_auth_method',
    ]);
    const session = await WireSession.connect({ port: router.port, serializer });
    const roles = { caller: { features: junk }, ...junk };
    session.send([MessageType.HELLO, REALM, { ...junk, roles }]);
    await session.expect(MessageType.WELCOME);
    await session.ask([MessageType.SUBSCRIBE, 1, junk, 'com.example.topic'], MessageType.SUBSCRIBED);
    await session.ask([MessageType.REGISTER, 2, junk, 'com.example.procedure'], MessageType.REGISTERED);
    await session.ask([MessageType.CALL, 3, junk, 'wamp.session.count'], MessageType.RESULT);
    await session.leave();
  });

  it.each(NAMES)('%s with a ticket is an unknown principal', async (name) => {
    const session = await WireSession.connect({ port: router.port, serializer });
    const details = { roles: ALL_ROLES, authmethods: ['ticket'], authid: name };
    await session.ask([MessageType.HELLO, REALM, details], MessageType.CHALLENGE);
    expect(await session.ask([MessageType.AUTHENTICATE, name, {}], MessageType.ABORT)).toMatchObject([
      MessageType.ABORT,
      {},
      'wamp.error.authentication_denied',
    ]);
    await session.webSocket.closed;
  });

  it.each([
    [MessageType.SUBSCRIBE, 1, { match: '__proto__' }, 'com.example.topic'],
    [MessageType.REGISTER, 1, { invoke: 'constructor' }, 'com.example.procedure'],
    [MessageType.CANCEL, 1, { mode: 'toString' }],
    ['constructor', 1, {}, 'com.example.topic'],
    ['__proto__'],
  ])('%s %s %o is a violation', async (...list) => {
    const session = await join();
    session.webSocket.send(serializer.encodePayload(list, {}, 1), serializer.binary);
    const [, , reason] = await session.expect(MessageType.ABORT);
    expect(reason).toBe('wamp.error.protocol_violation');
    expect(await session.webSocket.closed).toEqual({ frame: true, code: 1002 });
  });
});

describe('connections', () => {
  let router: Listening;
  let witnesses: Witnesses;
  let before: ReturnType<typeof holdings>;

  beforeEach(async () => {
    router = await startRouter();
    witnesses = await Witnesses.join(router.port, [SERIALIZERS[0] ?? json, SERIALIZERS[1] ?? json]);
    await witnesses.round();
    before = holdings(router.realm);
  });
  afterEach(async () => {
    await witnesses.round();
    await until(() => router.realm.sessions.size === 4);
    expect(holdings(router.realm)).toEqual(before);
    await until(async () => (await connectionsOf(router)) === 4);
    expect(router.complaints).toEqual([]);
    await witnesses.leave();
    // Every connection is forgotten, or this would not resolve.
    await router.close();
  });

  /** `count` clients, 50 at a time, with a round of the witnesses for each batch. */
  async function flood(count: number, client: (index: number) => Promise<void>): Promise<void> {
    for (let first = 0; first < count; first += 50) {
      const batch = Array.from({ length: Math.min(50, count - first) }, (_, index) => client(first + index));
      await Promise.all([...batch, witnesses.round()]);
    }
  }

  function open(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connectSocket({ port: router.port, host: '127.0.0.1' }, () => {
        resolve(socket);
      });
      socket.on('error', reject);
    });
  }

  /** Resolves when the socket is closed, whoever did it; what comes is dropped. */
  function closed(socket: Socket): Promise<void> {
    socket.on('error', () => undefined);
    socket.resume();
    return new Promise((resolve) => {
      if (socket.closed) resolve();
      else
        socket.on('close', () => {
          resolve();
        });
    });
  }

  it('survives 400 clients that send garbage instead of an upgrade', async () => {
    const random = new Random(7);
    const garbage = (): Buffer =>
      Buffer.from(Array.from({ length: 1 + random.below(600) }, () => random.below(256)));
    const upgrade = upgradeRequest('/ws', 'wamp.2.json');
    const openings: readonly (() => Uint8Array)[] = [
      garbage,
      () => Buffer.from('160301020001000001fc0303', 'hex'), // a TLS client
      () => Buffer.from('7f130000', 'hex'), // a RawSocket client
      () => Buffer.from('GET / HTTP/9.9\r\n\r\n'),
      () => Buffer.from(`GET /ws HTTP/1.1\r\n${'X-Filler: 1\r\n'.repeat(3000)}\r\n`),
      () => Buffer.from(`GET /ws HTTP/1.1\r\nHost: ${'x'.repeat(40_000)}\r\n\r\n`),
      () => Buffer.from(upgrade.replace('Sec-WebSocket-Version: 13', 'Sec-WebSocket-Version: 99')),
      () => Buffer.from(upgrade.replace(/Sec-WebSocket-Key: .*/, 'Sec-WebSocket-Key: short')),
      () => Buffer.from(upgrade.replace('wamp.2.json', 'constructor,__proto__')),
      () => Buffer.from(upgrade.replace('wamp.2.json', ' '.repeat(12_000))),
      () =>
        Buffer.from(
          upgrade.replace('\r\n\r\n', '\r\nSec-WebSocket-Extensions: constructor; toString\r\n\r\n'),
        ),
      () => Buffer.concat([Buffer.from(upgrade), garbage()]),
    ];
    await flood(400, async (index) => {
      const socket = await open();
      const gone = closed(socket);
      socket.end(openings[index % openings.length]?.() ?? garbage());
      await gone;
    });
  });

  it('survives upgrades that stop halfway', async () => {
    const upgrade = upgradeRequest('/ws', 'wamp.2.json');
    await flood(300, async (index) => {
      const socket = await open();
      const gone = closed(socket);
      const part = upgrade.slice(0, 1 + ((index * 37) % upgrade.length));
      socket.write(part, () => {
        if (index % 2 === 0) socket.resetAndDestroy();
        else socket.end();
      });
      await gone;
    });
  });

  it('survives resets by those whom it refuses', async () => {
    const refused = [
      upgradeRequest('/nowhere', 'wamp.2.json'),
      upgradeRequest('/ws', 'wamp.3.json'),
      upgradeRequest('/ws', 'wamp.2.json').replace('\r\n\r\n', '\r\nOrigin: http://evil.example\r\n\r\n'),
      upgradeRequest('/ws', 'wamp.2.json').replace('Version: 13', 'Version: 99'),
    ];
    await flood(400, async (index) => {
      const socket = await open();
      const gone = closed(socket);
      socket.write(refused[index % refused.length] ?? '', () => {
        socket.resetAndDestroy();
      });
      await gone;
    });
  });

  it('closes connections that are silent after the upgrade, and says why', async () => {
    const own = await startRouter({ limits: { helloTimeout: 100 } });
    const silent = async (index: number): Promise<void> => {
      const serializer = SERIALIZERS[index % SERIALIZERS.length] ?? json;
      const session = await WireSession.connect({ port: own.port, serializer });
      const [, , reason] = await session.expect(MessageType.ABORT);
      expect(reason).toBe('wamp.error.authentication_failed');
      expect(await session.webSocket.closed).toEqual({ frame: true, code: 1000 });
    };
    await Promise.all(Array.from({ length: 100 }, (_, index) => silent(index)));
    await own.close();
  });

  it('closes connections whose client closes only its half after the upgrade', async () => {
    await flood(100, async (index) => {
      const join = index % 2 === 0;
      const { webSocket } = join
        ? await WireSession.join({ port: router.port, serializer: json, realm: REALM })
        : await WireSession.connect({ port: router.port, serializer: json });
      webSocket.socket.end();
      await webSocket.closed;
    });
  });

  it('survives resets while it writes', async () => {
    const publisher = await WireSession.join({ port: router.port, serializer: json, realm: REALM });
    const filler = 'x'.repeat(20_000);
    let request = 0;
    await flood(200, async (index) => {
      const serializer = SERIALIZERS[index % SERIALIZERS.length] ?? json;
      const victim = await WireSession.join({ port: router.port, serializer, realm: REALM });
      const topic = `com.example.victim.${index}`;
      await victim.ask([MessageType.SUBSCRIBE, 1, {}, topic], MessageType.SUBSCRIBED);
      for (let times = 0; times < 10; times += 1) {
        publisher.send([MessageType.PUBLISH, (request += 1), {}, topic, [filler]]);
      }
      await victim.expect(MessageType.EVENT); // the router is in the middle of it
      victim.webSocket.drop();
      await victim.webSocket.closed;
    });
    await publisher.leave();
  });

  it('survives resets in the middle of a frame', async () => {
    const message = json.encode(
      fromList([MessageType.PUBLISH, 1, {}, 'com.example.topic', ['x'.repeat(500)]]),
    );
    const bytes = frame(Opcode.TEXT, message);
    await flood(200, async (index) => {
      const { webSocket } = await WireSession.join({ port: router.port, serializer: json, realm: REALM });
      webSocket.write(bytes.subarray(0, 1 + ((index * 13) % bytes.length)));
      webSocket.drop();
      await webSocket.closed;
    });
  });

  it.each<readonly [string, (serializer: Serializer, index: number) => Promise<BareWebSocket>]>([
    [
      'upgraded',
      async (serializer) => (await WireSession.connect({ port: router.port, serializer })).webSocket,
    ],
    [
      'joined',
      async (serializer) =>
        (await WireSession.join({ port: router.port, serializer, realm: REALM })).webSocket,
    ],
    [
      'subscribed and registered, a call in flight in each direction',
      async (serializer, index) => {
        const session = await WireSession.join({ port: router.port, serializer, realm: REALM });
        const own = `com.example.dropped.${index}`;
        for (const [request, match] of (['exact', 'prefix', 'wildcard'] as const).entries()) {
          await session.ask([MessageType.SUBSCRIBE, request + 1, { match }, own], MessageType.SUBSCRIBED);
          await session.ask([MessageType.REGISTER, request + 4, { match }, own], MessageType.REGISTERED);
        }
        await session.ask([MessageType.CALL, 7, { timeout: 60_000 }, own], MessageType.INVOCATION);
        return session.webSocket;
      },
    ],
  ])('forgets 1,000 clients that had %s and are gone', async (_name, client) => {
    await flood(1000, async (index) => {
      const webSocket = await client(SERIALIZERS[index % SERIALIZERS.length] ?? json, index);
      if (index % 2 === 0) webSocket.drop();
      else webSocket.socket.destroy();
      await webSocket.closed;
    });
  });

  it('tells callers of a callee that is gone', async () => {
    const caller = await WireSession.join({ port: router.port, serializer: json, realm: REALM });
    for (let request = 1; request <= 50; request += 1) {
      const callee = await WireSession.join({ port: router.port, serializer: json, realm: REALM });
      await callee.ask([MessageType.REGISTER, 1, {}, 'com.example.fragile'], MessageType.REGISTERED);
      caller.send([MessageType.CALL, request, {}, 'com.example.fragile']);
      await callee.expect(MessageType.INVOCATION);
      callee.webSocket.drop();
      const [, type, call, , error] = await caller.expect(MessageType.ERROR);
      expect([type, call, error]).toEqual([MessageType.CALL, request, 'wamp.error.canceled']);
    }
    await caller.leave();
  });

  it.each(SERIALIZERS)('refuses what is too large or too deep, over $name', async (serializer) => {
    const bomb: Readonly<Record<string, Buffer>> = {
      json: Buffer.from(`[48,1,{},"com.example.procedure",${'['.repeat(50_000)}`),
      msgpack: Buffer.concat([Buffer.from('95300180a178', 'hex'), Buffer.alloc(50_000, 0x91)]),
      cbor: Buffer.concat([Buffer.from('85183001a06178', 'hex'), Buffer.alloc(50_000, 0x81)]),
    };
    const deep = bomb[serializer.name] ?? Buffer.alloc(0);
    for (const joined of [false, true]) {
      for (const [bytes, codes] of [
        [deep, [1002]],
        // ws refuses it by its length alone, the router before login a message that is no more than large
        [Buffer.alloc(joined ? 1024 * 1024 + 1 : 64 * 1024 + 1, 0x20), [1009]],
      ] as const) {
        const session = joined
          ? await WireSession.join({ port: router.port, serializer, realm: REALM })
          : await WireSession.connect({ port: router.port, serializer });
        session.webSocket.send(bytes, serializer.binary);
        const { code } = await session.webSocket.closed;
        expect(codes).toContain(code);
        await witnesses.round();
      }
    }
  });

  it.each<readonly [string, number, Buffer]>([
    ['a frame that declares 2^63 bytes', 1009, Buffer.from('82ff8000000000000000000000000102', 'hex')],
    ['a frame that declares 1 GiB', 1009, Buffer.from('82ff000000004000000000000000', 'hex')],
    ['a frame without a mask', 1002, Buffer.from('820568656c6c6f', 'hex')],
    ['reserved bits', 1002, Buffer.from('f28000000000', 'hex')],
    ['an undefined opcode', 1002, Buffer.from('838000000000', 'hex')],
    ['a ping of 126 bytes', 1002, Buffer.concat([Buffer.from('89fe007e00000000', 'hex'), Buffer.alloc(126)])],
    ['a continuation of nothing', 1002, Buffer.from('808000000000', 'hex')],
    ['a close frame with one byte', 1002, Buffer.from('88810000000003', 'hex')],
    ['a close frame with an invalid code', 1002, Buffer.from('888200000000ffff', 'hex')],
    [
      '5,000 fragments of one byte',
      1008,
      Buffer.concat([
        Buffer.from('02810000000091', 'hex'),
        ...Array.from({ length: 5000 }, () => Buffer.from('00810000000091', 'hex')),
      ]),
    ],
  ])('closes after %s with %d', async (_name, code, bytes) => {
    for (const serializer of SERIALIZERS) {
      const { webSocket } = await WireSession.join({ port: router.port, serializer, realm: REALM });
      webSocket.write(bytes);
      expect(await webSocket.closed).toEqual({ frame: true, code });
    }
  });
});

function entriesOf(value: unknown): readonly unknown[] {
  return Object.entries(value as object).sort(([one], [other]) => one.localeCompare(other));
}
