/** `npm run cluster:figures`: measures what a cluster costs, beside a router on its own. */
import { parseArgs } from 'node:util';
import { median } from '../median.ts';
import { Random } from '../siege/random.ts';
import { sleep } from '../sleep.ts';
import { Actor } from './actor.ts';
import { Book } from './book.ts';
import { flowDuring, joined, killRouter, latencyBesideFrozen, type NatsFault } from './figures-faults.ts';
import { memoryOfSessions } from './figures-memory.ts';
import { measureTraffic, type Traffic } from './figures-traffic.ts';
import { RouterNode } from './nodes.ts';
import { Stage } from './stage.ts';

const USAGE = `npm run cluster:figures -- [options]

  --runs N         runs of each figure, of which the median counts; 5 by default
  --seconds S      length of a run; 1 by default
  --subscribers N  subscribers of the wide fan-out; 3000 by default
  --sessions N     sessions for the measurement of memory; 50000 by default
  --only LIST      some of: calls, events, registrations, memory, faults; all by default

Starts a router on its own, and three as a cluster over three NATS servers. Both are measured in turns. Needs \`npm run build\`,
nats-server, and a quiet machine: with fewer than six cores, times are those of a busy machine, but CPU times hold.
`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    subscribers: { type: 'string', default: '3000' },
    sessions: { type: 'string', default: '50000' },
    only: { type: 'string', default: 'calls,events,registrations,memory,faults' },
    help: { type: 'boolean', default: false },
  },
});
const [runs, seconds] = [Number(values.runs), Number(values.seconds)];
const only = new Set(values.only.split(','));

const CALLS: readonly (Traffic & { readonly most: number })[] = [
  { name: 'call, 16 B, window 512', size: 16, window: 512, most: 1.3 },
  { name: 'call, 16 B, window 64', size: 16, window: 64, most: 2 },
  { name: 'call, 1 KiB, window 64', size: 1024, window: 64, most: 2 },
  { name: 'call, 128 B, window 8', size: 128, window: 8, most: 3 },
  { name: 'call, 128 B, window 1', size: 128, window: 1, most: 3.5 },
];

const EVENTS: Traffic = { name: 'publish 1→100', size: 128, window: 4, subscribers: 100 };

/** How long each kind of traffic runs before anything is measured (s): after two seconds, a call of few at a time costs twice as much as later. */
const WARM_UP = 8;

/** Prints a figure, its spread, and whether it is within its limit. */
function row(what: string, figures: readonly number[], unit: string, most?: number): void {
  const [middle, least, largest] = [median(figures), Math.min(...figures), Math.max(...figures)];
  const range = `${least.toFixed(2)} … ${largest.toFixed(2)}`;
  const wanted = most === undefined ? '' : `  wanted ≤ ${most}: ${middle <= most ? 'yes' : 'NO'}`;
  console.log(
    `${what.padEnd(62)} ${middle.toFixed(2).padStart(9)} ${unit.padEnd(6)} ${range.padEnd(18)}${wanted}`,
  );
}

/** Has all nodes compile what they will run: what is measured before that is many times the cost. */
async function warmUp(alone: RouterNode, nodes: readonly RouterNode[]): Promise<void> {
  const [a, b] = nodes;
  if (a === undefined || b === undefined) return;
  for (const traffic of [CALLS[0], CALLS[2], CALLS[3], EVENTS]) {
    if (traffic === undefined) continue;
    await measureTraffic(traffic, alone, [alone], WARM_UP);
    await measureTraffic(traffic, a, [b], WARM_UP);
  }
}

async function measureCalls(alone: RouterNode, [a, b]: readonly RouterNode[]): Promise<void> {
  if (a === undefined || b === undefined) return;
  for (const traffic of CALLS) {
    const [ratios, added, single, cluster]: [number[], number[], number[], number[]] = [[], [], [], []];
    for (let run = 0; run < runs; run += 1) {
      const one = await measureTraffic(traffic, alone, [alone], seconds);
      const two = await measureTraffic(traffic, a, [b], seconds);
      const [cpu = NaN] = one.cpu;
      ratios.push(Math.max(...two.cpu) / cpu);
      added.push(two.latency - one.latency);
      single.push(cpu);
      cluster.push(Math.max(...two.cpu));
    }
    row(`${traffic.name}: CPU at the busier node ÷ on its own`, ratios, '×', traffic.most);
    row(`  CPU on its own`, single, 'µs');
    row(`  CPU at the busier node`, cluster, 'µs');
    if (traffic.window === 1) row(`  added latency, p50`, added, 'ms', 0.6);
  }
}

