/** The client's end of WebSocket framing (RFC 6455): whole masked frames out, messages found in a stream. */
import { createHash, randomBytes } from 'node:crypto';
import type { Serializer } from '@wamp/protocol';
import { StreamScanner, type FrameReceiver, type Framing, type Greeting } from './framing.ts';

/** What an opcode means. */
export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

/**
 * The masking key is four times this byte, so that a byte is masked alike wherever it stands and a template
 * can be patched in place. It is not zero: some receivers skip unmasking then.
 */
const MASK = 0x5a;
const FIN = 0x80;
const MASKED = 0x80;

export const webSocket: Framing = {
  mask: MASK,
  greeting: (url, serializer) => new Upgrade(url, serializer),
  frame: (message, { binary }) => maskedFrame(binary ? Opcode.BINARY : Opcode.TEXT, message),
  pong: (payload) => maskedFrame(Opcode.PONG, payload),
  scanner: (receiver) => new WebSocketScanner(receiver),
};

function maskedFrame(opcode: number, payload: Uint8Array): Buffer {
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

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const END_OF_HEAD = '\r\n\r\n';

/** The opening handshake (RFC 6455 §4). */
class Upgrade implements Greeting {
  readonly request: Buffer;
  readonly #accept: string;
  readonly #subprotocol: string;

  constructor({ host, pathname, search }: URL, { subprotocol }: Serializer) {
    const key = randomBytes(16).toString('base64');
    this.#accept = createHash('sha1')
      .update(key + GUID)
      .digest('base64');
    this.#subprotocol = subprotocol;
    const lines = [
      `GET ${pathname}${search} HTTP/1.1`,
      `Host: ${host}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${key}`,
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Protocol: ${subprotocol}`,
    ];
    this.request = Buffer.from(lines.join('\r\n') + END_OF_HEAD);
  }

  read(answer: Buffer): number | undefined {
    const end = answer.indexOf(END_OF_HEAD);
    if (end < 0) return undefined;
    const head = answer.toString('latin1', 0, end);
    if (!head.startsWith('HTTP/1.1 101') || !head.includes(this.#accept)) {
      throw new Error(`no WebSocket: ${head.split('\r\n', 1)[0] ?? ''}`);
    }
    if (!head.includes(this.#subprotocol))
      throw new Error(`the server does not support the subprotocol ${this.#subprotocol}`);
    return end + END_OF_HEAD.length;
  }
}

class WebSocketScanner extends StreamScanner {
  readonly #receiver: FrameReceiver;
  /** The fragments of a message whose last one has not arrived. */
  #fragments: Buffer[] = [];

  constructor(receiver: FrameReceiver) {
    super();
    this.#receiver = receiver;
  }

  protected consume(bytes: Buffer, length: number): number {
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
      } else this.#rare(first, Buffer.from(bytes.subarray(start, end)));
    }
    return at;
  }

  /** Control frames and fragments. */
  #rare(first: number, payload: Buffer): void {
    const opcode = first & 0x0f;
    if (opcode === Opcode.PING) this.#receiver.ping(payload);
    else if (opcode === Opcode.CLOSE) {
      this.#receiver.closed(payload.subarray(2).toString() || 'without a reason');
    } else if (opcode < Opcode.CLOSE) this.#fragment(payload, (first & FIN) !== 0);
  }

  #fragment(payload: Buffer, last: boolean): void {
    this.#fragments.push(payload);
    if (!last) return;
    const message = Buffer.concat(this.#fragments);
    this.#fragments = [];
    this.#receiver.message(message, 0, message.length);
  }
}
