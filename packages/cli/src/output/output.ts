/** Standard output: records as JSON for scripts or as text for people, and an end when nobody reads any more. */
import type { Io, Outlet } from '../io/io.ts';
import { Exit } from '../io/exit-codes.ts';
import { Failure, ReaderGone } from '../io/failure.ts';
import { toJson } from './json.ts';
import { styleFor, type Style } from './style.ts';

/** How results are written: one JSON value per line, or text for people. */
export type Format = 'json' | 'text';

/** What commands write their results to. */
export class Output {
  readonly format: Format;
  readonly style: Style;
  readonly isTerminal: boolean;
  /** Aborted when the output can be written no more: with `ReaderGone`, or with a `Failure`. */
  readonly ended: AbortSignal;
  readonly #outlet: Outlet;
  readonly #interrupt: AbortSignal;

  /** @param format by default JSON, and text on a terminal */
  constructor({ stdout: outlet, env, interrupt }: Io, format: Format | undefined, ended: AbortSignal) {
    this.isTerminal = outlet.isTTY === true;
    this.format = format ?? (this.isTerminal ? 'text' : 'json');
    this.style = styleFor(this.isTerminal, env);
    this.ended = ended;
    this.#outlet = outlet;
    this.#interrupt = interrupt;
  }

  /** How many characters fit in a line. */
  get columns(): number {
    return this.#outlet.columns ?? 80;
  }

  get rows(): number {
    return this.#outlet.rows ?? 24;
  }

  /**
   * Writes one record: a line of JSON, or what `text` makes of it. Resolves when there is room for more.
   * @throws ReaderGone, Failure
   */
  record(value: unknown, text: (style: Style) => string): Promise<void> {
    return this.write(`${this.format === 'json' ? toJson(value) : text(this.style)}\n`);
  }

  /** @throws ReaderGone, Failure */
  async write(text: string): Promise<void> {
    this.ended.throwIfAborted();
    if (this.#outlet.write(text) || this.#interrupt.aborted) return;
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        this.#outlet.off('drain', settle);
        this.ended.removeEventListener('abort', settle);
        this.#interrupt.removeEventListener('abort', settle);
        resolve();
      };
      this.#outlet.once('drain', settle);
      this.ended.addEventListener('abort', settle);
      this.#interrupt.addEventListener('abort', settle);
    });
    this.ended.throwIfAborted();
  }
}

/** A signal that is aborted when the outlet fails. What cannot be written to stderr is nobody's concern. */
export function endOf(outlet: Outlet, stderr: Outlet): AbortSignal {
  const ended = new AbortController();
  const failed = (error: NodeJS.ErrnoException): void => {
    ended.abort(error.code === 'EPIPE' || error.code === 'ECONNRESET' ? new ReaderGone() : unwritable(error));
  };
  outlet.on('error', failed);
  if (stderr !== outlet) stderr.on('error', () => undefined);
  return ended.signal;
}

function unwritable(cause: NodeJS.ErrnoException): Failure {
  return new Failure(`standard output cannot be written: ${cause.code ?? cause.message}`, {
    exit: Exit.FAULT,
    remedy: 'Is the disk full that it is redirected to?',
    cause,
  });
}
