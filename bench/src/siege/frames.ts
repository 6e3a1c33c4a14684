/** Frames of RawSocket and WebSocket as a hostile client writes and reads them: payloads are neither copied nor masked. */

/** How a link frames its messages. */
export type Framing = 'rawsocket' | 'websocket';

/** Messages of the router are kept whole up to this length (bytes); of longer ones, this many bytes are kept. */
const KEPT = 64 * 1024;

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** The header of a message of `length` bytes. A key of zeros leaves the payload as it is. */
export function header(framing: Framing, length: number, binary = false): Buffer {
  if (framing === 'rawsocket') {
    const prefix = Buffer.alloc(4);
    prefix.writeUIntBE(length, 1, 3);
    return prefix;
  }
  return webSocketHeader(binary ? BINARY : TEXT, length);
}

function webSocketHeader(opcode: number, length: number): Buffer {
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const bytes = Buffer.alloc(2 + extended + 4);
  bytes[0] = 0x80 | opcode;
  bytes[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) bytes.writeUInt16BE(length, 2);
  if (extended === 8) bytes.writeBigUInt64BE(BigInt(length), 2);
  return bytes;
}

/** The callbacks of a {@link FrameReader}. */
export interface FrameTarget {
  /** `bytes` is the message, or the beginning of one that is longer than 64 KiB; valid during the call only. */
  message(bytes: Buffer, whole: boolean): void;
  /** The router has sent a ping; `frame` is the pong to send. */
  answer(frame: Buffer): void;
  /** A WebSocket was closed with this code. */
  closed(code: number): void;
}

/** Cuts a stream into frames, with the memory of one frame header and 64 KiB at most. */
export class FrameReader {
  readonly #framing: Framing;
  readonly #target: FrameTarget;
  readonly #head: Buffer = Buffer.alloc(14);
  #headSize = 0;
  #opcode = 0;
  /** Bytes of the payload that have not arrived yet; -1 while the header is incomplete. */
  #left = -1;
  #length = 0;
  #kept: Buffer[] = [];
  #keptSize = 0;

  constructor(framing: Framing, target: FrameTarget) {
    this.#framing = framing;
    this.#target = target;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left < 0) {
        at = this.#readHead(chunk, at);
        if (this.#left === 0) this.#finish();
      } else {
        const end = Math.min(chunk.length, at + this.#left);
        this.#keep(chunk.subarray(at, end));
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#finish();
      }
    }
  }

  /** @returns where the header ends, or the end of the chunk */
  #readHead(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length) {
      this.#head[this.#headSize] = chunk[at] ?? 0;
      this.#headSize += 1;
      at += 1;
      if (this.#headIsWhole()) {
        this.#length = this.#left;
        this.#headSize = 0;
        break;
      }
    }
    return at;
  }

  /** Reads length and kind of frame once the header is whole. */
  #headIsWhole(): boolean {
    const head = this.#head;
    if (this.#framing === 'rawsocket') {
      if (this.#headSize < 4) return false;
      this.#opcode = [TEXT, PING, PONG][(head[0] ?? 0) & 7] ?? TEXT;
      this.#left = head.readUIntBE(1, 3);
      return true;
    }
    if (this.#headSize < 2) return false;
    const short = (head[1] ?? 0) & 0x7f;
    const size = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (this.#headSize < size) return false;
    this.#opcode = (head[0] ?? 0) & 0x0f;
    this.#left = size === 2 ? short : size === 4 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
    return true;
  }

  #keep(part: Buffer): void {
    if (this.#keptSize >= KEPT) return;
    this.#kept.push(part);
    this.#keptSize += part.length;
  }

  #finish(): void {
    const [first] = this.#kept;
    const bytes = this.#kept.length === 1 && first !== undefined ? first : Buffer.concat(this.#kept);
    const whole = bytes.length === this.#length;
    this.#kept = [];
    this.#keptSize = 0;
    this.#left = -1;
    if (this.#opcode === CLOSE) this.#target.closed(bytes.length >= 2 ? bytes.readUInt16BE(0) : 1005);
    else if (this.#opcode === PING) this.#target.answer(this.#pong(bytes));
    else if (this.#opcode !== PONG) this.#target.message(bytes, whole);
  }

  #pong(payload: Buffer): Buffer {
    if (this.#framing === 'websocket') {
      return Buffer.concat([webSocketHeader(PONG, payload.length), payload]);
    }
    const prefix = header('rawsocket', payload.length);
    prefix[0] = 2;
    return Buffer.concat([prefix, payload]);
  }
}
