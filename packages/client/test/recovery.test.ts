/** What a subscription has missed without a connection: told by the router, once and in order, or said to be missing. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRouter, defaultFeatures, inMemory, type Router } from '../../router/src/index.ts';
import {
  connect,
  json,
  type ConnectOptions,
  type Gap,
  type Restored,
  type Session,
  type WampEvent,
} from '../src/index.ts';
import { ManualClock } from '../src/testing/manual-clock.ts';

let router: Router;
const open = (depth = 1_000): Router =>
  createRouter({ realms: ['realm1'], features: defaultFeatures({ history: [{ topic: 'log', depth }] }) });
beforeEach(() => {
  router = open();
});
afterEach(() => router.close());

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** A session whose connection can be cut, and comes back when its clock moves. */
async function subscriber(options: Partial<ConnectOptions> = {}): Promise<{
  session: Session;
  cut: () => Promise<void>;
  back: () => Promise<Restored>;
}> {
  const clock = new ManualClock();
  let current: { close(): void } | undefined;
  const session = await connect('ws://memory/', {
    realm: 'realm1',
    clock,
    keepAlive: false,
    reconnect: { jitter: 'none', min: 10, max: 10 },
    transport: {
      name: 'memory',
      open: () => {
        const transport = inMemory(router, json);
        current = transport;
        return Promise.resolve(transport);
      },
    },
    ...options,
  });
  return {
    session,
    cut: async () => {
      current?.close();
      await turns();
    },
    back: async () => {
      const restored = new Promise<Restored>((resolve) => session.on('restored', resolve));
      clock.advance(10);
      return restored;
    },
  };
}

async function publisher(): Promise<(from: number, to: number) => Promise<void>> {
  const { session } = await subscriber();
  return async (from, to) => {
    for (let n = from; n <= to; n += 1) await session.publish('log', [n], { acknowledge: true });
    await turns();
  };
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

test('EDGE-1 missed events are delivered once and in order, followed by live events', async () => {
  const publish = await publisher();
  const { session, cut, back } = await subscriber();
  const heard: unknown[] = [];
  const recovered: unknown[] = [];
  const subscription = await session.subscribe('log', ([n], event) => {
    heard.push(n);
    if (event.recovered === true) recovered.push(n);
  });
  await turns();
  await publish(1, 3);
  await cut();
  await publish(4, 1_205);
  const coming = back();
  await publish(1_206, 1_210);
  const restored = await coming;
  await publish(1_211, 1_212);
  expect(restored).toMatchObject({ subscriptions: 1, failed: [], gaps: [{ topic: 'log' }] });
  expect(heard.slice(0, 3)).toEqual([1, 2, 3]);
  expect(heard).toEqual([...new Set(heard as number[])].sort((a, b) => a - b));
  expect(recovered.length).toBeGreaterThanOrEqual(995);
  expect(heard.at(-1)).toBe(1_212);
  expect(subscription.position).toMatchObject({ offset: 1_212 });
});

test('EDGE-1 a recovered event tells its publisher, if disclosed, and when the router received it', async () => {
  const { session: ada } = await subscriber();
  const { session, cut, back } = await subscriber();
  const heard: WampEvent[] = [];
  await session.subscribe('log', (_, event) => heard.push(event));
  await turns();
  await cut();
  const before = Date.now();
  await ada.publish('log', [], { acknowledge: true, discloseMe: true });
  await ada.publish('log', [], { acknowledge: true });
  await back();
  await turns();
  expect(heard.map(({ publisher }) => publisher?.session)).toEqual([ada.id, undefined]);
  expect(heard[0]?.publisher?.authid).toBe(ada.authid);
  for (const { timestamp } of heard) {
    expect(timestamp?.getTime()).toBeGreaterThanOrEqual(before);
    expect(timestamp?.getTime()).toBeLessThanOrEqual(Date.now());
  }
});

test('EDGE-1 more than one answer holds is asked for in pieces, and nothing is missing', async () => {
  const publish = await publisher();
  const { session, cut, back } = await subscriber();
  const heard: unknown[] = [];
  const gaps: Gap[] = [];
  const subscription = await session.subscribe('log', ([n]) => heard.push(n));
  subscription.on('gap', (gap) => gaps.push(gap));
  await turns();
  await publish(1, 2);
  for (let round = 0; round < 3; round += 1) {
    await cut();
    await publish(3 + round * 700, 2 + (round + 1) * 700);
    expect(await back()).toMatchObject({ recovered: 700, gaps: [] });
    await turns();
  }
  expect(heard).toEqual(upTo(2_102));
  expect(gaps).toEqual([]);
});

test('EDGE-1 after the router has started a new log, there is a gap, followed by live events', async () => {
  const publish = await publisher();
  const { session, cut, back } = await subscriber();
  const heard: unknown[] = [];
  const gaps: Gap[] = [];
  const subscription = await session.subscribe('log', ([n]) => heard.push(n));
  subscription.on('gap', (gap) => gaps.push(gap));
  await turns();
  await publish(1, 3);
  await cut();
  const before = router;
  router = open();
  await before.close();
  const publishAgain = await publisher();
  await publishAgain(1, 1);
  expect((await back()).gaps).toHaveLength(1);
  await publishAgain(10, 12);
  expect(gaps).toMatchObject([{ recovered: 0 }]);
  expect(heard).toEqual([1, 2, 3, 10, 11, 12]);
});

test('EDGE-1 a topic without a log, and recover: false, end in a gap as well', async () => {
  const { session, cut, back } = await subscriber();
  await session.subscribe('other', () => undefined);
  await session.subscribe('log', () => undefined, { recover: false });
  await turns();
  await cut();
  expect((await back()).gaps.map(({ topic }) => topic).sort()).toEqual(['log', 'other']);
});

test('EDGE-1 a position outlives the process: `since` brings what has been published after it', async () => {
  const publish = await publisher();
  const first = await subscriber();
  const subscription = await first.session.subscribe('log', () => undefined);
  await turns();
  await publish(1, 2);
  const since = JSON.parse(JSON.stringify(subscription.position)) as { epoch: number; offset: number };
  await first.session.close();
  await publish(3, 5);
  const { session } = await subscriber();
  const heard: unknown[] = [];
  await session.subscribe('log', ([n]) => heard.push(n), { since });
  await turns();
  await publish(6, 6);
  expect(heard).toEqual([3, 4, 5, 6]);
});

test('EDGE-1 a loop that has missed more than a buffer holds takes everything, live events too', async () => {
  router = open(20_000);
  const { session: writer } = await subscriber();
  const { session, cut, back } = await subscriber();
  const subscription = await session.subscribe('log');
  await turns();
  await cut();
  for (const n of upTo(11_999)) void writer.publish('log', [n]);
  await writer.publish('log', [12_000], { acknowledge: true });
  const { recovered, gaps } = await back();
  // The router does not wait for the loop, which has not begun; half of the buffer is left to live events.
  expect(recovered).toBe(5_000);
  expect(gaps).toEqual([]);
  const taken: unknown[] = [];
  for await (const { args } of subscription) {
    taken.push(args[0]);
    if (taken.length % 1_000 === 0 && taken.length <= 12_000) {
      for (let n = 1; n <= 500; n += 1) void writer.publish('log', [11_500 + taken.length / 2 + n]);
      await turns();
    }
    if (taken.length === 18_000) break;
  }
  expect(taken).toEqual(upTo(18_000));
});
