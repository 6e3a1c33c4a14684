/** Batches: several WAMP messages in one message of the transport (spec: Message Batching). */
import type { Serializer } from './serializer.ts';

/** Follows every JSON message, including the last. */
const SEPARATOR = 0x1e;
/** Some peers send this separator: they read the specification's `\30` as octal (T-34). */
const OCTAL_SEPARATOR = 0x18;
/** Octets of the length that precedes every binary message. */
const LENGTH_SIZE = 4;

/**
 * Joins messages to one batch: JSON with a separator after each, MessagePack and CBOR with a length before each.
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
 * @returns undefined when the batch is empty or ends within a message
 */
export function splitBatch(batch: Uint8Array, serializer: Serializer): Uint8Array[] | undefined {
  const cursor = BatchCursor.over(batch, serializer);
  if (cursor === undefined) return undefined;
  const frames: Uint8Array[] = [];
  for (let frame = cursor.next(); frame !== undefined; frame = cursor.next()) frames.push(frame);
  return frames;
}

/** Reads a batch message by message, so that a reader can stop after any of them. */
export class BatchCursor {
  readonly #batch: Uint8Array;
  readonly #binary: boolean;
  #at = 0;

  private constructor(batch: Uint8Array, binary: boolean) {
    this.#batch = batch;
    this.#binary = binary;
  }

  /** @returns undefined when the batch is empty or ends within a message */
  static over(batch: Uint8Array, { binary }: Pick<Serializer, 'binary'>): BatchCursor | undefined {
    if (batch.length === 0) return undefined;
    const isWhole = binary ? endsWithMessage(batch) : isSeparator(batch[batch.length - 1]);
    return isWhole ? new BatchCursor(batch, binary) : undefined;
  }

  /** The next message, as a view of the batch; undefined after the last. */
  next(): Uint8Array | undefined {
    if (this.#at === this.#batch.length) return undefined;
    const start = this.#at + (this.#binary ? LENGTH_SIZE : 0);
    const end = this.#binary ? start + readLength(this.#batch, this.#at) : nextSeparator(this.#batch, start);
    this.#at = this.#binary ? end : end + 1;
    return this.#batch.subarray(start, end);
  }

  /** The unread messages, as a view of the batch: itself a batch, or empty. */
  get rest(): Uint8Array {
    return this.#batch.subarray(this.#at);
  }
}

/** JSON texts contain neither separator: they escape control characters. */
function isSeparator(octet: number | undefined): boolean {
  return octet === SEPARATOR || octet === OCTAL_SEPARATOR;
}

function nextSeparator(batch: Uint8Array, from: number): number {
  let at = from;
  while (!isSeparator(batch[at])) at += 1;
  return at;
}

function endsWithMessage(batch: Uint8Array): boolean {
  let at = 0;
  // A length that is cut off leads beyond the end as well.
  while (at < batch.length) at += LENGTH_SIZE + readLength(batch, at);
  return at === batch.length;
}

function writeLength(into: Uint8Array, at: number, length: number): number {
  into[at] = length >>> 24;
  into[at + 1] = length >>> 16;
  into[at + 2] = length >>> 8;
  into[at + 3] = length;
  return at + LENGTH_SIZE;
}

function readLength(from: Uint8Array, at: number): number {
  const [first = 0, second = 0] = [from[at], from[at + 1]];
  const [third = 0, fourth = 0] = [from[at + 2], from[at + 3]];
  return ((first << 24) | (second << 16) | (third << 8) | fourth) >>> 0;
}
