/** NatsServer: a nats-server of this process alone, on a free port of the loopback address. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CannotStart, RUNTIME, USAGE } from '../failure.ts';
import type { ProgramLog } from '../log.ts';
import { BackOff } from './back-off.ts';
import type { OwnNats } from './questions.ts';

/** How long it may take until it listens (ms), and how often that is looked for (ms). */
const PATIENCE = 15_000;
const LOOK = 20;
/** How much of what it prints is kept, to explain why it does not start (characters). */
const KEPT = 2_000;
const ADDRESS = '127.0.0.1';

export class NatsServer {
  readonly #program: string;
  readonly #folder: string;
  readonly #log: ProgramLog;
  readonly #token = randomBytes(24).toString('hex');
  readonly #backOff = new BackOff();
  #process: ChildProcess | undefined;
  #startedAt = 0;
  #port = 0;
  #printed = '';
  /** Why it cannot be run at all. */
  #fault: NodeJS.ErrnoException | undefined;
  #restarts = 0;
  #again: NodeJS.Timeout | undefined;
  #isStopping = false;

  private constructor(program: string, folder: string, log: ProgramLog) {
    this.#program = program;
    this.#folder = folder;
    this.#log = log;
  }

  /**
   * Resolves once it listens; when it ends, it is started again on the same port.
   * @param program its name or path
   * @throws CannotStart that says what is missing
   */
  static async start(program: string, log: ProgramLog): Promise<NatsServer> {
    const folder = await mkdtemp(join(tmpdir(), 'wamp-router-nats-')).catch((error: unknown) => {
      throw new CannotStart(
        `the NATS server of the workers needs a folder for temporary files: ${String(error)}`,
      );
    });
    const server = new NatsServer(program, folder, log);
    try {
      server.#run();
      await server.#listening();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** What workers have to know of it. */
  get told(): OwnNats {
    const url = `nats://${ADDRESS}:${this.#port}`;
    return { url, token: this.#token, pid: this.#process?.pid ?? 0, folder: this.#folder };
  }

  /** How often it has ended and was started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Ends it, and removes what it has kept. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#again);
    const child = this.#process;
    if (child?.pid !== undefined && !hasEnded(child)) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    removeFolder(this.#folder);
  }

  /** The same at once, for the end of the process. */
  abandon(): void {
    this.#isStopping = true;
    this.#process?.kill('SIGKILL');
    removeFolder(this.#folder);
  }

  #run(): void {
    const file = join(this.#folder, 'nats.conf');
    writeFileSync(file, this.#configuration(), { mode: 0o600 });
    this.#startedAt = performance.now();
    // In a process group of its own: Ctrl+C in a terminal stops the router, which then stops it.
    const child = spawn(this.#program, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    this.#process = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#printed = `${this.#printed}${text}`.slice(-KEPT);
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      this.#fault = error;
      if (child.pid === undefined && this.#port !== 0 && !this.#isStopping) this.#restart(error.message);
    });
    child.once('exit', (code, signal) => {
      if (this.#port !== 0 && !this.#isStopping) this.#restart(code ?? signal);
    });
  }

  #restart(outcome: unknown): void {
    const wait = this.#backOff.next(performance.now() - this.#startedAt);
    this.#log('error', 'the NATS server of the workers has ended', {
      code: 'nats_server_ended',
      outcome,
      restart_in_ms: wait,
    });
    this.#restarts += 1;
    this.#again = setTimeout(() => {
      this.#run();
    }, wait);
  }

  /** Its store is small: who holds which procedure, and which worker is dead. */
  #configuration(): string {
    const text = (value: string): string => JSON.stringify(value);
    return [
      `listen: ${text(`${ADDRESS}:${this.#port === 0 ? -1 : this.#port}`)}`,
      `ports_file_dir: ${text(this.#folder)}`,
      `authorization { token: ${text(this.#token)} }`,
      `jetstream { store_dir: ${text(join(this.#folder, 'store'))}, max_mem: 64MB, max_file: 1GB }`,
      '',
    ].join('\n');
  }

  /** @throws CannotStart */
  async #listening(): Promise<void> {
    const until = performance.now() + PATIENCE;
    while (performance.now() < until) {
      const child = this.#process;
      if (this.#fault !== undefined) throw notFound(this.#program, this.#fault);
      if (child !== undefined && hasEnded(child))
        throw new CannotStart(`${this.#program} ended at once: ${lastLine(this.#printed)}`, RUNTIME);
      this.#port = portIn(join(this.#folder, `${this.#baseName}_${child?.pid ?? 0}.ports`));
      if (this.#port !== 0) return;
      await sleep(LOOK);
    }
    throw new CannotStart(
      `${this.#program} does not listen after ${PATIENCE / 1000} s: ${lastLine(this.#printed)}`,
    );
  }

  /** What its files are named after: the name of the program, without its folder. */
  get #baseName(): string {
    return this.#program.slice(this.#program.lastIndexOf('/') + 1);
  }
}

/** Ends a NATS server whose own process is gone, and removes what it has kept. */
export function endAbandoned({ pid, folder }: OwnNats): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
  removeFolder(folder);
}

function removeFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  } catch {
    // What is left in the folder for temporary files, the system removes.
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** The port in the file that the server writes once it listens; 0 while there is none. */
function portIn(file: string): number {
  try {
    const { nats: [url = ''] = [] } = JSON.parse(readFileSync(file, 'utf8')) as { readonly nats?: string[] };
    return Number(new URL(url).port);
  } catch {
    return 0;
  }
}

function notFound(program: string, { code, message }: NodeJS.ErrnoException): CannotStart {
  const what =
    code === 'ENOENT' ? `there is no ${program} to run` : `${program} cannot be run (${code ?? message})`;
  return new CannotStart(
    `--workers: ${what}; the workers reach each other over a NATS server of their own: ` +
      'install nats-server (2.9 or later), name it with --nats-server, or configure a cluster',
    USAGE,
  );
}

function lastLine(printed: string): string {
  return printed.trim().split('\n').at(-1) ?? '';
}
