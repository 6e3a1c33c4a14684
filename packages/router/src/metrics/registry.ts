/** The registry of metrics: code that counts gets a counter from it once, and readers read all metrics from it. */
import { Histogram, type Distribution } from '../core/histogram.ts';
import { LabelSets } from './label-sets.ts';
import type { Metric, MetricHead } from './metric.ts';

/** The definition of a metric. */
export interface MetricDefinition extends MetricHead {
  /** The names of its labels; none by default. */
  readonly labels?: readonly string[];
  /** The limit on the values of each label; 100 by default. Further values count as `other`. */
  readonly mostValues?: number;
}

/** A value that only increases. */
export class Counter {
  readonly #value = new Float64Array(1);

  /** @param amount 0 or more; 1 by default */
  add(amount = 1): void {
    this.#value[0] = (this.#value[0] ?? 0) + amount;
  }

  get value(): number {
    return this.#value[0] ?? 0;
  }
}

/** A value that may rise and fall. */
export class Gauge {
  readonly #value = new Float64Array(1);

  /** @param amount may be negative */
  add(amount: number): void {
    this.#value[0] = (this.#value[0] ?? 0) + amount;
  }

  set(value: number): void {
    this.#value[0] = value;
  }

  get value(): number {
    return this.#value[0] ?? 0;
  }
}

/**
 * One metric with all its label values. {@link of} is a look-up: code that counts often calls it once and keeps the
 * instrument, whose use allocates nothing.
 */
export interface Family<I> {
  /**
   * The instrument for these label values, in the order of their definition.
   * @throws Error when there are more or fewer values than labels
   */
  of(...values: readonly string[]): I;
}

/** Reports a value that is kept elsewhere; values with the same labels are added up. */
export type Observe<V> = (value: V, ...labels: readonly string[]) => void;

/** Reads the metric of one name. */
type ReadMetric = () => Metric;

/** The names that Prometheus accepts, without those that it reserves. */
const NAME = /^[a-z][a-z0-9_]*$/;

/**
 * Metrics by name. `router.metrics` is the registry of a router; applications may add their own metrics to it. The
 * values of labels are limited ({@link MetricDefinition.mostValues}), so that clients cannot make memory grow.
 */
export class MetricsRegistry {
  readonly #reads = new Map<string, ReadMetric>();
  readonly #others: Family<Counter> = this.counter({
    name: 'wamp_metrics_other_labels_total',
    help: 'How often a label had too many values already, so that a new one was counted as "other".',
    labels: ['metric'],
    mostValues: 1000,
  });

  /** @throws Error when the name is taken, is malformed, or does not end with `_total` */
  counter(definition: MetricDefinition): Family<Counter> {
    return this.#family('counter', definition, () => new Counter());
  }

  /** @throws Error when the name is taken or malformed */
  gauge(definition: MetricDefinition): Family<Gauge> {
    return this.#family('gauge', definition, () => new Gauge());
  }

  /**
   * @param unit the resolution of the histogram; 1e-6 by default, for seconds
   * @throws Error when the name is taken or malformed
   */
  histogram(definition: MetricDefinition, unit = 1e-6): Family<Histogram> {
    const sets = this.#setsOf<Histogram>(definition);
    this.#add('histogram', definition, () => ({
      ...headOf(definition),
      kind: 'histogram',
      samples: sets.samples((histogram) => histogram.read()),
    }));
    return { of: (...values) => sets.of(values, () => new Histogram(unit)) };
  }

  /**
   * Adds a counter or gauge whose values are kept elsewhere.
   * @param collect reports all values each time the metrics are read
   * @throws Error when the name is taken or malformed
   */
  observe(
    kind: 'counter' | 'gauge',
    definition: MetricDefinition,
    collect: (observe: Observe<number>) => void,
  ): void {
    this.#add(kind, definition, () => {
      const sets = this.#setsOf<Gauge>(definition);
      collect((value, ...labels) => {
        sets.of(labels, () => new Gauge()).add(value);
      });
      return { ...headOf(definition), kind, samples: sets.samples(({ value }) => ({ value })) };
    });
  }

  /** Adds a histogram whose distributions are kept elsewhere; otherwise like {@link observe}. */
  observeHistograms(definition: MetricDefinition, collect: (observe: Observe<Distribution>) => void): void {
    this.#add('histogram', definition, () => {
      const sets = this.#setsOf<{ whole: Distribution }>(definition);
      collect((value, ...labels) => {
        const sum = sets.of(labels, () => ({ whole: EMPTY }));
        sum.whole = sum.whole === EMPTY ? value : merged(sum.whole, value);
      });
      return { ...headOf(definition), kind: 'histogram', samples: sets.samples(({ whole }) => whole) };
    });
  }

  /**
   * The current values of all metrics. Visits each realm and connection, so call it every few seconds at most.
   * @param names only these, and only what they need is visited; all by default
   */
  read(names: Iterable<string> = this.#reads.keys()): readonly Metric[] {
    return [...names].flatMap((name) => this.#reads.get(name)?.() ?? []);
  }

  #family<I extends { readonly value: number }>(
    kind: 'counter' | 'gauge',
    definition: MetricDefinition,
    make: () => I,
  ): Family<I> {
    const sets = this.#setsOf<I>(definition);
    this.#add(kind, definition, () => ({
      ...headOf(definition),
      kind,
      samples: sets.samples(({ value }) => ({ value })),
    }));
    return { of: (...values) => sets.of(values, make) };
  }

  #setsOf<I>({ name, labels, mostValues }: MetricDefinition): LabelSets<I> {
    return new LabelSets(name, labels, mostValues, () => {
      this.#others.of(name).add();
    });
  }

  #add(kind: Metric['kind'], { name }: MetricDefinition, read: ReadMetric): void {
    if (!NAME.test(name)) throw new Error(`metric name ${JSON.stringify(name)}: expected ${String(NAME)}`);
    if ((kind === 'counter') !== name.endsWith('_total')) {
      throw new Error(`metric name ${name}: the names of counters, and only these, end with _total`);
    }
    if (this.#reads.has(name)) throw new Error(`metric name ${name}: already in use`);
    this.#reads.set(name, read);
  }
}

const EMPTY: Distribution = { count: 0, sum: 0, buckets: [] };

function headOf({ name, help }: MetricDefinition): MetricHead {
  return { name, help };
}

/** The sum of two distributions. */
export function merged(one: Distribution, other: Distribution): Distribution {
  const counts = new Map(one.buckets.map(({ upTo, count }) => [upTo, count]));
  for (const { upTo, count } of other.buckets) counts.set(upTo, (counts.get(upTo) ?? 0) + count);
  const buckets = [...counts].sort(([left], [right]) => left - right);
  return {
    count: one.count + other.count,
    sum: one.sum + other.sum,
    buckets: buckets.map(([upTo, count]) => ({ upTo, count })),
  };
}
