/** The log: one line on stderr for what an operator should know, as JSON, or for people on a terminal. */
import type { Log, LogLevel } from '@wamp/router';
import { pino } from 'pino';
import type { LineWriter } from './line-writer.ts';
import { harmless, shortened } from './one-line.ts';

/** What a configuration says of it. */
export interface LogOptions {
  readonly level: LogLevel;
  /** `auto`: for people when stderr is a terminal, JSON otherwise. */
  readonly format: LogFormat;
}

type LogFormat = 'auto' | 'json' | 'pretty';

/** A log whose level can be changed while the router runs. */
export interface OperatorLog {
  readonly log: Log;
  /** The least serious entries that are written. */
  level: LogLevel;
}

/** Makes of a line of JSON one for people. */
type Rendering = (line: string) => string;

/** Keys of pino; facts that are called like one of them get another name. */
const TAKEN: ReadonlySet<string> = new Set(['level', 'time', 'msg']);

/**
 * Writes what is as serious as `level`, or more. What single clients do wrong is no more than information.
 * @param isTerminal whether `lines` go to one
 */
export async function openLog(
  { level, format }: LogOptions,
  lines: LineWriter,
  isTerminal: boolean,
): Promise<OperatorLog> {
  const forPeople = format === 'pretty' || (format === 'auto' && isTerminal);
  return logTo(lines, level, forPeople ? await rendering(isTerminal) : asItIs);
}

/** A log of JSON, a line for each entry. */
export function logTo(
  lines: Pick<LineWriter, 'write'>,
  level: LogLevel,
  render: Rendering = asItIs,
): OperatorLog {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const write = (line: string): void => {
    lines.write(harmless(render(line).trimEnd()));
  };
  const logger = pino(options, { write });
  return {
    log: (severity, what, facts) => {
      // What is not written costs nothing.
      if (logger.isLevelEnabled(severity)) logger[severity](named(shortened(facts)), what);
    },
    get level() {
      return logger.level as LogLevel;
    },
    set level(least) {
      logger.level = least;
    },
  };
}

function named(facts: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(facts).map(([key, fact]) => [TAKEN.has(key) ? `${key}_` : key, fact]),
  );
}

function asItIs(line: string): string {
  return line;
}

/** Only people need it, so only they wait for it to load. */
async function rendering(colorize: boolean): Promise<Rendering> {
  const { prettyFactory } = await import('pino-pretty');
  const render = prettyFactory({
    colorize,
    singleLine: true,
    errorLikeObjectKeys: [],
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return (line) => render(line);
}
