/** Values by wildcard pattern, looked up by URIs that the pattern matches. */
import type { Uri } from '@wamp/protocol';
import { EMPTY, extended, secret } from './hashing.ts';

/**
 * The most shapes that patterns with the same number of components may have in a realm. Patterns of ten components or
 * fewer never reach it: ten components have 1,024 shapes.
 */
export const MOST_SHAPES = 1024;
/** The most shapes that one owner may have added, so that room remains for others. */
export const MOST_SHAPES_OF_ONE = 256;
/** Patterns with this number of components or fewer are always admitted. */
const ALWAYS = Math.log2(MOST_SHAPES);

/** The owner of patterns; compared with `===`. */
export type Owner = object | string | undefined;

/** The arrangement of literals and wildcards among the components of a pattern. */
interface Shape {
  /** One character per component: `1` for a literal, `0` for a wildcard. */
  readonly mask: string;
  /** The indices of the literals. */
  readonly places: readonly number[];
  /** The mask as numbers of four components each, the first component in the lowest bit. */
  readonly groups: readonly number[];
  readonly seed: number;
  /** The owner of the first pattern of this shape, to whom the shape counts as long as it has patterns. */
  readonly owner: Owner;
  /** The number of patterns with this shape. */
  patterns: number;
}

interface Entry<V> {
  readonly pattern: Uri;
  readonly shape: Shape;
  value: V;
  /** The next entry with the same key; collisions are rare. */
  next: Entry<V> | undefined;
}

/** The number of subsets of a group of four components. */
const SUMS = 16;
const DOT = 46;

/**
 * Looks patterns up by shape. At most one pattern of each shape matches a given URI: the one whose literals equal the
 * components of the URI at the same indices. The key of a pattern is the sum of the hashes of its literals, so a
 * look-up probes a hash table once for each shape with as many components as the URI, and compares the entry with the
 * URI.
 *
 * The look-up of a URI of n components thus costs n + min(2^n, {@link MOST_SHAPES}) visits, plus those of its result,
 * whatever patterns are stored, provided that {@link admits} was asked before each was added. The memory and time for
 * one pattern do not depend on the number of others.
 */
export class Wildcards<V extends object> {
  readonly #byKey = new Map<number, Entry<V>>();
  /** By number of components, in order of precedence: from the left, a literal precedes a wildcard. */
  readonly #shapes = new Map<number, Shape[]>();
  /** The highest number of components of a stored pattern. */
  #most = 0;
  /** For each component of the current URI, its contribution to a key when it is a literal. */
  #hashes = new Int32Array(0);
  /** For each group of components, the sums of the contributions of each subset. */
  #sums = new Int32Array(0);
  /** Whether `#sums` has been computed for the current URI. */
  #summed = false;
  /** How many components, shapes and entries look-ups have visited so far. */
  visits = 0;

  /**
   * False for a pattern whose shape would be one too many, of all shapes or of those of its owner, and would make
   * look-ups more expensive.
   */
  admits(pattern: Uri, owner?: Owner): boolean {
    const mask = maskOf(pattern);
    if (mask.length <= ALWAYS) return true;
    const shapes = this.#shapes.get(mask.length) ?? [];
    if (shapes[placeOf(shapes, mask)]?.mask === mask) return true;
    if (shapes.length >= MOST_SHAPES) return false;
    let own = 0;
    for (const shape of shapes) if (shape.owner === owner) own += 1;
    return own < MOST_SHAPES_OF_ONE;
  }

  /** Adds a pattern, or replaces the value of an existing one. */
  set(pattern: Uri, value: V, owner?: Owner): void {
    const shape = this.#shapeOf(maskOf(pattern), owner);
    const key = this.#keyOf(pattern, shape);
    const head = this.#byKey.get(key);
    let known = head;
    while (known !== undefined && known.pattern !== pattern) known = known.next;
    if (known !== undefined) known.value = value;
    else {
      this.#byKey.set(key, { pattern, shape, value, next: head });
      shape.patterns += 1;
    }
  }

