/** Blank projects outside the repository: each installs the published packages as a user would, and uses them. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Registry } from './registry.ts';
import { run, StepFailed } from './step.ts';

export interface BlankProject {
  readonly name: string;
  /** What it depends on: of this repository, and of others with a version (`NAME@VERSION`). */
  readonly dependencies: readonly string[];
  readonly manifest?: Readonly<Record<string, unknown>>;
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

/**
 * @param versions the versions of third-party tools, by package
 * @param runtimes other runtimes than Node to try
 */
export function blankProjects(
  versions: Readonly<Record<string, string>>,
  { deno, bun }: Runtimes,
): readonly BlankProject[] {
  const tool = (name: string): string => `${name}@${versions[name] ?? 'latest'}`;
  return [
    {
      name: 'ES modules',
      dependencies: ['@wamp/client', '@wamp/router'],
      manifest: { type: 'module' },
      files: {
        'main.js': MODULE,
      },
      commands: [['node', 'main.js']],
      prints: 'the sum is 5',
    },
    {
      name: 'CommonJS',
      dependencies: ['@wamp/client', '@wamp/router'],
      files: {
        'main.js': `const { createServer } = require('node:http');
const { connect } = require('@wamp/client');
const { acceptWebSockets, createRouter } = require('@wamp/router');
${CONVERSATION}`,
      },
      commands: [['node', 'main.js']],
      prints: 'the sum is 5',
    },
    {
      name: 'TypeScript: node16 as CommonJS and as a module, nodenext, bundler',
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
    },
    {
      name: 'Vite',
      dependencies: ['@wamp/client', tool('vite')],
      manifest: { type: 'module' },
      files: {
        'index.html': '<script type="module" src="/main.ts"></script>',
        'main.ts': `${TYPED}\nvoid add('ws://127.0.0.1:8080/ws');`,
      },
      commands: [['npx', 'vite', 'build']],
      prints: 'built in',
    },
    ...(deno === undefined ? [] : [onRuntime('Deno', [deno, 'run', '--allow-all'])]),
    ...(bun === undefined ? [] : [onRuntime('Bun', [bun])]),
    {
      name: 'the programs: wamp-router and wamp',
      dependencies: ['@wamp/router-server', '@wamp/cli'],
      files: {},
      commands: [
        ['npx', 'wamp-router', 'init'],
        ['npx', 'wamp-router', 'check', '--config', 'wamp.yaml'],
        ['npx', 'wamp', '--version'],
      ],
    },
  ];
}

/** Writes the files of a project into a folder of its own. */
export function writeProject(
  { manifest = {}, files = {} }: Partial<BlankProject>,
  folder: string,
  registry: Registry,
): void {
  const written = {
    '.npmrc': registry.npmrc,
    'package.json': JSON.stringify({ private: true, ...manifest }),
  };
  for (const [path, text] of Object.entries({ ...written, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Writes a project, installs what it depends on from the registry, and runs its commands. @returns what the last one printed */
export async function runProject(project: BlankProject, folder: string, registry: Registry): Promise<string> {
  const { dependencies, commands, prints = '' } = project;
  writeProject(project, folder, registry);
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...dependencies], {
    cwd: folder,
  });
  let output = '';
  for (const [command = '', ...args] of commands) output = await run(command, args, { cwd: folder });
  if (output.includes(prints)) return output;
  throw new StepFailed(`${project.name}: expected "${prints}" in the output:\n${output}`);
}

/** Starts the installed router, has the installed \`wamp\` call it, and stops it. @param folder the project with both programs */
export async function callThroughPrograms(folder: string): Promise<void> {
  const bin = (name: string): string => join(folder, 'node_modules', '.bin', name);
  const router = spawn(bin('wamp-router'), ['start', '--port', '0'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    const url = await listening(router.stdout, router.stderr);
    const answer = await run(bin('wamp'), ['call', 'wamp.session.count', '--url', url, '--realm', 'realm1'], {
      cwd: folder,
    });
    if (answer.trim() !== '1') throw new StepFailed(`wamp.session.count: expected 1, got ${answer}`);
  } finally {
    const ended = new Promise((resolve) => router.once('exit', resolve));
    router.kill('SIGTERM');
    await ended;
  }
}

/** The WebSocket URL that the router names once it listens. */
async function listening(...outputs: readonly NodeJS.ReadableStream[]): Promise<string> {
  const seen: string[] = [];
  return new Promise((resolve, reject) => {
    let open = outputs.length;
    for (const output of outputs) {
      const lines = createInterface(output);
      lines.on('line', (line) => {
        seen.push(line);
        const url = /ws:\/\/[^\s"]+/.exec(line)?.[0];
        if (url !== undefined) resolve(url);
      });
      lines.on('close', () => {
        open -= 1;
        if (open === 0) reject(new StepFailed(`wamp-router did not listen:\n${seen.join('\n')}`));
      });
    }
  });
}

/** Deno and Bun, where `node scripts/fetch-runtimes.mjs` has fetched them. */
export function runtimesIn(root: string): Runtimes {
  const bin = join(root, 'node_modules', '.cache', 'wamp-runtimes', 'node_modules', '.bin');
  const found = (['deno', 'bun'] as const).filter((name) => existsSync(join(bin, name)));
  return Object.fromEntries(found.map((name) => [name, join(bin, name)]));
}

/** The versions of development tools that this repository pins. */
export function pinnedVersions(root: string): Readonly<Record<string, string>> {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  const installed = (name: string): string =>
    (
      JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as {
        readonly version: string;
      }
    ).version;
  return Object.fromEntries(Object.keys(devDependencies).map((name) => [name, installed(name)]));
}
