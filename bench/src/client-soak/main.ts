/** `npm run soak:client`: whether a session lasts while its connections do not. */
import { parseArgs } from 'node:util';
import { fastSoak } from './fast.ts';
import { realSoak } from './real.ts';

const USAGE = `npm run soak:client -- [options]

  --hours N    hours by a clock that is moved, with a cut every 10 s; 24 by default, 0 for none
  --minutes N  minutes by the clock of the machine; 30 by default, 0 for none
  --cut N      seconds from one cut to the next in these minutes; 5 by default

One session serves, calls, publishes and subscribes, and its connections are cut. Every call has to be answered or to be said
to be lost, and every confirmed event has to arrive once, in order, or within a gap. The heap is measured after all garbage has been
collected, and judged by the slope of the samples after the first quarter, with a 95 % confidence interval: "beyond" means that the
whole interval is above the bound, "unknown" that it reaches across it: a longer run is narrower.
Exit code: 0 when nothing is wrong and no slope is beyond its bound, else 1.
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
