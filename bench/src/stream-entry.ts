/** Measures a steady load: one process and one set of sessions for all runs. */
import { destinationOf, type Contender } from './contenders.ts';
import { Entry, type Sample } from './entry.ts';
import { drain, type Load } from './load/load.ts';
import type { Peer } from './peers/start.ts';
import { cpuOf, meter } from './process-usage.ts';
import { sleep } from './sleep.ts';
import type { StreamWorkload } from './workload.ts';

/** Load before the first run (s of the contender's CPU), so that what is measured has been compiled. */
const WARM_UP = 1;
/** At most this long (s), on a busy machine. */
const LONGEST_WARM_UP = 8;
/** Load at the beginning of each run that is not counted (s). */
const LEAD_IN = 0.15;

export class StreamEntry extends Entry {
  readonly workload: StreamWorkload;
  #peer: Peer | undefined;
  #load: Load | undefined;

  constructor(workload: StreamWorkload, contender: Contender) {
    super(contender);
    this.workload = workload;
  }

  protected async prepare(): Promise<void> {
    this.#peer = await this.contender.start(this.workload.id);
    this.#load = await this.workload.open(destinationOf(this.contender, this.#peer, this.workload.transport));
    this.#load.start();
    await warmUp(this.#peer);
    await settle(this.#load);
  }

  protected async sample(seconds: number): Promise<Sample> {
    if (this.#load === undefined) throw new Error('there is no load');
    const sample = await sampleOf(this.#load, this.#peer?.pid, seconds);
    await settle(this.#load);
    return sample;
  }

  async close(): Promise<void> {
    this.#load?.close();
    await this.#peer?.stop();
  }
}

async function warmUp({ pid }: Peer): Promise<void> {
  const used = (): number => (pid === undefined ? undefined : cpuOf(pid)) ?? performance.now() * 1000;
  const start = used();
  for (let waited = 0; waited < LONGEST_WARM_UP && used() - start < WARM_UP * 1e6; waited += 0.1) {
    await sleep(0.1);
  }
}

async function sampleOf(load: Load, pid: number | undefined, seconds: number): Promise<Sample> {
  load.start();
  await sleep(LEAD_IN);
  load.latency.clear();
  const before = load.delivered;
  const measured = meter(pid);
  await sleep(seconds);
  const { elapsed, cpu, ownShare, otherShare } = measured();
  const count = load.delivered - before;
  return {
    rate: (count / elapsed) * 1e6,
    cpu: cpu === undefined ? undefined : cpu / count,
    p50: load.latency.quantile(0.5),
    p99: load.latency.quantile(0.99),
    loadCpu: ownShare,
    others: otherShare,
  };
}

/** Waits for all messages in transit. @throws Error when one is missing or wrong */
async function settle(load: Load): Promise<void> {
  await drain(load);
  if (load.faults.total > 0) throw new Error(load.faults.toString());
}
