/** A node with `isolated: end` that cannot write the ledger, because most NATS servers are frozen, and can again. */
import { createRouter } from '@wamp/router';
import { expect, test } from 'vitest';
import { natsEngine } from '../src/index.ts';
import { NatsServers, whyNoNats } from './support/nats-servers.ts';

const missing = whyNoNats();
if (missing !== undefined && process.env['CI'] === 'true') throw new Error(missing);

const name = missing === undefined ? '' : `: ${missing}`;

test.skipIf(missing !== undefined)(
  `S2 sessions end while NATS has no majority${name}`,
  { timeout: 120_000 },
  async () => {
    const servers = await NatsServers.start(3);
    const router = createRouter({
      realms: ['realm1'],
      cluster: {
        node: 'a',
        engine: natsEngine({ cluster: 'isolated', servers: servers.urls, replicas: 3 }),
        isolated: 'end',
        deadAfter: 15_000,
      },
    });
    try {
      await router.start();
      const session = router.join('realm1');
      await session.register('com.one', () => ({}));
      // Without two of three servers, the ledger cannot be written.
      for (const index of [1, 2]) servers.signal(index, 'SIGSTOP');
      await expect(session.closed).resolves.toMatchObject({ reason: 'wamp.close.system_shutdown' });
      expect(() => router.join('realm1')).toThrow('cut off from its cluster');
      expect(router.cluster?.status().isolated).toBe(1);
      for (const index of [1, 2]) servers.signal(index, 'SIGCONT');
      await expect.poll(() => router.cluster?.status().state, { timeout: 60_000 }).toBe('joined');
      await router.join('realm1').register('com.one', () => ({}));
    } finally {
      await router.close();
      await servers.stop();
    }
  },
);
