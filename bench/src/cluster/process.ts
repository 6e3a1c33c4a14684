/** A child process that the harness starts, kills, freezes and starts again. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** How much of the end of the output is kept, for the report of a fault (characters). */
const KEPT_LOG = 30_000;
/** How much of a line is kept (characters). */
const LINE = 1500;
/** The codes that a node logs when it is declared dead, which are not faults. */
const EXPECTED = /cluster_expelled|cluster_join_failed/;

export class Child {
  readonly name: string;
  readonly #file: string;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;
  #log = '';
  #rest = '';
  readonly #errors: string[] = [];
  /** How often the process exited without `stop`. */
  crashes = 0;
  #isTold = false;
  isFrozen = false;

  constructor(name: string, file: string, args: readonly string[]) {
    this.name = name;
    this.#file = file;
    this.#args = args;
    process.setMaxListeners(0);
    process.on('exit', () => this.#process?.kill('SIGKILL'));
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** The end of the output of all its runs. */
  get log(): string {
    return this.#log;
  }

  /** Returns the lines of level error since the last call. */
  takeErrors(): string[] {
    return this.#errors.splice(0);
  }

  #keepErrors(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines)
      if (line.includes('"level":"error"') && !EXPECTED.test(line)) this.#errors.push(line.slice(0, LINE));
  }

  start(): void {
    if (this.#process !== undefined) return;
    const child = spawn(this.#file, [...this.#args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    this.#isTold = false;
    this.isFrozen = false;
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#log = (this.#log + text).slice(-KEPT_LOG);
        this.#keepErrors(text);
      });
    child.once('exit', (code, signal) => {
      this.#log += `[${this.name}: exit code ${String(code)}, signal ${String(signal)}]\n`;
      if (!this.#isTold) this.crashes += 1;
      this.#process = undefined;
    });
  }

  freeze(): void {
    this.isFrozen = this.#process?.kill('SIGSTOP') === true;
  }

  thaw(): void {
    if (!this.isFrozen) return;
    this.#process?.kill('SIGCONT');
    this.isFrozen = false;
  }

  /** Resolves once it has ended. A process that does not end within ten seconds of SIGTERM is killed. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#isTold = true;
    this.thaw();
    const ended = once(child, 'exit');
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(late);
  }
}
