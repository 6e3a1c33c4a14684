/**
 * Loaded into the router's process before the router (`node --import`): measures how much CPU each turn of its event loop
 * takes. Compiled by the build, for the router's process reads no TypeScript. Nothing is written: the parent asks.
 *
 * A turn is what lies between two check phases of the event loop. A check is set for every turn in which the product asks
 * for one itself, which it does to write, and for one turn every 2 ms: so what is told of a turn may be too much by the
 * turns of 2 ms, never too little.
 */
import { openSync, readSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { SPREAD } from './spread.ts';

/** One turn of the event loop; times are ms. */
export interface TurnFigures {
  /** When it began, in ms since the process did. */
  readonly at: number;
  /** CPU of all threads of the process, among them those that help to collect garbage. */
  readonly cpu: number;
  /** CPU of the main thread alone, to about 4 ms; undefined where the system does not say. */
  readonly mainCpu: number | undefined;
  /** Wall time: what else the machine does is in it. */
  readonly wall: number;
  /** Wall time of garbage collection within it. */
  readonly collecting: number;
}

/** How the process is doing. */
export interface ProcessFigures {
  /** The longest ones first. */
  readonly longest: readonly TurnFigures[];
  /** The most CPU that the main thread has taken in a turn (ms); undefined where the system does not say. */
  readonly longestOfMain: number | undefined;
  /** Turns by the CPU they took (ms): fewer than 10, 10 … 25, 25 … 50, 50 … 100, 100 … 500, more. */
  readonly spread: readonly number[];
  readonly rss: number;
  readonly heapUsed: number;
  /** What V8 has taken from the system for `heapUsed`: what it keeps of it is given back with time. */
  readonly heapTotal: number;
  readonly external: number;
  /** Of `external`, what buffers take. */
  readonly arrayBuffers: number;
}

/** What the parent may ask for: figures, figures without garbage, or to start the measurement anew. */
export type Question = 'siege: figures' | 'siege: collect' | 'siege: fresh';

const INTERVAL = 2;
const KEPT = 20;
/** A collection shorter than this is not looked at (ms). */
const SHORTEST_COLLECTION = 1;

type Kept = Omit<TurnFigures, 'collecting'>;

class Monitor {
  readonly #immediate = globalThis.setImmediate;
  readonly #schedule = openSchedule();
  #longest: Kept[] = [];
  #longestOfMain: number | undefined;
  #spread: number[] = [];
  #collections: { readonly start: number; readonly end: number }[] = [];
  #awaited = false;
  #cpu = process.cpuUsage();
  #mainCpu: number | undefined;
  #wall = performance.now();

  constructor() {
    this.fresh();
    const observer = new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) {
        if (duration >= SHORTEST_COLLECTION)
          this.#collections.push({ start: startTime, end: startTime + duration });
      }
      if (this.#collections.length > 10_000) this.#collections.splice(0, 5000);
    });
    observer.observe({ entryTypes: ['gc'] });
    setInterval(() => this.#await(), INTERVAL).unref();
    this.#hook();
  }

  /** Forgets what has been until now. */
  fresh(): void {
    this.#longest = [];
    this.#longestOfMain = undefined;
    this.#spread = [...SPREAD, Infinity].map(() => 0);
    this.#mark();
  }

  get figures(): Pick<ProcessFigures, 'longest' | 'longestOfMain' | 'spread'> {
    const longest = this.#longest.map((turn) => ({ ...turn, collecting: this.#collecting(turn) }));
    return { longest, longestOfMain: this.#longestOfMain, spread: this.#spread };
  }

  /** The first `setImmediate` of a turn brings a check of ours with it. */
  #hook(): void {
    const { setImmediate: original } = globalThis;
    const hooked = (...args: Parameters<typeof setImmediate>): NodeJS.Immediate => {
      const immediate = original(...args);
      this.#await();
      return immediate;
    };
    globalThis.setImmediate = Object.assign(hooked, original);
  }

  #await(): void {
    if (this.#awaited) return;
    this.#awaited = true;
    this.#immediate(() => {
      this.#awaited = false;
      this.#check();
    });
  }

  #check(): void {
    const turn = this.#mark();
    const at = SPREAD.findIndex((bound) => turn.cpu < bound);
    const column = at < 0 ? SPREAD.length : at;
    this.#spread[column] = (this.#spread[column] ?? 0) + 1;
    if (turn.mainCpu !== undefined) this.#longestOfMain = Math.max(this.#longestOfMain ?? 0, turn.mainCpu);
    const last = this.#longest.at(-1);
    if (this.#longest.length === KEPT && last !== undefined && turn.cpu <= last.cpu) return;
    this.#longest.push(turn);
    this.#longest.sort((a, b) => b.cpu - a.cpu);
    this.#longest.length = Math.min(KEPT, this.#longest.length);
  }

  /** Ends one turn and begins the next. */
  #mark(): Kept {
    const { user, system } = process.cpuUsage(this.#cpu);
    const mainCpu = readSchedule(this.#schedule);
    const wall = performance.now();
    const turn: Kept = {
      at: this.#wall,
      cpu: (user + system) / 1000,
      mainCpu: mainCpu === undefined || this.#mainCpu === undefined ? undefined : mainCpu - this.#mainCpu,
      wall: wall - this.#wall,
    };
    this.#cpu = process.cpuUsage();
    this.#mainCpu = mainCpu;
    this.#wall = wall;
    return turn;
  }

  #collecting({ at, wall }: Kept): number {
    return this.#collections.reduce((sum, { start, end }) => {
      const common = Math.min(end, at + wall) - Math.max(start, at);
      return sum + Math.max(0, common);
    }, 0);
  }
}

/** The scheduler's account of this thread, on Linux. */
function openSchedule(): number | undefined {
  try {
    return openSync('/proc/thread-self/schedstat', 'r');
  } catch {
    return undefined;
  }
}

const text = Buffer.alloc(64);

/** CPU that the thread has had: ms. */
function readSchedule(file: number | undefined): number | undefined {
  if (file === undefined) return undefined;
  readSync(file, text, 0, text.length, 0);
  return Number(text.toString('latin1', 0, text.indexOf(0x20))) / 1e6;
}

const monitor = new Monitor();
/** Set by --expose-gc. */
const collect = (globalThis as { gc?: () => void }).gc;

process.on('message', (question: Question) => {
  if (question === 'siege: fresh') monitor.fresh();
  if (question === 'siege: collect') for (let times = 0; times < 3; times += 1) collect?.();
  const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
  const answer: ProcessFigures = { ...monitor.figures, rss, heapUsed, heapTotal, external, arrayBuffers };
  process.send?.(answer);
});
// The channel alone keeps no router running.
process.channel?.unref();
