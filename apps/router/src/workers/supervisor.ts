/** Supervisor: the process that starts the workers, speaks for all of them to operators, and stops them. */
import cluster from 'node:cluster';
import { MetricsRegistry } from '@wamp/router';
import { openAdminServers, type AdminServer } from '../admin-server.ts';
import type { LoadedConfiguration } from '../config/load.ts';
import { CannotStart } from '../failure.ts';
import type { Unready } from '../health.ts';
import type { OperatorLog, ProgramLog } from '../log.ts';
import { rehearse } from '../prepare.ts';
import { metricTexts, mergedText, type MetricText } from '../prometheus.ts';
import type { Reloaded } from '../reload.ts';
import type { Stoppable } from '../shutdown.ts';
import { version } from '../version.ts';
import { refuseUnfit } from './configuration.ts';
import { NatsServer } from './nats-server.ts';
import type { AdminCall, WorkerFacts } from './questions.ts';
import { ANSWER, Slot } from './slot.ts';
import { measureWorkers } from './supervisor-metrics.ts';

/** How many workers, and what connects them. */
export interface WorkersOptions {
  readonly workers: number;
  /** The program nats-server: its name or path. */
  readonly natsServer: string;
  readonly insecureDev: boolean;
}

/** Running workers. */
export interface RunningWorkers extends Stoppable {
  /** Several lines: the addresses, the realms, and a command to try. */
  readonly greeting: string;
  reload(dryRun?: boolean): Promise<Reloaded>;
}

/**
 * Resolves once all workers listen.
 * @throws CannotStart if one of them cannot start, or there is no NATS server to connect them
 */
export async function startWorkers(
  loaded: LoadedConfiguration,
  { workers, natsServer, insecureDev }: WorkersOptions,
  { log }: OperatorLog,
): Promise<RunningWorkers> {
  refuseUnfit(loaded);
  await rehearse(loaded, insecureDev);
  const isOwn = loaded.configuration.cluster === undefined;
  const nats = isOwn ? await NatsServer.start(natsServer, log) : undefined;
  const supervisor = new Supervisor(workers, nats, log);
  process.once('exit', () => {
    supervisor.abandon();
  });
  try {
    const greeting = await supervisor.start();
    await supervisor.serve(loaded.configuration.admin);
    log('info', 'listening', { code: 'router_started', version: version(), workers });
    return {
      greeting: withWorkers(greeting, workers),
      reload: (dryRun = false) => supervisor.reload(dryRun),
      stop: () => supervisor.stop(),
    };
  } catch (error) {
    await supervisor.end();
    throw error;
  }
}

class Supervisor {
  readonly #slots: readonly Slot[];
  readonly #nats: NatsServer | undefined;
  readonly #log: ProgramLog;
  readonly #metrics = new MetricsRegistry();
  #servers: readonly AdminServer[] = [];

