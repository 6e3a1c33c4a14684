/** A full-screen display on a terminal, which is restored at the end. */
import type { Io } from '../io/io.ts';
import { ReaderGone } from '../io/failure.ts';
import { bare, lengthOf } from './style.ts';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';

export class Screen {
  /** Aborted when q is pressed. */
  readonly quit: AbortSignal;
  readonly #io: Io;
  readonly #quitting = new AbortController();
  readonly #heard = (chunk: unknown): void => this.#key(String(chunk));

  constructor(io: Io) {
    this.#io = io;
    this.quit = this.#quitting.signal;
  }

  /** Clears the terminal, and reads its keys. */
  open(): void {
    const { stdin, stdout } = this.#io;
    if (stdin.isTTY === true) {
      stdin.setRawMode?.(true);
      stdin.setEncoding('utf8').on('data', this.#heard);
    }
    stdout.write(ENTER);
  }

  /** Draws lines over the previous ones, as many as fit. */
  show(lines: readonly string[]): Promise<void> {
    const { columns = 80, rows = 24 } = this.#io.stdout;
    const fitting = lines.slice(0, rows - 1).map((line) => cut(line, columns) + REST_OF_LINE);
    return new Promise((resolve) => {
      this.#io.stdout.write(`${HOME}${fitting.join('\n')}\n${REST_OF_SCREEN}`, () => resolve());
    });
  }

  /** Restores the previous content. */
  close(): void {
    const { stdin, stdout } = this.#io;
    stdout.write(LEAVE);
    if (stdin.isTTY !== true) return;
    stdin.off('data', this.#heard);
    stdin.setRawMode?.(false);
    stdin.pause();
  }

  #key(keys: string): void {
    // In raw mode, Ctrl-C is a key, not a signal.
    if (['q', 'Q', '\u0003'].some((key) => keys.includes(key))) this.#quitting.abort(new ReaderGone());
  }
}

/** The part of a line that fits; escape sequences have no width. */
function cut(line: string, columns: number): string {
  return lengthOf(line) <= columns ? line : Array.from(bare(line)).slice(0, columns).join('');
}
