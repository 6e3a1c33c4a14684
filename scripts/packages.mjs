// The packages that a release publishes, and which of them each needs.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workspace.mjs';

/**
 * @typedef {{ name: string, version: string, private?: boolean, dependencies?: Record<string, string> }} Manifest
 */

/** @returns {readonly Manifest[]} */
export function publishedPackages() {
  return ['packages', 'apps']
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name, 'package.json')))
    .map((file) => readManifest(file))
    .filter((manifest) => manifest.private !== true);
}

/**
 * @param {string} file
 * @returns {Manifest}
 */
function readManifest(file) {
  /** @type {unknown} */
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  return /** @type {Manifest} */ (manifest);
}

/**
 * The tarballs that `npm install` has to be given for a package: its own, last, and those of the packages of this repository
 * that it needs, which are in no registry yet.
 * @param {string} name the package
 * @returns {readonly string[]} the names of the files
 */
export function tarballsFor(name) {
  const manifests = new Map(publishedPackages().map((manifest) => [manifest.name, manifest]));
  /** @type {Set<string>} */
  const files = new Set();
  const add = (/** @type {string} */ each) => {
    const manifest = manifests.get(each);
    if (manifest === undefined) return;
    for (const dependency of Object.keys(manifest.dependencies ?? {})) add(dependency);
    files.add(`${each.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`);
  };
  add(name);
  return [...files];
}
