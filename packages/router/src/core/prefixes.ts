/** Values by prefix, looked up by URIs that begin with it. */
import type { Uri } from '@wamp/protocol';
import { EMPTY, extended } from './hashing.ts';

interface Entry<V> {
  readonly prefix: Uri;
  value: V;
  /** The next entry with the same hash; collisions are rare. */
  next: Entry<V> | undefined;
}

/**
 * A look-up reads the URI once, character by character, and extends its hash at each step. Where prefixes of the
 * current length exist, it probes for one with the current hash. It visits one entry for each different length up to
 * that of the URI, plus the entries that it finds, however many prefixes are stored.
 */
export class Prefixes<V extends object> {
  readonly #byHash = new Map<number, Entry<V>>();
  /** How many prefixes there are of each length. */
  readonly #ofLength: number[] = [];
  #longest = -1;
  /** How many entries look-ups have visited so far. */
  visits = 0;

  /** Adds a prefix, or replaces the value of an existing one. */
  set(prefix: Uri, value: V): void {
    const hash = hashOf(prefix);
    const head = this.#byHash.get(hash);
    const known = entryOf(head, prefix);
    if (known !== undefined) {
      known.value = value;
      return;
    }
    this.#byHash.set(hash, { prefix, value, next: head });
    const { length } = prefix;
    while (this.#ofLength.length <= length) this.#ofLength.push(0);
    this.#ofLength[length] = (this.#ofLength[length] ?? 0) + 1;
    this.#longest = Math.max(this.#longest, length);
  }

  /** Removes an existing prefix. */
  delete(prefix: Uri): void {
    const hash = hashOf(prefix);
    const left = without(this.#byHash.get(hash), prefix);
    if (left === undefined) this.#byHash.delete(hash);
    else this.#byHash.set(hash, left);
    this.#ofLength[prefix.length] = (this.#ofLength[prefix.length] ?? 1) - 1;
    while (this.#longest >= 0 && this.#ofLength[this.#longest] === 0) this.#longest -= 1;
    this.#ofLength.length = this.#longest + 1;
  }

  /** Adds the values of all prefixes of `uri` to `found`, the longest prefix first. */
  collect(uri: Uri, found: V[]): void {
    const candidates = this.#search(uri);
    for (let index = candidates.length - 1; index >= 0; index -= 1) {
      const entry = foundBy(candidates[index], uri);
      if (entry !== undefined) found.push(entry.value);
    }
  }

  /** The value of the longest prefix of `uri`. */
  longest(uri: Uri): V | undefined {
    const candidates = this.#search(uri);
    for (let index = candidates.length - 1; index >= 0; index -= 1) {
      const entry = foundBy(candidates[index], uri);
      if (entry !== undefined) return entry.value;
    }
    return undefined;
  }

  /**
   * Finds the entries whose length and hash equal those of a beginning of `uri`, the shortest first. Except for rare
   * hash collisions, these are its prefixes.
   */
  #search(uri: Uri): readonly Entry<V>[] {
    const ofLength = this.#ofLength;
    const end = Math.min(uri.length, this.#longest);
    let candidates: Entry<V>[] | undefined;
    let hash = EMPTY;
    for (let length = 0; length <= end; length += 1) {
      if (length > 0) hash = extended(hash, uri.charCodeAt(length - 1));
      if (ofLength[length] === 0) continue;
      this.visits += 1;
      let entry = this.#byHash.get(hash);
      while (entry !== undefined && entry.prefix.length !== length) entry = entry.next;
      if (entry === undefined) continue;
      this.visits += 1;
      if (candidates === undefined) candidates = [entry];
      else candidates.push(entry);
    }
    return candidates ?? [];
  }
}

function hashOf(prefix: Uri): number {
  let hash = EMPTY;
  for (let index = 0; index < prefix.length; index += 1) hash = extended(hash, prefix.charCodeAt(index));
  return hash;
}

/** The entry that is a prefix of `uri`: the candidate, or one chained to it with the same hash and length. */
function foundBy<V>(candidate: Entry<V> | undefined, uri: Uri): Entry<V> | undefined {
  let entry = candidate;
  while (
    entry !== undefined &&
    !(entry.prefix.length === candidate?.prefix.length && uri.startsWith(entry.prefix))
  )
    entry = entry.next;
  return entry;
}

function entryOf<V>(head: Entry<V> | undefined, prefix: Uri): Entry<V> | undefined {
  let entry = head;
  while (entry !== undefined && entry.prefix !== prefix) entry = entry.next;
  return entry;
}

/** The chain without the entry of `prefix`. */
function without<V>(head: Entry<V> | undefined, prefix: Uri): Entry<V> | undefined {
  if (head?.prefix === prefix) return head.next;
  for (let entry = head; entry !== undefined; entry = entry.next) {
    if (entry.next?.prefix === prefix) entry.next = entry.next.next;
  }
  return head;
}
