/** Routers that are killed in mid-traffic keep what they have acknowledged; `npm run durable -- --times 100` kills more. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { kill } from '../src/durable/kills.ts';

test('DUR-11 after kill -9, all that was acknowledged is in the file, time after time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wamp-killed-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  let kills = 0;
  for await (const { acknowledged, missing } of kill(join(folder, 'events.db'), 3, Math.random)) {
    kills += 1;
    expect(missing).toBe(0);
    expect(acknowledged).toBeGreaterThanOrEqual(kills * 50);
  }
  expect(kills).toBe(3);
});
