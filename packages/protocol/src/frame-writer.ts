/** A writer of frames into shared memory, one after the other, for serializers and transports. */
import { newMemory, type Memory } from './memory.ts';

declare const TextEncoder: new () => {
  encodeInto(text: string, into: Uint8Array): { readonly written: number };
};
const encoder = new TextEncoder();

/** Up to this many characters, a loop encodes text faster than a call into the engine. */
const LONG_TEXT = 192;
/** Room for long answers, too: memory of its own for each of them would be expensive. Untouched, it takes none. */
const SCRATCH_SIZE = 256 * 1024;
/** A frame with a buffer of its own gets this many bytes more, for its end. */
const SPARE = 16;

/** Bytes that a frame refers to instead of copying them. */
export interface Insert {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/**
 * The largest payload that is copied into its frames, in bytes; frames refer to larger ones. A payload in memory that is
 * reused for the next message must not be larger.
 */
export const MOST_COPIED: number = 16 * 1024;
/** Up to this many bytes, a loop copies faster than a call into the engine. */
const SHORT = 32;

/**
 * Writes frames one after the other. {@link FrameWriter.begin} starts a frame and leaves the frames before it unchanged.
 * When the buffer is full, the current frame moves to another buffer, and the writer gives the old one back.
 */
export class FrameWriter {
  /** The current buffer. The current frame is its range from `start` to `at`. */
  bytes: Uint8Array<ArrayBuffer>;
  start = 0;
  at = 0;
  /** Bytes that belong into the frame at a position but are not copied. */
  insert: Insert | undefined;
  readonly #size: number;
  readonly #memory: Memory;
  /** The shared buffer while a frame has a buffer of its own. */
  #aside: { readonly bytes: Uint8Array<ArrayBuffer>; readonly at: number } | undefined;

  /**
   * @param size of each buffer, in bytes; a frame above an eighth of it gets a buffer of its own
   */
  constructor(size: number, memory: Memory = newMemory) {
    this.#size = size;
    this.#memory = memory;
    this.bytes = memory.take(size);
  }

  /** Starts a frame that overwrites all frames before it. */
  rewind(): void {
    this.begin();
    this.at = this.start = 0;
  }

  /** Starts a frame after the last one. */
  begin(): void {
    if (this.#aside !== undefined) {
      this.#memory.give(this.bytes);
      this.bytes = this.#aside.bytes;
      this.at = this.#aside.at;
      this.#aside = undefined;
    }
    this.start = this.at;
    this.insert = undefined;
  }

  /** Ensures room for `size` bytes at `at`. `bytes` may be another buffer afterwards. */
  reserve(size: number): void {
    if (this.at + size > this.bytes.length) this.#move(size);
  }

  octet(value: number): void {
    if (this.at === this.bytes.length) this.#move(1);
    this.bytes[this.at++] = value;
  }

  /** Writes the bytes of `source` from `start` to `end`. A long range becomes the `insert` of the frame. */
  put(source: Uint8Array, start = 0, end: number = source.length): void {
    const length = end - start;
    if (length > MOST_COPIED && this.insert === undefined) {
      this.insert = { at: this.at, bytes: source.subarray(start, end) };
      return;
    }
    this.reserve(length);
    const { bytes, at } = this;
    if (length > SHORT) bytes.set(source.subarray(start, end), at);
    else for (let index = 0; index < length; index += 1) bytes[at + index] = source[start + index] ?? 0;
    this.at += length;
  }

  /** The length of the current frame, in bytes. */
  get length(): number {
    return this.at - this.start + (this.insert?.bytes.length ?? 0);
  }

  /** Writes text as UTF-8. */
  text(text: string): void {
    this.reserve(3 * text.length);
    this.at += encoder.encodeInto(text, this.bytes.subarray(this.at)).written;
  }

  /** Writes ASCII text. @returns false, without a change, when the text has other characters */
  ascii(text: string): boolean {
    const { length } = text;
    this.reserve(length);
    const { bytes, at } = this;
    for (let index = 0; index < length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) return false;
      bytes[at + index] = unit;
    }
    this.at += length;
    return true;
  }

  /** A copy of the current frame. */
  copy(): Uint8Array<ArrayBuffer> {
    const { bytes, start, at, insert } = this;
    if (insert === undefined) return new Uint8Array(bytes.subarray(start, at));
    const whole = new Uint8Array(this.length);
    whole.set(bytes.subarray(start, insert.at));
    whole.set(insert.bytes, insert.at - start);
    whole.set(bytes.subarray(insert.at, at), insert.at - start + insert.bytes.length);
    return whole;
  }

  #move(more: number): void {
    const written = this.at - this.start;
    const needed = written + more;
    const own = needed > this.#size / 8;
    const old = this.bytes;
    // A frame that outgrows a buffer of its own gets twice as much, so that all its moves together copy it about once.
    const room = this.#aside === undefined ? needed + SPARE : 2 * needed;
    const piece = this.#memory.take(own ? room : this.#size);
    piece.set(old.subarray(this.start, this.at));
    if (own && this.#aside === undefined) this.#aside = { bytes: old, at: this.start };
    else this.#memory.give(old);
    const { insert } = this;
    if (insert !== undefined) this.insert = { at: insert.at - this.start, bytes: insert.bytes };
    this.bytes = piece;
    this.start = 0;
    this.at = written;
  }
}

/** Writers for frames and texts that are copied afterwards, while they are not in use: a frame may need one for its payload, too. */
const scratches: FrameWriter[] = [new FrameWriter(SCRATCH_SIZE)];
const MOST_SCRATCHES = 2;

/** A copy of what `write` writes. Reentrant: a value's `toJSON` may encode as well. */
function inScratch(write: (writer: FrameWriter) => void): Uint8Array<ArrayBuffer> {
  const writer = scratches.pop() ?? new FrameWriter(SCRATCH_SIZE);
  writer.rewind();
  try {
    write(writer);
    return writer.copy();
  } finally {
    if (scratches.length < MOST_SCRATCHES) scratches.push(writer);
  }
}

/** A copy of the frame that `write` writes for `message`. */
export function encodeWith<M>(
  write: (message: M, writer: FrameWriter) => void,
  message: M,
): Uint8Array<ArrayBuffer> {
  return inScratch((writer) => {
    write(message, writer);
  });
}

/** The text as UTF-8. */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  return inScratch((writer) => {
    if (text.length > LONG_TEXT || !writer.ascii(text)) writer.text(text);
  });
}
