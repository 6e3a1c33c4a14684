/** Page: a part of a long list in the order of ids, which stays correct when the list changes between two pages. */
import type { Args } from '@wamp/protocol';
import { answerInTurns, type Realm } from '@wamp/router';

/** How many entries one step examines. */
const ENTRIES_A_STEP = 32;

/** The requested part. */
export interface PageOptions {
  /** The last id of the previous page; without it, the first page is returned. */
  readonly after?: number | undefined;
  readonly limit: number;
}

/** A page, and the parameter for the next one. */
export interface Page<T> {
  readonly entries: readonly T[];
  /** `after` of the next page; null after the last page. */
  readonly next: number | null;
}

/** An entry with an id. */
interface Entry {
  readonly id: number;
}

/**
 * The entries with the smallest ids above `after`, collected over several turns.
 * @param isMeant selects the entries
 */
export async function pageOf<T extends Entry>(
  realm: Pick<Realm, 'inTurns'>,
  entries: Iterable<T>,
  { after = 0, limit }: PageOptions,
  isMeant: (entry: T) => boolean = () => true,
): Promise<Page<T>> {
  const found: T[] = [];
  function* steps(): Generator<void, Args> {
    let looked = 0;
    for (const entry of entries) {
      if (entry.id > after && isMeant(entry)) insert(found, entry, limit + 1);
      looked += 1;
      if (looked % ENTRIES_A_STEP === 0) yield;
    }
    return [];
  }
  await answerInTurns(realm as Realm, steps());
  const page = found.slice(0, limit);
  return { entries: page, next: found.length > limit ? (page.at(-1)?.id ?? null) : null };
}

/** Inserts an entry into the list of the `most` entries with the smallest ids. */
function insert<T extends Entry>(sorted: T[], entry: T, most: number): void {
  if (sorted.length === most && entry.id > (sorted.at(-1)?.id ?? 0)) return;
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.id ?? 0) < entry.id) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, entry);
  if (sorted.length > most) sorted.pop();
}
