/** A log that clients cannot flood: so many entries of a kind in a second, and the rest is counted. */
import type { Clock } from '../core/clock.ts';
import type { Log, LogFacts, LogLevel } from '../log.ts';

/** How many entries of a kind are written in an interval. */
const BURST = 10;
/** The length of an interval (ms). */
const INTERVAL = 1000;
/** The kinds told apart. There are fewer in the router; whatever came beyond would count as one kind. */
const MOST_KINDS = 200;
/** The kind of all that are one too many. */
const OTHERS = 'further entries';
/** The longest text among the facts (characters): any URI that a message may have is no longer. */
const LONGEST_TEXT = 512;

/** An interval of one kind of entry. */
interface Interval {
  /** When it began, by a clock that is never set back (ms). */
  begun: number;
  written: number;
  unmentioned: number;
  /** Of the last entry that was not written. */
  level: LogLevel;
}

/**
 * Limits `log` by kind, which is the text of an entry: 10 entries of a kind are written in a second. What comes beyond
 * is counted, and at the end of the second an entry of the same kind says how many there were (`unmentioned`). A text
 * among the facts is cut after 512 characters.
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
