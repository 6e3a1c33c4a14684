/** A client that moves between two routers of a cluster: it gets what it has missed, once and in order. */
import { afterEach, expect, test } from 'vitest';
import { ClusterStage } from '../../router/test/support/cluster-stage.ts';
import { defaultFeatures, inMemory, type Router } from '../../router/src/index.ts';
import { connect, json, type Gap, type Position, type Session } from '../src/index.ts';
import { ManualClock } from '../src/testing/manual-clock.ts';

const sessions: Session[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
});

/** A session that connects to the router that `at` gives. */
async function joined(at: () => Router): Promise<{ session: Session; cut: () => void; back: () => void }> {
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
        const transport = inMemory(at(), json);
        current = transport;
        return Promise.resolve(transport);
      },
    },
  });
  sessions.push(session);
  return { session, cut: () => current?.close(), back: () => clock.advance(10) };
}

async function nodes(): Promise<ClusterStage> {
  return ClusterStage.of(['a', 'b'], { features: defaultFeatures({ history: [{ topic: 'log' }] }) });
}

test('EDGE-1 events of both nodes are delivered once and in order, wherever it is', async () => {
  const stage = await nodes();
  const writers = [await joined(() => stage.node('a').router), await joined(() => stage.node('b').router)];
  let place = 'a';
  const reader = await joined(() => stage.node(place).router);
  const heard: unknown[] = [];
  const gaps: Gap[] = [];
  const subscribing = reader.session.subscribe('log', ([n]) => heard.push(n));
  await stage.pass(50);
  (await subscribing).on('gap', (gap) => gaps.push(gap));
  await stage.pass(50);
  let next = 0;
  const publish = async (count: number): Promise<void> => {
    for (let left = count; left > 0; left -= 1) {
      next += 1;
      void writers[next % 2]?.session.publish('log', [next]);
      await stage.pass(5);
    }
  };
  await publish(3);
  for (const to of ['b', 'a', 'a', 'b']) {
    reader.cut();
    await stage.pass(20);
    await publish(4);
    place = to;
    reader.back();
    await publish(2);
    await stage.pass(50);
    await publish(2);
  }
  expect(heard).toEqual(Array.from({ length: next }, (_, index) => index + 1));
  expect(gaps).toEqual([]);
});

test('EDGE-1 a position is plain data that another node understands', async () => {
  const stage = await nodes();
  const writer = await joined(() => stage.node('a').router);
  const first = await joined(() => stage.node('a').router);
  const subscribing = first.session.subscribe('log');
  await stage.pass(50);
  const loop = (await subscribing)[Symbol.asyncIterator]();
  for (const n of [1, 2, 3]) void writer.session.publish('log', [n]);
  await stage.pass(50);
  await loop.next();
  await loop.next();
  const since = JSON.parse(JSON.stringify((await subscribing).position)) as Position;
  expect(Object.values(since.seen ?? {})).toContain(2);
  void writer.session.publish('log', [4]);
  await stage.pass(50);
  const second = await joined(() => stage.node('b').router);
  const heard: unknown[] = [];
  const again = second.session.subscribe('log', ([n]) => heard.push(n), { since });
  await stage.pass(100);
  (await again).on('gap', () => heard.push('gap'));
  void writer.session.publish('log', [5]);
  await stage.pass(100);
  expect(heard).toEqual([3, 4, 5]);
});

test('EDGE-1 a position within a loop that has not taken all stays at the node that it came from', async () => {
  const stage = await nodes();
  const writer = await joined(() => stage.node('a').router);
  let place = 'a';
  const reader = await joined(() => stage.node(place).router);
  const subscribing = reader.session.subscribe('log');
  await stage.pass(50);
  const subscription = await subscribing;
  const loop = subscription[Symbol.asyncIterator]();
  for (const n of [1, 2, 3]) void writer.session.publish('log', [n]);
  await stage.pass(50);
  await loop.next();
  reader.cut();
  await stage.pass(50);
  void writer.session.publish('log', [4]);
  place = 'b';
  reader.back();
  await stage.pass(100);
  const positions = [subscription.position];
  for (let taken = 2; taken <= 4; taken += 1) {
    await loop.next();
    positions.push(subscription.position);
  }
  expect(positions.map((position) => position?.offset)).toEqual([1, 2, 0, 4]);
  const tops = positions.map((position) =>
    Math.max(...Object.entries(position?.seen ?? {}).flatMap(([run, n]) => (run === '' ? [] : [n]))),
  );
  expect(tops).toEqual([1, 2, 3, 4]);
});
