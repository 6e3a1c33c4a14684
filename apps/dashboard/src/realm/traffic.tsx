/** The traffic of the router: the figures of this second, and a chart of the last two minutes. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { metrics, rates, series } from './page.ts';
import { figure, timeOfDay } from '../lib/figures.ts';
import { byType, WINDOW_SECONDS, type Series } from './state.ts';

export function Numbers() {
  const { value: now } = metrics;
  const { value: rate } = rates;
  const messages = rate === undefined ? undefined : rate.received + rate.sent;
  return (
    <dl class="numbers">
      <Figure name="Sessions" value={now?.sessions} />
      <Figure name="Messages" unit="/s" value={messages} />
      <Figure name="Calls" unit="/s" value={rate?.calls} />
      <Figure name="Events" unit="/s" value={rate?.events} />
      <Figure name="Subscriptions" value={now?.subscriptions} />
      <Figure name="Registrations" value={now?.registrations} />
    </dl>
  );
}

function Figure({ name, value, unit = '' }: { name: string; value: number | undefined; unit?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-figure={name}>
        {figure(value)}
        {unit !== '' && <small>{unit}</small>}
      </dd>
    </div>
  );
}

export function Traffic() {
  return (
    <div class="traffic">
      <section class="panel" aria-labelledby="traffic">
        <h2 id="traffic">
          Messages per second
          <span class="legend received">received {figure(rates.value?.received)}</span>
          <span class="legend sent">sent {figure(rates.value?.sent)}</span>
        </h2>
        <Chart />
      </section>
      <Types />
    </div>
  );
}

function Types() {
  const rows = metrics.value === undefined ? [] : byType(metrics.value.by_type);
  return (
    <section class="panel" aria-labelledby="types">
      <h2 id="types">Since the router started</h2>
      <div class="scroll" role="region" aria-labelledby="types" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Message</th>
              <th scope="col">Received</th>
              <th scope="col">Sent</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, received, sent]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{figure(received)}</td>
                <td>{figure(sent)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const ROUND_STEPS = [1, 10, 100, 1e3, 1e4, 1e5].flatMap((power) => [power, 2 * power, 5 * power]);

function Chart() {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => (box.current === null ? undefined : draw(box.current)), []);
  const label = 'Chart of the messages received and sent per second in the last two minutes';
  return <div ref={box} class="chart" role="img" aria-label={label} />;
}

/** Keeps a chart of `series` in `box` until told to stop. */
function draw(box: HTMLElement): () => void {
  const plot = new uPlot(options(box), data(series.value), box);
  const stopFollowing = series.subscribe((value) => {
    plot.setData(data(value));
  });
  const resized = new ResizeObserver(() => {
    plot.setSize({ width: box.clientWidth, height: box.clientHeight });
  });
  resized.observe(box);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const redraw = (): void => plot.redraw(false);
  dark.addEventListener('change', redraw);
  return () => {
    stopFollowing();
    resized.disconnect();
    dark.removeEventListener('change', redraw);
    plot.destroy();
  };
}

function data({ times, received, sent }: Series): uPlot.AlignedData {
  return [[...times], [...received], [...sent]];
}

/** Colours are read at each drawing, so that they follow the colour scheme. */
function options(box: HTMLElement): uPlot.Options {
  const colour = (name: string) => (): string => getComputedStyle(box).getPropertyValue(name);
  const axis: uPlot.Axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
    font: `12px ${getComputedStyle(box).fontFamily}`,
  };
  const line = (name: string, color: string): uPlot.Series => ({
    label: name,
    stroke: colour(color),
    width: 2,
    points: { show: false },
  });
  return {
    width: box.clientWidth,
    height: box.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: true, range: (_, __, latest) => [latest - WINDOW_SECONDS, latest] },
      y: { range: (_, __, highest) => [0, Math.max(10, highest * 1.1)] },
    },
    axes: [
      {
        ...axis,
        size: 34,
        space: 90,
        incrs: [10, 15, 30, 60],
        values: (_, times) => times.map((at) => timeOfDay(at * 1000)),
      },
      { ...axis, size: 56, incrs: ROUND_STEPS },
    ],
    series: [{}, line('received', '--accent'), line('sent', '--second')],
  };
}
