/** What registrations with many callees, and with many calls that wait, cost those who call. */
import { createRouter } from '@wamp/router';
import { expect, test } from 'vitest';
import { chooseCallee } from '../src/core/invocation-policy.ts';
import { Client } from './support/client.ts';

/** A list that counts the items that are read. */
function counting<T>(items: readonly T[]): { readonly list: T[]; readonly reads: () => number } {
  let reads = 0;
  const list = new Proxy([...items], {
    get(target, key, receiver) {
      if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1;
      return Reflect.get(target, key, receiver) as unknown;
    },
  });
  return { list, reads: () => reads };
}

function registrationOf(router: ReturnType<typeof createRouter>) {
  const registration = router.realm('realm1')?.dealer.serving('com.work');
  if (registration === undefined) throw new Error('nobody has registered com.work');
  return registration;
}

test('A3 a callee that answers takes the first call that waits, without a look at the 999 others', async () => {
  const router = createRouter({ realms: ['realm1'] });
  const [callee, caller] = [await Client.join(router), await Client.join(router)];
  // Whoever looks at a call that waits asks which callees have declined it.
  let looks = 0;
  router.realm('realm1')?.dealer.calls.opened.on((call) => {
    Object.defineProperty(call, 'tried', { get: () => void (looks += 1) });
  });
  await callee.say([64, 1, { concurrency: 1, invoke: 'roundrobin' }, 'com.work']);
  await caller.say(...Array.from({ length: 1001 }, (_, index) => [48, index + 1, {}, 'com.work']));
  const before = looks;
  await callee.say([70, 1, {}]);
  expect(callee.heard.at(-1)?.slice(0, 2)).toEqual([68, 2]);
  expect(looks - before).toBeLessThanOrEqual(3);
  const after = looks;
  await caller.say([49, 1, { mode: 'skip' }]); // over already
  await callee.say([70, 2, { progress: true }]);
  expect(looks).toBe(after);
});

test.each(['first', 'last', 'random', 'roundrobin', 'load'])(
  'A3 with invoke %s, a call looks at no callee while all are busy',
  async (invoke) => {
    const router = createRouter({ realms: ['realm1'] });
    const callees = [];
    for (let index = 0; index < 20; index += 1) callees.push(await Client.join(router));
    for (const callee of callees) await callee.say([64, 1, { concurrency: 1, invoke }, 'com.work']);
    const caller = await Client.join(router);
    await caller.say(...Array.from({ length: 20 }, (_, index) => [48, index + 1, {}, 'com.work']));
    const registration = registrationOf(router);
    expect(registration.withRoom).toBe(0);
    const { list, reads } = counting(registration.callees);
    Object.assign(registration, { callees: list });
    expect(chooseCallee(registration, () => 0.5)).toBeUndefined();
    expect(reads()).toBe(0);
    await callees[3]?.say([70, 1, {}]);
    expect(registration.withRoom).toBe(1);
    expect(chooseCallee(registration, () => 0.5)?.active).toBe(0);
    for (const callee of callees) await callee.say([6, {}, 'wamp.close.close_realm']);
    expect(registration.withRoom).toBe(0);
  },
);

test.each(['random', 'load'])(
  'A3 with invoke %s, a call looks at one of 100 callees when all are free',
  async (invoke) => {
    const router = createRouter({ realms: ['realm1'] });
    for (let index = 0; index < 100; index += 1) {
      const callee = await Client.join(router);
      await callee.say([64, 1, { invoke }, 'com.work']);
    }
    const registration = registrationOf(router);
    const { list, reads } = counting(registration.callees);
    Object.assign(registration, { callees: list });
    expect(chooseCallee(registration, () => 0.5)).toBeDefined();
    expect(reads()).toBe(1);
  },
);
