/** Masks: three ways to take them off, and one result (RFC 6455 §5.3). */
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unmask, unmaskShort, unmaskWords, type Unmask } from '../src/transports/mask.ts';

const { unmask: native } = createRequire(import.meta.url)('bufferutil') as { readonly unmask: Unmask };

/** By the book: octet i of what is masked is octet i of the original XOR octet i modulo 4 of the mask. */
function model(bytes: Uint8Array, mask: Uint8Array): Uint8Array {
  return bytes.map((octet, index) => octet ^ (mask[index % 4] ?? 0));
}

/** Unmasks a range of something larger. @returns all of the larger thing */
function within(way: Unmask, bytes: Uint8Array, offset: number, mask: Uint8Array): Uint8Array {
  const around = new Uint8Array(offset + bytes.length + 9).fill(0xa5);
  around.set(bytes, offset);
  way(around.subarray(offset, offset + bytes.length), mask);
  return around;
}

function expected(bytes: Uint8Array, offset: number, mask: Uint8Array): Uint8Array {
  const around = new Uint8Array(offset + bytes.length + 9).fill(0xa5);
  around.set(model(bytes, mask), offset);
  return around;
}

const arbitraryMask = fc.uint8Array({ minLength: 4, maxLength: 4 });

describe.each([
  ['octet by octet', unmaskShort],
  ['four octets at once', unmaskWords],
  ['in native code', native],
  ['as chosen by length', unmask],
] as const)('%s', (_name, way) => {
  test('WS-2 any octets, any mask, at any place in memory; nothing around them changes', () => {
    const bytes = fc.uint8Array({ maxLength: 600, size: 'max' });
    fc.assert(
      fc.property(bytes, fc.nat(9), arbitraryMask, (octets, offset, mask) => {
        const found = within(way, octets, offset, mask);
        expect(Buffer.from(found).equals(expected(octets, offset, mask))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('WS-2 every length up to 300, at every offset of a word', () => {
    const mask = Uint8Array.of(0x01, 0x80, 0xfe, 0x37);
    const source = Uint8Array.from({ length: 300 }, (_item, index) => (index * 31) & 0xff);
    for (let length = 0; length <= source.length; length += 1)
      for (let offset = 0; offset < 8; offset += 1) {
        const octets = source.subarray(0, length);
        const found = within(way, octets, offset, mask);
        if (!Buffer.from(found).equals(expected(octets, offset, mask)))
          expect([length, offset, found]).toEqual([length, offset, expected(octets, offset, mask)]);
      }
  });
});

test('the mask itself stays as it is, for the frame may come in pieces', () => {
  const mask = Uint8Array.of(1, 2, 3, 4);
  for (const way of [unmaskShort, unmaskWords, native, unmask])
    for (const length of [3, 64, 301]) way(new Uint8Array(length), mask);
  expect([...mask]).toEqual([1, 2, 3, 4]);
});
