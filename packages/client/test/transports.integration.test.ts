/** The client against our router, over every transport and in every serializer: none makes a difference. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  acceptLongPolls,
  acceptRawSockets,
  acceptWebSockets,
  createRouter,
  inMemory,
  type Router,
} from '../../router/src/index.ts';
import { cert, key } from '../../router/test/support/certificate.ts';
import { batchedWebSocket } from '../src/batched.ts';
import { cbor } from '../src/cbor.ts';
import {
  CanceledError,
  connect,
  ConnectionLostError,
  json,
  webSocket,
  type Serializer,
  type Session,
  type TransportFactory,
} from '../src/index.ts';
import { longPoll } from '../src/longpoll.ts';
import { msgpack } from '../src/msgpack.ts';
import { rawSocket } from '../src/rawsocket.ts';
import { failure } from './scripted-peer.ts';

/** A server whose clients the router lets in. */
interface Entrance {
  readonly server: Server;
  /** Resolves when the last of them is gone. */
  close(): Promise<void>;
}

/** How a client reaches the router. */
interface Kind {
  readonly transport: TransportFactory;
  /** What the router calls it, and whether messages travel in batches. */
  readonly type: 'websocket' | 'rawsocket' | 'longpoll';
  readonly batched?: boolean;
  open(router: Router): Entrance;
  url(address: AddressInfo | string): string;
}

function portOf(address: AddressInfo | string): number {
  return typeof address === 'string' ? 0 : address.port;
}

function http(accept: typeof acceptWebSockets | typeof acceptLongPolls, secure = false) {
  return (router: Router): Entrance => {
    const server = secure ? createHttpsServer({ key, cert }) : createHttpServer();
    const acceptor = accept(router, { server });
    return {
      server,
      async close() {
        await acceptor.close();
        // The requests are over, but their connections are kept for more.
        server.closeAllConnections();
      },
    };
  };
}

function raw(create: () => Server) {
  return (router: Router): Entrance => {
    const server = create();
    const acceptor = acceptRawSockets(router, { server });
    return { server, close: () => acceptor.close() };
  };
}

const KINDS: Readonly<Record<string, Kind>> = {
  WebSocket: {
    transport: webSocket(),
    type: 'websocket',
    open: http(acceptWebSockets),
    url: (address) => `ws://127.0.0.1:${portOf(address)}/ws`,
  },
  'batched WebSocket': {
    transport: batchedWebSocket(),
    type: 'websocket',
    batched: true,
    open: http(acceptWebSockets),
    url: (address) => `ws://127.0.0.1:${portOf(address)}/ws`,
  },
  'WebSocket over TLS': {
    transport: webSocket({ tls: { ca: cert } }),
    type: 'websocket',
    open: http(acceptWebSockets, true),
    url: (address) => `wss://127.0.0.1:${portOf(address)}/ws`,
  },
  RawSocket: {
    transport: rawSocket(),
    type: 'rawsocket',
    open: raw(() => createServer()),
    url: (address) => `rs://127.0.0.1:${portOf(address)}`,
  },
  'RawSocket on a Unix socket': {
    transport: rawSocket(),
    type: 'rawsocket',
    open: raw(() => createServer()),
    url: (address) => `unix:${typeof address === 'string' ? address : ''}`,
  },
  'RawSocket over TLS': {
    transport: rawSocket({ tls: { ca: Buffer.from(cert) } }),
    type: 'rawsocket',
    open: raw(() => createTlsServer({ key, cert })),
    url: (address) => `rss://127.0.0.1:${portOf(address)}`,
  },
  'long-poll': {
    transport: longPoll(),
    type: 'longpoll',
    open: http(acceptLongPolls),
    url: (address) => `http://127.0.0.1:${portOf(address)}/lp`,
  },
  'batched long-poll': {
    transport: longPoll({ batched: true }),
    type: 'longpoll',
    batched: true,
    open: http(acceptLongPolls),
    url: (address) => `http://127.0.0.1:${portOf(address)}/lp/`,
  },
};

let unixSockets = 0;

/** A router that can be joined, until it closes. */
interface Place {
  join(): Promise<Session>;
  /** Resolves when the last session has ended, and with it its connection. */
  close(): Promise<void>;
}

async function openPlace(name: string, serializer: Serializer): Promise<Place> {
  const router = createRouter({ realms: ['realm1'] });
  const kind = KINDS[name];
  if (kind === undefined) {
    const transport = { name, open: () => Promise.resolve(inMemory(router, serializer)) };
    return {
      join: () => connect('ws://memory/', { realm: 'realm1', transport, reconnect: false }),
      close: () => router.close(),
    };
  }
  const entrance = kind.open(router);
  const { server } = entrance;
  if (name.endsWith('Unix socket'))
    server.listen(join(tmpdir(), `wamp-client-${process.pid}-${(unixSockets += 1)}.sock`));
  else server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = kind.url(server.address() ?? '');
  return {
    join: () =>
      connect(url, {
        realm: 'realm1',
        transport: kind.transport,
        serializers: [serializer],
        reconnect: false,
      }),
    async close() {
      await router.close();
      await entrance.close();
      await once(server.close(), 'close');
    },
  };
}

