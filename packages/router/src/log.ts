/** What takes the log entries of the router. */

/** How serious a log entry is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
/** Takes log entries: a few words and the facts. */
export type Log = (level: LogLevel, what: string, facts: Readonly<Record<string, unknown>>) => void;
