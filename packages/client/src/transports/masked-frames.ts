/** Collects the WebSocket frames of a client in one buffer, so that all messages of a turn are written at once. */
import { randomFillSync } from 'node:crypto';

/** The limit of a message, in bytes: package `ws` with its native add-on masks longer ones faster. */
const MOST_BYTES = 2048;
/** The size of the longest header: opcode, length in three bytes, mask. */
const HEADER = 8;
const SIZE = 32 * 1024;

const TEXT = 0x81;
const BINARY = 0x82;
const MASKED = 0x80;

/** Random bytes for masks, used from the end. */
const random = Buffer.alloc(8192);
let unused = 0;

/** The frames of one connection that are not written yet. */
export class MaskedFrames {
  #buffer = Buffer.alloc(0);
  /** The frames are in this range of the buffer; the bytes before it are being written. */
  #start = 0;
  #end = 0;

  /** The number of bytes that are not written yet. */
  get size(): number {
    return this.#end - this.#start;
  }

  /** Adds a message. @returns false if it is too long, or if the frames before it have to be taken first */
  add(data: string | Uint8Array): boolean {
    // A UTF-16 code unit has at most three bytes.
    const most = typeof data === 'string' ? data.length * 3 : data.length;
    if (most > MOST_BYTES) return false;
    if (this.#buffer.length - this.#end < HEADER + most) {
      if (this.#end > this.#start) return false;
      this.#buffer = Buffer.allocUnsafeSlow(SIZE);
      this.#start = 0;
      this.#end = 0;
    }
    this.#write(data, most > 125 ? HEADER : HEADER - 2);
    return true;
  }

  /** Removes all frames; their bytes are not used again. */
  take(): Uint8Array {
    const frames = this.#buffer.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return frames;
  }

  /** @param header the size of the header for the maximum number of bytes that `data` may have */
  #write(data: string | Uint8Array, header: number): void {
    const buffer = this.#buffer;
    let start = this.#end + header;
    const bytes = typeof data === 'string' ? buffer.write(data, start) : data.length;
    if (typeof data !== 'string') buffer.set(data, start);
    if (bytes <= 125 && header === HEADER) {
      // A length field must not be longer than necessary (RFC 6455, 5.2).
      buffer.copyWithin(start - 2, start, start + bytes);
      start -= 2;
    }
    let at = this.#end;
    buffer[at++] = typeof data === 'string' ? TEXT : BINARY;
    if (bytes > 125) {
      buffer[at++] = MASKED | 126;
      buffer[at++] = bytes >>> 8;
      buffer[at] = bytes & 0xff;
    } else buffer[at] = MASKED | bytes;
    mask(buffer, start, bytes);
    this.#end = start + bytes;
  }
}

/** Masks a payload, and writes the mask before it. */
function mask(buffer: Buffer, start: number, bytes: number): void {
  if (unused === 0) {
    randomFillSync(random);
    unused = random.length;
  }
  unused -= 4;
  for (let index = 0; index < 4; index += 1) buffer[start - 4 + index] = random[unused + index] ?? 0;
  for (let index = 0; index < bytes; index += 1) {
    buffer[start + index] = (buffer[start + index] ?? 0) ^ (random[unused + (index & 3)] ?? 0);
  }
}
