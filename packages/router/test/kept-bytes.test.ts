/** What outlives its message: at its limit in bytes, beyond it, and what it takes of the process. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { json, matches, MessageType } from '@wamp/protocol';
import {
  acceptLongPolls,
  createRouter,
  defaultFeatures,
  type Router,
  type RouterOptions,
} from '@wamp/router';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { TopicTree } from '../src/core/topic-tree.ts';
import { post } from './support/client-ends.ts';
import { Client, settle } from './support/client.ts';
import { coreOf } from './support/core.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const KIB = 1024;
const LIMIT_EXCEEDED = 'wamp.error.limit_exceeded';
const text = (size: number): string => 'x'.repeat(size);

function open(options: Partial<RouterOptions> = {}): Router {
  return createRouter({ realms: ['realm1'], ...options });
}

function keptBy(router: Router) {
  const realm = router.realm('realm1');
  if (realm === undefined) throw new Error('there is no realm1');
  return { kept: realm.kept, limited: () => realm.limited.toObject() };
}

/** What a client hears to one request: the type, or the error. */
async function answer(client: Client, request: readonly unknown[]): Promise<unknown> {
  client.heard.length = 0;
  await client.say(request);
  const [type, , , , uri] = client.heard[0] ?? [];
  return type === MessageType.ERROR ? uri : type;
}

