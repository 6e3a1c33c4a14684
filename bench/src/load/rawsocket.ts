/** The client's end of RawSocket framing (spec: RawSocket Transport): four octets before each message. */
import {
  RAW_SOCKET_MAX_LIMIT,
  RAW_SOCKET_PREFIX_SIZE,
  rawSocketFrame,
  RawSocketFrameType,
  readRawSocketReply,
  writeRawSocketHandshake,
} from '@wamp/protocol';
import { StreamScanner, type FrameReceiver, type Framing } from './framing.ts';

/** Octets of the handshake, either way. */
const HANDSHAKE_SIZE = 4;

export const rawSocket: Framing = {
  mask: 0,
  greeting: (_url, { rawSocketId }) => ({
    request: Buffer.from(writeRawSocketHandshake({ limit: RAW_SOCKET_MAX_LIMIT, serializer: rawSocketId })),
    read(answer) {
      if (answer.length < HANDSHAKE_SIZE) return undefined;
      const reply = readRawSocketReply(answer.subarray(0, HANDSHAKE_SIZE), rawSocketId);
      if ('refused' in reply) throw new Error(reply.refused);
      return HANDSHAKE_SIZE;
    },
  }),
  frame: (message) => Buffer.from(rawSocketFrame(RawSocketFrameType.MESSAGE, message)),
  pong: (payload) => Buffer.from(rawSocketFrame(RawSocketFrameType.PONG, payload)),
  scanner: (receiver) => new RawSocketScanner(receiver),
};

class RawSocketScanner extends StreamScanner {
  readonly #receiver: FrameReceiver;

  constructor(receiver: FrameReceiver) {
    super();
    this.#receiver = receiver;
  }

  protected consume(bytes: Buffer, length: number): number {
    let at = 0;
    while (length - at >= RAW_SOCKET_PREFIX_SIZE) {
      const start = at + RAW_SOCKET_PREFIX_SIZE;
      const end = start + bytes.readUIntBE(at + 1, 3);
      if (end > length) break;
      const type = bytes[at];
      at = end;
      if (type === RawSocketFrameType.MESSAGE) this.#receiver.message(bytes, start, end);
      else if (type === RawSocketFrameType.PING) this.#receiver.ping(Buffer.from(bytes.subarray(start, end)));
    }
    return at;
  }
}
