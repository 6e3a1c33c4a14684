/** Media types of bodies: JSON and CBOR, with the rules of the WAMP serializers. */
import { json, MessageType, Payload, ProtocolViolation, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';

/** A media type of bodies. */
export interface Media {
  /** `application/json` or `application/cbor`. */
  readonly type: string;
  /** @throws ProtocolViolation for bytes that are not exactly one value in this media type */
  read(bytes: Uint8Array): unknown;
  /** @throws SerializationFailure for values that this media type cannot represent */
  write(value: unknown): Uint8Array;
}

/**
 * Reads a body as if it were the only argument of an EVENT, so that the same checks apply as to payloads of clients: nesting,
 * UTF-8, and forbidden values.
 */
function mediaOf(serializer: Serializer, type: string, behind: Uint8Array): Media {
  const whole = serializer.encode({
    type: MessageType.EVENT,
    subscription: 1,
    publication: 1,
    details: {},
    payload: Payload.of([0]),
  });
  const before = whole.subarray(0, whole.length - 1 - behind.length);
  return {
    type,
    read(bytes) {
      const message = serializer.decode(Buffer.concat([before, bytes, behind]));
      const { args, kwargs } = 'payload' in message ? message.payload : Payload.of();
      if (args.length === 1 && Object.keys(kwargs).length === 0) return args[0];
      throw new ProtocolViolation('the body is not one value');
    },
    write(value) {
      const list = serializer.encodePayload([value], {}, 1);
      return list.subarray(1, list.length - (serializer.binary ? 0 : 1));
    },
  };
}

export const JSON_MEDIA: Media = mediaOf(json, 'application/json', Buffer.from(']]'));
const CBOR_MEDIA: Media = mediaOf(cbor, 'application/cbor', Buffer.alloc(0));

/** The supported media types, in order of preference. */
const SPOKEN: readonly Media[] = [JSON_MEDIA, CBOR_MEDIA];

/** A charset other than UTF-8, which is the only one of JSON (RFC 8259 §8.1); ASCII is a part of it. */
const OTHER_CHARSET = /;\s*charset\s*=\s*(?!"?(?:utf-?8|us-ascii)"?\s*(?:;|$))/i;

/** The media type of a body by its Content-Type; undefined for an unsupported one, or one in another charset than UTF-8. */
export function mediaFor(contentType: string | undefined): Media | undefined {
  const name = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (contentType !== undefined && OTHER_CHARSET.test(contentType)) return undefined;
  return SPOKEN.find(({ type }) => type === name);
}

/** The media type of an answer: the one in Accept, or that of the request body. */
export function mediaAccepted(accept: string | undefined, asked: Media): Media {
  const names = (accept ?? '').split(',').map((part) => part.split(';', 1)[0]?.trim().toLowerCase());
  const named = names.find((name) => SPOKEN.some(({ type }) => type === name));
  return mediaFor(named) ?? asked;
}
