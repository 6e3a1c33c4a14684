/** The log: one line on stderr for what an operator should know. */
import type { Log, LogLevel } from '@wamp/router';
import { inOneLine } from './one-line.ts';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Writes what is as serious as `least`, or more. What single clients do wrong is no more than information. */
export function logFrom(least: LogLevel): Log {
  const written = new Set(LEVELS.slice(LEVELS.indexOf(least)));
  return (level, what, facts) => {
    if (written.has(level)) {
      console.error(`${new Date().toISOString()} ${level} ${what} ${inOneLine(facts)}`);
    }
  };
}
