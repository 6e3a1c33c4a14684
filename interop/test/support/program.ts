/** The program `wamp-router`, compiled from its sources, in a process of its own. */
import { spawn } from 'node:child_process';
import { Workshop } from '../../../apps/router/test/workshop.ts';

/** Stands for a web app. */
const PAGE = { 'index.html': '<title>stand-in</title>' };

/** How the program ended. */
interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Program {
  readonly port: number;
  readonly url: string;
  /** Whether it has not ended yet. */
  readonly alive: boolean;
  /** What it has written to stderr so far. */
  readonly complaints: string;
  /** Resolves when it has ended. */
  readonly ended: Promise<Exit>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts it on a free port; rejects with what it says when it does not listen. */
export function startProgram(args: readonly string[]): Promise<Program> {
  return start(['--port', '0', ...args]);
}

/** Starts what a configuration file says, which has a WebSocket among it. */
export function startConfigured(file: string, env: Readonly<Record<string, string>>): Promise<Program> {
  return start(['--config', file], env);
}

async function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Program> {
  const workshop = await Workshop.open({ chat: PAGE, dashboard: PAGE });
  const child = spawn(process.execPath, [workshop.main, 'start', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  // Nothing that a test run starts outlives it.
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', kill);
  let [out, complaints, alive] = ['', '', true];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  return new Promise((resolve, reject) => {
    const ended = new Promise<Exit>((resolveEnded) => {
      child.on('close', (code, signal) => {
        process.off('exit', kill);
        void workshop[Symbol.asyncDispose]();
        alive = false;
        reject(new Error(complaints.trim() || `the program ended with ${code ?? signal ?? 'nothing'}`));
        resolveEnded({ code, signal });
      });
    });
    child.on('error', reject);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      const found = /ws:\/\/127\.0\.0\.1:(\d+)\/\S+/.exec(out);
      if (found === null || !out.includes('\n')) return;
      resolve({
        port: Number(found[1]),
        url: found[0],
        get alive() {
          return alive;
        },
        get complaints() {
          return complaints;
        },
        ended,
        kill: (signal) => {
          child.kill(signal);
        },
      });
    });
  });
}
