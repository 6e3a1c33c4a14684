/** The client against our router: in memory with each serializer, and over a real WebSocket. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  acceptWebSockets,
  createRouter,
  inMemory,
  ticket as ticketsOf,
  anonymous as anyone,
  type Router,
} from '../../router/src/index.ts';
import { cbor } from '../src/cbor.ts';
import {
  AuthError,
  CallTimeoutError,
  CanceledError,
  connect,
  ConnectionLostError,
  json,
  result,
  ticket,
  WampError,
  type ConnectOptions,
  type Serializer,
  type Session,
} from '../src/index.ts';
import { msgpack } from '../src/msgpack.ts';
import { ManualClock } from '../src/testing/manual-clock.ts';
import { failure } from './scripted-peer.ts';

const serializers = [json, msgpack, cbor];

function start(): Router {
  const tickets = new Map([['joe', { ticket: 'secret', authrole: 'user' }]]);
  return createRouter({ realms: ['realm1'], authenticators: [anyone(), ticketsOf(tickets)] });
}

interface Place {
  readonly router: Router;
  join(options?: Partial<ConnectOptions>): Promise<Session>;
  stop(): Promise<void>;
}

function memory(serializer: Serializer): Promise<Place> {
  const router = start();
  return Promise.resolve({
    router,
    join: (options) => {
      const transport = { name: 'memory', open: () => Promise.resolve(inMemory(router, serializer)) };
      return connect('ws://memory/', { realm: 'realm1', transport, ...options });
    },
    stop: () => router.close(),
  });
}

async function network(serializer: Serializer): Promise<Place> {
  const router = start();
  const server = createServer();
  const acceptor = acceptWebSockets(router, { server });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
  return {
    router,
    join: (options) => connect(url, { realm: 'realm1', serializers: [serializer], ...options }),
    stop: async () => {
      await router.close();
      await acceptor.close();
      server.close();
    },
  };
}

const places: [string, () => Promise<Place>][] = serializers.flatMap(
  (serializer): [string, () => Promise<Place>][] => [
    [`in memory, ${serializer.name}`, () => memory(serializer)],
    [`over WebSocket, ${serializer.name}`, () => network(serializer)],
  ],
);

describe.each(places)('%s', (_where, open) => {
  let place: Place;
  let alice: Session;
  let bob: Session;

  beforeAll(async () => {
    place = await open();
    [alice, bob] = await Promise.all([place.join(), place.join()]);
  });
  afterAll(async () => {
    await Promise.all([alice.close(), bob.close()]);
    await place.stop();
  });

  test('the session is joined', () => {
    expect(alice).toMatchObject({ state: 'open', realm: 'realm1', authrole: 'anonymous' });
    expect(alice.id).toBeGreaterThan(0);
    expect(alice.id).not.toBe(bob.id);
    expect(alice.routerFeatures.has('broker')).toBe(true);
    expect(alice.routerFeatures.has('dealer', 'call_canceling')).toBe(true);
  });

  test('a call, its payload in both shapes, and its result', async () => {
    await using procedure = await bob.register('com.echo', (args, { kwargs }) =>
      result(args, kwargs as object as Record<string, unknown>),
    );
    expect(procedure.state).toBe('active');
    const values = [1, -1, 2 ** 31, 2 ** 53 - 1, 1.5, 'grüße 🎉', true, null, [1, [2]], { a: { b: 1 } }];
    expect((await alice.call('com.echo', values).full()).args).toEqual(values);
    expect((await alice.call('com.echo', { a: 1 }).full()).kwargs).toEqual({ a: 1 });
    expect(await alice.call('com.echo', [1, 2], { kwargs: { a: 1 } }).full()).toMatchObject({
      args: [1, 2],
      kwargs: { a: 1 },
    });
    expect(await alice.call('com.echo')).toBeUndefined();
    const binary = new Uint8Array([0, 1, 255]);
    expect(new Uint8Array((await alice.call('com.echo', [binary])) as Uint8Array)).toEqual(binary);
  });

  test('a thousand calls at once', async () => {
    await using procedure = await bob.register('com.square', ([n]: [number]) => n * n);
    expect(procedure.state).toBe('active');
    const results = await Promise.all(
      Array.from({ length: 1000 }, (_each, n) => alice.call('com.square', [n])),
    );
    expect(results).toEqual(Array.from({ length: 1000 }, (_each, n) => n * n));
  });

  test('errors', async () => {
    await using procedure = await bob.register('com.fail', () => {
      throw new WampError('com.failed', ['because', 7], { a: 1 });
    });
    expect(procedure.state).toBe('active');
    expect(await failure(alice.call('com.fail'))).toMatchObject({
      uri: 'com.failed',
      args: ['because', 7],
      kwargs: { a: 1 },
    });
    expect(await failure(alice.call('com.nobody'))).toMatchObject({ uri: 'wamp.error.no_such_procedure' });
    expect(await failure(alice.register('com.fail', () => 1))).toMatchObject({
      uri: 'wamp.error.procedure_already_exists',
    });
  });

  test('canceling, in each mode, and a timeout', async () => {
    const aborted: unknown[] = [];
    await using procedure = await bob.register('com.slow', ([what], { signal }) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted.push(what);
          reject(signal.reason as Error);
        });
      });
    });
    expect(procedure.state).toBe('active');
    for (const mode of ['killnowait', 'kill'] as const) {
      const call = alice.call('com.slow', [mode]);
      call.cancel(mode);
      expect(await failure(call)).toBeInstanceOf(CanceledError);
      await expect.poll(() => aborted).toContain(mode);
    }
    const skipped = alice.call('com.slow', ['skip']);
    skipped.cancel('skip');
    expect(await failure(skipped)).toBeInstanceOf(CanceledError);
    expect(await failure(alice.call('com.slow', ['timeout'], { timeout: 20 }))).toBeInstanceOf(
      CallTimeoutError,
    );
    await expect.poll(() => aborted).toContain('timeout');
    expect(aborted).not.toContain('skip');
    expect(alice.state).toBe('open');
    expect(bob.state).toBe('open');
  });

  test('events', async () => {
    const heard: unknown[] = [];
    await using first = await alice.subscribe('com.topic', ([n], { publisher }) =>
      heard.push(['first', n, publisher?.session]),
    );
    const second = await alice.subscribe('com.topic', ([n]) => heard.push(['second', n]));
    expect(second.id).toBe(first.id);
    await bob.publish('com.topic', [1], { acknowledge: true, discloseMe: true });
    await expect
      .poll(() => heard)
      .toEqual([
        ['first', 1, bob.id],
        ['second', 1],
      ]);
    await second.unsubscribe();
    const { publication } = await bob.publish('com.topic', [2], { acknowledge: true });
    expect(publication).toBeGreaterThan(0);
    await expect.poll(() => heard.slice(2)).toEqual([['first', 2, undefined]]);
    await alice.publish('com.topic', [3], { acknowledge: true });
    await alice.publish('com.topic', [4], { acknowledge: true, excludeMe: false });
    await bob.publish('com.topic', [5], {
      acknowledge: true,
      ...(alice.id !== undefined && { exclude: [alice.id] }),
    });
    await bob.publish('com.topic', [6], { acknowledge: true });
    await expect.poll(() => heard.slice(3).map((entry) => (entry as unknown[])[1])).toEqual([4, 6]);
  });

  test('a pattern, iterated', async () => {
    const topics: string[] = [];
    const subscription = await alice.subscribe('com.room.', { match: 'prefix' });
    await bob.publish('com.room.1', [1]);
    await bob.publish('com.room.2', [2]);
    for await (const event of subscription) {
      topics.push(event.topic);
      if (topics.length === 2) break;
    }
    expect(topics).toEqual(['com.room.1', 'com.room.2']);
    expect(subscription.state).toBe('ended');
  });

  test('unsubscribing and subscribing across each other loses nothing', async () => {
    const heard: unknown[] = [];
    const first = await alice.subscribe('com.cross', () => undefined);
    const subscribing = alice.subscribe('com.cross', ([n]) => heard.push(n));
    await first.unsubscribe();
    const second = await subscribing;
    await bob.publish('com.cross', [1], { acknowledge: true });
    await expect.poll(() => heard).toEqual([1]);
    await second.unsubscribe();
  });

  test('a callee that leaves', async () => {
    const carol = await place.join();
    let invoked = false;
    await carol.register('com.gone', () => {
      invoked = true;
      return new Promise(() => undefined);
    });
    const call = failure(alice.call('com.gone'));
    await expect.poll(() => invoked).toBe(true);
    await carol.close();
    expect(await call).toMatchObject({ uri: 'wamp.error.canceled' });
  });

  test('tickets', async () => {
    const joe = await place.join({ auth: ticket('joe', 'secret') });
    expect(joe).toMatchObject({ authid: 'joe', authrole: 'user' });
    await joe.close();
    expect(await failure(place.join({ auth: ticket('joe', 'wrong') }))).toBeInstanceOf(AuthError);
    expect(await failure(place.join({ realm: 'nowhere' }))).toMatchObject({
      uri: 'wamp.error.no_such_realm',
      fatal: true,
    });
  });
});

describe.each(places)('%s: the router shuts down', (_where, open) => {
  test('everything ends', async () => {
    const place = await open();
    const session = await place.join({ reconnect: false });
    await session.register('com.wait', () => new Promise(() => undefined));
    const call = failure(session.call('com.wait'));
    await place.stop();
    expect(await session.closed).toMatchObject({ reason: 'wamp.close.system_shutdown' });
    const error = await call;
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(error).toMatchObject({ sent: true, uri: 'wamp.close.system_shutdown' });
  });
});

test.each([msgpack, cbor])('integers that a number cannot hold: $name', async (serializer) => {
  const place = await memory(serializer);
  const session = await place.join();
  await session.register('com.echo', ([n]) => n);
  for (const n of [2n ** 53n + 1n, 2n ** 64n - 1n, -(2n ** 63n)])
    expect(await session.call('com.echo', [n])).toBe(n);
  await session.close();
  await place.stop();
});

test('DYN-1 a session is in the realm that the authenticator names, on each connection, and says the first in HELLO', async () => {
  const asked: string[] = [];
  let named = 'acme';
  const authenticator = {
    ...anyone(({ realm }) => {
      asked.push(realm);
      return { authrole: 'user', realm: named };
    }),
    realms: ['acme', 'other'],
  };
  const router = createRouter({
    realms: [{ name: 'front', authenticators: [authenticator] }, 'acme', 'other'],
  });
  let line = inMemory(router, json);
  const transport = {
    name: 'memory',
    open: () => Promise.resolve((line = inMemory(router, json))),
  };
  line.close();
  const clock = new ManualClock();
  const session = await connect('ws://memory/', { realm: 'front', transport, clock });
  expect(session.realm).toBe('acme');
  const heard: unknown[] = [];
  await session.subscribe('com.news', ([word]) => heard.push(word));
  for (const next of ['acme', 'other']) {
    named = next;
    const restored = new Promise((resolve) => session.on('restored', resolve));
    line.close();
    await expect
      .poll(() => {
        clock.advance(1000);
        return session.state;
      })
      .toBe('open');
    await restored;
    expect(session.realm).toBe(next);
    await router.join(next).publish('com.news', [next], { acknowledge: true });
    await expect.poll(() => heard.at(-1)).toBe(next);
  }
  expect(asked).toEqual(['front', 'front', 'front']);
  expect(heard).toEqual(['acme', 'other']);
  await session.close();
  await router.close();
});
