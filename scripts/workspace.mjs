// What `npm start` and `npm test` share: the Node check, the install, and running a command as one step.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const onWindows = process.platform === 'win32';

/**
 * @typedef {{ packageManager: string, engines: { node: string } }} RootPackage
 * @typedef {{ bin: string | Record<string, string> }} ToolPackage
 */

function rootPackage() {
  return /** @type {RootPackage} */ (readJson(join(root, 'package.json')));
}

/**
 * @param {string} path
 * @returns {unknown}
 */
function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Ends the process with one clear line when this Node is older than package.json asks for. */
export function requireNode() {
  const wanted = rootPackage().engines.node.replace('>=', '');
  const [major = 0, minor = 0] = wanted.split('.').map(Number);
  const [ownMajor = 0, ownMinor = 0] = process.versions.node.split('.').map(Number);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return;
  console.error(`This needs Node ${wanted} or newer, and this is Node ${process.versions.node}.`);
  process.exit(1);
}

/**
 * @typedef {{ ok: boolean, output: string, seconds: number }} Outcome
 */

/**
 * Runs a command in the root folder and keeps what it prints, or shows it at once when `live`.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string>, live?: boolean, onLine?: (line: string) => void }} [options] `onLine` gets each
 *   line of its output as it comes
 * @returns {Promise<Outcome>}
 */
export function run(command, args, { env = {}, live = false, onLine } = {}) {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', ...env },
      stdio: live ? 'inherit' : ['ignore', 'pipe', 'pipe'],
      shell: onWindows && (command === 'npx' || command === 'npm'),
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += String(chunk)));
    child.stderr?.on('data', (chunk) => (output += String(chunk)));
    if (onLine !== undefined && child.stdout !== null) createInterface(child.stdout).on('line', onLine);
    const settle = (/** @type {boolean} */ ok) => {
      resolve({ ok, output, seconds: (performance.now() - started) / 1000 });
    };
    child.on('error', (error) => {
      output += String(error);
      settle(false);
    });
    child.on('close', (code) => {
      settle(code === 0);
    });
  });
}

/**
 * Runs pnpm at the pinned version, whether or not one is installed.
 * @param {readonly string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 */
export function pnpm(args, options) {
  return run('npx', ['-y', rootPackage().packageManager, ...args], options);
}

/**
 * Runs the npm that came with Node.
 * @param {readonly string[]} args
 */
export function npm(args) {
  return run('npm', args);
}

/**
 * Runs the program of a root devDependency without a shell or a package manager in between.
 * @param {string} name the package
 * @param {readonly string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 */
export function runTool(name, args, options) {
  const folder = join(root, 'node_modules', name);
  const { bin } = /** @type {ToolPackage} */ (readJson(join(folder, 'package.json')));
  // The first program is the tool itself: tsc of typescript-7.
  const program = typeof bin === 'string' ? bin : (bin[name] ?? Object.values(bin)[0] ?? '');
  return run(process.execPath, [join(folder, program), ...args], options);
}

/**
 * Runs a script of the repository.
 * @param {readonly string[]} args
 */
export function runNode(args) {
  return run(process.execPath, args);
}

const lockfile = join(root, 'pnpm-lock.yaml');
const marker = join(root, 'node_modules', '.modules.yaml');

/** Whether the dependencies that the lockfile names are yet to be installed. */
export function needsInstall() {
  return !existsSync(marker) || statSync(marker).mtimeMs < statSync(lockfile).mtimeMs;
}

/** @param {Parameters<typeof run>[2]} [options] */
export async function install(options) {
  const args = ['install', '--frozen-lockfile', '--config.confirmModulesPurge=false'];
  const outcome = await pnpm(args, options);
  // pnpm leaves the marker alone when there was nothing to do.
  if (outcome.ok) utimesSync(marker, new Date(), new Date());
  return outcome;
}

/**
 * @typedef {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
 *   testResults: { status: string, assertionResults: unknown[] }[] }} VitestReport
 */

/**
 * What a JSON report of vitest counts; undefined without a report.
 * @param {string} report the path
 */
export function countsOf(report) {
  if (!existsSync(report)) return undefined;
  const counts = /** @type {VitestReport} */ (readJson(report));
  // A file that could not be loaded has no tests to count, but it did fail.
  const unloaded = counts.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  return {
    passed: counts.numPassedTests,
    failed: counts.numFailedTests + unloaded.length,
    skipped: counts.numPendingTests + counts.numTodoTests,
  };
}
