/** URIs and patterns against the specification's own expressions and a naive model. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isReserved,
  isUri,
  matches,
  MAX_URI_COMPONENTS,
  MAX_URI_LENGTH,
  type MatchPolicy,
  type UriRules,
} from '@wamp/protocol';

/** URI-2 to URI-5, as the checklist has them. */
const SPECIFICATION: Readonly<Record<UriRules, Readonly<Record<MatchPolicy, RegExp>>>> = {
  loose: {
    exact: /^([^\s.#]+\.)*([^\s.#]+)$/u,
    prefix: /^([^\s.#]+\.)*([^\s.#]*)$/u,
    wildcard: /^(([^\s.#]+\.)|\.)*([^\s.#]+)?$/u,
  },
  strict: {
    exact: /^([0-9a-z_]+\.)*([0-9a-z_]+)$/u,
    prefix: /^([\da-z_]+\.)*([\da-z_]*)$/u,
    wildcard: /^(([0-9a-z_]+\.)|\.)*([0-9a-z_]+)?$/u,
  },
};

const arbitraryUri = fc
  .array(
    fc.constantFrom('a', 'b', 'com', 'x_1', 'A', 'é', '👍', '-', '#', ' ', '\t', '\u00a0', '.', '.', '.', ''),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

describe.each(['loose', 'strict'] as const)('%s rules', (rules) => {
  test.each(['exact', 'prefix', 'wildcard'] as const)('URI-2 URI-3 URI-4 URI-5: %s as specified', (match) => {
    fc.assert(
      fc.property(arbitraryUri, (uri) => {
        expect(isUri(uri, rules, match)).toBe(SPECIFICATION[rules][match].test(uri));
      }),
      { numRuns: 3000 },
    );
  });
});

test.each<[string, boolean, boolean]>([
  ['com.myapp.topic1', true, true],
  ['com.MyApp', true, false],
  ['com.ÿ.👍', true, false],
  ['com-myapp', true, false],
  ['a', true, true],
  ['', false, false],
  ['a..b', false, false],
  ['.a', false, false],
  ['a.', false, false],
  ['a b', false, false],
  ['a#b', false, false],
  ['a\nb', false, false],
  ['com.myapp\n', false, false],
])('URI-2 URI-4: %j is loose %s, strict %s', (uri, loose, strict) => {
  expect(isUri(uri)).toBe(loose);
  expect(isUri(uri, 'strict')).toBe(strict);
});

test.each<[MatchPolicy, string, boolean]>([
  ['prefix', '', true],
  ['prefix', 'com.', true],
  ['prefix', 'com.my', true],
  ['prefix', '.com', false],
  ['prefix', 'a..b', false],
  ['wildcard', '', true],
  ['wildcard', '.', true],
  ['wildcard', 'com..x', true],
  ['wildcard', '..', true],
  ['wildcard', 'a b', false],
])('URI-3 URI-5: as a %s pattern, %j: %s', (match, pattern, valid) => {
  expect(isUri(pattern, 'loose', match)).toBe(valid);
});

test('reliability 27: length and components are bounded, and judged quickly', () => {
  expect(isUri('a'.repeat(MAX_URI_LENGTH))).toBe(true);
  expect(isUri('a'.repeat(MAX_URI_LENGTH + 1))).toBe(false);
  expect(isUri(Array(MAX_URI_COMPONENTS).fill('a').join('.'))).toBe(true);
  expect(
    isUri(
      Array(MAX_URI_COMPONENTS + 1)
        .fill('a')
        .join('.'),
    ),
  ).toBe(false);
  expect(isUri('.'.repeat(MAX_URI_COMPONENTS - 1), 'loose', 'wildcard')).toBe(true);
  expect(isUri('.'.repeat(MAX_URI_COMPONENTS), 'loose', 'wildcard')).toBe(false);
  // CPU, for other processes do not add to it.
  const before = process.cpuUsage();
  for (let round = 0; round < 1000; round += 1) isUri(`${'a.'.repeat(255)}#`, 'strict');
  expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
});

test.each<[string, boolean]>([
  ['wamp', true],
  ['wamp.', true],
  ['wamp.session.on_join', true],
  ['wampx', false],
  ['wampx.y', false],
  ['wam', false],
  ['com.wamp', false],
  ['WAMP.x', false],
  ['', false],
])('URI-6: %j is reserved: %s', (uri, reserved) => {
  expect(isReserved(uri)).toBe(reserved);
});

/** Character by character, component by component, with no shortcut. */
function model(match: MatchPolicy, pattern: string, uri: string): boolean {
  const same = Array.from(pattern, (character, index) => character === uri[index]).every(Boolean);
  if (match === 'exact') return same && pattern.length === uri.length;
  if (match === 'prefix') return same;
  const source = pattern
    .split('.')
    .map((component) => (component === '' ? '[^.]*' : component))
    .join('\\.');
  return new RegExp(`^${source}$`).test(uri);
}

describe('matching', () => {
  const word = fc.constantFrom('a', 'b', 'ab');
  const uris = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join('.'));
  const wildcards = fc
    .array(fc.oneof(word, fc.constant('')), { minLength: 1, maxLength: 4 })
    .map((words) => words.join('.'));

  test.each(['exact', 'prefix', 'wildcard'] as const)('PSUB PREG: %s agrees with the model', (match) => {
    let hits = 0;
    fc.assert(
      fc.property(wildcards, uris, fc.nat(8), (pattern, uri, length) => {
        const cut = match === 'prefix' ? uri.slice(0, length) : pattern;
        for (const candidate of [pattern, cut, uri]) {
          const hit = matches(match, candidate, uri);
          expect(hit).toBe(model(match, candidate, uri));
          if (hit) hits += 1;
        }
      }),
      { numRuns: 2000 },
    );
    expect(hits).toBeGreaterThan(2000);
  });

  test('PREG-6: a prefix ends anywhere, a wildcard covers one component each', () => {
    expect(matches('prefix', 'com.my', 'com.myapp.x')).toBe(true);
    expect(matches('prefix', '', 'anything')).toBe(true);
    expect(matches('wildcard', 'com..update', 'com.a.update')).toBe(true);
    expect(matches('wildcard', 'com..update', 'com.a.b.update')).toBe(false);
    expect(matches('wildcard', 'com..update', 'com.update')).toBe(false);
    expect(matches('exact', 'com..update', 'com.a.update')).toBe(false);
  });
});
