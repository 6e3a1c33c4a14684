/**
 * `npm run footprint`: what a package costs beside packages by others: the bytes and packages that npm installs, and the time
 * from the start of a process until it has imported a client, or until a router listens. Ours are those that
 * `npm run tarballs` has packed.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tarballsFor } from '../packages.mjs';
import { run, StepFailed } from './step.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Starts of each process, of which the medians count. They are interleaved, so that other work on the machine affects all. */
const STARTS = 15;

/** A row: what is installed, and the arguments of Node that start it. */
interface Candidate {
  readonly name: string;
  readonly install: readonly string[];
  readonly start: readonly string[];
}

/** Reports a process as ready once its server listens; loaded before the program. */
const READY = `import { Server } from 'node:net';
const { listen } = Server.prototype;
Server.prototype.listen = function (...args) {
  this.once('listening', ready);
  return listen.apply(this, args);
};
function ready() {
  const { user, system } = process.cpuUsage();
  process.stdout.write('ready ' + (user + system) / 1000 + '\\n');
}
globalThis.ready = ready;
`;

/** A program that only imports a client. */
function imports(module: string): readonly string[] {
  return ['--input-type=module', '--eval', `await import('${module}'); ready();`];
}

/** A program whose server listens. */
function serves(code: string): readonly string[] {
  const create = `import { createServer } from 'node:http'; const server = createServer();`;
  return ['--input-type=module', '--eval', `${create}${code};server.listen(0, '127.0.0.1');`];
}

const candidates: readonly Candidate[] = [
  { name: 'Node alone', install: [], start: ['--input-type=module', '--eval', 'ready();'] },
  { name: '@wamp/client', install: ours('@wamp/client'), start: imports('@wamp/client') },
  { name: 'autobahn', install: ['autobahn@26.3.1'], start: imports('autobahn') },
  { name: 'wampy', install: ['wampy@8.0.2'], start: imports('wampy') },
  {
    name: '@nats-io/transport-node',
    install: ['@nats-io/transport-node@3.3.1'],
    start: imports('@nats-io/transport-node'),
  },
  { name: 'socket.io-client', install: ['socket.io-client@4.8.4'], start: imports('socket.io-client') },
  {
    name: '@wamp/router',
    install: ours('@wamp/router'),
    start: serves(`import { acceptWebSockets, createRouter } from '@wamp/router';
      acceptWebSockets(createRouter({ realms: ['realm1'] }), { server })`),
  },
  {
    name: '@wamp/router-server',
    install: ours('@wamp/router-server'),
    start: ['node_modules/@wamp/router-server/dist/main.js', 'start', '--port', '0'],
  },
  {
    name: 'fox-wamp',
    install: ['fox-wamp@0.7.28'],
    start: serves(`import FoxRouter from 'fox-wamp'; new FoxRouter().listenWAMP({ server, path: '/ws' })`),
  },
  {
    name: 'socket.io',
    install: ['socket.io@4.8.4'],
    start: serves(`import { Server } from 'socket.io'; new Server(server)`),
  },
];

const folder = mkdtempSync(join(tmpdir(), 'wamp-footprint-'));
try {
  await measure();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  writeFileSync(join(folder, 'ready.mjs'), READY);
  const projects = candidates.map(({ name, install, start }, index) => ({
    ...{ name, install, start, path: join(folder, String(index)) },
    starts: [] as Start[],
  }));
  for (const { install, path } of projects) await installInto(path, install);
  for (let round = 0; round < STARTS; round += 1)
    for (const { path, start, starts } of projects) starts.push(await startOnce(path, start));
  console.log('| package | installed (MB) | packages | cold start (ms) | CPU of it (ms) |');
  console.log('| --- | --: | --: | --: | --: |');
  for (const { name, install, path, starts } of projects) {
    const [size, packages] = install.length === 0 ? ['–', '–'] : await weigh(path);
    const [wall, cpu] = (['wall', 'cpu'] as const).map((key) => median(starts.map((each) => each[key])));
    console.log(`| \`${name}\` | ${size} | ${packages} | ${wall ?? ''} | ${cpu ?? ''} |`);
  }
}

/** The tarballs of a package of this repository, and of those that it needs. */
function ours(name: string): readonly string[] {
  return tarballsFor(name).map((file) => {
    const path = join(root, 'tarballs', file);
    if (existsSync(path)) return path;
    throw new Error(`tarballs/${file} does not exist: run npm run tarballs first`);
  });
}

async function installInto(path: string, packages: readonly string[]): Promise<void> {
  mkdirSync(path);
  writeFileSync(join(path, 'package.json'), '{"private":true,"type":"module"}');
  if (packages.length === 0) return;
  const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'];
  await run('npm', ['install', ...options, ...packages], { cwd: path });
}

/** The size of what was installed (MB), and of how many packages it consists. */
async function weigh(path: string): Promise<readonly [size: string, packages: string]> {
  const listed = await run('npm', ['ls', '--all', '--parseable'], { cwd: path });
  return [
    (sizeOf(join(path, 'node_modules')) / 1e6).toFixed(1),
    String(listed.trim().split('\n').length - 1),
  ];
}

/** One start: the time until the process was ready, and the CPU time of the process until then (ms). */
interface Start {
  readonly wall: number;
  readonly cpu: number;
}

async function startOnce(path: string, start: readonly string[]): Promise<Start> {
  const began = performance.now();
  const child = spawn(process.execPath, ['--import', '../ready.mjs', ...start], {
    cwd: path,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let output = '';
  const ready = new Promise<Start>((resolve, reject) => {
    child.stderr.on('data', (chunk) => (output += String(chunk)));
    child.stdout.on('data', (chunk) => {
      output += String(chunk);
      const [, cpu] = /^ready ([\d.]+)$/m.exec(output) ?? [];
      if (cpu !== undefined) resolve({ wall: performance.now() - began, cpu: Number(cpu) });
    });
    child.once('close', () => {
      reject(new StepFailed(`${start.join(' ')} ended before it was ready:\n${output}`));
    });
  });
  try {
    return await ready;
  } finally {
    child.kill();
    await ended;
  }
}

function median(values: readonly number[]): string {
  const sorted = [...values].sort((one, other) => one - other);
  return (sorted[Math.floor(sorted.length / 2)] ?? NaN).toFixed(0);
}

/** The bytes of all files below a folder. */
function sizeOf(path: string): number {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
