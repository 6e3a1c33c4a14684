// `npm run tarballs`: builds the packages, and packs them as a release would, into tarballs/.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { install, needsInstall, pnpm, requireNode, root } from './workspace.mjs';

requireNode();

const folder = join(root, 'tarballs');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
if (needsInstall()) finished('install', await install());
finished('build', await pnpm(['run', 'build']));
const filters = ['--filter=./packages/*', '--filter=@wamp/router-server'];
finished('pack', await pnpm([...filters, 'pack', '--pack-destination', folder]));
for (const file of readdirSync(folder)) console.log(join('tarballs', file));

/**
 * @param {string} name
 * @param {import('./workspace.mjs').Outcome} outcome
 */
function finished(name, { ok, output }) {
  if (ok) return;
  console.error(`${name} failed:\n${output.trimEnd()}`);
  process.exit(1);
}
