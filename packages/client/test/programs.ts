/** Programs in processes of their own: what they print, and how they exit. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { compiled } from '../../../test/compiled.ts';

const folder = await compiled({
  client: 'packages/client/src/index.ts',
  'router-process': 'packages/client/test/router-process.ts',
});
/** The program of `router-process.ts`. */
export const ROUTER_PROCESS: string = join(folder, 'router-process.js');
/** The module that stands for `@wamp/client`, as JavaScript that is given to Node may import it. */
export const CLIENT: string = pathToFileURL(join(folder, 'client.js')).href;

/** A Node process. */
export class Program {
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  readonly #lines: string[] = [];
  #changed: () => void = () => undefined;

  /** @param args of Node, such as the path of a program and its arguments */
  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#exited = once(this.#child, 'exit').then(([code]) => code as number | null);
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      if (output === null) continue;
      createInterface(output).on('line', (line) => {
        this.#lines.push(line);
        this.#changed();
      });
    }
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves to the next line that matches, of standard output or standard error. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const index = this.#lines.findIndex((line) => pattern.test(line));
      const [line] = index < 0 ? [] : this.#lines.splice(0, index + 1).slice(-1);
      if (line !== undefined) return line;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** Resolves to the exit code; null if a signal ended it. */
  get exitCode(): Promise<number | null> {
    return this.#exited;
  }

  /** Sends a signal and waits for the exit. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    return this.#exited;
  }
}
