/** Outlet: encodes a connection's messages as frames of its transport. */
import { encodeOnce, Payload, type Message, type Serializer, type Transport } from '@wamp/protocol';
import { costOfTranscoding, type Work } from '../core/work.ts';
import type { FrameMemory } from './frame-memory.ts';
import { Framer, takesFramed, type Framed, type FramedTransport, type Framing } from './framing.ts';
import type { Kept } from './waiting.ts';

/**
 * Encodes one message at a time, which is then sent, kept, or discarded before the next is encoded. It does not keep a
 * reference to a sent or discarded message, because an idle connection would then keep all the surrounding memory
 * alive.
 */
export interface Outlet {
  /** The longest message that the client accepts, in bytes; Infinity when it has not announced a limit. */
  readonly limit: number;
  /**
   * Encodes a message, unless it is the last encoded one.
   * @returns its length in bytes
   * @throws SerializationFailure
   */
  encode(message: Message): number;
  /** Sends the last encoded message, unless it is longer than the transport accepts. */
  send(): void;
  /** Copies the last encoded message, so that it can be sent later. */
  keep(): Kept;
}

type Encode = (message: Message) => Uint8Array<ArrayBuffer>;

/**
 * The encoders that the connections of one router share, so that an event is encoded once for all connections of a
 * kind.
 */
export class Outlets {
  readonly #encoders = new Map<Serializer, Encode>();
  readonly #framers = new Map<Framing, Map<Serializer, Framer>>();
  readonly #memory: FrameMemory;
  readonly #work: Work;

  /**
   * @param memory the memory for frames, which is notified when they have been written
   * @param work counts transcoding as work
   */
  constructor(memory: FrameMemory, work: Work) {
    this.#memory = memory;
    this.#work = work;
  }

  for(transport: Transport): Outlet {
    if (takesFramed(transport)) return new FramedOutlet(this.#framer(transport), transport, this.#memory);
    return new PlainOutlet(this.#encoder(transport.serializer), transport);
  }

  #framer({ framing, serializer }: FramedTransport): Framer {
    const known = this.#framers.get(framing) ?? new Map<Serializer, Framer>();
    this.#framers.set(framing, known);
    const framer = known.get(serializer) ?? new Framer(serializer, framing, this.#memory, this.#work);
    known.set(serializer, framer);
    return framer;
  }

  #encoder(serializer: Serializer): Encode {
    const encoder = this.#encoders.get(serializer) ?? counting(encodeOnce(serializer), this.#work);
    this.#encoders.set(serializer, encoder);
    return encoder;
  }
}

/** Counts what the encoder transcodes as work. */
function counting(encode: Encode, work: Work): Encode {
  return (message) => {
    const { transcodedBytes } = Payload;
    const frame = encode(message);
    work.spent += costOfTranscoding(Payload.transcodedBytes - transcodedBytes);
    return frame;
  };
}

const NO_FRAME: Framed = { bytes: new Uint8Array(0), start: 0, end: 0, insert: undefined, length: 0 };

class FramedOutlet implements Outlet {
  readonly limit: number;
  readonly #framer: Framer;
  readonly #transport: FramedTransport;
  readonly #memory: FrameMemory;

  constructor(framer: Framer, transport: FramedTransport, memory: FrameMemory) {
    this.#framer = framer;
    this.#transport = transport;
    this.#memory = memory;
    this.limit = transport.limit ?? Infinity;
  }

  encode(message: Message): number {
    return this.#framer.frame(message).length;
  }

  send(): void {
    const frame = this.#framer.last;
    if (frame !== undefined && frame.length <= this.limit) this.#transport.sendFramed(frame);
  }

  keep(): Kept {
    return new KeptFrame(this.#framer.last ?? NO_FRAME, this.#transport, this.#memory);
  }
}

/**
 * From this size on (bytes), a kept frame gets its own piece of frame memory, which is reused once the frame is
 * dropped.
 */
const LARGE = 4 * 1024;

/** A frame in memory of its own. */
class KeptFrame implements Kept {
  readonly length: number;
  readonly #frame: Framed;
  readonly #transport: FramedTransport;
  readonly #memory: FrameMemory;

  constructor(frame: Framed, transport: FramedTransport, memory: FrameMemory) {
    const size = frame.end - frame.start + (frame.insert?.bytes.length ?? 0);
    const bytes = size < LARGE ? Buffer.allocUnsafe(size) : memory.take(size);
    copy(frame, bytes);
    this.length = frame.length;
    this.#frame = { bytes, start: 0, end: size, insert: undefined, length: frame.length };
    this.#transport = transport;
    this.#memory = memory;
  }

  send(): void {
    this.#transport.sendFramed(this.#frame);
  }

  drop(): void {
    const { bytes, end } = this.#frame;
    if (end >= LARGE) this.#memory.spare(bytes.buffer as ArrayBuffer);
  }
}

class PlainOutlet implements Outlet {
  readonly limit: number;
  readonly #encode: Encode;
  readonly #transport: Transport;
  #frame: Uint8Array<ArrayBuffer> | undefined;

  constructor(encode: Encode, transport: Transport) {
    this.#encode = encode;
    this.#transport = transport;
    this.limit = transport.limit ?? Infinity;
  }

  encode(message: Message): number {
    const frame = this.#encode(message);
    this.#frame = frame.length > this.limit ? undefined : frame;
    return frame.length;
  }

  send(): void {
    if (this.#frame !== undefined) this.#transport.send(this.#frame);
    this.#frame = undefined;
  }

  keep(): Kept {
    const frame = this.#frame ?? new Uint8Array(0);
    this.#frame = undefined;
    return {
      length: frame.length,
      send: () => {
        this.#transport.send(frame);
      },
      drop: () => undefined,
    };
  }
}

/** Copies a frame into `into`, which has its size. */
function copy({ bytes, start, end, insert }: Framed, into: Uint8Array): void {
  const at = insert?.at ?? end;
  into.set(bytes.subarray(start, at));
  if (insert === undefined) return;
  into.set(insert.bytes, at - start);
  into.set(bytes.subarray(at, end), at - start + insert.bytes.length);
}
