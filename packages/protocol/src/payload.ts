/** Payload: the arguments of a message, as values or as received bytes. */
import type { FrameWriter } from './frame-writer.ts';
import type { Dict } from './words.ts';

/** Positional arguments. */
export type Args = readonly unknown[];
/** Keyword arguments. */
export type Kwargs = Dict;
/** How many of the two optional elements a message ends with: none, Args, or Args and Kwargs. */
export type PayloadCount = 0 | 1 | 2;

/** The part of a serializer that a payload uses: it converts the elements of a payload to bytes and back. */
export interface PayloadCodec {
  /** `json`, `msgpack`, `cbor` or another: payloads of codecs with the same name have the same encoding. */
  readonly name: string;

  /** Encodes `count` elements, in the form that {@link PayloadCodec.decodePayload} reads. @throws SerializationFailure */
  encodePayload(args: Args, kwargs: Kwargs, count: PayloadCount): Uint8Array<ArrayBuffer>;

  /** Decodes a payload that has been checked to be well-formed. */
  decodePayload(
    bytes: Uint8Array,
    count: PayloadCount,
  ): { readonly args: Args | undefined; readonly kwargs: Kwargs | undefined };
}

/** Converts a payload to other serializers than its own, and keeps the results. */
interface Conversions {
  /** @throws SerializationFailure */
  to(serializer: PayloadCodec): Uint8Array;
}

let conversionsOf: ((payload: Payload) => Conversions) | undefined;

/** Sets how payloads are converted. By default, they are decoded and encoded again, each time. */
export function convertPayloadsWith(wanted: typeof conversionsOf): void {
  conversionsOf = wanted;
}

const NO_ARGS: Args = Object.freeze([]);
const NO_KWARGS: Kwargs = Object.freeze({});

/**
 * Args and Kwargs of one message. They are decoded once, on first access; a receiver with the same serializer is sent the
 * received bytes unchanged. A payload is immutable.
 */
export class Payload {
  /** The payload of a message that has neither Args nor Kwargs. */
  static readonly none: Payload = new Payload(0, NO_ARGS, NO_KWARGS);
  /** How many bytes have been transcoded in this process so far, read and written; used to count the cost of sending. */
  static transcodedBytes = 0;

  /** The number of elements on the wire. */
  readonly count: PayloadCount;
  #args: Args | undefined;
  #kwargs: Kwargs | undefined;
  #serializer: PayloadCodec | undefined;
  /** The encoding by `#serializer`: a range of `#bytes`. */
  #bytes: Uint8Array | undefined;
  #start: number;
  #end: number;
  /** What the payload has been converted to. */
  #conversions: Conversions | undefined;
  /** Whether this payload owns the bytes; false while they are borrowed. */
  #kept = false;

  private constructor(
    count: PayloadCount,
    args: Args | undefined,
    kwargs: Kwargs | undefined,
    serializer?: PayloadCodec,
    bytes?: Uint8Array,
    start = 0,
    end = 0,
  ) {
    this.count = count;
    this.#args = args;
    this.#kwargs = kwargs;
    this.#serializer = serializer;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  /** A payload of values. Empty elements that may be omitted are omitted (spec: Messages). */
  static of(args?: Args, kwargs?: Kwargs): Payload {
    const hasKwargs = kwargs !== undefined && Object.keys(kwargs).length > 0;
    if (!hasKwargs && (args === undefined || args.length === 0)) return Payload.none;
    return new Payload(hasKwargs ? 2 : 1, args ?? NO_ARGS, hasKwargs ? kwargs : NO_KWARGS);
  }

  /** A payload of values exactly as a peer sent them: empty elements are kept. */
  static received(args?: Args, kwargs?: Kwargs): Payload {
    const count = args === undefined ? 0 : kwargs === undefined ? 1 : 2;
    return count === 0 ? Payload.none : new Payload(count, args, kwargs ?? NO_KWARGS);
  }

  /**
   * A payload as received.
   * @param bytes from `start` to `end`: `count` elements in the form that `serializer.decodePayload` reads, already checked
   */
  static encoded(
    serializer: PayloadCodec,
    bytes: Uint8Array,
    count: PayloadCount,
    start = 0,
    end: number = bytes.length,
  ): Payload {
    if (count === 0) return Payload.none;
    return new Payload(count, undefined, undefined, serializer, bytes, start, end);
  }

  get args(): Args {
    return this.#args ?? this.#decode().args;
  }

  get kwargs(): Kwargs {
    return this.#kwargs ?? this.#decode().kwargs;
  }

  /**
   * The elements, encoded by `serializer`.
   * @throws SerializationFailure when it cannot encode one of the values
   */
  as(serializer: PayloadCodec): Uint8Array {
    if (this.#bytes !== undefined && this.#serializer === serializer) return this.#view(this.#bytes);
    if (this.#bytes !== undefined && conversionsOf !== undefined) {
      this.#conversions ??= conversionsOf(this);
      return this.#conversions.to(serializer);
    }
    const bytes = serializer.encodePayload(this.args, this.kwargs, this.count);
    if (this.#bytes === undefined) {
      this.#serializer = serializer;
      this.#bytes = bytes;
      this.#end = bytes.length;
    }
    return bytes;
  }

  /** Writes the elements in the encoding of `serializer`. @throws SerializationFailure */
  write(serializer: PayloadCodec, writer: FrameWriter): void {
    if (this.#bytes === undefined || this.#serializer !== serializer) writer.put(this.as(serializer));
    else writer.put(this.#bytes, this.#start, this.#end);
  }

  /**
   * This payload with a copy of its bytes, so that it can outlive its frame. Decoded values and other encodings are dropped,
   * so that it takes no more memory than its bytes. To read or send it while it is kept, use {@link lend}.
   */
  keep(): this {
    if (this.#bytes === undefined) return this;
    if (!this.#kept) {
      this.#bytes = new Uint8Array(this.#view(this.#bytes));
      this.#start = 0;
      this.#end = this.#bytes.length;
      this.#kept = true;
    }
    this.#args = undefined;
    this.#kwargs = undefined;
    this.#conversions = undefined;
    return this;
  }

  /** A payload with the same bytes, for one use: values decoded from it are not cached in this one. */
  lend(): Payload {
    if (this.#bytes === undefined) return this;
    return new Payload(
      this.count,
      undefined,
      undefined,
      this.#serializer,
      this.#bytes,
      this.#start,
      this.#end,
    );
  }

  /** The bytes, as a view, and their serializer; undefined for values that are not encoded yet. */
  get encoded(): { readonly serializer: PayloadCodec; readonly bytes: Uint8Array } | undefined {
    const serializer = this.#serializer;
    if (serializer === undefined || this.#bytes === undefined) return undefined;
    return { serializer, bytes: this.#view(this.#bytes) };
  }

  /** The length in bytes; 0 for values that are not encoded yet. */
  get size(): number {
    return this.#end - this.#start;
  }

  #view(bytes: Uint8Array): Uint8Array {
    return this.#end - this.#start === bytes.length ? bytes : bytes.subarray(this.#start, this.#end);
  }

  #decode(): { readonly args: Args; readonly kwargs: Kwargs } {
    if (this.#serializer === undefined || this.#bytes === undefined)
      return { args: NO_ARGS, kwargs: NO_KWARGS };
    const { args = NO_ARGS, kwargs = NO_KWARGS } = this.#serializer.decodePayload(
      this.#view(this.#bytes),
      this.count,
    );
    this.#args = args;
    this.#kwargs = kwargs;
    return { args, kwargs };
  }
}
