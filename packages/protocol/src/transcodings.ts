/** Transcodings: the encodings of one payload for serializers other than its own. Only routers load them. */
import { SerializationFailure } from './errors.ts';
import { convertPayloadsWith, Payload, type PayloadCodec, type PayloadCount } from './payload.ts';

/**
 * Converts the bytes of a payload from one serializer to another, without decoding them. See `transcode`.
 * @returns undefined when it does not support one of the two serializers
 * @throws SerializationFailure
 */
export type Transcoder = (
  from: PayloadCodec,
  bytes: Uint8Array,
  count: PayloadCount,
  to: PayloadCodec,
) => Uint8Array<ArrayBuffer> | undefined;

/**
 * Sets the transcoder for all payloads of this process, which then keep what they have been transcoded to. Routers set one;
 * clients do not, to stay small. Without a transcoder, and for serializers that it does not support, payloads are decoded and
 * encoded again.
 */
export function transcodeWith(transcoder: Transcoder | undefined): void {
  convertPayloadsWith(transcoder && ((payload) => new Transcodings(payload, transcoder)));
}

/** A payload encoded for another serializer, or the error that prevented it. */
type Transcoded =
  | { readonly serializer: PayloadCodec; readonly bytes: Uint8Array; readonly failure: undefined }
  | { readonly serializer: PayloadCodec; readonly bytes: undefined; readonly failure: SerializationFailure };

/** Caches each result, even a failure: many receivers may need the same encoding. */
class Transcodings {
  readonly #payload: Payload;
  readonly #transcoder: Transcoder;
  readonly #all: Transcoded[] = [];

  constructor(payload: Payload, transcoder: Transcoder) {
    this.#payload = payload;
    this.#transcoder = transcoder;
  }

  to(serializer: PayloadCodec): Uint8Array {
    for (const transcoded of this.#all) {
      if (transcoded.serializer !== serializer) continue;
      if (transcoded.bytes === undefined) throw transcoded.failure;
      return transcoded.bytes;
    }
    Payload.transcodedBytes += this.#payload.size;
    try {
      const bytes = this.#transcode(serializer);
      this.#all.push({ serializer, bytes, failure: undefined });
      Payload.transcodedBytes += bytes.length;
      return bytes;
    } catch (failure) {
      if (failure instanceof SerializationFailure) this.#all.push({ serializer, bytes: undefined, failure });
      throw failure;
    }
  }

  #transcode(serializer: PayloadCodec): Uint8Array {
    const { encoded, count } = this.#payload;
    return (
      (encoded && this.#transcoder(encoded.serializer, encoded.bytes, count, serializer)) ??
      serializer.encodePayload(this.#payload.args, this.#payload.kwargs, count)
    );
  }
}
