/** Values by URI pattern, found by URI. */
import type { MatchPolicy, Uri } from '@wamp/protocol';

/** A node of the wildcard trie: one component further. */
interface WildcardNode<V> {
  readonly literal: Map<string, WildcardNode<V>>;
  any: WildcardNode<V> | undefined;
  value: V | undefined;
}

function wildcardNode<V>(): WildcardNode<V> {
  return { literal: new Map(), any: undefined, value: undefined };
}

/**
 * A map whose keys are patterns of the three match policies. A look-up costs by the length of the URI, and
 * by how many wildcard patterns agree with it from the start; those that differ early cost nothing.
 */
export class PatternMap<V extends object> {
  readonly #exact = new Map<Uri, V>();
  readonly #prefix = new Map<Uri, V>();
  /** How many prefix patterns there are of each length, the longest first. */
  #lengths: readonly { readonly length: number; readonly count: number }[] = [];
  readonly #wildcard = new Map<Uri, V>();
  #root: WildcardNode<V> = wildcardNode();

  get size(): number {
    return this.#exact.size + this.#prefix.size + this.#wildcard.size;
  }

  /** The value of that very pattern. */
  get(match: MatchPolicy, pattern: Uri): V | undefined {
    return this.#table(match).get(pattern);
  }

  /** All values of one policy, in the order in which they came. */
  values(match: MatchPolicy): IterableIterator<V> {
    return this.#table(match).values();
  }

  set(match: MatchPolicy, pattern: Uri, value: V): void {
    const table = this.#table(match);
    if (match === 'prefix' && !table.has(pattern)) this.#countLength(pattern.length, 1);
    if (match === 'wildcard') this.#plant(pattern, value);
    table.set(pattern, value);
  }

  delete(match: MatchPolicy, pattern: Uri): void {
    if (!this.#table(match).delete(pattern)) return;
    if (match === 'prefix') this.#countLength(pattern.length, -1);
    if (match === 'wildcard') this.#uproot(pattern);
  }

  /** Every value whose pattern covers `uri`: exact, then prefixes by falling length, then wildcards. */
  matching(uri: Uri): V[] {
    const found: V[] = [];
    const exact = this.#exact.get(uri);
    if (exact !== undefined) found.push(exact);
    for (const { length } of this.#lengths) {
      const value = length <= uri.length ? this.#prefix.get(uri.slice(0, length)) : undefined;
      if (value !== undefined) found.push(value);
    }
    if (this.#wildcard.size > 0) collect(this.#root, uri.split('.'), 0, found);
    return found;
  }

  /**
   * The one value that serves `uri` best: exact, else the longest prefix, else the wildcard that
   * is literal where another, equal so far, is not (spec: Pattern-based Registrations; T-14).
   */
  best(uri: Uri): V | undefined {
    const exact = this.#exact.get(uri);
    if (exact !== undefined) return exact;
    for (const { length } of this.#lengths) {
      const value = length <= uri.length ? this.#prefix.get(uri.slice(0, length)) : undefined;
      if (value !== undefined) return value;
    }
    return this.#wildcard.size > 0 ? first(this.#root, uri.split('.'), 0) : undefined;
  }

  #table(match: MatchPolicy): Map<Uri, V> {
    return match === 'exact' ? this.#exact : match === 'prefix' ? this.#prefix : this.#wildcard;
  }

  #countLength(length: number, change: 1 | -1): void {
    const others = this.#lengths.filter((entry) => entry.length !== length);
    const count = (this.#lengths.find((entry) => entry.length === length)?.count ?? 0) + change;
    this.#lengths = (count > 0 ? [...others, { length, count }] : others).sort((a, b) => b.length - a.length);
  }

  #plant(pattern: Uri, value: V): void {
    let node = this.#root;
    for (const component of pattern.split('.')) {
      const next = child(node, component) ?? wildcardNode<V>();
      if (component === '') node.any = next;
      else node.literal.set(component, next);
      node = next;
    }
    node.value = value;
  }

  /** Takes the value away, and with it the branch that led to nothing else. */
  #uproot(pattern: Uri): void {
    if (this.#wildcard.size === 0) {
      this.#root = wildcardNode();
      return;
    }
    const components = pattern.split('.');
    const path = [this.#root];
    for (const component of components) {
      const next = child(path[path.length - 1] ?? this.#root, component);
      if (next === undefined) return;
      path.push(next);
    }
    const leaf = path[components.length];
    if (leaf !== undefined) leaf.value = undefined;
    for (let depth = components.length; depth > 0; depth -= 1) {
      const [node, parent, component] = [path[depth], path[depth - 1], components[depth - 1]];
      if (node === undefined || parent === undefined || component === undefined) return;
      if (node.value !== undefined || node.any !== undefined || node.literal.size > 0) return;
      if (component === '') parent.any = undefined;
      else parent.literal.delete(component);
    }
  }
}

function child<V>(node: WildcardNode<V>, component: string): WildcardNode<V> | undefined {
  return component === '' ? node.any : node.literal.get(component);
}

function collect<V>(node: WildcardNode<V>, components: readonly string[], depth: number, found: V[]): void {
  const component = components[depth];
  if (component === undefined) {
    if (node.value !== undefined) found.push(node.value);
    return;
  }
  const literal = node.literal.get(component);
  if (literal !== undefined) collect(literal, components, depth + 1, found);
  if (node.any !== undefined) collect(node.any, components, depth + 1, found);
}

function first<V>(node: WildcardNode<V>, components: readonly string[], depth: number): V | undefined {
  const component = components[depth];
  if (component === undefined) return node.value;
  const literal = node.literal.get(component);
  const found = literal === undefined ? undefined : first(literal, components, depth + 1);
  if (found !== undefined || node.any === undefined) return found;
  return first(node.any, components, depth + 1);
}
