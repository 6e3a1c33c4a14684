/** Values by wildcard pattern, found by the URIs that the pattern covers. */
import type { Uri } from '@wamp/protocol';
import { EMPTY, extended, secret } from './hashing.ts';

/**
 * How many shapes of patterns with the same number of components there may be in a realm. Patterns of ten components or
 * fewer never reach it, for ten components have 1,024 shapes.
 */
export const MOST_SHAPES = 1024;
/** So many of them may one owner have added, so that the others find room. */
export const MOST_SHAPES_OF_ONE = 256;
/** Patterns of so many components or fewer always find room. */
const ALWAYS = Math.log2(MOST_SHAPES);

/** Who adds patterns: what is the same by `===` is one owner. */
export type Owner = object | string | undefined;

/** Which components of a pattern are literal, and which are wildcards. */
interface Shape {
  /** A character for each component: `1` for a literal, `0` for a wildcard. */
  readonly mask: string;
  /** Where the literals are. */
  readonly places: readonly number[];
  /** The same, four components a number, the first of them in the lowest bit. */
  readonly groups: readonly number[];
  readonly seed: number;
  /** Who added the first pattern of this shape; it counts as theirs as long as there is one. */
  readonly owner: Owner;
  /** How many patterns have it. */
  patterns: number;
}

interface Entry<V> {
  readonly pattern: Uri;
  readonly shape: Shape;
  value: V;
  /** The next one with the same key; there is hardly ever one. */
  next: Entry<V> | undefined;
}

/** Of each group of four components there are so many choices. */
const SUMS = 16;
const DOT = 46;

/**
 * Patterns are found by their shape. Of the patterns of one shape, at most one covers a given URI: the one whose literals
 * are those of the URI in the same places. Its key is the sum of their hashes, so a look-up probes a hash table once for
 * each shape with as many components as the URI has, and compares what it finds with the URI.
 *
 * A URI of n components thus costs n + min(2^n, {@link MOST_SHAPES}) visits, plus those of the answer, whatever patterns
 * are stored and however many, as long as they are stored only if {@link admits} says so. What a pattern needs is the same
 * in memory and time, however many others there are.
 */
export class Wildcards<V extends object> {
  readonly #byKey = new Map<number, Entry<V>>();
  /** By number of components; in the order of precedence: literal comes before wildcard, from the left. */
  readonly #shapes = new Map<number, Shape[]>();
  /** The highest number of components. */
  #most = 0;
  /** What each component of the URI that is looked for adds to a key, if it is to be literal. */
  #hashes = new Int32Array(0);
  /** For each group of components, the sum of what each choice of them adds. */
  #sums = new Int32Array(0);
  /** Whether these sums are those of the URI that is looked for. */
  #summed = false;
  /** How many components, shapes and entries look-ups have visited so far. */
  visits = 0;

  /** False for a pattern that would be of one shape too many, of all or of its owner; it would make look-ups cost more. */
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

  /** Adds a pattern that is not there yet, or gives the one that is there another value. */
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

  /** Takes away a pattern that is there. */
  delete(pattern: Uri): void {
    const shape = this.#shapeOf(maskOf(pattern));
    const key = this.#keyOf(pattern, shape);
    const left = without(this.#byKey.get(key), pattern);
    if (left === undefined) this.#byKey.delete(key);
    else this.#byKey.set(key, left);
    shape.patterns -= 1;
    if (shape.patterns === 0) this.#drop(shape);
  }

  /** Adds the values of all patterns that cover `uri` to `found`, in the order of precedence. */
  collect(uri: Uri, found: V[]): void {
    for (const shape of this.#seek(uri)) {
      const entry = this.#probe(shape, uri);
      if (entry !== undefined) found.push(entry.value);
    }
  }

  /** The value of the pattern that covers `uri` and is literal where others, equal so far, are not. */
  first(uri: Uri): V | undefined {
    for (const shape of this.#seek(uri)) {
      const entry = this.#probe(shape, uri);
      if (entry !== undefined) return entry.value;
    }
    return undefined;
  }

  /** Prepares the search for a URI. @returns the shapes of the patterns that may cover it */
  #seek(uri: Uri): readonly Shape[] {
    const count = this.#hash(uri);
    this.visits += count;
    const shapes = this.#shapes.get(count);
    if (shapes === undefined) return NO_SHAPES;
    this.#summed = shapes.length > SUMS;
    if (this.#summed) this.#sum(count);
    return shapes;
  }

  /** Hashes the components, each for its place. @returns how many there are; one more than any pattern has, if more */
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

  /** Adds up the hashes of each choice of components of each group: with many shapes, that spares additions. */
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

  /** The pattern of that shape that covers the URI that is looked for. */
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

  /** The shape of that mask, new if need be. */
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

/** Where a mask stands among shapes in the order of precedence, or would have to. */
function placeOf(shapes: readonly Shape[], mask: string): number {
  let [low, high] = [0, shapes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((shapes[middle]?.mask ?? '') > mask) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether a pattern covers a URI with as many components. */
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

/** The chain without the entry of one pattern. */
function without<V>(head: Entry<V> | undefined, pattern: Uri): Entry<V> | undefined {
  if (head?.pattern === pattern) return head.next;
  for (let other = head; other !== undefined; other = other.next) {
    if (other.next?.pattern === pattern) other.next = other.next.next;
  }
  return head;
}
