/** Nodes of a cluster that end their sessions when they are cut off from the ledger (`isolated: end`). */
import { describe, expect, test } from 'vitest';
import { createRouter } from '../src/create-router.ts';
import type { ClusterStatus } from '../src/cluster/options.ts';
import { Client } from './support/client.ts';
import { ClusterStage } from './support/cluster-stage.ts';
import { coreOf } from './support/core.ts';

const DEAD_AFTER = 15_000;
/** For how much longer other nodes respect the claims of a dead node. */
const GRACE = 2000;
const HELLO = [1, 'realm1', { roles: { caller: {}, callee: {} } }];

async function stageOf(names: readonly string[]): Promise<ClusterStage> {
  const stage = new ClusterStage();
  stage.cutOff = { isolated: 'end', deadAfter: DEAD_AFTER };
  for (const name of names) await stage.start(name);
  return stage;
}

function statusOf(stage: ClusterStage, name: string): ClusterStatus {
  const status = coreOf(stage.node(name).router).cluster?.status();
  if (status === undefined) throw new Error(`${name} is in no cluster`);
  return status;
}

/** Registers a procedure of policy `single`. @returns the type of the answer */
async function register(stage: ClusterStage, client: Client, request: number): Promise<unknown> {
  client.heard.length = 0;
  await client.say([64, request, {}, 'com.one']);
  await stage.pass(100);
  return client.heard.at(-1)?.[0];
}

/** Lets time pass until a client can register. @returns how long it took (ms) */
async function untilRegistered(stage: ClusterStage, client: Client, first: number): Promise<number> {
  const began = stage.clock.elapsed();
  for (let request = first; request < first + 600; request += 1)
    if ((await register(stage, client, request)) === 65) return stage.clock.elapsed() - began;
  throw new Error('nobody could register in a minute');
}

