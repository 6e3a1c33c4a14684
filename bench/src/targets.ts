/** The targets of our router, as ratios to the references of the same run, and their verdicts. */
import { FOX, OURS, RELAY } from './contenders.ts';
import type { Cell, Sample } from './entry.ts';
import { median, spread } from './median.ts';

/** A limit for one figure of our router, compared with a reference. */
export interface Target {
  /** The workload at which our router is measured. */
  readonly workload: string;
  readonly figure: 'cpu' | 'rate' | 'resident';
  /** The reference: another contender at the same workload, or our router at another one. */
  readonly against: string | { readonly workload: string };
  /** `difference` is ours minus the reference, in bytes; else ours divided by it. */
  readonly as: 'ratio' | 'difference';
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface Verdict {
  readonly target: Target;
  /** NaN when it could not be measured. */
  readonly measured: number;
  /** The width of the middle half of the runs. */
  readonly spread: number;
  readonly reached: boolean;
}

function cpu(workload: string, against: Target['against'], atMost: number): Target {
  return { workload, figure: 'cpu', against, as: 'ratio', atMost };
}

function rate(workload: string, against: string, atLeast: number): Target {
  return { workload, figure: 'rate', against, as: 'ratio', atLeast };
}

export const TARGETS: readonly Target[] = [
  cpu('rpc-json-16-w64', RELAY, 0.35),
  cpu('rpc-msgpack-16-w64', RELAY, 0.35),
  rate('rpc-json-16-w64', FOX, 5),
  cpu('rpc-json-128-64x64-w1', RELAY, 0.9),
  cpu('rpc-json-128-64x64-w1', FOX, 0.6),
  cpu('rpc-json-16-w1', RELAY, 1.3),
  cpu('rpc-json-1024-w64', RELAY, 0.5),
  cpu('rpc-json-1024-object-w64', FOX, 0.3),
  cpu('rpc-json-65536-w64', RELAY, 1.2),
  cpu('fanout-10-w16', RELAY, 0.3),
  cpu('fanout-100-w8', RELAY, 0.3),
  cpu('fanout-1000-w4', RELAY, 0.5),
  cpu('fanout-1000-w1', RELAY, 1.1),
  cpu('topics-100000', { workload: 'topics-10' }, 1.3),
  cpu('procedures-10000', { workload: 'procedures-10' }, 1.3),
  { workload: 'idle', figure: 'resident', against: RELAY, as: 'difference', atMost: 16 * 1024 },
];

/** A figure within this share of its limit is near it. */
const NEAR = 0.15;
/** The middle half of the runs is scattered if it is wider than this share of the limit. */
const SCATTERED = 0.25;

/**
 * True when chance may decide: the figure is just below or just above the limit, or runs differ so much that something
 * else was going on.
 */
export function isOpen({ target: { atMost, atLeast }, measured, spread }: Verdict): boolean {
  const limit = atMost ?? atLeast ?? NaN;
  return Math.abs(measured - limit) <= NEAR * limit || spread > SCATTERED * limit;
}

/** The contenders that the targets need, by workload. */
export function needed(targets: readonly Target[]): ReadonlyMap<string, ReadonlySet<string>> {
  const contenders = new Map<string, Set<string>>();
  const add = (workload: string, contender: string): void => {
    const found = contenders.get(workload) ?? new Set();
    contenders.set(workload, found.add(contender));
  };
  for (const { workload, against } of targets) {
    add(workload, OURS);
    if (typeof against === 'string') add(workload, against);
    else add(against.workload, OURS);
  }
  return contenders;
}

/** Compares cells with the targets. A target that was not measured is not reached. */
export function judge(targets: readonly Target[], cells: readonly Cell[]): Verdict[] {
  return targets.map((target) => {
    const { workload, figure, against, as, atMost = Infinity, atLeast = -Infinity } = target;
    const reference: Place =
      typeof against === 'string'
        ? { workload, contender: against }
        : { workload: against.workload, contender: OURS };
    const runs = comparisons(cells, { workload, contender: OURS }, reference, figure, as);
    const measured = median(runs);
    return { target, measured, spread: spread(runs), reached: measured <= atMost && measured >= atLeast };
  });
}

/** Identifies a cell. */
interface Place {
  readonly workload: string;
  readonly contender: string;
}

/**
 * Compares a figure of two cells: the median over pairs of runs that followed each other, because other load on the machine
 * affects both alike. NaN when one cell does not exist, or messages went wrong.
 */
export function compared(...question: Parameters<typeof comparisons>): number {
  return median(comparisons(...question));
}

/** The same, run by run. */
function comparisons(
  cells: readonly Cell[],
  one: Place,
  other: Place,
  figure: keyof Sample,
  as: Target['as'],
): readonly number[] {
  const [ours = [], theirs = []] = [one, other].map((place) => figuresOf(cells, place, figure));
  if (ours.length !== theirs.length) return [];
  return ours.map((our, run) => {
    const their = theirs[run] ?? NaN;
    return as === 'ratio' ? our / their : our - their;
  });
}

/** The median of one figure of one cell; NaN when there is none, or messages went wrong. */
export function medianOf(
  cells: readonly Cell[],
  workload: string,
  contender: string,
  figure: keyof Sample,
): number {
  return median(figuresOf(cells, { workload, contender }, figure));
}

/** One figure of each run; none at all when messages went wrong. */
function figuresOf(
  cells: readonly Cell[],
  { workload, contender }: Place,
  figure: keyof Sample,
): readonly number[] {
  const cell = cells.find((one) => one.workload.id === workload && one.contender === contender);
  if (cell === undefined || cell.trouble !== undefined) return [];
  return cell.samples.map((sample) => sample[figure] ?? NaN);
}
