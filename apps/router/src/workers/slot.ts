/** Slot: the place of one worker, which is taken by one process after another. */
import cluster, { type Worker } from 'node:cluster';
import { CannotStart, RUNTIME, USAGE } from '../failure.ts';
import type { ProgramLog } from '../log.ts';
import { BackOff } from './back-off.ts';
import { Channel, type Answers } from './channel.ts';
import type { OfSupervisor, OfWorker } from './questions.ts';

/** The environment variable that tells a process which worker it is. */
export const WORKER_VARIABLE = 'WAMP_ROUTER_WORKER';

/** What every worker may ask. */
type CommonAnswers = Omit<Answers<OfSupervisor>, 'ready' | 'failed'>;

type State = 'starting' | 'listening' | 'waiting' | 'stopped';

export class Slot {
  /** From 1. */
  readonly number: number;
  readonly #answers: CommonAnswers;
  readonly #log: ProgramLog;
  readonly #backOff = new BackOff();
  #state: State = 'stopped';
  #worker: Worker | undefined;
  #channel: Channel<OfWorker, OfSupervisor> | undefined;
  #startedAt = 0;
  #restarts = 0;
  #isStopping = false;
  #again: NodeJS.Timeout | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  constructor(number: number, answers: CommonAnswers, log: ProgramLog) {
    this.number = number;
    this.#answers = answers;
    this.#log = log;
  }

  get state(): State {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#worker?.process.pid;
  }

  /** How often its process has ended and was started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /** The channel to its process; undefined while that does not listen. */
  get channel(): Channel<OfWorker, OfSupervisor> | undefined {
    return this.#state === 'listening' ? this.#channel : undefined;
  }

  /**
   * Starts its process; whenever that ends, it is started again.
   * @returns what the worker tells once it listens
   * @throws CannotStart when it cannot start this first time
   */
  start(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#fork(resolve, (error) => {
        this.#isStopping = true;
        reject(error);
      });
    });
  }

  /** Resolves once its process has ended. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#again);
    const channel = this.#channel;
    if (this.#worker?.isDead() !== false || channel === undefined) return;
    const patience = await channel.ask('stop', null, ANSWER).catch(() => 0);
    const timer = setTimeout(
      () => this.#worker?.process.kill('SIGKILL'),
      patience === 0 ? 0 : patience + GRACE,
    );
    await this.#ended;
    clearTimeout(timer);
  }

  /** Ends its process at once. */
  abandon(): void {
    this.#isStopping = true;
    clearTimeout(this.#again);
    this.#worker?.process.kill('SIGKILL');
  }

  /** @param failed called instead of a restart while it has never listened; undefined for a restart */
  #fork(listening: (greeting: string) => void, failed?: (error: CannotStart) => void): void {
    let refusal: CannotStart | undefined;
    let isFirst = failed !== undefined;
    this.#state = 'starting';
    this.#startedAt = performance.now();
    const worker = cluster.fork({ [WORKER_VARIABLE]: String(this.number) });
    const channel = new Channel<OfWorker, OfSupervisor>(
      { send: (message) => void worker.send(message) },
      {
        ...this.#answers,
        ready: (greeting) => {
          this.#state = 'listening';
          isFirst = false;
          listening(greeting);
          return null;
        },
        failed: ({ message, exitCode }) => {
          refusal = new CannotStart(message, exitCode === USAGE ? USAGE : RUNTIME);
          return null;
        },
      },
    );
    this.#worker = worker;
    this.#channel = channel;
    worker.on('message', (message) => {
      channel.received(message);
    });
    worker.on('error', () => undefined);
    this.#ended = new Promise((resolve) => {
      worker.once('exit', (code: number | null, signal: string | null) => {
        channel.close(`worker ${this.number} has ended`);
        this.#state = 'stopped';
        const outcome = refusal?.message ?? (code === null ? String(signal) : `exit code ${code}`);
        if (isFirst) failed?.(refusal ?? new CannotStart(`worker ${this.number} has ended: ${outcome}`));
        else if (!this.#isStopping) this.#restart(worker, outcome);
        resolve(undefined);
      });
    });
  }

  #restart({ process: { pid } }: Worker, outcome: string): void {
    const wait = this.#backOff.next(performance.now() - this.#startedAt);
    const { number: worker } = this;
    this.#state = 'waiting';
    this.#restarts += 1;
    this.#log('error', 'a worker has ended', {
      code: 'worker_ended',
      worker,
      pid,
      outcome,
      restart_in_ms: wait,
    });
    this.#again = setTimeout(() => {
      this.#fork(() => {
        this.#log('info', 'a worker was started again', { code: 'worker_started', worker, pid: this.pid });
      });
    }, wait);
  }
}

/** How long a worker may take to answer (ms): one that hangs does not delay the others. */
export const ANSWER = 2_000;
/** How long a worker may take to end after its calls (ms). */
const GRACE = 15_000;
