/** Answers of several workers as one: numbers that are added up, and what is the worst of all. */
import type { Dict } from '@wamp/protocol';

/** Sums of all workers; what else the status has is that of the worker that was asked. */
const SUMS = [
  'sessions',
  'calls_in_flight',
  'connections',
  'queue_bytes',
  'kept_bytes',
  'kept_limit_bytes',
] as const;

/** @param answers of `status`, that of the asked worker first */
export function statusOfAll(answers: readonly unknown[]): Dict {
  const all = answers.map(dictOf);
  const [own = {}] = all;
  const totals = (key: string): Dict => summed(all.map((each) => dictOf(each[key])));
  const worst = (key: string): Dict => greatest(all.map((each) => dictOf(each[key])));
  return {
    ...own,
    ...Object.fromEntries(SUMS.map((key) => [key, all.reduce((sum, each) => sum + numberOf(each[key]), 0)])),
    messages: totals('messages'),
    memory: totals('memory'),
    event_loop_lag_ms: worst('event_loop_lag_ms'),
    event_loop_utilization: Math.max(...all.map((each) => numberOf(each['event_loop_utilization']))),
    workers: all.length,
  };
}

/** @param answers of `realm.list` */
export function realmsOfAll(answers: readonly unknown[]): readonly Dict[] {
  const byName = new Map<unknown, Dict[]>();
  for (const each of answers.flatMap(listOf).map(dictOf)) {
    const { realm } = each;
    byName.set(realm, [...(byName.get(realm) ?? []), each]);
  }
  return [...byName].map(([realm, rows]) => ({ ...summed(rows), realm }));
}

/** Columns of samples that are no sums: the worst of all workers counts. */
const WORST = /^(?:call_p\d+_ms|event_loop_lag_ms|event_loop_utilization)$/;

/** @param answers of `samples`: to each row of the first, the latest of the others that is no later is added */
export function samplesOfAll(answers: readonly unknown[]): Dict {
  const [own = {}, ...others] = answers.map(dictOf);
  const names = listOf(own['columns']).map(String);
  const rest = others.map(({ rows }) => listOf(rows).map(listOf));
  const rows = listOf(own['rows']).map((row) => {
    const values = listOf(row);
    const [time] = values;
    const beside = rest.flatMap((all) => {
      const latest = all.findLast(([at]) => numberOf(at) <= numberOf(time)) ?? all[0];
      return latest === undefined ? [] : [latest];
    });
    return values.map((value, column) => {
      if (column === 0) return time;
      const all = [value, ...beside.map((each) => each[column])].filter((each) => typeof each === 'number');
      if (all.length === 0) return null;
      return WORST.test(names[column] ?? '') ? Math.max(...all) : all.reduce((sum, each) => sum + each, 0);
    });
  });
  return { ...own, rows };
}

/** @param answers of `drain` */
export function drainOfAll(answers: readonly unknown[]): Dict {
  return summed(answers.map(dictOf));
}

/** The answer of the worker that was asked, while the others have done the same. */
export function own(answers: readonly unknown[]): unknown {
  return answers[0];
}

/** Numbers of all, by name. */
function summed(all: readonly Dict[]): Dict {
  return folded(all, (one, other) => one + other);
}

function greatest(all: readonly Dict[]): Dict {
  return folded(all, Math.max);
}

function folded(all: readonly Dict[], fold: (one: number, other: number) => number): Dict {
  const sums: Record<string, unknown> = {};
  for (const each of all) {
    for (const [key, value] of Object.entries(each)) {
      const before = sums[key];
      sums[key] =
        typeof value === 'number' && typeof before === 'number' ? fold(before, value) : (before ?? value);
    }
  }
  return sums;
}

function dictOf(value: unknown): Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Dict) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
