/** The metrics as a reader gets them: plain values, with names, units and help texts in the style of Prometheus. */
import type { Distribution } from '../core/histogram.ts';

/** Labels by name. */
export type Labels = Readonly<Record<string, string>>;

/** A value with its labels. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** A distribution of values with its labels. */
export interface HistogramSample extends Distribution {
  readonly labels: Labels;
}

/** The common part of all metrics. */
export interface MetricHead {
  /** Unique; ends with the unit (`_seconds`, `_bytes`), and for a counter with `_total`. */
  readonly name: string;
  /** One sentence. */
  readonly help: string;
}

/** All samples of one name. A counter only grows while the process lives; a gauge may fall. */
export type Metric =
  | (MetricHead & { readonly kind: 'counter' | 'gauge'; readonly samples: readonly Sample[] })
  | (MetricHead & { readonly kind: 'histogram'; readonly samples: readonly HistogramSample[] });
