/** The names of anonymous clients. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inBase36 } from '../../src/auth/anonymous.ts';

test('a name is the id in base 36', () => {
  const ids = fc.oneof(
    fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    fc.integer({ min: 1, max: 36 ** 5 + 1 }),
    fc.constantFrom(1, 36 ** 5 - 1, 36 ** 5, 36 ** 6, 2 ** 31, 2 ** 53 - 1, 2 ** 53),
  );
  fc.assert(
    fc.property(ids, (id) => {
      expect(inBase36(id)).toBe(id.toString(36));
    }),
  );
});
