/** A table of what is found by number: a Map, as far as anybody can tell. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { Numbered } from '../src/core/numbered.ts';

interface Thing {
  readonly number: number;
  /** Tells it from others that had its number before. */
  readonly serial: number;
}

/** Ids as clients choose them: low ones one after the other, any up to 2^53, and some that have much in common. */
const number = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  fc.integer({ min: 1, max: 40 }).map((high) => high * 2 ** 32),
  fc.integer({ min: 1, max: 40 }).map((high) => high * 2 ** 29),
  fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53),
);

const act = fc.record({
  number,
  does: fc.oneof(
    { weight: 5, arbitrary: fc.constant('add') },
    { weight: 4, arbitrary: fc.constant('delete') },
  ),
});

/** Numbers that a client may choose. */
const CHOICES: readonly (readonly [which: string, choose: (index: number) => number])[] = [
  ['one after the other', (index) => index],
  ['that differ above 2^32 only', (index) => index * 2 ** 32],
  ['whose halves cancel each other out', (index) => index * 2 ** 32 + (index ^ 0x5a5a5a5a)],
  ['whose halves sum up to the same', (index) => index * 2 ** 32 + (2 ** 31 - index)],
  ['that are multiples of 2^17', (index) => index * 2 ** 17],
  ['that are multiples of 2^29', (index) => index * 2 ** 29],
];

/** A table of 10,000 numbers has 2^15 slots. */
const BITS = 15;

/** What chance may say when the table draws its secrets, as fractions of their range; undefined: whatever it says. */
const SECRETS: readonly (readonly [how: string, low: number | undefined, high: number | undefined])[] = [
  ['drawn', undefined, undefined],
  ['as low as can be', 0, 2 ** -31],
  ['near halves of their range', 1 / 2, 1 / 2 + 2 ** -30],
  ['near a third and a quarter', 1 / 3, 1 / 4],
];

/** The module with other secrets. */
async function drawn(
  ...fractions: readonly (number | undefined)[]
): Promise<Pick<typeof import('../src/core/numbered.ts'), 'Numbered' | 'homeOf'>> {
  const random = vi.spyOn(Math, 'random');
  for (const fraction of fractions) if (fraction !== undefined) random.mockReturnValueOnce(fraction);
  vi.resetModules();
  const { Numbered, homeOf } = await import('../src/core/numbered.ts');
  random.mockRestore();
  return { Numbered, homeOf };
}

/** The longest run of slots taken in a table of 2^`bits` slots, when each number goes to the first free slot from its home on. */
function longestRun(homes: readonly number[], bits: number): number {
  const slots = new Array<string>(2 ** bits).fill(' ');
  for (const home of homes) {
    let at = home;
    while (slots[at] === 'x') at = (at + 1) % slots.length;
    slots[at] = 'x';
  }
  return Math.max(
    ...slots
      .join('')
      .split(' ')
      .map(({ length }) => length),
  );
}

/** Where the table differs from the model; undefined when it does not. */
function difference(
  numbered: Numbered<Thing>,
  model: ReadonlyMap<number, Thing>,
  asked: Iterable<number>,
): string | undefined {
  if (numbered.size !== model.size) return `size ${numbered.size}, not ${model.size}`;
  for (const each of asked) if (numbered.get(each) !== model.get(each)) return `another thing at ${each}`;
  const values = new Set(numbered.values());
  const same = values.size === model.size && [...model.values()].every((thing) => values.has(thing));
  return same ? undefined : 'other values';
}

describe('a table by number', () => {
  test('has the same content as a Map, whatever is added and deleted', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 120, size: 'max' }), (acts) => {
        const numbered = new Numbered<Thing>();
        const model = new Map<number, Thing>();
        const asked = new Set(acts.map((each) => each.number)).add(0);
        let serial = 0;
        for (const { number: which, does } of acts) {
          if (does === 'delete') {
            numbered.delete(which);
            model.delete(which);
          } else if (!model.has(which)) {
            const thing = { number: which, serial: (serial += 1) };
            numbered.add(thing.number, thing);
            model.set(which, thing);
          }
          const found = difference(numbered, model, asked);
          if (found !== undefined) expect(found).toBeUndefined();
        }
      }),
      { numRuns: 150 },
    );
  });

  test('grows to thousands and shrinks to none, twice', () => {
    const numbered = new Numbered<Thing>();
    const model = new Map<number, Thing>();
    for (const serial of [1, 2]) {
      for (let index = 1; index <= 5000; index += 1) {
        const thing = { number: index * serial * 7919, serial };
        numbered.add(thing.number, thing);
        model.set(thing.number, thing);
      }
      expect(difference(numbered, model, model.keys())).toBeUndefined();
      let turn = 0;
      for (const each of [...model.keys()].sort((a, b) => (a % 101) - (b % 101))) {
        numbered.delete(each);
        model.delete(each);
        if ((turn += 1) % 500 === 0) expect(difference(numbered, model, model.keys())).toBeUndefined();
      }
      expect(difference(numbered, model, [])).toBeUndefined();
    }
  });

  describe.each(SECRETS)('whose secrets are %s', (_how, low, high) => {
    test.each(CHOICES)(
      'threat 28: no client can choose ids that take long to find: those %s',
      async (_which, choose) => {
        const { Numbered: Table, homeOf } = await drawn(low, high);
        const numbered = new Table<number>();
        const numbers = Array.from({ length: 10_000 }, (_item, index) => choose(index + 1));
        const homes = numbers.map((each) => homeOf(each, 32 - BITS));
        expect(longestRun(homes, BITS)).toBeLessThan(500);
        for (const each of numbers) numbered.add(each, each);
        expect(numbers.filter((each) => numbered.get(each) !== each)).toEqual([]);
        for (const each of numbers) numbered.delete(each);
        expect(numbered.values()).toEqual([]);
      },
    );
  });
});
