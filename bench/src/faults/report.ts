/** Prints the results of all schedules. */
import type { Outcome } from './run.ts';

/** The kinds of faults, by the beginnings of their texts. */
const NEVER = [
  'hung',
  'answered twice',
  'wrong answer',
  'wrong error',
  'sent twice',
  'handlers lost',
  'events lost',
  'duplicates',
  'disorder',
  'timers left',
  'connections left',
  'listeners left',
  'logged',
];

/** Prints the table. @returns true when no fault was found */
export function report(outcomes: readonly Outcome[]): boolean {
  const wrong = outcomes.flatMap((outcome) => outcome.wrong);
  const sum = (count: (outcome: Outcome) => number): string =>
    outcomes.reduce((total, outcome) => total + count(outcome), 0).toLocaleString('en');
  const faults = counted(outcomes.flatMap((outcome) => outcome.faults.map((kind) => [kind, 1] as const)));
  const requests = counted(outcomes.flatMap((outcome) => [...outcome.outcomes]));
  const rows = [
    ['schedules', outcomes.length.toLocaleString('en')],
    ...faults.map(([kind, count]) => [`fault: ${kind}`, count.toLocaleString('en')]),
    ['connections', sum(({ connections }) => connections)],
    ...requests.map(([what, count]) => [what, count.toLocaleString('en')]),
    ['events heard', sum(({ events }) => events)],
    ['of these recovered', sum(({ recovered }) => recovered)],
    ['gaps told', sum(({ gaps }) => gaps)],
    ...NEVER.map((what) => [
      `**${what}**`,
      String(wrong.filter((finding) => finding.startsWith(what)).length),
    ]),
  ];
  console.log(
    `\n| what | how many |\n|---|---|\n${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`,
  );
  console.log(wrong.length === 0 ? 'No fault was found.' : `${wrong.length} FAULTS were found.`);
  return wrong.length === 0;
}

function counted(pairs: readonly (readonly [string, number])[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const [key, count] of pairs) counts.set(key, (counts.get(key) ?? 0) + count);
  return [...counts].sort(([a], [b]) => a.localeCompare(b));
}
