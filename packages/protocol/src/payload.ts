/** Payload: the arguments of a message, as values or as the bytes they came as. */
import { SerializationFailure } from './errors.ts';
import type { FrameWriter } from './frame-writer.ts';
import type { Dict } from './words.ts';

/** Positional arguments. */
export type Args = readonly unknown[];
/** Keyword arguments. */
export type Kwargs = Dict;
/** How many of the two optional elements a message ends with: none, Args, or Args and Kwargs. */
export type PayloadCount = 0 | 1 | 2;

/** What a payload needs of a serializer: its own elements, to bytes and back. */
export interface PayloadCodec {
  /** `json`, `msgpack`, `cbor` or another: payloads of the same name are of the same form. */
  readonly name: string;

  /** `count` elements in the form of {@link PayloadCodec.decodePayload}. @throws SerializationFailure */
  encodePayload(args: Args, kwargs: Kwargs, count: PayloadCount): Uint8Array<ArrayBuffer>;

  /** The values of a payload that has been checked to be well-formed. */
  decodePayload(
    bytes: Uint8Array,
    count: PayloadCount,
  ): { readonly args: Args | undefined; readonly kwargs: Kwargs | undefined };
}

/**
 * Makes a payload's bytes for one serializer of those for another, without decoding them. See `transcode`.
 * @returns undefined when it does not know one of the two
 * @throws SerializationFailure
 */
export type Transcoder = (
  from: PayloadCodec,
  bytes: Uint8Array,
  count: PayloadCount,
  to: PayloadCodec,
) => Uint8Array<ArrayBuffer> | undefined;

let transcoder: Transcoder | undefined;

/**
 * From now on, payloads in this process are transcoded so: a router wants that, and a client stays small without. What the
 * transcoder does not know is decoded and encoded, as everything is before.
 */
export function transcodeWith(wanted: Transcoder | undefined): void {
  transcoder = wanted;
}

/** A payload in the form of another serializer, or why there is none. */
type Transcoded =
  | { readonly serializer: PayloadCodec; readonly bytes: Uint8Array; readonly failure: undefined }
  | { readonly serializer: PayloadCodec; readonly bytes: undefined; readonly failure: SerializationFailure };

const NO_ARGS: Args = Object.freeze([]);
const NO_KWARGS: Kwargs = Object.freeze({});
const NOT_TRANSCODED: readonly never[] = [];

/**
 * Args and Kwargs of one message. They are decoded on first touch, once; towards a peer of the
 * serializer they came with, the very bytes go out again. A payload is never changed.
 */
export class Payload {
  /** The payload of a message that has neither Args nor Kwargs. */
  static readonly none: Payload = new Payload(0, NO_ARGS, NO_KWARGS);
  /** How many bytes have been transcoded in this process so far, read and written; used to count the cost of sending. */
  static transcodedBytes = 0;

  /** How many elements stand on the wire. */
  readonly count: PayloadCount;
  #args: Args | undefined;
  #kwargs: Kwargs | undefined;
  #serializer: PayloadCodec | undefined;
  /** What `#serializer` has written, or read: a range of `#bytes`. */
  #bytes: Uint8Array | undefined;
  #start: number;
  #end: number;
  /** The same payload for other serializers, each made when first asked for. */
  #transcoded: readonly Transcoded[] = NOT_TRANSCODED;
  /** Whether the bytes are its own, and not lent. */
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

  /** A payload of values. What is empty and need not be there is left out (spec: Messages). */
  static of(args?: Args, kwargs?: Kwargs): Payload {
    const hasKwargs = kwargs !== undefined && Object.keys(kwargs).length > 0;
    if (!hasKwargs && (args === undefined || args.length === 0)) return Payload.none;
    return new Payload(hasKwargs ? 2 : 1, args ?? NO_ARGS, hasKwargs ? kwargs : NO_KWARGS);
  }

  /** A payload of values as a peer has sent them: what is empty stays. */
  static received(args?: Args, kwargs?: Kwargs): Payload {
    const count = args === undefined ? 0 : kwargs === undefined ? 1 : 2;
    return count === 0 ? Payload.none : new Payload(count, args, kwargs ?? NO_KWARGS);
  }

  /**
   * A payload as it came from the wire.
   * @param bytes have `count` elements in the form that `serializer.decodePayload` takes, checked already, from
   *   `start` up to `end`
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
   * The elements as `serializer` writes them.
   * @throws SerializationFailure when it has no form for one of the values
   */
  as(serializer: PayloadCodec): Uint8Array {
    if (this.#bytes !== undefined && this.#serializer === serializer) return this.#view(this.#bytes);
    for (const transcoded of this.#transcoded) {
      if (transcoded.serializer !== serializer) continue;
      if (transcoded.bytes === undefined) throw transcoded.failure;
      return transcoded.bytes;
    }
    if (this.#bytes !== undefined) return this.#transcodeOnce(serializer);
    const bytes = serializer.encodePayload(this.args, this.kwargs, this.count);
    this.#serializer = serializer;
    this.#bytes = bytes;
    this.#end = bytes.length;
    return bytes;
  }

  /** Writes the elements as `serializer` does. @throws SerializationFailure */
  write(serializer: PayloadCodec, writer: FrameWriter): void {
    if (this.#bytes === undefined || this.#serializer !== serializer) writer.put(this.as(serializer));
    else writer.put(this.#bytes, this.#start, this.#end);
  }

  /**
   * This payload with bytes of its own, to be kept longer than its frame. What was decoded of it, or made for other
   * serializers, is given up, so that it takes no more memory than its bytes. Who reads it while it stays kept, or
   * sends it, does so by {@link lend}.
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
    this.#transcoded = NOT_TRANSCODED;
    return this;
  }

  /** The same payload for one use: what is decoded of it does not stay with this one. */
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

  /** Its bytes, and their serializer; undefined for values that are not encoded yet. A view. */
  get encoded(): { readonly serializer: PayloadCodec; readonly bytes: Uint8Array } | undefined {
    const serializer = this.#serializer;
    if (serializer === undefined || this.#bytes === undefined) return undefined;
    return { serializer, bytes: this.#view(this.#bytes) };
  }

  /** The number of its bytes; 0 for values that are not encoded yet. */
  get size(): number {
    return this.#end - this.#start;
  }

  /** Remembers what comes of it, a failure too: there may be many who are to have the payload in this form. */
  #transcodeOnce(serializer: PayloadCodec): Uint8Array {
    countTranscoded(this.size);
    try {
      const bytes =
        this.#transcode(serializer) ?? serializer.encodePayload(this.args, this.kwargs, this.count);
      this.#transcoded = [...this.#transcoded, { serializer, bytes, failure: undefined }];
      countTranscoded(bytes.length);
      return bytes;
    } catch (failure) {
      if (failure instanceof SerializationFailure)
        this.#transcoded = [...this.#transcoded, { serializer, bytes: undefined, failure }];
      throw failure;
    }
  }

  #transcode(serializer: PayloadCodec): Uint8Array<ArrayBuffer> | undefined {
    if (this.#bytes === undefined || this.#serializer === undefined) return undefined;
    return transcoder?.(this.#serializer, this.#view(this.#bytes), this.count, serializer);
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

function countTranscoded(bytes: number): void {
  Payload.transcodedBytes += bytes;
}
