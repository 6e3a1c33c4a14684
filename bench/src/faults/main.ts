/** `npm run faults`: whether sessions survive what networks and routers do to them. */
import { parseArgs } from 'node:util';
import { report } from './report.ts';
import { runAll, type Outcome } from './run.ts';

const USAGE = `npm run faults -- [options]

  --schedules N  how many random schedules; 500 by default
  --parallel N   how many at a time, each with a router of its own; 4 by default
  --seed N       the first seed, from which the others count up; 1 by default

In each schedule, four sessions call, stream, publish and subscribe over transports that chance picks, through a proxy, while the
router is killed (SIGKILL), restarted or frozen, and connections are cut, silenced in one direction or both, kept half open,
split into small pieces, throttled, delayed or let through in another order. Then everything is healed, and nothing may
be missing that was not said to be.
Exit code: 0 when nothing is wrong, 1 when something is. A seed that shows it: --seed N --schedules 1.
`;

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '500' },
    parallel: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

/** Whoever has not come back after so long (s) does not. */
const PATIENCE = 60;

if (values.help) console.log(USAGE);
else {
  const seeds = Array.from(
    { length: Number(values.schedules) },
    (_item, index) => Number(values.seed) + index,
  );
  const outcomes: Outcome[] = [];
  await runAll(seeds, Number(values.parallel), PATIENCE, (outcome) => {
    outcomes.push(outcome);
    for (const what of outcome.wrong) console.log(`seed ${outcome.seed}: ${what}`);
    if (outcomes.length % 50 === 0) console.log(`${outcomes.length} schedules`);
  });
  process.exitCode = report(outcomes) ? 0 : 1;
}
