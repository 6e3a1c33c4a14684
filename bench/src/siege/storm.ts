/** `npm run storm`: thousands of clients join at once, while a few hostile ones hold as many connections as they can. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { digits } from '../figures.ts';
import { sleep } from '../sleep.ts';
import { freePort } from './free-port.ts';
import { Link, type Place, type Speech } from './link.ts';
import { Program } from './program.ts';
import { longestTurn } from './report.ts';
import { count, newKindTally } from './tally.ts';

const USAGE = `npm run storm -- [options]

  --sessions N   clients that connect in the same turn; 5000 by default, over WebSocket, then over RawSocket
  --hostile N    hostile addresses that connect repeatedly and never send HELLO; 0 by default
  --hold N       connections that each of these tries to hold; 400 by default
  --router FILE  the main.js of another build

The clients connect from the loopback address. With --hostile, each has an address of its own, by X-Forwarded-For and by the
PROXY protocol, which the router trusts.
Exit code: 0 when every client has joined, over both transports, and 1 otherwise.
`;

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '5000' },
    hostile: { type: 'string', default: '0' },
    hold: { type: 'string', default: '400' },
    router: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** Hostile clients connect this long before the others (s). */
const HEAD_START = 3;

/** An address for a client, by number. */
function address(number: number): string {
  return `10.${1 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
}

function hostileAddress(number: number): string {
  return number % 2 === 0 ? `203.0.113.${1 + number}` : `2001:db8:0:${number}::1`;
}

function configuration(webSockets: number, rawSockets: number): string {
  return `
listeners:
  - { address: 127.0.0.1, port: ${webSockets}, trusted_proxies: [127.0.0.1], forwarding_header: x-forwarded-for }
  - { address: 127.0.0.1, port: ${rawSockets}, trusted_proxies: [127.0.0.1], proxy_protocol: true }
realms:
  - name: realm1
    auth: { anonymous: { role: anyone } }
    roles: { anyone: { permissions: [{ uri: '*', allow: [call] }] } }
`;
}

/** Holds connections that never become sessions: whenever one is cut, the next is opened. */
class Holder {
  readonly #place: Place;
  readonly #speech: Speech;
  readonly #stopping = new AbortController();
  held = 0;

  constructor(place: Place, speech: Speech) {
    this.#place = { ...place, silent: true };
    this.#speech = speech;
  }

  hold(connections: number): void {
    for (let index = 0; index < connections; index += 1) void this.#again();
  }

  end(): void {
    this.#stopping.abort();
  }

  #goesOn(): boolean {
    return !this.#stopping.signal.aborted;
  }

  async #again(): Promise<void> {
    while (this.#goesOn()) {
      try {
        const link = await Link.open(this.#place, this.#speech, newKindTally());
        this.held += 1;
        while (!link.isOver && this.#goesOn()) await sleep(0.1);
        this.held -= 1;
        link.leave();
      } catch {
        await sleep(0.05);
      }
    }
  }
}

/** Joins all clients at once. @returns true when all have joined */
async function storm(program: Program, port: number, speech: Speech, hostile: number): Promise<boolean> {
  const holders = Array.from({ length: hostile }, (_, number) => {
    const place = { port, realm: 'realm1', from: hostileAddress(number) };
    return new Holder(place, speech);
  });
  for (const holder of holders) holder.hold(Number(values.hold));
  if (hostile > 0) await sleep(HEAD_START);
  await program.ask('siege: fresh');
  const refused: Record<string, number> = {};
  const times: number[] = [];
  const started = performance.now();
  const joining = Array.from({ length: Number(values.sessions) }, async (_, number) => {
    const from = hostile > 0 ? address(number) : undefined;
    try {
      const link = await Link.open({ port, realm: 'realm1', from }, speech, newKindTally());
      times.push(performance.now() - started);
      return link;
    } catch (error) {
      count(refused, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  });
  const links = await Promise.all(joining);
  const figures = await program.ask('siege: figures');
  const held = holders.map((each) => each.held);
  for (const holder of holders) holder.end();
  for (const link of links) link?.leave();
  times.sort((a, b) => a - b);
  const at = (fraction: number): string => digits(times[Math.ceil(fraction * times.length) - 1]);
  const refusals = Object.entries(refused).map(([why, often]) => `${often} ${why}`);
  console.log(
    `${speech}: ${times.length} of ${values.sessions} joined; p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms; ` +
      `not joined: ${refusals.join(', ') || 'none'}; ${longestTurn(figures)}` +
      (hostile > 0 ? `; held meanwhile: ${held.join(' and ')}` : ''),
  );
  return times.length === Number(values.sessions) && program.death === undefined;
}

async function run(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'wamp-storm-'));
  const hostile = Number(values.hostile);
  const port = await freePort();
  const rawPort = hostile > 0 ? await freePort() : port;
  const config = join(folder, 'router.yaml');
  if (hostile > 0) writeFileSync(config, configuration(port, rawPort));
  const program = await Program.start({
    heap: 1024,
    port,
    config: hostile > 0 ? config : undefined,
    program: values.router,
    profile: undefined,
  });
  const overWebSocket = await storm(program, port, 'websocket', hostile);
  await sleep(1);
  const overRawSocket = await storm(program, rawPort, 'rawsocket', hostile);
  await program.stop();
  rmSync(folder, { recursive: true });
  return overWebSocket && overRawSocket;
}

if (values.help) console.log(USAGE);
else process.exit((await run()) ? 0 : 1);
