/** What a node of a cluster remembers of runs that are over is bounded, and so is what the ledger keeps of them. */
import { ManualClock } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';
import { Deaths } from '../src/cluster/deaths.ts';
import { MOST_RUNS, noteRun } from '../src/cluster/runs.ts';
import { ClusterStage } from './support/cluster-stage.ts';
import { coreOf, coreRealmOf } from './support/core.ts';

const CERTIFICATE = new TextEncoder().encode('{"undertaker":"x"}');
const epochOf = (number: number): string => number.toString(16).padStart(16, '0');

describe('S2 what a session asks for before it is decided', () => {
  const MANY = Array.from({ length: 40 }, (_, index) => index + 1);
  const quotas = { registrations: 10, patternRegistrations: 5, subscriptions: 10, patternSubscriptions: 5 };

  test.each([
    ['exact', 10, 65],
    ['prefix', 5, 65],
  ] as const)('claims no more registrations at once than its quota: %s', async (match, most, registered) => {
    const stage = await ClusterStage.of(['a', 'b'], { realms: [{ name: 'realm1', quotas }] });
    const client = await stage.join('a');
    stage.network.ledgerDelay = () => 50;
    client.send(...MANY.map((n) => [64, n, { match }, `com.p${n}`]));
    await stage.pass(10);
    const { cluster } = stage.node('a').router;
    expect(cluster?.status().claims).toEqual({ held: 0, pending: most });
    await stage.pass(10_000);
    const answers = client.heard.map((message) => (message[0] === 8 ? message[4] : message[0]));
    expect(answers).toEqual(MANY.map((n) => (n <= most ? registered : 'wamp.error.limit_exceeded')));
    expect(client.heard.map((message) => (message[0] === 8 ? message[2] : message[1]))).toEqual(MANY);
    expect(cluster?.status().claims).toEqual({ held: most, pending: 0 });
  });

  test.each([
    ['exact', 10],
    ['prefix', 5],
  ] as const)('announces no more subscriptions at once than its quota: %s', async (match, most) => {
    const stage = await ClusterStage.of(['a', 'b'], { realms: [{ name: 'realm1', quotas }] });
    const client = await stage.join('a');
    // The node of the client learns late that the other one knows of what it announces.
    stage.network.delay = (from) => (from === 'b' ? 50 : 0);
    client.send(...MANY.map((n) => [32, n, { match }, `com.t${n}`]), [32, 99, {}, 'no topic']);
    await stage.pass(10);
    const { carrier } = coreRealmOf(stage.node('b').router).sharing ?? {};
    const announced = [...MANY.map((n) => `com.t${n}`), 'no topic'].filter(
      (topic) => carrier?.nodesOf(topic === 'no topic' ? 'exact' : match, topic).length === 1,
    );
    expect(announced).toEqual(MANY.slice(0, most).map((n) => `com.t${n}`));
    await stage.pass(1000);
    const answers = client.heard.map((message) => (message[0] === 8 ? message[4] : message[0]));
    const expected = MANY.map((n) => (n <= most ? 33 : 'wamp.error.limit_exceeded'));
    expect(answers).toEqual([...expected, 'wamp.error.invalid_uri']);
  });

  test('is refused at once while the ledger cannot be written, unless the node has the claim already', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    const client = await stage.join('a');
    await client.say([64, 1, { invoke: 'roundrobin' }, 'com.shared']);
    await stage.pass(50);
    stage.node('a').engine.cutLedger(true);
    await stage.pass(8000);
    const { cluster } = stage.node('a').router;
    for (let n = 2; n < 1000; n += 1) client.send([64, n, {}, `com.p${n}`]);
    const next = await stage.join('a');
    await next.say([64, 1, { invoke: 'roundrobin' }, 'com.shared']);
    await stage.pass(10);
    expect(cluster?.status().claims).toEqual({ held: 1, pending: 0 });
    expect(client.heard.slice(1).every((message) => message[4] === 'wamp.error.unavailable')).toBe(true);
    expect(client.heard).toHaveLength(999);
    expect(next.heard.map(([type]) => type)).toEqual([65]);
    stage.node('a').engine.cutLedger(false);
    await stage.pass(5000);
    await client.say([64, 2000, {}, 'com.p1']);
    await stage.pass(50);
    expect(client.heard.at(-1)?.slice(0, 2)).toEqual([65, 2000]);
  });

  test('is claimed once others before it were refused', async () => {
    const stage = await ClusterStage.of(['a', 'b'], {
      realms: [{ name: 'realm1', quotas: { ...quotas, registrations: 2 } }],
    });
    const [client, other] = [await stage.join('a'), await stage.join('b')];
    await other.say([64, 1, {}, 'com.p1'], [64, 2, {}, 'com.p2']);
    await stage.pass(50);
    stage.network.ledgerDelay = () => 20;
    client.send(...[1, 2, 3, 4, 5].map((n) => [64, n, {}, `com.p${n}`]));
    await stage.pass(1000);
    expect(client.heard.map((message) => (message[0] === 8 ? message[4] : message[1]))).toEqual([
      'wamp.error.procedure_already_exists',
      'wamp.error.procedure_already_exists',
      3,
      4,
      'wamp.error.limit_exceeded',
    ]);
    await other.say([48, 3, {}, 'com.p4']);
    await stage.settle();
    expect(client.heard.at(-1)?.[0]).toBe(68);
  });
});

describe('S2 a cluster in which many runs of nodes end', () => {
  test('remembers the last of them', () => {
    const written: string[] = [];
    const ledger = {
      write: (key: string): Promise<void> => {
        written.push(key);
        return Promise.resolve();
      },
      follow: () => () => undefined,
    };
    const leaseOf = () => ({ length: undefined, readAt: undefined });
    const deaths = new Deaths(new ManualClock(0), ledger, { name: 'a', epoch: epochOf(0) }, leaseOf);
    const last = 2 * MOST_RUNS;
    for (let run = 1; run <= last; run += 1) {
      const key = `d.${epochOf(run)}.a`;
      deaths.entry(key, CERTIFICATE);
      deaths.entry(key, undefined);
      deaths.remind(epochOf(run));
    }
    expect(written).toHaveLength(last);
    expect(deaths.allVoid().size).toBe(MOST_RUNS);
    expect([deaths.has(epochOf(last)), deaths.has(epochOf(last - MOST_RUNS + 1))]).toEqual([true, true]);
    expect(deaths.has(epochOf(last - MOST_RUNS))).toBe(false);
  });

  test('a run that is noted again counts as new', () => {
    const runs = new Map<string, number>();
    for (let run = 0; run < MOST_RUNS; run += 1) noteRun(runs, epochOf(run), run);
    noteRun(runs, epochOf(0), 0);
    noteRun(runs, 'new', 0);
    expect(runs.size).toBe(MOST_RUNS);
    expect([runs.has(epochOf(0)), runs.has(epochOf(1))]).toEqual([true, false]);
  });

  test('keeps at most a thousand certificates in the ledger', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    for (let run = 1; run <= 1500; run += 1) stage.network.append(`d.${epochOf(run)}.x`, CERTIFICATE);
    await stage.pass(25_000);
    const kept = stage.network.present().flatMap(({ key }) => (key.startsWith('d.') ? [key] : []));
    expect(kept).toHaveLength(1000);
    expect([kept[0], kept.at(-1)]).toEqual([`d.${epochOf(501)}.x`, `d.${epochOf(1500)}.x`]);
    expect(coreOf(stage.node('a').router).cluster?.status()).toMatchObject({
      state: 'joined',
      certificates: 1000,
    });
  });
});
