/** Routers that form a cluster in memory: clients on different nodes see one realm. */
import { describe, expect, test } from 'vitest';
import { Client } from './support/client.ts';
import { ClusterStage } from './support/cluster-stage.ts';

describe('a cluster', () => {
  test('a call reaches a callee at another node', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    const callee = await stage.join('b');
    await callee.say([64, 1, {}, 'com.add']);
    await stage.pass(50);
    expect(callee.heard.shift()).toEqual([65, 1, expect.any(Number)]);
    const caller = await stage.join('a');
    await caller.say([48, 1, {}, 'com.add', [1, 2]]);
    await stage.settle();
    expect(callee.heard.shift()).toEqual([68, 1, expect.any(Number), {}, [1, 2]]);
    await callee.say([70, 1, {}, [3]]);
    await stage.settle();
    expect(caller.heard.shift()).toEqual([50, 1, {}, [3]]);
    expect(stage.faults).toEqual([]);
  });

  test('an event reaches subscribers at other nodes, once', async () => {
    const stage = await ClusterStage.of(['a', 'b', 'c']);
    const one = await stage.join('b');
    const other = await stage.join('c');
    await one.say([32, 1, {}, 'com.news']);
    await other.say([32, 1, { match: 'prefix' }, 'com']);
    await stage.pass(50);
    one.heard.length = other.heard.length = 0;
    const publisher = await stage.join('a');
    await publisher.say([16, 1, { acknowledge: true }, 'com.news', ['x']]);
    await stage.settle();
    const published = publisher.heard.shift();
    expect(one.heard).toEqual([[36, expect.any(Number), published?.[2], {}, ['x']]]);
    expect(other.heard).toEqual([[36, expect.any(Number), published?.[2], { topic: 'com.news' }, ['x']]]);
  });

  test('a second callee of a single registration is refused at another node', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    const first = await stage.join('a');
    const second = await stage.join('b');
    first.send([64, 1, {}, 'com.one']);
    second.send([64, 1, {}, 'com.one']);
    await stage.pass(100);
    const answers = [first.heard[0]?.[0], second.heard[0]?.[0]].sort();
    expect(answers).toEqual([65, 8]);
  });

  test('REG-2 a callee that unregisters gets no call any more, at any node, while the ledger still has its claim', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    const [callee, near, far, next] = [
      await stage.join('a'),
      await stage.join('a'),
      await stage.join('b'),
      await stage.join('b'),
    ];
    await callee.say([64, 1, {}, 'com.one']);
    await stage.pass(50);
    const [registered] = callee.heard.splice(0);
    // The deletion of the claim is on its way for so long.
    stage.network.ledgerDelay = () => 300;
    callee.send([66, 2, registered?.[2]]);
    await stage.pass(10);
    await near.say([48, 1, {}, 'com.one']);
    await far.say([48, 1, {}, 'com.one']);
    await next.say([64, 1, {}, 'com.one']);
    await stage.pass(10);
    const unknown = [8, 48, 1, {}, 'wamp.error.no_such_procedure'];
    expect([near.heard.splice(0), far.heard.splice(0)]).toEqual([[unknown], [unknown]]);
    expect(next.heard.shift()?.[4]).toBe('wamp.error.procedure_already_exists');
    expect(callee.heard).toEqual([]);
    await stage.pass(700);
    expect(callee.heard).toEqual([[67, 2]]);
    await next.say([64, 2, {}, 'com.one']);
    await stage.pass(700);
    expect(next.heard.map(([type]) => type)).toEqual([65]);
  });

  test('REG-2 who unregisters and registers again at once is a callee, at all nodes', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    const [callee, caller] = [await stage.join('a'), await stage.join('b')];
    await callee.say([64, 1, {}, 'com.one']);
    await stage.pass(50);
    const [registered] = callee.heard.splice(0);
    stage.network.ledgerDelay = () => 30;
    callee.send(
      [66, 2, registered?.[2]],
      [64, 3, {}, 'com.one'],
      [66, 4, registered?.[2]],
      [64, 5, {}, 'com.one'],
    );
    await stage.pass(1000);
    expect(callee.heard.splice(0).map(([type, request]) => [type, request])).toEqual([
      [67, 2],
      [65, 3],
      [67, 4],
      [65, 5],
    ]);
    await caller.say([48, 1, {}, 'com.one']);
    await stage.settle();
    expect(callee.heard.map(([type]) => type)).toEqual([68]);
  });

  test('a realm that one node adds before another is shared once both have it', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    const [first, second] = [stage.node('a').router, stage.node('b').router];
    const hello = [1, 'realm2', { roles: { caller: {}, callee: {}, publisher: {}, subscriber: {} } }];
    first.addRealm('realm2');
    const callee = new Client(first);
    await callee.say(hello, [64, 1, {}, 'com.add'], [32, 2, {}, 'com.news']);
    await stage.pass(50);
    expect(second.cluster?.status().why).toContain('realm2 is not shared with a');

    second.addRealm('realm2');
    const caller = new Client(second);
    await caller.say(hello);
    await stage.pass(50);
    expect([first, second].map((router) => router.cluster?.status().state)).toEqual(['joined', 'joined']);
    caller.heard.length = callee.heard.length = 0;
    await caller.say(
      [48, 1, {}, 'com.add', [1, 2]],
      [16, 2, {}, 'com.news', ['x']],
      [48, 3, {}, 'wamp.session.count'],
    );
    await stage.settle();
    expect(callee.heard).toEqual([
      [68, 1, expect.any(Number), {}, [1, 2]],
      [36, expect.any(Number), expect.any(Number), {}, ['x']],
    ]);
    expect(caller.heard).toContainEqual([50, 3, {}, [2]]);
    await callee.say([70, 1, {}, [3]]);
    await stage.settle();
    expect(caller.heard).toContainEqual([50, 1, {}, [3]]);

    // The other way round.
    caller.heard.length = callee.heard.length = 0;
    await caller.say([64, 4, {}, 'com.sub']);
    await stage.pass(50);
    await callee.say([48, 3, {}, 'com.sub']);
    await stage.settle();
    expect(caller.heard.at(-1)?.[0]).toBe(68);
  });

  test('the sessions of a node that is started again at once leave, each once', async () => {
    const stage = await ClusterStage.of(['a', 'b', 'c']);
    const watcher = await stage.join('a');
    await watcher.say([32, 1, {}, 'wamp.session.on_leave']);
    await stage.pass(50);
    await stage.join('b');
    await stage.join('b');
    await stage.pass(50);
    watcher.heard.length = 0;
    stage.kill('b');
    await stage.start('b');
    await stage.pass(100);
    const left = watcher.heard.map((event) => (event[4] as unknown[])[0]);
    expect(left).toHaveLength(2);
    expect(new Set(left).size).toBe(2);
    expect(stage.faults).toEqual([]);
  });

  test('a node that drains has calls go elsewhere before its sessions leave', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    const [caller, leaving, staying] = [await stage.join('a'), await stage.join('b'), await stage.join('a')];
    for (const callee of [leaving, staying]) {
      await callee.say([64, 1, { invoke: 'first' }, 'com.work']);
      await stage.pass(50);
      callee.heard.length = 0;
    }
    await caller.say([48, 1, {}, 'com.work']);
    await stage.settle();
    expect(leaving.heard.map(([type]) => type)).toEqual([68]);
    const drained = stage.node('b').router.drain(10_000);
    await stage.pass(50);
    await caller.say([48, 2, {}, 'com.work']);
    await stage.settle();
    expect([leaving.heard.length, staying.heard.length]).toEqual([1, 1]);
    await leaving.say([70, leaving.heard[0]?.[1], {}, ['in time']]);
    await stage.pass(50);
    await drained;
    expect(caller.heard).toEqual([[50, 1, {}, ['in time']]]);
  });

  describe('prefer_local', () => {
    const REALM = { realms: [{ name: 'realm1', preferLocal: true }] };

    /** A callee at each node, and a caller at the first. @returns who has answered `count` calls */
    async function answers(stage: ClusterStage, invoke: string, count: number): Promise<string> {
      const caller = await stage.join('a');
      const callees = new Map([
        ['b', await stage.join('b')],
        ['a', await stage.join('a')],
      ]);
      for (const callee of callees.values()) {
        await callee.say([64, 1, { invoke }, 'com.work']);
        await stage.pass(50);
        callee.heard.length = 0;
      }
      let who = '';
      for (let request = 1; request <= count; request += 1) {
        await caller.say([48, request, {}, 'com.work']);
        await stage.settle();
        for (const [name, callee] of callees) {
          const invocation = callee.heard.shift();
          if (invocation === undefined) continue;
          who += name;
          await callee.say([70, invocation[1], {}]);
          await stage.settle();
        }
      }
      return who;
    }

    test.each(['roundrobin', 'random', 'load'])(
      'keeps calls at the node of the caller: %s',
      async (invoke) => {
        const stage = await ClusterStage.of(['a', 'b'], REALM);
        expect(await answers(stage, invoke, 4)).toBe('aaaa');
      },
    );

    test('leaves policies alone that promise an order, and is off by default', async () => {
      expect(await answers(await ClusterStage.of(['a', 'b'], REALM), 'first', 3)).toBe('bbb');
      expect(await answers(await ClusterStage.of(['a', 'b']), 'roundrobin', 4)).toMatch(/^(ab|ba){2}$/);
    });

    test('goes to another node when the callee here has no room', async () => {
      const stage = await ClusterStage.of(['a', 'b'], REALM);
      const [caller, near, far] = [await stage.join('a'), await stage.join('a'), await stage.join('b')];
      for (const callee of [near, far]) {
        await callee.say([64, 1, { invoke: 'roundrobin', concurrency: 1 }, 'com.work']);
        await stage.pass(50);
        callee.heard.length = 0;
      }
      for (let request = 1; request <= 2; request += 1) await caller.say([48, request, {}, 'com.work']);
      await stage.settle();
      expect([near.heard.length, far.heard.length]).toEqual([1, 1]);
    });
  });

  test('tells who claims what, in the order of the ledger', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    for (const name of ['b', 'a']) {
      const callee = await stage.join(name);
      await callee.say([64, 1, { invoke: 'roundrobin' }, 'com.work']);
      await stage.pass(50);
    }
    const claimed = [...(stage.node('a').router.cluster?.claimed() ?? [])];
    expect(claimed).toEqual([
      { realm: 'realm1', match: 'exact', procedure: 'com.work', invoke: 'roundrobin', nodes: ['b', 'a'] },
    ]);
    expect([...(stage.node('b').router.cluster?.claimed() ?? [])]).toEqual(claimed);
  });
});
