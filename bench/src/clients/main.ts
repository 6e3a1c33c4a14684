/** `npm run clients`: compares the CPU time of a call, an invocation and an event in the client with other libraries. */
import { fork, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connect, type Session } from '@wamp/client';
import { acceptWebSockets, createRouter } from '@wamp/router';
import { median } from '../median.ts';
import { listening } from '../peers/ready.ts';
import { LIBRARIES, WORKS, type Library, type Report, type Work } from './works.ts';

const USAGE = `npm run clients -- [options]

  --rounds N  the number of runs of each library, interleaved; 7 by default
  --count N   the number of timed operations of each kind; 60000 by default
  --check     exit code 1 if a row is above its target
`;
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    count: { type: 'string', default: '60000' },
    check: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const COUNT = Number(values.count);
/** The target of a row, as a multiple of the cost without a library. */
const MOST = 1.25;
const TEXT = '0123456789abcdef';

/** Calls the procedure of the child, or publishes to its topic. */
async function drive(session: Session, work: Work): Promise<void> {
  let left = COUNT * 1.5;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      if (work === 'event') await session.publish('bench.topic', [TEXT], { acknowledge: left % 64 === 0 });
      else await session.call('bench.child', [TEXT]);
    }
  };
  await Promise.all(Array.from({ length: work === 'event' ? 1 : 64 }, worker));
}

/** Runs one process of one library. */
async function measure(library: Library, url: string, session: Session): Promise<Report> {
  const entry = fileURLToPath(new URL(`entry${extname(import.meta.url)}`, import.meta.url));
  const child: ChildProcess = fork(entry, [library, url, String(COUNT)]);
  try {
    return await new Promise<Report>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`${library} ended with code ${code}`)));
      child.on('message', (message: { readonly drive?: Work; readonly report?: Report }) => {
        if (message.drive !== undefined) drive(session, message.drive).catch(reject);
        if (message.report !== undefined) resolve(message.report);
      });
    });
  } finally {
    child.kill();
  }
}

async function main(): Promise<void> {
  const router = createRouter({ realms: ['realm1'] });
  const server = createServer();
  acceptWebSockets(router, { server });
  const url = `ws://${await listening(server)}/ws`;
  const session = await connect(url, { realm: 'realm1' });
  await session.register('bench.echo', ([value]) => value);
  const reports = new Map<Library, Report[]>(LIBRARIES.map((library) => [library, []]));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const [library, measured] of reports) measured.push(await measure(library, url, session));
  }
  console.log('CPU of the client, in µs for each operation: medians of interleaved runs\n');
  console.log(['', ...LIBRARIES, 'target'].map((cell) => cell.padEnd(24)).join(''));
  for (const [work, words] of Object.entries(WORKS) as [Work, string][]) {
    const costs = LIBRARIES.map((library) => median((reports.get(library) ?? []).map((each) => each[work])));
    const [raw = NaN, ours = NaN, autobahn = NaN, wampy = NaN] = costs;
    const target = Math.min(autobahn, wampy, MOST * raw);
    const isMet = ours <= target;
    if (values.check && !isMet) process.exitCode = 1;
    const cells = [
      words,
      ...costs.map((cost) => cost.toFixed(1)),
      `${target.toFixed(1)} ${isMet ? '✓' : '✗'}`,
    ];
    console.log(cells.map((cell) => cell.padEnd(24)).join(''));
  }
  process.exit();
}

if (values.help) process.stdout.write(USAGE);
else await main();
