// `npm run tarballs`: builds the packages, packs them as a release would, into tarballs/, and prints how to install each.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { publishedPackages, tarballsFor } from './packages.mjs';
import { install, needsInstall, pnpm, requireNode, root } from './workspace.mjs';

requireNode();

const folder = join(root, 'tarballs');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
if (needsInstall()) finished('install', await install());
finished('build', await pnpm(['run', 'build']));
const packages = publishedPackages().map(({ name }) => name);
const filters = packages.map((name) => `--filter=${name}`);
finished('pack', await pnpm([...filters, 'pack', '--pack-destination', folder]));

console.log('Packed. In your project, run:\n');
for (const name of packages) {
  const files = tarballsFor(name).map((file) => join(folder, file));
  console.log(`# ${name}\nnpm install ${files.join(' ')}\n`);
}

/**
 * @param {string} name
 * @param {import('./workspace.mjs').Outcome} outcome
 */
function finished(name, { ok, output }) {
  if (ok) return;
  console.error(`${name} failed:\n${output.trimEnd()}`);
  process.exit(1);
}
