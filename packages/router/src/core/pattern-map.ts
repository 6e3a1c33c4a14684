/** Values by URI pattern, found by URI. */
import type { MatchPolicy, Uri } from '@wamp/protocol';
import { Prefixes } from './prefixes.ts';
import { Wildcards, type Owner } from './wildcards.ts';

/** The part of a pattern map that readers use. */
export interface ReadonlyPatternMap<V extends object> {
  readonly size: number;
  /** The value of exactly this pattern. */
  get(match: MatchPolicy, pattern: Uri): V | undefined;
  /** All values of one match policy, in the order in which they were added. */
  values(match: MatchPolicy): IterableIterator<V>;
  /** All values whose pattern matches `uri`: exact, then prefixes by decreasing length, then wildcards. */
  matching(uri: Uri): V[];
  /**
   * The value of the best match for `uri`: exact, else the longest prefix, else the wildcard pattern with a literal at the
   * first component in which it differs from other matches (spec: Pattern-based Registrations; T-14).
   */
  best(uri: Uri): V | undefined;
}

/**
 * A map whose keys are patterns of the three match policies. The cost of a look-up depends on the URI and on the result, but
 * not on the number of stored patterns: for a URI of c characters and n components it visits at most 1 exact pattern,
 * 2 × (c + 1) prefixes, and n + 2 × min(2^n, 1,024) wildcards and their components ({@link Prefixes}, {@link Wildcards}).
 * If there are no patterns, it only looks for the exact one.
 */
export class PatternMap<V extends object> implements ReadonlyPatternMap<V> {
  readonly #exact = new Map<Uri, V>();
  readonly #prefix = new Map<Uri, V>();
  readonly #wildcard = new Map<Uri, V>();
  readonly #prefixes = new Prefixes<V>();
  readonly #wildcards = new Wildcards<V>();
  #lookups = 0;

  get size(): number {
    return this.#exact.size + this.#prefix.size + this.#wildcard.size;
  }

  /** The number of steps that look-ups have taken so far. */
  get visits(): number {
    return this.#lookups + this.#prefixes.visits + this.#wildcards.visits;
  }

  get(match: MatchPolicy, pattern: Uri): V | undefined {
    return this.#table(match).get(pattern);
  }

  values(match: MatchPolicy): IterableIterator<V> {
    return this.#table(match).values();
  }

  /** True when a pattern can be added without exceeding the maximum cost of look-ups. */
  admits(match: MatchPolicy, pattern: Uri, owner?: Owner): boolean {
    return match !== 'wildcard' || this.#wildcards.admits(pattern, owner);
  }

  /** @param owner the client that adds the pattern; the patterns of one owner are limited ({@link admits}) */
  set(match: MatchPolicy, pattern: Uri, value: V, owner?: Owner): void {
    this.#table(match).set(pattern, value);
    if (match === 'prefix') this.#prefixes.set(pattern, value);
    if (match === 'wildcard') this.#wildcards.set(pattern, value, owner);
  }

  delete(match: MatchPolicy, pattern: Uri): void {
    if (!this.#table(match).delete(pattern)) return;
    if (match === 'prefix') this.#prefixes.delete(pattern);
    if (match === 'wildcard') this.#wildcards.delete(pattern);
  }

  matching(uri: Uri): V[] {
    this.#lookups += 1;
    const found: V[] = [];
    const exact = this.#exact.get(uri);
    if (exact !== undefined) found.push(exact);
    if (this.#prefix.size > 0) this.#prefixes.collect(uri, found);
    if (this.#wildcard.size > 0) this.#wildcards.collect(uri, found);
    return found;
  }

  best(uri: Uri): V | undefined {
    this.#lookups += 1;
    const exact = this.#exact.get(uri);
    if (exact !== undefined) return exact;
    const prefix = this.#prefix.size > 0 ? this.#prefixes.longest(uri) : undefined;
    if (prefix !== undefined) return prefix;
    return this.#wildcard.size > 0 ? this.#wildcards.first(uri) : undefined;
  }

  #table(match: MatchPolicy): Map<Uri, V> {
    return match === 'exact' ? this.#exact : match === 'prefix' ? this.#prefix : this.#wildcard;
  }
}
