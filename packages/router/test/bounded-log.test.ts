/** No client can flood the log: entries are limited by kind, and the rest is counted. */
import { expect, test } from 'vitest';
import { boundedLog } from '../src/connection/bounded-log.ts';
import { converse } from '../src/testing/conversation.ts';
import { ManualClock } from '../src/testing/manual-clock.ts';

const code = 'internal_error';
const SUPPRESSED = { code: 'log_entries_suppressed' };

function quiet() {
  const clock = new ManualClock(1_000_000);
  const written: unknown[][] = [];
  const log = boundedLog((...entry) => written.push(entry), clock);
  return { clock, written, log };
}

test('A6 of one kind 10 entries are written in a second, and then how many more there were', () => {
  const { clock, written, log } = quiet();
  for (let n = 0; n < 1000; n += 1) log('warn', 'undeliverable', { code, n });
  log('info', 'session aborted', { code });
  expect(written).toHaveLength(11);
  clock.advance(1000);
  expect(written.at(-1)).toEqual(['warn', 'undeliverable', { ...SUPPRESSED, unmentioned: 990 }]);
  expect(written).toHaveLength(12);
  log('warn', 'undeliverable', { code, n: 1000 });
  expect(written.at(-1)).toEqual(['warn', 'undeliverable', { code, n: 1000 }]);
  expect(clock.pending).toBe(0);
});

test('A10 a second later as many are written again, even if the date changes', () => {
  const { clock, written, log } = quiet();
  for (let n = 0; n < 11; n += 1) log('warn', 'undeliverable', { code, n });
  clock.set(clock.now() - 3_600_000);
  log('warn', 'undeliverable', { code });
  expect(written).toHaveLength(10);
  clock.advance(1000);
  log('warn', 'undeliverable', { code });
  expect(written.slice(10)).toEqual([
    ['warn', 'undeliverable', { ...SUPPRESSED, unmentioned: 2 }],
    ['warn', 'undeliverable', { code }],
  ]);
});

test('A6 slow entries are all written, and no timer is left behind', () => {
  const { clock, written, log } = quiet();
  for (let n = 0; n < 50; n += 1) {
    log('info', 'protocol violation', { code, n });
    clock.advance(200);
  }
  expect(written).toHaveLength(50);
  expect(clock.pending).toBe(0);
});

test('A6 kinds are bounded in number, and texts in length', () => {
  const { clock, written, log } = quiet();
  for (let n = 0; n < 10_000; n += 1) log('info', `kind ${n}`, { code });
  expect(written).toHaveLength(210);
  clock.advance(1000);
  expect(written.at(-1)).toEqual(['info', 'further entries', { ...SUPPRESSED, unmentioned: 9790 }]);
  const uri = 'a'.repeat(512);
  log('info', 'kind 0', { code, uri, longer: `${uri}b`, number: 1 });
  expect(written.at(-1)).toEqual(['info', 'kind 0', { code, uri, longer: `${uri.slice(1)}…`, number: 1 }]);
});

test('A6 a message that is undeliverable to a hundred subscriptions is ten entries and a count', async () => {
  const written: unknown[] = [];
  const prefixes = Array.from({ length: 100 }, (_, index) => [index + 1, 'a'.repeat(index + 1)] as const);
  const subscribing = prefixes.map(
    ([request, prefix]) => `
      subscriber → [32, ${request}, {"match": "prefix"}, "${prefix}"]
      subscriber ← [33, ${request}, $subscription${request}]`,
  );
  await converse(
    `${subscribing.join('')}
      publisher → [16, 1, {"acknowledge": true}, "${'a'.repeat(200)}", ["${'y'.repeat(1000)}"]]
      publisher ← [17, 1, $publication]
      clock +1000
    `,
    {
      peers: { subscriber: { limit: 1200 } },
      router: {
        log: (_level, what, facts) => {
          if (what === 'undeliverable') written.push(facts['unmentioned'] ?? 1);
        },
      },
    },
  );
  expect(written).toEqual([...Array.from({ length: 10 }, () => 1), 90]);
});
