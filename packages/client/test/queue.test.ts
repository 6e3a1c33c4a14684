/** The buffer of a loop, compared with a plain list, whatever is added and taken. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Queue } from '../src/core/queue.ts';
import { WampError } from '../src/index.ts';

interface Limits {
  readonly max: number;
  readonly maxBytes: number;
  readonly overflow: 'error' | 'drop-oldest' | 'drop-newest';
}

/** Does the same on a list: slowly, and without counters. */
class Model {
  values: { readonly value: number; readonly bytes: number }[] = [];
  dropped = 0;
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  push(value: number, bytes: number): boolean {
    const { max, maxBytes, overflow } = this.#limits;
    const fits = (list: Model['values']): boolean =>
      list.length <= max && list.reduce((sum, each) => sum + each.bytes, 0) <= maxBytes;
    const all = [...this.values, { value, bytes }];
    if (overflow === 'drop-oldest') {
      const kept = all.map((_each, from) => all.slice(from)).find(fits) ?? [];
      this.dropped += all.length - kept.length;
      this.values = kept;
      return true;
    }
    if (fits(all)) this.values = all;
    else if (overflow === 'drop-newest') this.dropped += 1;
    return fits(all) || overflow === 'drop-newest';
  }
}

const limits = fc.record({
  max: fc.integer({ min: 1, max: 6 }),
  maxBytes: fc.integer({ min: 1, max: 60 }),
  overflow: fc.constantFrom('error' as const, 'drop-oldest' as const, 'drop-newest' as const),
});
const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ bytes: fc.integer({ min: 0, max: 70 }) }) },
    { weight: 2, arbitrary: fc.constant('take' as const) },
  ),
  { maxLength: 60 },
);

describe('the buffer of a loop', () => {
  test('keeps, drops and counts what a plain list does', async () => {
    await fc.assert(
      fc.asyncProperty(limits, steps, async (given, planned) => {
        const taken: number[] = [];
        const queue = new Queue<number>(given, (value) => taken.push(value));
        const model = new Model(given);
        const iterator = queue.iterator(() => undefined);
        const expected: number[] = [];
        for (const [value, step] of planned.entries()) {
          if (step !== 'take') {
            expect(queue.push(value, step.bytes)).toBe(model.push(value, step.bytes));
          } else if (model.values.length > 0) {
            expected.push(model.values.shift()?.value ?? NaN);
            await iterator.next();
          }
          expect(queue.dropped).toBe(model.dropped);
        }
        queue.end();
        for (const { value } of model.values) {
          expected.push(value);
          expect(await iterator.next()).toEqual({ done: false, value });
        }
        expect(await iterator.next()).toEqual({ done: true, value: undefined });
        expect(taken).toEqual(expected);
      }),
    );
  });

  test('gives a value that exceeds its bytes to a loop that waits', async () => {
    const queue = new Queue<string>({ maxBytes: 1 });
    const next = queue.iterator(() => undefined).next();
    expect(queue.push('long', 100)).toBe(true);
    expect(await next).toEqual({ done: false, value: 'long' });
    expect(queue.push('longer', 100)).toBe(false);
  });

  test('holds 64 MiB by default, has them all free again when the loop was left, and says what is full', async () => {
    const mebibyte = 1024 * 1024;
    const queue = new Queue<number>();
    const fill = (): void => {
      for (let value = 0; value < 64; value += 1) expect(queue.push(value, mebibyte)).toBe(true);
      expect(queue.push(64, 1)).toBe(false);
    };
    fill();
    const error = queue.overfull('results');
    expect(error).toBeInstanceOf(WampError);
    expect(error.message).toContain(
      `64 results with ${64 * mebibyte} bytes wait to be taken, and another has no room (at most 10000 with ${64 * mebibyte} bytes).`,
    );
    await queue.iterator(() => undefined).return?.();
    fill();
    expect(queue.dropped).toBe(0);
  });
});
