/** Steps of the release check: commands that run one after the other, each with a line that says how it went. */
import { spawn } from 'node:child_process';

export interface StepOptions {
  /** The working directory. */
  readonly cwd: string;
  /** Variables in addition to those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A command that did not do what the release needs. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

/** Runs a command to its end. @returns what it printed @throws StepFailed for a status other than 0 */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: StepOptions,
): Promise<string> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (status === 0) return output;
  throw new StepFailed(`${[command, ...args].join(' ')}: status ${status ?? 'none'}\n${output.trimEnd()}`);
}

/** Does one step, and prints its name and how long it took. @throws whatever the work throws */
export async function step<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  console.log(`ok     ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  return result;
}