describe('S2 isolated: end', () => {
  test.each(['cut', 'cutLedger'] as const)(
    'S2 a node ends its sessions in time, refuses others, and comes back: %s',
    async (how) => {
      const stage = await stageOf(['a', 'b']);
      const client = await stage.join('b');
      const { router, engine } = stage.node('b');
      const { epoch } = statusOf(stage, 'b');
      engine[how](true);
      const began = stage.clock.elapsed();
      while (client.heard.length === 0) await stage.pass(50);
      const took = stage.clock.elapsed() - began;
      expect(took).toBeGreaterThan(DEAD_AFTER - 1600);
      expect(took).toBeLessThanOrEqual(DEAD_AFTER);
      expect(client.heard).toEqual([
        [6, { message: 'the node was cut off from the cluster' }, 'wamp.close.system_shutdown'],
      ]);
      const late = new Client(router);
      await late.say(HELLO);
      const message = 'the node is cut off from its cluster; try another node, or this one later';
      expect(late.heard).toEqual([[3, { message }, 'wamp.error.unavailable']]);
      expect(() => router.join('realm1')).toThrow(message);
      expect(statusOf(stage, 'b')).toMatchObject({ isolated: 1, expelled: 0 });
      expect(statusOf(stage, 'b').state).not.toBe('joined');
      expect(statusOf(stage, 'b').why).toContain('all sessions were ended');

      engine[how](false);
      await stage.pass(30_000);
      const { state, epoch: next, why } = statusOf(stage, 'b');
      expect([state, why, next === epoch]).toEqual(['joined', undefined, false]);
      await stage.join('b');
    },
  );

  test('S2 a node goes on while writes to the ledger fail for less than deadAfter', async () => {
    const stage = await stageOf(['a', 'b']);
    const client = await stage.join('b');
    for (let time = 0; time < 5; time += 1) {
      stage.node('b').engine.cutLedger(true);
      await stage.pass(DEAD_AFTER - 2000);
      stage.node('b').engine.cutLedger(false);
      await stage.pass(2000);
    }
    expect(client.heard).toEqual([]);
    expect(statusOf(stage, 'b').isolated).toBe(0);
  });

  test('S2 a write that is answered late renews the lease from when it began', async () => {
    const stage = await stageOf(['a', 'b']);
    const client = await stage.join('b');
    // Each write takes four seconds, and four more until it is read.
    stage.network.ledgerDelay = (node) => (node === 'b' ? 4000 : 0);
    await stage.pass(30_000);
    expect(client.heard).toEqual([]);
    stage.node('b').engine.cutLedger(true);
    await stage.pass(DEAD_AFTER - 8000 + 100);
    expect(client.heard.map(([type]) => type)).toEqual([6]);
  });

  test('S2 nobody takes over a procedure before its node has ended its sessions for certain', async () => {
    const stage = await stageOf(['a', 'b', 'c']);
    const [holder, other] = [await stage.join('b'), await stage.join('a')];
    expect(await register(stage, holder, 1)).toBe(65);
    holder.heard.length = 0;
    stage.node('b').engine.cut(true);
    let endedAfter = 0;
    const began = stage.clock.elapsed();
    stage.watch = () => {
      if (endedAfter === 0 && holder.heard.length > 0) endedAfter = stage.clock.elapsed() - began;
    };
    const taken = await untilRegistered(stage, other, 1);
    expect(endedAfter).toBeGreaterThan(0);
    expect(taken - endedAfter).toBeGreaterThanOrEqual(GRACE);
    expect(taken).toBeLessThanOrEqual(DEAD_AFTER + GRACE + 200);
  });

  test('S2 nobody takes over while a node renews its lease that cannot read of its death', async () => {
    const stage = await stageOf(['a', 'b']);
    const [holder, other] = [await stage.join('b'), await stage.join('a')];
    expect(await register(stage, holder, 1)).toBe(65);
    holder.heard.length = 0;
    // It reads late, and others hear nothing of it, but its name comes by in the ledger.
    stage.node('b').engine.cutLinks(true);
    await stage.pass(DEAD_AFTER - 2000);
    stage.network.ledgerDelay = (node) => (node === 'b' ? 4500 : 0);
    let endedAt = 0;
    stage.watch = () => {
      if (endedAt === 0 && holder.heard.length > 0) endedAt = stage.clock.elapsed();
    };
    await untilRegistered(stage, other, 1);
    expect(endedAt).toBeGreaterThan(0);
    expect(endedAt).toBeLessThan(stage.clock.elapsed());
    // Its death was certified, although it has renewed its lease until then.
    expect(statusOf(stage, 'b').expelled).toBe(1);
  });

  test('S2 a process of the same name waits until the earlier one has ended its sessions', async () => {
    const stage = await stageOf(['a', 'b']);
    const holder = await stage.join('b');
    expect(await register(stage, holder, 1)).toBe(65);
    holder.heard.length = 0;
    const { engine } = stage.node('b');
    engine.cut(true);
    const before = stage.network.present().filter(({ key }) => key.startsWith('r.'));
    let endedAfter = 0;
    const began = stage.clock.elapsed();
    stage.watch = () => {
      if (endedAfter === 0 && holder.heard.length > 0) endedAfter = stage.clock.elapsed() - began;
      if (endedAfter === 0)
        expect(stage.network.present().filter(({ key }) => key.startsWith('r.'))).toEqual(before);
    };
    await stage.start('b');
    expect(endedAfter).toBeGreaterThan(0);
    const next = await stage.join('b');
    expect(await register(stage, next, 1)).toBe(65);
  });

  test('S2 the testament and the end of a session are told once by another node', async () => {
    const stage = await stageOf(['a', 'b']);
    const watcher = await stage.join('a');
    await watcher.say([32, 1, {}, 'wamp.session.on_leave'], [32, 2, {}, 'com.will']);
    const client = await stage.join('b');
    await client.say([48, 1, {}, 'wamp.session.add_testament', ['com.will', ['x'], {}]]);
    await stage.pass(100);
    watcher.heard.length = 0;
    stage.node('b').engine.cutLedger(true);
    await stage.pass(40_000);
    stage.node('b').engine.cutLedger(false);
    await stage.pass(40_000);
    expect(watcher.heard.map((event) => (event[4] as unknown[]).length)).toEqual([1, 3]);
  });

  test('S2 a message is not processed after the lease, even if the timer of the process is late', async () => {
    const stage = await stageOf(['a']);
    let isLate = false;
    const { clock } = stage;
    const engine = stage.network.engine();
    const router = createRouter({
      realms: ['realm1'],
      clock: {
        now: () => clock.now(),
        elapsed: () => clock.elapsed(),
        after: (delay, task) =>
          clock.after(delay, () => {
            if (!isLate) task();
          }),
      },
      cluster: { node: 'b', engine, isolated: 'end', deadAfter: DEAD_AFTER },
    });
    const started = router.start();
    await stage.pass(3000);
    await started;
    const [caller, callee] = [await Client.join(router), await Client.join(router)];
    await callee.say([64, 1, {}, 'com.one']);
    await stage.pass(100);
    callee.heard.length = 0;
    isLate = true;
    engine.freeze(true);
    await stage.pass(DEAD_AFTER + 100);
    expect(callee.heard).toEqual([]);
    await caller.say([48, 1, {}, 'com.one']);
    expect(callee.heard.map(([type]) => type)).toEqual([6]);
    expect(caller.heard.map(([type]) => type)).toEqual([6]);
  });

  test('S2 a node that serves on respects the lease of one that does not, whatever versions they speak', async () => {
    const stage = new ClusterStage();
    await stage.start('a', { min: 1, max: 1 });
    stage.cutOff = { isolated: 'end', deadAfter: DEAD_AFTER };
    await stage.start('b', { min: 1, max: 2 });
    const [other, holder] = [await stage.join('a'), await stage.join('b')];
    expect(await register(stage, holder, 1)).toBe(65);
    stage.kill('b');
    const taken = await untilRegistered(stage, other, 1);
    expect(taken).toBeGreaterThan(DEAD_AFTER);
    expect(taken).toBeLessThanOrEqual(DEAD_AFTER + GRACE + 200);
    expect(statusOf(stage, 'a').isolated).toBe(0);
  });

  test('S2 a deadAfter is refused that a failure of a NATS server may take up', () => {
    const engine = new ClusterStage().network.engine();
    const make = (deadAfter?: number) => () =>
      createRouter({ realms: ['realm1'], cluster: { node: 'a', engine, isolated: 'end', deadAfter } });
    expect(make(14_999)).toThrow(/isolated: end needs a deadAfter of at least 15000 ms, got 14999/);
    expect(make()).toThrow('got 5000');
    expect(make(15_000)).not.toThrow();
  });
});
