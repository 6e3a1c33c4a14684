#!/usr/bin/env node
/** Starts the deployable router; with few file descriptors, it loads its files one after another. */
import { createRequire } from 'node:module';
import { areScarce, descriptorLimit, tooFew } from './descriptors.ts';
import { returnFreedMemory } from './freed-memory.ts';

if (process.argv[2] === 'start') returnFreedMemory();
const limit = descriptorLimit();
const refusal = tooFew(limit);
if (refusal !== undefined) {
  process.stderr.write(`wamp-router: ${refusal}\n`);
  process.exitCode = 2;
} else if (areScarce(limit) && import.meta.url.endsWith('.js')) {
  // `import` opens all files at the same time; `require` opens one after another.
  const { run } = createRequire(import.meta.url)('./program.js') as typeof import('./program.ts');
  await run();
} else {
  const { run } = await import('./program.ts');
  await run();
}
