/** Routers that form a cluster in memory: clients on different nodes see one realm. */
import { describe, expect, test } from 'vitest';
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
});
