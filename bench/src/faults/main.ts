/** `npm run faults`: checks that sessions survive faults of networks and routers. */
import { parseArgs } from 'node:util';
import { report } from './report.ts';
import { runAll, type Outcome } from './run.ts';

const USAGE = `npm run faults -- [options]

  --schedules N  the number of random schedules; 500 by default
  --parallel N   the number of concurrent schedules, each with its own router; 4 by default
  --seed N       the first seed; the next schedules use the next integers; 1 by default

In each schedule, four sessions call, stream, publish and subscribe over randomly chosen transports, through a proxy, while the
router is killed (SIGKILL), restarted or frozen, and connections are cut, silenced in one direction or both, kept half open,
split into small pieces, throttled, delayed or reordered. Then all faults end, and every loss must have been reported.
A table of all outcomes follows. 500 schedules take about half an hour on two cores.
Exit code: 0 when no fault was found, 1 otherwise. To repeat the schedule of a seed: --seed N --schedules 1.
`;

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '500' },
    parallel: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

/** The time in which a session has to recover (s). */
const PATIENCE = 60;

if (values.help) console.log(USAGE);
else {
  const seeds = Array.from(
    { length: Number(values.schedules) },
    (_item, index) => Number(values.seed) + index,
  );
  const outcomes: Outcome[] = [];
  const started = performance.now();
  process.once('exit', () => {
    // The event loop was empty while a schedule waited.
    if (process.exitCode !== undefined && process.exitCode !== 13) return;
    const missing = seeds.filter((seed) => !outcomes.some((outcome) => outcome.seed === seed));
    console.log(
      `Ended early, with nothing left to wait for. Not finished: seeds ${missing.slice(0, 10).join(', ')} …`,
    );
    process.exitCode = 1;
  });
  await runAll(seeds, Number(values.parallel), PATIENCE, (outcome) => {
    outcomes.push(outcome);
    for (const what of outcome.wrong) console.log(`seed ${outcome.seed}: ${what}`);
    if (outcomes.length % 50 === 0) console.log(`${outcomes.length} schedules`);
  });
  process.exitCode = report(outcomes) ? 0 : 1;
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  console.log(`${seeds.length} schedules, from seed ${seeds[0]}, in ${minutes} minutes.`);
}
