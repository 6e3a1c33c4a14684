/** Starts the built router program in a separate process, with a monitor of its turns, and queries the figures. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { sleep } from '../sleep.ts';
import { freePort } from './free-port.ts';
import type { ProcessFigures, Question } from './preload.ts';

const ROOT = new URL('../../../', import.meta.url);
const PRELOAD = new URL('bench/dist/siege/preload.js', ROOT);
const PROGRAM: string = fileURLToPath(new URL('apps/router/dist/main.js', ROOT));
/** How much of the end of the program's output is kept for the report if it crashes (characters). */
const KEPT_LOG = 8000;
/** How long the program may take to listen, and to answer (s). */
const PATIENCE = 30;

export interface ProgramOptions {
  /** `--max-old-space-size`, MiB. */
  readonly heap: number;
  /** The port on which it listens; 0 for any free one. */
  readonly port: number;
  /** A configuration file; `port` must be the port that it sets. */
  readonly config: string | undefined;
  /** The path of the router's main.js; by default, that of this repository. */
  readonly program: string | undefined;
  /** A folder for a CPU profile. */
  readonly profile: string | undefined;
}

/** The running router program. */
export class Program {
  readonly port: number;
  readonly #child: ChildProcess;
  #log = '';
  /** How the process exited, unless it was stopped. */
  death: string | undefined;
  #stopped = false;

  static async start(options: ProgramOptions): Promise<Program> {
    const main = options.program ?? PROGRAM;
    for (const file of [main, fileURLToPath(PRELOAD)]) {
      if (!existsSync(file)) throw new Error(`${file} does not exist: run \`npm run build\` first`);
    }
    const port = options.port === 0 ? await freePort() : options.port;
    const args = options.config === undefined ? ['--port', String(port)] : ['--config', options.config];
    const flags = [
      `--max-old-space-size=${options.heap}`,
      '--expose-gc',
      '--import',
      pathToFileURL(fileURLToPath(PRELOAD)).href,
    ];
    if (options.profile !== undefined) flags.push('--cpu-prof', `--cpu-prof-dir=${options.profile}`);
    const child = spawn(process.execPath, [...flags, main, 'start', ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // As the container image and the systemd unit start it.
      env: { MALLOC_MMAP_THRESHOLD_: '131072', ...process.env, NODE_ENV: 'production' },
    });
    const program = new Program(child, port);
    await program.#listens();
    return program;
  }

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    const kill = (): boolean => child.kill('SIGKILL');
    process.on('exit', kill);
    child.setMaxListeners(0);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log = (this.#log + text).slice(-KEPT_LOG);
      });
    }
    child.on('exit', (code, signal) => {
      process.off('exit', kill);
      if (!this.#stopped) this.death = `exit code ${String(code)}, signal ${String(signal)}`;
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The end of its output. */
  get log(): string {
    return this.#log;
  }

  /** @returns undefined when it does not answer */
  async ask(question: Question): Promise<ProcessFigures | undefined> {
    if (this.death !== undefined || !this.#child.connected) return undefined;
    const answered = once(this.#child, 'message').then(([figures]) => figures as ProcessFigures);
    this.#child.send(question);
    return Promise.race([
      answered,
      once(this.#child, 'exit').then(() => undefined),
      sleep(PATIENCE).then(() => undefined),
    ]);
  }

  async stop(): Promise<void> {
    if (this.death !== undefined) return;
    this.#stopped = true;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(late);
  }

  async #listens(): Promise<void> {
    for (let waited = 0; waited < PATIENCE; waited += 0.05) {
      if (this.death !== undefined) throw new Error(`the router did not start: ${this.death}\n${this.#log}`);
      if (await accepts(this.port)) return;
      await sleep(0.05);
    }
    throw new Error(`the router does not listen on port ${this.port}\n${this.#log}`);
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
