/** A log that clients cannot flood: it limits the entries of each kind per second, and counts the rest. */
import type { Clock } from '../core/clock.ts';
import type { Log, LogFacts, LogLevel } from '../log.ts';

/** The maximum number of entries of a kind that are written in an interval. */
const BURST = 10;
/** The length of an interval (ms). */
const INTERVAL = 1000;
/** The maximum number of kinds that are limited separately. The router has fewer; further ones would share one limit. */
const MOST_KINDS = 200;
/** The kind that all further kinds share. */
const OTHERS = 'further entries';
/** The maximum length of a text among the facts (characters). No URI of a message is longer. */
const LONGEST_TEXT = 512;

/** An interval of one kind of entry. */
interface Interval {
  /** When the interval began, in monotonic time (ms). */
  begun: number;
  written: number;
  unmentioned: number;
  /** The level of the last entry that was not written. */
  level: LogLevel;
}

/**
 * Limits `log` by kind, which is the text of an entry: 10 entries of a kind are written per second. Further ones are
 * counted, and at the end of the second an entry of the same kind says how many they were (`unmentioned`). Texts among
 * the facts are cut after 512 characters.
 */
export function boundedLog(log: Log, clock: Clock): Log {
  const intervals = new Map<string, Interval>();
  return (level, what, facts) => {
    const kind = intervals.has(what) || intervals.size < MOST_KINDS ? what : OTHERS;
    const interval = intervals.get(kind) ?? begin(kind);
    const now = clock.elapsed();
    if (now >= interval.begun + INTERVAL && interval.unmentioned === 0)
      Object.assign(interval, { begun: now, written: 0 });
    if (interval.written < BURST) {
      interval.written += 1;
      log(level, what, bounded(facts));
    } else keepBack(kind, interval, level);
  };

  function begin(kind: string): Interval {
    const interval: Interval = { begun: clock.elapsed(), written: 0, unmentioned: 0, level: 'info' };
    intervals.set(kind, interval);
    return interval;
  }

  function keepBack(kind: string, interval: Interval, level: LogLevel): void {
    interval.level = level;
    interval.unmentioned += 1;
    if (interval.unmentioned > 1) return;
    clock.after(INTERVAL, () => {
      const { unmentioned } = interval;
      Object.assign(interval, { begun: clock.elapsed(), written: 0, unmentioned: 0 });
      log(interval.level, kind, { code: 'log_entries_suppressed', unmentioned });
    });
  }
}

function bounded(facts: LogFacts): LogFacts {
  const isLong = (value: unknown): value is string =>
    typeof value === 'string' && value.length > LONGEST_TEXT;
  if (!Object.values(facts).some(isLong)) return facts;
  const entries = Object.entries(facts).map(([name, value]) => [
    name,
    isLong(value) ? `${value.slice(0, LONGEST_TEXT - 1)}…` : value,
  ]);
  return Object.fromEntries(entries) as LogFacts;
}
