/** PatternMap against the plainest thing that could be right: a list, searched with `matches`. */
import { matches, type MatchPolicy } from '@wamp/protocol';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { PatternMap } from '../src/core/pattern-map.ts';
import { MOST_SHAPES, MOST_SHAPES_OF_ONE } from '../src/core/wildcards.ts';

const POLICIES: readonly MatchPolicy[] = ['exact', 'prefix', 'wildcard'];

interface Entry {
  readonly match: MatchPolicy;
  readonly pattern: string;
  readonly value: object;
}

/** Does everything by looking at everything. */
class NaiveMap {
  entries: Entry[] = [];

  get(match: MatchPolicy, pattern: string): object | undefined {
    return this.entries.find((entry) => entry.match === match && entry.pattern === pattern)?.value;
  }

  set(match: MatchPolicy, pattern: string, value: object): void {
    const index = this.entries.findIndex((entry) => entry.match === match && entry.pattern === pattern);
    if (index === -1) this.entries.push({ match, pattern, value });
    else this.entries[index] = { match, pattern, value };
  }

  delete(match: MatchPolicy, pattern: string): void {
    this.entries = this.entries.filter((entry) => entry.match !== match || entry.pattern !== pattern);
  }

  values(match: MatchPolicy): object[] {
    return this.entries.filter((entry) => entry.match === match).map(({ value }) => value);
  }

  matching(uri: string): Entry[] {
    return this.entries.filter(({ match, pattern }) => matches(match, pattern, uri));
  }

  /** PREG-4 and T-14, word by word. */
  best(uri: string): object | undefined {
    const found = this.matching(uri);
    const of = (match: MatchPolicy): Entry[] => found.filter((entry) => entry.match === match);
    const [exact] = of('exact');
    if (exact !== undefined) return exact.value;
    const [prefix] = of('prefix').sort((a, b) => b.pattern.length - a.pattern.length);
    if (prefix !== undefined) return prefix.value;
    const [wildcard] = of('wildcard').sort((a, b) => moreLiteral(a.pattern, b.pattern));
    return wildcard?.value;
  }
}

/** Negative when `a` is literal where `b`, equal so far, is not. */
function moreLiteral(a: string, b: string): number {
  const others = b.split('.');
  for (const [index, component] of a.split('.').entries()) {
    const other = others[index] ?? '';
    if ((component === '') !== (other === '')) return component === '' ? 1 : -1;
  }
  return 0;
}

const DEEP = process.env['WAMP_DEEP'] === '1';

const component = fc.constantFrom('a', 'b', 'ab', '__proto__');
const uri = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
const pattern = fc
  .array(fc.oneof(component, fc.constant('')), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('.'));
const policy = fc.constantFrom(...POLICIES);
const command = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('set' as const), match: policy, pattern }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), match: policy, pattern }) },
);

describe('as a map', () => {
  test('PREG-2 PREG-3 PREG-4 T-14 T-15 finds what a search of all patterns finds, and the same best', () => {
    fc.assert(
      fc.property(
        fc.array(command, { maxLength: 40 }),
        fc.array(uri, { minLength: 1, maxLength: 10 }),
        (commands, uris) => {
          const map = new PatternMap<object>();
          const naive = new NaiveMap();
          for (const { kind, match, pattern: key } of commands) {
            const value = { match, key };
            if (kind === 'set') {
              map.set(match, key, value);
              naive.set(match, key, value);
            } else {
              map.delete(match, key);
              naive.delete(match, key);
            }
            expect(map.get(match, key)).toBe(naive.get(match, key));
          }
          expect(map.size).toBe(naive.entries.length);
          for (const match of POLICIES) expect([...map.values(match)]).toEqual(naive.values(match));
          for (const each of uris) {
            expect(new Set(map.matching(each))).toEqual(
              new Set(naive.matching(each).map(({ value }) => value)),
            );
            expect(map.matching(each)).toHaveLength(naive.matching(each).length);
            expect(map.best(each)).toBe(naive.best(each));
          }
        },
      ),
      { numRuns: DEEP ? 20_000 : 2000 },
    );
  }, 600_000);

  test('PREG-4 the best is one of those that match', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(policy, pattern), { maxLength: 20 }), uri, (patterns, each) => {
        const map = new PatternMap<object>();
        for (const [match, key] of patterns) map.set(match, key, { match, key });
        const best = map.best(each);
        const all = map.matching(each);
        expect(best === undefined ? all.length === 0 : all.includes(best)).toBe(true);
      }),
    );
  });

  test('PSUB-2 what matches comes as exact, then prefixes from the longest, then wildcards', () => {
    const map = new PatternMap<{ readonly key: string }>();
    const keys: readonly (readonly [MatchPolicy, string])[] = [
      ['wildcard', 'a.'],
      ['prefix', ''],
      ['prefix', 'a.b'],
      ['exact', 'a.b'],
      ['prefix', 'a'],
      ['wildcard', 'a.b'],
    ];
    for (const [match, key] of keys) map.set(match, key, { key: `${match} ${key}` });
    expect(map.matching('a.b').map(({ key }) => key)).toEqual([
      'exact a.b',
      'prefix a.b',
      'prefix a',
      'prefix ',
      'wildcard a.b',
      'wildcard a.',
    ]);
  });
});

