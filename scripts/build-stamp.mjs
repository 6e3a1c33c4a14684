// Whether the build is up to date, told from the times and sizes of files: `npm start` asks no tool for that.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What `npm start` runs, and serves. */
export const STARTED = ['@wamp/router-server', '@wamp/chat', '@wamp/dashboard'];
/** What lies at the top of the repository and is built by. */
const AT_TOP = ['package.json', 'pnpm-lock.yaml', 'turbo.json', 'tsconfig.base.json', 'scripts/commonjs.mjs'];
/** What no build reads, as turbo.json says, and what it writes. */
const NOT_READ = new Set(['node_modules', 'test', 'README.md', '.turbo']);
/** What a build writes that is not there unless it came to its end. */
const RESULTS = [
  'dist/main.js',
  'dist/index.html',
  'dist/index.js',
  'dist/page/index.html',
  'dist/service/main.js',
];

/**
 * Everything that a build reads, and what it has written, as one text that changes with any of these.
 * @param {string} root
 * @returns {string | undefined} undefined when nothing has been built
 */
function stampOf(root) {
  const hash = createHash('sha256');
  for (const file of AT_TOP) hash.update(stateOf(join(root, file)));
  for (const folder of packagesOf(root)) {
    const results = RESULTS.map((file) => join(root, folder, file)).filter((file) => existsSync(file));
    if (results.length === 0) return undefined;
    for (const file of results) hash.update(stateOf(file));
    for (const file of filesBelow(join(root, folder))) hash.update(stateOf(file));
  }
  return hash.digest('hex');
}

/** @param {string} root */
export function isBuilt(root) {
  const file = stampFile(root);
  return existsSync(file) && readFileSync(file, 'utf8') === stampOf(root);
}

/**
 * To be called after a build.
 * @param {string} root
 */
export function noteBuilt(root) {
  const file = stampFile(root);
  const stamp = stampOf(root);
  if (stamp === undefined) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, stamp);
}

/** @param {string} root */
function stampFile(root) {
  return join(root, 'node_modules', '.cache', 'wamp-start', 'built');
}

/**
 * What is started, and all packages of the workspace that it is made of.
 * @param {string} root
 */
function packagesOf(root) {
  /** @type {Map<string, { folder: string, needs: readonly string[] }>} */
  const known = new Map();
  for (const parent of ['packages', 'apps']) {
    for (const name of readdirSync(join(root, parent))) {
      const file = join(root, parent, name, 'package.json');
      if (!existsSync(file)) continue;
      const described = /** @type {Described} */ (readJson(file));
      const { dependencies = {}, devDependencies = {} } = described;
      const needs = Object.keys({ ...dependencies, ...devDependencies });
      known.set(described.name, { folder: `${parent}/${name}`, needs });
    }
  }
  const wanted = new Set(STARTED);
  for (const name of wanted) for (const need of known.get(name)?.needs ?? []) wanted.add(need);
  return [...wanted].flatMap((name) => known.get(name)?.folder ?? []);
}

/** @typedef {{ name: string, dependencies?: Record<string, string>, devDependencies?: Record<string, string> }} Described */

/**
 * @param {string} folder
 * @returns {Generator<string, void>}
 */
function* filesBelow(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (NOT_READ.has(entry.name) || entry.name === 'dist') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

/**
 * @param {string} file
 * @returns {unknown}
 */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** @param {string} file */
function stateOf(file) {
  const { size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { size: -1, mtimeMs: 0 };
  return `${file} ${size} ${mtimeMs}\n`;
}
