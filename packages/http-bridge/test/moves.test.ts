/** An event stream whose reader comes to another node of a cluster with the id of the last event that it has. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defaultFeatures } from '@wamp/router';
import { expect, onTestFinished, test } from 'vitest';
import { ClusterStage } from '../../router/test/support/cluster-stage.ts';
import { bridgeHttp } from '../src/index.ts';
import { listen, type Stream } from './support/events.ts';

/** Bridges a node on a port of its own. @returns the URL of the topic */
async function bridgeOf(stage: ClusterStage, name: string): Promise<string> {
  const server = createServer();
  const bridge = bridgeHttp(stage.node(name).router, { server, realm: 'realm1' });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    bridge.close();
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/subscribe?topic=com.log`;
}

/** Lets time pass at the nodes until so many events have come. */
async function received(stage: ClusterStage, stream: Stream, count: number): Promise<Stream['events']> {
  await expect
    .poll(async () => {
      await stage.pass(20);
      return stream.events.length;
    })
    .toBeGreaterThanOrEqual(count);
  return stream.events;
}

function told(events: Stream['events']): readonly unknown[] {
  return events.map(({ event, data }) =>
    event === 'message' ? (data as { args: unknown[] }).args[0] : (data as { complete: boolean }).complete,
  );
}

async function publish(stage: ClusterStage, name: string, ...numbers: readonly number[]): Promise<void> {
  const session = stage.node(name).router.join('realm1');
  for (const number of numbers) await session.publish('com.log', [number]);
  session.leave();
  await stage.pass(20);
}

test('EDGE-1 a reader that comes to another node gets what it has missed there, once', async () => {
  const features = defaultFeatures({ history: [{ topic: 'com.log' }] });
  const stage = await ClusterStage.of(['a', 'b'], { features });
  const [atA, atB] = [await bridgeOf(stage, 'a'), await bridgeOf(stage, 'b')];
  await publish(stage, 'b', 0);
  const first = await listen(atA);
  await received(stage, first, 1);
  await publish(stage, 'b', 1);
  await publish(stage, 'a', 2);
  const before = await received(stage, first, 3);
  expect(told(before)).toEqual([true, 1, 2]);
  first.close();
  await publish(stage, 'a', 3);
  await publish(stage, 'b', 4);
  const second = await listen(atB, { 'last-event-id': before.at(-1)?.id ?? '' });
  await received(stage, second, 3);
  await publish(stage, 'a', 5);
  const after = await received(stage, second, 4);
  expect(told(after)).toEqual([3, 4, true, 5]);
  second.close();
  await publish(stage, 'b', 6);
  await using third = await listen(atA, { 'last-event-id': after.at(-1)?.id ?? '' });
  expect(told(await received(stage, third, 2))).toEqual([6, true]);
});
