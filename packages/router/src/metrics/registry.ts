/** The registry of metrics: whoever counts asks it for a counter once and adds to that; readers ask for all of it. */
import { Histogram, type Distribution } from '../core/histogram.ts';
import { LabelSets } from './label-sets.ts';
import type { Metric, MetricHead } from './metric.ts';

/** What a metric is called, and what it is about. */
export interface MetricDefinition extends MetricHead {
  /** The names of its labels; none by default. */
  readonly labels?: readonly string[];
  /** How many values each label may have; 100 by default. What comes beyond counts as `other`. */
  readonly mostValues?: number;
}

/** Adds up. */
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

/** Goes up and down. */
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
 * One metric for all its labels. {@link of} looks its labels up: whoever counts often asks once and keeps the answer, to
 * which nothing is allocated any more.
 */
export interface Family<I> {
  /**
   * What counts for these values of the labels, in the order of their definition.
   * @throws Error when there are more or fewer values than labels
   */
  of(...values: readonly string[]): I;
}

/** Tells a value that is known elsewhere; of values with the same labels, the sum counts. */
export type Observe<V> = (value: V, ...labels: readonly string[]) => void;

/** What answers for one name when everything is read. */
type Read = () => Metric;

/** The names that Prometheus takes, less those that it keeps for itself. */
const NAME = /^[a-z][a-z0-9_]*$/;

/**
 * Metrics by name. Of a router, this is `router.metrics`; embedders may add their own to it. The values of labels are bounded
 * ({@link MetricDefinition.mostValues}), so that what clients send cannot make memory grow.
 */
export class MetricsRegistry {
  readonly #reads = new Map<string, Read>();
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
   * @param unit the smallest difference that the histogram tells apart: 1e-6, the default, for seconds
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
   * @param collect tells all of them, each time that the metrics are read
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

  /** The same of histograms. */
  observeHistograms(definition: MetricDefinition, collect: (observe: Observe<Distribution>) => void): void {
    this.#add('histogram', definition, () => {
      const sets = this.#setsOf<{ whole: Distribution }>(definition);
      collect((value, ...labels) => {
        const sum = sets.of(labels, () => ({ whole: NOTHING }));
        sum.whole = sum.whole === NOTHING ? value : merged(sum.whole, value);
      });
      return { ...headOf(definition), kind: 'histogram', samples: sets.samples(({ whole }) => whole) };
    });
  }

  /** Everything that has been counted, as it is now. It takes a look at each realm and connection: not for every second. */
  read(): readonly Metric[] {
    return [...this.#reads.values()].map((read) => read());
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

  #add(kind: Metric['kind'], { name }: MetricDefinition, read: Read): void {
    if (!NAME.test(name)) throw new Error(`metric name ${JSON.stringify(name)}: expected ${String(NAME)}`);
    if ((kind === 'counter') !== name.endsWith('_total')) {
      throw new Error(`metric name ${name}: a name ends with _total if, and only if, it is a counter's`);
    }
    if (this.#reads.has(name)) throw new Error(`metric name ${name}: it is in use already`);
    this.#reads.set(name, read);
  }
}

const NOTHING: Distribution = { count: 0, sum: 0, buckets: [] };

function headOf({ name, help }: MetricDefinition): MetricHead {
  return { name, help };
}

function merged(one: Distribution, other: Distribution): Distribution {
  const counts = new Map(one.buckets.map(({ upTo, count }) => [upTo, count]));
  for (const { upTo, count } of other.buckets) counts.set(upTo, (counts.get(upTo) ?? 0) + count);
  const buckets = [...counts].sort(([left], [right]) => left - right);
  return {
    count: one.count + other.count,
    sum: one.sum + other.sum,
    buckets: buckets.map(([upTo, count]) => ({ upTo, count })),
  };
}
