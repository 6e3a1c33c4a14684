/** The quick start prints what its README says. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { visit } from '../src/client.ts';
import { start } from '../src/router.ts';
import { serve } from '../src/service.ts';

test('the quick start subscribes, registers, calls and publishes in realm myapp', async () => {
  const printed: string[] = [];
  await using router = await start();
  await using service = await serve(router.url, (line) => printed.push(line));
  await using client = await visit(router.url, (line) => printed.push(line));
  expect([service.realm, client.realm]).toEqual(['myapp', 'myapp']);

  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const said = readme.split('\n').filter((line) => /^(client|service): /.test(line));
  expect(said).toHaveLength(5);
  // Two sessions hear the same event: which one prints first, nobody promises.
  await expect.poll(() => [...printed].sort()).toEqual([...said].sort());
});
