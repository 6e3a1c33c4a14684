/** The realms of the router, and which of them the page is about. */
import { computed, signal } from '@preact/signals';
import { dictOf, listOf, numbersOf, textOf } from '../lib/read.ts';
import { rateOf, type Reading } from '../lib/rates.ts';
import { route } from '../lib/route.ts';
import { operator } from '../operator/operator.ts';

/** A realm with its numbers. */
export interface RealmRow {
  readonly realm: string;
  readonly numbers: Readonly<Record<string, number>>;
}

/** All realms as they were told last, and the time before. */
interface Realms {
  readonly rows: readonly RealmRow[];
  readonly now: Reading;
  readonly before: Reading | undefined;
}

export const realms = signal<Realms>({
  rows: [],
  now: { at: 0, counters: new Map() },
  before: undefined,
});

/** What `wamp.admin.realm.list` has answered becomes the latest reading. */
export function noteRealms(answer: unknown): Realms {
  const rows = listOf(answer).map((each): RealmRow => {
    const { realm, ...numbers } = dictOf(each);
    return { realm: textOf(realm), numbers: numbersOf(numbers) };
  });
  const counters = new Map(rows.map(({ realm, numbers }) => [realm, numbers]));
  const before = realms.peek().now;
  realms.value = {
    rows,
    now: { at: performance.now(), counters },
    before: before.at === 0 ? undefined : before,
  };
  return realms.value;
}

/** The rate of a counter of a realm. */
export function realmRate({ before, now }: Realms, realm: string, counter: string): number | undefined {
  return rateOf(before, now, realm, counter);
}

/** The realm of the operators, which is left out of all numbers. */
export const ownRealm = computed(() => ('realm' in operator.value ? operator.value.realm : ''));

/** The realm that the page is about: that of its address, or the first. */
export const currentRealm = computed(() => {
  const named = route.value.realm;
  if (named !== '') return named;
  return realms.value.rows.find(({ realm }) => realm !== ownRealm.value)?.realm ?? '';
});
