/** The log: one line on stderr for what an operator should know. */
import type { Log, LogLevel } from '@wamp/router';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
/** What a client has said is cut there (characters), and where something of ours has failed is cut here. */
const LONGEST = 256;
const LONGEST_TRACE = 4096;
/** What JSON leaves as it is, and terminals obey: control characters, ends of lines, directions of writing. */
const OBEYED = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Writes what is as serious as `least`, or more. What single clients do wrong is no more than information. */
export function logFrom(least: LogLevel): Log {
  const written = new Set(LEVELS.slice(LEVELS.indexOf(least)));
  return (level, what, facts) => {
    if (written.has(level)) {
      console.error(`${new Date().toISOString()} ${level} ${what} ${inOneLine(facts)}`);
    }
  };
}

/** As JSON, of which nothing but its own line is to be seen, whoever has chosen the words. */
function inOneLine(facts: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(facts, (_key, value: unknown) => {
    if (value instanceof Error) return cut(value.stack ?? String(value), LONGEST_TRACE);
    return typeof value === 'string' ? cut(value, LONGEST) : value;
  }).replace(OBEYED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
