/** Starts peers: each a process of its own, pinned to one core where that is possible. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Ready } from './ready.ts';

/** The core of the peers, and that of the load. */
const PEER_CORE = '0';
const LOAD_CORE = '1';

/** A process to measure. */
export interface Peer extends Ready {
  /** Undefined when it runs elsewhere, so that its CPU cannot be read. */
  readonly pid: number | undefined;
  /** Ends the process; does nothing for one that was started elsewhere. */
  stop(): Promise<void>;
}

type Program = 'relay' | 'router' | 'fox';

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Moves this process to the core of the load. @returns whether peers and load can be pinned */
export function pinLoad(): boolean {
  const { status } = spawnSync('taskset', ['-a', '-c', '-p', LOAD_CORE, String(process.pid)], {
    stdio: 'ignore',
  });
  return status === 0;
}

/** Where Node writes a CPU profile when the peer ends: `folder/name.cpuprofile`. */
export interface Profile {
  readonly folder: string;
  readonly name: string;
}

/** Starts one of the peer programs. @throws Error with its output when it does not listen */
export function start(program: Program, pinned: boolean, profile?: Profile): Promise<Peer> {
  const file = fileURLToPath(new URL(`${program}.js`, import.meta.url));
  const flags = profile === undefined ? [] : profileFlags(profile);
  const command = [process.execPath, ...flags, file];
  const [name = '', ...args] = pinned ? ['taskset', '-c', PEER_CORE, ...command] : command;
  const child = spawn(name, args, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  running.add(child);
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  return new Promise((resolve, reject) => {
    const ended = new Promise<void>((resolveEnded) => {
      child.on('close', () => {
        running.delete(child);
        reject(new Error(`${program} did not start: ${complaints.trim()}`));
        resolveEnded();
      });
    });
    child.on('error', reject);
    child.on('message', (message) => {
      resolve({
        ...(message as Ready),
        pid: child.pid,
        async stop() {
          child.kill('SIGTERM');
          await ended;
        },
      });
    });
  });
}

function profileFlags({ folder, name }: Profile): string[] {
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}.cpuprofile`];
}
