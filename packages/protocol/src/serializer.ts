/** Interface Serializer: messages to bytes and back. */
import type { FrameWriter } from './frame-writer.ts';
import type { Message } from './message.ts';
import type { PayloadCodec } from './payload.ts';

/**
 * One way to write messages (spec: Building Blocks, Serializers). Stateless; one object serves all
 * sessions.
 */
export interface Serializer extends PayloadCodec {
  /** `json`, `msgpack` or `cbor`. */
  readonly name: string;
  /** The WebSocket subprotocol that announces it, such as `wamp.2.json`. */
  readonly subprotocol: string;
  /** Its number in the RawSocket handshake: 1 … 15. */
  readonly rawSocketId: number;
  /** False when frames are UTF-8 text. */
  readonly binary: boolean;

  /**
   * One frame. The payload's bytes are copied as they are when this serializer wrote them.
   * @throws SerializationFailure for a value that has no form here
   */
  encode(message: Message): Uint8Array<ArrayBuffer>;

  /**
   * The same, written behind what the frame at hand of `writer` has already.
   * @throws SerializationFailure likewise; what has been written of the frame until then is to be forgotten
   */
  write(message: Message, writer: FrameWriter): void;

  /**
   * One message. Its envelope is decoded and checked; its payload is checked to be well-formed
   * (nesting, lengths, UTF-8, types refused) and kept as bytes, a view of `frame`.
   * @throws ProtocolViolation for anything else
   */
  decode(frame: Uint8Array): Message;

  /**
   * The first elements of the envelope of a message of which only `head` has been kept: at most four, and those that are
   * whole. A router needs it to answer messages that are too long; without it, they end the session.
   */
  readHead?(head: Uint8Array): readonly unknown[];
}

/** So many elements of a message's head are read at most: those up to the options of an ERROR. */
export const HEAD_ELEMENTS = 4;

/** How deep a message may nest, counting the message itself; deeper ones are refused unread. */
export const MAX_DEPTH = 100;

/**
 * An encoder that remembers the last message it wrote: an EVENT to a thousand subscribers of one
 * serializer costs one encoding.
 */
export function encodeOnce(serializer: Serializer): (message: Message) => Uint8Array<ArrayBuffer> {
  let last: Message | undefined;
  let frame: Uint8Array<ArrayBuffer> | undefined;
  return (message) => {
    if (frame === undefined || message !== last) {
      frame = serializer.encode(message);
      last = message;
    }
    return frame;
  };
}
