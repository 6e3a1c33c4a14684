/**
 * `npm run footprint`: what installing a package costs, beside packages by others: bytes, packages, and the CPU time of a process
 * that only imports it. Ours are those that `npm run tarballs` has packed.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './step.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Imports of each, of which the median counts. */
const RUNS = 9;

/** A row: what is installed, and the module whose import is timed; none for a program. */
interface Candidate {
  readonly name: string;
  readonly install: readonly string[];
  readonly module?: string;
}

const candidates: readonly Candidate[] = [
  { name: '@wamp/client', install: ours('protocol', 'client'), module: '@wamp/client' },
  { name: 'autobahn', install: ['autobahn@26.3.1'], module: 'autobahn' },
  { name: 'wampy', install: ['wampy@8.0.2'], module: 'wampy' },
  {
    name: '@nats-io/transport-node',
    install: ['@nats-io/transport-node@3.4.0'],
    module: '@nats-io/transport-node',
  },
  { name: 'socket.io-client', install: ['socket.io-client@4.8.4'], module: 'socket.io-client' },
  { name: '@wamp/router', install: ours('protocol', 'router'), module: '@wamp/router' },
  {
    name: '@wamp/router-server',
    install: ours('protocol', 'client', 'router', 'store-sqlite', 'http-bridge', 'router-server'),
  },
  { name: 'fox-wamp', install: ['fox-wamp@0.7.28'] },
  { name: 'socket.io', install: ['socket.io@4.8.4'], module: 'socket.io' },
];

const folder = mkdtempSync(join(tmpdir(), 'wamp-footprint-'));
try {
  console.log('| package | installed (MB) | packages | import (ms of CPU beyond an empty process) |');
  console.log('| --- | --: | --: | --: |');
  for (const [index, candidate] of candidates.entries())
    console.log(await rowOf(candidate, join(folder, String(index))));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The tarballs of packages of this repository. */
function ours(...names: readonly string[]): readonly string[] {
  const files = readdirSync(join(root, 'tarballs'));
  return names.map((name) => {
    const file = files.find((each) => new RegExp(`^wamp-${name}-\\d`).test(each));
    if (file === undefined)
      throw new Error(`there is no tarball of @wamp/${name}: run npm run tarballs first`);
    return join(root, 'tarballs', file);
  });
}

async function rowOf({ name, install, module }: Candidate, project: string): Promise<string> {
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"private":true,"type":"module"}');
  const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'];
  await run('npm', ['install', ...options, ...install], { cwd: project });
  const listed = await run('npm', ['ls', '--all', '--parseable'], { cwd: project });
  const packages = listed.trim().split('\n').length - 1;
  const size = (sizeOf(join(project, 'node_modules')) / 1e6).toFixed(2);
  const cost =
    module === undefined
      ? '–'
      : (timed(project, `await import('${module}')`) - timed(project, '')).toFixed(0);
  return `| \`${name}\` | ${size} | ${packages} | ${cost} |`;
}

/** The median CPU time of a process that runs a module (ms). */
function timed(project: string, code: string): number {
  const program = `${code};const { user, system } = process.cpuUsage(); console.log((user + system) / 1000);process.exit()`;
  const times = Array.from({ length: RUNS }, () =>
    Number(
      execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
        cwd: project,
        encoding: 'utf8',
      }),
    ),
  ).sort((one, other) => one - other);
  return times[Math.floor(RUNS / 2)] ?? NaN;
}

/** The bytes of all files below a folder. */
function sizeOf(path: string): number {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
