/** Collects the frames for one socket, and writes them once per turn. */
import type { Duplex } from 'node:stream';
import { NO_BYTES } from '../nothing.ts';
import { MOST_PENDING, type FlushQueue } from './flush-queue.ts';
import type { Framed, Framing } from './framing.ts';
import { descriptorOf, isPlain, writeNow } from '../plain-socket.ts';

/** The destination of a transport's frames. */
export interface FrameSink {
  /** Bytes that have not left this process. */
  readonly backlog: number;
  push(frame: Uint8Array): void;
  /** Passes on all that was pushed, in order. */
  flush(): void;
}

/** Larger frames are not merged with their neighbours into one buffer (bytes). */
const LARGE = 16 * 1024;

/** Memory for the answers to pings, of all sockets; those of one socket that follow each other become one run. */
let answers: Uint8Array = NO_BYTES;
let answersEnd = 0;

/** Contiguous bytes of one or several frames. */
interface Run {
  bytes: Uint8Array;
  start: number;
  end: number;
}

/** The frames that are pending for one socket. */
export class Outbox implements FrameSink {
  readonly #socket: Duplex;
  readonly #framing: Framing;
  readonly #queue: FlushQueue;
  /** True when bytes that the socket has written have left the process; streams other than plain sockets may keep them. */
  readonly #passesOn: boolean;
  readonly #descriptor: number | undefined;
  /** Bytes that have bypassed the socket's stream. */
  writtenDirectly = 0;
  /** The first run, which is usually the only one. */
  readonly #first: Run = { bytes: NO_BYTES, start: 0, end: 0 };
  #others: Run[] = [];
  #last = this.#first;
  #bytes = 0;
  /** Whether the socket may hold unwritten bytes; cheaper than asking the socket. */
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

  /** Adds a message with the header of this socket's framing. */
  pushFramed({ bytes, start, end, insert }: Framed): void {
    if (insert === undefined) this.#add(bytes, start, end);
    else {
      this.#add(bytes, start, insert.at);
      this.#add(insert.bytes, 0, insert.bytes.length);
      this.#add(bytes, insert.at, end);
    }
    this.#flushMuch();
  }

  /** Adds a message without a header. */
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
    // Otherwise an idle outbox would keep the memory alive that contains these bytes.
    this.#first.bytes = NO_BYTES;
    if (others.length > 0) this.#others = [];
    this.#last = this.#first;
    this.#bytes = 0;
    if (!this.#socket.writable) return;
    // The fast path for nearly all frames: the socket has nothing pending, and accepts everything.
    const written = this.#behind || others.length > 0 ? 0 : this.#writeNow(bytes, start, end);
    if (start + written < end) this.#writeAll([{ bytes, start: start + written, end }, ...others]);
    else if (!this.#passesOn) this.#queue.memory.hold();
  }

  /** Adds a copy of a small control frame, which is written with the other frames of this turn. */
  answer(frame: Uint8Array): void {
    const { length } = frame;
    if (answersEnd + length > answers.length) {
      answers = Buffer.allocUnsafeSlow(LARGE);
      answersEnd = 0;
    }
    answers.set(frame, answersEnd);
    this.#add(answers, answersEnd, answersEnd + length);
    answersEnd += length;
    this.#flushMuch();
  }

  /** Writes a control frame at once, after all pending frames. */
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

  /**
   * Called between frames only: a stream other than a plain socket may deliver an answer at once, which causes another
   * frame.
   */
  #flushMuch(): void {
    if (this.#bytes > MOST_PENDING) this.flush();
  }

  /** Writes through the stream when the socket does not accept everything at once, or there are several runs. */
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

  /** Writes one large run, or several small ones as one buffer. @returns the index of the next run */
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
   * @param behind true when the socket has bytes pending. A small part of a larger buffer (a piece of frames, a
   *   received chunk, Node's pool) is then copied, so that waiting bytes do not keep more memory alive than is counted.
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
