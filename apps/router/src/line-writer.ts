/** Writes log lines without blocking: to pipes with slow or closed readers, and to full disks. */
import type { Writable } from 'node:stream';

/** The default limit of the buffer, in bytes. */
const MOST_WAITING = 2 ** 20;

/** Formats the notice about dropped lines. */
const WHY = 'log lines are missing: nobody read them, or they could not be written';

/** The part of a terminal stream that Node does not document. */
interface Blocking {
  readonly isTTY?: boolean;
  readonly _handle?: { setBlocking?(on: boolean): void } | null;
}

/**
 * Writes lines to a stream of the process. Errors and slow readers neither end nor block the process: at most 1 MiB
 * is buffered until it can be written. Further lines, and lines whose write failed, are counted, and the count is
 * written when there is room again.
 */
export class LineWriter {
  readonly #stream: Writable;
  readonly #most: number;
  /** The number of lines dropped or lost since the last notice. */
  #missing = 0;

  /** @param most the limit of the buffer, in bytes */
  constructor(stream: Writable, most: number = MOST_WAITING) {
    this.#stream = stream;
    this.#most = most;
    // Without a listener, a closed reader (EPIPE) or a full disk (ENOSPC) would end the process.
    stream.on('error', () => undefined);
    unblock(stream);
  }

  /** The number of lines that could not be written since the last notice. */
  get missing(): number {
    return this.#missing;
  }

  write(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    if (this.#stream.writableLength + bytes.length > this.#most) this.#missing += 1;
    else this.#pass(bytes, 1);
  }

  /** @param lines how many lines are lost if this fails */
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

/** By default, writes to a terminal block, even while it is stopped (Ctrl+S). */
function unblock(stream: Writable): void {
  const { isTTY, _handle: handle } = stream as Blocking;
  if (isTTY === true) handle?.setBlocking?.(false);
}
