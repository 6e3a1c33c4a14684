/** The histogram against sorting. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Histogram } from '../src/load/histogram.ts';

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

test('a quantile is within 0.8 % of the value that sorting finds', () => {
  const latency = fc.double({ min: 2, max: 2e7, noNaN: true });
  const fraction = fc.double({ min: 0.001, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(latency, { minLength: 1, maxLength: 200 }), fraction, (values, part) => {
      const sorted = [...values].sort((a, b) => a - b);
      const exact = sorted[Math.ceil(part * sorted.length) - 1] ?? NaN;
      const found = histogramOf(values).quantile(part);
      // Half a hundredth of a microsecond is lost to rounding as well.
      expect(Math.abs(found - exact)).toBeLessThanOrEqual(0.008 * exact + 0.005);
    }),
  );
});

test('an empty histogram has no quantiles', () => {
  expect(new Histogram().quantile(0.5)).toBeNaN();
});

test('clearing forgets', () => {
  const histogram = histogramOf([1, 2, 3]);
  histogram.clear();
  histogram.record(500);
  expect(histogram.total).toBe(1);
  expect(histogram.quantile(0.01)).toBeCloseTo(500, -1);
});

test('what is out of range counts as the nearest that is in range', () => {
  expect(histogramOf([-5]).quantile(1)).toBe(0);
  expect(histogramOf([1e12]).quantile(1)).toBeGreaterThan(2e7);
});
