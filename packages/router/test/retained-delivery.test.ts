/** Retained events of many topics: finding and sending them takes several turns, in which others publish. */
import { fromList } from '@wamp/protocol';
import { createRouter, defaultFeatures, memoryStore, type EventStore, type Router } from '@wamp/router';
import { expect, test } from 'vitest';
import { TURN } from '../src/connection/turns.ts';
import { Client, settle } from './support/client.ts';
import { coreOf, coreRealmOf } from './support/core.ts';

const TOPICS = 300;
/** How many topics the turn of the SUBSCRIBE has room for. */
const ROOM = 200;

/** A memory store that counts how many topics are looked up. */
class CountingStore implements EventStore {
  readonly log = memoryStore().log.bind(memoryStore());
  looked = 0;

  retained(realm: Parameters<EventStore['retained']>[0]): ReturnType<EventStore['retained']> {
    const retained = memoryStore().retained(realm);
    const latest = retained.latest.bind(retained);
    retained.latest = (topic) => {
      this.looked += 1;
      return latest(topic);
    };
    return retained;
  }
}

/** Retains one event for each topic, and leaves `ROOM` in the turn in which `subscriber` subscribes to all of them. */
async function subscribeLate(store: EventStore): Promise<{ router: Router; bob: Client }> {
  const router = createRouter({ realms: ['realm1'], features: defaultFeatures({ store }) });
  const ann = await Client.join(router);
  for (let n = 0; n < TOPICS; n += 1) await ann.say([16, n + 1, { retain: true }, `com.t${n}`, [n]]);
  const bob = await Client.join(router);
  const realm = coreRealmOf(router);
  const session = [...realm.sessions.values()].at(-1);
  if (session === undefined) throw new Error('bob has not joined');
  coreOf(router).turns.work.spent = TURN - ROOM;
  realm.receive(session, fromList([32, 1, { get_retained: true, match: 'prefix' }, 'com.']));
  return { router, bob };
}

test('A2 a turn looks up as many topics as it has room for', async () => {
  const store = new CountingStore();
  const before = TOPICS; // each PUBLISH looks up its own topic
  const { router, bob } = await subscribeLate(store);
  expect(store.looked - before).toBeGreaterThan(0);
  expect(store.looked - before).toBeLessThanOrEqual(ROOM);
  await settle(router);
  expect(bob.heard).toHaveLength(1 + TOPICS);
});

test('A2 ORD-1 RET-4 events published meanwhile are delivered once, and the others in order of publication', async () => {
  const { router, bob } = await subscribeLate(memoryStore());
  const realm = coreRealmOf(router);
  const [ann] = realm.sessions.values();
  if (ann === undefined) throw new Error('ann has left');
  coreOf(router).turns.work.spent = 0;
  realm.receive(ann, fromList([16, 1000, { retain: true }, 'com.t0', ['again']]));
  realm.receive(ann, fromList([16, 1001, { retain: true }, 'com.new', ['new']]));
  realm.receive(ann, fromList([16, 1002, { retain: true }, 'com.t299'])); // takes back what is retained
  await settle(router);
  const events = bob.heard
    .slice(1)
    .map(([, , , details, args]) => [
      (details as { topic: string }).topic,
      (details as { retained?: true }).retained ?? false,
      (args as unknown[] | undefined)?.[0],
    ]);
  const live = events.filter(([, retained]) => retained === false);
  expect(live).toEqual([
    ['com.t0', false, 'again'],
    ['com.new', false, 'new'],
    ['com.t299', false, undefined],
  ]);
  const rest = Array.from({ length: TOPICS - 2 }, (_, index) => [`com.t${index + 1}`, true, index + 1]);
  expect(events.filter(([, retained]) => retained === true)).toEqual(rest);
});
