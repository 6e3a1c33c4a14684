/** Identifiers in their scopes. */
import { afterEach, expect, test, vi } from 'vitest';
import { GlobalScope, isId, MAX_ID, nextId, SessionScope } from '@wamp/protocol';

afterEach(() => vi.restoreAllMocks());

test('IDS-1: ids are integers from 1 to 2^53', () => {
  expect(MAX_ID).toBe(2 ** 53);
  for (const id of [1, 2, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53]) expect(isId(id)).toBe(true);
  for (const id of [0, -0, -1, 0.5, 2 ** 53 + 2, NaN, Infinity, '1', 1n, null, undefined, true, [1]]) {
    expect(isId(id)).toBe(false);
  }
});

test('IDS-4: session scope counts 1, 2, 3 and starts anew in each session', () => {
  const scope = new SessionScope();
  expect([scope.next(), scope.next(), scope.next()]).toEqual([1, 2, 3]);
  expect(new SessionScope().next()).toBe(1);
});

test('IDS-4: 2^53 is followed by 1', () => {
  expect(nextId(MAX_ID - 1)).toBe(MAX_ID);
  expect(nextId(MAX_ID)).toBe(1);
  expect(nextId(1)).toBe(2);
});

test('T-6: an id is known to have been issued', () => {
  const scope = new SessionScope();
  expect(scope.issued(1)).toBe(false);
  scope.next();
  scope.next();
  expect([1, 2, 3].map((id) => scope.issued(id))).toEqual([true, true, false]);
});

test('IDS-2: global scope draws ids that differ, all valid', () => {
  const scope = new GlobalScope();
  const drawn = new Set<number>();
  for (let count = 0; count < 10_000; count += 1) {
    const id = scope.next();
    expect(isId(id)).toBe(true);
    drawn.add(id);
  }
  expect(drawn.size).toBe(10_000);
});

test('IDS-2: global scope is uniform: every one of the 53 bits is set half of the time', () => {
  const scope = new GlobalScope();
  const draws = 20_000;
  const set = new Array<number>(53).fill(0);
  for (let count = 0; count < draws; count += 1) {
    const bits = (scope.next() - 1).toString(2).padStart(53, '0');
    for (let bit = 0; bit < 53; bit += 1) set[bit] = (set[bit] ?? 0) + Number(bits[bit]);
  }
  // Seven standard deviations: chance fails this once in ten thousand million runs.
  for (const count of set) expect(Math.abs(count - draws / 2)).toBeLessThan(7 * Math.sqrt(draws / 4));
});

test.each([
  [0xffffffff, MAX_ID],
  [0, 1],
])('IDS-2: random words of %d give the end of the range, %d', (word, id) => {
  vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
    (array as unknown as Uint32Array).fill(word);
    return array;
  });
  expect(new GlobalScope().next()).toBe(id);
});

test('IDS-2: no random word is used twice', () => {
  let next = 0;
  const draw = vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
    const words = array as unknown as Uint32Array;
    for (let index = 0; index < words.length; index += 1) words[index] = next++;
    return array;
  });
  const scope = new GlobalScope();
  const ids = Array.from({ length: 2000 }, () => scope.next());
  expect(new Set(ids).size).toBe(2000);
  expect(ids[0]).toBe(0 * 2 ** 32 + 1 + 1);
  expect(ids[1]).toBe(2 * 2 ** 32 + 3 + 1);
  expect(draw.mock.calls.length).toBeLessThan(20);
});
