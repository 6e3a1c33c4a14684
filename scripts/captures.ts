// Takes the pictures of `wamp` in docs/images, of real runs against a router with traffic: `npm run captures`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startWamp, type Running } from '../packages/cli/test/support/terminal.ts';
import { connect, type Session } from '../packages/client/src/index.ts';
import { acceptWebSockets, createRouter } from '../packages/router/src/index.ts';
import { terminalPicture } from './terminal-picture.ts';

const images = fileURLToPath(new URL('../docs/images/', import.meta.url));
const realm = 'realm1';
const ROOMS = ['kitchen', 'attic', 'cellar', 'garden'];

if (process.argv[2] === 'router') await serve();
else await takeAll();

/** A router in a process of its own, which prints its URL. */
async function serve(): Promise<void> {
  const server = createServer();
  acceptWebSockets(createRouter({ realms: [realm] }), { server });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // It ends with whoever started it.
  process.stdin.resume().once('end', () => process.exit());
  console.log(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`);
}

async function takeAll(): Promise<void> {
  const words = [...process.execArgv, fileURLToPath(import.meta.url), 'router'];
  const router = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [url] = (await once(createInterface(router.stdout), 'line')) as [string];
  const sessions = await Promise.all(Array.from({ length: 12 }, () => connect(url, { realm })));
  const traffic = new AbortController();
  try {
    await Promise.all(sessions.map(offer));
    const busy = sessions.map((session, index) => use(session, index, traffic.signal));
    await takeTop(url);
    await takeSubscribe(url);
    traffic.abort();
    await Promise.all(busy);
    await takeBench(url);
  } finally {
    traffic.abort();
    await Promise.all(sessions.map((session) => session.close()));
    router.kill();
  }
}

/** Some offer procedures, and all listen. */
async function offer(session: Session, index: number): Promise<void> {
  const room = ROOMS[index % ROOMS.length] ?? '';
  if (index < 4) await session.register(`com.example.${room}.light`, ([on]: unknown[]) => on === true);
  await session.subscribe('com.example.sensor.', () => undefined, { match: 'prefix' });
}

/** Some call, some publish. */
async function use(session: Session, index: number, signal: AbortSignal): Promise<void> {
  const room = ROOMS[index % ROOMS.length] ?? '';
  for (let turn = 0; !signal.aborted; turn += 1) {
    const celsius = Math.round(10 * (18 + 4 * Math.sin(turn / 7 + index))) / 10;
    if (index % 3 === 0)
      await session.publish(`com.example.sensor.${room}`, [celsius], { kwargs: { unit: 'celsius' } });
    if (index > 3) await session.call(`com.example.${room}.light`, [turn % 2 === 0]);
    await sleep(20 + 11 * index);
  }
}

function wamp(url: string, words: string): Running {
  return startWamp(words.split(' '), { HOME: '/nonexistent', WAMP_URL: url }, { terminal: true });
}

function write(name: string, command: string, text: string): void {
  writeFileSync(`${images}${name}.svg`, terminalPicture(command, `\u001b[2m$\u001b[22m ${command}\n${text}`));
  console.log(`docs/images/${name}.svg`);
}

async function takeTop(url: string): Promise<void> {
  const { stdout } = await wamp(url, 'top --interval 1s --count 4').ended;
  // Each picture begins where the last one did; what erases the rest of a line erases nothing here.
  const last = stdout.split('\u001b[H').at(-1) ?? '';
  // eslint-disable-next-line no-control-regex -- that is how terminals are told
  const shown = last.replaceAll(/\u001b\[(?:[KJ]|\?\d+[hl])/g, '').replaceAll(url, 'ws://127.0.0.1:8080/ws');
  write('wamp-top', 'wamp top', shown);
}

async function takeSubscribe(url: string): Promise<void> {
  const command = 'wamp subscribe com.example.sensor. --match prefix --count 12';
  const { stdout, stderr } = await wamp(url, command.slice('wamp '.length)).ended;
  write('wamp-subscribe', command, stderr + stdout);
}

/** The bar half-way, and what stands there in the end. */
async function takeBench(url: string): Promise<void> {
  const command = 'wamp bench rpc --callers 4';
  const { stdout, stderr } = await wamp(url, command.slice('wamp '.length)).ended;
  const bars = stderr.split('\r\u001b[K').filter((bar) => bar !== '');
  write('wamp-bench', command, `${bars[Math.floor(0.6 * bars.length)] ?? ''}\n\n${stdout}`);
}
