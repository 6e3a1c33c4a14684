/** What a node remembers of runs of other nodes that are over: the last ones only, so that it does not grow for ever. */

/**
 * The number of runs that are remembered in each respect. A run that is forgotten is taken for a new one if it ever speaks again:
 * its process would have to sleep while so many others end.
 */
export const MOST_RUNS = 4096;

/** Sets the entry of a run, as the newest; beyond {@link MOST_RUNS}, the oldest entry is removed. */
export function noteRun<T>(runs: Map<string, T>, epoch: string, value: T): void {
  runs.delete(epoch);
  runs.set(epoch, value);
  if (runs.size <= MOST_RUNS) return;
  for (const oldest of runs.keys()) {
    runs.delete(oldest);
    return;
  }
}
