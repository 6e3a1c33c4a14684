/** Measures again where chance might decide. */
import type { Cell } from './entry.ts';
import { isOpen, judge, type Target } from './targets.ts';

/** How often the same is measured, at the most. */
const MOST_TIMES = 4;

/**
 * The cells of so many measurements, each with processes of its own, as it takes for no target to be open. Whether one is
 * reached or missed so far makes no difference.
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

/** The same cells, with the samples of both. */
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
