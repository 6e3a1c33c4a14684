/** `wamp` as a process of its own, compiled from its sources. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { compiled } from '../../../../test/compiled.ts';

/** What runs `wamp` before its own arguments: node and the program. */
export const PROGRAM: readonly [string, string] = [
  process.execPath,
  join(await compiled({ main: 'packages/cli/src/main.ts' }), 'main.js'),
];

/** How a process ended. */
interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** A process that runs. */
export interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** The next line of standard output. */
  line(): Promise<string>;
}

export function start(words: readonly string[], env: Readonly<Record<string, string>>): Program {
  const [node, main] = PROGRAM;
  const child = spawn(node, [main, ...words], { env: { ...process.env, ...env } });
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    stderr,
  }));
  return { child, ended, line: async () => String((await lines.next()).value) };
}
