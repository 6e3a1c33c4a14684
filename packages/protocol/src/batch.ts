/** Batches: several messages in one message of the transport below (spec: Message Batching). */
import type { Serializer } from './serializer.ts';

/** Follows every JSON message, also the last. */
const SEPARATOR = 0x1e;
/** What widespread peers send instead: they took the specification's `\30` for octal (T-34). */
const OCTAL_SEPARATOR = 0x18;
/** Octets of the length before every binary message. */
const LENGTH_SIZE = 4;

/**
 * The messages as one batch: JSON with a separator behind each, MessagePack and CBOR with a length before each.
 * @param frames at least one: an empty batch is illegal
 */
export function joinBatch(frames: readonly Uint8Array[], { binary }: Serializer): Uint8Array<ArrayBuffer> {
  const extra = binary ? LENGTH_SIZE : 1;
  const batch = new Uint8Array(frames.reduce((sum, frame) => sum + frame.length + extra, 0));
  let at = 0;
  for (const frame of frames) {
    if (binary) at = writeLength(batch, at, frame.length);
    batch.set(frame, at);
    at += frame.length;
    if (!binary) batch[at++] = SEPARATOR;
  }
  return batch;
}

/**
 * The messages of a batch, as views of it.
 * @returns undefined for what is none: nothing at all, or something that ends within a message
 */
export function splitBatch(batch: Uint8Array, { binary }: Serializer): Uint8Array[] | undefined {
  if (batch.length === 0) return undefined;
  return binary ? splitAtLengths(batch) : splitAtSeparators(batch);
}

/** Neither separator can stand within a JSON text: control characters are escaped there. */
function splitAtSeparators(batch: Uint8Array): Uint8Array[] | undefined {
  const frames: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at < batch.length; at += 1) {
    if (batch[at] !== SEPARATOR && batch[at] !== OCTAL_SEPARATOR) continue;
    frames.push(batch.subarray(start, at));
    start = at + 1;
  }
  return start === batch.length ? frames : undefined;
}

function splitAtLengths(batch: Uint8Array): Uint8Array[] | undefined {
  const frames: Uint8Array[] = [];
  let at = 0;
  while (at < batch.length) {
    const start = at + LENGTH_SIZE;
    const end = start + readLength(batch, at);
    // When the length itself is cut off, `start` lies behind the batch already.
    if (end > batch.length) return undefined;
    frames.push(batch.subarray(start, end));
    at = end;
  }
  return frames;
}

function writeLength(into: Uint8Array, at: number, length: number): number {
  into[at] = length >>> 24;
  into[at + 1] = length >>> 16;
  into[at + 2] = length >>> 8;
  into[at + 3] = length;
  return at + LENGTH_SIZE;
}

function readLength(from: Uint8Array, at: number): number {
  const [first = 0, second = 0, third = 0, fourth = 0] = from.subarray(at, at + LENGTH_SIZE);
  return ((first << 24) | (second << 16) | (third << 8) | fourth) >>> 0;
}
