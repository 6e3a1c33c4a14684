/** The helpers for tests of applications, under the test runner of Node. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('a test realm and a scripted peer serve node:test', async () => {
  const sample = fileURLToPath(new URL('support/realm-sample.ts', import.meta.url));
  const args = ['--conditions=@wamp/source', '--import', import.meta.resolve('tsx'), '--test', sample];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  });
  expect(stdout).toMatch(/^. pass 2$/m);
  expect(stdout).toMatch(/^. fail 0$/m);
});
