/**
 * `npm run api`: writes the API reports of all packages from what `npm run build` built. With `--check`, changes nothing and
 * fails when a report differs from the built types. `--package NAME` does so for one package.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { typedPackages, updateReports } from './reports.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { check, package: name } = parseArgs({
  options: { check: { type: 'boolean', default: false }, package: { type: 'string' } },
}).values;
const write = !check;
const packages = typedPackages(root).filter((each) => name === undefined || each.name === name);
const differing = packages.flatMap((each) => updateReports(root, each, write));
for (const path of differing) console.log(write ? `wrote ${path}` : `differs: ${path}`);
if (!write && differing.length > 0) {
  console.error('The public types have changed: run npm run api, and commit the reports with a changeset.');
  process.exitCode = 1;
}
