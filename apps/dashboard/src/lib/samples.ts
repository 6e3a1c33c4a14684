/** Samples: the numbers of the last hour as the router keeps them, and the lines of charts that they make. */
import { dictOf, listOf } from './read.ts';

type Value = number | null;

/** Rows from old to new; the first column is the time in ms. */
export interface Samples {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

export const NO_SAMPLES: Samples = { columns: [], rows: [] };
/** How many rows are kept: an hour of them, as the router has. */
const MOST_ROWS = 720;

/** What `wamp.admin.samples` has answered. */
export function readSamples(answer: unknown): Samples {
  const { columns, rows } = dictOf(answer);
  return {
    columns: listOf(columns).map(String),
    rows: listOf(rows).map((row) => listOf(row).map((value) => (typeof value === 'number' ? value : null))),
  };
}

/** `before` with the rows of `later` that follow. */
export function joined(before: Samples, later: Samples): Samples {
  if (before.columns.join() !== later.columns.join()) return later;
  const last = timeOf(before.rows.at(-1));
  const rows = [...before.rows, ...later.rows.filter((row) => timeOf(row) > last)];
  return { columns: later.columns, rows: rows.slice(-MOST_ROWS) };
}

/** The time of the last row (ms); null before the first. */
export function lastTime({ rows }: Samples): number | null {
  return rows.at(-1)?.[0] ?? null;
}

function timeOf(row: readonly Value[] | undefined): number {
  return row?.[0] ?? -Infinity;
}

/** A line of a chart. */
export interface Line {
  readonly label: string;
  readonly column: string;
  /** `rate`: of a counter, what it grew by per second. Default: the values themselves. */
  readonly as?: 'value' | 'rate';
  /** What values are multiplied by. Default: 1. */
  readonly times?: number;
}

/** The values of a line; null where there is none, so that the line is interrupted: at first, and after a restart. */
export function valuesOf({ columns, rows }: Samples, { column, as = 'value', times = 1 }: Line): Value[] {
  const at = columns.indexOf(column);
  return rows.map((row, index) => {
    const value = row[at] ?? null;
    if (value === null) return null;
    if (as === 'value') return value * times;
    const before = rows[index - 1];
    const seconds = (timeOf(row) - timeOf(before)) / 1000;
    const grown = value - (before?.[at] ?? Infinity);
    return grown < 0 || !(seconds > 0) ? null : (grown / seconds) * times;
  });
}

/** The times of the rows in seconds. */
export function secondsOf({ rows }: Samples): number[] {
  return rows.map((row) => timeOf(row) / 1000);
}

/** The latest value of a line. */
export function latestOf({ columns, rows }: Samples, line: Line): Value {
  return valuesOf({ columns, rows: rows.slice(-2) }, line).at(-1) ?? null;
}

/** By how much a counter has grown within all the rows. */
export function growthOf({ columns, rows }: Samples, column: string): Value {
  const at = columns.indexOf(column);
  const [first, last] = [rows[0]?.[at], rows.at(-1)?.[at]];
  return typeof first === 'number' && typeof last === 'number' && last >= first ? last - first : null;
}
