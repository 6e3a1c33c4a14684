/** Histograms against the values themselves: what a quantile may be off by, and what is counted below a bound. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countUpTo, Histogram, quantile } from '../../src/core/histogram.ts';

const UNIT = 1e-6;
/** From a microsecond to more than half an hour, as many short times as long ones. */
const seconds = fc
  .tuple(fc.integer({ min: 0, max: 30 }), fc.double({ min: 1, max: 2, noNaN: true }))
  .map(([octave, part]) => UNIT * 2 ** octave * part)
  .filter((value) => value < 2000);

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram(UNIT);
  for (const value of values) histogram.record(value);
  return histogram;
}

test('a quantile is that of the sorted values, or up to a 16th and one unit more', () => {
  fc.assert(
    fc.property(
      fc.array(seconds, { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, share) => {
        const sorted = values.toSorted((one, other) => one - other);
        const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? NaN;
        const read = quantile(histogramOf(values).read(), share) ?? NaN;
        const tiny = exact * 1e-9; // what division and multiplication of the unit lose
        expect(read).toBeGreaterThanOrEqual(exact - tiny);
        expect(read).toBeLessThanOrEqual(exact * (1 + 1 / 16) + UNIT + tiny);
      },
    ),
  );
});

test('count and sum are those of the values, and every value is in one bucket', () => {
  fc.assert(
    fc.property(fc.array(seconds, { maxLength: 200 }), (values) => {
      const { count, sum, buckets } = histogramOf(values).read();
      expect(count).toBe(values.length);
      expect(sum).toBeCloseTo(
        values.reduce((total, value) => total + value, 0),
        6,
      );
      expect(buckets.reduce((total, bucket) => total + bucket.count, 0)).toBe(values.length);
      expect(buckets.map(({ upTo }) => upTo)).toEqual(
        buckets.map(({ upTo }) => upTo).toSorted((one, other) => one - other),
      );
    }),
  );
});

test('up to a bound there are no more values than are at most that bound', () => {
  fc.assert(
    fc.property(fc.array(seconds, { maxLength: 200 }), seconds, (values, bound) => {
      const counted = countUpTo(histogramOf(values).read(), bound);
      expect(counted).toBeLessThanOrEqual(values.filter((value) => value <= bound * (1 + 1e-9)).length);
    }),
  );
});

test('values that no clock tells count as the least or the largest', () => {
  const { count, buckets } = histogramOf([-1, 0, 1e9]).read();
  expect(count).toBe(3);
  expect(buckets).toEqual([
    { upTo: 0, count: 2 },
    { upTo: expect.closeTo(2147.48, 1) as number, count: 1 },
  ]);
});

test('nothing counted has no quantile', () => {
  expect(quantile(new Histogram(UNIT).read(), 0.5)).toBeUndefined();
});
