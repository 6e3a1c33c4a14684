/** The log: one line per entry on stderr, as JSON, or formatted on a terminal. */
import type { Log, LogCode, LogLevel } from '@wamp/router';
import { pino } from 'pino';
import type { LineWriter } from './line-writer.ts';
import { harmless, shortened } from './one-line.ts';

/** The settings of the log. */
export interface LogOptions {
  readonly level: LogLevel;
  /** `auto`: formatted if stderr is a terminal, else JSON. */
  readonly format: LogFormat;
}

type LogFormat = 'auto' | 'json' | 'pretty';

/** The codes of the program's own log entries (table in docs/operations.md); stable, like those of the router. */
export type ProgramLogCode =
  | 'configuration_refused'
  | 'configuration_reloaded'
  | 'few_descriptors'
  | 'listener_lost'
  | 'log_lines_missing'
  | 'nats_server_ended'
  | 'router_started'
  | 'router_stopped'
  | 'router_stopping'
  | 'service_manager_unreachable'
  | 'session_ended_by_reload'
  | 'store_failing'
  | 'store_recovered'
  | 'webhook_refused'
  | 'worker_ended'
  | 'worker_started';

/** Receives log entries of the router and of the program. */
export type ProgramLog = Log<LogCode | ProgramLogCode>;

/** A log whose level can be changed while the router runs. */
export interface OperatorLog {
  readonly log: ProgramLog;
  /** The minimum level of entries that are written. */
  level: LogLevel;
}

/** Formats a line of JSON for people. */
type Rendering = (line: string) => string;

/** Keys that pino uses; facts with the same name are renamed. */
const TAKEN: ReadonlySet<string> = new Set(['level', 'time', 'msg']);

/**
 * Writes entries of at least `level`. Faults of single clients have level info.
 * @param isTerminal whether `lines` writes to a terminal
 * @param always facts that all entries have
 */
export async function openLog(
  { level, format }: LogOptions,
  lines: LineWriter,
  isTerminal: boolean,
  always?: Readonly<Record<string, unknown>>,
): Promise<OperatorLog> {
  const forPeople = format === 'pretty' || (format === 'auto' && isTerminal);
  return logTo(lines, level, forPeople ? await rendering(isTerminal) : asItIs, always);
}

/** A log of JSON lines. */
export function logTo(
  lines: Pick<LineWriter, 'write'>,
  level: LogLevel,
  render: Rendering = asItIs,
  always: Readonly<Record<string, unknown>> | null = null,
): OperatorLog {
  const options = {
    level,
    base: always,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const write = (line: string): void => {
    lines.write(harmless(render(line).trimEnd()));
  };
  const logger = pino(options, { write });
  return {
    log: (severity, what, facts) => {
      // An entry below the level costs nothing.
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

/** A log that notes its entries elsewhere, too. @param note is told of all but those of level `debug` */
export function noting(log: OperatorLog, note: Log): OperatorLog {
  return {
    log: (severity, what, facts) => {
      if (severity !== 'debug') note(severity, what, facts);
      log.log(severity, what, facts);
    },
    get level() {
      return log.level;
    },
    set level(least) {
      log.level = least;
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

/** Loaded only for formatted output. */
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
