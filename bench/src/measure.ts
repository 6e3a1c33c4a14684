/** Measures a block of workloads: every contender in a process of its own, in turns, so that noise hits all alike. */
import { targetOf, type Contender } from './contenders.ts';
import { drain, type Load } from './load/load.ts';
import type { Peer } from './peers/start.ts';
import { cpuOf } from './process-usage.ts';
import type { Workload } from './workloads.ts';

/** One run. Times are microseconds; CPU is undefined where it cannot be read. */
export interface Sample {
  /** Calls or events per second. */
  readonly rate: number;
  /** The contender's CPU per call or event. */
  readonly cpu: number | undefined;
  readonly p50: number;
  readonly p99: number;
  /** How much of a core the load took, 0 … 1. */
  readonly loadCpu: number;
}

/** A contender at one workload. */
export interface Cell {
  readonly workload: Workload;
  readonly contender: string;
  readonly samples: readonly Sample[];
  /** Messages that did not arrive whole, once and in order; or why there are no samples. */
  readonly trouble: string | undefined;
}

export interface MeasureOptions {
  readonly runs: number;
  /** How long a run is measured (s). */
  readonly seconds: number;
  /** Told of each run. */
  readonly progress: (cell: Omit<Cell, 'samples'>, run: number, sample: Sample | undefined) => void;
}

/** Load before the first run (s of the contender's CPU), so that what is measured has been compiled. */
const WARM_UP = 1;
/** At most this long (s), on a busy machine. */
const LONGEST_WARM_UP = 4;
/** Load at the beginning of each run that is not counted (s). */
const LEAD_IN = 0.15;

export async function measureBlock(
  workloads: readonly Workload[],
  contenders: readonly Contender[],
  options: MeasureOptions,
): Promise<Cell[]> {
  const entries = workloads.flatMap((workload) =>
    contenders
      .filter((contender) => takesPart(contender, workload))
      .map((contender) => new Entry(workload, contender)),
  );
  try {
    for (const entry of entries) await entry.open();
    for (let run = 1; run <= options.runs; run += 1) {
      for (const entry of entries) await entry.run(run, options);
    }
    return entries.map((entry) => entry.cell);
  } finally {
    for (const entry of entries) await entry.close();
  }
}

function takesPart({ name, serializers }: Contender, workload: Workload): boolean {
  return (
    (workload.contenders?.includes(name) ?? true) && workload.serializers.every((one) => serializers.has(one))
  );
}

/** A contender's process under one workload. */
class Entry {
  readonly #workload: Workload;
  readonly #contender: Contender;
  readonly #samples: Sample[] = [];
  #trouble: string | undefined;
  #peer: Peer | undefined;
  #load: Load | undefined;

  constructor(workload: Workload, contender: Contender) {
    this.#workload = workload;
    this.#contender = contender;
  }

  get cell(): Cell {
    return {
      workload: this.#workload,
      contender: this.#contender.name,
      samples: this.#samples,
      trouble: this.#trouble,
    };
  }

  /** Starts it, sets the load up, and warms both up. */
  async open(): Promise<void> {
    try {
      this.#peer = await this.#contender.start();
      this.#load = await this.#workload.open(targetOf(this.#contender, this.#peer));
      this.#load.start();
      await warmUp(this.#peer);
      await drain(this.#load);
      this.#judge(this.#load);
    } catch (error) {
      this.#trouble = error instanceof Error ? error.message : String(error);
    }
  }

  async run(run: number, { seconds, progress }: MeasureOptions): Promise<void> {
    let sample: Sample | undefined;
    if (this.#load !== undefined && this.#peer !== undefined && this.#trouble === undefined) {
      sample = await sampleOf(this.#load, this.#peer, seconds);
      await drain(this.#load);
      this.#judge(this.#load);
      this.#samples.push(sample);
    }
    progress(this.cell, run, sample);
  }

  async close(): Promise<void> {
    this.#load?.close();
    await this.#peer?.stop();
  }

  #judge({ faults }: Load): void {
    if (faults.total > 0) this.#trouble = faults.toString();
  }
}

async function warmUp({ pid }: Peer): Promise<void> {
  const used = (): number => (pid === undefined ? undefined : cpuOf(pid)) ?? performance.now() * 1000;
  const start = used();
  for (let waited = 0; waited < LONGEST_WARM_UP && used() - start < WARM_UP * 1e6; waited += 0.1)
    await sleep(0.1);
}

async function sampleOf(load: Load, { pid }: Peer, seconds: number): Promise<Sample> {
  load.start();
  await sleep(LEAD_IN);
  load.latency.clear();
  const before = readings(load, pid);
  await sleep(seconds);
  const after = readings(load, pid);
  const count = after.delivered - before.delivered;
  const elapsed = after.now - before.now;
  return {
    rate: (count / elapsed) * 1e6,
    cpu: before.cpu === undefined || after.cpu === undefined ? undefined : (after.cpu - before.cpu) / count,
    p50: load.latency.quantile(0.5),
    p99: load.latency.quantile(0.99),
    loadCpu: (after.own - before.own) / elapsed,
  };
}

interface Readings {
  readonly delivered: number;
  readonly cpu: number | undefined;
  readonly own: number;
  readonly now: number;
}

function readings({ delivered }: Load, pid: number | undefined): Readings {
  const { user, system } = process.cpuUsage();
  const cpu = pid === undefined ? undefined : cpuOf(pid);
  return { delivered, cpu, own: user + system, now: performance.now() * 1000 };
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
