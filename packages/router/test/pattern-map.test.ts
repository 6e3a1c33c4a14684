/** PatternMap against the plainest thing that could be right: a list, searched with `matches`. */
import { matches, type MatchPolicy } from '@wamp/protocol';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { PatternMap } from '../src/core/pattern-map.ts';

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
            expect(stepsOf(() => used.matching(each))).toBe(stepsOf(() => fresh.matching(each)));
            expect(stepsOf(() => used.best(each))).toBe(stepsOf(() => fresh.best(each)));
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
