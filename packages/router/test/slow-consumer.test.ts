/** A client that does not read what it is sent (reliability: C2). */
import { expect, test } from 'vitest';
import { Client } from './support/client.ts';
import { Site, WsClient } from './support/web-socket.ts';

const MIB = 1024 * 1024;
/** More than the system's own buffers hold by far, or the router would never notice. */
const PUBLISHED = 96 * MIB;
const PAYLOAD = 'x'.repeat(64 * 1024);

test('TRN-1 a subscriber that is stuck is aborted at its bound, and the others lose nothing', async () => {
  const slow: Readonly<Record<string, unknown>>[] = [];
  await using site = await Site.open({
    log: (_level, what, facts) => {
      if (what === 'slow consumer') slow.push(facts);
    },
  });
  const realm = site.router.realm('realm1');
  const stuck = await WsClient.join(site.url());
  await stuck.ask([32, 1, {}, 'com.news']);
  stuck.socket.pause();
  const healthy = await WsClient.join(site.url());
  await healthy.ask([32, 1, {}, 'com.news']);
  const publisher = await Client.join(site.router);
  expect(realm?.sessions.size).toBe(3);

  for (let number = 1; number * PAYLOAD.length <= PUBLISHED; number += 1) {
    publisher.send([16, number, {}, 'com.news', [number, PAYLOAD]]);
    const event = await healthy.next();
    expect([event[0], (event[4] as unknown[])[0]]).toEqual([36, number]);
  }

  expect(realm?.sessions.size).toBe(2);
  expect(slow).toHaveLength(1);
  expect(slow[0]?.['backlog']).toBeGreaterThan(8 * MIB);
  expect(slow[0]?.['backlog']).toBeLessThan(9 * MIB);
  expect(realm?.traffic.dropped.total).toBe(1);
});
