/** Positions in a log while one of its events is sent to many subscribers, which takes several turns. */
import { createRouter, defaultFeatures } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import { expect, test } from 'vitest';
import { Client, settle } from './support/client.ts';
import { ClusterStage } from './support/cluster-stage.ts';

const features = defaultFeatures({ history: [{ topic: 'com.log' }] });

const ROUTERS = {
  'one router': () =>
    Promise.resolve(createRouter({ realms: ['realm1'], clock: new ManualClock(), features })),
  'a node of a cluster': async () => (await ClusterStage.of(['a'], { features })).node('a').router,
};

test.each(Object.entries(ROUTERS))(
  'EDGE-1 the position at %s does not include an event that is still to come',
  async (_where, start) => {
    const router = await start();
    const publisher = await Client.join(router);
    for (let count = 0; count < 15_000; count += 1)
      await router.join('realm1').subscribe('com.log', () => undefined);
    const last = await Client.join(router);
    await last.say([32, 1, {}, 'com.log']);
    const [[, , subscription] = []] = last.heard;
    last.heard.length = 0;

    publisher.send([16, 1, {}, 'com.log', ['first']]);
    last.send([48, 2, {}, 'wamp.subscription.recover', [subscription]]);
    await settle(router);
    const [result, event] = last.heard;
    expect(result?.[0]).toBe(50);
    expect(event?.[0]).toBe(36);
    expect(result?.[4]).toMatchObject({ offset: 0 });
    expect(event?.[3]).toMatchObject({ x_offset: 1 });
    const { x_origin: origin } = event?.[3] as { x_origin?: readonly [string, number] };
    const { seen = {} } = result?.[4] as { seen?: Readonly<Record<string, number>> };
    if (origin !== undefined) expect(seen[origin[0]] ?? 0).toBeLessThan(origin[1]);
  },
);
