/** The router that the clients reach: a process that is killed, and replaced by another one. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('router.ts', import.meta.url));
/** Lets the process run TypeScript sources, regardless of how this process was started. */
const READS_SOURCE = ['--conditions=@wamp/source', '--import', 'tsx'];

/** One process, which listens. */
interface Started {
  readonly child: ChildProcess;
  readonly port: number;
}

async function start(ping: number): Promise<Started> {
  const child = fork(file, [String(ping)], { execArgv: READS_SOURCE });
  const [port] = (await once(child, 'message')) as [number];
  return { child, port };
}

export class Target {
  #current: Started;
  /** The next process, which starts in advance, so that replacing the current one takes no time. */
  #next: Promise<Started>;

  readonly #ping: number;

  private constructor(current: Started, ping: number) {
    this.#current = current;
    this.#ping = ping;
    this.#next = start(ping);
  }

  /** @param ping the interval of pings, and the time for their answers (ms), which determine how soon it notices lost clients */
  static async start(ping: number): Promise<Target> {
    return new Target(await start(ping), ping);
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
    this.#next = start(this.#ping);
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
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async #end(how: (started: Started) => unknown): Promise<void> {
    const { child } = this.#current;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    how(this.#current);
    await exited;
  }
}
