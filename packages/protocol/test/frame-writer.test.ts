/** The memory that frames are written into. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { FrameWriter } from '../src/frame-writer.ts';
import { json, MessageType, newMemory, Payload } from '../src/index.ts';

test('a frame that is written octet by octet takes memory in proportion to its length', () => {
  let taken = 0;
  const writer = new FrameWriter(32 * 1024, {
    take: (size) => {
      taken += size;
      return new Uint8Array(size);
    },
    give: () => undefined,
  });
  const length = 1024 * 1024;
  writer.begin();
  for (let index = 0; index < length; index += 1) writer.octet(index & 0xff);
  const wanted = Uint8Array.from({ length }, (_octet, index) => index & 0xff);
  expect(Buffer.compare(writer.copy(), wanted)).toBe(0);
  expect(taken).toBeLessThan(5 * length);
});

test('a message and its payload are encoded without new memory for each', () => {
  const message = { type: MessageType.YIELD, request: 1, options: {}, payload: Payload.of([1]) } as const;
  json.encode(message);
  const taken = vi.spyOn(newMemory, 'take');
  onTestFinished(() => {
    taken.mockRestore();
  });
  for (let request = 1; request <= 10; request += 1)
    json.encode({ ...message, request, payload: Payload.of([request]) });
  expect(taken).not.toHaveBeenCalled();
});
