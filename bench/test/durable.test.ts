/** Routers that are killed in mid-traffic keep what they have acknowledged; `npm run durable -- --times 100` kills more. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Workshop } from '../../apps/router/test/workshop.ts';
import { kills } from '../src/durable/kills.ts';

test('DUR-11 after kill -9 of wamp-router, the next one has all that was acknowledged, time after time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wamp-killed-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  await using workshop = await Workshop.open({});
  let times = 0;
  for await (const outcome of kills(folder, 2, Math.random, [workshop.main])) {
    const { acknowledged, kept, missing, wrong } = outcome;
    times += 1;
    expect({ missing, wrong }).toEqual({ missing: 0, wrong: 0 });
    expect(acknowledged).toBeGreaterThanOrEqual(times * 50);
    expect(kept).toBeGreaterThan(0);
  }
  expect(times).toBe(2);
});
