/** The Advanced Profile against our router, in memory: with each serializer, and with two that differ. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRouter, defaultFeatures, inMemory, type Router } from '../../router/src/index.ts';
import { cbor } from '../src/cbor.ts';
import {
  CallTimeoutError,
  CanceledError,
  connect,
  json,
  result,
  WampError,
  type ConnectOptions,
  type Invocation,
  type Serializer,
  type Session,
} from '../src/index.ts';
import {
  addTestament,
  flushTestaments,
  getEvents,
  registrations,
  sessions,
  subscriptions,
} from '../src/meta.ts';
import { msgpack } from '../src/msgpack.ts';
import { passthru, type Cipher } from '../src/passthru.ts';
import { failure } from './scripted-peer.ts';

const pairs: [string, Serializer, Serializer][] = [
  ['json', json, json],
  ['msgpack', msgpack, msgpack],
  ['cbor', cbor, cbor],
  ['json to cbor', json, cbor],
];

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

function later<T>(value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(() => resolve(value)));
}

describe.each(pairs)('%s', (_name, mine, theirs) => {
  let router: Router;
  let alice: Session;
  let bob: Session;

  function join(serializer: Serializer, options: Partial<ConnectOptions> = {}): Promise<Session> {
    const transport = { name: 'memory', open: () => Promise.resolve(inMemory(router, serializer)) };
    return connect('ws://memory/', { realm: 'realm1', transport, ...options });
  }

  beforeAll(async () => {
    const features = defaultFeatures({
      history: [{ topic: 'com.past' }, { topic: 'com.log.', match: 'prefix' }],
    });
    router = createRouter({ realms: ['realm1'], features });
    [alice, bob] = await Promise.all([join(mine), join(theirs)]);
  });
  afterAll(async () => {
    expect([alice.state, bob.state]).toEqual(['open', 'open']);
    await Promise.all([alice.close(), bob.close()]);
    await router.close();
  });

  test('PCR-3: a generator here is a stream there', async () => {
    await using procedure = await bob.register('com.count', async function* ([n]: number[]) {
      for (let i = 1; i <= Number(n); i += 1) yield await later(i);
      return 'done';
    });
    expect(procedure.state).toBe('active');
    const stream = alice.stream('com.count', [3]);
    expect(await all(stream)).toEqual([1, 2, 3]);
    expect(await stream.result).toBe('done');
    const heard: unknown[] = [];
    expect(await alice.call('com.count', [2], { onProgress: (value) => heard.push(value) })).toBe('done');
    expect(heard).toEqual([1, 2]);
    expect(await alice.call('com.count', [2])).toBe('done');
    const many = await all(alice.stream('com.count', [500]));
    expect(many).toEqual(Array.from({ length: 500 }, (_each, index) => index + 1));
  });

  test('PCR-5: progress by hand, in any shape', async () => {
    await using procedure = await bob.register('com.shapes', async (_args, invocation) => {
      await invocation.progress(result([1, 2], { a: 1 }));
      await invocation.progress(undefined);
      return result([], { end: true });
    });
    expect(procedure.state).toBe('active');
    const heard: unknown[] = [];
    const call = alice.call('com.shapes', [], {
      onProgress: (_value, { args, kwargs }) => heard.push([args, kwargs]),
    });
    expect((await call.full()).kwargs).toEqual({ end: true });
    expect(heard).toEqual([
      [[1, 2], { a: 1 }],
      [[], {}],
    ]);
  });

  test('PCI-13: streams both ways', async () => {
    await using procedure = await bob.register('com.sum', async function* ([start]: number[], { input }) {
      let sum = Number(start);
      for await (const { args, kwargs } of input) yield (sum += Number(args[0] ?? kwargs['n']));
      return sum;
    });
    expect(procedure.state).toBe('active');
    async function* numbers(): AsyncGenerator<number[], { n: number }> {
      yield await later([1]);
      yield await later([2]);
      return { n: 3 };
    }
    const stream = alice.stream('com.sum', [10], { input: numbers() });
    expect(await all(stream)).toEqual([11, 13, 16]);
    expect(await stream.result).toBe(16);
    const empty = alice.stream('com.sum', [10], { input: [] });
    expect(await all(empty)).toEqual([]);
    expect(await empty.result).toBe(10);
    const thousand = alice.stream('com.sum', [0], { input: Array.from({ length: 1000 }, () => [1]) });
    expect((await all(thousand)).at(-1)).toBe(1000);
  });

  test('PCI-10, PCI-11: an answer before the end of the input stops it', async () => {
    await using procedure = await bob.register('com.first', async (_args, { input }) => {
      for await (const { args } of input) return args[0];
      return undefined;
    });
    expect(procedure.state).toBe('active');
    let left = false;
    async function* endless(): AsyncGenerator<number[], undefined> {
      try {
        for (let n = 1; ; n += 1) yield await later([n]);
      } finally {
        left = true;
      }
    }
    expect(await alice.stream('com.first', [], { input: endless() }).result).toBe(1);
    await expect.poll(() => left).toBe(true);
    // Nobody minds what was on its way.
    expect(await alice.call('wamp.session.count')).toBe(2);
  });

  test('CAN-2, CAN-3, CAN-4: a stream canceled in each mode, or left', async () => {
    const ended: unknown[] = [];
    await using procedure = await bob.register('com.endless', async function* ([name], { signal }) {
      try {
        while (!signal.aborted) yield await later('tick');
        return `${String(name)} stopped`;
      } finally {
        ended.push([name, signal.aborted]);
      }
    });
    expect(procedure.state).toBe('active');
    const first = async (stream: AsyncIterable<unknown>): Promise<unknown> =>
      (await stream[Symbol.asyncIterator]().next()).value;

    const killed = alice.stream('com.endless', ['kill']);
    expect(await first(killed)).toBe('tick');
    killed.cancel('kill');
    expect(await killed.result).toBe('kill stopped');

    const dropped = alice.stream('com.endless', ['killnowait']);
    await first(dropped);
    dropped.cancel('killnowait');
    expect(await failure(dropped.result)).toBeInstanceOf(CanceledError);
    await expect.poll(() => ended).toContainEqual(['killnowait', true]);

    for await (const tick of alice.stream('com.endless', ['break'])) {
      expect(tick).toBe('tick');
      break;
    }
    await expect.poll(() => ended).toContainEqual(['break', true]);

    const controller = new AbortController();
    const skipped = alice.stream('com.endless', ['skip'], { cancelMode: 'skip', signal: controller.signal });
    await first(skipped);
    controller.abort(new Error('enough'));
    expect(await failure(skipped.result)).toMatchObject({ message: 'enough' });
  });

  test('TMO-4, TMO-5: a timeout that is forwarded, and one that is not', async () => {
    for (const forwardTimeout of [true, false]) {
      const reasons: unknown[] = [];
      await using procedure = await bob.register(
        'com.slow',
        (_args, { signal, details }) => {
          reasons.push(details['timeout']);
          return new Promise((resolve) => {
            signal.addEventListener('abort', () => {
              reasons.push((signal.reason as Error).name);
              resolve(undefined);
            });
          });
        },
        { forwardTimeout },
      );
      expect(procedure.state).toBe('active');
      expect(await failure(alice.call('com.slow', [], { extra: { timeout: 20 } }))).toBeInstanceOf(
        CallTimeoutError,
      );
      await expect
        .poll(() => reasons)
        .toEqual(forwardTimeout ? [20, 'CallTimeoutError'] : [undefined, 'CanceledError']);
    }
  });

  test('RRT-3: a callee that declines is skipped', async () => {
    const carol = await join(theirs);
    const options = { invoke: 'first' } as const;
    await bob.register(
      'com.shared',
      () => {
        throw new WampError('wamp.error.unavailable');
      },
      options,
    );
    await carol.register('com.shared', () => 'carol', options);
    expect(await alice.call('com.shared')).toBe('carol');
    await carol.close();
    expect(await failure(alice.call('com.shared'))).toMatchObject({ uri: 'wamp.error.no_available_callee' });
  });

  test('force_reregister and concurrency; RREV-1: the old registration has ended', async () => {
    const old = await bob.register('com.taken', () => 'old');
    const carol = await join(theirs, {});
    expect(await failure(carol.register('com.taken', () => 'new'))).toMatchObject({
      uri: 'wamp.error.procedure_already_exists',
    });
    const again = await bob.register('com.taken', () => 'new', { forceReregister: true, concurrency: 1 });
    expect(await old.ended).toMatchObject({ reason: 'registered anew' });
    expect(await alice.call('com.taken')).toBe('new');
    await again.unregister();
    await carol.close();
  });

  test('RET-4: a retained event', async () => {
    await alice.publish('com.kept', ['kept'], { retain: true, acknowledge: true, discloseMe: true });
    const events = await bob.subscribe('com.kept', { getRetained: true });
    await alice.publish('com.kept', ['new'], { acknowledge: true });
    const seen: unknown[] = [];
    for await (const { args, retained, publisher } of events) {
      seen.push([args[0], retained, publisher?.session]);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual([
      ['kept', true, alice.id],
      ['new', false, undefined],
    ]);
  });

  test('HIST-2, HIST-3: the history of a topic, and of a pattern', async () => {
    const before = new Date(Date.now() - 1000);
    const subscription = await bob.subscribe('com.past', () => undefined);
    const publications: unknown[] = [];
    for (const n of [1, 2, 3]) {
      const { publication } = await alice.publish('com.past', [n], { kwargs: { n }, acknowledge: true });
      publications.push(publication);
    }
    const events = await getEvents(bob, subscription);
    expect(events.map(({ args, kwargs }) => [args, kwargs])).toEqual([1, 2, 3].map((n) => [[n], { n }]));
    expect(events.map(({ publication }) => publication)).toEqual(publications);
    expect(events[0]?.timestamp.getTime()).toBeGreaterThan(before.getTime());
    const newest = await getEvents(bob, subscription, { reverse: true, limit: 2, fromTime: before });
    expect(newest.map(({ args }) => args[0])).toEqual([3, 2]);
    expect(await getEvents(bob, subscription, { limit: 1 })).toHaveLength(1);
    expect(await getEvents(bob, subscription, { beforeTime: before })).toEqual([]);

    const pattern = await bob.subscribe('com.log.', () => undefined, { match: 'prefix' });
    for (const topic of ['com.log.a', 'com.log.b'])
      await alice.publish(topic, [topic], { acknowledge: true });
    const [only, ...others] = await getEvents(bob, pattern, { topic: 'com.log.b' });
    expect(only).toMatchObject({ args: ['com.log.b'], details: { topic: 'com.log.b' } });
    expect(others).toEqual([]);
    expect(await failure(getEvents(bob, 999_999))).toMatchObject({ uri: 'wamp.error.no_such_subscription' });
    await Promise.all([subscription.unsubscribe(), pattern.unsubscribe()]);
  });

  test('TST-2, TST-3, TST-4: testaments', async () => {
    const heard: unknown[] = [];
    await using left = await bob.subscribe('com.left', (args, { kwargs }) => heard.push([args, kwargs]));
    expect(left.state).toBe('active');
    const carol = await join(mine);
    await addTestament(carol, 'com.left', ['flushed']);
    await flushTestaments(carol);
    await addTestament(carol, 'com.left', ['second'], { kwargs: { a: 1 } });
    await addTestament(carol, 'com.left', ['first'], { scope: 'detached' });
    await addTestament(carol, 'com.left', ['for nobody'], { eligible: [] });
    await carol.close();
    await expect
      .poll(() => heard)
      .toEqual([
        [['first'], {}],
        [['second'], { a: 1 }],
      ]);
  });

  test('META-3 … META-5: sessions, registrations, subscriptions', async () => {
    const seen: unknown[] = [];
    const listeners = [
      await sessions(alice).onJoin(({ session }) => seen.push(['join', session])),
      await sessions(alice).onLeave(({ session, authrole }) => seen.push(['leave', session, authrole])),
      await registrations(alice).onCreate((session, { uri, created }) =>
        seen.push(['create', session, uri, created instanceof Date]),
      ),
      await subscriptions(alice).onSubscribe((session, id) => seen.push(['subscribe', session, id])),
    ];
    const carol = await join(theirs);
    const carolId = carol.id ?? 0;
    const registration = await carol.register('com.meta', () => 1);
    const subscription = await carol.subscribe('com.meta.topic', () => undefined);
    const [registrationId, subscriptionId] = [registration.id ?? 0, subscription.id ?? 0];

    expect(await sessions(alice).count()).toBe(3);
    expect(await sessions(alice).list(['anonymous'])).toContain(carolId);
    expect(await sessions(alice).get(carolId)).toMatchObject({ session: carolId, authrole: 'anonymous' });
    expect((await registrations(alice).list()).exact).toContain(registrationId);
    expect(await registrations(alice).lookup('com.meta')).toBe(registrationId);
    expect(await registrations(alice).lookup('com.meta', 'prefix')).toBeUndefined();
    expect(await registrations(alice).match('com.meta')).toBe(registrationId);
    expect(await registrations(alice).get(registrationId)).toMatchObject({
      uri: 'com.meta',
      invoke: 'single',
    });
    expect(await registrations(alice).listCallees(registrationId)).toEqual([carolId]);
    expect(await registrations(alice).countCallees(registrationId)).toBe(1);
    expect((await subscriptions(alice).list()).exact).toContain(subscriptionId);
    expect(await subscriptions(alice).lookup('com.meta.topic')).toBe(subscriptionId);
    expect(await subscriptions(alice).match('com.meta.topic')).toEqual([subscriptionId]);
    expect(await subscriptions(alice).match('com.nothing')).toEqual([]);
    expect(await subscriptions(alice).get(subscriptionId)).toMatchObject({ match: 'exact' });
    expect(await subscriptions(alice).listSubscribers(subscriptionId)).toEqual([carolId]);
    expect(await subscriptions(alice).countSubscribers(subscriptionId)).toBe(1);

    await registrations(alice).removeCallee(registrationId, carolId, 'app.why');
    await subscriptions(alice).removeSubscriber(subscriptionId, carolId);
    expect(await registration.ended).toEqual({ reason: 'app.why' });
    expect(await subscription.ended).toMatchObject({ reason: 'revoked' });

    expect(await failure(sessions(alice).kill(alice.id ?? 0))).toMatchObject({
      uri: 'wamp.error.no_such_session',
    });
    await sessions(alice).kill(carolId, { reason: 'app.out', message: 'bye' });
    expect(await carol.closed).toMatchObject({ reason: 'app.out' });
    await expect
      .poll(() => seen)
      .toEqual([
        ['join', carolId],
        ['create', carolId, 'com.meta', true],
        ['subscribe', carolId, subscriptionId],
        ['leave', carolId, 'anonymous'],
      ]);
    await Promise.all(listeners.map((listener) => listener.unsubscribe()));
  });

  test('kill by authid and authrole', async () => {
    const carol = await join(theirs);
    const { id, authid = '' } = carol;
    expect(await sessions(alice).killByAuthid(authid)).toEqual([id]);
    expect(await carol.closed).toMatchObject({ reason: 'wamp.close.killed' });
    expect(await sessions(alice).killByAuthrole('nobody')).toBe(0);
  });

  describe('PPT-6 … PPT-10: passthru', () => {
    /** AES-GCM of the runtime; the nonce comes first. */
    function aes(): Cipher {
      const key = crypto.subtle.importKey('raw', new Uint8Array(32).fill(7), 'AES-GCM', false, [
        'encrypt',
        'decrypt',
      ]);
      return {
        name: 'aes256gcm',
        async encrypt(bytes) {
          const iv = crypto.getRandomValues(new Uint8Array(12));
          const sealed = await crypto.subtle.encrypt(
            { name: 'AES-GCM', iv },
            await key,
            new Uint8Array(bytes),
          );
          return new Uint8Array([...iv, ...new Uint8Array(sealed)]);
        },
        async decrypt(bytes) {
          const iv = new Uint8Array(bytes.subarray(0, 12));
          const opened = await crypto.subtle.decrypt(
            { name: 'AES-GCM', iv },
            await key,
            new Uint8Array(bytes.subarray(12)),
          );
          return new Uint8Array(opened);
        },
      };
    }
    const secret = passthru({ scheme: 'wamp', serializer: cbor, cipher: aes() });
    const other = passthru({ scheme: 'x_msgpack', serializer: msgpack });

    test('calls, progress and input', async () => {
      await using procedure = await bob.register(
        'com.secret',
        async function* ([first], invocation) {
          const { input, kwargs } = invocation as Invocation;
          yield [first, kwargs['a']];
          for await (const { args } of input) yield args[0];
          return result(['end'], { bytes: new Uint8Array([1, 2, 3]) });
        },
        { passthru: [other, secret] },
      );
      expect(procedure.state).toBe('active');
      for (const hook of [secret, other]) {
        const stream = alice.stream('com.secret', [1], {
          kwargs: { a: 'ü' },
          passthru: hook,
          input: [[2], [3]],
        });
        expect(await all(stream)).toEqual([[1, 'ü'], 2, 3]);
        expect((await stream.full()).kwargs).toEqual({ bytes: new Uint8Array([1, 2, 3]) });
      }
      expect(await alice.call('com.secret', [1])).toBe('end');
    });

    test('errors', async () => {
      await using procedure = await bob.register(
        'com.secret.error',
        () => {
          throw new WampError('app.failed', ['secret']);
        },
        { passthru: secret },
      );
      expect(procedure.state).toBe('active');
      expect(await failure(alice.call('com.secret.error', [], { passthru: secret }))).toMatchObject({
        uri: 'app.failed',
        args: ['secret'],
      });
      const unknown = alice.call('com.secret.error', [], { passthru: other });
      const stop = bob.on('error', () => undefined);
      expect(await failure(unknown)).toMatchObject({ uri: 'wamp.error.feature_not_supported' });
      stop();
    });

    test('events, in order', async () => {
      const heard: unknown[] = [];
      const errors: unknown[] = [];
      const stop = bob.on('error', ({ message }) => errors.push(message));
      await using topic = await bob.subscribe('com.topic', ([n]) => heard.push(n), { passthru: secret });
      expect(topic.state).toBe('active');
      for (let n = 1; n <= 20; n += 1) void alice.publish('com.topic', [n], { passthru: secret });
      await alice.publish('com.topic', ['unreadable'], { passthru: other, acknowledge: true });
      await expect.poll(() => heard).toEqual(Array.from({ length: 20 }, (_each, index) => index + 1));
      await expect.poll(() => errors).toHaveLength(1);
      stop();
    });
  });
});
