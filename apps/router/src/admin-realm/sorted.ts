/** Sorted: sorts a long list in steps, between which the router does other work. */
import type { Args } from '@wamp/protocol';
import { answerInTurns, type Realm } from '@wamp/router';
import { pageOf } from './page.ts';
import { invalid } from './procedure.ts';

/** How many entries one step reads, or how many comparisons it makes. */
const ENTRIES_A_STEP = 32;

/** The sort key of an entry. */
export type SortKey = number | string;

/** The requested part, and its order. */
interface SortOptions<T> {
  /** How many entries precede the part. */
  readonly skip: number;
  readonly limit: number;
  readonly descending: boolean;
  readonly keyOf: (entry: T) => SortKey;
  /** Selects the entries. */
  readonly isMeant: (entry: T) => boolean;
}

/** A part of a sorted list. */
interface SortedPart<T> {
  readonly entries: readonly T[];
  /** The number of entries in all parts. */
  readonly matched: number;
}

/** The key of an entry, read once, because its source may change while the list is sorted. */
interface Keyed<T> {
  readonly entry: T;
  readonly key: SortKey;
}

/** Entries with equal keys are ordered by id. */
async function sortedPart<T extends { readonly id: number }>(
  realm: Pick<Realm, 'inTurns'>,
  entries: Iterable<T>,
  { skip, limit, descending, keyOf, isMeant }: SortOptions<T>,
): Promise<SortedPart<T>> {
  const sign = descending ? -1 : 1;
  const comesFirst = (a: Keyed<T>, b: Keyed<T>): boolean =>
    a.key === b.key ? a.entry.id < b.entry.id : (a.key < b.key ? -1 : 1) * sign < 0;
  let sorted: readonly Keyed<T>[] = [];
  function* steps(): Generator<void, Args> {
    const found: Keyed<T>[] = [];
    let looked = 0;
    for (const entry of entries) {
      if (isMeant(entry)) found.push({ entry, key: keyOf(entry) });
      looked += 1;
      if (looked % ENTRIES_A_STEP === 0) yield;
    }
    sorted = yield* mergeSort(found, comesFirst);
    return [];
  }
  await answerInTurns(realm as Realm, steps());
  return { entries: sorted.slice(skip, skip + limit).map(({ entry }) => entry), matched: sorted.length };
}

/** What a list is asked for: a page by ids, or a part in another order. */
interface PartOptions<T> {
  readonly after?: number | undefined;
  readonly skip: number;
  readonly limit: number;
  readonly descending: boolean;
  /** What it is sorted by; by ids if it is undefined. */
  readonly keyOf: ((entry: T) => SortKey) | undefined;
  readonly isMeant: (entry: T) => boolean;
}

/** `next` is the `after` of the next page, or with a key its `skip`; null behind the last. */
interface FoundPart<T> {
  readonly entries: readonly T[];
  /** How many there are in all parts; of a sorted list only. */
  readonly matched?: number;
  readonly next: number | null;
}

/** @throws ApplicationError `wamp.error.invalid_argument` for `after` in a sorted list */
export async function partOf<T extends { readonly id: number }>(
  realm: Pick<Realm, 'inTurns'>,
  all: Iterable<T>,
  { after, keyOf, isMeant, ...options }: PartOptions<T>,
): Promise<FoundPart<T>> {
  const { skip, limit } = options;
  if (keyOf === undefined) return pageOf(realm, all, { after, limit }, isMeant);
  if (after !== undefined) throw invalid('after: does not go with sort, expected skip');
  const { entries, matched } = await sortedPart(realm, all, { ...options, keyOf, isMeant });
  const end = skip + entries.length;
  return { entries, matched, next: end < matched ? end : null };
}

/** Sorts by merging runs of 1, 2, 4 … entries. */
function* mergeSort<T>(entries: readonly T[], comesFirst: (a: T, b: T) => boolean): Generator<void, T[]> {
  let from = [...entries];
  let compared = 0;
  for (let width = 1; width < from.length; width *= 2) {
    const to: T[] = [];
    for (let start = 0; start < from.length; start += 2 * width) {
      const [middle, end] = [start + width, Math.min(from.length, start + 2 * width)];
      let [left, right] = [start, middle];
      while (left < Math.min(middle, end) || right < end) {
        const [a, b] = [from[left], from[right]];
        const takesLeft =
          right >= end || (left < middle && a !== undefined && b !== undefined && !comesFirst(b, a));
        const next = takesLeft ? a : b;
        if (next !== undefined) to.push(next);
        if (takesLeft) left += 1;
        else right += 1;
        compared += 1;
        if (compared % ENTRIES_A_STEP === 0) yield;
      }
    }
    from = to;
  }
  return from;
}
