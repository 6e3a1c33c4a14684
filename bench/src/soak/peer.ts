/** Starts the router in a separate process, and queries its health. */
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SlowConsumerPolicy } from '@wamp/router';
import type { Health, Ready } from './router.ts';

const ROUTER_CORE = '0';
const LOAD_CORE = '1';

/** Moves a process to a core, where the system can. */
function pin(pid: number | undefined, core: string): void {
  spawnSync('taskset', ['-a', '-c', '-p', core, String(pid)], { stdio: 'ignore' });
}

/** Leaves one core to the router. */
export function pinLoad(): void {
  pin(process.pid, LOAD_CORE);
}

/** A running router. */
export interface Peer {
  readonly port: number;
  readonly pid: number;
  /** @throws Error when the process has ended */
  health(): Promise<Health>;
  stop(): Promise<void>;
}

export async function startRouter(policy: SlowConsumerPolicy = 'disconnect'): Promise<Peer> {
  const file = fileURLToPath(new URL('router.ts', import.meta.url));
  const child = fork(file, [policy], {
    // The options of this process are needed to run TypeScript sources.
    execArgv: [...process.execArgv, '--expose-gc'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const kill = (): boolean => child.kill('SIGKILL');
  process.on('exit', kill);
  pin(child.pid, ROUTER_CORE);
  const ended = once(child, 'close').then(() => {
    throw new Error('the router process has ended');
  });
  ended.catch(() => undefined); // the next query reports it
  const told = async <T>(): Promise<T> => {
    const [message] = (await Promise.race([once(child, 'message'), ended])) as [T];
    return message;
  };
  const { port } = await told<Ready>();
  return {
    port,
    pid: child.pid ?? 0,
    health() {
      const answer = told<Health>();
      child.send('health');
      return answer;
    },
    async stop() {
      child.kill('SIGTERM');
      await ended.catch(() => undefined);
      process.off('exit', kill);
    },
  };
}
