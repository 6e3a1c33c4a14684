#!/usr/bin/env node
/** Starts the deployable router. */
import { readCommandLine } from './command-line.ts';
import { CannotStart } from './failure.ts';
import { stopOnSignals } from './shutdown.ts';
import { start } from './start.ts';

try {
  const command = readCommandLine(process.argv.slice(2));
  if (command !== undefined) {
    const running = await start(command);
    stopOnSignals(running);
    console.log(running.greeting);
  }
} catch (error) {
  if (!(error instanceof CannotStart)) throw error;
  console.error(`wamp-router: ${error.message}`);
  process.exitCode = error.exitCode;
}
