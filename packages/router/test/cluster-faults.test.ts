/** What becomes of clients while nodes of a cluster die, are cut off, and come back. */
import { describe, expect, test } from 'vitest';
import { createRouter } from '../src/create-router.ts';
import { coreOf } from './support/core.ts';
import { ClusterStage } from './support/cluster-stage.ts';
import type { Client } from './support/client.ts';

/** What a client has heard of comings and goings: `+` and `-` with the session. */
function comings(client: Client): string[] {
  return client.heard.flatMap((message) => {
    if (message[0] !== 36) return [];
    const [about] = message[4] as [number | { session: number }];
    return [typeof about === 'number' ? `- ${about}` : `+ ${about.session}`];
  });
}

async function watches(stage: ClusterStage, name: string): Promise<Client> {
  const client = await stage.join(name);
  await client.say([32, 1, {}, 'wamp.session.on_join'], [32, 2, {}, 'wamp.session.on_leave']);
  await stage.pass(50);
  client.heard.length = 0;
  return client;
}

describe('S2 a cluster in which nodes fail', () => {
  test('S2 every node tells its clients once who was at a node that died', async () => {
    const stage = await ClusterStage.of(['a', 'b', 'c']);
    const [atA, atB] = [await watches(stage, 'a'), await watches(stage, 'b')];
    await stage.join('c');
    await stage.pass(50);
    stage.kill('c');
    await stage.pass(10_000);
    expect(comings(atA)).toHaveLength(3);
    expect(comings(atA).map((what) => what[0])).toEqual(['+', '+', '-']);
    expect(comings(atB)).toHaveLength(2);
  });

  test('S2 who joined a node that was cut off is told of when it is back, and once', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    const atA = await watches(stage, 'a');
    stage.node('b').engine.cut(true);
    await stage.pass(8000);
    stage.node('b').engine.cut(false);
    await stage.pass(200);
    const late = await stage.join('b');
    await stage.pass(8000);
    late.transport.close();
    await stage.pass(100);
    const heard = comings(atA);
    expect(heard).toHaveLength(2);
    expect(heard[0]?.slice(2)).toBe(heard[1]?.slice(2));
    expect(heard.map((what) => what[0])).toEqual(['+', '-']);
  });

  test('META-3 who kills a session of another node is answered when it has left, or after a second', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    const killer = await stage.join('a');
    await stage.join('b');
    await stage.join('b');
    await stage.pass(50);
    await killer.say([48, 1, {}, 'wamp.session.list']);
    const [, reached] = (killer.heard.pop()?.[3] as [number[]])[0];
    stage.network.delay = () => 300;
    killer.send([48, 2, {}, 'wamp.session.kill', [reached]]);
    await stage.pass(550);
    expect(killer.heard).toEqual([]);
    await stage.pass(100);
    expect(killer.heard).toEqual([[50, 2, {}]]);
    killer.send([48, 3, {}, 'wamp.session.count']);
    await stage.settle();
    expect(killer.heard.at(-1)).toEqual([50, 3, {}, [2]]);
    stage.node('b').engine.cut(true);
    killer.send([48, 4, {}, 'wamp.session.kill_all']);
    await stage.pass(999);
    expect(killer.heard).toHaveLength(2);
    await stage.pass(1);
    expect(killer.heard.at(-1)).toEqual([50, 4, {}, [1]]);
  });

  test('S2 claims of nodes that died all at once, and never return, are void and are deleted', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    const callee = await stage.join('b');
    await callee.say([64, 1, {}, 'com.one']);
    await stage.pass(100);
    expect(callee.heard.map(([type]) => type)).toEqual([65]);
    stage.kill('a');
    stage.kill('b');
    await stage.start('c');
    const next = await stage.join('c');
    await next.say([64, 1, {}, 'com.one']);
    await stage.pass(10_000);
    await next.say([64, 2, {}, 'com.one']);
    await stage.pass(100);
    expect(next.heard.map(([type]) => type)).toContain(65);
    await stage.pass(30_000);
    const keys = stage.network.present().map(({ key }) => key);
    expect(keys.filter((key) => key.startsWith('r.'))).toEqual([expect.stringMatching(/\.c$/)]);
    expect(keys.filter((key) => key.startsWith('n.'))).toEqual(['n.c']);
  });

  test('S2 the certificate of a dead node is deleted after an hour, and the node stays dead', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    stage.node('b').engine.cut(true);
    await stage.pass(10_000);
    const certificates = (): string[] =>
      stage.network.present().flatMap(({ key }) => (key.startsWith('d.') ? [key] : []));
    expect(certificates()).toHaveLength(1);
    stage.node('b').engine.freeze(true);
    stage.clock.advance(3_600_000);
    await stage.pass(20_000);
    expect(certificates()).toEqual([]);
    expect(coreOf(stage.node('a').router).cluster?.status()).toMatchObject({ members: [], certificates: 0 });
    // It sleeps no more: who knows that it is dead tells it.
    stage.node('b').engine.freeze(false);
    stage.node('b').engine.cut(false);
    await stage.pass(20_000);
    const { expelled, members } = coreOf(stage.node('b').router).cluster?.status() ?? {};
    expect([expelled, members?.length]).toEqual([1, 1]);
  });

  test('S2 a node that is dead learns of it though the ledger has lost everything', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    await stage.join('b');
    stage.node('b').engine.cut(true);
    await stage.pass(8000);
    stage.network.log.length = 0;
    stage.node('b').engine.cut(false);
    await stage.pass(20_000);
    for (const name of ['a', 'b']) {
      const { state, members } = coreOf(stage.node(name).router).cluster?.status() ?? {};
      expect([name, state, members?.length]).toEqual([name, 'joined', 1]);
    }
  });

  test('S2 a node that is declared dead while it starts joins anew, and its start succeeds', async () => {
    const stage = await ClusterStage.of(['a']);
    stage.network.ledgerDelay = (node) => (node === 'b' ? 300 : 0);
    const engine = stage.network.engine();
    const router = createRouter({
      realms: ['realm1'],
      clock: stage.clock,
      cluster: { node: 'b', engine },
    });
    const started = router.start();
    await stage.pass(20);
    // As another node does that has heard of it and then nothing more.
    const [peer] = coreOf(stage.node('a').router).cluster?.status().members ?? [];
    stage.network.append(`d.${String(peer?.epoch)}.a`, new TextEncoder().encode('{"undertaker":"x"}'));
    await stage.pass(30_000);
    await started;
    const { state, members } = coreOf(router).cluster?.status() ?? {};
    expect([state, members?.length]).toEqual(['joined', 1]);
    expect(coreOf(stage.node('a').router).cluster?.status().members).toHaveLength(1);
  });

  test('S2 a node that is declared dead while it reads the ledger starts as soon as its next run has joined', async () => {
    const stage = await ClusterStage.of(['a']);
    const engine = stage.network.engine();
    const follow = engine.ledger.follow.bind(engine.ledger);
    let runs = 0;
    engine.ledger.follow = (listener) => {
      runs += 1;
      // The first run reads for as long as it lasts.
      return follow(runs === 1 ? { ...listener, live: () => undefined } : listener);
    };
    const router = createRouter({
      realms: ['realm1'],
      clock: stage.clock,
      cluster: { node: 'b', engine },
    });
    let hasStarted = false;
    void router.start().then(() => {
      hasStarted = true;
    });
    await stage.pass(1500);
    const [peer] = coreOf(stage.node('a').router).cluster?.status().members ?? [];
    stage.network.append(`d.${String(peer?.epoch)}.a`, new TextEncoder().encode('{"undertaker":"x"}'));
    await stage.pass(5000);
    expect(runs).toBe(2);
    expect(hasStarted).toBe(true);
    expect(coreOf(router).cluster?.status().state).toBe('joined');
  });

  test('S2 a node that leaves is not taken for dead, though a client keeps its connection', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    await stage.join('b');
    void stage.node('b').router.close();
    await stage.pass(3000);
    expect(coreOf(stage.node('a').router).cluster?.status()).toMatchObject({ members: [], certificates: 0 });
  });

  test('S2 a call that is canceled while its callee registers is canceled', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    const [caller, callee] = [await stage.join('a'), await stage.join('b')];
    // What b says last is on its way for so long that the callee still waits for the acknowledgement of a.
    stage.network.delay = (from) => (from === 'a' ? 200 : 0);
    callee.send([64, 1, {}, 'com.one']);
    await stage.pass(50);
    caller.send([48, 1, {}, 'com.one', ['x']], [49, 1, { mode: 'kill' }]);
    await stage.pass(1500);
    expect(callee.heard.map(([type]) => type)).toEqual([65, 68, 69]);
    callee.send([8, 68, callee.heard[1]?.[1], {}, 'wamp.error.canceled']);
    await stage.pass(500);
    expect(caller.heard).toEqual([[8, 48, 1, {}, 'wamp.error.canceled']]);
  });
});
