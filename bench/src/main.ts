/** `npm run bench`: measures our router and the references, each in a process on one core, with the load on another. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chart } from './chart.ts';
import { untilDecided } from './check.ts';
import { readCommandLine, USAGE, UsageError, type CommandLine } from './command-line.ts';
import { contendersOf, OURS } from './contenders.ts';
import type { Cell, Sample } from './entry.ts';
import { factsOf } from './facts.ts';
import { digits, duration, kibibytes, percent, perSecond } from './figures.ts';
import { measureBlock } from './measure.ts';
import { pinLoad } from './peers/start.ts';
import { noise, page, summary, verdictTable } from './report.ts';
import { judge, needed, TARGETS, type Target } from './targets.ts';
import type { Workload } from './workload.ts';
import { WORKLOADS } from './workloads.ts';

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));

/** When other processes use more CPU than this (cores), the report mentions it. */
const NOTABLE = 0.05;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    console.error(`Ended by ${signal}.`);
    // The peers end with us.
    process.exit(1);
  });
}

try {
  const command = readCommandLine(process.argv.slice(2));
  if (command === undefined) console.log(USAGE);
  else if (command.list) for (const { id } of chosen(command)) console.log(id);
  else process.exitCode = (await bench(command)) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}

/** Runs the benchmark. @returns true when it succeeded and, with `--check`, all targets are reached */
async function bench(command: CommandLine): Promise<boolean> {
  const { mode, runs, seconds, profileTo, other } = command;
  const pinned = pinLoad();
  console.log(
    pinned
      ? 'Contenders run on core 0, the load on core 1.'
      : 'Nothing can be pinned to a core here (there is no taskset, or one core only): figures are rough.',
  );
  const contenders = contendersOf({ pinned, profileTo, other });
  const workloads = chosen(command);
  const cells: Cell[] = [];
  for (const block of new Set(workloads.map((workload) => workload.block))) {
    const together = workloads.filter((workload) => workload.block === block);
    const measure = (): Promise<Cell[]> => measureBlock(together, contenders, { runs, seconds, progress });
    cells.push(...(mode === 'check' ? await untilDecided(measure, targetsOf(together)) : await measure()));
  }
  console.log(`\n${summary(cells)}`);
  if (noise(cells) > NOTABLE) {
    console.log(`\nOther processes took ${percent(noise(cells))} of a core meanwhile: figures are rough.`);
  }
  if (command.write) write(cells, page(factsOf(pinned, runs, seconds), cells));
  const sound = cells.every(({ contender, trouble }) => contender !== OURS || trouble === undefined);
  if (mode !== 'check') return sound;
  const verdicts = judge(targetsOf(workloads), cells);
  console.log(`\n${verdictTable(verdicts)}`);
  return sound && verdicts.every(({ reached }) => reached);
}

function targetsOf(workloads: readonly Workload[]): Target[] {
  return TARGETS.filter(({ workload }) => workloads.some(({ id }) => id === workload));
}

/** The workloads that the command line selects. With `--check`, these are the ones that targets need. */
function chosen({ mode, only }: CommandLine): Workload[] {
  const workloads = WORKLOADS.filter(({ id }) => only.test(id));
  if (mode === 'full') return workloads;
  if (mode === 'quick') return workloads.filter((workload) => workload.mode === 'quick');
  const wanted = needed(TARGETS);
  return workloads.flatMap((workload) => {
    const contenders = wanted.get(workload.id);
    return contenders === undefined ? [] : [{ ...workload, contenders: [...contenders] }];
  });
}

/** One line for each run. */
function progress({ workload, contender, trouble }: Cell, run: number, sample: Sample | undefined): void {
  const what = `${workload.id.padEnd(24)} ${contender.padEnd(13)} ${run} `;
  console.log(
    what + (sample === undefined ? `failed: ${trouble ?? 'nothing was measured'}` : figures(sample)),
  );
}

function figures({ rate, cpu, p50, p99, resident, loadCpu, others }: Sample): string {
  return [
    `${digits(cpu).padStart(6)} µs CPU`,
    `${perSecond(rate).padStart(6)}/s`,
    `p50 ${duration(p50)}, p99 ${duration(p99)}`,
    ...(resident === undefined ? [] : [`${kibibytes(resident)} each`]),
    `load at ${percent(loadCpu)}`,
    ...(others < NOTABLE ? [] : [`other processes at ${percent(others)}`]),
  ].join(' · ');
}

function write(cells: readonly Cell[], text: string): void {
  mkdirSync(`${DOCS}images`, { recursive: true });
  writeFileSync(`${DOCS}benchmark.md`, text);
  writeFileSync(`${DOCS}images/benchmark.svg`, chart(cells));
  console.log('\nWritten: docs/benchmark.md, docs/images/benchmark.svg');
}
