/** Values by increasing ids, compared with a Map. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IdTable } from '../src/core/id-table.ts';

test('D7 a table of ids holds what a Map holds, however long some values stay', () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ add: fc.integer({ min: 1, max: 300 }) }) },
      { weight: 5, arbitrary: fc.record({ remove: fc.double({ min: 0, max: 1, noNaN: true }) }) },
      { weight: 1, arbitrary: fc.constant('clear' as const) },
    ),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), steps, (first, taken) => {
      const table = new IdTable<{ id: number }>();
      const model = new Map<number, { id: number }>();
      let next = first;
      for (const step of taken) {
        if (step === 'clear') {
          table.clear();
          model.clear();
        } else if ('add' in step) {
          for (let count = 0; count < step.add; count += 1, next += 1) {
            table.add(next, { id: next });
            model.set(next, { id: next });
          }
        } else {
          const ids = [...model.keys()];
          // All but a few of the values, the oldest among those that stay.
          for (const id of ids.slice(Math.floor(ids.length * step.remove * 0.1))) {
            table.delete(id);
            model.delete(id);
          }
        }
        expect(table.size).toBe(model.size);
        expect(table.get(next)).toBeUndefined();
      }
      expect(table.values()).toEqual([...model.values()]);
      for (const [id, value] of model) expect(table.get(id)).toEqual(value);
      table.delete(next);
      expect(table.size).toBe(model.size);
    }),
    { numRuns: 200 },
  );
});
