/** Gathers the frames for one socket, and writes them once a turn. */
import type { Duplex } from 'node:stream';
import { NO_BYTES } from '../nothing.ts';
import { MOST_PENDING, type FlushQueue } from './flush-queue.ts';
import type { Framed, Framing } from './framing.ts';
import { descriptorOf, isPlain, writeNow } from '../plain-socket.ts';

/** Where a transport puts its frames. */
export interface FrameSink {
  /** Bytes that have not left this process. */
  readonly backlog: number;
  push(frame: Uint8Array): void;
  /** Passes on all that was pushed, in order. */
  flush(): void;
}

/** Frames beyond this are not copied into one buffer with their neighbours. */
const LARGE = 16 * 1024;

/** Bytes that lie one behind the other: those of one frame, or of several. */
interface Run {
  bytes: Uint8Array;
  start: number;
  end: number;
}

/** What waits to be written to one socket. */
export class Outbox implements FrameSink {
  readonly #socket: Duplex;
  readonly #framing: Framing;
  readonly #queue: FlushQueue;
  /** Whether what the socket has written has left the process: other streams may keep what they are given. */
  readonly #passesOn: boolean;
  readonly #descriptor: number | undefined;
  /** Bytes that have not gone through the socket's stream. */
  writtenDirectly = 0;
  /** The first run, which is mostly the only one; none while there are no bytes. */
  readonly #first: Run = { bytes: NO_BYTES, start: 0, end: 0 };
  #others: Run[] = [];
  #last = this.#first;
  #bytes = 0;
  /** Whether the socket may hold bytes that have not left this process: asking it costs more than this. */
  #behind: boolean;

  constructor(socket: Duplex, framing: Framing, queue: FlushQueue) {
    this.#socket = socket;
    this.#framing = framing;
    this.#queue = queue;
    this.#passesOn = isPlain(socket);
    this.#descriptor = descriptorOf(socket);
    this.#behind = socket.writableLength > 0;
  }

  get backlog(): number {
    return this.#behind ? this.#bytes + this.#socket.writableLength : this.#bytes;
  }

  /** Takes a message that has its header, as the framing of this socket has it. */
  pushFramed({ bytes, start, end, insert }: Framed): void {
    if (insert === undefined) this.#add(bytes, start, end);
    else {
      this.#add(bytes, start, insert.at);
      this.#add(insert.bytes, 0, insert.bytes.length);
      this.#add(bytes, insert.at, end);
    }
    this.#flushMuch();
  }

  /** Takes a message that has no header yet. */
  push(frame: Uint8Array): void {
    const header = this.#framing.headerSize(frame.length);
    const small = frame.length <= LARGE;
    const bytes = Buffer.allocUnsafe(small ? header + frame.length : header);
    this.#framing.writeHeader(bytes, 0, frame.length);
    if (small) bytes.set(frame, header);
    this.#add(bytes, 0, bytes.length);
    if (!small) this.#add(frame, 0, frame.length);
    this.#flushMuch();
  }

  /** Writes everything, in order. */
  flush(): void {
    if (this.#bytes === 0) return;
    const { bytes, start, end } = this.#first;
    const others = this.#others;
    // An idle outbox would hold all of the memory that those bytes were a part of.
    this.#first.bytes = NO_BYTES;
    if (others.length > 0) this.#others = [];
    this.#last = this.#first;
    this.#bytes = 0;
    if (!this.#socket.writable) return;
    // A short way for nearly all: the socket has nothing to write, and takes everything.
    const written = this.#behind || others.length > 0 ? 0 : this.#writeNow(bytes, start, end);
    if (start + written < end) this.#writeAll([{ bytes, start: start + written, end }, ...others]);
    else if (!this.#passesOn) this.#queue.memory.hold();
  }

  /** Writes a control frame behind everything else, at once. */
  control(frame: Uint8Array): void {
    this.flush();
    if (!this.#socket.writable) return;
    this.#socket.write(frame);
    this.#behind = true;
  }

  #writeNow(bytes: Uint8Array, start: number, end: number): number {
    if (this.#descriptor === undefined) return 0;
    const written = writeNow(this.#descriptor, bytes, start, end);
    this.writtenDirectly += written;
    return written;
  }

  #add(bytes: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    const last = this.#last;
    if (this.#bytes === 0) {
      this.#queue.add(this);
      last.bytes = bytes;
      last.start = start;
      last.end = end;
    } else if (last.bytes === bytes && last.end === start) last.end = end;
    else this.#others.push((this.#last = { bytes, start, end }));
    this.#bytes += end - start;
    this.#queue.count(end - start);
  }

  /** Not within a frame: a stream that is no plain socket may bring an answer at once, and that is another frame. */
  #flushMuch(): void {
    if (this.#bytes > MOST_PENDING) this.flush();
  }

  /** Writes through the stream, when the socket does not take everything at once, or there are several runs. */
  #writeAll(runs: readonly Run[]): void {
    const socket = this.#socket;
    const behind = this.#behind && socket.writableLength > 0;
    const views = runs.map(viewOf);
    const [only] = views;
    if (only !== undefined && views.length === 1) this.#write(only, behind);
    else {
      socket.cork();
      for (let start = 0; start < views.length;) start = this.#writeSome(views, start, behind);
      socket.uncork();
    }
    this.#behind = socket.writableLength > 0;
    if (!this.#passesOn || (this.#behind && !behind)) this.#queue.memory.hold();
  }

  /** Writes a large run, or several small ones as one buffer. @returns where the next one starts */
  #writeSome(runs: readonly Uint8Array[], start: number, behind: boolean): number {
    const parts: Uint8Array[] = [];
    let size = 0;
    for (let index = start; index < runs.length && size < MOST_PENDING; index += 1) {
      const run = runs[index];
      if (run === undefined || run.length > LARGE) break;
      parts.push(run);
      size += run.length;
    }
    const [large] = parts.length === 0 ? runs.slice(start) : [];
    this.#write(large ?? Buffer.concat(parts, size), behind);
    return start + Math.max(parts.length, 1);
  }

  /**
   * @param behind when the socket is, a copy of its own takes the place of a small part of something larger, be
   *   it a piece of frames, a chunk that came in or Node's pool: what waits must not hold more than it counts
   */
  #write(bytes: Uint8Array, behind: boolean): void {
    const part = behind && 2 * bytes.length < bytes.buffer.byteLength;
    if (behind && !part) this.#queue.memory.hold();
    this.#socket.write(part ? new Uint8Array(bytes) : bytes);
  }
}

function viewOf({ bytes, start, end }: Run): Uint8Array {
  return end - start === bytes.length ? bytes : bytes.subarray(start, end);
}
