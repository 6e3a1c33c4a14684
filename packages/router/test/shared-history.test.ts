/** Event history and recovery in a realm that several nodes share: a client that comes to another node gets what it has missed. */
import { Payload } from '@wamp/protocol';
import { createRouter, defaultFeatures, memoryStore, type HistoryRule } from '@wamp/router';
import { describe, expect, test } from 'vitest';
import type { Client } from './support/client.ts';
import { ClusterStage } from './support/cluster-stage.ts';
import { coreOf } from './support/core.ts';
import { MemoryNetwork } from './support/memory-cluster.ts';
import { Follower } from './support/follower.ts';

const LOG = { topic: 'com.log' };

function recording(...history: readonly HistoryRule[]): {
  readonly features: ReturnType<typeof defaultFeatures>;
} {
  return { features: defaultFeatures({ history }) };
}

async function publish(client: Client, stage: ClusterStage, ...numbers: readonly number[]): Promise<void> {
  for (const number of numbers) client.send([16, number, {}, 'com.log', [number]]);
  await stage.pass(20);
}

/** Has a follower of node a get an event there and miss the next one, and shuts the node down. @param atA publishes there */
async function missesOne(ann: Follower, stage: ClusterStage, atA: Client): Promise<void> {
  await ann.come('a');
  await publish(atA, stage, 1);
  ann.leave();
  await publish(atA, stage, 2);
  await shutDown(stage, 'a');
}

/** Shuts a node down in order. */
async function shutDown(stage: ClusterStage, name: string): Promise<void> {
  const closing = { isOver: false };
  void stage
    .node(name)
    .router.close()
    .then(() => {
      closing.isOver = true;
    });
  for (let tries = 0; !closing.isOver && tries < 100; tries += 1) await stage.pass(200);
  expect(closing.isOver).toBe(true);
  stage.nodes.delete(name);
}

