/** What becomes of clients while nodes of a cluster die, are cut off, and come back. */
import { describe, expect, test } from 'vitest';
import { valueBytes } from '../src/cluster/keys.ts';
import { HEAD, Kind, writeMessage } from '../src/cluster/wire.ts';
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

  test.each([
    ['n.odd', '{}'],
    ['n.odd', '{"name":5,"epoch":"0123456789abcdef"}'],
    ['n.odd', '{"name":"odd","epoch":["x"]}'],
    ['n.odd', '{"name":"odd","epoch":"no such epoch"}'],
    ['n.odd', '[]'],
    ['d.0123456789abcdef.odd', '{"undertaker":{},"lease":{}}'],
    ['d.', '{"undertaker":"x"}'],
    ['r.realm1.e.com=2Eone.odd', '{"force":true,"epoch":"0123456789abcdef","term":"x"}'],
    ['r.realm1.e.com=2Eone.odd', '{"by":{"authid":{},"authrole":1},"epoch":"0123456789abcdef","term":"x"}'],
    ['r.realm1.e.com=2Eone.odd', '[{}]'],
    ['r.realm1.e.com=2Eone.odd', '{"toString":1,"__proto__":{"force":true}}'],
    ['r.', '{"by":null}'],
    ['x', 'null'],
  ])('S2 an entry of the ledger that no node has written does no harm: %s %s', async (key, text) => {
    const stage = await ClusterStage.of(['a', 'b']);
    const callee = await stage.join('a');
    await callee.say([64, 1, {}, 'com.other']);
    await stage.pass(50);
    stage.network.append(key, new TextEncoder().encode(text));
    await stage.pass(30_000);
    await callee.say([64, 2, {}, 'com.one'], [64, 3, {}, 'com.other']);
    await stage.pass(100);
    expect(callee.heard.map(([type]) => type)).toEqual([65, 65, 8]);
    await stage.start('c');
    expect([...(stage.node('c').router.cluster?.claimed() ?? [])]).toHaveLength(2);
    for (const { router } of stage.nodes.values()) {
      const { state, members } = router.cluster?.status() ?? {};
      expect([state, members?.length]).toEqual(['joined', 2]);
    }
    expect(stage.faults).toEqual([]);
  });

  /** Spoils the next message with entries that a node sends: writes bytes at a place in the first entry. */
  function spoilNext(stage: ClusterStage, name: string, at: number, ...bytes: readonly number[]): void {
    const { engine } = stage.node(name);
    const send = engine.send.bind(engine);
    engine.send = (to, message) => {
      const isMeant = message[1] === Kind.DATA;
      const sent = Uint8Array.from(message);
      if (isMeant) sent.set(bytes, HEAD + at);
      send(to, sent);
      if (isMeant) engine.send = send;
    };
  }

  test.each([
    ['fields of no type', 13, [0xc1]],
    ['fields that end after the entry', 9, [0xff, 0xff, 0, 0]],
  ])('S2 an entry that cannot be read is skipped, and logged: %s', async (_what, at, bytes) => {
    const stage = await ClusterStage.of(['a', 'b']);
    const [publisher, subscriber] = [await stage.join('b'), await stage.join('a')];
    await subscriber.say([32, 1, {}, 'com.news']);
    await stage.pass(50);
    subscriber.heard.length = 0;
    spoilNext(stage, 'b', at, ...bytes);
    for (const number of [1, 2]) {
      await publisher.say([16, number, {}, 'com.news', [number]]);
      await stage.pass(50);
    }
    expect(subscriber.heard.map((event) => event[4])).toEqual([[2]]);
    expect(stage.faults).toEqual([
      [
        'an entry of another node failed',
        expect.objectContaining({ node: 'b', error: expect.any(Error) as unknown }),
      ],
    ]);
    expect(coreOf(stage.node('a').router).cluster?.status().members).toHaveLength(1);
  });

  test.each([
    ['none', [0, 0, 0, 0]],
    ['less than the head of an entry', [12, 0, 0, 0]],
    ['more than any entry has', [0xff, 0xff, 0xff, 0xff]],
  ])(
    'S2 a node whose entries have no possible length is declared dead, and joins anew: %s',
    async (_what, bytes) => {
      const stage = await ClusterStage.of(['a', 'b']);
      const [publisher, subscriber] = [await stage.join('b'), await stage.join('a')];
      await subscriber.say([32, 1, {}, 'com.news']);
      await stage.pass(50);
      subscriber.heard.length = 0;
      spoilNext(stage, 'b', 0, ...bytes);
      await publisher.say([16, 1, {}, 'com.news', [1]]);
      await stage.pass(10_000);
      expect(publisher.heard.map(([type]) => type)).toEqual([6]);
      const next = await stage.join('b');
      await next.say([16, 1, {}, 'com.news', [2]]);
      await stage.pass(50);
      expect(subscriber.heard.map((event) => event[4])).toEqual([[2]]);
      expect(coreOf(stage.node('b').router).cluster?.status()).toMatchObject({
        state: 'joined',
        expelled: 1,
      });
      expect(stage.faults.map((fault) => (fault as [string])[0])).toEqual([
        'an entry of another node failed',
        'declared dead by the cluster: all sessions end, and the node joins again',
      ]);
    },
  );

  test('S2 messages of the cluster that no node has sent are ignored', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    const { members } = coreOf(stage.node('a').router).cluster?.status() ?? {};
    const epoch = members?.[0]?.epoch ?? '';
    const head = { version: 1, flags: 0, epoch, number: 1, ack: 0 };
    const stranger = stage.network.engine();
    await stranger.start(
      { name: 'x', epoch: 'ffffffffffffffff' },
      { received: () => undefined, connected: () => undefined },
    );
    for (const message of [
      writeMessage(
        { ...head, kind: Kind.HELLO, epoch: 'ffffffffffffffff' },
        valueBytes({ name: 5, min: 1, max: 1 }),
      ),
      writeMessage({ ...head, kind: Kind.HELLO, epoch: 'ffffffffffffffff' }, valueBytes([])),
      writeMessage({ ...head, kind: Kind.ACK, ack: NaN }),
      writeMessage({ ...head, kind: Kind.ACK, ack: 0.5 }),
      writeMessage({ ...head, kind: Kind.NAK, number: -Infinity }),
      writeMessage({ ...head, kind: Kind.DATA, number: 1e300 }),
      writeMessage({ ...head, kind: 77 }),
      new Uint8Array(HEAD - 1),
      new Uint8Array(0),
    ])
      stranger.broadcast(message);
    await stage.pass(50);
    const [callee, caller] = [await stage.join('a'), await stage.join('b')];
    await callee.say([64, 1, {}, 'com.one']);
    await stage.pass(50);
    await caller.say([48, 1, {}, 'com.one']);
    await stage.pass(50);
    expect(callee.heard.map(([type]) => type)).toEqual([65, 68]);
    expect(stage.faults).toEqual([]);
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
