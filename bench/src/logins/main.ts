/**
 * `npm run login-cost`: compares the cost of log-ins with a wrong secret and of log-ins of unknown users. If they differ, an
 * attacker can find out by timing which users exist.
 */
import { digits } from '../figures.ts';
import { median } from '../median.ts';
import { openDoors, type Door } from './doors.ts';
import { intrude } from './intruder.ts';

/** The number of log-ins of each kind. */
const LOGINS = 2000;
/** The number of log-ins before the measurement, so that the code is compiled. */
const WARM_UP = 300;
/** The maximum difference of the ratio from 1. */
const BOUND = 0.1;

/** Times of logins, in µs. */
interface Costs {
  readonly wrongSecret: readonly number[];
  readonly unknownUser: readonly number[];
}

/** Measures both kinds alternately, in random order, so that other load affects both equally. */
async function measure({ router, method, trick }: Door): Promise<Costs> {
  const wrongSecret: number[] = [];
  const unknownUser: number[] = [];
  for (let turn = -WARM_UP; turn < LOGINS; turn += 1) {
    // A name as long as joe, different each time.
    const stranger = `x${(turn + WARM_UP).toString(36).padStart(2, '0')}`.slice(0, 3);
    const pair: [string, number[]][] = [
      ['joe', wrongSecret],
      [stranger, unknownUser],
    ];
    if (Math.random() < 0.5) pair.reverse();
    for (const [authid, costs] of pair) {
      const cost = await intrude(router, method, authid, trick);
      if (turn >= 0) costs.push(1000 * cost);
    }
  }
  return { wrongSecret, unknownUser };
}

/** The mean of all but the slowest tenth, during which garbage was collected or another program ran. */
function mean(costs: readonly number[]): number {
  const kept = [...costs].sort((a, b) => a - b).slice(0, Math.ceil(costs.length * 0.9));
  return kept.reduce((sum, cost) => sum + cost, 0) / kept.length;
}

function isWithin(ratio: number): boolean {
  return Math.abs(ratio - 1) <= BOUND;
}

console.log(
  `${LOGINS} logins of either kind, in turns; µs of the router: median, which is judged, and mean of the fastest 90 %\n`,
);
console.log(row('', 'wrong secret', 'unknown user', 'ratio'));
for (const door of await openDoors()) {
  const { wrongSecret, unknownUser } = await measure(door);
  const ratios = [median, mean].map((of) => of(unknownUser) / of(wrongSecret));
  // On a busy machine, means depend on the other programs.
  const verdict = isWithin(ratios[0] ?? NaN) ? '' : '  too far from 1';
  if (verdict !== '') process.exitCode = 1;
  console.log(
    row(door.name, figures(wrongSecret), figures(unknownUser), ratios.map(twoDigits).join(' ')) + verdict,
  );
  await door.router.close();
}

function figures(costs: readonly number[]): string {
  return `${digits(median(costs))} ${digits(mean(costs))}`;
}

function twoDigits(ratio: number): string {
  return ratio.toFixed(3);
}

function row(name: string, ...cells: readonly string[]): string {
  return [name.padEnd(36), ...cells.map((cell) => cell.padStart(14))].join('');
}
