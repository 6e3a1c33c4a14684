/** Former values: the sums of what was counted by parts of the router that are gone, such as realms. */
import type { Observe } from './registry.ts';

export class FormerValues<V> {
  readonly #add: (one: V, other: V) => V;
  readonly #sums = new Map<string, { readonly labels: readonly string[]; sum: V }>();

  /** @param add the sum of two values */
  constructor(add: (one: V, other: V) => V) {
    this.#add = add;
  }

  /** Adds a last value. */
  readonly take: Observe<V> = (value, ...labels) => {
    const key = JSON.stringify(labels);
    const known = this.#sums.get(key);
    if (known === undefined) this.#sums.set(key, { labels, sum: value });
    else known.sum = this.#add(known.sum, value);
  };

  /** Reports all sums. */
  report(observe: Observe<V>): void {
    for (const { sum, labels } of this.#sums.values()) observe(sum, ...labels);
  }
}
