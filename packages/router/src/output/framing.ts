/** Framing: adds the headers of a transport to messages, once for all transports of a kind. */
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

/** The frame format of one kind of transport: a header before each message. There is one object per kind. */
export interface Framing {
  /** The size of the header of a message of `length` bytes. */
  headerSize(length: number): number;
  /** Writes the header into `into` at `at`. */
  writeHeader(into: Uint8Array, at: number, length: number): void;
}

/** A message with its header: a range of shared memory that is not modified. */
export interface Framed {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** A large payload in other memory, to be inserted before the bytes at `at`. */
  readonly insert: Insert | undefined;
  /** The length of the message without its header, in bytes. */
  readonly length: number;
}

/** A transport that accepts framed messages, so that an event is framed once for all its receivers. */
export interface FramedTransport extends Transport {
  readonly framing: Framing;
  /** Sends a message that was framed with `framing`; does nothing once the channel is closing. */
  sendFramed(frame: Framed): void;
}

/** A transport that may accept framed messages. */
type PerhapsFramed = Transport & { readonly framing?: Framing | undefined };

/** True for a transport that accepts framed messages. */
export function takesFramed(transport: PerhapsFramed): transport is FramedTransport {
  return transport.framing !== undefined;
}

/**
 * The size of the pieces of memory that contain consecutive frames, so that the frames of a turn often need a single
 * write.
 */
const PIECE = 64 * 1024;

interface RememberedFrame extends Framed {
  readonly message: Message;
}

/** Frames messages, and remembers the last one: an EVENT to a thousand subscribers of one kind is framed once. */
export class Framer implements Settling {
  readonly #serializer: Serializer;
  readonly #framing: Framing;
  readonly #memory: FrameMemory;
  readonly #work: Work;
  /** Undefined while it is in use. */
  #writer: FrameWriter | undefined;
  #last: RememberedFrame | undefined;
  /** The size of the last header, which the next one usually has as well. */
  #header = 0;
  /** Whether a message has been framed in this turn. */
  #busy = false;
  /** A piece with frames that were still unwritten after their turn. */
  #held: Uint8Array | undefined;

  /** @param work counts transcoding as work */
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

  /** The last frame of this turn. */
  get last(): Framed | undefined {
    return this.#last;
  }

  /** Unwritten frames stay in place: the rest of their piece is used for further frames, and the piece is not reused. */
  settle(free: boolean): void {
    this.#busy = false;
    this.#last = undefined;
    const writer = this.#writer;
    writer?.begin();
    if (!free) this.#held = writer?.bytes;
    else if (writer?.bytes !== this.#held) writer?.rewind();
  }

  #write(message: Message): RememberedFrame {
    // Values with toJSON may cause another message, which re-enters this method.
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

  #writeWith(writer: FrameWriter, message: Message): RememberedFrame {
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

/** Moves the message when the room before it is not the size of its header. */
function fitHeader(writer: FrameWriter, room: number, size: number): void {
  const more = size - room;
  if (more > 0) writer.reserve(more);
  writer.bytes.copyWithin(writer.start + size, writer.start + room, writer.at);
  writer.at += more;
  const { insert } = writer;
  if (insert !== undefined) writer.insert = { at: insert.at + more, bytes: insert.bytes };
}
