/** Where a publication comes from, for features that pass publications on to other routers. */
import { MessageType } from '@wamp/protocol';
import { createRouter, defaultFeatures, type Feature, type Realm, type Router } from '@wamp/router';
import { expect, test } from 'vitest';
import { Client, settle } from '../support/client.ts';

/** Two routers that pass every publication on to each other, without a look at where it comes from. */
function twins(): { readonly routers: readonly [Router, Router]; readonly seen: readonly string[] } {
  const realms: Realm[] = [];
  const seen: string[] = [];
  const passesOn = (here: string, there: number): Feature => ({
    install(realm) {
      realms.push(realm);
      realm.broker.published.on((publication) => {
        const taken = realms[there]?.broker.relay(publication, here);
        const from = publication.origin.kind === 'node' ? publication.origin.node : publication.origin.kind;
        seen.push(
          `${here}: ${publication.topic} from ${from}, ${taken === true ? 'passed on' : 'not passed on'}`,
        );
      });
    },
  });
  const router = (name: string, other: number): Router =>
    createRouter({ realms: ['realm1'], features: [...defaultFeatures(), passesOn(name, other)] });
  return { routers: [router('a', 1), router('b', 0)], seen };
}

test('a publication from another node is not forwarded, whatever a feature does', async () => {
  const { routers, seen } = twins();
  const publisher = await Client.join(routers[0]);
  const subscriber = await Client.join(routers[1]);
  await subscriber.say([MessageType.SUBSCRIBE, 1, {}, 'com.topic']);
  subscriber.heard.length = 0;
  await publisher.say([MessageType.PUBLISH, 1, {}, 'com.topic', [7]]);
  await settle();
  expect(subscriber.heard).toEqual([[MessageType.EVENT, expect.any(Number), expect.any(Number), {}, [7]]]);
  expect(seen.filter((line) => line.includes('com.topic'))).toEqual([
    'b: com.topic from a, not passed on',
    'a: com.topic from session, passed on',
  ]);
});

test('publications of the router have the origin router', async () => {
  const { routers, seen } = twins();
  await Client.join(routers[0]);
  expect(seen).toContain('a: wamp.session.on_join from router, passed on');
  expect(seen).toContain('b: wamp.session.on_join from a, not passed on');
});
