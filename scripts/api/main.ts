/**
 * `npm run api`: writes the API reports of all packages from what `npm run build` built. With `--check`, changes nothing and
 * fails when a report differs from the built types.
 */
import { fileURLToPath } from 'node:url';
import { typedPackages, updateReports } from './reports.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const write = !process.argv.includes('--check');
const differing = typedPackages(root).flatMap((each) => updateReports(root, each, write));
for (const path of differing) console.log(write ? `wrote ${path}` : `differs: ${path}`);
if (!write && differing.length > 0) {
  console.error('The public types have changed: run npm run api, and commit the reports with a changeset.');
  process.exitCode = 1;
}