/** Counts look-ups in maps, the steps of which a search consists. */
function stepsOf(search: () => unknown): number {
  const get = vi.spyOn(Map.prototype, 'get');
  search();
  const steps = get.mock.calls.length;
  get.mockRestore();
  return steps;
}

/** `count` patterns of each policy, as an application has them. */
function filled(count: number): PatternMap<object> {
  const map = new PatternMap<object>();
  for (let index = 0; index < count; index += 1) {
    const name = String(index).padStart(6, '0');
    map.set('exact', `com.myapp.${name}.value`, {});
    map.set('prefix', `com.myapp.${name}.`, {});
    map.set('wildcard', `com..${name}.value`, {});
    map.set('wildcard', `com.myapp.${name}.`, {});
  }
  return map;
}

describe('growth', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const among40 = filled(10);
  const among40000 = filled(10_000);
  const searches: readonly [string, (map: PatternMap<object>) => unknown][] = [
    ['matching, with hits', (map) => map.matching('com.myapp.000005.value')],
    ['matching, without', (map) => map.matching('com.other.000005.nothing')],
    ['best, exact', (map) => map.best('com.myapp.000005.value')],
    ['best, prefix', (map) => map.best('com.myapp.000005.other')],
    ['best, wildcard', (map) => map.best('com.other.000005.value')],
    ['best, none', (map) => map.best('org.nothing')],
  ];

  test.each(searches)(
    'a search takes as many steps among 40,000 patterns as among 40: %s',
    (_what, search) => {
      const few = stepsOf(() => search(among40));
      const many = stepsOf(() => search(among40000));
      expect(few).toBeGreaterThan(0);
      expect(many).toBe(few);
      expect(visitsOf(among40000, () => search(among40000))).toBe(visitsOf(among40, () => search(among40)));
    },
  );
  test('prefixes cost by their different lengths, not by their number', () => {
    const map = new PatternMap<object>();
    for (let index = 0; index < 5000; index += 1)
      map.set('prefix', `com.${String(index).padStart(6, '0')}`, {});
    for (let length = 1; length <= 20; length += 1) map.set('prefix', 'x'.repeat(length), {});
    expect(stepsOf(() => map.matching('com.004999.topic'))).toBeLessThan(50);
  });
});

/** The bound that the class promises, for a URI of these parts. */
function boundFor(uri: string): number {
  const components = uri.split('.').length;
  return 1 + 2 * (uri.length + 1) + components + 2 * Math.min(2 ** components, MOST_SHAPES);
}

/** `count` wildcard patterns of `components` components, all different in shape, alike in all else. */
function shapes(count: number, components: number, last = 'b'): string[] {
  return Array.from({ length: count }, (_, index) =>
    Array.from({ length: components }, (_each, place) => {
      if (place === components - 1) return last;
      return (index >> place) & 1 ? '' : 'a';
    }).join('.'),
  );
}

