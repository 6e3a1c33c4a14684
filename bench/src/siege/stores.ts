/** `npm run stores`: fills each store of the router until it refuses more, and shows what that costs in memory. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connect, ticket, type Session } from '@wamp/client';
import { digits } from '../figures.ts';
import { freePort } from './free-port.ts';
import * as Hoards from './hoards.ts';
import type { Link } from './link.ts';
import { Program } from './program.ts';

const USAGE = `npm run stores -- [options]

  --only REGEX   only the stores whose name matches
  --most N       the payloads of ${Hoards.PAYLOAD} bytes that all sessions together send at most; 1600 by default
  --router FILE  the main.js of another build

Each line is a router of its own with a heap of 1 GiB: first one hostile session, then 200 for the stores that are limited by session.
Exit code: 0 when every router lives, 1 otherwise.
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    most: { type: 'string', default: '1600' },
    router: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** The stores, and the numbers of hostile sessions that fill each. */
const STORES: readonly (readonly [string, Hoards.Hoarding, readonly number[]])[] = [
  ['testaments', Hoards.testaments, [1, 200]],
  ['retained events', Hoards.retained, [1]],
  ['event history', Hoards.history, [1]],
  ['calls that wait', Hoards.waitingCalls, [1, 200]],
  ['undecided messages', Hoards.undecided, [1, 200]],
  ['long-poll bodies', Hoards.longPollBodies, [1]],
];

const MIB = 1024 * 1024;
const TICKET = 'stores';

function configuration(port: number): string {
  return `
listeners: [{ address: 127.0.0.1, port: ${port} }]
realms:
  - name: realm1
    auth:
      anonymous: { role: hostile }
      ticket: { principals: { service: { role: service, ticket: ${TICKET} } } }
    history: [{ topic: stores.history, depth: 100000 }]
    roles:
      service: { permissions: [{ uri: '*', allow: [register, call] }] }
      hostile: { authorizer: { procedure: stores.decide, timeout: 1h } }
limits: { authorize_timeout: 1h }
`;
}

/** The session that never answers calls, nor decides on publications to one topic. */
async function startService(port: number): Promise<Session> {
  const session = await connect(`ws://127.0.0.1:${port}/ws`, {
    realm: 'realm1',
    auth: ticket('service', TICKET),
  });
  const never = new Promise<never>(() => undefined);
  await session.register('stores.slow', () => never, { concurrency: 1 });
  await session.register('stores.decide', ([, uri]) => (uri === 'stores.undecided' ? never : true));
  return session;
}

/** @returns true when the router still runs */
async function fill(name: string, hoarding: Hoards.Hoarding, sessions: number): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'wamp-stores-'));
  const port = await freePort();
  const config = join(folder, 'router.yaml');
  writeFileSync(config, configuration(port));
  const program = await Program.start({
    heap: 1024,
    port,
    config,
    program: values.router,
    profile: undefined,
  });
  const service = await startService(port);
  const rss = async (): Promise<number> => ((await program.ask('siege: figures'))?.rss ?? 0) / MIB;
  const before = await rss();
  let peak = before;
  const most = Math.ceil(Number(values.most) / sessions);
  const links: Link[] = [];
  for (let session = 0; session < sessions; session += 1) links.push(await Hoards.openSession(port));
  const filling = Promise.all(links.map((link, session) => hoarding({ port, link, session, most })));
  const watch = setInterval(() => void rss().then((now) => (peak = Math.max(peak, now))), 250);
  const hoards = await filling;
  clearInterval(watch);
  const after = ((await program.ask('siege: collect'))?.rss ?? 0) / MIB;
  const sent = hoards.reduce((total, each) => total + each.sent, 0) * Hoards.PAYLOAD;
  const answers = [...new Set(hoards.map(({ answer }) => answer))].join(', ');
  console.log(
    `| ${name} | ${sessions} | ${digits(sent / MIB)} | ` +
      `${digits(before)} → ${digits(after)} (${digits(peak)}) | ${answers} | ${program.death ?? 'lives'} |`,
  );
  const isAlive = program.death === undefined;
  for (const link of links) link.leave();
  await service.close();
  await program.stop();
  rmSync(folder, { recursive: true });
  return isAlive;
}

async function run(): Promise<boolean> {
  console.log('| store | sessions | sent (MiB) | RSS before → then (peak), MiB | answer | router |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  const chosen = STORES.filter(([name]) => new RegExp(values.only, 'u').test(name));
  let isGood = true;
  for (const [name, hoarding, crowds] of chosen)
    for (const sessions of crowds) isGood = (await fill(name, hoarding, sessions)) && isGood;
  return isGood;
}

if (values.help) console.log(USAGE);
else process.exit((await run()) ? 0 : 1);
