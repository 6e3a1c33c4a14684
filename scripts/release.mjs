// `npm run release`: builds, publishes each package whose version the registry lacks, and tags the commit. `--built` publishes
// what is built already: the release check has just built it.
import { pnpm, requireNode } from './workspace.mjs';

requireNode();

const isBuilt = process.argv.includes('--built');
const built = isBuilt || (await pnpm(['run', 'build'], { live: true })).ok;
const published = built && (await pnpm(['exec', 'changeset', 'publish'], { live: true })).ok;
process.exitCode = published ? 0 : 1;
