/** Draws a bar chart as SVG, for light and dark pages: CPU per message, relative to the relay. */
import { FOX, OURS, RELAY } from './contenders.ts';
import type { Cell } from './entry.ts';
import { digits } from './figures.ts';
import { medianOf } from './targets.ts';

/** The rows of the chart, with their labels. */
const ROWS: readonly (readonly [workload: string, label: string])[] = [
  ['rpc-json-16-w64', 'Calls, 16 B, 64 under way'],
  ['rpc-msgpack-16-w64', 'the same in MessagePack'],
  ['rpc-json-128-64x64-w1', 'Calls of 64 clients, 128 B'],
  ['rpc-json-1024-w64', 'Calls, 1 KiB text'],
  ['rpc-json-1024-object-w64', 'Calls, 1 KiB object'],
  ['fanout-10-w16', 'Events to 10'],
  ['fanout-100-w8', 'Events to 100'],
  ['fanout-1000-w4', 'Events to 1,000'],
];
const SERIES = [
  { contender: RELAY, style: 'relay', label: 'relay that parses nothing' },
  { contender: OURS, style: 'ours', label: '@wamp/router' },
  { contender: FOX, style: 'fox', label: 'fox-wamp' },
] as const;

const WIDTH = 760;
const LEFT = 200;
const RIGHT = 90;
const TOP = 94;
const BAR = 13;
const GAP = 14;
const ROW = SERIES.length * BAR + GAP;

const STYLE = `
  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #24292f; }
  .title { font-size: 16px; font-weight: 600; }
  .note { fill: #57606a; }
  .value { font-size: 11px; fill: #57606a; }
  .relay { fill: #afb8c1; } .ours { fill: #0969da; } .fox { fill: #d4a72c; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .note, .value { fill: #9198a1; }
    .relay { fill: #656c76; } .ours { fill: #4493f8; } .fox { fill: #bb8009; }
  }
`;

interface Row {
  readonly label: string;
  /** CPU in µs; NaN for a contender that was not measured. */
  readonly bars: readonly { readonly style: string; readonly cpu: number }[];
  /** CPU of the relay (µs). */
  readonly unit: number;
}

/** Draws the chart; rows without a figure of the relay are left out. */
export function chart(cells: readonly Cell[]): string {
  const rows = ROWS.map(([workload, label]): Row => {
    const bars = SERIES.map(({ contender, style }) => ({
      style,
      cpu: medianOf(cells, workload, contender, 'cpu'),
    }));
    return { label, bars, unit: medianOf(cells, workload, RELAY, 'cpu') };
  }).filter(({ unit }) => Number.isFinite(unit));
  const largest = Math.max(1, ...rows.flatMap(({ bars, unit }) => bars.map(({ cpu }) => cpu / unit || 0)));
  const scale = (WIDTH - LEFT - RIGHT) / largest;
  const height = TOP + rows.length * ROW + 4;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>CPU per message, relative to a relay that parses nothing</title>
<style>${STYLE}</style>
<text class="title" x="0" y="18">CPU per call or delivered event: shorter is better</text>
<text class="note" x="0" y="38">Bars are as long as the CPU time is, compared with that of the relay.</text>
${legend()}
${rows.map((row, index) => rowMarks(row, TOP + index * ROW, scale)).join('\n')}
</svg>
`;
}

function legend(): string {
  return SERIES.map(({ style, label }, index) => {
    const x = LEFT + index * 195;
    return `<rect class="${style}" x="${x}" y="56" width="12" height="12" rx="2"/><text x="${x + 18}" y="67">${label}</text>`;
  }).join('\n');
}

function rowMarks({ label, bars, unit }: Row, y: number, scale: number): string {
  const marks = bars.map(({ style, cpu }, index) => {
    if (!Number.isFinite(cpu)) return '';
    const top = y + index * BAR;
    const width = Math.max(1, (cpu / unit) * scale);
    return (
      `<rect class="${style}" x="${LEFT}" y="${top}" width="${width.toFixed(1)}" height="${BAR - 2}" rx="2"/>` +
      `<text class="value" x="${(LEFT + width + 6).toFixed(1)}" y="${top + BAR - 3}">${digits(cpu)} µs</text>`
    );
  });
  return `<text x="${LEFT - 12}" y="${y + (SERIES.length * BAR) / 2 + 4}" text-anchor="end">${label}</text>${marks.join('')}`;
}
