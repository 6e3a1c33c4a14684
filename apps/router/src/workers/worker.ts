/** A worker: a router that is one of several processes of a machine, as its supervisor has it. */
import cluster from 'node:cluster';
import type { LoadedConfiguration } from '../config/load.ts';
import { CannotStart } from '../failure.ts';
import type { Group } from '../group.ts';
import type { LineWriter } from '../line-writer.ts';
import { openLog } from '../log.ts';
import { metricTexts } from '../prometheus.ts';
import { outliveSignals } from '../shutdown.ts';
import { start, type Running } from '../start.ts';
import { Channel, type Answers } from './channel.ts';
import { forWorker } from './configuration.ts';
import { endAbandoned } from './nats-server.ts';
import type { OfSupervisor, OfWorker, Setup } from './questions.ts';
import { WORKER_VARIABLE } from './slot.ts';

/** The number of the worker that this process is; undefined for none. */
export function workerNumber(): number | undefined {
  const number = process.env[WORKER_VARIABLE];
  return cluster.isWorker && number !== undefined ? Number(number) : undefined;
}

/** What a worker starts with. */
export interface WorkerStart {
  readonly number: number;
  readonly insecureDev: boolean;
  /** Where the log is written. */
  readonly lines: LineWriter;
  /** Reads the configuration. @throws CannotStart */
  readonly load: () => LoadedConfiguration;
}

/** Starts what the supervisor wants; resolves once it listens, or has said why it cannot. */
export async function runWorker(begin: WorkerStart): Promise<void> {
  outliveSignals();
  // Ctrl+C reaches all processes of a terminal; the supervisor stops its workers.
  process.on('SIGINT', () => undefined);
  const worker = new WorkerProcess(begin);
  try {
    await worker.start();
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error;
    await worker.refuse(error);
    process.exit(error.exitCode);
  }
}

class WorkerProcess {
  readonly #begin: WorkerStart;
  readonly #channel: Channel<OfSupervisor, OfWorker>;
  #running: Running | undefined;
  #isStopping = false;

  constructor(begin: WorkerStart) {
    this.#begin = begin;
    this.#channel = new Channel({ send: (message) => process.send?.(message) }, this.#answers());
    process.on('message', (message) => {
      this.#channel.received(message);
    });
    process.on('SIGTERM', () => void this.#stop());
  }

  async start(): Promise<void> {
    const { number, insecureDev, lines, load } = this.#begin;
    const setup = await this.#channel.ask('setup', null);
    endWithSupervisor(setup);
    const adapt = (loaded: LoadedConfiguration): LoadedConfiguration => forWorker(loaded, number, setup.nats);
    const loaded = adapt(load());
    const log = await openLog(loaded.configuration.log, lines, process.stderr.isTTY, { worker: number });
    this.#running = await start(loaded, insecureDev, log, this.#group(adapt));
    await this.#channel.ask('ready', this.#running.greeting);
  }

  async refuse({ message, exitCode }: CannotStart): Promise<void> {
    await this.#channel.ask('failed', { message, exitCode }).catch(() => undefined);
  }

  #group(adapt: Group['adapt']): Group {
    const facts = () => this.#channel.ask('facts', null);
    return {
      adapt,
      health: {
        health: { unready: async () => (await facts()).unready },
        about: async () => (await facts()).about,
      },
      reload: (dryRun) => this.#channel.ask('reload', dryRun),
      elsewhere: (uri, { args, kwargs }) =>
        this.#channel.ask('elsewhere', { worker: this.#begin.number, uri, args, kwargs }),
    };
  }

  #answers(): Answers<OfWorker> {
    return {
      facts: () => {
        const { about, unready } = this.#own();
        return { about: about(), unready: unready() };
      },
      metrics: () => metricTexts(this.#own().metrics, { worker: String(this.#begin.number) }),
      admin: ({ uri, args, kwargs }) => this.#own().serve(uri, { args, kwargs }),
      reload: (dryRun) => this.#listening().reload(dryRun),
      stop: () => {
        void this.#stop();
        return this.#running?.own.drain() ?? 0;
      },
    };
  }

  #own(): Running['own'] {
    return this.#listening().own;
  }

  #listening(): Running {
    if (this.#running === undefined) throw new Error('the worker does not listen yet');
    return this.#running;
  }

  async #stop(): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    await this.#running?.stop();
    process.exit(0);
  }
}

/** When the supervisor is killed, its workers end, and so does their NATS server. */
function endWithSupervisor({ nats }: Setup): void {
  cluster.worker?.once('disconnect', () => {
    if (nats !== undefined) endAbandoned(nats);
    process.exit(1);
  });
}
