/** Steps of the release check: commands that run one after the other, each with a line that says how it went. */
import { spawn } from 'node:child_process';

export interface StepOptions {
  /** The working directory. */
  readonly cwd: string;
  /** Variables in addition to those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How a command ended. */
export interface Ended {
  /** Its exit code; null when a signal ended it. */
  readonly status: number | null;
  /** Everything that it printed. */
  readonly output: string;
}

/** A command that did not do what the release needs. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

/** On Windows, `npx` and the programs of packages are scripts, which only a shell runs. */
const shell = process.platform === 'win32';

/** Runs a command to its end. @returns what it printed @throws StepFailed for a status other than 0 */
export async function run(command: string, args: readonly string[], options: StepOptions): Promise<string> {
  const { status, output } = await runToAnyEnd(command, args, options);
  if (status === 0) return output;
  throw new StepFailed(`${[command, ...args].join(' ')}: status ${status ?? 'none'}\n${output.trimEnd()}`);
}

/** Runs a command, whether or not it succeeds. */
export async function runToAnyEnd(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: StepOptions,
): Promise<Ended> {
  const words = shell ? [command, ...args].map(quoted) : [command, ...args];
  const child = spawn(words[0] ?? '', words.slice(1), {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell,
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { status, output };
}

/** A word as the shell of Windows reads it back. */
function quoted(word: string): string {
  return /[\s&()^]/.test(word) ? `"${word}"` : word;
}

/** Does one step, and prints its name and how long it took. @throws whatever the work throws */
export async function step<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  console.log(`ok     ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  return result;
}