  /** Removes an existing pattern. */
  delete(pattern: Uri): void {
    const shape = this.#shapeOf(maskOf(pattern));
    const key = this.#keyOf(pattern, shape);
    const left = without(this.#byKey.get(key), pattern);
    if (left === undefined) this.#byKey.delete(key);
    else this.#byKey.set(key, left);
    shape.patterns -= 1;
    if (shape.patterns === 0) this.#drop(shape);
  }

  /** Adds the values of all patterns that match `uri` to `found`, in order of precedence. */
  collect(uri: Uri, found: V[]): void {
    for (const shape of this.#seek(uri)) {
      const entry = this.#probe(shape, uri);
      if (entry !== undefined) found.push(entry.value);
    }
  }

  /** The value of the matching pattern with the highest precedence. */
  first(uri: Uri): V | undefined {
    for (const shape of this.#seek(uri)) {
      const entry = this.#probe(shape, uri);
      if (entry !== undefined) return entry.value;
    }
    return undefined;
  }

  /** Prepares the search for a URI. @returns the shapes of patterns that may match it */
  #seek(uri: Uri): readonly Shape[] {
    const count = this.#hash(uri);
    this.visits += count;
    const shapes = this.#shapes.get(count);
    if (shapes === undefined) return NO_SHAPES;
    this.#summed = shapes.length > SUMS;
    if (this.#summed) this.#sum(count);
    return shapes;
  }

  /**
   * Hashes each component together with its index. @returns the number of components, but at most one more than any
   * pattern has
   */
  #hash(uri: Uri): number {
    const hashes = this.#hashes;
    let count = 0;
    let hash = EMPTY;
    for (let index = 0; index < uri.length; index += 1) {
      const unit = uri.charCodeAt(index);
      if (unit !== DOT) hash = extended(hash, unit);
      else {
        hashes[count] = extended(hash, count);
        count += 1;
        hash = EMPTY;
        if (count === this.#most) return count + 1;
      }
    }
    hashes[count] = extended(hash, count);
    return count + 1;
  }

  /** Adds up the hashes of each subset of each group, which saves additions when there are many shapes. */
  #sum(count: number): void {
    const [sums, hashes] = [this.#sums, this.#hashes];
    for (let position = 0; position < count; position += 1) {
      const first = (position >> 2) * SUMS;
      const bit = 1 << (position & 3);
      const hash = hashes[position] ?? 0;
      if (bit === 1) sums[first] = 0;
      for (let choice = 0; choice < bit; choice += 1) {
        sums[first + bit + choice] = (sums[first + choice] ?? 0) + hash;
      }
    }
  }

  /** The entry of a pattern of this shape that matches the current URI. */
  #probe(shape: Shape, uri: Uri): Entry<V> | undefined {
    this.visits += 1;
    let entry = this.#byKey.get(this.#summed ? this.#keyFromSums(shape) : this.#keyFromHashes(shape));
    while (entry !== undefined && !(entry.shape === shape && covers(entry.pattern, uri))) entry = entry.next;
    if (entry !== undefined) this.visits += 1;
    return entry;
  }

  #keyOf(pattern: Uri, shape: Shape): number {
    this.#hash(pattern);
    return this.#keyFromHashes(shape);
  }

  #keyFromHashes({ seed, places }: Shape): number {
    const hashes = this.#hashes;
    let key = seed;
    for (const place of places) key = (key + (hashes[place] ?? 0)) | 0;
    return key;
  }

  #keyFromSums({ seed, groups }: Shape): number {
    const sums = this.#sums;
    let key = seed;
    for (let index = 0; index < groups.length; index += 1) {
      key = (key + (sums[index * SUMS + (groups[index] ?? 0)] ?? 0)) | 0;
    }
    return key;
  }

  /** The shape with this mask, created if necessary. */
  #shapeOf(mask: string, owner?: Owner): Shape {
    const shapes = this.#shapes.get(mask.length) ?? [];
    const place = placeOf(shapes, mask);
    const known = shapes[place];
    if (known?.mask === mask) return known;
    const shape: Shape = { mask, ...literalsOf(mask), seed: secret(), owner, patterns: 0 };
    shapes.splice(place, 0, shape);
    this.#shapes.set(mask.length, shapes);
    if (mask.length > this.#most) this.#resize(mask.length);
    return shape;
  }

  #drop({ mask }: Shape): void {
    const shapes = this.#shapes.get(mask.length) ?? [];
    shapes.splice(placeOf(shapes, mask), 1);
    if (shapes.length > 0) return;
    this.#shapes.delete(mask.length);
    this.#resize(Math.max(0, ...this.#shapes.keys()));
  }

  #resize(most: number): void {
    this.#most = most;
    this.#hashes = new Int32Array(most);
    this.#sums = new Int32Array(((most + 3) >> 2) * SUMS);
  }
}

const NO_SHAPES: readonly Shape[] = [];

function maskOf(pattern: Uri): string {
  return pattern
    .split('.')
    .map((component) => (component === '' ? '0' : '1'))
    .join('');
}

function literalsOf(mask: string): Pick<Shape, 'places' | 'groups'> {
  const places: number[] = [];
  const groups = new Array<number>((mask.length + 3) >> 2).fill(0);
  for (let position = 0; position < mask.length; position += 1) {
    if (mask[position] !== '1') continue;
    places.push(position);
    groups[position >> 2] = (groups[position >> 2] ?? 0) | (1 << (position & 3));
  }
  return { places, groups };
}

/** The index of a mask among shapes in order of precedence, or the index where it would be inserted. */
function placeOf(shapes: readonly Shape[], mask: string): number {
  let [low, high] = [0, shapes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((shapes[middle]?.mask ?? '') > mask) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether a pattern matches a URI with the same number of components. */
function covers(pattern: Uri, uri: Uri): boolean {
  let at = 0;
  for (let index = 0; index < pattern.length; index += 1) {
    const unit = pattern.charCodeAt(index);
    const isWildcard = unit === DOT && (index === 0 || pattern.charCodeAt(index - 1) === DOT);
    if (isWildcard) at = endOfComponent(uri, at);
    if (uri.charCodeAt(at) !== unit) return false;
    at += 1;
  }
  const endsInWildcard = pattern === '' || pattern.charCodeAt(pattern.length - 1) === DOT;
  return endsInWildcard || at === uri.length;
}

function endOfComponent(uri: Uri, start: number): number {
  let end = start;
  while (end < uri.length && uri.charCodeAt(end) !== DOT) end += 1;
  return end;
}

/** The chain without the entry of `pattern`. */
function without<V>(head: Entry<V> | undefined, pattern: Uri): Entry<V> | undefined {
  if (head?.pattern === pattern) return head.next;
  for (let other = head; other !== undefined; other = other.next) {
    if (other.next?.pattern === pattern) other.next = other.next.next;
  }
  return head;
}
