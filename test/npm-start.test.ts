/** `npm start`: what it installs and builds, and what it says meanwhile; with stand-ins for the tools and the router. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const scripts = fileURLToPath(new URL('../scripts/', import.meta.url));
let root: string;

/** What `npx` of this test does: it notes how it was called, and answers to a build as turbo does. */
const NPX = `#!/usr/bin/env node
const { appendFileSync, mkdirSync, writeFileSync } = require('node:fs');
appendFileSync('calls', process.argv.slice(2).join(' ') + '\\n');
if (process.argv.includes('build')) {
  console.log('   • Running build in 3 packages');
  console.log('@wamp/chat:build: cache hit, replaying logs 1234');
  console.log('@wamp/router-server:build: cache miss, executing 5678');
  for (const file of ['router/dist/main.js', 'chat/dist/page/index.html', 'chat/dist/service/main.js', 'dashboard/dist/index.html']) {
    mkdirSync('apps/' + file.replace(/[^/]*$/, ''), { recursive: true });
    const runs = "console.log('the router runs: ' + process.argv.slice(2).join(' '))";
    writeFileSync('apps/' + file, file.startsWith('chat') ? '' : runs);
  }
}
`;

function write(path: string, content: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'wamp-start-'));
  cpSync(scripts, join(root, 'scripts'), { recursive: true });
  write(
    'package.json',
    '{ "type": "module", "packageManager": "pnpm@1.2.3", "engines": { "node": ">=20.19" } }',
  );
  write('pnpm-lock.yaml', '');
  write('node_modules/.modules.yaml', '');
  write('packages/router/package.json', '{ "name": "@wamp/router" }');
  write('packages/router/src/index.ts', '1');
  write('packages/router/dist/index.js', '1');
  write('packages/cli/package.json', '{ "name": "@wamp/cli" }');
  write('packages/cli/src/index.ts', '1');
  for (const [folder, name, needs] of [
    ['router', 'router-server', '{ "@wamp/router": "workspace:^" }'],
    ['chat', 'chat', '{}'],
    ['dashboard', 'dashboard', '{}'],
  ]) {
    write(`apps/${folder}/package.json`, `{ "name": "@wamp/${name}", "dependencies": ${needs} }`);
    write(`apps/${folder}/src/main.ts`, '1');
  }
  write('bin/package.json', '{ "type": "commonjs" }');
  write('bin/npx', NPX);
  chmodSync(join(root, 'bin/npx'), 0o755);
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

/** What it printed, and how it called the tools. */
function start(args: readonly string[] = ['--port', '0']): {
  readonly told: readonly string[];
  readonly calls: readonly string[];
} {
  rmSync(join(root, 'calls'), { force: true });
  const path = `${join(root, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`;
  const { stdout } = spawnSync(process.execPath, ['scripts/start.mjs', ...args], {
    cwd: root,
    env: { ...process.env, PATH: path, npm_lifecycle_event: undefined },
    encoding: 'utf8',
  });
  const calls = join(root, 'calls');
  const lines = (text: string): readonly string[] =>
    text
      .trim()
      .split('\n')
      .filter((line) => line !== '');
  return { told: lines(stdout), calls: existsSync(calls) ? lines(readFileSync(calls, 'utf8')) : [] };
}

/** The line of the router, with the configuration of the demo. */
const RUNS = expect.stringMatching(/^the router runs: start --config .*wamp\.yaml$/) as string;
const BUILD =
  '-y pnpm@1.2.3 exec turbo run build --log-order=stream --filter=@wamp/router-server... --filter=@wamp/chat... --filter=@wamp/dashboard...';

test('C9 npm start says what it builds, and asks no tool when nothing has changed since', () => {
  expect(start()).toEqual({
    told: [
      'Building what has changed:',
      '  1 of 3  @wamp/chat: as it was built before',
      '  2 of 3  @wamp/router-server: building ...',
      RUNS,
    ],
    calls: [BUILD],
  });
  expect(start()).toEqual({ told: [RUNS], calls: [] });
});

test('npm start writes a configuration with the realm of the chat, and no secret in it', () => {
  start();
  const written = readFileSync(join(root, '.data/wamp.yaml'), 'utf8');
  const { listeners, realms } = JSON.parse(written) as {
    readonly listeners: readonly { readonly port: number }[];
    readonly realms: readonly { readonly name: string }[];
  };
  expect(listeners[0]?.port).toBeGreaterThan(0);
  expect(realms.map(({ name }) => name)).toEqual(['realm1', 'chat']);
  expect(written).toContain('"secret": "${CHAT_SECRET}"');
  expect(written).toContain('"password": "${CONSOLE_PASSWORD}"');
});

test('E5 npm start tells the log-in of the console, which stays the same', () => {
  start();
  const prints =
    "for (const line of ['wamp-router listening: x', '  realm      realm1', '  stop       Ctrl+C']) console.log(line)";
  write('apps/router/dist/main.js', prints);
  rmSync(join(root, 'bin/npx'));
  write('bin/npx', '#!/usr/bin/env node');
  chmodSync(join(root, 'bin/npx'), 0o755);
  const [first, second] = [start().told.slice(-4), start().told.slice(-4)];
  expect(first[2]).toMatch(
    /^ {2}console {4}http:\/\/127\.0\.0\.1:\d+\/dashboard\/ {3}log in as operator \/ [\w-]{12}$/,
  );
  expect(first[3]).toBe('  stop       Ctrl+C');
  expect(second[2]?.slice(-12)).toBe(first[2]?.slice(-12));
});

test('npm start passes flags that the demo does not know to a router alone', () => {
  expect(start(['--port', '0', '--realm', 'com.example']).told.at(-1)).toBe(
    'the router runs: start --port 0 --realm com.example',
  );
});

test.each([
  ['a source is changed', 'packages/router/src/index.ts', '22'],
  ['a source is added', 'apps/chat/src/new.ts', '1'],
  ['a result is not what was built', 'apps/router/dist/main.js', 'console.log(1)'],
])('C9 npm start builds again when %s', (_what, path, content) => {
  start();
  write(path, content);
  expect(start().calls).toEqual([BUILD]);
  expect(start().calls).toEqual([]);
});

test.each([
  ['a test', 'packages/router/test/some.test.ts'],
  ['a package that it does not run', 'packages/cli/src/index.ts'],
])('C9 npm start does not build again for %s', (_what, path) => {
  start();
  write(path, 'changed');
  expect(start().calls).toEqual([]);
});

test('C9 npm start builds again what has been deleted', () => {
  start();
  rmSync(join(root, 'apps/dashboard/dist'), { recursive: true });
  expect(start().calls).toEqual([BUILD]);
});

test('C9 npm start installs first when the lockfile is newer, and shows how that goes on', () => {
  start();
  rmSync(join(root, 'node_modules/.modules.yaml'));
  const { told, calls } = start();
  expect(told[0]).toBe('Installing dependencies, which takes about a minute the first time:');
  expect(calls[0]).toBe('-y pnpm@1.2.3 install --frozen-lockfile --config.confirmModulesPurge=false');
});
