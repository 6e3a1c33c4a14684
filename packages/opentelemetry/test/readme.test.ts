/** The example of the README is a file that the compiler checks, and runs as it is printed. */
import { readFile } from 'node:fs/promises';
import { createRouter, defaultFeatures, type Router } from '@wamp/router';
import { expect, test } from 'vitest';
import { tracing } from '../src/index.ts';

// The one way to run text with `await` in it; there is no name for this constructor.
const AsyncFunction = Object.getPrototypeOf(async () => Promise.resolve()) as {
  readonly constructor: new (...source: string[]) => (...values: unknown[]) => Promise<unknown>;
};

async function text(file: string): Promise<string> {
  return readFile(new URL(file, import.meta.url), 'utf8');
}

async function sample(): Promise<string> {
  const [, code = ''] = /^```ts\n(.*?)^```$/ms.exec(await text('../README.md')) ?? [];
  return code;
}

test('the example of the README compiles', async () => {
  expect(await sample()).toBe(await text('readme-sample.ts'));
});

test('the example of the README traces a router', async () => {
  const code = (await sample()).replaceAll(/^import .*$/gm, '');
  const run = new AsyncFunction.constructor(
    'createRouter',
    'defaultFeatures',
    'tracing',
    `${code}\nreturn router;`,
  );
  const router = (await run(createRouter, defaultFeatures, tracing)) as Router;
  const session = router.join('realm1', { principal: { authid: 'joe', authrole: 'tester' } });
  await expect(session.call('wamp.session.count')).resolves.toMatchObject({ args: [1] });
  await router.close();
});
