/** Values by URI pattern, found by URI. */
import type { MatchPolicy, Uri } from '@wamp/protocol';
import { Prefixes } from './prefixes.ts';
import { Wildcards, type Owner } from './wildcards.ts';

/** The part of a pattern map that readers use. */
export interface ReadonlyPatternMap<V extends object> {
  readonly size: number;
  /** The value of that very pattern. */
  get(match: MatchPolicy, pattern: Uri): V | undefined;
  /** All values of one policy, in the order in which they came. */
  values(match: MatchPolicy): IterableIterator<V>;
  /** Every value whose pattern covers `uri`: exact, then prefixes by falling length, then wildcards. */
  matching(uri: Uri): V[];
  /**
   * The one value that serves `uri` best: exact, else the longest prefix, else the wildcard that
   * is literal where another, equal so far, is not (spec: Pattern-based Registrations; T-14).
   */
  best(uri: Uri): V | undefined;
}

/**
 * A map whose keys are patterns of the three match policies. A look-up costs by the URI and by what is found, whatever
 * patterns are stored and however many: of a URI of c characters and n components it visits at most 1 exact pattern,
 * 2 × (c + 1) prefixes, and n + 2 × min(2^n, 1,024) wildcards and their components; {@link Prefixes} and
 * {@link Wildcards} say how. Where there are no patterns, nothing but the exact one is looked for.
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

  /** How many steps look-ups have taken so far. */
  get visits(): number {
    return this.#lookups + this.#prefixes.visits + this.#wildcards.visits;
  }

  get(match: MatchPolicy, pattern: Uri): V | undefined {
    return this.#table(match).get(pattern);
  }

  values(match: MatchPolicy): IterableIterator<V> {
    return this.#table(match).values();
  }

  /** Whether a pattern may be added without making look-ups cost more than they may. */
  admits(match: MatchPolicy, pattern: Uri, owner?: Owner): boolean {
    return match !== 'wildcard' || this.#wildcards.admits(pattern, owner);
  }

  /** @param owner who adds the pattern; what one owner may add is limited ({@link admits}) */
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
