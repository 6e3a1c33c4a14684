/** A folder of a test's own, which goes with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** @returns the path of a file that does not exist yet */
export function freshFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wamp-store-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return join(folder, 'events.db');
}
