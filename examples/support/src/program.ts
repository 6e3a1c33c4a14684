/** The command line of an example: a port, and Ctrl-C. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';

/** The port of `--port`, or the one given here. */
export function portOf(usual: number): number {
  const { values } = parseArgs({ options: { port: { type: 'string' } } });
  return Number(values.port ?? usual);
}

/** Resolves when the process has been told to stop, and all parts have ended, the last one first. */
export async function untilStopped(...parts: readonly AsyncDisposable[]): Promise<void> {
  console.log('Press Ctrl-C to end.');
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  for (const part of parts.toReversed()) await part[Symbol.asyncDispose]();
}
