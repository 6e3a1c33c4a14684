/** `npm run bench`: our router beside the references, on one core each. */
import { parseArgs } from 'node:util';
import { contendersOf, OURS, type Contender } from './contenders.ts';
import { measureBlock, type Cell, type Sample } from './measure.ts';
import { median } from './median.ts';
import { pinLoad } from './peers/start.ts';
import { WORKLOADS, type Workload } from './workloads.ts';

// Leaving ends the peers.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    runs: { type: 'string' },
    seconds: { type: 'string' },
    url: { type: 'string' },
    pid: { type: 'string' },
    'cpu-prof': { type: 'string' },
  },
});
const runs = Number(values.runs ?? (values.quick ? 3 : 5));
const seconds = Number(values.seconds ?? (values.quick ? 0.5 : 1));
const only = new RegExp(values.only);

const pinned = pinLoad();
console.log(
  pinned
    ? 'Peers on core 0, the load on core 1.'
    : 'taskset is not there: nothing is pinned, and figures are rough.',
);

const contenders = contendersOf({
  pinned,
  profileTo: values['cpu-prof'],
  other:
    values.url === undefined
      ? undefined
      : { url: values.url, pid: values.pid === undefined ? undefined : Number(values.pid) },
});
const workloads = WORKLOADS.filter(({ id, mode }) => only.test(id) && (!values.quick || mode === 'quick'));

const cells: Cell[] = [];
for (const block of new Set(workloads.map((workload) => workload.block))) {
  const some = workloads.filter((workload) => workload.block === block);
  cells.push(...(await measureBlock(some, contenders, { runs, seconds, progress })));
}
for (const workload of workloads) summarize(workload, contenders);

function progress(
  { workload, contender, trouble }: Omit<Cell, 'samples'>,
  run: number,
  sample: Sample | undefined,
): void {
  const figures =
    sample === undefined
      ? '–'
      : `${count(sample.rate)} ${workload.unit}s/s, ${sample.cpu?.toFixed(2) ?? '–'} µs CPU each, p50 ${sample.p50.toFixed(0)} µs, p99 ${sample.p99.toFixed(0)} µs; load at ${(100 * sample.loadCpu).toFixed(0)} %`;
  console.log(
    `${workload.id.padEnd(22)} ${contender.padEnd(13)} ${run}/${runs}  ${figures}${trouble === undefined ? '' : `  TROUBLE: ${trouble}`}`,
  );
}

function summarize(workload: Workload, measured: readonly Contender[]): void {
  console.log(`\n${workload.title}`);
  const own = medianOf(workload, OURS, ({ cpu }) => cpu ?? NaN);
  for (const { name } of measured) {
    const cpu = medianOf(workload, name, (sample) => sample.cpu ?? NaN);
    const rate = medianOf(workload, name, (sample) => sample.rate);
    if (Number.isNaN(rate)) continue;
    console.log(
      `  ${name.padEnd(13)} ${cpu.toFixed(2).padStart(8)} µs CPU  ${count(rate).padStart(10)}/s  ours / it: ${(own / cpu).toFixed(2)}`,
    );
  }
}

function medianOf(workload: Workload, contender: string, figure: (sample: Sample) => number): number {
  const cell = cells.find((one) => one.workload === workload && one.contender === contender);
  return median(cell?.samples.map(figure) ?? []);
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}
