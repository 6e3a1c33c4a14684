/** Page: a part of a long list, by rising ids, however the list changes between one page and the next. */
import type { Args } from '@wamp/protocol';
import { answerInTurns, type Realm } from '@wamp/router';

/** How many entries one step looks at. */
const ENTRIES_A_STEP = 32;

/** Which part is wanted. */
export interface PageOptions {
  /** The last id of the page before; the first page by default. */
  readonly after?: number | undefined;
  readonly limit: number;
}

/** A page, and what to ask for next. */
export interface Page<T> {
  readonly entries: readonly T[];
  /** `after` of the next page; null behind the last. */
  readonly next: number | null;
}

/** What has an id. */
interface Entry {
  readonly id: number;
}

/**
 * The entries with the smallest ids beyond `after`, collected in turns.
 * @param isMeant leaves out the others
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

/** Inserts an entry among those with the smallest ids, of which there are `most`. */
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
