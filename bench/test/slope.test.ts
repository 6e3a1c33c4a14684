/** How slopes are found and judged. */
import { describe, expect, test } from 'vitest';
import { judge, slopeOf, type Sample } from '../src/soak/slope.ts';

/** Noise that is the same every time: uniform in ±`size`. */
function noise(size: number): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 0x7fffffff;
    return (state / 0x7fffffff - 0.5) * 2 * size;
  };
}

/** `count` samples over `hours`. */
function samples(count: number, hours: number, value: (at: number) => number): readonly Sample[] {
  return Array.from({ length: count }, (_item, index) => {
    const at = (index * hours) / count;
    return { at, value: value(at) };
  });
}

describe('a slope', () => {
  test('of a line is exact', () => {
    const { perHour, error } = slopeOf(samples(100, 0.25, (at) => 40 + 3 * at));
    expect(perHour).toBeCloseTo(3, 9);
    expect(error).toBeCloseTo(0, 6);
  });

  test('of noise is zero within its error, and that of a leak is not', () => {
    const [still, leaking] = [noise(1), noise(1)];
    const none = slopeOf(samples(400, 0.25, () => 40 + still()));
    expect(Math.abs(none.perHour)).toBeLessThan(none.error);
    const leak = slopeOf(samples(400, 0.25, (at) => 40 + 20 * at + leaking()));
    expect(leak.perHour - leak.error).toBeGreaterThan(10);
  });

  test('is known better the longer the run', () => {
    const [short, long] = [noise(1), noise(1)];
    const hour = slopeOf(samples(400, 1, () => long()));
    expect(hour.error).toBeLessThan(slopeOf(samples(400, 0.25, () => short())).error / 3);
  });

  test('of noise that lasts for several samples is no surer than that', () => {
    const [each, lasting] = [noise(1), noise(1)];
    let held = 0;
    const slow = samples(400, 0.25, () => 0).map(({ at }, index) => {
      if (index % 20 === 0) held = lasting();
      return { at, value: held };
    });
    expect(slopeOf(slow).error).toBeGreaterThan(2 * slopeOf(samples(400, 0.25, () => each())).error);
  });

  test('needs some samples', () => {
    expect(() => slopeOf(samples(19, 1, () => 0))).toThrow(RangeError);
  });
});

test.each([
  [{ perHour: 0.1, error: 0.2 }, 'within'],
  [{ perHour: -3, error: 3.5 }, 'within'],
  [{ perHour: 0.4, error: 0.2 }, 'unknown'],
  [{ perHour: 0.6, error: 0.2 }, 'unknown'],
  [{ perHour: 0.8, error: 0.2 }, 'beyond'],
] as const)('%o against 0.5 is %s', (slope, verdict) => {
  expect(judge(slope, 0.5)).toBe(verdict);
});