  constructor(count: number, nats: NatsServer | undefined, log: ProgramLog) {
    const answers = {
      setup: () => (nats === undefined ? {} : { nats: nats.told }),
      facts: () => this.#facts(),
      reload: (dryRun: boolean) => this.reload(dryRun),
      elsewhere: (call: AdminCall & { readonly worker: number }) => this.#elsewhere(call),
    };
    this.#slots = Array.from({ length: count }, (_, index) => new Slot(index + 1, answers, log));
    this.#nats = nats;
    this.#log = log;
    measureWorkers(this.#metrics, this.#slots, nats);
  }

  /**
   * Starts one worker, then all others: what keeps it from starting would keep them as well.
   * @returns what the first one tells
   */
  async start(): Promise<string> {
    const [, script = ''] = process.argv;
    cluster.setupPrimary({ exec: script, args: process.argv.slice(2) });
    const [first, ...others] = this.#slots;
    if (first === undefined) throw new CannotStart('there are no workers to start');
    const greeting = await first.start();
    await Promise.all(others.map((slot) => slot.start()));
    return greeting;
  }

  /** Opens the servers for operators. @throws CannotStart */
  async serve(admin: Parameters<typeof openAdminServers>[0]): Promise<void> {
    this.#servers = await openAdminServers(admin, {
      health: { unready: async () => (await this.#facts()).unready },
      about: async () => (await this.#facts()).about,
      metrics: () => this.#texts(),
      reload: (dryRun) => this.reload(dryRun),
    });
  }

  /** Reloads one worker, then the others: what the first one refuses changes none. */
  async reload(dryRun: boolean): Promise<Reloaded> {
    const [first, ...others] = this.#slots.flatMap(({ channel }) => channel ?? []);
    if (first === undefined) return { ok: false, lines: ['no worker is running'] };
    try {
      const reloaded = await first.ask('reload', dryRun);
      if (!reloaded.ok || dryRun) return reloaded;
      const rest = await Promise.all(others.map((channel) => channel.ask('reload', false)));
      return rest.find(({ ok }) => !ok) ?? reloaded;
    } catch (error) {
      return { ok: false, lines: [error instanceof Error ? error.message : String(error)] };
    }
  }

  async stop(): Promise<void> {
    this.#log('info', 'stopping', { code: 'router_stopping' });
    await this.end();
    this.#log('info', 'stopped', { code: 'router_stopped' });
  }

  /** Drains and ends all workers, and what connects them. */
  async end(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot.stop()));
    for (const server of this.#servers) server.close();
    await this.#nats?.stop();
  }

  /** Ends everything at once, for the end of the process. */
  abandon(): void {
    for (const slot of this.#slots) slot.abandon();
    this.#nats?.abandon();
  }

  async #facts(): Promise<WorkerFacts> {
    const told = await Promise.all(
      this.#slots.map(async (slot) => {
        const facts = await slot.channel?.ask('facts', null, ANSWER).catch(() => undefined);
        return { slot, facts };
      }),
    );
    const workers = told.map(({ slot: { number, state, pid, restarts }, facts }) => ({
      worker: number,
      state: state === 'listening' && facts === undefined ? 'silent' : state,
      ...(pid === undefined ? {} : { pid }),
      restarts,
      ...facts?.about,
    }));
    const unready = told.flatMap(({ slot, facts }) =>
      (facts?.unready ?? []).map(({ code, why }) => ({ code, why, worker: slot.number })),
    );
    const isAnyThere = told.some(({ facts }) => facts !== undefined);
    const nobody: Unready = { code: 'no_worker', why: 'no worker answers' };
    const about = { version: version(), uptime_ms: Math.round(performance.now()), workers };
    return { about, unready: isAnyThere ? unready : [nobody] };
  }

  /** What the other workers answer to a call in the admin realm of one; those that have no answer are left out. */
  async #elsewhere({
    worker,
    ...call
  }: AdminCall & { readonly worker: number }): Promise<readonly unknown[]> {
    const others = this.#slots.filter(({ number }) => number !== worker);
    const asked = others.flatMap(({ channel }) => channel?.ask('admin', call, ANSWER) ?? []);
    const settled = await Promise.allSettled(asked);
    return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  }

  async #texts(): Promise<string> {
    const told = await Promise.all(
      this.#slots.map(async ({ channel }): Promise<readonly MetricText[]> => {
        return (await channel?.ask('metrics', null, ANSWER).catch(() => undefined)) ?? [];
      }),
    );
    return mergedText([...metricTexts(this.#metrics, { worker: 'supervisor' }), ...told.flat()]);
  }
}

/** Says how many workers there are, before the line that says how to stop. */
function withWorkers(greeting: string, count: number): string {
  const lines = greeting.split('\n');
  const last = lines.pop() ?? '';
  const width = last.length - last.replace(/^ {2}\w+ +/, '').length - 2;
  return [...lines, `  ${'workers'.padEnd(Math.max(width, 9))}${count}`, last].join('\n');
}
