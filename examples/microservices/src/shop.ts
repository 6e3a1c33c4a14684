/** The processes of the shop: starts them, restarts them one after the other, and sends orders meanwhile. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Session } from '@wamp/client';
import { services } from './services.ts';

const NAMES = Object.keys(services);
/** The program of each process, and what makes Node run TypeScript from its sources. */
const SERVICE = { file: './service.ts', execArgv: ['--import', 'tsx', '--conditions=@wamp/source'] };

async function startService(name: string, url: string, program: typeof SERVICE): Promise<ChildProcess> {
  const file = new URL(program.file, import.meta.url);
  const child = fork(file, [name], { execArgv: program.execArgv, env: { ...process.env, ROUTER_URL: url } });
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`service ${name} ended at its start, with code ${String(code)}`);
    }),
  ]);
  return child;
}

async function stopService(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const [code] = (await exit) as [number | null];
  if (code !== 0) throw new Error(`a service ended with code ${String(code)}`);
}

/** Two processes of each service. */
export class Shop implements AsyncDisposable {
  readonly #startService: (name: string) => Promise<ChildProcess>;
  readonly #processes: { readonly name: string; child: ChildProcess }[] = [];

  /** @param program the compiled service; its source by default */
  constructor(url: string, program: typeof SERVICE = SERVICE) {
    this.#startService = (name) => startService(name, url, program);
  }

  async start(): Promise<void> {
    const all = [...NAMES, ...NAMES].map(async (name) => {
      this.#processes.push({ name, child: await this.#startService(name) });
    });
    await Promise.all(all);
  }

  /** Replaces each process by another. @param told hears of each */
  async restart(told: (text: string) => void): Promise<void> {
    for (const one of this.#processes) {
      const old = one.child;
      await stopService(old);
      one.child = await this.#startService(one.name);
      told(`${one.name}: process ${String(old.pid)} has ended, ${String(one.child.pid)} serves`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map(({ child }) => stopService(child)));
  }
}

export type Totals = Record<'orders' | 'failed', number>;

/** Places orders, eight at a time, until `isOver`. */
export async function placeOrders(session: Session, isOver: () => boolean): Promise<Totals> {
  const totals: Totals = { orders: 0, failed: 0 };
  const customer = async (): Promise<void> => {
    while (!isOver()) {
      const placing = session.call('shop.orders.place', { item: 'tea', count: 2 }, { timeout: 30_000 });
      const [outcome] = await Promise.allSettled([placing]);
      if (outcome.status === 'rejected') console.error(outcome.reason);
      totals[outcome.status === 'rejected' ? 'failed' : 'orders'] += 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, customer));
  return totals;
}
