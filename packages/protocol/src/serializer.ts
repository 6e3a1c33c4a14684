/** Interface Serializer: messages to frames and back. */
import type { FrameWriter } from './frame-writer.ts';
import type { Message } from './message.ts';
import type { PayloadCodec } from './payload.ts';

/**
 * A serialization of messages (spec: Building Blocks, Serializers). Stateless: one object serves all sessions.
 */
export interface Serializer extends PayloadCodec {
  /** `json`, `msgpack` or `cbor`. */
  readonly name: string;
  /** Its WebSocket subprotocol, such as `wamp.2.json`. */
  readonly subprotocol: string;
  /** Its number in the RawSocket handshake: 1 … 15. */
  readonly rawSocketId: number;
  /** False when frames are UTF-8 text. */
  readonly binary: boolean;

  /**
   * The frame of a message. A payload from this serializer is copied as bytes.
   * @throws SerializationFailure for a value that this serializer cannot write
   */
  encode(message: Message): Uint8Array<ArrayBuffer>;

  /**
   * Writes the message to the current frame of `writer`, after what the frame has already.
   * @throws SerializationFailure as `encode` does; discard the current frame then
   */
  write(message: Message, writer: FrameWriter): void;

  /**
   * The message of a frame. Decodes and checks the envelope; checks that the payload is well-formed (nesting, lengths,
   * UTF-8, types) and keeps it as bytes, a view of `frame`.
   * @throws ProtocolViolation for a malformed frame
   */
  decode(frame: Uint8Array): Message;

  /** The same as strings, for transports that accept strings; absent for binary serializers. */
  readonly text?: TextForm;

  /**
   * The first elements, at most four, that are complete in `head`, the beginning of a message. A router uses it to answer
   * messages above its limit; without this method, such a message ends the session.
   */
  readHead?(head: Uint8Array): readonly unknown[];
}

/** Converts messages to strings and back. */
export interface TextForm {
  /** @throws SerializationFailure as {@link Serializer.encode} does */
  encode(message: Message): string;
  /** @throws ProtocolViolation as {@link Serializer.decode} does */
  decode(frame: string): Message;
}

/** How many elements of a message's head are read at most: up to the options of an ERROR. */
export const HEAD_ELEMENTS = 4;

/** How deep a message may nest, including the message itself. */
export const MAX_DEPTH = 100;

/**
 * An encoder that caches its last frame: an EVENT to a thousand subscribers with one serializer is encoded once.
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
