/** `npm run cluster:schedules`: checks that a cluster keeps its promises while routers, NATS servers and networks fail. */
import { parseArgs } from 'node:util';
import { sleep } from '../sleep.ts';
import { report } from './report.ts';
import { Schedule, type Outcome } from './schedule.ts';
import { Stage } from './stage.ts';

const USAGE = `npm run cluster:schedules -- [options]

  --schedules N  the number of random schedules; 200 by default
  --parallel N   the number of clusters that run schedules at the same time; 2 by default
  --seed N       the first seed; the next schedules use the next integers; 1 by default
  --logs         print what the processes have logged when a schedule finds a fault

Each cluster has three wamp-router processes, and three nats-server processes with JetStream, with proxies between all of them. In each
schedule, sessions join, call, publish, subscribe and register while routers and NATS servers are killed (SIGKILL), frozen
(SIGSTOP) and restarted, and connections are cut, silenced in one direction or both, and NATS servers isolated from each other.
Then all faults end, and everything must be in order. A seed chooses the faults and the load; what meets what depends on the
machine. Needs \`npm run build\` and nats-server. Exit code: 0 when nothing was wrong, 1 otherwise.
To repeat the schedule of a seed: --seed N --schedules 1.
`;

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '200' },
    parallel: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    logs: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
/** When a node is declared dead (ms): short, so that schedules are. */
const DEAD_AFTER = 2000;
/** How long a schedule may take at most (s). */
const MOST = 150;

if (values.help) console.log(USAGE);
else {
  const first = Number(values.seed);
  const last = first + Number(values.schedules) - 1;
  const began = performance.now();
  const outcomes: Outcome[] = [];
  let next = first;
  const work = async (): Promise<void> => {
    const stage = await Stage.start(DEAD_AFTER);
    try {
      const joined = await stage.recover(30);
      if (typeof joined === 'string') throw new Error(`the cluster does not form: ${joined}\n${stage.logs}`);
      while (next <= last) {
        next += 1;
        const seed = next - 1;
        const outcome = await Promise.race([new Schedule(stage, seed).run(), sleep(MOST)]);
        if (outcome === undefined)
          throw new Error(`seed ${seed} has not ended within ${MOST} s\n${stage.logs}`);
        outcomes.push(outcome);
        tell(outcome);
        if (values.logs && outcome.book.wrongs.length > 0) console.log(stage.logs);
      }
    } finally {
      await stage.stop();
    }
  };
  await Promise.all(Array.from({ length: Number(values.parallel) }, work));
  process.exitCode = report(outcomes, (performance.now() - began) / 1000) ? 0 : 1;
}

function tell({ seed, faults, book, took, recovery }: Outcome): void {
  const what = faults.map(({ kind, target, at, lasts }) => `${kind} (${target}, ${at}+${lasts})`).join(', ');
  console.log(`seed ${seed}: ${took.toFixed(1)} s, recovery ${recovery?.toFixed(1) ?? '–'} s: ${what}`);
  for (const { kind, what: detail } of book.wrongs) console.log(`  ${kind}: ${detail}`);
}
