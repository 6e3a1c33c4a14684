/** Arrivals: the received messages of one client that have not been processed yet, in order. */
import { BatchCursor } from '@wamp/protocol';
import { Fifo } from '../core/fifo.ts';

/** Smaller messages are copied one after the other into pieces of memory, which have this size at most (bytes). */
const PIECE = 16 * 1024;
/** The size of the first piece (bytes): it often holds a single HELLO, and comes from Node's pool of small buffers. */
const FIRST_PIECE = 512;
/** How many times as large as its predecessor a piece is, up to {@link PIECE}. */
const GROWTH = 4;
/** The size of the length prefix of each message in a piece (bytes). */
const LENGTH_SIZE = 4;
/** A piece is read like a batch of a binary serializer. */
const PACKED = { binary: true } as const;

/** Several messages in one piece of memory; its first `end` bytes are used. */
interface PackedMessages {
  readonly bytes: Buffer;
  end: number;
}

/** The remains of a message that was too long, and was dropped while it was received. */
export class Oversized {
  /** A copy of its first bytes. */
  readonly head: Uint8Array;
  /** The length of the whole message (bytes). */
  readonly length: number;

  constructor(head: Uint8Array, length: number) {
    this.head = new Uint8Array(head);
    this.length = length;
  }
}

type Entry =
  | { readonly message: Uint8Array | Oversized }
  | { readonly batch: BatchCursor }
  | { readonly packed: PackedMessages };

/** A first-in, first-out queue. It copies messages, because the transport only lends their bytes. */
export class Arrivals {
  readonly #entries = new Fifo<Entry>();
  /** The batch or piece that is being read, message by message. */
  #cursor: BatchCursor | undefined;
  /** The last entry, while further small messages can be added to it. */
  #open: PackedMessages | undefined;
  /** The size of the next piece (bytes). */
  #nextPiece = FIRST_PIECE;

  push(message: Uint8Array): void {
    if (LENGTH_SIZE + message.length > PIECE) {
      this.#open = undefined;
      this.#entries.push({ message: new Uint8Array(message) });
    } else this.#pack(message);
  }

  /** @param rest the unread messages of a batch whose framing has been checked */
  pushBatch(rest: Uint8Array, serializer: { readonly binary: boolean }): void {
    const batch = BatchCursor.over(new Uint8Array(rest), serializer);
    if (batch === undefined) return;
    this.#open = undefined;
    this.#entries.push({ batch });
  }

  pushOversized(head: Uint8Array, length: number): void {
    this.#open = undefined;
    this.#entries.push({ message: new Oversized(head, length) });
  }

  /** The size of the next message if it is larger than a piece of memory (bytes); 0 otherwise. */
  get nextSize(): number {
    if (this.#cursor !== undefined) return 0;
    const entry = this.#entries.first;
    return entry !== undefined && 'message' in entry && !(entry.message instanceof Oversized)
      ? entry.message.length
      : 0;
  }

  shift(): Uint8Array | Oversized | undefined {
    for (;;) {
      const message = this.#cursor?.next();
      if (message !== undefined) return message;
      this.#cursor = undefined;
      const entry = this.#entries.shift();
      if (entry === undefined) return undefined;
      if ('message' in entry) return entry.message;
      if ('batch' in entry) this.#cursor = entry.batch;
      else {
        if (entry.packed === this.#open) this.#open = undefined;
        this.#cursor = BatchCursor.over(entry.packed.bytes.subarray(0, entry.packed.end), PACKED);
      }
    }
  }

  #pack(message: Uint8Array): void {
    let open = this.#open;
    if (open === undefined || open.end + LENGTH_SIZE + message.length > open.bytes.length) {
      const size = Math.max(this.#nextPiece, LENGTH_SIZE + message.length);
      this.#nextPiece = Math.min(PIECE, GROWTH * this.#nextPiece);
      this.#open = open = { bytes: Buffer.allocUnsafe(size), end: 0 };
      this.#entries.push({ packed: open });
    }
    open.bytes.writeUInt32BE(message.length, open.end);
    open.bytes.set(message, open.end + LENGTH_SIZE);
    open.end += LENGTH_SIZE + message.length;
  }
}
