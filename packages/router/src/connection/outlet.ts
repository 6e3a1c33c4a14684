/** Outlet: how a connection's messages become frames of its transport. */
import { encodeOnce, type Message, type Serializer, type Transport } from '@wamp/protocol';
import type { FrameMemory } from '../transports/frame-memory.ts';
import {
  Framer,
  takesFramed,
  type Framed,
  type FramedTransport,
  type Framing,
} from '../transports/framing.ts';
import type { Kept } from './waiting.ts';

/**
 * Encodes one message at a time, which is then sent or kept, or not, before another is encoded. What is sent, or too
 * long to be, is not held: an idle connection would hold all of the memory that it is a part of.
 */
export interface Outlet {
  /**
   * Encodes a message, unless it is the one that was encoded last.
   * @returns its length in bytes
   * @throws SerializationFailure
   */
  encode(message: Message): number;
  /** Sends what was encoded last, unless it is longer than the transport takes. */
  send(): void;
  /** Keeps what was encoded last, in memory of its own, so that it can be sent later. */
  keep(): Kept;
}

type Encode = (message: Message) => Uint8Array<ArrayBuffer>;

/** What the connections of one router share, so that an event is encoded once for all of a kind. */
export class Outlets {
  readonly #encoders = new Map<Serializer, Encode>();
  readonly #framers = new Map<Framing, Map<Serializer, Framer>>();
  readonly #memory: FrameMemory;

  /** @param memory for frames, which is told when they have left */
  constructor(memory: FrameMemory) {
    this.#memory = memory;
  }

  for(transport: Transport): Outlet {
    if (takesFramed(transport)) return new FramedOutlet(this.#framer(transport), transport);
    return new PlainOutlet(this.#encoder(transport.serializer), transport);
  }

  #framer({ framing, serializer }: FramedTransport): Framer {
    const known = this.#framers.get(framing) ?? new Map<Serializer, Framer>();
    this.#framers.set(framing, known);
    const framer = known.get(serializer) ?? new Framer(serializer, framing, this.#memory);
    known.set(serializer, framer);
    return framer;
  }

  #encoder(serializer: Serializer): Encode {
    const encoder = this.#encoders.get(serializer) ?? encodeOnce(serializer);
    this.#encoders.set(serializer, encoder);
    return encoder;
  }
}

const NO_FRAME: Framed = { bytes: new Uint8Array(0), start: 0, end: 0, insert: undefined, length: 0 };

class FramedOutlet implements Outlet {
  readonly #framer: Framer;
  readonly #transport: FramedTransport;
  readonly #limit: number;

  constructor(framer: Framer, transport: FramedTransport) {
    this.#framer = framer;
    this.#transport = transport;
    this.#limit = transport.limit ?? Infinity;
  }

  encode(message: Message): number {
    return this.#framer.frame(message).length;
  }

  send(): void {
    const frame = this.#framer.last;
    if (frame !== undefined && frame.length <= this.#limit) this.#transport.sendFramed(frame);
  }

  keep(): Kept {
    const frame = copyOf(this.#framer.last ?? NO_FRAME);
    return {
      length: frame.length,
      send: () => {
        this.#transport.sendFramed(frame);
      },
    };
  }
}

class PlainOutlet implements Outlet {
  readonly #encode: Encode;
  readonly #transport: Transport;
  readonly #limit: number;
  #frame: Uint8Array<ArrayBuffer> | undefined;

  constructor(encode: Encode, transport: Transport) {
    this.#encode = encode;
    this.#transport = transport;
    this.#limit = transport.limit ?? Infinity;
  }

  encode(message: Message): number {
    const frame = this.#encode(message);
    this.#frame = frame.length > this.#limit ? undefined : frame;
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
    };
  }
}

/** The same frame, in one piece that nobody else holds. */
function copyOf({ bytes, start, end, insert, length }: Framed): Framed {
  const at = insert?.at ?? end;
  const parts = [
    bytes.subarray(start, at),
    ...(insert === undefined ? [] : [insert.bytes]),
    bytes.subarray(at, end),
  ];
  const copy = Buffer.concat(parts);
  return { bytes: copy, start: 0, end: copy.length, insert: undefined, length };
}
