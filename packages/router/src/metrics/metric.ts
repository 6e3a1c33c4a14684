/** What a reader of the metrics gets: plain values, with the names, units and help texts that Prometheus has. */
import type { Distribution } from '../core/histogram.ts';

/** Labels by name. */
export type Labels = Readonly<Record<string, string>>;

/** A value, and what it is about. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** A distribution of values, and what it is about. */
export interface HistogramSample extends Distribution {
  readonly labels: Labels;
}

/** What every metric has. */
export interface MetricHead {
  /** Unique; it ends with the unit (`_seconds`, `_bytes`), and that of a counter with `_total`. */
  readonly name: string;
  /** One sentence. */
  readonly help: string;
}

/** All samples of one name. A counter only grows while the process lives; a gauge may fall. */
export type Metric =
  | (MetricHead & { readonly kind: 'counter' | 'gauge'; readonly samples: readonly Sample[] })
  | (MetricHead & { readonly kind: 'histogram'; readonly samples: readonly HistogramSample[] });
