/** The floors of the packages as rules of the linter: a block of its configuration for each path of the table. */
import { floors, mayImport } from './floors.mjs';

/**
 * What no import of a file may match, and what the linter says of one that does.
 * @typedef {{ readonly regex: string, readonly message: string }} Pattern
 */

/**
 * Blocks for eslint.config.js. A block takes the place of all that has been said about `no-restricted-imports` before it.
 * @param {Readonly<Record<string, readonly Pattern[]>>} more what the imports of a folder must not match besides
 * @returns {import('eslint').Linter.Config[]}
 */
export function floorRules(more = {}) {
  return Object.entries(floors).flatMap(([name, all]) =>
    all.flatMap((paths, floor) =>
      paths.map((path) => {
        const above = pathsAbove(name, floor, path);
        const folder = path === '.' ? `${name}/src` : `${name}/src/${path}`;
        const patterns = [...above, ...otherPackages(name), ...(more[folder] ?? [])];
        return {
          name: folder,
          files: [isFile(path) ? folder : `${folder}/*.{ts,tsx}`],
          ignores: path === '.' ? namedFiles(name).map((file) => `${name}/src/${file}`) : [],
          rules: { 'no-restricted-imports': ['error', { patterns }] },
        };
      }),
    ),
  );
}

/**
 * @param {string} name of a package
 * @param {number} floor
 * @param {string} path on that floor
 * @returns {Pattern[]}
 */
function pathsAbove(name, floor, path) {
  const above = (floors[name] ?? []).slice(floor + 1).flat();
  if (above.length === 0) return [];
  const up = path === '.' || isFile(path) ? '\\./' : '\\.\\./';
  const message = `${path} is on a floor below that one (test/floors.mjs): move down what both need, or pass it in.`;
  return [{ regex: `^${up}(?:${above.map((other) => targets(name, other)).join('|')})`, message }];
}

/**
 * @param {string} name of a package
 * @param {string} path
 * @returns {string} what matches its files, as seen from `src`
 */
function targets(name, path) {
  if (path === '.') return `(?!(?:${namedFiles(name).map(exactly).join('|')}))[^/]+$`;
  return isFile(path) ? exactly(path) : `${path}/`;
}

/**
 * @param {string} name of a package
 * @returns {Pattern[]}
 */
function otherPackages(name) {
  const allowed = (mayImport[name] ?? []).map((other) => other.slice(other.indexOf('/') + 1));
  const but = allowed.length === 0 ? '' : `(?!(?:${allowed.join('|')})(?:/|$))`;
  return [{ regex: `^@wamp/${but}`, message: `${name} may not import that package (test/floors.mjs).` }];
}

/** @param {string} name of a package */
function namedFiles(name) {
  return (floors[name] ?? []).flat().filter(isFile);
}

/** @param {string} path */
function isFile(path) {
  return /\.tsx?$/.test(path);
}

/** @param {string} file */
function exactly(file) {
  return `${file.replaceAll('.', '\\.')}$`;
}
