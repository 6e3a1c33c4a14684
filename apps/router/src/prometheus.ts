/** Formats metrics as text for Prometheus (exposition format 0.0.4). */
import {
  countUpTo,
  type HistogramSample,
  type Labels,
  type Metric,
  type MetricsRegistry,
} from '@wamp/router';

/** The `Content-Type` of the text. */
export const EXPOSITION = 'text/plain; version=0.0.4; charset=utf-8';

/** The upper bounds of the buckets that are exported, in seconds; the router's own are finer. */
const BOUNDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** All metrics. */
export function prometheusText(metrics: MetricsRegistry): string {
  return `${metrics.read().flatMap(linesOf).join('\n')}\n`;
}

function linesOf(metric: Metric): string[] {
  const { name, help, kind } = metric;
  return [
    `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
    `# TYPE ${name} ${kind}`,
    ...(metric.kind === 'histogram'
      ? metric.samples.flatMap((sample) => histogramLines(name, sample))
      : metric.samples.map(({ labels, value }) => line(name, labels, value))),
  ];
}

function histogramLines(name: string, sample: HistogramSample): string[] {
  const { labels, count, sum } = sample;
  const bucket = (le: string, upTo: number): string => line(`${name}_bucket`, { ...labels, le }, upTo);
  return [
    ...BOUNDS.map((bound) => bucket(String(bound), countUpTo(sample, bound))),
    bucket('+Inf', count),
    line(`${name}_sum`, labels, sum),
    line(`${name}_count`, labels, count),
  ];
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** Prometheus has its own spelling of infinity. */
function numberText(value: number): string {
  if (Math.abs(value) === Infinity) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}