function visitsOf(map: PatternMap<object>, search: () => unknown): number {
  const before = map.visits;
  search();
  return map.visits - before;
}

describe('the cost of a look-up', () => {
  test.each([
    ['alike up to their last component', (index: number) => `a..a.a.b${index}`],
    ['alike but for their first component', (index: number) => `b${index}..a.a.b`],
    ['that all begin alike', (index: number) => `a.a.${index}..`],
  ])('A3 does not grow with wildcard patterns %s', (_what, patternOf) => {
    const map = new PatternMap<object>();
    map.set('wildcard', patternOf(0), {});
    const alone = visitsOf(map, () => map.matching('a.a.a.a.z'));
    for (let index = 1; index < 5000; index += 1) map.set('wildcard', patternOf(index), {});
    expect(visitsOf(map, () => map.matching('a.a.a.a.z'))).toBe(alone);
    expect(visitsOf(map, () => map.best('a.a.a.a.z'))).toBe(alone);
  });

  test('A3 a look-up visits each shape of as many components once, and no others', () => {
    const map = new PatternMap<object>();
    for (const pattern of shapes(1000, 64)) map.set('wildcard', pattern, {});
    for (const pattern of shapes(1000, 63)) map.set('wildcard', pattern, {});
    const uri = [...Array<string>(63).fill('a'), 'z'].join('.');
    expect(visitsOf(map, () => map.best(uri))).toBe(1 + 64 + 1000);
    expect(map.best(uri)).toBeUndefined();
    expect(map.matching(uri.replace('z', 'b'))).toHaveLength(1000);
    expect(visitsOf(map, () => map.best('a.b.c'))).toBe(1 + 3);
  });

  test('A3 a map refuses shapes beyond 1,024 of 11 components or more, and never any of ten', () => {
    const map = new PatternMap<object>();
    const add = (pattern: string): boolean => {
      const admitted = map.admits('wildcard', pattern, pattern);
      if (admitted) map.set('wildcard', pattern, {}, pattern);
      return admitted;
    };
    expect(shapes(2048, 12).filter(add)).toHaveLength(MOST_SHAPES);
    expect(shapes(2 ** 9, 10).every(add)).toBe(true);
    expect(shapes(2 ** 9, 10, '').every(add)).toBe(true);
    const [known = '', beyond = ''] = [...shapes(1, 12, 'other'), ...shapes(2048, 12).slice(-1)];
    expect([map.admits('wildcard', known), map.admits('wildcard', beyond)]).toEqual([true, false]);
    expect([map.admits('prefix', beyond), map.admits('exact', beyond)]).toEqual([true, true]);
    for (const pattern of shapes(1, 12)) map.delete('wildcard', pattern);
    expect(map.admits('wildcard', beyond)).toBe(true);
  });

  test('A3 of these shapes one owner adds 256, and others find room; what it takes away, it may add again', () => {
    const map = new PatternMap<object>();
    const all = shapes(1024, 12);
    const addAs = (owner: string, patterns: readonly string[]): number =>
      patterns.filter((pattern) => {
        const admitted = map.admits('wildcard', pattern, owner);
        if (admitted) map.set('wildcard', pattern, {}, owner);
        return admitted;
      }).length;
    expect(addAs('one', all)).toBe(MOST_SHAPES_OF_ONE);
    expect(addAs('one', shapes(512, 10))).toBe(512);
    expect(addAs('other', all.slice(MOST_SHAPES_OF_ONE))).toBe(MOST_SHAPES_OF_ONE);
    map.delete('wildcard', all[0] ?? '');
    expect(addAs('one', all.slice(-2))).toBe(1);
  });

  test('A3 prefixes of every length cost a visit for each length, and one more for each that is found', () => {
    const map = new PatternMap<object>();
    for (let length = 0; length < 500; length += 1) map.set('prefix', 'x'.repeat(length), {});
    expect(visitsOf(map, () => map.best('y'.repeat(512)))).toBe(1 + 500 + 1);
    expect(visitsOf(map, () => map.matching('x'.repeat(250)))).toBe(1 + 2 * 251);
    expect(map.matching('x'.repeat(250))).toHaveLength(251);
  });

  test('A3 a look-up among hostile patterns stays within its bound, and finds what a search of all finds', () => {
    const part = fc.constantFrom('', 'a', 'a', 'b');
    const hostile = fc.array(part, { minLength: 1, maxLength: 14 }).map((parts) => parts.join('.'));
    const sought = fc
      .array(fc.constantFrom('a', 'a', 'a', 'b', 'z'), { minLength: 1, maxLength: 14 })
      .map((parts) => parts.join('.'));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(policy, hostile), { maxLength: 300 }),
        fc.array(sought, { minLength: 1, maxLength: 5 }),
        (patterns, uris) => {
          const map = new PatternMap<object>();
          const naive = new NaiveMap();
          for (const [match, key] of patterns) {
            const value = { match, key };
            map.set(match, key, value);
            naive.set(match, key, value);
          }
          for (const each of uris) {
            expect(visitsOf(map, () => map.matching(each))).toBeLessThanOrEqual(boundFor(each));
            expect(visitsOf(map, () => map.best(each))).toBeLessThanOrEqual(boundFor(each));
            expect(new Set(map.matching(each))).toEqual(
              new Set(naive.matching(each).map(({ value }) => value)),
            );
            expect(map.best(each)).toBe(naive.best(each));
          }
        },
      ),
      { numRuns: DEEP ? 5000 : 300 },
    );
  });

  test('A3 without patterns, nothing but the exact one is looked for', () => {
    const map = new PatternMap<object>();
    map.set('exact', 'com.myapp.a', {});
    expect(visitsOf(map, () => map.matching('com.myapp.a'))).toBe(1);
    expect(visitsOf(map, () => map.best('com.myapp.b'))).toBe(1);
  });
});

