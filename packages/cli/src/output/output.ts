/** Standard output: records as JSON for scripts or text for people; detects a closed reader. */
import type { Io, Outlet } from '../io/io.ts';
import { Exit } from '../io/exit-codes.ts';
import { Failure, ReaderGone } from '../io/failure.ts';
import { toJson } from './json.ts';
import { styleFor, type Style } from './style.ts';

/** The format of results: one JSON value per line, or text for people. */
export type Format = 'json' | 'text';

/** The output of a command. */
export class Output {
  readonly format: Format;
  readonly style: Style;
  readonly isTerminal: boolean;
  /** Aborted when the output cannot be written any more: with `ReaderGone`, or with a `Failure`. */
  readonly ended: AbortSignal;
  readonly #outlet: Outlet;
  readonly #interrupt: AbortSignal;
  /** Resolves when there is room for more; undefined while there is. */
  #room: Promise<void> | undefined;

  /** @param format default: text on a terminal, else JSON */
  constructor({ stdout: outlet, env, interrupt }: Io, format: Format | undefined, ended: AbortSignal) {
    this.isTerminal = outlet.isTTY === true;
    this.format = format ?? (this.isTerminal ? 'text' : 'json');
    this.style = styleFor(this.isTerminal, env);
    this.ended = ended;
    this.#outlet = outlet;
    this.#interrupt = interrupt;
  }

  /** The number of characters in a line. */
  get columns(): number {
    return this.#outlet.columns ?? 80;
  }

  get rows(): number {
    return this.#outlet.rows ?? 24;
  }

  /**
   * Writes one record: a line of JSON, or the result of `text`. Resolves when there is room for more.
   * @throws ReaderGone, Failure
   */
  record(value: unknown, text: (style: Style) => string): Promise<void> {
    return this.write(`${this.format === 'json' ? toJson(value) : text(this.style)}\n`);
  }

  /** @throws ReaderGone, Failure */
  async write(text: string): Promise<void> {
    this.ended.throwIfAborted();
    if (this.#outlet.write(text) || this.#interrupt.aborted) return;
    await (this.#room ??= this.#untilRoom());
    this.ended.throwIfAborted();
  }

  /** Resolves when the outlet has room again, has failed, or is not waited for any more; all writers share it. */
  async #untilRoom(): Promise<void> {
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
    this.#room = undefined;
  }
}

/** A signal that is aborted when the outlet fails. Failures of stderr are ignored. */
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
  return new Failure(`cannot write to standard output: ${cause.code ?? cause.message}`, {
    exit: Exit.FAULT,
    remedy: 'If it is redirected to a file, check whether the disk is full.',
    cause,
  });
}
