/** One instrument per combination of label values, with a limit on the values of each label. */
import type { Labels } from './metric.ts';

/** The default limit on the values of a label. */
const MOST_VALUES = 100;
/** The value that replaces values beyond the limit. */
const OTHER = 'other';
/** Longer values are truncated (characters). */
const LONGEST_VALUE = 128;

export class LabelSets<I> {
  readonly #metric: string;
  readonly #names: readonly string[];
  readonly #most: number;
  readonly #overflowed: () => void;
  /** The values of each label. */
  readonly #values: readonly Set<string>[];
  readonly #sets = new Map<string, { readonly labels: Labels; readonly instrument: I }>();

  /**
   * @param metric the name of the metric, for errors
   * @param names the names of the labels; none by default
   * @param most the maximum number of values of each label; 100 by default
   * @param overflowed called each time a value is replaced by `other`
   */
  constructor(
    metric: string,
    names: readonly string[] | undefined,
    most: number | undefined,
    overflowed: () => void,
  ) {
    this.#metric = metric;
    this.#names = names ?? [];
    this.#most = most ?? MOST_VALUES;
    this.#overflowed = overflowed;
    this.#values = this.#names.map(() => new Set());
  }

  /**
   * The instrument for these values, created if necessary.
   * @throws Error when there are more or fewer values than labels
   */
  of(values: readonly string[], make: () => I): I {
    if (values.length !== this.#names.length) {
      throw new Error(
        `${this.#metric}: ${values.length} values for the labels (${this.#names.join(', ')}); expected one for each`,
      );
    }
    const bounded = this.#values.map((known, index) => this.#bounded(known, values[index] ?? ''));
    const key = keyOf(bounded);
    const found = this.#sets.get(key);
    if (found !== undefined) return found.instrument;
    const labels = Object.fromEntries(this.#names.map((name, index) => [name, bounded[index] ?? '']));
    const instrument = make();
    this.#sets.set(key, { labels, instrument });
    return instrument;
  }

  /** The samples of all instruments, with their labels. */
  samples<S extends object>(read: (instrument: I) => S): (S & { readonly labels: Labels })[] {
    return [...this.#sets.values()].map(({ labels, instrument }) => ({ labels, ...read(instrument) }));
  }

  #bounded(known: Set<string>, value: string): string {
    const text = value.slice(0, LONGEST_VALUE);
    if (text === OTHER || known.has(text)) return text;
    if (known.size < this.#most) {
      known.add(text);
      return text;
    }
    this.#overflowed();
    return OTHER;
  }
}

/** A text that is different for different values; joined by hand, because each connection and log-in needs some. */
function keyOf(values: readonly string[]): string {
  let key = '';
  for (const value of values) key += `${value.length}:${value}`;
  return key;
}
