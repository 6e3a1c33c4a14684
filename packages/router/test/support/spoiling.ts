/** Memory that is spoiled as soon as it is free, so that whoever still reads it is found out. */
import { FrameWriter } from '@wamp/protocol';
import { FrameMemory } from '../../src/output/frame-memory.ts';

/** No message begins with it, in no serializer, and no frame does. */
const SPOILED = 0xff;

/** Overwrites what nobody may read any more. */
export function spoil(bytes: Uint8Array, end: number = bytes.length): void {
  bytes.fill(SPOILED, 0, end);
}

/** What a method does before it does what it did. */
function before<K extends string, A extends unknown[], T extends Record<K, (...args: A) => void>>(
  prototype: T,
  name: K,
  task: (one: T, ...args: A) => void,
): void {
  const method: (...args: A) => void = prototype[name];
  Object.defineProperty(prototype, name, {
    value(this: T, ...args: A) {
      task(this, ...args);
      method.apply(this, args);
    },
  });
}

let spoils = false;

/** From now on, all memory of frames is spoiled when it is free for the next. */
export function spoilMemory(): void {
  if (spoils) return;
  spoils = true;
  before<'spare', [ArrayBuffer], FrameMemory>(FrameMemory.prototype, 'spare', (_memory, piece) => {
    spoil(new Uint8Array(piece));
  });
  before<'rewind', [], FrameWriter>(FrameWriter.prototype, 'rewind', (writer) => {
    writer.begin();
    spoil(writer.bytes, writer.at);
  });
}