describe('deletion', () => {
  test('leaves nothing that a later search would have to pass', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(policy, pattern), {
          maxLength: 30,
          selector: ([match, key]) => `${match} ${key}`,
        }),
        fc.array(uri, { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.nat()),
        (patterns, uris, dice) => {
          const anchors: readonly (readonly [MatchPolicy, string])[] = [
            ['exact', 'keep.me'],
            ['prefix', 'keep.'],
            ['wildcard', 'keep..here'],
          ];
          const fresh = new PatternMap<object>();
          const used = new PatternMap<object>();
          for (const [match, key] of anchors) {
            fresh.set(match, key, {});
            used.set(match, key, {});
          }
          for (const [match, key] of patterns) used.set(match, key, {});
          const order = patterns.map((entry) => ({ entry, rank: Number(dice.next().value) }));
          order.sort((a, b) => a.rank - b.rank);
          for (const { entry } of order) used.delete(...entry);
          expect(used.size).toBe(fresh.size);
          for (const each of uris) {
            expect(used.matching(each)).toHaveLength(fresh.matching(each).length);
            expect(visitsOf(used, () => used.matching(each))).toBe(
              visitsOf(fresh, () => fresh.matching(each)),
            );
            expect(visitsOf(used, () => used.best(each))).toBe(visitsOf(fresh, () => fresh.best(each)));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('of what is not there does nothing', () => {
    const map = new PatternMap<object>();
    const value = {};
    map.set('wildcard', 'a..c', value);
    map.delete('wildcard', 'a');
    map.delete('wildcard', 'a..');
    map.delete('wildcard', 'a..c.d');
    map.delete('prefix', 'a..c');
    map.delete('exact', 'a..c');
    expect(map.size).toBe(1);
    expect(map.best('a.b.c')).toBe(value);
  });

  test('keeps the longer and the shorter way', () => {
    const map = new PatternMap<object>();
    const [short, middle, long] = [{}, {}, {}];
    map.set('wildcard', 'a.', short);
    map.set('wildcard', 'a..c', middle);
    map.set('wildcard', 'a..c.d', long);
    map.delete('wildcard', 'a..c');
    expect(map.best('a.b')).toBe(short);
    expect(map.best('a.b.c')).toBeUndefined();
    expect(map.best('a.b.c.d')).toBe(long);
  });
});
