/** Long answers of the router's own procedures: other work goes on while they are put together. */
import { createRouter } from '@wamp/router';
import { describe, expect, test } from 'vitest';
import { TURN } from '../src/connection/turns.ts';
import { answerInTurns, ENTRIES_A_STEP, picked } from '../src/features/long-answers.ts';
import { Client, settle } from './support/client.ts';
import { coreOf, coreRealmOf } from './support/core.ts';

/** Two units a step: what a turn has room for. */
const MOST_A_TURN = (TURN / 2) * ENTRIES_A_STEP;

/** Lets turns pass until `isOver`. @returns what each of them has added to `count` */
async function turnsUntil(isOver: () => boolean, count: () => number): Promise<number[]> {
  const turns: number[] = [];
  let before = 0;
  while (!isOver()) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    turns.push(count() - before);
    before = count();
  }
  return turns;
}

describe('a long answer', () => {
  test('A2 the list of 500,000 subscriptions takes several turns, and others are answered meanwhile', async () => {
    const router = createRouter({ realms: ['realm1'] });
    const { subscriptions } = coreRealmOf(router).broker;
    const [client, other] = [await Client.join(router), await Client.join(router)];
    let looked = 0;
    const entry = {
      id: 7,
      match: 'exact' as const,
      created: 0,
      subscribers: new Set<never>(),
      recorder: undefined,
      publications: 0,
      get topic() {
        looked += 1;
        return 'com.topic';
      },
    };
    const count = 500_000;
    for (let index = 0; index < count; index += 1) subscriptions.set('exact', `com.topic.${index}`, entry);
    client.heard.length = 0;
    other.heard.length = 0;
    client.send([48, 1, {}, 'wamp.subscription.list']);
    other.send([48, 1, {}, 'wamp.session.count']);
    const answeredOther: number[] = [];
    const turns = await turnsUntil(
      () => {
        if (other.heard.length > 0) answeredOther.push(looked);
        return client.heard.length > 0;
      },
      () => looked,
    );
    expect(looked).toBe(count);
    expect(Math.max(...turns)).toBeLessThanOrEqual(MOST_A_TURN);
    expect(turns.length).toBeGreaterThanOrEqual(count / MOST_A_TURN);
    expect(answeredOther[0]).toBeLessThan(count);
  });

  test('A2 a short answer comes at once', () => {
    const realm = coreRealmOf(createRouter({ realms: ['realm1'] })).shown;
    function* steps() {
      return [yield* picked([1, 2, 3], (each) => (each === 2 ? undefined : each))];
    }
    expect(answerInTurns(realm, steps())).toEqual([[1, 3]]);
  });

  test('A2 a fault in a later turn is the procedure’s own, and not the router’s', async () => {
    const router = createRouter({ realms: ['realm1'] });
    const many = Array.from({ length: MOST_A_TURN + 1 }, (_, index) => index);
    function* steps() {
      return [
        yield* picked(many, (each) => {
          if (each === MOST_A_TURN) throw new Error('spoilt');
          return each;
        }),
      ];
    }
    const answer = answerInTurns(coreRealmOf(router).shown, steps());
    await expect(answer).rejects.toThrow('spoilt');
  });
});

describe('many sessions that are sent away', () => {
  test('A2 each step ends one session: those that join meanwhile, and the caller, stay', async () => {
    const router = createRouter({ realms: ['realm1'] });
    const realm = coreRealmOf(router);
    const caller = await Client.join(router);
    const victims = [];
    for (let index = 0; index < 50; index += 1) victims.push(await Client.join(router));
    caller.heard.length = 0;
    coreOf(router).turns.work.spent = TURN - 20; // room for ten steps
    caller.send([48, 1, {}, 'wamp.session.kill_all', [], { message: 'closing time' }]);
    await Promise.resolve();
    await settle(router);
    expect(caller.heard).toEqual([[50, 1, {}, [50]]]);
    expect(victims.every(({ heard }) => heard.at(-1)?.[0] === 6)).toBe(true);
    expect([...realm.sessions.values()]).toHaveLength(1);
  });
});
