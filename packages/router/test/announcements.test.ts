/** Announcements: the features in HELLO are read correctly, whatever the client before has announced. */
import fc from 'fast-check';
import { PeerFeatures, type RoleDetails } from '@wamp/protocol';
import { expect, test } from 'vitest';
import { Announcements } from '../src/session/announcements.ts';

const feature = fc.constantFrom(
  'call_timeout',
  'call_canceling',
  'call_cancelling',
  '__proto__',
  'constructor',
);
const details: fc.Arbitrary<RoleDetails> = fc.oneof(
  fc.constant({}),
  fc
    .array(fc.tuple(feature, fc.constantFrom<unknown>(true, true, false, 1)), { maxLength: 4 })
    .map((entries) => ({ features: Object.fromEntries(entries) })),
);
const roles = fc
  .array(fc.tuple(fc.constantFrom('caller', 'callee', '__proto__', 'constructor'), details), { maxLength: 3 })
  .map((entries) => Object.fromEntries(entries));

test('FEAT: the features of each client are those that it has announced', () => {
  fc.assert(
    fc.property(fc.array(roles, { minLength: 2, maxLength: 6 }), (clients) => {
      const announcements = new Announcements();
      for (const announced of clients) {
        const expected = new PeerFeatures(announced).toObject();
        expect(sorted(announcements.featuresIn(announced).toObject())).toEqual(sorted(expected));
      }
    }),
  );
});

test('clients that announce the same, in any order, share one object', () => {
  const announcements = new Announcements();
  const first = announcements.featuresIn({ caller: { features: { a: true, b: true } }, callee: {} });
  const second = announcements.featuresIn({
    callee: { features: {} },
    caller: { features: { b: true, a: true } },
  });
  expect(second).toBe(first);
  const third = announcements.featuresIn({ caller: { features: { a: true } }, callee: {} });
  expect([third === first, first.has('caller', 'b'), third.has('caller', 'b')]).toEqual([false, true, false]);
});

function sorted(announced: Readonly<Record<string, readonly string[]>>): [string, string[]][] {
  return Object.entries(announced)
    .map(([role, names]): [string, string[]] => [role, [...names].sort()])
    .sort(([one], [other]) => (one < other ? -1 : 1));
}
