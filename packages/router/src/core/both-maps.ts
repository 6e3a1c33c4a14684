/** BothMaps: two pattern maps seen as one. */
import type { Id, MatchPolicy, Uri } from '@wamp/protocol';
import type { ReadonlyPatternMap } from './pattern-map.ts';

/** A value that is in both maps has the same id in both, and is that of the first. */
export class BothMaps<V extends { readonly id: Id }> implements ReadonlyPatternMap<V> {
  readonly #first: ReadonlyPatternMap<V>;
  readonly #second: ReadonlyPatternMap<V>;

  constructor(first: ReadonlyPatternMap<V>, second: ReadonlyPatternMap<V>) {
    this.#first = first;
    this.#second = second;
  }

  get size(): number {
    return [...this.values('exact'), ...this.values('prefix'), ...this.values('wildcard')].length;
  }

  get(match: MatchPolicy, pattern: Uri): V | undefined {
    return this.#first.get(match, pattern) ?? this.#second.get(match, pattern);
  }

  *values(match: MatchPolicy): IterableIterator<V> {
    const first = new Set<Id>();
    for (const value of this.#first.values(match)) {
      first.add(value.id);
      yield value;
    }
    for (const value of this.#second.values(match)) if (!first.has(value.id)) yield value;
  }

  matching(uri: Uri): V[] {
    const first = this.#first.matching(uri);
    const ids = new Set(first.map(({ id }) => id));
    return [...first, ...this.#second.matching(uri).filter(({ id }) => !ids.has(id))];
  }

  best(uri: Uri): V | undefined {
    return this.#first.best(uri) ?? this.#second.best(uri);
  }
}
