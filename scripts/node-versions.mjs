// Runs the tests of the client and the router on the Node versions that `npm test` does not run on: one line for each.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { countsOf, npm, root, run } from './workspace.mjs';

/** The majors that count beside the oldest one; each is fetched as the npm package `node`. */
const majors = [22, 24];
const args = ['run', 'packages/client/', 'packages/router/'];
const cache = join(root, 'node_modules', '.cache', 'wamp-nodes');
const totals = { passed: 0, failed: 0, skipped: 0 };

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

const before = await earlier(process.argv.slice(2));
for (const major of majors) {
  if (process.versions.node.startsWith(`${major}.`)) console.log(`ok     Node ${major}: the one at hand`);
  else await onNode(major);
}

process.exitCode = before.ok && totals.failed === 0 ? 0 : 1;
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);

/**
 * Runs a command first (`npm test`), shows what it prints, and counts its closing line in.
 * @param {readonly string[]} command none: nothing is run first
 */
async function earlier([command, ...rest]) {
  if (command === undefined) return { ok: true };
  const last = { line: '' };
  const ok = await showing(command, rest, last);
  const counts = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(last.line);
  if (counts === null) {
    totals.failed += 1;
    console.log(last.line);
  } else add({ passed: Number(counts[1]), failed: Number(counts[2]), skipped: Number(counts[3]) });
  if (!ok && totals.failed === 0) totals.failed += 1;
  return { ok };
}

/**
 * Passes on each line a command prints when the next one comes, so that the last one is kept back.
 * @param {string} command
 * @param {readonly string[]} rest
 * @param {{ line: string }} last
 * @returns {Promise<boolean>}
 */
function showing(command, rest, last) {
  return new Promise((resolve) => {
    const child = spawn(command, rest, { cwd: root, stdio: ['inherit', 'pipe', 'inherit'] });
    let pending = '';
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => {
      const lines = (pending + chunk).split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines) {
        if (last.line !== '') console.log(last.line);
        last.line = line;
      }
    });
    child.on('error', (error) => {
      console.log(String(error));
      resolve(false);
    });
    child.on('close', (code) => {
      resolve(code === 0);
    });
  });
}

/** @param {number} major */
async function onNode(major) {
  const binary = await fetched(major);
  if (binary === undefined) return;
  const report = join(cache, `${major}.json`);
  rmSync(report, { force: true });
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const { ok, output, seconds } = await run(binary, [vitest, ...args], {
    env: { WAMP_TOTALS: 'outer', WAMP_TEST_REPORT: report },
  });
  const counts = countsOf(report) ?? { passed: 0, failed: 0, skipped: 0 };
  // An error outside any test, or no report at all, is a failure that no test stands for.
  if (!ok && counts.failed === 0) counts.failed = 1;
  add(counts);
  const { passed, failed, skipped } = counts;
  const word = ok && failed === 0 ? 'ok    ' : 'FAILED';
  console.log(
    `${word} Node ${major}: client and router, ${passed} tests passed, ${failed} failed, ${skipped} skipped (${seconds.toFixed(1)} s)`,
  );
  if (!ok) console.log(output.trimEnd());
}

/**
 * The binary of a Node version; undefined when it cannot be had, which is said and counted.
 * @param {number} major
 */
async function fetched(major) {
  const folder = join(cache, String(major));
  const binary = join(
    folder,
    'node_modules',
    'node',
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  if (existsSync(binary) && (await run(binary, ['--version'])).output.startsWith(`v${major}.`)) return binary;
  mkdirSync(folder, { recursive: true });
  const { output } = await npm([
    'i',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--prefix',
    folder,
    `node@${major}`,
  ]);
  if (existsSync(binary) && (await run(binary, ['--version'])).output.startsWith(`v${major}.`)) return binary;
  const mustRun = process.env['CI'] === 'true';
  totals[mustRun ? 'failed' : 'skipped'] += 1;
  console.log(
    `${mustRun ? 'FAILED' : 'skipped'} Node ${major}: the npm package node@${major} cannot be fetched or does not run`,
  );
  console.log(output.trimEnd());
  return undefined;
}

/** @param {Counts} counts */
function add({ passed, failed, skipped }) {
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
}
