/** An example: a reader of the metrics that prints the text which Prometheus scrapes. */
import {
  countUpTo,
  type HistogramSample,
  type Labels,
  type Metric,
  type MetricsRegistry,
} from '@wamp/router';

/** The bounds of the buckets that Prometheus is told of, in seconds; those of the router are finer. */
const BOUNDS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];

/** Everything counted so far; serve it at `/metrics` as `text/plain; version=0.0.4`. */
export function prometheusText(metrics: MetricsRegistry): string {
  return metrics.read().flatMap(linesOf).join('\n') + '\n';
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
  return [
    ...BOUNDS.map((bound) =>
      line(`${name}_bucket`, { ...labels, le: String(bound) }, countUpTo(sample, bound)),
    ),
    line(`${name}_bucket`, { ...labels, le: '+Inf' }, count),
    line(`${name}_sum`, labels, sum),
    line(`${name}_count`, labels, count),
  ];
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
