/** What the console makes of answers and of what people type. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ago, duration, figure, milliseconds, size } from '../src/lib/figures.ts';
import { parseArgs, parseKwargs } from '../src/lib/json-text.ts';
import { rateOf } from '../src/lib/rates.ts';
import { addressOf, routeOf, VIEWS } from '../src/lib/route.ts';
import { growthOf, joined, latestOf, NO_SAMPLES, readSamples, valuesOf } from '../src/lib/samples.ts';
import { readTried, remembered, type Tried } from '../src/lib/tried.ts';

const columns = ['time', 'calls', 'call_p99_ms'];
const samples = readSamples({
  columns,
  rows: [
    [1000, 10, null],
    [6000, 60, 3],
    [11_000, 5, 4],
  ],
});

describe('samples', () => {
  test('a counter becomes a rate per second, except at first and after a restart of the router', () => {
    const line = { label: 'calls', column: 'calls', as: 'rate' } as const;
    expect(valuesOf(samples, line)).toEqual([null, 10, null]);
    expect(latestOf(samples, line)).toBeNull();
    expect(valuesOf(samples, { label: 'p99', column: 'call_p99_ms', times: 2 })).toEqual([null, 6, 8]);
    expect(growthOf({ ...samples, rows: samples.rows.slice(0, 2) }, 'calls')).toBe(50);
  });

  test('are kept for an hour, each once', () => {
    const row = (time: number) => [time, 0, 0];
    let kept = NO_SAMPLES;
    for (let time = 0; time < 800; time += 1) {
      kept = joined(kept, readSamples({ columns, rows: [row(time - 1), row(time)] }));
    }
    expect(kept.rows).toHaveLength(720);
    expect(kept.rows.at(-1)?.[0]).toBe(799);
    expect(joined(kept, readSamples({ columns: ['time'], rows: [[1]] })).rows).toEqual([[1]]);
  });

  test('nothing that arrives makes reading throw', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        readSamples(value);
        readTried(JSON.stringify(value));
      }),
    );
  });
});

test('rates of entries are unknown at first, and when they began anew', () => {
  const reading = (at: number, calls: number) => ({ at, counters: new Map([['a', { calls }]]) });
  expect(rateOf(undefined, reading(0, 5), 'a', 'calls')).toBeUndefined();
  expect(rateOf(reading(0, 5), reading(2000, 25), 'a', 'calls')).toBe(10);
  expect(rateOf(reading(0, 5), reading(2000, 4), 'a', 'calls')).toBeUndefined();
  expect(rateOf(reading(0, 5), reading(2000, 25), 'b', 'calls')).toBeUndefined();
});

test('E5 every place of the console has an address that leads back to it', () => {
  const place = fc.record({
    view: fc.constantFrom(...VIEWS),
    realm: fc.string(),
    item: fc.string(),
    query: fc.dictionary(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), { noNullPrototype: true }),
  });
  fc.assert(
    fc.property(place, (route) => {
      expect(routeOf(addressOf(route))).toEqual(route);
    }),
  );
  expect(routeOf('#/nowhere').view).toBe('overview');
  expect(routeOf('#/sessions/%E0%A4%A').realm).toBe('%E0%A4%A');
});

test('JSON says where it is wrong', () => {
  expect(parseArgs('5')).toEqual({ value: [5] });
  expect(parseArgs('')).toEqual({ value: [] });
  expect(parseKwargs('[1]')).toEqual({ fault: expect.stringContaining('expected an object') as string });
  expect(parseKwargs('{\n  "a": tru\n}')).toEqual({
    fault: expect.stringMatching(/^line 2, column \d+: /) as string,
  });
});

test('E5 JSON that nests deeper than a message may is refused before it is parsed, and strings do not count', () => {
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  expect(parseArgs(nested(99))).toHaveProperty('value');
  for (const text of [nested(100), nested(200_000), '{"a":'.repeat(200_000)])
    expect(parseArgs(text)).toEqual({ fault: 'nests deeper than 100, which no message may' });
  expect(parseArgs(JSON.stringify(`\\"${'['.repeat(500)}`))).toHaveProperty('value');
  expect(parseArgs('"'.repeat(3))).toHaveProperty('fault');
});

test('what was tried is kept once, the latest first, and not when it is long', () => {
  const one: Tried = { action: 'call', uri: 'com.a', args: '[1]', kwargs: '' };
  const other: Tried = { ...one, uri: 'com.b' };
  const kept = remembered(remembered(remembered([], one), other), one);
  expect(kept).toEqual([one, other]);
  expect(remembered(kept, { ...one, args: 'x'.repeat(10_001) })).toBe(kept);
  expect(readTried(JSON.stringify([...kept, { action: 'dance', uri: 'x' }, 5]))).toEqual(kept);
  expect(readTried('{')).toEqual([]);
});

test('numbers are formatted for people', () => {
  expect([undefined, 0, 1.25, 1234.5].map((value) => figure(value))).toEqual(['–', '0', '1.3', '1,235']);
  expect([0, 1023, 1536, 5 * 2 ** 30].map(size)).toEqual(['0 B', '1023 B', '1.5 KiB', '5.0 GiB']);
  expect([null, 0, 0.25, 12, 2500].map(milliseconds)).toEqual(['–', '0 ms', '0.25 ms', '12 ms', '2.5 s']);
  expect([0, 59_000, 3_600_000, 90_061_000].map((ms) => duration(ms))).toEqual([
    '0 s',
    '59 s',
    '1 h',
    '1 d 1 h',
  ]);
  const now = Date.parse('2026-01-01T00:05:03Z');
  expect(ago('2026-01-01T00:00:00Z', { now })).toBe('5 min 3 s ago');
  expect(ago('2026-01-01T00:00:00Z', { now, units: 1 })).toBe('5 min ago');
  expect(ago('never')).toBe('–');
});
