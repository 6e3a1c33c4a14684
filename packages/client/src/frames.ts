/** Encodes messages for a transport, and decodes them. */
import { ErrorUri, type Message, type Transport } from '@wamp/protocol';
import { SerializationError } from './errors.ts';
import { bytesOf } from './transports/channel.ts';

/** An encoded message: a string, if the transport accepts strings. */
export type Frame = string | Uint8Array<ArrayBuffer>;

/**
 * @param announced the router's limit for the size of a message, in bytes
 * @throws SerializationError for a longer message; SerializationFailure for a value that cannot be encoded
 */
export function encodeFor(transport: Transport, message: Message, announced: number): Frame {
  const { serializer, limit = Infinity } = transport;
  const { text } = serializer;
  const frame = text && 'sendText' in transport ? text.encode(message) : serializer.encode(message);
  const most = Math.min(limit, announced);
  const bytes = typeof frame === 'string' ? bytesOf(frame, most) : frame.length;
  if (bytes <= most) return frame;
  const said = `The router takes messages of at most ${most} bytes; this one has ${bytes}.`;
  throw new SerializationError(ErrorUri.PAYLOAD_SIZE_EXCEEDED, [said]);
}

/** @throws ProtocolViolation */
export function decodeOn({ serializer }: Transport, frame: Uint8Array | string): Message {
  if (typeof frame !== 'string') return serializer.decode(frame);
  return serializer.text?.decode(frame) ?? serializer.decode(new TextEncoder().encode(frame));
}
