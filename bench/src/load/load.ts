/** Interface Load: a steady stream of messages through a router, started and stopped at will. */
import type { Faults } from './faults.ts';
import type { Histogram } from './histogram.ts';

export interface Load {
  /** Calls answered, or events delivered, since it was made. */
  readonly delivered: number;
  /** Messages that are still to be delivered. */
  readonly outstanding: number;
  /** From sending to answer or delivery, of each that was delivered. */
  readonly latency: Histogram;
  readonly faults: Faults;
  /** Starts sending, whenever the window allows. */
  start(): void;
  /** Stops sending. Messages in transit still arrive. */
  stop(): void;
  /** Ends its connections. */
  close(): void;
}

/** The time after which messages in transit count as missing (ms). */
const PATIENCE = 3000;

/** Stops a load and waits for messages in transit; those that do not arrive are noted as missing. */
export async function drain(load: Load, patience: number = PATIENCE): Promise<void> {
  load.stop();
  const end = performance.now() + patience;
  while (load.outstanding > 0 && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  if (load.outstanding > 0) load.faults.note('missing', 'it never arrived', load.outstanding);
}
