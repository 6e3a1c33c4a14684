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

/** The text of one metric: what says its name, help and type, and its samples. */
export interface MetricText {
  readonly name: string;
  readonly head: string;
  readonly samples: readonly string[];
}

/** All metrics. */
export function prometheusText(metrics: MetricsRegistry): string {
  return mergedText(metricTexts(metrics));
}

/** All metrics, one by one. @param extra labels that each sample gets besides its own */
export function metricTexts(metrics: MetricsRegistry, extra: Labels = {}): readonly MetricText[] {
  return metrics.read().map((metric) => metricText(metric, extra));
}

/** The text of metrics that may come from several processes: those of one name are told together. */
export function mergedText(texts: readonly MetricText[]): string {
  const byName = new Map<string, string[]>();
  for (const { name, head, samples } of texts) {
    const lines = byName.get(name) ?? [head];
    for (const sample of samples) lines.push(sample);
    byName.set(name, lines);
  }
  return `${[...byName.values()].map((lines) => lines.join('\n')).join('\n')}\n`;
}

function metricText(metric: Metric, extra: Labels): MetricText {
  const { name, help, kind } = metric;
  const described = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return {
    name,
    head: `# HELP ${name} ${described}\n# TYPE ${name} ${kind}`,
    samples:
      metric.kind === 'histogram'
        ? metric.samples.flatMap((sample) => histogramLines(name, sample, extra))
        : metric.samples.map(({ labels, value }) => line(name, { ...extra, ...labels }, value)),
  };
}

function histogramLines(name: string, sample: HistogramSample, extra: Labels): string[] {
  const { count, sum } = sample;
  const labels = { ...extra, ...sample.labels };
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
