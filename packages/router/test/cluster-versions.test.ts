/** Nodes of a cluster that speak different versions of the wire, as in an upgrade of one node after the other. */
import { describe, expect, test } from 'vitest';
import type { ClusterStatus } from '../src/cluster/options.ts';
import { agreedVersion } from '../src/cluster/wire.ts';
import { coreOf } from './support/core.ts';
import { ClusterStage } from './support/cluster-stage.ts';
import type { Client } from './support/client.ts';

const OLD = { min: 1, max: 1 };
const NEW = { min: 1, max: 2 };
const NEXT = { min: 2, max: 3 };

function statusOf(stage: ClusterStage, name: string): ClusterStatus {
  const status = coreOf(stage.node(name).router).cluster?.status();
  if (status === undefined) throw new Error(`${name} is in no cluster`);
  return status;
}

/** What a node speaks with each other one. */
function spoken(stage: ClusterStage, name: string): Readonly<Record<string, number>> {
  return Object.fromEntries(
    statusOf(stage, name).members.map(({ node, wireVersion }) => [node, wireVersion]),
  );
}

/** Calls once. @returns the answer, without its number */
async function call(stage: ClusterStage, caller: Client, callee: Client): Promise<unknown> {
  await caller.say([48, caller.heard.length + 1, {}, 'com.one', ['x']]);
  await stage.settle();
  const invocation = callee.heard.pop();
  if (invocation?.[0] === 68) await callee.say([70, invocation[1], {}, invocation[4]]);
  await stage.settle();
  return caller.heard.pop()?.[0];
}

describe('S2 versions of the wire', () => {
  test.each([
    [OLD, OLD, 1],
    [OLD, NEW, 1],
    [NEW, NEW, 2],
    [NEW, NEXT, 2],
    [OLD, NEXT, undefined],
  ])('S2 of %o and %o, both speak %s', (one, other, version) => {
    expect(agreedVersion(one, other)).toBe(version);
    expect(agreedVersion(other, one)).toBe(version);
  });

  test('S2 nodes are upgraded one after the other, while clients call across them', async () => {
    const stage = new ClusterStage();
    for (const name of ['a', 'b', 'c']) await stage.start(name, OLD);
    const callee = await stage.join('a');
    await callee.say([64, 1, {}, 'com.one']);
    await stage.pass(100);
    for (const name of ['b', 'c']) {
      const caller = await stage.join(name === 'b' ? 'c' : 'b');
      expect(await call(stage, caller, callee)).toBe(50);
      void stage.node(name).router.close();
      await stage.pass(3000);
      stage.nodes.delete(name);
      expect(await call(stage, caller, callee)).toBe(50);
      await stage.start(name, NEW);
      const back = await stage.join(name);
      expect(await call(stage, back, callee)).toBe(50);
    }
    expect(spoken(stage, 'a')).toEqual({ b: 1, c: 1 });
    expect(spoken(stage, 'b')).toEqual({ a: 1, c: 2 });
    expect(spoken(stage, 'c')).toEqual({ a: 1, b: 2 });
    expect(stage.faults).toEqual([]);
  });

  test('S2 a node two versions away is refused, says so, and is not declared dead', async () => {
    const stage = new ClusterStage();
    await stage.start('a', OLD);
    await stage.start('b', NEXT);
    await stage.pass(30_000);
    for (const [name, other] of [
      ['a', 'b supports versions 2 to 3'],
      ['b', 'a supports versions 1 to 1'],
    ] as const) {
      const { state, why, members, certificates } = statusOf(stage, name);
      expect({ state, members, certificates }).toEqual({ state: 'degraded', members: [], certificates: 0 });
      expect(why).toContain(other);
    }
    expect(stage.faults.map((fault) => (fault as [string])[0])).toEqual([
      'no wire version in common with a node',
      'no wire version in common with a node',
    ]);
    // Once the old one has been upgraded, they understand each other.
    void stage.node('a').router.close();
    await stage.pass(3000);
    stage.nodes.delete('a');
    await stage.start('a', NEW);
    expect(spoken(stage, 'a')).toEqual({ b: 2 });
    expect(spoken(stage, 'b')).toEqual({ a: 2 });
    expect(statusOf(stage, 'b').state).toBe('joined');
  });
});
