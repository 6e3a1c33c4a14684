/** A client that does not read what it is sent (reliability: C2). */
import type { SlowConsumerPolicy } from '@wamp/router';
import { expect, test } from 'vitest';
import { Client } from './support/client.ts';
import { Site, WsClient } from './support/web-socket.ts';

const MIB = 1024 * 1024;
/** More than the system's own buffers hold by far, or the router would never notice. */
const PUBLISHED = 96 * MIB;
const PAYLOAD = 'x'.repeat(64 * 1024);

test('TRN-1 a subscriber that is stuck is aborted at its bound, and the others lose nothing', async () => {
  const { sessions, dropped, backlogs } = await publishToAStuckOne('disconnect');
  expect(sessions).toBe(2);
  expect(dropped).toBe(1);
  expect(backlogs).toHaveLength(1);
  expect(backlogs[0]).toBeGreaterThan(8 * MIB);
  expect(backlogs[0]).toBeLessThan(9 * MIB);
});

test.each(['drop_oldest', 'drop_newest'] as const)(
  'C2 under %s a stuck subscriber stays, at its bound, and the others lose nothing',
  async (policy) => {
    const { sessions, dropped, backlogs, read } = await publishToAStuckOne(policy);
    expect(sessions).toBe(3);
    expect(Math.max(...backlogs)).toBeLessThan(9 * MIB);
    expect(read.length + dropped).toBe(PUBLISHED / PAYLOAD.length);
    expect(read).toEqual([...read].sort((a, b) => a - b));
    if (policy === 'drop_oldest') expect(read.at(-1)).toBe(PUBLISHED / PAYLOAD.length);
    else expect(read).toEqual(read.map((_number, index) => index + 1));
  },
);

/** What has become of a subscriber that does not read while 96 MiB are published. */
interface Outcome {
  readonly sessions: number | undefined;
  readonly dropped: number;
  readonly backlogs: readonly number[];
  /** The numbers of the events that it reads in the end. */
  readonly read: readonly number[];
}

async function publishToAStuckOne(slowConsumers: SlowConsumerPolicy): Promise<Outcome> {
  const backlogs: number[] = [];
  await using site = await Site.open({
    slowConsumers,
    log: (_level, what, facts) => {
      if (what === 'slow consumer') backlogs.push(Number(facts['backlog']));
    },
  });
  const realm = site.router.realm('realm1');
  const stuck = await WsClient.join(site.url());
  await stuck.ask([32, 1, {}, 'com.news']);
  stuck.socket.pause();
  const healthy = await WsClient.join(site.url());
  await healthy.ask([32, 1, {}, 'com.news']);
  const publisher = await Client.join(site.router);

  for (let number = 1; number * PAYLOAD.length <= PUBLISHED; number += 1) {
    publisher.send([16, number, {}, 'com.news', [number, PAYLOAD]]);
    const event = await healthy.next();
    expect([event[0], (event[4] as unknown[])[0]]).toEqual([36, number]);
  }

  const sessions = realm?.sessions.size;
  const dropped = realm?.traffic.dropped.total ?? 0;
  const read = slowConsumers === 'disconnect' ? [] : await readAll(stuck);
  return { sessions, dropped, backlogs, read };
}

/** Reads on: the answer to a question shows that nothing else was before it. */
async function readAll(client: WsClient): Promise<number[]> {
  client.socket.resume();
  const read: number[] = [];
  client.send([48, 9, {}, 'com.nobody']);
  for (let message = await client.next(); message[0] === 36; message = await client.next()) {
    read.push((message[4] as number[])[0] ?? 0);
  }
  return read;
}
