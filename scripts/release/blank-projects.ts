/** Blank projects outside the repository: each installs the published packages as a user would, and uses them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { everyEntry, everyEntryUnderPnpm } from './every-entry.ts';

export interface BlankProject {
  readonly name: string;
  /** Its name in the closing table. */
  readonly short: string;
  /** What it depends on: of this repository, and of others with a version (`NAME@VERSION`). */
  readonly dependencies: readonly string[];
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** The command that installs what is named behind it; npm by default. */
  readonly installer?: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  /** Commands that are to succeed, in order. */
  readonly commands: readonly (readonly string[])[];
  /** What the last command prints, among other things. */
  readonly prints?: string;
}

/** A router, a callee and a caller in one process, in JavaScript for either module system. */
const CONVERSATION = `
const router = createRouter({ realms: ['realm1'] });
const server = createServer();
acceptWebSockets(router, { server });
server.listen(0, '127.0.0.1', () => void converse());
async function converse() {
  const callee = await connect(\`ws://127.0.0.1:\${server.address().port}/ws\`, { realm: 'realm1' });
  await callee.register('com.example.add', ([a, b]) => a + b);
  const caller = await connect(\`ws://127.0.0.1:\${server.address().port}/ws\`, { realm: 'realm1' });
  console.log('the sum is', await caller.call('com.example.add', [2, 3]));
  await Promise.all([caller.close(), callee.close()]);
  server.close();
  await router.close();
}
`;

const MODULE = `import { createServer } from 'node:http';
import { connect } from '@wamp/client';
import { acceptWebSockets, createRouter } from '@wamp/router';
${CONVERSATION}`;

/** A client in JavaScript, for a runtime other than Node: its router is in a process of Node. */
const CLIENT = `import { connect } from '@wamp/client';
import { msgpack } from '@wamp/client/msgpack';
const url = process.env.WAMP_URL;
const callee = await connect(url, { realm: 'realm1', serializers: [msgpack] });
await callee.register('com.example.add', ([a, b]) => a + b);
const caller = await connect(url, { realm: 'realm1' });
console.log('the sum is', await caller.call('com.example.add', [2, 3]));
await Promise.all([caller.close(), callee.close()]);
`;

/** Starts a router in this process, then a program with its URL. */
const BESIDE_ROUTER = `import { createServer } from 'node:http';
import { spawn } from 'node:child_process';
import { acceptWebSockets, createRouter } from '@wamp/router';
const router = createRouter({ realms: ['realm1'] });
const server = createServer();
acceptWebSockets(router, { server });
server.listen(0, '127.0.0.1', () => {
  const [command, ...args] = process.argv.slice(2);
  const env = { ...process.env, WAMP_URL: \`ws://127.0.0.1:\${server.address().port}/ws\` };
  spawn(command, args, { stdio: 'inherit', env }).on('exit', async (code) => {
    process.exitCode = code ?? 1;
    server.close();
    await router.close();
  });
});
`;

/** A project that uses the client on another runtime. @param command runs a file */
function onRuntime(name: string, command: readonly string[]): BlankProject {
  return {
    name,
    short: name,
    dependencies: ['@wamp/client', '@wamp/router'],
    manifest: { type: 'module' },
    files: { 'client.js': CLIENT, 'router.js': BESIDE_ROUTER },
    commands: [['node', 'router.js', ...command, 'client.js']],
    prints: 'the sum is 5',
  };
}

/** A client in TypeScript, for a browser: neither Node's types nor those of a package are there. */
const TYPED = `
import { connect, type Session } from '@wamp/client';
import { msgpack } from '@wamp/client/msgpack';
import { defineContract } from '@wamp/client/contract';
export async function add(url: string): Promise<unknown> {
  const session: Session = await connect(url, { realm: 'realm1', serializers: [msgpack] });
  const subscription = await session.subscribe('com.example.news', ([text]) => {
    document.title = String(text);
  });
  await subscription.unsubscribe();
  return session.call('com.example.add', [2, 3]);
}
export const define = defineContract;
`;

/** A TypeScript project without any types but its own and those of the packages, which are checked. */
function tsconfig(module: string, moduleResolution: string, include: string): string {
  const lib = ['es2022', 'dom'];
  const strict = { strict: true, skipLibCheck: false, types: [], target: 'es2022', lib };
  return JSON.stringify({
    compilerOptions: { ...strict, module, moduleResolution, noEmit: true },
    include: [include],
  });
}

/** The programs of other runtimes; none where they have not been fetched. */
export interface Runtimes {
  readonly deno?: string;
  readonly bun?: string;
}

/** What the projects are made of. */
export interface Supplies {
  /** The packages of this repository. */
  readonly packages: readonly string[];
  /** What can be imported of them. */
  readonly entries: readonly string[];
  /** The versions of third-party packages, by name; the newest of those that it does not name. */
  readonly versions: Readonly<Record<string, string>>;
  /** pnpm, with its version. */
  readonly pnpm: string;
  /** Other runtimes than Node to try. */
  readonly runtimes: Runtimes;
}

