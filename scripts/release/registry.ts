/** A registry on loopback for one release check: Verdaccio, which holds the packages of this repository and no others. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { run, StepFailed } from './step.ts';

/** Later ones need Node 22. Its dependency is named by a tag, which a mirror may lack. */
const MANIFEST = {
  private: true,
  dependencies: { verdaccio: '6.8.0' },
  overrides: { 'node-fetch': '2.7.0' },
};
/** Which packages the registry takes. All others come from the registry that npm is configured with. */
const SCOPE = '@wamp';
/** How long it may take to start (ms). */
const PATIENCE = 60_000;

export class Registry {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(url: string, process: ChildProcess) {
    this.url = url;
    this.#process = process;
  }

  /**
   * Starts an empty one.
   * @param cache where the program is installed, once
   * @param folder what it stores; a folder of its own
   */
  static async start(cache: string, folder: string): Promise<Registry> {
    const program = join(cache, 'node_modules', 'verdaccio', 'bin', 'verdaccio');
    if (!existsSync(program)) {
      mkdirSync(cache, { recursive: true });
      writeFileSync(join(cache, 'package.json'), JSON.stringify(MANIFEST));
      await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: cache });
    }
    mkdirSync(folder, { recursive: true });
    const config = join(folder, 'config.yaml');
    writeFileSync(config, configuration(join(folder, 'storage')));
    const port = await freePort();
    const child = spawn(process.execPath, [program, '--config', config, '--listen', `127.0.0.1:${port}`], {
      cwd: folder,
      stdio: 'ignore',
    });
    const registry = new Registry(`http://127.0.0.1:${port}/`, child);
    await registry.#answers();
    return registry;
  }

  /** The `.npmrc` of a project that installs from it, or publishes to it. npm wants some token. */
  get npmrc(): string {
    return `${SCOPE}:registry=${this.url}\n${this.url.replace('http:', '')}:_authToken=nobody\n`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill();
    await ended;
  }

  async #answers(): Promise<void> {
    for (const until = Date.now() + PATIENCE; Date.now() < until;) {
      if (this.#process.exitCode !== null) break;
      const answer = await fetch(`${this.url}-/ping`).catch(() => undefined);
      if (answer?.ok === true) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await this[Symbol.asyncDispose]();
    throw new StepFailed(`the registry did not answer at ${this.url} within ${PATIENCE / 1000} s`);
  }
}

function configuration(storage: string): string {
  return `storage: ${JSON.stringify(storage)}
packages:
  '${SCOPE}/*': { access: $all, publish: $all, unpublish: $all }
max_body_size: 100mb
log: { type: stdout, level: fatal }
`;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}
