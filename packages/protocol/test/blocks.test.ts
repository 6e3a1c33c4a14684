/** Long plain strings, which are looked at in blocks (checklist SER-1; RFC 8259 §7). */
import { readFileSync } from 'node:fs';
import { json, MessageType, ProtocolViolation } from '@wamp/protocol';
import { describe, expect, test } from 'vitest';
import wabt from 'wabt';
import { hasBlocks, skipPlainBlocks } from '../src/serializers/blocks.ts';

/** Around the sizes of blocks, and where words give over to them. */
const LENGTHS = [511, 512, 560, 2047, 2600, 10_300, 10_900, 76_000, 200_001];
/** What ends a plain run. */
const ODD = [0x00, 0x0a, 0x1f, 0x22, 0x5c, 0x80, 0xc3, 0xff];

test('the code is what blocks.wat says: `npx vitest run packages/protocol/test/blocks.test.ts -u` writes it', async () => {
  const assembler = await wabt();
  const path = new URL('../src/serializers/blocks.wat', import.meta.url);
  const { buffer } = assembler
    .parseWat('blocks.wat', readFileSync(path, 'utf8'), { simd: true })
    .toBinary({});
  const rows = Array.from({ length: Math.ceil(buffer.length / 16) }, (_, row) =>
    [...buffer.subarray(16 * row, 16 * (row + 1))].map((byte) => `0x${byte.toString(16).padStart(2, '0')}, `),
  );
  const code = rows.map((row) => `  ${row.join('').trimEnd()}\n`).join('');
  const source = `/** blocks.wat in WebAssembly's binary form. Assembled by test/blocks.test.ts; do not edit. */
// prettier-ignore
export const BLOCKS_CODE: readonly number[] = [
${code}];
`;
  await expect(source).toMatchFileSnapshot('../src/serializers/blocks-code.ts');
});

test('this runtime has them', () => {
  expect(hasBlocks).toBe(true);
});

describe.each(LENGTHS)('%i bytes', (length) => {
  const places = [
    0,
    1,
    15,
    16,
    17,
    500,
    513,
    2048,
    2060,
    10_240,
    10_767,
    75_900,
    length - 17,
    length - 2,
    length - 1,
  ];

  test.each([0, 1, 2, 3])('SER-1 are plain up to the first that is not, %i beyond a word', (ahead) => {
    const around = new Uint8Array(length + ahead + 40).fill(0x41);
    const bytes = around.subarray(ahead, ahead + length);
    expect(length - skipPlainBlocks(bytes, 0)).toBeLessThan(16);
    for (const odd of ODD) {
      for (const place of places.filter((one) => one >= 0 && one < length)) {
        bytes[place] = odd;
        const found = skipPlainBlocks(bytes, 0);
        expect(found <= place && place - found < 16).toBe(true);
        expect(skipPlainBlocks(bytes, place + 1)).toBeGreaterThan(place);
        bytes[place] = 0x41;
      }
    }
  });

  test('SER-1 are taken and refused as JSON.parse does', () => {
    const text = Buffer.from(`[48,1,{},"a.b",["${'~'.repeat(length)}",1]]`);
    const start = text.indexOf('~');
    expect(payloadOf(text)).toEqual(['~'.repeat(length), 1]);
    for (const odd of ['\0', '\n', '"', '\\', '\\n', 'ä', '\u{1f600}', '\x7f']) {
      for (const place of places.filter((one) => one >= 0 && one + 4 < length)) {
        const changed = Buffer.from(text);
        changed.write(odd, start + place);
        expect(payloadOf(changed)).toEqual(parsed(changed));
      }
    }
  });
});

/** The arguments of a CALL; undefined when it is malformed. */
function payloadOf(bytes: Uint8Array): unknown {
  try {
    const message = json.decode(bytes);
    return message.type === MessageType.CALL ? message.payload.args : message;
  } catch (error) {
    if (error instanceof ProtocolViolation) return undefined;
    throw error;
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return (JSON.parse(bytes.toString()) as unknown[])[4];
  } catch {
    return undefined;
  }
}
