/** Gathers frames for sockets, and writes to each socket once a turn. */
import type { Duplex } from 'node:stream';

/** How the frames of a transport look on the stream: a header before each. */
export interface Framing {
  /** Bytes that stand before a frame of `length` bytes. */
  headerSize(length: number): number;
  /** Writes them into `into` at `at`. */
  writeHeader(into: Buffer, at: number, length: number): void;
}

/** Where a transport puts its frames. */
export interface FrameSink {
  /** Bytes that have not left this process. */
  readonly backlog: number;
  push(frame: Uint8Array): void;
  /** Passes on all that was pushed, in order. */
  flush(): void;
}

/** Pending bytes beyond this are written at once. */
export const MOST_PENDING: number = 256 * 1024;
/** Frames beyond this are not copied into one buffer with their neighbours. */
const LARGE = 16 * 1024;

/** Something that is to be flushed. */
interface Dirty {
  flush(): void;
}

/**
 * The outboxes that have something to write. Nearly all the cost of a small message is the system call
 * that writes it; frames of one turn share one. A lone message is written in the same turn of the event
 * loop: no timer ever delays it.
 */
export class FlushQueue {
  #dirty: Dirty[] = [];

  add(outbox: Dirty): void {
    this.#dirty.push(outbox);
    if (this.#dirty.length === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const outbox of dirty) outbox.flush();
  }
}

/** What waits to be written to one socket. */
export class Outbox implements FrameSink {
  readonly #socket: Duplex;
  readonly #framing: Framing;
  readonly #queue: FlushQueue;
  #frames: Uint8Array[] = [];
  #bytes = 0;

  constructor(socket: Duplex, framing: Framing, queue: FlushQueue) {
    this.#socket = socket;
    this.#framing = framing;
    this.#queue = queue;
  }

  get backlog(): number {
    return this.#bytes + this.#socket.writableLength;
  }

  push(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#bytes += frame.length + this.#framing.headerSize(frame.length);
    if (this.#frames.length === 1) this.#queue.add(this);
    if (this.#bytes > MOST_PENDING) this.flush();
  }

  /** Writes everything, in order. */
  flush(): void {
    const frames = this.#frames;
    if (frames.length === 0) return;
    this.#frames = [];
    this.#bytes = 0;
    if (!this.#socket.writable) return;
    this.#socket.cork();
    for (let start = 0; start < frames.length;) start = this.#writeRun(frames, start);
    this.#socket.uncork();
  }

  /** Writes a large frame, or a run of small ones as one buffer. @returns where the next run starts */
  #writeRun(frames: readonly Uint8Array[], start: number): number {
    let end = start;
    let size = 0;
    for (; end < frames.length && size < MOST_PENDING; end += 1) {
      const length = frames[end]?.length ?? 0;
      if (length > LARGE) break;
      size += this.#framing.headerSize(length) + length;
    }
    if (end === start) {
      this.#writeLarge(frames[start] ?? new Uint8Array(0));
      return start + 1;
    }
    this.#socket.write(this.#join(frames, start, end, size));
    return end;
  }

  #join(frames: readonly Uint8Array[], start: number, end: number, size: number): Buffer {
    const buffer = Buffer.allocUnsafe(size);
    let at = 0;
    for (let index = start; index < end; index += 1) {
      const frame = frames[index] ?? new Uint8Array(0);
      this.#framing.writeHeader(buffer, at, frame.length);
      at += this.#framing.headerSize(frame.length);
      buffer.set(frame, at);
      at += frame.length;
    }
    return buffer;
  }

  #writeLarge(frame: Uint8Array): void {
    const header = Buffer.allocUnsafe(this.#framing.headerSize(frame.length));
    this.#framing.writeHeader(header, 0, frame.length);
    this.#socket.write(header);
    this.#socket.write(frame);
  }
}
