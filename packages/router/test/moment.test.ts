/** Moments: what a call remembers of its start are two integers that V8 allocates nothing for. */
import { createRouter } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { microsBetween, MovingMoment } from '../src/core/moment.ts';
import { Client } from './support/client.ts';

function momentAt(ms: number): MovingMoment {
  const moment = new MovingMoment();
  moment.moveTo(ms);
  return moment;
}

test('EDGE-4 a moment is two integers below 2^30, and the time between two moments is exact', () => {
  const ms = fc.double({ min: 0, max: 1e12, noNaN: true });
  fc.assert(
    fc.property(ms, ms, (one, other) => {
      const [since, until] = [momentAt(Math.min(one, other)), momentAt(Math.max(one, other))];
      for (const part of [since.era, since.micros, until.era, until.micros]) {
        expect(part).toBe(part | 0);
        expect(part).toBeLessThan(2 ** 30);
      }
      const [first, last] = [since, until].map(({ era, micros }) => era * 2 ** 30 + micros);
      expect([first, last]).toEqual(
        [Math.min(one, other), Math.max(one, other)].map((at) => Math.floor(at * 1000)),
      );
      expect(microsBetween(since, until)).toBe((last ?? 0) - (first ?? 0));
    }),
  );
});

test.each([
  ['short', 1.5],
  ['of more than one era', 1_100_000],
  ['of several eras', 4_000_000],
])('EDGE-4 the duration of a call is true: %s', async (_, ms) => {
  const clock = new ManualClock();
  const router = createRouter({ realms: ['realm1'], clock });
  const [caller, callee] = [await Client.join(router), await Client.join(router)];
  await callee.say([64, 1, {}, 'com.work']);
  await caller.say([48, 1, {}, 'com.work']);
  clock.advance(ms);
  await callee.say([70, 1, {}]);
  const latency = router.realm('realm1')?.dealer.calls.latency ?? { entries: () => [] };
  const [[outcome, times] = []] = latency.entries();
  const { count, sum } = times?.read() ?? {};
  expect([outcome, count]).toEqual(['ok', 1]);
  expect(sum).toBeCloseTo(ms / 1000, 6);
});
