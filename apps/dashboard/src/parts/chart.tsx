/** Charts of samples: lines over the last hour, with their values where the pointer or the keyboard is. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { timeOfDay } from '../lib/figures.ts';
import { secondsOf, valuesOf, type Line, type Samples } from '../lib/samples.ts';
import { Panel } from './panel.tsx';

/** The row that is looked at in all charts; undefined for the last. */
const looked = signal<number | undefined>(undefined);

interface ChartProps {
  readonly title: string;
  readonly samples: Samples;
  readonly lines: readonly Line[];
  /** How values are told. */
  readonly tell: (value: number | null) => string;
  /** The least that the vertical axis reaches. Default: 1. */
  readonly least?: number;
}

const COLOURS = ['--accent', '--second', '--bad'];

export function Chart({ title, samples, lines, tell, least = 1 }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const values = lines.map((line) => valuesOf(samples, line));
  const row = Math.min(looked.value ?? Infinity, samples.rows.length - 1);
  useEffect(() => {
    if (box.current === null) return undefined;
    const drawn = draw(box.current, { lines, tell, least });
    plot.current = drawn.plot;
    return drawn.end;
  }, []);
  useEffect(() => {
    plot.current?.setData([secondsOf(samples), ...values]);
  }, [samples]);
  const time = samples.rows[row]?.[0];
  return (
    <Panel
      title={title}
      class="charted"
      aside={<span class="at">{typeof time === 'number' ? timeOfDay(time) : ''}</span>}
    >
      <p class="legend">
        {lines.map(({ label }, index) => (
          <span key={label} class={`line${index}`}>
            {label} <b data-value={label}>{tell(values[index]?.[row] ?? null)}</b>
          </span>
        ))}
      </p>
      <div
        ref={box}
        class="chart"
        role="img"
        tabIndex={0}
        aria-label={`${title} of the last hour; arrow keys move through it`}
        onKeyDown={(event) => move(event, samples.rows.length)}
        onBlur={() => (looked.value = undefined)}
      />
    </Panel>
  );
}

/** Arrow keys look at another row, Escape at the last. */
function move(event: KeyboardEvent, rows: number): void {
  const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -12, PageDown: 12 }[event.key];
  if (event.key === 'Escape') looked.value = undefined;
  if (by === undefined) return;
  event.preventDefault();
  looked.value = Math.max(0, Math.min(rows - 1, (looked.value ?? rows - 1) + by));
}

type Drawn = Required<Pick<ChartProps, 'lines' | 'tell' | 'least'>>;

/** Keeps a chart in `box` until it ends. */
function draw(box: HTMLElement, drawn: Drawn): { readonly plot: uPlot; readonly end: () => void } {
  const plot = new uPlot(options(box, drawn), [[], ...drawn.lines.map(() => [])], box);
  const resized = new ResizeObserver(() => {
    plot.setSize({ width: box.clientWidth, height: box.clientHeight });
  });
  resized.observe(box);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const redraw = (): void => plot.redraw(false);
  dark.addEventListener('change', redraw);
  const unfollow = looked.subscribe((row) => {
    const time = row === undefined ? undefined : plot.data[0][row];
    const left = time === undefined ? -10 : plot.valToPos(time, 'x');
    if (plot.cursor.left !== left) plot.setCursor({ left, top: 10 }, false);
  });
  const end = (): void => {
    unfollow();
    resized.disconnect();
    dark.removeEventListener('change', redraw);
    plot.destroy();
  };
  return { plot, end };
}

/** Colours are read at each drawing, so that they follow the colour scheme. */
function options(box: HTMLElement, { lines, tell, least }: Drawn): uPlot.Options {
  const colour = (name: string) => (): string => getComputedStyle(box).getPropertyValue(name);
  const axis: uPlot.Axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: `11px ${getComputedStyle(box).fontFamily}`,
  };
  return {
    width: box.clientWidth,
    height: box.clientHeight,
    legend: { show: false },
    // On the right, half of the last time has to fit.
    padding: [6, 26, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    hooks: { setCursor: [(plot) => follow(plot)] },
    scales: {
      x: {
        time: true,
        range: (_, first, last) => [Math.max(first, last - 3600), Math.max(last, first + 60)],
      },
      y: { range: (_, __, highest) => [0, Math.max(least, highest * 1.15)] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 80,
        values: (_, times) => clock(times),
      },
      { ...axis, size: 58, space: 34, values: (_, values) => values.map(tell) },
    ],
    series: [{}, ...lines.map(({ label }, index) => seriesOf(label, colour(COLOURS[index] ?? '--muted')))],
  };
}

/** Without seconds where they are all the same. */
function clock(times: readonly number[]): string[] {
  const isWhole = times.every((at) => at % 60 === 0);
  return times.map((at) => timeOfDay(at * 1000).slice(0, isWhole ? 5 : 8));
}

function seriesOf(label: string, stroke: () => string): uPlot.Series {
  return { label, stroke, width: 1.75, points: { show: false } };
}

/** The pointer looks at a row; without a pointer, the keyboard does. */
function follow(plot: uPlot): void {
  const { idx, event } = plot.cursor;
  if (event === undefined) return;
  looked.value = idx ?? undefined;
}
