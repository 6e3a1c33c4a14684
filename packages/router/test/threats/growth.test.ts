/** How much a hostile client may make the router keep, or do (threats 26 to 29 of docs/threats.md). */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Fort } from '../support/fort.ts';
import { ask, HELLO, join, rawSocket, webSocket, type Stranger } from '../support/stranger.ts';

const MIB = 1024 * 1024;
const LIMIT = 'wamp.error.limit_exceeded';

let fort: Fort;
let guarded: Fort;
let tight: Fort;
beforeAll(async () => {
  [fort, guarded, tight] = await Promise.all([Fort.open(), Fort.open('guarded'), Fort.open('tight')]);
});
afterAll(async () => {
  for (const one of [fort, guarded, tight]) await one[Symbol.asyncDispose]();
});

/** Sends many requests at once, and counts their answers by what they say. */
async function flood(
  stranger: Stranger,
  count: number,
  request: (number: number) => readonly unknown[],
): Promise<ReadonlyMap<unknown, number>> {
  const answers = new Map<unknown, number>();
  for (let first = 1; first <= count; first += 500) {
    const numbers = Array.from({ length: Math.min(500, count - first + 1) }, (_item, index) => first + index);
    stranger.send(...numbers.map(request));
    for (let heard = 0; heard < numbers.length;) {
      const [type, , , , error] = (await stranger.heard()) ?? [];
      if (type === undefined) throw new Error('the connection is over');
      if (type === 36 || type === 68) continue;
      heard += 1;
      const key = type === 8 ? error : type;
      answers.set(key, (answers.get(key) ?? 0) + 1);
    }
  }
  return answers;
}

test.each([
  ['WebSocket', webSocket],
  ['RawSocket', rawSocket],
] as const)(
  'threat 26: 5,000 patterns that all match are 1,000, and cost who made them, over %s',
  (_name, way) =>
    tight.withstands(async () => {
      const [greedy, publisher] = [await join(way, tight.port), await join(way, tight.port)];
      const answers = await flood(greedy, 5000, (number) => [
        32,
        number,
        { match: number % 2 === 0 ? 'prefix' : 'wildcard' },
        number % 2 === 0 ? 'com.a'.slice(0, 1 + (number % 5)) : `com..${number}`,
      ]);
      expect(answers.get(LIMIT)).toBeGreaterThan(1000);
      expect((answers.get(33) ?? 0) + (answers.get(LIMIT) ?? 0)).toBe(5000);
      expect((await tight.holdings())['subscriptions']).toBeLessThanOrEqual(1002);
      // The same pattern again is the same subscription: one event for each pattern that matches, and no more.
      publisher.send([16, 1, {}, 'com.a', [1]]);
      expect((await ask(publisher, [48, 2, {}, 'wamp.session.count']))[0]).toBe(50);
      let events = 0;
      greedy.send([48, 9000, {}, 'wamp.session.count']);
      for (let heard = await greedy.heard(); heard?.[0] === 36; heard = await greedy.heard()) events += 1;
      expect(events).toBeLessThanOrEqual(5);
      expect(events).toBeGreaterThan(0);
    }),
);

test('threat 26: 50,000 patterns that do not match cost a publication nothing', () =>
  fort.withstands(async () => {
    const [others, publisher] = [
      await Promise.all(Array.from({ length: 50 }, () => join(rawSocket, fort.port))),
      await join(rawSocket, fort.port),
    ];
    const burst = async (): Promise<number> => {
      const before = (await fort.health()).visits;
      const answers = await flood(publisher, 1000, (number) => [
        16,
        number,
        { acknowledge: true },
        'com.a.b.c',
      ]);
      expect(answers.get(17)).toBe(1000);
      return (await fort.health()).visits - before;
    };
    await burst();
    const without = await burst();
    for (const [who, stranger] of others.entries()) {
      const answers = await flood(stranger, 1000, (number) => [
        32,
        number,
        { match: 'wildcard' },
        `com.x${who}-${number}..y`,
      ]);
      expect(answers.get(33)).toBe(1000);
    }
    const within = await burst();
    // The witnesses publish and call meanwhile; a scan of all would make 50,000 steps for each of the 1,000.
    expect(within - without).toBeLessThan(1_000_000);
  }));

test('threat 27: a name of 10,000 dots is an invalid URI in every place', () =>
  fort.withstands(async () => {
    const stranger = await join(rawSocket, fort.port);
    for (const uri of ['.'.repeat(10_000), 'a.'.repeat(10_000), `com.${'x'.repeat(600)}`, 'a.'.repeat(100)]) {
      for (const match of ['exact', 'prefix', 'wildcard']) {
        for (const type of [32, 64]) {
          expect((await ask(stranger, [type, 1, { match }, uri]))[4]).toBe('wamp.error.invalid_uri');
        }
      }
      expect((await ask(stranger, [16, 1, { acknowledge: true }, uri]))[4]).toBe('wamp.error.invalid_uri');
      expect((await ask(stranger, [48, 1, {}, uri]))[4]).toMatch(/invalid_uri|no_such_procedure/);
    }
    // The longest that are URIs, many of them, and a name that nearly matches all.
    for (let depth = 1; depth < 60; depth += 1) {
      const pattern = Array.from({ length: 60 }, (_item, index) => (index === depth ? 'b' : '')).join('.');
      expect((await ask(stranger, [32, depth, { match: 'wildcard' }, pattern]))[0]).toBe(33);
    }
    const name = Array.from({ length: 60 }, () => 'a').join('.');
    const answers = await flood(stranger, 500, (number) => [16, number, { acknowledge: true }, name]);
    expect(answers.get(17)).toBe(500);
  }));

