/** A shell that runs commands one after the other, keeps its variables and its jobs, and tells what each command has printed. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { StepFailed } from '../release/step.ts';

export interface ShellOptions {
  /** The working directory. */
  readonly cwd: string;
  /** All variables of the shell. */
  readonly env: NodeJS.ProcessEnv;
}

/** How a command ended. */
export interface Ended {
  readonly status: number;
  /** What it printed on standard output and standard error. */
  readonly output: string;
}

export class Shell implements AsyncDisposable {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #mark = `ended-${randomBytes(8).toString('hex')}`;
  #printed = '';
  #changed: () => void = () => undefined;

  constructor({ cwd, env }: ShellOptions) {
    // A group of its own, so that its jobs end with it.
    this.#process = spawn('bash', ['--norc', '--noprofile'], { cwd, env, detached: true });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        this.#printed += chunk;
        this.#changed();
      });
    this.#process.once('close', () => this.#changed());
    this.#process.once('error', (error) => {
      this.#printed += error.message;
      this.#changed();
    });
    this.#process.stdin.on('error', () => undefined);
    this.#process.stdin.write('exec 2>&1\n');
  }

  /**
   * Runs a command to its end; one that ends with `&` continues as a job.
   * @param patience how long the command may take (ms)
   * @throws StepFailed when it takes longer, or when the shell has ended
   */
  async run(command: string, patience: number): Promise<Ended> {
    this.#printed = '';
    const quoted = `'${command.replaceAll("'", String.raw`'\''`)}'`;
    this.#process.stdin.write(`eval ${quoted} < /dev/null; printf '\\n${this.#mark} %d\\n' $?\n`);
    const end = new RegExp(`\\n${this.#mark} (\\d+)\\n`);
    const deadline = AbortSignal.timeout(patience);
    deadline.addEventListener('abort', () => this.#changed());
    for (;;) {
      const found = end.exec(this.#printed);
      if (found !== null) return { status: Number(found[1]), output: this.#printed.slice(0, found.index) };
      if (deadline.aborted || this.#process.exitCode !== null)
        throw new StepFailed(`${command} does not end; it has printed:\n${this.#printed}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    process.kill(-pid, 'SIGKILL');
    await ended;
  }
}
