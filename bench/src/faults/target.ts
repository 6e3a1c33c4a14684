/** The router that the clients reach: a process that is killed, and replaced by another one. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('router.ts', import.meta.url));
/** Lets the process read TypeScript, whatever this one was started with. */
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
  /** The next one starts while this one serves, so that nobody waits for it. */
  #next: Promise<Started>;

  readonly #ping: number;

  private constructor(current: Started, ping: number) {
    this.#current = current;
    this.#ping = ping;
    this.#next = start(ping);
  }

  /** @param ping from one ping to the next (ms), and to its answer: how soon it notices what is half open */
  static async start(ping: number): Promise<Target> {
    return new Target(await start(ping), ping);
  }

  get port(): number {
    return this.#current.port;
  }

  /** SIGKILL: it is gone, with all that it knew. */
  async kill(): Promise<void> {
    await this.#end(({ child }) => child.kill('SIGKILL'));
  }

  /** It says GOODBYE to everybody, and ends. */
  async stop(): Promise<void> {
    await this.#end(({ child }) => child.send('stop'));
  }

  /** Another one takes its place, on another port. */
  async replace(): Promise<void> {
    this.#current = await this.#next;
    this.#next = start(this.#ping);
  }

  /** Nothing of it moves. */
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
