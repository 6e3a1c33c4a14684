/**
 * Loaded into the router's process before the router (`node --import`): measures how much CPU each turn of its event loop
 * takes. Compiled by the build, because the router's process does not run TypeScript. The parent asks for the figures.
 *
 * A turn is measured from one check phase of the event loop to the next. A check is scheduled in each turn in which the
 * router schedules one itself, which it does to write, and every 2 ms. So the CPU time that is reported for a turn may include
 * other turns within 2 ms, but is never too low.
 */
import { openSync, readSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { SPREAD } from './spread.ts';

/** One turn of the event loop; times are ms. */
export interface TurnFigures {
  /** When it began (ms since the start of the process). */
  readonly at: number;
  /** CPU of all threads of the process, including those that help to collect garbage. */
  readonly cpu: number;
  /** CPU of the main thread alone, to within about 4 ms; undefined where the system does not report it. */
  readonly mainCpu: number | undefined;
  /** Wall time, which other load on the machine increases. */
  readonly wall: number;
  /** Wall time of garbage collection within it. */
  readonly collecting: number;
}

/** The figures of the process. */
export interface ProcessFigures {
  /** The longest ones first. */
  readonly longest: readonly TurnFigures[];
  /** The most CPU that the main thread has taken in a turn (ms); undefined where the system does not report it. */
  readonly longestOfMain: number | undefined;
  /** Turns by the CPU they took (ms): fewer than 10, 10 … 25, 25 … 50, 50 … 100, 100 … 500, more. */
  readonly spread: readonly number[];
  readonly rss: number;
  readonly heapUsed: number;
  /** The memory that V8 has reserved for `heapUsed`; it returns unused memory to the system after some time. */
  readonly heapTotal: number;
  readonly external: number;
  /** The part of `external` that is memory of buffers. */
  readonly arrayBuffers: number;
}

/** What the parent may ask for: figures, figures without garbage, or to start the measurement anew. */
export type Question = 'siege: figures' | 'siege: collect' | 'siege: fresh';

const INTERVAL = 2;
const KEPT = 20;
/** Collections shorter than this are ignored (ms). */
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

  /** Discards all measurements so far. */
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

  /** The first `setImmediate` of a turn also schedules a check of this monitor. */
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

/** The CPU time of the thread (ms). */
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
// The channel to the parent does not keep the process running.
process.channel?.unref();