describe('a client that comes to another node', () => {
  test('EDGE-1 gets what it has missed there, from all nodes, once and in order', async () => {
    const stage = await ClusterStage.of(['a', 'b', 'c'], recording(LOG));
    const [atA, atB, atC] = [await stage.join('a'), await stage.join('b'), await stage.join('c')];
    const ann = new Follower(stage, 'com.log');
    await ann.come('a');
    await publish(atA, stage, 1, 2);
    await publish(atB, stage, 3);
    ann.leave();
    await publish(atC, stage, 4);
    await publish(atA, stage, 5, 6);
    await publish(atB, stage, 7);
    await ann.come('b');
    await publish(atC, stage, 8);
    expect(ann.told).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(ann.gaps).toBe(0);
    ann.leave();
    await publish(atB, stage, 9);
    await ann.come('a');
    await publish(atA, stage, 10);
    expect(ann.told).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(ann.gaps).toBe(0);
    expect(stage.faults).toEqual([]);
  });

  test('EDGE-1 waits until all has arrived that was published at the node where it was', async () => {
    const stage = await ClusterStage.of(['a', 'b'], recording(LOG));
    const atA = await stage.join('a');
    const ann = new Follower(stage, 'com.log');
    await ann.come('a');
    await publish(atA, stage, 1);
    stage.network.delay = (from) => (from === 'a' ? 300 : 0);
    ann.leave();
    await publish(atA, stage, 2);
    await ann.come('b', 500);
    expect(ann.told).toEqual([1, 2]);
    expect(ann.gaps).toBe(0);
  });

  test('EDGE-1 hears of a gap when the node where it was dies, and gets what is there', async () => {
    const stage = await ClusterStage.of(['a', 'b', 'c'], recording(LOG));
    const [atA, atB] = [await stage.join('a'), await stage.join('b')];
    const ann = new Follower(stage, 'com.log');
    await ann.come('a');
    await publish(atA, stage, 1);
    ann.leave();
    await publish(atA, stage, 2);
    stage.kill('a');
    await ann.come('b', 3000);
    await publish(atB, stage, 3);
    expect(ann.told).toEqual([1, 2, 3]);
    expect(ann.gaps).toBe(1);
    await stage.pass(8000);
    ann.leave();
    await publish(atB, stage, 4);
    await ann.come('c', 100);
    expect(ann.told).toEqual([1, 2, 3, 4]);
    expect(ann.gaps).toBe(1);
  });

  test('EDGE-1 misses nothing when the node where it was is shut down in order', async () => {
    const stage = await ClusterStage.of(['a', 'b', 'c'], recording(LOG));
    const [atA, atC] = [await stage.join('a'), await stage.join('c')];
    const ann = new Follower(stage, 'com.log');
    await missesOne(ann, stage, atA);
    await publish(atC, stage, 3);
    await ann.come('b');
    expect(ann.told).toEqual([1, 2, 3]);
    expect(ann.gaps).toBe(0);
    await stage.start('d');
    ann.leave();
    await publish(atC, stage, 4);
    await ann.come('d');
    expect(ann.told).toEqual([1, 2, 3, 4]);
    expect(ann.gaps).toBe(0);
  });

  describe('when more runs of nodes have ended than the nodes remember', () => {
    /** Has nodes learn of runs that have ended, one a minute. @param last the number of events that each has published */
    async function age(stage: ClusterStage, names: readonly string[], last = 1): Promise<void> {
      for (let run = 0; run < 150; run += 1) {
        const ended = ['lost', String(run).padStart(16, '0'), true, [run + 1], [last], stage.clock.now()];
        for (const name of names) {
          const { sharing } = coreOf(stage.node(name).router).realm('realm1') ?? {};
          sharing?.channels.get('history')?.heard({ name: 'x', epoch: 'x' }, ended, Payload.none);
        }
        stage.clock.set(stage.clock.now() + 60_000);
      }
      await stage.pass(50);
    }

    test('EDGE-1 misses nothing when the node where it was is shut down, and hears of no gap', async () => {
      const stage = await ClusterStage.of(['a', 'b'], recording(LOG));
      const [atA, atB] = [await stage.join('a'), await stage.join('b')];
      await age(stage, ['a', 'b']);
      const ann = new Follower(stage, 'com.log');
      await missesOne(ann, stage, atA);
      await publish(atB, stage, 3);
      await ann.come('b');
      expect([ann.told, ann.gaps]).toEqual([[1, 2, 3], 0]);
    });

    test('EDGE-1 gets no event again of a run that is no longer remembered', async () => {
      const stage = await ClusterStage.of(['a', 'b', 'c'], recording(LOG));
      const ann = new Follower(stage, 'com.log');
      await ann.come('a');
      await publish(await stage.join('c'), stage, 1);
      await shutDown(stage, 'c');
      await age(stage, ['a', 'b'], 0);
      ann.leave();
      await ann.come('a');
      ann.leave();
      await publish(await stage.join('a'), stage, 2);
      await ann.come('b');
      expect([ann.told, ann.gaps]).toEqual([[1, 2], 0]);
    });

    test('EDGE-1 knows at a node that has started since when the others ended', async () => {
      const stage = await ClusterStage.of(['a'], recording(LOG));
      const atA = await stage.join('a');
      await age(stage, ['a']);
      await stage.start('b');
      const ann = new Follower(stage, 'com.log');
      await missesOne(ann, stage, atA);
      await ann.come('b');
      expect([ann.told, ann.gaps]).toEqual([[1, 2], 0]);
    });

    test('EDGE-1 hears of a gap when it was away while some of them ended', async () => {
      const stage = await ClusterStage.of(['a', 'b'], recording(LOG));
      const ann = new Follower(stage, 'com.log');
      await ann.come('a');
      ann.leave();
      await age(stage, ['a', 'b']);
      await publish(await stage.join('a'), stage, 1);
      await ann.come('b');
      expect([ann.told, ann.gaps]).toEqual([[1], 1]);
    });
  });

  test('EDGE-1 hears of a gap at a node that started after events which it missed', async () => {
    const stage = await ClusterStage.of(['a'], recording(LOG));
    const atA = await stage.join('a');
    const ann = new Follower(stage, 'com.log');
    await ann.come('a');
    await publish(atA, stage, 1);
    ann.leave();
    await publish(atA, stage, 2);
    await stage.start('b');
    await publish(atA, stage, 3);
    await ann.come('b');
    expect(ann.told).toEqual([1, 3]);
    expect(ann.gaps).toBe(1);
  });

  test('EDGE-1 hears of a gap when the events are no longer in the log', async () => {
    const stage = await ClusterStage.of(['a', 'b'], recording({ ...LOG, depth: 2 }));
    const atA = await stage.join('a');
    const ann = new Follower(stage, 'com.log');
    await ann.come('a');
    await publish(atA, stage, 1);
    ann.leave();
    await publish(atA, stage, 2, 3);
    await ann.come('b');
    expect([ann.told, ann.gaps]).toEqual([[1, 2, 3], 0]);
    ann.leave();
    await publish(atA, stage, 4, 5, 6);
    await ann.come('a');
    expect([ann.told, ann.gaps]).toEqual([[1, 2, 3, 5, 6], 1]);
  });

  test('EDGE-1 hears of a gap when events were dropped on the way, also while it is there', async () => {
    const stage = await ClusterStage.of(['a', 'b'], recording(LOG));
    const atA = await stage.join('a');
    const [ann, bob] = [new Follower(stage, 'com.log'), new Follower(stage, 'com.log')];
    await ann.come('a');
    await bob.come('b');
    await publish(atA, stage, 1);
    ann.leave();
    stage.network.delay = (from) => (from === 'b' ? 2000 : 0);
    const long = 'x'.repeat(1024 * 1024);
    for (let n = 2; n <= 30; n += 1) await atA.say([16, n, {}, 'com.log', [n, long]]);
    await stage.pass(3000);
    stage.network.delay = () => 0;
    await stage.pass(3000);
    await publish(atA, stage, 31);
    expect(bob.told.length).toBeLessThan(31);
    await stage.pass(50);
    expect(bob.told.at(-1)).toBe(31);
    expect(bob.hints).toBeGreaterThan(0);
    await ann.come('b');
    expect(ann.gaps).toBe(1);
    expect(stage.faults).toEqual([]);
  });
});

