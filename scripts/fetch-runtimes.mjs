// Fetches Deno and Bun as npm packages, for interop/test/runtimes.test.ts. CI does so; developers may.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { npm, root } from './workspace.mjs';

const runtimes = { deno: '2.9.6', bun: '1.4.5' };
const cache = join(root, 'node_modules', '.cache', 'wamp-runtimes');

for (const [name, version] of Object.entries(runtimes)) {
  if (existsSync(join(cache, 'node_modules', '.bin', name))) continue;
  mkdirSync(cache, { recursive: true });
  // npm removes what is not named, so both are named each time.
  const packages = Object.entries(runtimes).map((runtime) => runtime.join('@'));
  const { ok, output } = await npm([
    'i',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--prefix',
    cache,
    ...packages,
  ]);
  if (!ok) {
    console.log(`Deno and Bun cannot be fetched; ${name}@${version} is missing:\n${output.trimEnd()}`);
    process.exitCode = 1;
  }
  break;
}
