/** The events of a log reach all its subscribers in the order of their offsets, also when sending takes several turns. */
import { fromList } from '@wamp/protocol';
import { createRouter, defaultFeatures } from '@wamp/router';
import { expect, test } from 'vitest';
import { TURN } from '../src/connection/turns.ts';
import { Client, settle } from './support/client.ts';
import { coreOf, coreRealmOf } from './support/core.ts';

const SUBSCRIBERS = 40;

test('EDGE-1 publications of several publishers that take several turns keep the order of their offsets', async () => {
  const features = defaultFeatures({ history: [{ topic: 'com.news.', match: 'prefix' }] });
  const router = createRouter({ realms: ['realm1'], features });
  const subscribers: Client[] = [];
  for (let index = 0; index < SUBSCRIBERS; index += 1) {
    const subscriber = await Client.join(router);
    await subscriber.say([32, 1, { match: 'prefix' }, 'com.news.']);
    subscriber.heard.length = 0;
    subscribers.push(subscriber);
  }
  const publishers = [await Client.join(router), await Client.join(router), await Client.join(router)];
  const realm = coreRealmOf(router);
  const sessions = [...realm.sessions.values()].slice(SUBSCRIBERS);
  const { work } = coreOf(router).turns;
  for (let round = 0; round < 5; round += 1) {
    for (const [index, session] of sessions.entries()) {
      // The first publication finds a turn that is nearly over, the others one that has just begun, while it waits for its next slice.
      work.spent = index === 0 ? TURN - SUBSCRIBERS / 2 : 0;
      realm.receive(session, fromList([16, round + 1, {}, `com.news.${index}`, [index, round]]));
    }
    await settle(router);
  }

  expect(router.limited.of('turns_exhausted')).toBeGreaterThanOrEqual(5);
  const first = subscribers[0]?.heard ?? [];
  expect(first).toHaveLength(15);
  for (const { heard } of subscribers) {
    expect(heard.map(([, , , details]) => (details as { x_offset: number }).x_offset)).toEqual(
      Array.from({ length: 15 }, (_, index) => index + 1),
    );
    expect(heard).toEqual(first);
  }
  for (const index of publishers.keys()) {
    const rounds = first.map(([, , , , args]) => args as [number, number]).filter(([by]) => by === index);
    expect(rounds.map(([, round]) => round)).toEqual([0, 1, 2, 3, 4]);
  }
});
