/** The table of the outcomes of all schedules. */
import { median } from '../median.ts';
import { WRONGS } from './book.ts';
import { FAULT_KINDS } from './plan.ts';
import type { Outcome } from './schedule.ts';

/** How many examples are printed of each kind of fault. */
const EXAMPLES = 5;

/** Prints what has happened. @returns whether nothing was wrong */
export function report(outcomes: readonly Outcome[], elapsed: number): boolean {
  const seconds = (values: readonly (number | undefined)[]): string => {
    const known = values.filter((value) => value !== undefined);
    return `median ${median(known).toFixed(1)} s, at most ${Math.max(0, ...known).toFixed(1)} s`;
  };
  console.log(
    `\n${outcomes.length} schedules in ${Math.floor(elapsed / 60)} min ${Math.round(elapsed % 60)} s\n`,
  );
  console.log('faults inflicted');
  for (const kind of FAULT_KINDS) {
    const count = outcomes.flatMap(({ faults }) => faults).filter((fault) => fault.kind === kind).length;
    row(kind, count);
  }
  console.log('\nload');
  const counts = new Map<string, number>();
  for (const { book } of outcomes)
    for (const [what, count] of book.counts) counts.set(what, (counts.get(what) ?? 0) + count);
  for (const [what, count] of [...counts].sort(([one], [other]) => one.localeCompare(other)))
    row(what, count);
  console.log('\nrecovery');
  console.log(
    `  ${'all nodes well after the last fault'.padEnd(48)} ${seconds(outcomes.map(({ recovery }) => recovery))}`,
  );
  console.log(
    `  ${'nodes agree after that'.padEnd(48)} ${seconds(outcomes.map(({ agreement }) => agreement))}`,
  );
  console.log('\nwrong');
  let wrongs = 0;
  for (const kind of WRONGS) {
    const found = outcomes.flatMap(({ seed, book }) =>
      book.wrongs.filter((wrong) => wrong.kind === kind).map(({ what }) => `seed ${seed}: ${what}`),
    );
    wrongs += found.length;
    row(kind, found.length);
    for (const what of found.slice(0, EXAMPLES)) console.log(`    ${what}`);
  }
  return wrongs === 0;
}

function row(what: string, count: number): void {
  console.log(`  ${what.padEnd(48)} ${String(count).padStart(8)}`);
}
