#!/usr/bin/env node
/** Program `wamp`: runs with the streams, the environment and the signals of the process. */
import { Interrupted } from './io/failure.ts';
import { machineTime } from './io/io.ts';
import { run } from './run.ts';

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // A second signal ends the program at once.
    if (interrupt.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
    interrupt.abort(new Interrupted(signal));
  });
}

const { stdin, stdout, stderr, env } = process;
void run(process.argv.slice(2), {
  stdin,
  stdout,
  stderr,
  env,
  clock: machineTime,
  interrupt: interrupt.signal,
}).then((code) => {
  process.exitCode = code;
  // An open terminal must not keep the process alive; a file as standard input does not, and has no unref.
  if ('unref' in stdin) stdin.unref();
});
