/** `npm run soak`: checks that the router runs for a long time without a leak. */
import { parseArgs } from 'node:util';
import { pinLoad } from './peer.ts';
import { soak } from './soak.ts';
import { stuck } from './stuck.ts';

const USAGE = `npm run soak -- [options]

  --minutes N   the duration; 20 by default, of which the first quarter is warm-up
  --joins N     visits that begin per second; 100 by default
  --stuck       another test: one subscriber among 1,000 stops reading, under each slow-consumer policy
  --seconds N   with --stuck: the duration of each run, of which each policy has ten; 25 by default

Clients connect over every transport, with every serializer and every authentication method, use every feature and leave in
every way, while two resident clients exchange events and calls that must all arrive, in order. The router runs in a separate
process, from which 400 samples are taken, each after all garbage has been collected. The verdicts on heap (without compiled
code) and RSS depend on the slope of the samples after the warm-up: least squares over the means of 20 blocks, with a 95 %
confidence interval (Student's t, 18 degrees of freedom). "within" means that the whole interval is below the bound, "beyond"
that it is above, and "unknown" that it includes the bound, in which case a longer run gives a narrower interval. In the end,
all clients leave, and descriptors and map sizes must be those of the beginning: the router itself holds only the subscription
of the topic with a history.

Limits: heap 0.5 MiB/h, RSS 5 MiB/h, descriptors ± 2, maps as at the beginning, no fault, nothing lost.
With --stuck: nothing lost; p99 at most 1.2 times that of the run in which the subscriber reads (the median of five such
pairs); memory at most that of the same run plus 40 MiB.
Exit code: 0 when everything is within its limits, 1 otherwise, or when it is unknown.
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    joins: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '25' },
    stuck: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else {
  pinLoad();
  const sound = values.stuck
    ? await stuck(Number(values.seconds))
    : await soak({ minutes: Number(values.minutes), joinsPerSecond: Number(values.joins) });
  process.exitCode = sound ? 0 : 1;
}
