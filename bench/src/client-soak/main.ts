/** `npm run soak:client`: checks that a session survives many lost connections without a leak. */
import { parseArgs } from 'node:util';
import { fastSoak } from './fast.ts';
import { realSoak } from './real.ts';

const USAGE = `npm run soak:client -- [options]

  --hours N    simulated hours with a manual clock, with a cut every 10 s; 24 by default, 0 for none
  --minutes N  minutes of real time; 30 by default, 0 for none
  --cut N      seconds between cuts in real time; 5 by default

One session serves, calls, publishes and subscribes, and its connections are cut. Every call has to be answered or to reject
because of a lost connection, and every confirmed event has to arrive once and in order, or to be covered by a gap. The heap is
measured after all garbage has been collected. The verdict depends on the slope of the samples after the first quarter, with a
95 % confidence interval: "beyond" means that the whole interval is above the bound, "unknown" that the interval includes the
bound, in which case a longer run gives a narrower interval.
Exit code: 0 when no fault was found and no slope is beyond its bound, 1 otherwise.
`;

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '24' },
    minutes: { type: 'string', default: '30' },
    cut: { type: 'string', default: '5' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else {
  const isFast = Number(values.hours) === 0 || (await fastSoak(Number(values.hours)));
  const isReal = Number(values.minutes) === 0 || (await realSoak(Number(values.minutes), Number(values.cut)));
  process.exitCode = isFast && isReal ? 0 : 1;
}
