/** The JSON scanner accepts what JSON.parse accepts, and ends where it ends. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_DEPTH, ProtocolViolation } from '@wamp/protocol';
import { skipBlanks, skipValue } from '../src/serializers/json-skip.ts';
import { utf8 } from './frames.ts';
import { mutate } from './mutations.ts';
import { Random, SEED } from './random.ts';

/** Where the text ends as a whole value with blanks around it; -1 when it is not one. */
function scan(bytes: Uint8Array): number {
  try {
    const end = skipBlanks(bytes, skipValue(bytes, skipBlanks(bytes, 0), 0));
    return end === bytes.length ? end : -1;
  } catch (error) {
    if (error instanceof ProtocolViolation) return -1;
    throw error;
  }
}

const fatal = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What scanner and JSON.parse should both say, but for depth. */
function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(fatal.decode(bytes));
    return true;
  } catch {
    return false;
  }
}

/** JSON text in the spellings that JSON.stringify never uses. */
const arbitraryText: fc.Arbitrary<string> = fc.letrec<{ value: string; list: string; dict: string }>(
  (tie) => {
    const blank = fc.constantFrom('', '', '', ' ', '\t', '\n', '\r', ' \n ');
    const character = fc.oneof(
      fc
        .string({ unit: 'binary', minLength: 1, maxLength: 1 })
        .map((unit) => JSON.stringify(unit).slice(1, -1)),
      fc.constantFrom(
        '\\/',
        '\\b',
        '\\u0000',
        '\\uD800',
        '\\uFfFf',
        'ÿ',
        '👍',
        '\u2028',
        'x'.repeat(70),
        '\x7f',
      ),
    );
    const text = fc.array(character, { maxLength: 5 }).map((units) => `"${units.join('')}"`);
    const number = fc
      .tuple(
        fc.constantFrom('', '-'),
        fc.oneof(fc.constant('0'), fc.integer({ min: 1 }).map(String)),
        fc.constantFrom('', '.0', '.50', '.000001'),
        fc.constantFrom('', 'e1', 'E+05', 'e-400', 'E999'),
      )
      .map((parts) => parts.join(''));
    const padded = fc.tuple(blank, tie('value'), blank).map((parts) => parts.join(''));
    return {
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('true', 'false', 'null'),
        number,
        text,
        tie('list'),
        tie('dict'),
      ),
      list: fc.oneof(
        blank.map((space) => `[${space}]`),
        fc.array(padded, { minLength: 1, maxLength: 4 }).map((items) => `[${items.join(',')}]`),
      ),
      dict: fc.oneof(
        blank.map((space) => `{${space}}`),
        fc
          .array(fc.tuple(blank, text, blank, padded), { minLength: 1, maxLength: 4 })
          .map((entries) => `{${entries.map(([a, key, b, value]) => `${a}${key}${b}:${value}`).join(',')}}`),
      ),
    };
  },
).value;

describe('SER-2: the scanner of JSON', () => {
  test('accepts all JSON, and finds the end of each value whatever follows', () => {
    fc.assert(
      fc.property(arbitraryText, fc.constantFrom('', ',', ']', '}', ' ', ',1]'), (text, after) => {
        JSON.parse(text);
        const bytes = utf8(text + after);
        return skipValue(bytes, 0, 0) === utf8(text).length;
      }),
      { numRuns: 1000 },
    );
  });

  test('agrees with JSON.parse on texts of the characters of JSON', () => {
    const characters = fc.constantFrom(...'[]{}:,"\\ \n0123456789-+.eEuabftrnlsé\0\t/'.split(''));
    fc.assert(
      fc.property(fc.array(characters, { maxLength: 8 }), (text) => {
        const bytes = utf8(text.join(''));
        return (scan(bytes) !== -1) === isJson(bytes);
      }),
      { numRuns: 20_000 },
    );
  });

  test(`agrees with JSON.parse on 200,000 mutated texts (WAMP_FUZZ_SEED=${SEED})`, () => {
    const random = new Random(SEED);
    const texts = [
      ...fc.sample(arbitraryText, { numRuns: 200, seed: SEED }),
      JSON.stringify({
        a: [1, -2.5e10, 'ÿ👍\u2028', { b: null }],
        long: `${'x'.repeat(100)}ÿ${'y'.repeat(200)}`,
      }),
    ].map(utf8);
    let accepted = 0;
    for (let round = 0; round < 200_000; round += 1) {
      const bytes = mutate(texts, random);
      const expected = isJson(bytes);
      if ((scan(bytes) !== -1) !== expected) {
        throw new Error(
          `round ${round}: JSON.parse says ${expected} to ${Buffer.from(bytes).toString('hex')}`,
        );
      }
      if (expected) accepted += 1;
    }
    // Both answers have been seen, and often.
    expect(accepted).toBeGreaterThan(10_000);
    expect(accepted).toBeLessThan(190_000);
  });

  test('sees a bad byte at any place of a long string, at any alignment', () => {
    const buffer = new Uint8Array(1000);
    for (let offset = 0; offset < 4; offset += 1) {
      for (let at = 1; at < 300; at += 1) {
        for (const byte of [0x00, 0x1f, 0x80, 0xff, 0x5c]) {
          const bytes = buffer.subarray(offset, offset + 302).fill(0x78);
          bytes[0] = bytes[301] = 0x22;
          if (skipValue(bytes, 0, 0) !== 302) expect(skipValue(bytes, 0, 0)).toBe(302);
          bytes[at] = byte;
          if (scan(bytes) !== -1) throw new Error(`0x${byte.toString(16)} at ${at} is not seen`);
        }
      }
    }
  });

  test('ends a long string at its quote, at any alignment', () => {
    const buffer = new Uint8Array(1000);
    for (let offset = 0; offset < 4; offset += 1) {
      for (let end = 1; end < 300; end += 1) {
        const bytes = buffer.subarray(offset, offset + 400).fill(0x78);
        bytes[0] = bytes[end] = 0x22;
        expect(skipValue(bytes, 0, 0)).toBe(end + 1);
      }
    }
  });

  test('reliability 5: MAX_DEPTH lists may be open, and no more', () => {
    const text = (levels: number): Uint8Array => utf8('['.repeat(levels) + ']'.repeat(levels));
    expect(scan(text(MAX_DEPTH))).toBe(2 * MAX_DEPTH);
    expect(scan(text(MAX_DEPTH + 1))).toBe(-1);
    expect(scan(utf8('['.repeat(1_000_000)))).toBe(-1);
  });
});
