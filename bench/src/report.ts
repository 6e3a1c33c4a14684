/** The tables: one row for each workload, one column for each contender. */
import { FOX, OURS, RELAY } from './contenders.ts';
import type { Cell, Sample } from './entry.ts';
import type { Facts } from './facts.ts';
import { digits, duration, kibibytes, percent, perSecond, times } from './figures.ts';
import { median } from './median.ts';
import { compared, judge, medianOf, TARGETS, type Target, type Verdict } from './targets.ts';
import type { Section, Workload } from './workload.ts';

const SECTIONS: Readonly<Record<Section, string>> = {
  Calls:
    'One caller and one callee, unless the row says more. A window of 64: the caller has 64 calls under way.',
  'Calls, callee with another serializer':
    'What the router translates: the payload is decoded once and written anew once.',
  Events: 'One publisher. A window of 8: eight publications under way that are not yet delivered to all.',
  Growth: '128 B, window 16, JSON. How the cost of a message depends on how much the router knows.',
  Sessions: 'Opened 64 at a time. Memory is what the process grows by, each session.',
};

/** The whole page. */
export function page(facts: Facts, cells: readonly Cell[]): string {
  return `# Benchmark

Written by \`npm run bench\`; do not edit.

| | |
|---|---|
| date | ${facts.date} |
| machine | ${facts.machine} |
| Node | ${facts.node} |
| measured | ${facts.contenders} |
| how | ${facts.method} |
| meanwhile | other processes took ${percent(noise(cells))} of a core |

![CPU per message, relative to a relay that parses nothing](images/benchmark.svg)

A cell is **CPU µs** of the contender per call, delivered event or session, as the operating system counts it · how many
per second · latency p50 / p99 · how much of its own core the load took. Where that is near 100 % the contender was waiting
for the load, and could do more per second. CPU time is what survives a noisy machine; the last columns compare it, run by
run with the reference's next to it, below 1 where we need less. All figures are medians.

The _${RELAY}_ forwards WebSocket frames from one connection to another and parses nothing; it is what routing costs when
there is no routing. Every payload carries its sender and number, and is compared byte by byte; a run in which a message is
lost, doubled, spoilt or out of order does not count.

${Object.keys(SECTIONS)
  .map((section) => sectionTable(section as Section, cells))
  .filter(Boolean)
  .join('\n\n')}

## Targets

${verdictTable(judge(TARGETS, cells))}
`;
}

/** The median CPU of other processes during runs, in cores. */
export function noise(cells: readonly Cell[]): number {
  return median(cells.flatMap(({ samples }) => samples.map(({ others }) => others)));
}

function sectionTable(section: Section, cells: readonly Cell[]): string {
  const own = cells.filter(({ workload }) => workload.section === section);
  if (own.length === 0) return '';
  const contenders = [...new Set(own.map(({ contender }) => contender))];
  const references = [RELAY, FOX].filter((name) => contenders.includes(name));
  const head = ['', ...contenders, ...references.map((name) => `ours ÷ ${name}`)];
  const rows = [...new Set(own.map(({ workload }) => workload))].map((workload) => [
    workload.title,
    ...contenders.map((name) =>
      cellText(own.find((cell) => cell.workload === workload && cell.contender === name)),
    ),
    ...references.map((name) => times(ratio(cells, workload, name))),
  ]);
  return `## ${section}\n\n${SECTIONS[section]}\n\n${table(head, rows)}`;
}

/** Our CPU time, divided by that of another. */
function ratio(cells: readonly Cell[], { id }: Workload, other: string): number {
  const ours = { workload: id, contender: OURS };
  return compared(cells, ours, { workload: id, contender: other }, 'cpu', 'ratio');
}

/** A cell of a table. */
export function cellText(cell: Cell | undefined): string {
  if (cell === undefined) return '–';
  if (cell.trouble !== undefined) return `failed: ${cell.trouble}`;
  const of = (figure: keyof Sample): number => median(cell.samples.map((sample) => sample[figure] ?? NaN));
  return [
    `**${digits(of('cpu'))}**`,
    `${perSecond(of('rate'))}/s`,
    `${duration(of('p50'))} / ${duration(of('p99'))}`,
    ...(cell.workload.kind === 'crowd' ? [kibibytes(of('resident'))] : []),
    percent(of('loadCpu')),
  ].join(' · ');
}

/** Target, measured, whether it is reached. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ target, measured, reached }) => [
    subject(target),
    bound(target),
    target.as === 'ratio' ? times(measured) : kibibytes(measured),
    reached ? 'ok' : Number.isNaN(measured) ? 'not measured' : 'MISSED',
  ]);
  return table(['what', 'target', 'measured', ''], rows);
}

const FIGURES = { cpu: 'CPU', rate: 'rate', resident: 'memory each' } as const;

/** Such as `rpc-json-16-w64: CPU ÷ ws relay`. */
function subject({ workload, figure, against, as }: Target): string {
  const other = typeof against === 'string' ? against : against.workload;
  return `${workload}: ${FIGURES[figure]} ${as === 'ratio' ? '÷' : '−'} ${other}`;
}

function bound({ as, atMost, atLeast }: Target): string {
  const show = as === 'ratio' ? times : kibibytes;
  return atMost === undefined ? `≥ ${show(atLeast ?? NaN)}` : `≤ ${show(atMost)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** Escapes text of a router, which may contain anything. */
function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}

/** The ratios, for the terminal. */
export function summary(cells: readonly Cell[]): string {
  const contenders = [...new Set(cells.map(({ contender }) => contender))];
  const others = contenders.filter((name) => name !== OURS);
  const rows = [...new Set(cells.map(({ workload }) => workload))].map((workload) => [
    workload.id,
    ...contenders.map((name) => `${digits(medianOf(cells, workload.id, name, 'cpu'))} µs`),
    ...others.map((name) => times(ratio(cells, workload, name))),
  ]);
  const head = ['CPU per message', ...contenders, ...others.map((name) => `ours ÷ ${name}`)];
  return columns([head, ...rows]);
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((text, column) =>
          column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0),
        )
        .join('   '),
    )
    .join('\n');
}
