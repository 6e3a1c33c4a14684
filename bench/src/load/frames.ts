/** The client's end of WebSocket framing (RFC 6455 §5): whole masked frames out, messages found in a stream. */

/**
 * The masking key is four times this byte, so that a byte is masked alike wherever it stands and a template
 * can be patched in place. It is not zero: some receivers skip unmasking then.
 */
export const MASK = 0x5a;

/** What an opcode means. */
export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

const FIN = 0x80;
const MASKED = 0x80;

/** A whole masked frame. */
export function maskedFrame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const frame = Buffer.alloc(2 + extended + 4 + length);
  frame[0] = FIN | opcode;
  frame[1] = MASKED | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) frame.writeUInt16BE(length, 2);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.fill(MASK, 2 + extended, 6 + extended);
  for (let index = 0; index < length; index += 1) {
    frame[6 + extended + index] = (payload[index] ?? 0) ^ MASK;
  }
  return frame;
}

/** Takes what a {@link FrameScanner} finds. The bytes are only valid during the call. */
export interface FrameReceiver {
  /** A whole message stands at `start` … `end`. */
  message(bytes: Buffer, start: number, end: number): void;
  control(opcode: number, payload: Buffer): void;
}

const NOTHING = Buffer.alloc(0);

/** Finds the frames of a server in a stream of bytes, however it is split. Whole frames are not copied. */
export class FrameScanner {
  readonly #receiver: FrameReceiver;
  /** The beginning of a frame whose end has not come. */
  #carry = NOTHING;
  #carried = 0;
  /** The fragments of a message whose last one has not come. */
  #fragments: Buffer[] = [];

  constructor(receiver: FrameReceiver) {
    this.#receiver = receiver;
  }

  /** @param length how many bytes of `chunk` there are; they are not kept */
  scan(chunk: Buffer, length: number): void {
    if (this.#carried === 0) {
      this.#keep(chunk, this.#consume(chunk, length), length);
      return;
    }
    this.#keep(chunk, 0, length);
    const used = this.#consume(this.#carry, this.#carried);
    if (used > 0) this.#carry.copyWithin(0, used, this.#carried);
    this.#carried -= used;
  }

  /** Appends the unfinished rest of `chunk`. */
  #keep(chunk: Buffer, from: number, to: number): void {
    const size = this.#carried + to - from;
    if (size > this.#carry.length) {
      const larger = Buffer.allocUnsafe(Math.max(4096, 2 ** Math.ceil(Math.log2(size))));
      this.#carry.copy(larger, 0, 0, this.#carried);
      this.#carry = larger;
    }
    chunk.copy(this.#carry, this.#carried, from, to);
    this.#carried = size;
  }

  /** Delivers whole frames. @returns how many bytes they took */
  #consume(bytes: Buffer, length: number): number {
    let at = 0;
    while (length - at >= 2) {
      const first = bytes[at] ?? 0;
      const short = bytes[at + 1] ?? 0;
      let start = at + 2;
      let size = short & 0x7f;
      if (size === 126) {
        start += 2;
        if (start > length) break;
        size = bytes.readUInt16BE(at + 2);
      } else if (size === 127) {
        start += 8;
        if (start > length) break;
        size = bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
      }
      const end = start + size;
      if (end > length) break;
      at = end;
      if (first === (FIN | Opcode.TEXT) || first === (FIN | Opcode.BINARY)) {
        this.#receiver.message(bytes, start, end);
      } else this.#rare(first, bytes, start, end);
    }
    return at;
  }

  /** Control frames and fragments. */
  #rare(first: number, bytes: Buffer, start: number, end: number): void {
    const opcode = first & 0x0f;
    const payload = Buffer.from(bytes.subarray(start, end));
    if (opcode >= 8) {
      this.#receiver.control(opcode, payload);
      return;
    }
    this.#fragments.push(payload);
    if ((first & FIN) === 0) return;
    const message = Buffer.concat(this.#fragments);
    this.#fragments = [];
    this.#receiver.message(message, 0, message.length);
  }
}
