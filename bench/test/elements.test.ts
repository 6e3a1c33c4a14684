/** The cursors against our serializers. */
import { fromList, MessageType, type Serializer } from '@wamp/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CborElements } from '../src/load/elements-cbor.ts';
import { JsonElements } from '../src/load/elements-json.ts';
import { MsgpackElements } from '../src/load/elements-msgpack.ts';
import { webSocket } from '../src/load/websocket.ts';

const CURSORS = [new JsonElements(), new MsgpackElements(), new CborElements()];

function encode(serializer: Serializer, list: readonly unknown[]): Buffer {
  return Buffer.from(serializer.encode(fromList(list)));
}

/** Any message stands somewhere in a buffer, with other bytes around it. */
function embedded(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from('123'), message, Buffer.from('456')]);
}

const anyId = fc.maxSafeNat().map((value) => value + 1);
const id = fc.oneof(fc.integer({ min: 1, max: 70_000 }), anyId);
const ascii = fc.string({
  minLength: 1,
  maxLength: 300,
  unit: fc.constantFrom('a', 'b', ' ', '0', '9', '_', '-'),
});

describe.each(CURSORS.map((elements) => [elements.serializer.name, elements] as const))(
  '%s',
  (_, elements) => {
    const { serializer } = elements;

    test('ids, options of any shape and texts are read one after another', () => {
      const details = fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 3 }), {
        maxKeys: 20,
      });
      fc.assert(
        fc.property(id, details, ascii, (request, extra, text) => {
          // The keys of an application are its own affair, as long as they do not mean something to WAMP.
          const options = Object.fromEntries(
            Object.entries(extra).map(([key, value]) => [`x_${key}`, value]),
          );
          const message = encode(serializer, [MessageType.RESULT, request, options, [text, 'more']]);
          elements.open(embedded(message), 3, 3 + message.length);
          expect(elements.uint()).toBe(MessageType.RESULT);
          expect(elements.uint()).toBe(request);
          elements.skip();
          expect(elements.list()).toBe(true);
          const start = elements.text(text.length);
          expect(embedded(message).toString('latin1', start, start + text.length)).toBe(text);
        }),
      );
    });

    test('skipping gives where an element starts and ends', () => {
      fc.assert(
        fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
          const message = encode(serializer, [MessageType.RESULT, 1, {}, [value, 'end']]);
          elements.open(message, 0, message.length);
          for (let index = 0; index < 3; index += 1) elements.skip();
          elements.list();
          const start = elements.skip();
          const alone = encode(serializer, [MessageType.RESULT, 1, {}, [value]]);
          const tail = serializer.binary ? 0 : 2;
          const size = elements.at - start;
          const expected = alone.subarray(alone.length - tail - size, alone.length - tail);
          expect(message.subarray(start, elements.at).equals(expected)).toBe(true);
          expect(elements.text(3)).toBeGreaterThan(0);
        }),
      );
    });

    test('a text of another length, or something else, is not taken for one', () => {
      for (const value of ['abcd', 'ab', 17, true, null, ['abc'], { abc: 1 }]) {
        const message = encode(serializer, [MessageType.RESULT, 1, {}, [value]]);
        elements.open(message, 0, message.length);
        for (let index = 0; index < 3; index += 1) elements.skip();
        elements.list();
        expect(elements.text(3)).toBe(-1);
      }
    });

    test('an id that is patched in is the id that is read', () => {
      fc.assert(
        fc.property(id, (request) => {
          const { mask } = webSocket;
          const width = elements.idWidth(request);
          expect(elements.idWidth(elements.leastId(width))).toBe(width);
          const message = encode(serializer, [MessageType.YIELD, elements.leastId(width), {}]);
          const masked = Buffer.from(message.map((byte) => byte ^ mask));
          elements.writeId(masked, elements.secondElement(MessageType.YIELD), request, width, mask);
          const patched = masked.map((byte) => byte ^ mask);
          expect(serializer.decode(patched)).toMatchObject({ type: MessageType.YIELD, request });
        }),
      );
    });

    test('what is no message ends somewhere', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
          elements.open(Buffer.from(bytes), 0, bytes.length);
          elements.uint();
          for (let index = 0; index < 5; index += 1) elements.skip();
          elements.list();
          elements.text(16);
        }),
      );
    });
  },
);
