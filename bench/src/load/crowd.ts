/** Opens many sessions as fast as possible, which are then idle. */
import type { Connection, Wire } from './connection.ts';
import type { Histogram } from './histogram.ts';
import { join, type Destination } from './session.ts';

export interface CrowdOptions {
  readonly sessions: number;
  /** The number of sessions that are opened at a time. */
  readonly atOnce: number;
  readonly wire: Wire;
  /** Records how long each session took to open. */
  readonly latency: Histogram;
}

/** Opens all of them. @throws Error when one cannot be opened */
export async function openCrowd(destination: Destination, options: CrowdOptions): Promise<Connection[]> {
  const { sessions, atOnce, wire, latency } = options;
  const crowd: Connection[] = [];
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (begun < sessions) {
      begun += 1;
      const start = performance.now();
      crowd.push(await join(destination, `idle/${begun}`, wire));
      latency.record((performance.now() - start) * 1000);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return crowd;
}

export function closeCrowd(crowd: readonly Connection[]): void {
  for (const connection of crowd) connection.destroy();
}
