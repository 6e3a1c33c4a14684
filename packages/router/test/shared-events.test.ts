/** Retained events and testaments in a realm that several nodes share. */
import { createRouter, defaultFeatures, memoryStore } from '@wamp/router';
import { describe, expect, test } from 'vitest';
import type { Client } from './support/client.ts';
import { ClusterStage } from './support/cluster-stage.ts';
import { MemoryNetwork } from './support/memory-cluster.ts';

/** The arguments of the events that a client has heard. */
function eventsOf(client: Client): unknown[] {
  return client.heard.splice(0).flatMap((message) => (message[0] === 36 ? [message[4]] : []));
}

/** Of what is there for sure. */
function sure<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is missing');
  return value;
}

/** What a new subscriber at a node gets of what is retained. */
async function retainedAt(stage: ClusterStage, node: string, topic = 'com.state'): Promise<unknown[]> {
  const subscriber = await stage.join(node);
  await subscriber.say([32, 1, { get_retained: true }, topic]);
  await stage.pass(50);
  return eventsOf(subscriber);
}

describe('retained events', () => {
  test('reach a subscriber at a node that has started later', async () => {
    const stage = await ClusterStage.of(['a']);
    const publisher = await stage.join('a');
    await publisher.say(
      [16, 1, { retain: true }, 'com.state', [1]],
      [16, 2, { retain: true, eligible_authrole: ['none'] }, 'com.state', [2]],
      [16, 3, { retain: true }, 'com.gone', [3]],
      [16, 4, { retain: true }, 'com.gone'],
    );
    await stage.start('b');
    expect(await retainedAt(stage, 'b')).toEqual([[1]]);
    expect(await retainedAt(stage, 'b', 'com.gone')).toEqual([]);
    stage.kill('a');
    await stage.pass(8000);
    await stage.start('c');
    expect(await retainedAt(stage, 'c')).toEqual([[1]]);
    expect(stage.faults).toEqual([]);
  });

  test('are the same at all nodes, whichever of two was published first at each', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    const [one, other] = [await stage.join('a'), await stage.join('b')];
    stage.network.delay = () => 30;
    await one.say([16, 1, { retain: true }, 'com.state', ['a']]);
    await other.say([16, 1, { retain: true }, 'com.state', ['b']]);
    await stage.pass(200);
    stage.network.delay = () => 0;
    const kept = await retainedAt(stage, 'a');
    expect(kept).toHaveLength(1);
    expect(await retainedAt(stage, 'b')).toEqual(kept);
  });

  test('stay deleted when an older one comes late', async () => {
    const stage = await ClusterStage.of(['a', 'b', 'c']);
    const [one, other] = [await stage.join('a'), await stage.join('b')];
    stage.network.delay = (from, to) => (from === 'a' && to === 'c' ? 500 : 0);
    await one.say([16, 1, { retain: true }, 'com.state', ['late']]);
    await stage.pass(20);
    await other.say([16, 1, { retain: true }, 'com.state']);
    await stage.pass(1000);
    expect(await retainedAt(stage, 'c')).toEqual([]);
    expect(await retainedAt(stage, 'a')).toEqual([]);
  });

  test('in a store that outlives the process are refused in a shared realm', () => {
    const store = { ...memoryStore(), isTransient: false };
    const options = { realms: ['realm1'], features: defaultFeatures({ store }) };
    const engine = new MemoryNetwork(new ClusterStage().clock).engine();
    expect(() => createRouter({ ...options, cluster: { node: 'a', engine } })).toThrow(
      'realm realm1: the retained events of a realm that a cluster shares cannot be in a store that outlives the process; use memoryStore(), or say cluster: false for this realm',
    );
    createRouter(options);
  });
});

describe('testaments', () => {
  const ADD = [48, 1, {}, 'wamp.session.add_testament', ['com.last', ['words'], {}]];

  async function hearers(stage: ClusterStage, ...nodes: readonly string[]): Promise<Client[]> {
    const clients: Client[] = [];
    for (const node of nodes) {
      const client = await stage.join(node);
      await client.say([32, 1, {}, 'com.last'], [32, 2, {}, 'wamp.session.on_leave']);
      await stage.pass(50);
      client.heard.length = 0;
      clients.push(client);
    }
    return clients;
  }

  test('T-46 TST-2 of a client whose node dies are published once', async () => {
    const stage = await ClusterStage.of(['a', 'b', 'c']);
    const clients = await hearers(stage, 'a', 'b');
    const owner = await stage.join('c');
    await owner.say(ADD);
    expect(owner.heard.shift()?.[0]).toBe(50);
    await stage.settle();
    stage.kill('c');
    await stage.pass(9000);
    for (const client of clients)
      expect(
        eventsOf(client)
          .map((args) => (args as unknown[])[0])
          .sort(),
      ).toEqual([expect.any(Number), 'words']);
  });

  test('TST-2 of a client that leaves are published once, by its node', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    const clients = await hearers(stage, 'a', 'b');
    const owner = await stage.join('b');
    await owner.say(ADD);
    owner.transport.close();
    await stage.pass(100);
    for (const client of clients) expect(eventsOf(client)).toHaveLength(2);
  });

  test('TST-2 that were flushed, or whose owner was killed with all others, are not published', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    const [hearer] = await hearers(stage, 'a');
    const [one, other] = [await stage.join('b'), await stage.join('b')];
    await one.say(ADD);
    await one.say([48, 2, {}, 'wamp.session.flush_testaments']);
    stage.kill('b');
    await stage.pass(9000);
    expect(eventsOf(sure(hearer))).toHaveLength(2);
    expect(other.heard).toEqual([]);
  });

  test('TST-2 are known at a node that starts later', async () => {
    const stage = await ClusterStage.of(['a']);
    const owner = await stage.join('a');
    await owner.say(ADD);
    await stage.start('b');
    const [hearer] = await hearers(stage, 'b');
    stage.kill('a');
    await stage.pass(9000);
    expect(eventsOf(sure(hearer))[0]).toEqual(['words']);
  });
});
