/** The router that the clients reach: a process that is killed, and replaced by another one. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('router.ts', import.meta.url));
/** Lets the process run TypeScript sources, regardless of how this process was started. */
const READS_SOURCE = ['--conditions=@wamp/source', '--import', 'tsx'];

/** One process, which listens. */
export interface Started {
  readonly child: ChildProcess;
  readonly port: number;
}

/**
 * Starts a router process.
 * @throws Error if it ends before it listens
 */
export function startRouter(ping: number, program: string = file): Promise<Started> {
  const execArgv = program.endsWith('.ts') ? READS_SOURCE : [];
  const child = fork(program, [String(ping)], { execArgv });
  return new Promise((resolve, reject) => {
    const ended = (code: number | null, signal: string | null): void =>
      reject(new Error(`The router ended before it listened, with ${signal ?? `code ${String(code)}`}.`));
    child.once('exit', ended);
    child.once('error', reject);
    child.once('message', (port) => {
      child.off('exit', ended);
      resolve({ child, port: Number(port) });
    });
  });
}

export class Target {
  #current: Started;
  /** The next process, which starts in advance, so that replacing the current one takes no time. */
  #next: Promise<Started>;

  readonly #ping: number;
  readonly #program: string;

  private constructor(current: Started, ping: number, program: string) {
    this.#current = current;
    this.#ping = ping;
    this.#program = program;
    this.#next = this.#spare();
  }

  /**
   * @param ping the interval of pings, and the time for their answers (ms), which determine how soon it notices lost clients
   * @param program the router: its source by default
   */
  static async start(ping: number, program: string = file): Promise<Target> {
    return new Target(await startRouter(ping, program), ping, program);
  }

  get port(): number {
    return this.#current.port;
  }

  /** Kills the process with SIGKILL. */
  async kill(): Promise<void> {
    await this.#end(({ child }) => child.kill('SIGKILL'));
  }

  /** Stops the router gracefully, with GOODBYE to all sessions. */
  async stop(): Promise<void> {
    await this.#end(({ child }) => child.send('stop'));
  }

  /** Replaces the process by the next one, on another port. */
  async replace(): Promise<void> {
    this.#current = await this.#next;
    this.#next = this.#spare();
  }

  /** Freezes the process. */
  freeze(): void {
    this.#current.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#current.child.kill('SIGCONT');
  }

  async close(): Promise<void> {
    await this.kill();
    const { child } = await this.#next;
    await endOf(child, () => child.kill('SIGKILL'));
  }

  #spare(): Promise<Started> {
    const next = startRouter(this.#ping, this.#program);
    // Reported when it is needed.
    next.catch(() => undefined);
    return next;
  }

  async #end(how: (started: Started) => unknown): Promise<void> {
    await endOf(this.#current.child, () => how(this.#current));
  }
}

/** Ends a process, unless it has ended: `exit` is not emitted again. */
async function endOf(child: ChildProcess, how: () => unknown): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  how();
  await exited;
}