/** A router, a callee and a caller on Node. */
function onNode(name: string, text: string, manifest: Readonly<Record<string, unknown>>): BlankProject {
  return {
    name,
    short: name,
    dependencies: ['@wamp/client', '@wamp/router'],
    manifest,
    files: { 'main.js': text },
    commands: [['node', 'main.js']],
    prints: 'the sum is 5',
  };
}

const REQUIRED = `const { createServer } = require('node:http');
const { connect } = require('@wamp/client');
const { acceptWebSockets, createRouter } = require('@wamp/router');
${CONVERSATION}`;

/** A page that has the types of a browser, and none of Node. */
function typescript(tool: (name: string) => string): BlankProject {
  return {
    name: 'TypeScript for a browser: node16 as CommonJS and as a module, nodenext, bundler',
    short: 'TypeScript',
    dependencies: ['@wamp/client', tool('typescript')],
    files: {
      'main.ts': TYPED,
      'module/package.json': '{"type":"module"}',
      'module/main.ts': TYPED,
      'commonjs.json': tsconfig('node16', 'node16', 'main.ts'),
      'module.json': tsconfig('node16', 'node16', 'module'),
      'nodenext.json': tsconfig('nodenext', 'nodenext', 'main.ts'),
      'bundler.json': tsconfig('esnext', 'bundler', 'module'),
    },
    commands: ['commonjs', 'module', 'nodenext', 'bundler'].map((name) => [
      'npx',
      'tsc',
      '--project',
      `${name}.json`,
    ]),
  };
}

/** A bundle for a browser. */
function bundle(tool: (name: string) => string): BlankProject {
  return {
    name: 'Vite',
    short: 'Vite',
    dependencies: ['@wamp/client', tool('vite')],
    manifest: { type: 'module' },
    files: {
      'index.html': '<script type="module" src="/main.ts"></script>',
      'main.ts': `${TYPED}\nvoid add('ws://127.0.0.1:8080/ws');`,
    },
    commands: [['npx', 'vite', 'build']],
    prints: 'built in',
  };
}

const PROGRAMS: BlankProject = {
  name: 'the programs: wamp-router and wamp',
  short: 'the programs',
  dependencies: ['@wamp/router-server', '@wamp/cli'],
  files: {},
  commands: [
    ['npx', 'wamp-router', 'init'],
    ['npx', 'wamp-router', 'check', '--config', 'wamp.yaml'],
    ['npx', 'wamp', '--version'],
  ],
};

/** The projects, in the order in which they are tried. The first is upgraded later; the last has the programs. */
export function blankProjects(supplies: Supplies): readonly BlankProject[] {
  const { packages, entries, versions, pnpm, runtimes } = supplies;
  const { deno, bun } = runtimes;
  const tool = (name: string): string => `${name}@${versions[name] ?? 'latest'}`;
  return [
    onNode('ES modules', MODULE, { type: 'module' }),
    onNode('CommonJS', REQUIRED, {}),
    typescript(tool),
    bundle(tool),
    everyEntry(packages, entries, tool),
    everyEntryUnderPnpm(packages, entries, tool, pnpm),
    ...(deno === undefined ? [] : [onRuntime('Deno', [deno, 'run', '--allow-all'])]),
    ...(bun === undefined ? [] : [onRuntime('Bun', [bun])]),
    PROGRAMS,
  ];
}

/** Deno and Bun, where `node scripts/fetch-runtimes.mjs` has fetched them. */
export function runtimesIn(root: string): Runtimes {
  const bin = join(root, 'node_modules', '.cache', 'wamp-runtimes', 'node_modules', '.bin');
  const found = (['deno', 'bun'] as const).filter((name) => existsSync(join(bin, name)));
  return Object.fromEntries(found.map((name) => [name, join(bin, name)]));
}

/** The folders whose development tools the projects use: the repository, and packages with others of their own. */
const PINNED_BY = ['.', 'packages/router', 'packages/react'];

/** The versions of third-party packages with which this repository is developed. */
export function pinnedVersions(root: string): Readonly<Record<string, string>> {
  return Object.fromEntries(PINNED_BY.flatMap((folder) => installedIn(join(root, folder))));
}

/** The development tools of a folder, each with its installed version. */
function installedIn(folder: string): readonly (readonly [name: string, version: string])[] {
  const { devDependencies = {} } = manifestIn(folder);
  const names = Object.keys(devDependencies).filter((name) => !name.startsWith('@wamp/'));
  return names.map((name) => [name, manifestIn(join(folder, 'node_modules', name)).version]);
}

interface Manifest {
  readonly version: string;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
