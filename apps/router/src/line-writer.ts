/** Writes lines to where they may not be read: a pipe whose reader is slow, or gone, and a disk that is full. */
import type { Writable } from 'node:stream';

/** How many bytes may wait to be read, unless told otherwise. */
const MOST_WAITING = 2 ** 20;

/** What is said of lines that are missing. */
const WHY = 'log lines are missing: nobody read them, or they could not be written';

/** The part of a stream to a terminal that Node does not document. */
interface Blocking {
  readonly isTTY?: boolean;
  readonly _handle?: { setBlocking?(on: boolean): void } | null;
}

/**
 * Lines for a stream of the process, which neither ends nor waits when they cannot be written: at most 1 MiB of them
 * is kept until somebody reads. Lines beyond that, and those that the machine refuses, are counted, and the count is
 * written as soon as there is room again.
 */
export class LineWriter {
  readonly #stream: Writable;
  readonly #most: number;
  /** Lines that were dropped, or lost, since the last line that says so. */
  #missing = 0;

  /** @param most bytes that may wait */
  constructor(stream: Writable, most: number = MOST_WAITING) {
    this.#stream = stream;
    this.#most = most;
    // Without a listener, a reader that has gone (EPIPE) or a full disk (ENOSPC) would end the process.
    stream.on('error', () => undefined);
    unblock(stream);
  }

  /** How many lines could not be written since the last line that says so. */
  get missing(): number {
    return this.#missing;
  }

  write(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    if (this.#stream.writableLength + bytes.length > this.#most) this.#missing += 1;
    else this.#pass(bytes, 1);
  }

  /** @param lines how many are missing if this fails */
  #pass(bytes: Buffer, lines: number): void {
    const written = (error?: Error | null): void => {
      if (error) this.#missing += lines;
      else if (this.#missing > 0 && this.#stream.writableLength === 0) this.#confess();
    };
    try {
      this.#stream.write(bytes, written);
    } catch (error) {
      written(error as Error);
    }
  }

  #confess(): void {
    const missing = this.#missing;
    this.#missing = 0;
    const entry = {
      level: 'warn',
      time: new Date().toISOString(),
      code: 'log_lines_missing',
      missing,
      msg: WHY,
    };
    this.#pass(Buffer.from(`${JSON.stringify(entry)}\n`), missing);
  }
}

/** Writing to a terminal waits for it, even when it is stopped (Ctrl+S), unless told otherwise. */
function unblock(stream: Writable): void {
  const { isTTY, _handle: handle } = stream as Blocking;
  if (isTTY === true) handle?.setBlocking?.(false);
}
