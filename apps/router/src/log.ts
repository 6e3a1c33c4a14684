/** The log: one line on stderr for what an operator should know. */
import type { Log } from '@wamp/router';

/** Writes warnings and errors; what single clients do wrong is no more than information. */
export const log: Log = (level, what, facts) => {
  if (level !== 'warn' && level !== 'error') return;
  console.error(`${new Date().toISOString()} ${level} ${what} ${JSON.stringify(facts)}`);
};
