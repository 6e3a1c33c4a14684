/** Measures a crowd of sessions, with a new process for each run, because a process does not return its memory. */
import { destinationOf, type Contender } from './contenders.ts';
import { Entry, type Sample } from './entry.ts';
import { closeCrowd, openCrowd } from './load/crowd.ts';
import { JsonElements } from './load/elements-json.ts';
import { Histogram } from './load/histogram.ts';
import type { Destination } from './load/session.ts';
import { Turn } from './load/turn.ts';
import { meter, residentSizeOf } from './process-usage.ts';
import { sleep } from './sleep.ts';
import type { CrowdWorkload } from './workload.ts';

/** The number of sessions that are opened and closed before the measurement, so that the code is compiled. */
const WARM_UP = 300;
/** The number of sessions that are opened at a time. */
const AT_ONCE = 64;
/** The time for which sessions are idle before memory is read (s). */
const PAUSE = 1;

export class CrowdEntry extends Entry {
  readonly workload: CrowdWorkload;
  readonly #wire = { elements: new JsonElements(), turn: new Turn() };

  constructor(workload: CrowdWorkload, contender: Contender) {
    super(contender);
    this.workload = workload;
  }

  protected prepare(): Promise<void> {
    return Promise.resolve();
  }

  protected async sample(): Promise<Sample> {
    const peer = await this.contender.start(this.workload.id);
    try {
      return await this.#rush(destinationOf(this.contender, peer, 'websocket'), peer.pid);
    } finally {
      await peer.stop();
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #rush(destination: Destination, pid: number | undefined): Promise<Sample> {
    const latency = new Histogram();
    const options = { atOnce: AT_ONCE, wire: this.#wire, latency };
    closeCrowd(await openCrowd(destination, { ...options, sessions: WARM_UP }));
    latency.clear();
    await sleep(PAUSE);
    const { sessions } = this.workload;
    const empty = residentSize(pid);
    const measured = meter(pid);
    const crowd = await openCrowd(destination, { ...options, sessions });
    const { elapsed, cpu, ownShare, otherShare } = measured();
    await sleep(PAUSE);
    const full = residentSize(pid);
    closeCrowd(crowd);
    return {
      rate: (sessions / elapsed) * 1e6,
      cpu: cpu === undefined ? undefined : cpu / sessions,
      p50: latency.quantile(0.5),
      p99: latency.quantile(0.99),
      loadCpu: ownShare,
      others: otherShare,
      resident: full === undefined || empty === undefined ? undefined : (full - empty) / sessions,
    };
  }
}

function residentSize(pid: number | undefined): number | undefined {
  return pid === undefined ? undefined : residentSizeOf(pid);
}
