/** Memory that frames are written into, one behind the other, for serializers and transports. */
import { newMemory, type Memory } from './memory.ts';

declare const TextEncoder: new () => {
  encodeInto(text: string, into: Uint8Array): { readonly written: number };
};
const encoder = new TextEncoder();

/** Up to this many characters, the same holds for encoding text. */
const LONG_TEXT = 192;
const SCRATCH_SIZE = 32 * 1024;
/** A frame with a piece of its own gets this many bytes more, for what closes it. */
const SPARE = 16;
/** Bytes that a frame refers to where they lie. */
export interface Insert {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/**
 * Up to so many bytes of a payload are copied into the frames that it goes out in; more are referred to. What lies in
 * memory that is used again for what comes next may not be longer.
 */
export const MOST_COPIED: number = 16 * 1024;
/** Up to this many bytes, a loop is faster than a call into the engine. */
const SHORT = 32;

/**
 * A frame starts with {@link FrameWriter.begin}; what was written before it stays as it is. When the memory
 * is used up, the frame at hand moves to another piece, and the old one is given back.
 */
export class FrameWriter {
  /** The memory at hand: the frame being written lies in it from `start` up to `at`. */
  bytes: Uint8Array<ArrayBuffer>;
  start = 0;
  at = 0;
  /** Bytes that stand in the frame before what lies at `at`, and that have not been copied. */
  insert: Insert | undefined;
  readonly #size: number;
  readonly #memory: Memory;
  /** What was at hand before a frame came that needs a piece of its own. */
  #aside: { readonly bytes: Uint8Array<ArrayBuffer>; readonly at: number } | undefined;

  /**
   * @param size of each piece of memory, in bytes; a frame of more than an eighth of it gets one of its own
   */
  constructor(size: number, memory: Memory = newMemory) {
    this.#size = size;
    this.#memory = memory;
    this.bytes = memory.take(size);
  }

  /** Starts a frame in the place of all before it. */
  rewind(): void {
    this.begin();
    this.at = this.start = 0;
  }

  /** Starts a frame behind the last one. */
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

  /** Makes sure that `size` bytes more can be written at `at`; `bytes` may be another piece afterwards. */
  reserve(size: number): void {
    if (this.at + size > this.bytes.length) this.#move(size);
  }

  octet(value: number): void {
    if (this.at === this.bytes.length) this.#move(1);
    this.bytes[this.at++] = value;
  }

  /** The bytes of `source` from `start` up to `end`. Many are not copied: they are referred to. */
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

  /** How long the frame is by now, in bytes. */
  get length(): number {
    return this.at - this.start + (this.insert?.bytes.length ?? 0);
  }

  /** Text in UTF-8. */
  text(text: string): void {
    this.reserve(3 * text.length);
    this.at += encoder.encodeInto(text, this.bytes.subarray(this.at)).written;
  }

  /** Text of ASCII, one byte a character. @returns false, and writes nothing, when it is something else */
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

  /** What has been written of the frame, in memory of its own. */
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
    const piece = this.#memory.take(own ? needed + SPARE : this.#size);
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

/** For frames and texts that get memory of their own afterwards; undefined while it is in use. */
let scratch: FrameWriter | undefined = new FrameWriter(SCRATCH_SIZE);

/** What `write` writes, in memory of its own. Values that write themselves may come back here meanwhile. */
function inScratch(write: (writer: FrameWriter) => void): Uint8Array<ArrayBuffer> {
  const writer = scratch ?? new FrameWriter(SCRATCH_SIZE);
  scratch = undefined;
  writer.rewind();
  try {
    write(writer);
    return writer.copy();
  } finally {
    scratch = writer;
  }
}

/** One frame, in memory of its own, as `write` writes it. */
export function encodeWith<M>(
  write: (message: M, writer: FrameWriter) => void,
  message: M,
): Uint8Array<ArrayBuffer> {
  return inScratch((writer) => {
    write(message, writer);
  });
}

/** The text in UTF-8, in memory of its own. */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  return inScratch((writer) => {
    if (text.length > LONG_TEXT || !writer.ascii(text)) writer.text(text);
  });
}
