/**
 * `npm run captures`: takes the pictures of `wamp` in docs/images, of real runs on a terminal of 100 columns, against a
 * `wamp-router` with traffic. Needs `script` of util-linux and `stty`, which make a terminal without a window.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RouterProcess } from '../bench/src/router-process.ts';
import { PROGRAM } from '../packages/cli/test/support/program.ts';
import { connect, type Session } from '../packages/client/src/index.ts';
import { terminalPicture } from './terminal-picture.ts';

const images = fileURLToPath(new URL('../docs/images/', import.meta.url));
const REALMS = ['com.example.home', 'com.example.office', 'realm1'] as const;
const ROOMS = ['kitchen', 'attic', 'cellar', 'garden'];
const COLUMNS = 100;
const TICKET = 'a ticket of an operator';

const YAML = `
listeners: [{ port: 0, pages: false }]
realms:
${REALMS.map(
  (name) => `  - name: ${name}
    auth: { anonymous: { role: guest } }
    roles:
      guest:
        permissions:
          - { uri: com.*, allow: [call, register, publish, subscribe] }
          - { uri: wamp.*, allow: [call] }`,
).join('\n')}
admin:
  realm:
    auth: { ticket: { principals: { olga: { role: operator, ticket: ${TICKET} } } } }
    roles: { operator: { permissions: [{ uri: wamp.admin.*, allow: [call] }] } }
`;

const folder = mkdtempSync(join(tmpdir(), 'wamp-captures-'));
const router = await RouterProcess.start(folder, YAML);
try {
  writeFileSync(join(folder, 'olga.ticket'), TICKET, { mode: 0o600 });
  await takeAll(router.url('ws'));
} finally {
  await router.stop();
  rmSync(folder, { recursive: true });
}

async function takeAll(url: string): Promise<void> {
  // Most of them are in realm1.
  const realms = Array.from({ length: 12 }, (_, index) => REALMS[index % 6] ?? 'realm1');
  const sessions = await Promise.all(realms.map((realm) => connect(url, { realm })));
  const traffic = new AbortController();
  try {
    await Promise.all(sessions.map(offer));
    const busy = sessions.map((session, index) => use(session, index, traffic.signal));
    await takeTop(url);
    await takeRouter(url);
    await takeSubscribe(url);
    traffic.abort();
    await Promise.all(busy);
    await takeBench(url);
  } finally {
    traffic.abort();
    await Promise.all(sessions.map((session) => session.close()));
  }
}

/** All offer procedures, and listen. */
async function offer(session: Session, index: number): Promise<void> {
  const room = ROOMS[index % ROOMS.length] ?? '';
  await session.register(`com.example.${room}.light`, ([on]: unknown[]) => on === true, {
    invoke: 'roundrobin',
  });
  await session.subscribe('com.example.sensor.', () => undefined, { match: 'prefix' });
}

/** Some call, some publish. */
async function use(session: Session, index: number, signal: AbortSignal): Promise<void> {
  const room = ROOMS[index % ROOMS.length] ?? '';
  for (let turn = 0; !signal.aborted; turn += 1) {
    const celsius = Math.round(10 * (18 + 4 * Math.sin(turn / 7 + index))) / 10;
    if (index % 3 !== 1)
      await session.publish(`com.example.sensor.${room}`, [celsius], { kwargs: { unit: 'celsius' } });
    if (index % 4 !== 0) await session.call(`com.example.${room}.light`, [turn % 2 === 0]);
    await sleep(20 + 11 * index);
  }
}

/** Runs a command of `wamp` on a terminal of its own. @returns what the terminal was sent */
async function onTerminal(url: string, command: string): Promise<string> {
  const program = PROGRAM.map((word) => `'${word}'`).join(' ');
  const line = `stty cols ${COLUMNS} rows 40 && exec ${program} ${command.slice('wamp '.length)}`;
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], TERM: 'xterm-256color', HOME: folder, WAMP_URL: url },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let sent = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (sent += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command} ended with code ${String(code)}:\n${sent}`);
  return sent.replaceAll('\r\n', '\n').replaceAll(url, 'ws://127.0.0.1:8080/ws');
}

function write(name: string, command: string, text: string): void {
  const shown = `\u001b[2m$\u001b[22m ${command}\n${text}`;
  writeFileSync(`${images}${name}.svg`, terminalPicture(command, shown, COLUMNS));
  console.log(`docs/images/${name}.svg`);
}

/** What was on the screen last. */
function lastFrame(sent: string): string {
  // Each picture begins where the last one did; what erases the rest of a line erases nothing here.
  const last = sent.split('\u001b[H').at(-1) ?? '';
  // eslint-disable-next-line no-control-regex -- that is how terminals are told
  return last.replaceAll(/\u001b\[(?:[KJ]|\?\d+[hl])/g, '');
}

async function takeTop(url: string): Promise<void> {
  write('wamp-top', 'wamp top', lastFrame(await onTerminal(url, 'wamp top --interval 1s --count 4')));
}

async function takeRouter(url: string): Promise<void> {
  const command =
    'wamp top --router --realm wamp.admin --auth ticket --authid olga --secret-file olga.ticket';
  const sent = await onTerminal(url, `${command} --interval 1s --count 4`);
  write('wamp-top-router', command, lastFrame(sent));
}

async function takeSubscribe(url: string): Promise<void> {
  const command = 'wamp subscribe com.example.sensor. --match prefix --count 12';
  write('wamp-subscribe', command, await onTerminal(url, command));
}

/** The bar half-way, and what stands there in the end. */
async function takeBench(url: string): Promise<void> {
  const command = 'wamp bench rpc --callers 4';
  const bars = (await onTerminal(url, command)).split('\r\u001b[K').filter((bar) => bar !== '');
  write('wamp-bench', command, `${bars[Math.floor(0.6 * bars.length)] ?? ''}\n\n${bars.at(-1) ?? ''}`);
}