describe('A1 stores are weighed', () => {
  test('A1 testaments: kept as bytes, limited per session, and released when it leaves', async () => {
    const router = open({ quotas: { testamentBytes: 100 * KIB } });
    const client = await Client.join(router);
    const { kept, limited } = keptBy(router);
    const add = (id: number): Promise<unknown> =>
      answer(client, [
        48,
        id,
        {},
        'wamp.session.add_testament',
        ['com.x', Array.from({ length: 10_000 }, () => ({}))],
      ]);
    expect([await add(1), await add(2), await add(3), await add(4)]).toEqual([50, 50, 50, LIMIT_EXCEEDED]);
    expect(kept.testaments.used).toBeGreaterThan(90_000);
    expect(kept.testaments.used).toBeLessThan(100 * KIB);
    expect(limited()).toEqual({ testaments: 1 });
    expect(await answer(client, [48, 5, {}, 'wamp.session.flush_testaments'])).toBe(50);
    expect(kept.testaments.used).toBe(0);
    expect(await add(6)).toBe(50);
    client.transport.close();
    await settle(router);
    expect([kept.testaments.used, kept.testaments.size, coreOf(router).kept.all.used]).toEqual([0, 0, 0]);
  });

  test('A1 sessions of one address keep a quarter of what sessions may; other addresses have room', async () => {
    const router = open({ limits: { keptSize: 800 * KIB }, quotas: { testamentBytes: 60 * KIB } });
    const { kept, limited } = keptBy(router);
    const comeFrom = (address?: string): Promise<Client> =>
      Client.join(router, json, {}, address === undefined ? {} : { address });
    const add = (client: Client): Promise<unknown> =>
      answer(client, [48, 1, {}, 'wamp.session.add_testament', ['com.x', [text(45 * KIB)]]]);
    const greedy = [
      await comeFrom('2001:db8::1'),
      await comeFrom('2001:db8::2'),
      await comeFrom('2001:db8::3'),
    ];
    const heard: unknown[] = [];
    for (const client of greedy) heard.push(await add(client));
    expect(heard).toEqual([50, 50, LIMIT_EXCEEDED]);
    expect([limited(), router.limited.of('kept_per_address')]).toEqual([{ testaments: 1 }, 1]);
    expect(await add(await comeFrom('2001:db8:0:1::1'))).toBe(50);
    for (let anybody = 0; anybody < 3; anybody += 1) expect(await add(await comeFrom())).toBe(50);
    for (const client of greedy.slice(0, 2)) client.transport.close();
    await settle(router);
    expect(
      await answer(greedy[2] ?? (await comeFrom()), [48, 2, {}, 'wamp.session.add_testament', ['com.x', []]]),
    ).toBe(50);
    expect(kept.testaments.size).toBe(5);
  });

  test('A1 retained events: the topic published to longest ago makes room', async () => {
    const router = open({ stores: { retainedBytes: 50 * KIB } });
    const client = await Client.join(router);
    const { kept, limited } = keptBy(router);
    const retain = (id: number, topic: string): Promise<unknown> =>
      answer(client, [16, id, { retain: true, acknowledge: true }, topic, [text(20_000)]]);
    for (const [id, topic] of ['a', 'b', 'a', 'c'].entries())
      expect(await retain(id + 1, `com.${topic}`)).toBe(17);
    expect(kept.retained.used).toBeLessThan(50 * KIB);
    expect(limited()).toEqual({ retained_events: 1 });
    client.heard.length = 0;
    await client.say([32, 5, { get_retained: true, match: 'prefix' }, 'com.']);
    expect(client.heard.slice(1)).toEqual([]); // they are its own
    const other = await Client.join(router);
    await other.say([32, 1, { get_retained: true, match: 'prefix' }, 'com.']);
    const topics = other.heard.slice(1).map(([, , , details]) => (details as { topic: string }).topic);
    expect(topics).toEqual(['com.a', 'com.c']);
  });

  test('A1 retained events: a PUBLISH that can never fit is refused when it is acknowledged', async () => {
    const router = open({ stores: { retainedBytes: 10 * KIB } });
    const client = await Client.join(router);
    const big = [text(20_000)];
    expect(await answer(client, [16, 1, { retain: true, acknowledge: true }, 'com.a', big])).toBe(
      LIMIT_EXCEEDED,
    );
    expect(await answer(client, [16, 2, { retain: true }, 'com.a', big])).toBeUndefined();
    const { kept, limited } = keptBy(router);
    expect(limited()).toEqual({ retained_events: 2 });
    expect(kept.retained.used).toBe(0);
  });

  test('A1 event history: the oldest events of all topics go', async () => {
    const features = defaultFeatures({ history: [{ topic: 'com.a' }, { topic: 'com.b' }] });
    const router = open({ features, stores: { historyBytes: 50 * KIB } });
    const client = await Client.join(router);
    for (const [index, topic] of ['a', 'b', 'a', 'b'].entries()) {
      await client.say([16, index + 1, {}, `com.${topic}`, [index, text(20_000)]]);
    }
    const { kept, limited } = keptBy(router);
    expect(kept.history.used).toBeLessThan(50 * KIB);
    expect(limited()).toEqual({ event_history: 2 });
  });

  test('A1 calls that wait: up to a number of bytes of a caller', async () => {
    const router = open({ quotas: { waitingCallBytes: 50 * KIB } });
    const callee = await Client.join(router);
    const caller = await Client.join(router);
    await callee.say([64, 1, { concurrency: 1 }, 'com.work']);
    const call = (id: number): Promise<unknown> => answer(caller, [48, id, {}, 'com.work', [text(20_000)]]);
    // The first is kept, too: its callee may decline it.
    expect([await call(1), await call(2), await call(3)]).toEqual([undefined, undefined, LIMIT_EXCEEDED]);
    const { kept, limited } = keptBy(router);
    expect(limited()).toEqual({ waiting_calls: 1 });
    expect(kept.calls.used).toBeGreaterThan(40_000);
    caller.transport.close();
    await settle(router);
    expect([kept.calls.used, kept.calls.size]).toEqual([0, 0]);
  });

  test('A1 bodies of a long-poll channel that wait behind one that trickles: 429 beyond their bytes', async () => {
    const router = open({ limits: { longPollSize: 100 * KIB } });
    const server = createServer();
    acceptLongPolls(router, { server });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/lp`;
    const opened = await post(`${base}/open`, '{"protocols":["wamp.2.json"]}');
    const { transport } = JSON.parse(opened.body.toString()) as { transport: string };
    const trickle = request(`${base}/${transport}/send`, { method: 'POST' });
    trickle.on('error', () => undefined);
    trickle.write('[1, "realm1",');
    await once(server, 'request');
    const waiting = [1, 2, 3].map(() => post(`${base}/${transport}/send`, text(20_000)));
    const first = await Promise.race(waiting.map(async (each) => (await each).status));
    expect(first).toBe(429);
    expect(router.limited.of('long_poll_bodies')).toBeGreaterThan(0);
    expect(coreOf(router).kept.all.used).toBeLessThanOrEqual(100 * KIB);
    trickle.destroy();
    await Promise.all(waiting);
    expect(coreOf(router).kept.all.used).toBe(0);
  });

  test('A1 the process: what one realm keeps leaves no room in another', async () => {
    const router = open({ realms: ['realm1', 'realm2'], limits: { keptSize: 100 * KIB } });
    const [one, other] = [await Client.join(router), new Client(router)];
    await other.say([1, 'realm2', { roles: { caller: {} } }]);
    const add = (client: Client, id: number): Promise<unknown> =>
      answer(client, [48, id, {}, 'wamp.session.add_testament', ['com.x', [text(20_000)]]]);
    expect([await add(one, 1), await add(one, 2), await add(other, 1)]).toEqual([50, 50, LIMIT_EXCEEDED]);
    // Half of it is for what realms keep, whatever sessions do.
    await other.say([16, 2, { retain: true, acknowledge: true }, 'com.x', [text(20_000)]]);
    expect(other.heard.at(-1)?.[0]).toBe(17);
  });
});

describe('A2 what others stored', () => {
  test('A2 a list of receivers becomes a set once, weighs, and is asked by each SUBSCRIBE', async () => {
    const router = open();
    const publisher = await Client.join(router);
    const eligible = Array.from({ length: 10_000 }, (_item, index) => index + 1);
    await publisher.say([16, 1, { retain: true, eligible }, 'com.x', [1]]);
    expect(keptBy(router).kept.retained.used).toBeGreaterThan(10_000 * 8);
    const subscriber = await Client.join(router);
    const sets = globalThis.Set;
    let made = 0;
    globalThis.Set = class<T> extends sets<T> {
      constructor(items?: Iterable<T> | null) {
        super(items);
        if (this.size === eligible.length) made += 1;
      }
    };
    try {
      for (let id = 1; id <= 10; id += 1) await subscriber.say([32, id, { get_retained: true }, 'com.x']);
    } finally {
      globalThis.Set = sets;
    }
    expect(made).toBe(0);
  });

  test('A2 a prefix visits what it covers, whatever else is retained', () => {
    const tree = new TopicTree<string>();
    for (let index = 0; index < 10_000; index += 1) tree.set(`com.many.t${index}`, `com.many.t${index}`);
    tree.set('com.few.one', 'com.few.one');
    expect([...tree.matching('prefix', 'com.few')]).toEqual(['com.few.one']);
    expect([...tree.matching('prefix', 'com.none')]).toEqual([]);
    expect([...tree.matching('wildcard', 'com..one')].length).toBeLessThan(10_000 * 2.5);
  });

  test('A2 the tree finds what a scan finds', () => {
    const component = fc.constantFrom('a', 'ab', 'abc', 'b', 'ba');
    const topic = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
    const pattern = fc
      .array(fc.oneof(component, fc.constant('')), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('.'));
    const steps = fc.array(fc.tuple(fc.boolean(), topic), { maxLength: 40 });
    fc.assert(
      fc.property(steps, pattern, fc.constantFrom('prefix', 'wildcard', 'exact'), (all, wanted, match) => {
        const tree = new TopicTree<string>();
        const model = new Set<string>();
        for (const [adds, each] of all) {
          if (adds) {
            tree.set(each, each);
            model.add(each);
          } else {
            tree.delete(each);
            model.delete(each);
          }
        }
        const found = [...tree.matching(match, wanted)].filter((value) => value !== undefined);
        expect(found.sort()).toEqual([...model].filter((each) => matches(match, wanted, each)).sort());
      }),
      { numRuns: 2000 },
    );
  });
});

/** Memory in use once all garbage is gone. */
async function inUse(): Promise<number> {
  await settle();
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage(); // array buffers are among what is external
  return heapUsed + external;
}

/** Things that a session may ask to be kept. */
const ASKED = [
  (id: number, size: number) => [16, id, { retain: true }, `com.retained.t${id % 97}`, [text(size)]],
  (id: number, size: number) => [
    16,
    id,
    { retain: true, eligible_authid: [text(size)] },
    `com.to.t${id % 7}`,
    [1],
  ],
  (id: number, size: number) => [
    48,
    id,
    {},
    'wamp.session.add_testament',
    ['com.last', Array.from({ length: size >> 3 }, () => ({}))],
  ],
  (id: number, size: number) => [48, id, { x_other: text(size) }, 'com.work', [text(size)]],
  (id: number, size: number) => [16, id, {}, 'com.history', [text(size)]],
] as const;

test('A1 kept data takes at most twice its weight in memory', async () => {
  const kinds = fc.array(fc.tuple(fc.nat(ASKED.length - 1), fc.constantFrom(10, 300, 4000, 40_000)), {
    minLength: 300,
    maxLength: 300,
  });
  for (const asked of fc.sample(kinds, 4)) {
    const router = open({ features: defaultFeatures({ history: [{ topic: 'com.history', depth: 1000 }] }) });
    const callee = await Client.join(router);
    await callee.say([64, 1, { concurrency: 1 }, 'com.work']);
    const client = await Client.join(router);
    await client.say([48, 1, {}, 'com.work']);
    client.heard.length = 0;
    const before = await inUse();
    for (const [index, [kind, size]] of asked.entries()) {
      await client.say(ASKED[kind]?.(index + 2, size) ?? []);
      client.heard.length = 0;
    }
    const grown = (await inUse()) - before;
    expect(coreOf(router).kept.all.used).toBeGreaterThan(100_000);
    expect(grown).toBeLessThan(2 * coreOf(router).kept.all.used + 1_000_000);
  }
});
