/** Repeats measurements whose verdict could be due to chance. */
import type { Cell } from './entry.ts';
import { isOpen, judge, type Target } from './targets.ts';

/** The maximum number of measurements. */
const MOST_TIMES = 4;

/**
 * Repeats the measurement, with new processes each time, until no target is open any more, and returns the pooled cells. The
 * decision to repeat does not depend on whether a target is reached or missed so far.
 */
export async function untilDecided(
  measure: () => Promise<Cell[]>,
  targets: readonly Target[],
): Promise<Cell[]> {
  let cells = await measure();
  for (let times = 1; times < MOST_TIMES && judge(targets, cells).some(isOpen); times += 1) {
    cells = pooled(cells, await measure());
  }
  return cells;
}

/** The cells, with the samples of both measurements. */
function pooled(cells: readonly Cell[], more: readonly Cell[]): Cell[] {
  return cells.map((cell) => {
    const other = more.find(
      ({ workload, contender }) => workload === cell.workload && contender === cell.contender,
    );
    if (other === undefined) return cell;
    const samples = [...cell.samples, ...other.samples];
    return { ...cell, samples, trouble: cell.trouble ?? other.trouble };
  });
}