describe('a log of several nodes', () => {
  test('EDGE-1 has the events of patterns, and those of one publication in several logs', async () => {
    const stage = await ClusterStage.of(
      ['a', 'b'],
      recording(LOG, { topic: 'com.', match: 'prefix' }, { topic: '.log', match: 'wildcard' }),
    );
    const [atA, atB] = [await stage.join('a'), await stage.join('b')];
    const followers = [
      new Follower(stage, 'com.log'),
      new Follower(stage, 'com.', 'prefix'),
      new Follower(stage, '.log', 'wildcard'),
    ];
    for (const one of followers) await one.come('a');
    await publish(atA, stage, 1);
    for (const one of followers) one.leave();
    await publish(atB, stage, 2);
    atA.send([16, 9, {}, 'com.other', [3]]);
    await stage.pass(20);
    for (const one of followers) await one.come('b');
    expect(followers.map(({ told }) => told)).toEqual([
      [1, 2],
      [1, 2, 3],
      [1, 2],
    ]);
    expect(followers.map(({ gaps }) => gaps)).toEqual([0, 0, 0]);
  });

  test('EDGE-1 HIST-7 knows of events that were withheld at another node', async () => {
    const stage = await ClusterStage.of(['a', 'b'], recording(LOG));
    const atA = await stage.join('a');
    const ann = new Follower(stage, 'com.log');
    await ann.come('a');
    ann.leave();
    atA.send([16, 1, { exclude: [12345] }, 'com.log', [1]]);
    await publish(atA, stage, 2);
    await ann.come('b');
    expect([ann.told, ann.gaps]).toEqual([[2], 1]);
  });

  test('EDGE-1 keeps retained events, and acknowledges, as without', async () => {
    const stage = await ClusterStage.of(['a', 'b'], recording(LOG));
    const atA = await stage.join('a');
    await atA.say([16, 1, { acknowledge: true, retain: true }, 'com.log', [1]]);
    expect(atA.heard.shift()?.slice(0, 2)).toEqual([17, 1]);
    await stage.pass(20);
    await stage.start('c');
    for (const node of ['a', 'b', 'c']) {
      const reader = await stage.join(node);
      await reader.say([32, 1, { get_retained: true }, 'com.log']);
      await stage.pass(20);
      expect(reader.heard.filter(([type]) => type === 36)).toMatchObject([
        [36, expect.anything(), expect.anything(), { retained: true }, [1]],
      ]);
    }
  });

  test('EDGE-1 of other topics than at another node leaves the realm unshared, and says so', async () => {
    const stage = new ClusterStage({});
    const start = async (name: string, topics: readonly string[]): Promise<void> => {
      Object.assign(stage.options, recording(...topics.map((topic) => ({ topic }))));
      await stage.start(name);
    };
    await start('a', ['com.log', 'com.b']);
    await start('b', ['com.b', 'com.log']);
    expect(stage.faults).toEqual([]);
    await start('c', ['com.log']);
    expect(stage.faults).toEqual(
      expect.arrayContaining([
        [
          'realm not shared with a node',
          expect.objectContaining({
            node: 'a',
            why: 'its history records exact com.b, exact com.log at that node and exact com.log at this one',
          }),
        ],
      ]),
    );
  });

  test('EDGE-1 is in memory only', () => {
    const store = { ...memoryStore(), isTransient: false };
    const features = defaultFeatures({ history: [LOG], store });
    const engine = new MemoryNetwork(new ClusterStage().clock).engine();
    expect(() => createRouter({ realms: ['realm1'], features, cluster: { node: 'a', engine } })).toThrow(
      'cannot be in a store that outlives the process',
    );
  });
});
