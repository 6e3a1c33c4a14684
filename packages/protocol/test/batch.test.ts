/** Batches of messages: what is joined splits again, and what is broken is told from what is not. */
import { joinBatch, json, splitBatch } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const texts = fc.array(fc.json().map(encode), { minLength: 1, maxLength: 10 });
const blobs = fc.array(fc.uint8Array({ maxLength: 70 }), { minLength: 1, maxLength: 10 });

function lists(frames: readonly Uint8Array[] | undefined): readonly (readonly number[])[] | undefined {
  return frames?.map((frame) => [...frame]);
}

describe('JSON', () => {
  test('BAT-1 each message is followed by 0x1E, also the last', () => {
    expect([...joinBatch([encode('[1]'), encode('[2]')], json)]).toEqual([...encode('[1]\u001e[2]\u001e')]);
    expect([...joinBatch([encode('[1]')], json)]).toEqual([...encode('[1]\u001e')]);
  });

  test('BAT-1 BAT-3 what is joined splits again', () => {
    fc.assert(
      fc.property(texts, (frames) => {
        expect(lists(splitBatch(joinBatch(frames, json), json))).toEqual(lists(frames));
      }),
    );
  });

  test('BAT-1 T-34 0x18 is taken for a separator, too', () => {
    expect(lists(splitBatch(encode('[1]\u0018[2]\u001e[3]\u0018'), json))).toEqual(
      ['[1]', '[2]', '[3]'].map((text) => [...encode(text)]),
    );
  });

  test.each(['', '[1]', '[1]\u001e[2]'])('BAT-1 BAT-3 %j is no batch', (text) => {
    expect(splitBatch(encode(text), json)).toBeUndefined();
  });
});

describe.each([msgpack, cbor])('$name', (serializer) => {
  test('BAT-2 T-34 each message is preceded by its length in four octets, the greatest first', () => {
    const batch = joinBatch([new Uint8Array(0x0102).fill(9), Uint8Array.of(7)], serializer);
    expect([...batch.subarray(0, 5)]).toEqual([0, 0, 1, 2, 9]);
    expect([...batch.subarray(4 + 0x0102)]).toEqual([0, 0, 0, 1, 7]);
  });

  test('BAT-2 BAT-3 what is joined splits again', () => {
    fc.assert(
      fc.property(blobs, (frames) => {
        expect(lists(splitBatch(joinBatch(frames, serializer), serializer))).toEqual(lists(frames));
      }),
    );
  });

  test('BAT-2 BAT-3 a batch that is cut off anywhere but behind a message is none', () => {
    fc.assert(
      fc.property(blobs, (frames) => {
        const batch = joinBatch(frames, serializer);
        let end = 0;
        const ends = new Set(frames.map((frame) => (end += frame.length + 4)));
        for (let at = 0; at <= batch.length; at += 1) {
          expect(splitBatch(batch.subarray(0, at), serializer) !== undefined).toBe(ends.has(at));
        }
      }),
    );
  });

  test('BAT-2 a length beyond everything takes no memory', () => {
    expect(splitBatch(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1), serializer)).toBeUndefined();
  });
});
