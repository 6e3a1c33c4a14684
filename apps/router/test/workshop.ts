/** The router app in processes of its own: from its sources, beside the web apps as they were built or stand-ins for them. */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { compiled } from '../../../test/compiled.ts';

const app = fileURLToPath(new URL('..', import.meta.url));

/** The files that are loaded by their names: the program, what it loads one after another, the thread of its store. */
const PROGRAM = {
  main: 'apps/router/src/main.ts',
  program: 'apps/router/src/program.ts',
  worker: 'packages/store-sqlite/src/worker.ts',
};

/** Limits for tests that log in: on a busy machine, honest clients are slow, too. */
export const PATIENT = { hello_timeout: '5m', authenticate_timeout: '5m' } as const;

/** A process that ended by itself. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process that listens. */
export interface RunningRouter {
  /** The lines it printed once it listened. */
  readonly greeting: string;
  /** Such as `http://127.0.0.1:41234`. */
  readonly origin: string;
  readonly pid: number;
  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void;
  /** Closes our end of its stderr: whoever has read the log is gone. */
  closeLog(): void;
  /** Resolves when the process has ended. */
  readonly ended: Promise<Outcome>;
  /** Ends it with SIGTERM, when it runs still; throws what it has printed on stderr. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A place to run the router app from, so that its tests need no build. */
export class Workshop implements AsyncDisposable {
  /** The file that node runs. */
  readonly main: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.main = join(folder, 'router', 'dist', 'main.js');
  }

  /** @param webApps the files of each stand-in, by name; without one it counts as not built. Or the real ones */
  static async open(
    webApps: Readonly<Record<string, Readonly<Record<string, string>>>> | 'built',
  ): Promise<Workshop> {
    const folder = await mkdtemp(join(tmpdir(), 'wamp-router-'));
    for (const part of ['public', 'deploy', 'package.json']) {
      await cp(join(app, part), join(folder, 'router', part), { recursive: true });
    }
    const program = await compiled(PROGRAM);
    await cp(program, join(folder, 'router', 'dist'), { recursive: true });
    await symlink(join(program, '../node_modules'), join(folder, 'router', 'node_modules'), 'junction');
    for (const name of webApps === 'built' ? ['chat', 'dashboard'] : []) {
      await symlink(join(app, '..', name), join(folder, name), 'junction');
    }
    for (const [name, files] of webApps === 'built' ? [] : Object.entries(webApps)) {
      for (const [path, content] of Object.entries(files)) {
        const file = join(folder, name, 'dist', path);
        await mkdir(join(file, '..'), { recursive: true });
        await writeFile(file, content);
      }
    }
    return new Workshop(folder);
  }

  /** Runs `wamp-router` until it ends. */
  run(args: readonly string[]): Promise<Outcome> {
    return outcome(spawn(process.execPath, [this.main, ...args]));
  }

  /** Starts `wamp-router start` on any free port; resolves when it listens. */
  start(args: readonly string[] = []): Promise<RunningRouter> {
    return listening(spawn(process.execPath, [this.main, 'start', '--port', '0', ...args]));
  }

  /** Starts what a configuration file says. @param stderr where it writes the log; a pipe to us by default */
  startFrom(
    file: string,
    env: Readonly<Record<string, string>> = {},
    stderr: 'pipe' | number = 'pipe',
  ): Promise<RunningRouter> {
    const args = [this.main, 'start', '--config', file];
    const stdio: StdioOptions = ['ignore', 'pipe', stderr];
    return listening(spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio }));
  }

  /** Starts several workers from a configuration file, and keeps what they write to the log. */
  startWorkers(file: string, workers: number): Promise<RunningRouter> {
    const args = ['start', '--config', file, '--workers', String(workers)];
    return listening(spawn(process.execPath, [this.main, ...args]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}

/** Starts the router with the web apps as `npm run build` made them, on any free port unless told otherwise. */
export async function startWithWebApps(
  args: readonly string[] = ['--port', '0'],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningRouter> {
  const workshop = await Workshop.open('built');
  const options = { env: { ...process.env, ...env } };
  const child = spawn(process.execPath, [workshop.main, 'start', ...args], options);
  child.once('exit', () => void workshop[Symbol.asyncDispose]());
  return listening(child);
}

async function listening(child: ChildProcess): Promise<RunningRouter> {
  const ended = outcome(child);
  const greeting = await bannerOf(child, ended);
  return {
    greeting,
    origin: new URL(greeting.split(/\s+/)[2] ?? '').origin,
    pid: child.pid ?? 0,
    kill: (signal) => child.kill(signal),
    closeLog: () => child.stderr?.destroy(),
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      const { stderr } = await ended;
      if (stderr !== '') throw new Error(`the router complained: ${stderr}`);
    },
  };
}

/** The last line says how to stop. */
async function bannerOf({ stdout }: ChildProcess, ended: Promise<Outcome>): Promise<string> {
  if (stdout === null) throw new Error('the process has no stdout');
  const lines: string[] = [];
  const told = new Promise<string>((resolve) => {
    createInterface(stdout).on('line', (line) => {
      lines.push(line);
      if (line.startsWith('  stop')) resolve(lines.join('\n'));
    });
  });
  const early = ended.then(({ stderr }) => {
    throw new Error(`the router did not start: ${stderr}`);
  });
  return Promise.race([told, early]);
}

async function outcome(child: ChildProcess): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
