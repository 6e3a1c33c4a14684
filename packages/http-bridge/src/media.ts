/** Media types of bodies: JSON and CBOR, read and written as the serializers of WAMP do. */
import { json, MessageType, Payload, ProtocolViolation, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';

/** A form of bodies. */
export interface Media {
  /** `application/json` or `application/cbor`. */
  readonly type: string;
  /** @throws ProtocolViolation for bytes that are not exactly one value of this form */
  read(bytes: Uint8Array): unknown;
  /** @throws SerializationFailure for values without this form */
  write(value: unknown): Uint8Array;
}

/**
 * A body is read as the only argument of an EVENT, so that it is checked as the payloads of clients are: its nesting,
 * its text, and what may not be in it.
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

/** The forms that are spoken, the preferred one first. */
const SPOKEN: readonly Media[] = [JSON_MEDIA, CBOR_MEDIA];

/** The form of a body by its Content-Type; undefined for one that is not spoken. */
export function mediaFor(contentType: string | undefined): Media | undefined {
  const name = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  return SPOKEN.find(({ type }) => type === name);
}

/** The form of an answer: what Accept names, and otherwise the form of the body. */
export function mediaAccepted(accept: string | undefined, asked: Media): Media {
  const names = (accept ?? '').split(',').map((part) => part.split(';', 1)[0]?.trim().toLowerCase());
  const named = names.find((name) => SPOKEN.some(({ type }) => type === name));
  return mediaFor(named) ?? asked;
}
