/** A strict reader of the Prometheus text format 0.0.4: what promtool would refuse, it refuses. */

/** One line of the text, read. */
interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One metric, read. */
export interface ReadMetric {
  readonly help: string;
  readonly type: string;
  readonly samples: readonly ReadSample[];
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/;
const NUMBER = /^(?:[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN)$/i;

/** @throws Error that names the line at fault */
export function readExposition(text: string): ReadonlyMap<string, ReadMetric> {
  if (!text.endsWith('\n') || text.includes('\r')) throw new Error('lines end with \\n, the last one, too');
  const metrics = new Map<string, { help: string; type: string; samples: ReadSample[] }>();
  let current = { name: '', help: '', type: '' };
  for (const line of text.slice(0, -1).split('\n')) {
    const [, comment, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (comment === 'HELP') {
      if (metrics.has(name)) throw new Error(`${name} stands there twice`);
      if (!/^(?:[^\\]|\\[\\n])*$/.test(rest)) throw new Error(`an invalid escape: ${line}`);
      current = { name, help: rest, type: '' };
    } else if (comment === 'TYPE') {
      if (name !== current.name) throw new Error(`a type without help: ${line}`);
      if (!['counter', 'gauge', 'histogram'].includes(rest)) throw new Error(`no such type: ${line}`);
      metrics.set(name, { help: current.help, type: rest, samples: [] });
    } else {
      const sample = readSample(line);
      const metric = metrics.get(current.name);
      if (metric === undefined || familyOf(sample.name, metric.type) !== current.name) {
        throw new Error(`a sample that belongs elsewhere: ${line}`);
      }
      metric.samples.push(sample);
    }
  }
  for (const [name, metric] of metrics) check(name, metric);
  return metrics;
}

function familyOf(name: string, type: string): string {
  return type === 'histogram' ? name.replace(/_(?:bucket|sum|count)$/, '') : name;
}

function readSample(line: string): ReadSample {
  const [, name, labels = '', number = ''] = SAMPLE.exec(line) ?? [];
  if (name === undefined || !NUMBER.test(number)) throw new Error(`no sample: ${line}`);
  return { name, labels: readLabels(labels, line), value: Number(number.replace('Inf', 'Infinity')) };
}

function readLabels(text: string, line: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== '';) {
    const [whole = '', name = '', value = ''] = LABEL.exec(rest) ?? [];
    if (whole === '' || name in labels) throw new Error(`no labels: ${line}`);
    labels[name] = value.replaceAll(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
    rest = rest.slice(whole.length);
  }
  return labels;
}

function check(name: string, { type, samples }: ReadMetric): void {
  if ((type === 'counter') !== name.endsWith('_total'))
    throw new Error(`${name} is called like another type`);
  const keys = samples.map(
    (sample) => `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`,
  );
  if (new Set(keys).size < keys.length) throw new Error(`${name} has a sample twice`);
  if (type === 'counter' && samples.some(({ value }) => !(value >= 0)))
    throw new Error(`${name} is negative`);
  if (type === 'histogram') checkHistogram(name, samples);
}

/** Buckets are cumulative, in order, and end with +Inf, which is the count. */
function checkHistogram(name: string, samples: readonly ReadSample[]): void {
  const series = new Map<string, ReadSample[]>();
  for (const sample of samples) {
    const { le: _, ...labels } = sample.labels;
    const key = JSON.stringify(Object.entries(labels).sort());
    series.set(key, [...(series.get(key) ?? []), sample]);
  }
  for (const all of series.values()) {
    const buckets = all.filter((sample) => sample.name === `${name}_bucket`);
    const counts = buckets.map(({ value }) => value);
    const bounds = buckets.map(({ labels: { le = '' } }) => Number(le.replace('Inf', 'Infinity')));
    if (bounds.some((bound, index) => !(bound > (bounds[index - 1] ?? -Infinity)))) {
      throw new Error(`${name}: bounds are not in order`);
    }
    if (counts.some((value, index) => value < (counts[index - 1] ?? 0))) {
      throw new Error(`${name}: buckets are not cumulative`);
    }
    const count = all.find((sample) => sample.name === `${name}_count`)?.value;
    if (bounds.at(-1) !== Infinity || counts.at(-1) !== count)
      throw new Error(`${name}: +Inf is not the count`);
    if (!all.some((sample) => sample.name === `${name}_sum`)) throw new Error(`${name} has no sum`);
  }
}
