/** `wamp` run within this process, in front of streams that are, or are not, a terminal. */
import { PassThrough, Writable } from 'node:stream';
import type { ExitCode } from '../../src/io/exit-codes.ts';
import { Interrupted } from '../../src/io/failure.ts';
import { machineTime, type Io, type Outlet } from '../../src/io/io.ts';
import { run } from '../../src/run.ts';

/** What a run has written, and how it ended. */
export interface Outcome {
  readonly exit: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run. */
export interface Circumstances {
  readonly env?: Readonly<Record<string, string>>;
  /** What is piped to standard input. */
  readonly stdin?: string;
  /** Whether standard output and error are a terminal. */
  readonly terminal?: boolean;
}

/** A run that goes on. */
export interface Running {
  readonly ended: Promise<Outcome>;
  /** Resolves when so many lines have been written to standard output. */
  lines(count: number): Promise<readonly string[]>;
  interrupt(signal?: 'SIGINT' | 'SIGTERM'): void;
  /** The reader of standard output goes. */
  closeOutput(): void;
  /** Keys pressed, or more lines of standard input. */
  type(text: string): void;
}

/** A stream that keeps what is written to it, and may lose its reader. */
class Kept extends Writable implements Outlet {
  readonly isTTY: boolean;
  readonly columns: number = 100;
  readonly rows: number = 40;
  text = '';
  isClosed = false;
  readonly #waiting = new Set<() => void>();

  constructor(isTTY: boolean) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
  }

  override _write(chunk: unknown, _encoding: string, done: (error?: Error) => void): void {
    if (this.isClosed) {
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      return;
    }
    this.text += String(chunk);
    for (const look of this.#waiting) look();
    done();
  }

  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/**
 * Starts `wamp`. Without `stdin`, standard input stays open, and is a terminal where the output is one.
 * @param env what the program sees of the environment; `env` of the circumstances counts more
 */
export function startWamp(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  { env: more = {}, stdin, terminal = false }: Circumstances = {},
): Running {
  const [stdout, stderr] = [new Kept(terminal), new Kept(terminal)];
  const input = Object.assign(new PassThrough(), { isTTY: terminal && stdin === undefined });
  if (stdin !== undefined) input.end(stdin);
  const interrupt = new AbortController();
  const io: Io = {
    stdin: input,
    stdout,
    stderr,
    env: { PATH: process.env['PATH'], ...env, ...more },
    clock: machineTime,
    interrupt: interrupt.signal,
  };
  const ended = run(words, io).then((exit) => ({ exit, stdout: stdout.text, stderr: stderr.text }));
  return {
    ended,
    async lines(count) {
      await Promise.race([stdout.until(() => stdout.text.split('\n').length > count), ended]);
      return stdout.text.split('\n').slice(0, count);
    },
    interrupt: (signal = 'SIGINT') => interrupt.abort(new Interrupted(signal)),
    closeOutput: () => {
      stdout.isClosed = true;
    },
    type: (text) => void input.write(text),
  };
}
