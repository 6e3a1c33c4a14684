/** The example of the README and of docs/clustering.md is a file that the compiler checks, and runs with a NATS server. */
import { readFile } from 'node:fs/promises';
import { createRouter, type Router } from '@wamp/router';
import { expect, test } from 'vitest';
import { natsEngine } from '../src/index.ts';
import { NatsServers, whyNoNats } from './support/nats-servers.ts';

// The one way to run text with `await` in it; there is no name for this constructor.
const AsyncFunction = Object.getPrototypeOf(async () => Promise.resolve()) as {
  readonly constructor: new (...source: string[]) => (...values: unknown[]) => Promise<unknown>;
};

const missing = whyNoNats();

async function text(file: string): Promise<string> {
  return readFile(new URL(file, import.meta.url), 'utf8');
}

async function sample(page = '../README.md'): Promise<string> {
  const [, code = ''] = /^```ts\n(.*?)^```$/ms.exec(await text(page)) ?? [];
  return code;
}

test.each(['../README.md', '../../../docs/clustering.md'])('the example of %s compiles', async (page) => {
  expect(await sample(page)).toBe(await text('readme-sample.ts'));
});

test.skipIf(missing !== undefined)(
  `the example of the README starts a node${missing === undefined ? '' : `: ${missing}`}`,
  async () => {
    const servers = await NatsServers.start(1);
    const code = (await sample())
      .replaceAll(/^import .*$/gm, '')
      .replace('nats://127.0.0.1:4222', servers.urls[0] ?? '');
    const run = new AsyncFunction.constructor('createRouter', 'natsEngine', `${code}\nreturn router;`);
    const router = (await run(createRouter, natsEngine)) as Router;
    const session = router.join('realm1', { principal: { authid: 'joe', authrole: 'tester' } });
    await expect(session.call('wamp.session.count')).resolves.toMatchObject({ args: [1] });
    await router.close();
    await servers.stop();
  },
);
