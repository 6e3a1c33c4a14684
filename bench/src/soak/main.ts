/** `npm run soak`: whether the router lasts. */
import { parseArgs } from 'node:util';
import { pinLoad } from './peer.ts';
import { soak } from './soak.ts';
import { stuck } from './stuck.ts';

const USAGE = `npm run soak -- [options]

  --minutes N   how long; 20 by default, of which the first quarter is warm-up
  --joins N     visits that begin per second; 100 by default
  --stuck       instead: one subscriber among 1,000 that stops reading, under each policy
  --seconds N   with --stuck: how long each run takes, of which each policy has ten; 25 by default

The soak lets clients come over every transport, in every serializer and by every way to log in, do something of
everything and go in every way, while two residents exchange events and calls that must all arrive, in order.
Of the router, in a process of its own, it takes 400 samples, each after all garbage has been collected. Heap (less
compiled code) and RSS are judged by the slope of the samples after the warm-up: least squares over the means of 20 blocks, with a
95 % confidence interval (Student's t, 18 degrees of freedom). "within" means that the whole interval is below the
bound, "beyond" that it is above, and "not known" that it reaches across: a longer run is narrower. In the end
everybody leaves, and descriptors and map sizes are those of the beginning: the only subscription that the router
holds by itself is that of the topic with a history.

Bounds: heap 0.5 MiB/h, RSS 5 MiB/h, descriptors ± 2, maps as at the beginning, no fault, nothing lost.
With --stuck: nothing lost, p99 1.2 times that of the run in which the one reads (the median of five such pairs), memory
that run's and 40 MiB.
Exit code: 0 when everything is within its bounds, 1 when something is not, or not known to be.
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