test.each([
  ['subscriptions', (number: number) => [32, number, {}, `com.topic.${number}`], 33, 1000],
  ['registrations', (number: number) => [64, number, {}, `com.procedure.${number}`], 65, 1000],
] as const)('threat 28: of 5,000 %s a session gets 1,000', (_what, request, granted, quota) =>
  tight.withstands(async () => {
    const answers = await flood(await join(rawSocket, tight.port), 5000, request);
    expect(Object.fromEntries(answers)).toEqual({ [granted]: quota, [LIMIT]: 5000 - quota });
  }),
);

test('threat 28: of 5,000 unanswered calls, 1,000 wait', () =>
  tight.withstands(async () => {
    const [callee, caller] = [await join(rawSocket, tight.port), await join(rawSocket, tight.port)];
    await ask(callee, [64, 1, {}, 'com.silence']);
    caller.send(
      ...Array.from({ length: 5000 }, (_item, index) => [48, index + 1, {}, 'com.silence'] as const),
    );
    for (let refused = 0; refused < 4000; refused += 1) {
      const [type, , , , error] = (await caller.heard()) ?? [];
      expect([type, error]).toEqual([8, LIMIT]);
    }
    for (let asked = 0; asked < 1000; asked += 1) expect((await callee.heard())?.[0]).toBe(68);
    callee.drop();
    for (let answered = 0; answered < 1000; answered += 1) {
      expect((await caller.heard())?.[4]).toBe('wamp.error.canceled');
    }
    expect((await ask(caller, [48, 6000, {}, 'wamp.session.count']))[0]).toBe(50);
  }));

test('threat 28: a client that reads nothing of 96 MiB is disconnected, and only what fits was queued for it', () =>
  tight.withstands(async () => {
    const stuck = connect(tight.port, '127.0.0.1');
    await once(stuck, 'connect');
    const hello = Buffer.from(JSON.stringify(HELLO));
    const subscribe = Buffer.from(JSON.stringify([32, 1, {}, 'com.flood']));
    const framed = [hello, subscribe].flatMap((message) => [
      Buffer.of(0, 0, message.length >> 8, message.length & 255),
      message,
    ]);
    stuck.write(Buffer.concat([Buffer.from('7ff10000', 'hex'), ...framed]));
    stuck.pause();
    stuck.on('error', () => undefined);
    const publisher = await join(rawSocket, tight.port);
    await expect.poll(async () => (await tight.holdings())['subscriptions']).toBe(2);
    const { peak } = await tight.health();
    const text = 'x'.repeat(60_000);
    for (let sent = 0; sent < 96 * MIB; sent += text.length) {
      publisher.send([16, 2, {}, 'com.flood', [text]]);
      if (sent % 1_200_000 === 0) await ask(publisher, [48, 3, {}, 'wamp.session.count']);
    }
    await ask(publisher, [48, 4, {}, 'wamp.session.count']);
    const after = await tight.health();
    expect(after.peak - peak).toBeLessThan(64 * MIB);
    expect(after.holds['subscriptions']).toBe(1);
    stuck.destroy();
  }));

test('threat 28: 300 sessions leave no state when they have ended', () =>
  fort.withstands(async () => {
    for (let batch = 0; batch < 6; batch += 1) {
      const crowd = await Promise.all(
        Array.from({ length: 50 }, () => join(batch % 2 === 0 ? webSocket : rawSocket, fort.port)),
      );
      for (const [index, one] of crowd.entries()) {
        await ask(one, [32, 1, {}, 'com.crowd']);
        await ask(one, [64, 2, {}, `com.crowd.${index}`]);
      }
      for (const one of crowd) one.drop();
      // Gone before the next come, whose names are the same.
      for (let left = 50; left > 0;) left = ((await fort.holdings())['sessions'] ?? 0) - 2;
    }
  }));

test('threat 28: an unfinished log-in leaves no state', () =>
  guarded.withstands(async () => {
    for (let batch = 0; batch < 6; batch += 1) {
      const crowd = await Promise.all(
        Array.from({ length: 50 }, async (_item, index) => {
          const stranger = await (index % 2 === 0 ? webSocket : rawSocket)(guarded.port);
          stranger.send([
            1,
            'realm1',
            { roles: { caller: {} }, authid: `name${index}`, authmethods: ['wampcra'] },
          ]);
          expect((await stranger.heard())?.[0]).toBe(4);
          return stranger;
        }),
      );
      for (const one of crowd) one.drop();
    }
  }));

test('threat 29: realms that there are not are refused, and not remembered', () =>
  fort.withstands(async () => {
    for (let batch = 0; batch < 10; batch += 1) {
      await Promise.all(
        Array.from({ length: 50 }, async (_item, index) => {
          const stranger = await (index % 2 === 0 ? webSocket : rawSocket)(fort.port);
          stranger.send([1, `com.realm.${batch}.${index}.${'x'.repeat(400)}`, { roles: { caller: {} } }]);
          expect((await stranger.end()).reason).toBe('wamp.error.no_such_realm');
        }),
      );
    }
  }));
