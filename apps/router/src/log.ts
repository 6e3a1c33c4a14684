/** The log: one line on stderr for what an operator should know. */
import type { Log, LogLevel } from '@wamp/router';
import { LineWriter } from './line-writer.ts';
import { inOneLine } from './one-line.ts';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/**
 * Writes what is as serious as `least`, or more. What single clients do wrong is no more than information.
 * @param lines where to; stderr by default
 */
export function logFrom(least: LogLevel, lines: LineWriter = new LineWriter(process.stderr)): Log {
  const written = new Set(LEVELS.slice(LEVELS.indexOf(least)));
  return (level, what, facts) => {
    if (written.has(level)) lines.write(`${new Date().toISOString()} ${level} ${what} ${inOneLine(facts)}`);
  };
}
