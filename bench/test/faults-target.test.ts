/** The router processes of `npm run faults`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startRouter } from '../src/faults/target.ts';

test('a router process that ends before it listens is reported', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wamp-faults-'));
  try {
    const program = join(folder, 'ends.mjs');
    writeFileSync(program, 'process.exit(3);');
    await expect(startRouter(300, program)).rejects.toThrow(
      'The router ended before it listened, with code 3.',
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
