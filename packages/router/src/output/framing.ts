/** Framing: how messages stand on a stream, each framed once for all transports of a kind. */
import {
  FrameWriter,
  Payload,
  type Insert,
  type Memory,
  type Message,
  type Serializer,
  type Transport,
} from '@wamp/protocol';
import { costOfTranscoding, Work } from '../core/work.ts';
import type { FrameMemory, Settling } from './frame-memory.ts';

/** How the frames of one kind of transport look: a header before each message. One object a kind. */
export interface Framing {
  /** Bytes that stand before a message of `length` bytes. */
  headerSize(length: number): number;
  /** Writes them into `into` at `at`. */
  writeHeader(into: Uint8Array, at: number, length: number): void;
}

/** A message with its header: a range of memory that other frames share, and that never changes. */
export interface Framed {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** A large payload, which lies elsewhere and stands before what lies at `at`. */
  readonly insert: Insert | undefined;
  /** Of the message alone, in bytes. */
  readonly length: number;
}

/** A transport that takes messages framed already, so that an event is framed once for all who get it. */
export interface FramedTransport extends Transport {
  readonly framing: Framing;
  /** Sends a message that was framed with `framing`; does nothing once the channel is closing. */
  sendFramed(frame: Framed): void;
}

/** A transport that may take framed messages. */
type PerhapsFramed = Transport & { readonly framing?: Framing | undefined };

/** True for a transport that takes framed messages. */
export function takesFramed(transport: PerhapsFramed): transport is FramedTransport {
  return transport.framing !== undefined;
}

/** Frames lie in pieces of memory of this size, one behind the other: those of a turn often make one write. */
const PIECE = 64 * 1024;

interface Remembered extends Framed {
  readonly message: Message;
}

/** Frames messages, and remembers the last: an EVENT to a thousand subscribers of one kind costs one framing. */
export class Framer implements Settling {
  readonly #serializer: Serializer;
  readonly #framing: Framing;
  readonly #memory: FrameMemory;
  readonly #work: Work;
  /** Undefined while it is in use. */
  #writer: FrameWriter | undefined;
  #last: Remembered | undefined;
  /** How long the last header was; the next one mostly is, too. */
  #header = 0;
  /** Whether something has been framed in this turn. */
  #busy = false;
  /** A piece in which frames lie that are still under way after their turn. */
  #held: Uint8Array | undefined;

  /** @param work where transcoding is counted */
  constructor(
    serializer: Serializer,
    framing: Framing,
    memory: FrameMemory,
    work: Work = new Work(Infinity),
  ) {
    this.#serializer = serializer;
    this.#framing = framing;
    this.#memory = memory;
    this.#work = work;
  }

  /** @throws SerializationFailure */
  frame(message: Message): Framed {
    if (this.#last?.message !== message) this.#last = this.#write(message);
    return this.#last;
  }

  /** What was framed last in this turn. */
  get last(): Framed | undefined {
    return this.#last;
  }

  /** Frames that are still under way stay where they are; the piece is used up behind them, and left to them. */
  settle(free: boolean): void {
    this.#busy = false;
    this.#last = undefined;
    const writer = this.#writer;
    writer?.begin();
    if (!free) this.#held = writer?.bytes;
    else if (writer?.bytes !== this.#held) writer?.rewind();
  }

  #write(message: Message): Remembered {
    // Values that write themselves may cause another message, which comes back here meanwhile.
    const writer = this.#writer ?? this.#newWriter();
    this.#writer = undefined;
    if (!this.#busy) {
      this.#busy = true;
      this.#memory.whenSettled(this);
    }
    try {
      return this.#writeWith(writer, message);
    } finally {
      this.#writer = writer;
    }
  }

  #newWriter(): FrameWriter {
    const memory: Memory = {
      take: (size) => this.#memory.take(size),
      give: (piece) => {
        if (piece === this.#held) this.#held = undefined;
        else this.#memory.give(piece);
      },
    };
    return new FrameWriter(PIECE, memory);
  }

  #writeWith(writer: FrameWriter, message: Message): Remembered {
    const room = this.#header;
    const { transcodedBytes } = Payload;
    writer.begin();
    writer.reserve(room);
    writer.at += room;
    this.#serializer.write(message, writer);
    if (Payload.transcodedBytes !== transcodedBytes) {
      this.#work.spent += costOfTranscoding(Payload.transcodedBytes - transcodedBytes);
    }
    const length = writer.length - room;
    this.#header = this.#framing.headerSize(length);
    if (room !== this.#header) fitHeader(writer, room, this.#header);
    const { bytes, start, at: end, insert } = writer;
    this.#framing.writeHeader(bytes, start, length);
    return { bytes, start, end, insert, length, message };
  }
}

/** Moves the message: the room before it is not what its header takes. */
function fitHeader(writer: FrameWriter, room: number, size: number): void {
  const more = size - room;
  if (more > 0) writer.reserve(more);
  writer.bytes.copyWithin(writer.start + size, writer.start + room, writer.at);
  writer.at += more;
  const { insert } = writer;
  if (insert !== undefined) writer.insert = { at: insert.at + more, bytes: insert.bytes };
}
