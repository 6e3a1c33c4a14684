/** Measures a block of workloads: contenders take turns, run by run, so that noise hits all alike. */
import type { Contender } from './contenders.ts';
import { CrowdEntry } from './crowd-entry.ts';
import type { Cell, Entry, Sample } from './entry.ts';
import { StreamEntry } from './stream-entry.ts';
import type { Workload } from './workload.ts';

export interface MeasureOptions {
  readonly runs: number;
  /** How long a run is measured (s). */
  readonly seconds: number;
  /** Called after each run; without a sample when the run failed, for which the cell gives the reason. */
  readonly progress: (cell: Cell, run: number, sample: Sample | undefined) => void;
}

export async function measureBlock(
  workloads: readonly Workload[],
  contenders: readonly Contender[],
  { runs, seconds, progress }: MeasureOptions,
): Promise<Cell[]> {
  const entries = workloads.flatMap((workload) =>
    contenders
      .filter((contender) => takesPart(contender, workload))
      .map((contender) => entryOf(workload, contender)),
  );
  try {
    for (const entry of entries) await entry.open();
    for (let run = 1; run <= runs; run += 1) {
      for (const entry of entries) {
        const sample = await entry.run(seconds);
        progress(entry.cell, run, sample);
      }
    }
    return entries.map((entry) => entry.cell);
  } finally {
    for (const entry of entries) await entry.close();
  }
}

/** Whether a contender supports a workload, and is to be measured at it. */
export function takesPart(contender: Contender, workload: Workload): boolean {
  if (workload.contenders?.includes(contender.name) === false) return false;
  if (!workload.serializers.every((serializer) => contender.serializers.has(serializer))) return false;
  if (workload.kind === 'crowd') return contender.transports.has('websocket');
  return contender.transports.has(workload.transport) && !(contender.relay && workload.routed);
}

function entryOf(workload: Workload, contender: Contender): Entry {
  return workload.kind === 'crowd'
    ? new CrowdEntry(workload, contender)
    : new StreamEntry(workload, contender);
}
