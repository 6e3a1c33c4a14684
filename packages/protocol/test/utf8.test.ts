/** UTF-8 four bytes at a time: no byte before or behind the text counts, and none that was there before. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { skipValue } from '../src/serializers/json-skip.ts';
import { isUtf8, LONG_RUN, wordsAround } from '../src/serializers/utf8.ts';

declare const TextDecoder: new (
  label: string,
  options: { readonly fatal: boolean },
) => {
  decode(bytes: Uint8Array): string;
};
const strict = new TextDecoder('utf-8', { fatal: true });

/** What the platform says. */
function isText(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

const BAD = 0xff;
const LETTER = 0x61;

/** Bytes at any place of any buffer, of which what is around them is no UTF-8. */
function within(before: number, bytes: Uint8Array, behind: number): Uint8Array {
  const all = new Uint8Array(before + bytes.length + behind).fill(BAD);
  all.set(bytes, before);
  return all.subarray(before, before + bytes.length);
}

/** Mostly long runs of ASCII, and now and then something else, right or wrong. */
const pieces = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .integer({ min: 0, max: 3 * LONG_RUN })
        .map((length) => new Array<number>(length).fill(LETTER)),
    },
    { weight: 2, arbitrary: fc.constantFrom([0xc3, 0xa9], [0xe2, 0x82, 0xac], [0xf0, 0x9f, 0xa6, 0x80]) },
    {
      weight: 1,
      arbitrary: fc.constantFrom([BAD], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0xa6], [0x80], [0xed, 0xa0, 0x80]),
    },
  ),
  { maxLength: 6 },
);
const texts = pieces.map((all) => Uint8Array.from(all.flat()));
const margin = fc.integer({ min: 0, max: 9 });

describe('text within something larger', () => {
  test('T-7 is judged by its own bytes, wherever it starts and ends, in buffers of any length', () => {
    fc.assert(
      fc.property(texts, margin, margin, (text, before, behind) => {
        const bytes = within(before, text, behind);
        expect(isUtf8(bytes, 0, bytes.length)).toBe(isText(text));
      }),
      { numRuns: 2000 },
    );
  });

  test('every start, every end, and one wrong byte in every place', () => {
    for (const length of [LONG_RUN, LONG_RUN + 1, 2 * LONG_RUN + 3, 2 * LONG_RUN + 6]) {
      for (let before = 0; before < 4; before += 1) {
        for (let behind = 0; behind < 4; behind += 1) {
          const bytes = within(before, new Uint8Array(length).fill(LETTER), behind);
          expect(isUtf8(bytes, 0, length)).toBe(true);
          for (let at = 0; at < length; at += 1) {
            bytes[at] = BAD;
            expect(isUtf8(bytes, 0, length)).toBe(false);
            expect(isUtf8(bytes, 0, at)).toBe(true);
            expect(isUtf8(bytes, at + 1, length)).toBe(true);
            bytes[at] = LETTER;
          }
        }
      }
    }
  });

  test('a string of JSON ends at its quote, wherever it lies, also at the very end of a buffer', () => {
    for (const length of [0, 1, LONG_RUN - 1, LONG_RUN, LONG_RUN + 5, 4 * LONG_RUN + 1]) {
      for (let before = 0; before < 5; before += 1) {
        for (let behind = 0; behind < 5; behind += 1) {
          const text = new Uint8Array(length + 2).fill(LETTER);
          text[0] = text[length + 1] = 0x22;
          const bytes = within(before, text, behind);
          expect(skipValue(bytes, 0, 1)).toBe(length + 2);
          // Without its quote it ends nowhere, whatever follows in the buffer.
          const open = new Uint8Array(bytes.buffer, bytes.byteOffset, length + 1);
          bytes[length + 1] = LETTER;
          expect(() => skipValue(open, 0, 1)).toThrow('JSON');
        }
      }
    }
  });

  test('a quote behind the end of a chunk is not the end of a string', () => {
    const all = new Uint8Array(LONG_RUN + 64).fill(LETTER);
    all[0] = all[LONG_RUN + 20] = 0x22;
    for (let end = LONG_RUN; end <= LONG_RUN + 20; end += 1)
      expect(() => skipValue(all.subarray(0, end), 0, 1)).toThrow('JSON');
    expect(skipValue(all.subarray(0, LONG_RUN + 21), 0, 1)).toBe(LONG_RUN + 21);
  });
});

describe('words of a buffer', () => {
  test('are those that lie in it now, and those of no other buffer', () => {
    const [one, other] = [new Uint8Array(512).fill(LETTER), new Uint8Array(512).fill(LETTER)];
    for (let round = 0; round < 3; round += 1) {
      expect([isUtf8(one, 1, 500), isUtf8(other, 1, 500)]).toEqual([true, true]);
      one[300 + round] = BAD;
      expect([isUtf8(one, 1, 500), isUtf8(other, 1, 500)]).toEqual([false, true]);
      one[300 + round] = LETTER;
    }
  });

  test('are seen to change: a buffer that is written to anew, over and over', () => {
    const shared = new Uint8Array(1024);
    fc.assert(
      fc.property(fc.array(fc.tuple(texts, fc.integer({ min: 0, max: 8 })), { maxLength: 6 }), (all) => {
        for (const [text, at] of all) {
          if (at + text.length > shared.length) continue;
          shared.set(text, at);
          const chunk = shared.subarray(at, at + text.length);
          expect(isUtf8(chunk, 0, chunk.length)).toBe(isText(text));
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each([0, 1, 2, 3, 4, 5, 7, 8])('are the whole ones of a buffer of %i bytes', (length) => {
    const words = wordsAround(new Uint8Array(length));
    expect([words.byteOffset, words.length]).toEqual([0, length >> 2]);
  });
});