async function measureEvents(alone: RouterNode, nodes: readonly RouterNode[]): Promise<void> {
  const [a, b] = nodes;
  if (a === undefined || b === undefined) return;
  const wide: Traffic = { name: 'publish', size: 128, window: 2, subscribers: Number(values.subscribers) };
  const ratios: number[] = [];
  const byNode: number[][] = nodes.map(() => []);
  const single: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const [one] = (await measureTraffic(EVENTS, alone, [alone], seconds)).cpu;
    const [, two] = (await measureTraffic(EVENTS, a, [b], seconds)).cpu;
    ratios.push((two ?? NaN) / (one ?? NaN));
    const [own = NaN] = (await measureTraffic(wide, alone, [alone], seconds)).cpu;
    single.push(own);
    (await measureTraffic(wide, a, nodes, seconds)).cpu.forEach((cpu, index) =>
      byNode[index]?.push(cpu / own),
    );
  }
  row('publish 1→100, all at another node: CPU there ÷ on its own', ratios, '×', 1.1);
  row(`publish 1→${String(wide.subscribers)} on its own: CPU per event`, single, 'µs');
  nodes.forEach(({ name }, index) => {
    const shares = byNode[index] ?? [];
    row(`  over three nodes: CPU of ${name} per event of all ÷ on its own`, shares, '×');
    row(
      `  CPU of ${name} per event that it delivers ÷ on its own`,
      shares.map((share) => share * nodes.length),
      '×',
    );
  });
}

async function measureRegistrations({ nodes: [a] }: Stage): Promise<void> {
  if (a === undefined) return;
  const [idle, many]: [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run += 1) {
    const actor = await joined(new Actor(`callee${run}`, a, new Book(), new Random(run)));
    const register = (procedure: string): Promise<unknown> =>
      new Promise((resolve) => {
        actor.register(procedure, 'single', resolve);
      });
    const began = performance.now();
    for (let index = 0; index < 20; index += 1) await register(`com.idle.p${index}`);
    idle.push((performance.now() - began) / 20);
    const then = performance.now();
    await Promise.all(Array.from({ length: 1000 }, (_, index) => register(`com.many.p${index}`)));
    many.push((performance.now() - then) / 1000);
    actor.leave(false);
    await sleep(2);
  }
  row('REGISTER, three replicas, one after the other', idle, 'ms', 5);
  row('1,000 REGISTERs at a time', many, 's', 2);
}

async function measureFaults(stage: Stage): Promise<void> {
  const freeze = async (index: number): Promise<void> => {
    stage.nats.servers[index]?.child.freeze();
    await sleep(4);
    stage.nats.servers[index]?.child.thaw();
  };
  const kill = async (index: number): Promise<void> => {
    await stage.nats.servers[index]?.child.stop('SIGKILL');
    await sleep(1);
    stage.nats.servers[index]?.child.start();
  };
  for (const [name, fault, most] of [
    ['a NATS server killed', kill, 500],
    ['a NATS server frozen for 4 s', freeze, 4000],
  ] as const) {
    const outcomes: NatsFault[] = [];
    for (let run = 0; run < Math.max(3, runs); run += 1) {
      outcomes.push(await flowDuring(stage, () => fault(run % 3)));
      await stage.recover(30);
      await sleep(2);
    }
    row(
      `${name}: events lost`,
      outcomes.map(({ lost }) => lost),
      '',
      0,
    );
    row(
      `  calls failed`,
      outcomes.map(({ failedCalls }) => failedCalls),
      '',
      0,
    );
    row(
      `  longest silence`,
      outcomes.map(({ silence }) => silence),
      'ms',
      most,
    );
  }
  const beside = [
    await latencyBesideFrozen(stage),
    await latencyBesideFrozen(stage),
    await latencyBesideFrozen(stage),
  ];
  row(
    'a router that stops reading: p99 between the others ÷ before',
    beside.map(({ reading, frozen }) => frozen / reading),
    '×',
    3,
  );
  const deaths = [await killRouter(stage), await killRouter(stage), await killRouter(stage)];
  row(
    'a router killed: its calls have ended after',
    deaths.map(({ callsEnded }) => callsEnded),
    's',
    6,
  );
  row(
    '  its claim has been taken over after',
    deaths.map(({ claimTaken }) => claimTaken),
    's',
    7,
  );
  row(
    '  sessions without exactly one on_leave',
    deaths.map(({ unbalanced }) => unbalanced),
    '',
    0,
  );
}

if (values.help) console.log(USAGE);
else {
  const stage = await Stage.start(5000, true);
  const { folder } = stage;
  const alone = await RouterNode.make({ name: 'alone', folder, nats: [], isDirect: true, deadAfterMs: 5000 });
  try {
    alone.child.start();
    const formed = await stage.recover(30);
    if (typeof formed === 'string') throw new Error(`the cluster does not form: ${formed}\n${stage.logs}`);
    await warmUp(alone, stage.nodes);
    if (only.has('calls')) await measureCalls(alone, stage.nodes);
    if (only.has('events')) await measureEvents(alone, stage.nodes);
    if (only.has('registrations')) await measureRegistrations(stage);
    if (only.has('memory')) {
      row('a session of another node: heap', [await memoryOfSessions(stage, Number(values.sessions))], 'B');
      await sleep(3);
    }
    if (only.has('faults')) await measureFaults(stage);
  } finally {
    await alone.stop();
    await stage.stop();
  }
}
