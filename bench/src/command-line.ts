/** The command line of `npm run bench --`. */
import { parseArgs } from 'node:util';
import type { Elsewhere } from './contenders.ts';

export const USAGE = `npm run bench -- [options]

  (nothing)         every workload; writes docs/benchmark.md and docs/images/benchmark.svg
  --quick           a few workloads and short runs: under two minutes
  --check           the workloads of the targets; fails when a target is missed
  --only REGEX      only workloads whose id matches; --list prints the ids
  --runs N          runs of each workload, of which the median counts
  --seconds S       length of a run
  --url ws://… | rs://… [--pid N]
                    also another router, which is already running, and whose realm1 admits
                    anonymous clients; with its pid, its CPU and memory are measured, too
  --cpu-prof DIR    our router writes a CPU profile for each workload to this folder
  --write, --no-write
                    whether to write the documentation; by default, if all workloads are measured
`;

export interface CommandLine {
  readonly mode: 'full' | 'quick' | 'check';
  readonly list: boolean;
  readonly only: RegExp;
  readonly runs: number;
  readonly seconds: number;
  readonly other: Elsewhere | undefined;
  readonly profileTo: string | undefined;
  readonly write: boolean;
}

/** An error in the command line. */
export class UsageError extends Error {}

const DEFAULTS = {
  full: { runs: 5, seconds: 1 },
  quick: { runs: 3, seconds: 0.4 },
  // Many short runs, because other load on the machine changes within seconds.
  check: { runs: 10, seconds: 0.3 },
} as const;

/** Parses the command line. @returns undefined when help is requested @throws UsageError */
export function readCommandLine(args: readonly string[]): CommandLine | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  if (values.quick && values.check) throw new UsageError('--quick and --check exclude each other');
  const mode = values.check ? 'check' : values.quick ? 'quick' : 'full';
  const whole = mode === 'full' && values.only === undefined && values.url === undefined;
  const { runs, seconds } = DEFAULTS[mode];
  return {
    mode,
    list: values.list,
    only: expression(values.only ?? ''),
    runs: positive('--runs', values.runs) ?? runs,
    seconds: positive('--seconds', values.seconds) ?? seconds,
    other: otherOf(values),
    profileTo: values['cpu-prof'],
    write: !values['no-write'] && (values.write || (whole && values['cpu-prof'] === undefined)),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        'no-write': { type: 'boolean', default: false },
        only: { type: 'string' },
        runs: { type: 'string' },
        seconds: { type: 'string' },
        url: { type: 'string' },
        pid: { type: 'string' },
        'cpu-prof': { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function otherOf({ url, pid }: { url?: string; pid?: string }): CommandLine['other'] {
  if (url === undefined) {
    if (pid !== undefined) throw new UsageError('--pid requires --url');
    return undefined;
  }
  if (!/^(ws|rs):\/\//.test(url) || !URL.canParse(url)) {
    throw new UsageError(`--url: ${url} is neither a ws:// nor an rs:// URL`);
  }
  return { url, pid: positive('--pid', pid) };
}

function expression(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch (error) {
    throw new UsageError(`--only: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0)) throw new UsageError(`${name}: ${text} is not a positive number`);
  return value;
}