const EVERY = ['in memory', ...Object.keys(KINDS)].flatMap((kind) =>
  [json, msgpack, cbor].map((serializer) => [kind, serializer.name, serializer] as const),
);

describe.each(EVERY)('%s, %s', (kind, _name, serializer) => {
  let place: Place;
  let alice: Session;
  let bob: Session;

  beforeAll(async () => {
    place = await openPlace(kind, serializer);
    [alice, bob] = await Promise.all([place.join(), place.join()]);
  });
  afterAll(async () => {
    await Promise.all([alice.close(), bob.close()]);
    await place.close();
  });

  test('the transport is the one that was asked for', async () => {
    const { type, batched = false } = KINDS[kind] ?? { type: 'in-memory' };
    const [details] = (await alice.call('wamp.session.get', [alice.id]).full()).args;
    expect(details).toMatchObject({
      transport: { type, protocol: serializer.subprotocol + (batched ? '.batched' : '') },
    });
  });

  test('a call finds its procedure, and its result the caller', async () => {
    await using procedure = await bob.register('com.add', ([a, b]: number[]) => (a ?? 0) + (b ?? 0));
    expect(procedure.state).toBe('active');
    expect(await alice.call('com.add', [2, 3])).toBe(5);
    expect(await failure(alice.call('com.nobody'))).toMatchObject({ uri: 'wamp.error.no_such_procedure' });
  });

  test('calls of one turn, answered in their order', async () => {
    await using procedure = await bob.register('com.echo', ([n]) => n);
    expect(procedure.state).toBe('active');
    const order: unknown[] = [];
    const calls = Array.from({ length: 30 }, (_each, n) =>
      alice.call('com.echo', [n]).then((answer) => order.push(answer)),
    );
    await Promise.all(calls);
    expect(order).toEqual(Array.from({ length: 30 }, (_each, n) => n));
  });

  test('results in parts', async () => {
    await using procedure = await bob.register('com.count', async function* ([to]: [number]) {
      for (let n = 1; n <= to; n += 1) yield await Promise.resolve(n);
      return 'done';
    });
    expect(procedure.state).toBe('active');
    const stream = alice.stream('com.count', [5]);
    const parts: unknown[] = [];
    for await (const part of stream) parts.push(part);
    expect(parts).toEqual([1, 2, 3, 4, 5]);
    expect(await stream.result).toBe('done');
  });

  test('events reach subscribers', async () => {
    const heard: unknown[] = [];
    await using subscription = await alice.subscribe('com.topic', ([n]) => heard.push(n));
    expect(subscription.state).toBe('active');
    for (let n = 0; n < 10; n += 1) void bob.publish('com.topic', [n]);
    await bob.publish('com.topic', ['last'], { acknowledge: true });
    await expect.poll(() => heard).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 'last']);
  });

  test('a call is canceled, and its procedure learns of it', async () => {
    let invoked = false;
    let aborted = false;
    await using procedure = await bob.register('com.slow', (_args, { signal }) => {
      invoked = true;
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          reject(signal.reason as Error);
        });
      });
    });
    expect(procedure.state).toBe('active');
    const call = alice.call('com.slow');
    await expect.poll(() => invoked).toBe(true);
    call.cancel('kill');
    expect(await failure(call)).toBeInstanceOf(CanceledError);
    expect(aborted).toBe(true);
  });

  test('octets, and large messages, pass as they are', async () => {
    await using procedure = await bob.register('com.echo', ([value]) => value);
    expect(procedure.state).toBe('active');
    const every = Uint8Array.from({ length: 256 }, (_each, octet) => octet);
    expect(new Uint8Array((await alice.call('com.echo', [every])) as Uint8Array)).toEqual(every);
    const large = new Uint8Array(512 * 1024).map((_each, at) => (at * 31) % 251);
    const returned = new Uint8Array((await alice.call('com.echo', [large])) as Uint8Array);
    expect(Buffer.compare(returned, large)).toBe(0);
    const text = 'grüße 🎉 '.repeat(32 * 1024);
    expect((await alice.call('com.echo', [text])) === text).toBe(true);
  });
});

describe.each(EVERY)('%s, %s', (kind, _name, serializer) => {
  test('when the router closes, everything open ends, and nothing hangs', async () => {
    const place = await openPlace(kind, serializer);
    const session = await place.join();
    let signal: AbortSignal | undefined;
    const registration = await session.register('com.wait', (_args, invocation) => {
      signal = invocation.signal;
      return new Promise(() => undefined);
    });
    const subscription = await session.subscribe('com.topic');
    const call = failure(session.call('com.wait'));
    await expect.poll(() => signal).toBeDefined();
    await place.close();
    expect(await session.closed).toMatchObject({ reason: 'wamp.close.system_shutdown' });
    const error = await call;
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(error).toMatchObject({ sent: true, uri: 'wamp.close.system_shutdown' });
    expect(signal?.aborted).toBe(true);
    expect([registration.state, subscription.state]).toEqual(['ended', 'ended']);
    expect(await failure(subscription[Symbol.asyncIterator]().next())).toBe(error);
    expect(await failure(session.call('com.wait'))).toMatchObject({ sent: false });
  });
});
