/** The examples of docs/extending.md run, and are what the page shows. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRouter, defaultFeatures, permissions, type LocalSession, type Router } from '@wamp/router';
import { expect, test } from 'vitest';
import { lastEvent } from './examples/last-event.ts';
import { publishFromHttp } from './examples/publish-from-http.ts';
import { Client } from './support/client.ts';

test.each([
  ['publish-from-http', 'publishFromHttp.ts'],
  ['last-event', 'lastEvent.ts'],
])('the page shows %s as it is, in a file %s', (name, file) => {
  const page = readFileSync(new URL('../../../docs/extending.md', import.meta.url), 'utf8');
  const example = readFileSync(new URL(`examples/${name}.ts`, import.meta.url), 'utf8');
  expect(page).toContain(`\`\`\`ts\n// ${file}\n${example}\`\`\``);
  expect(example.split('\n').length).toBeLessThan(80);
});

/** What a block of the page does that has these words, with the names that it imports. */
function runBlock(words: string, names: Readonly<Record<string, unknown>>, result: string): unknown {
  const page = readFileSync(new URL('../../../docs/extending.md', import.meta.url), 'utf8');
  const block = page.split('```ts\n').find((part) => part.slice(0, part.indexOf('```')).includes(words));
  const shown = block?.slice(0, block.indexOf('```')) ?? '';
  const code = shown.replaceAll(/^import .*$/gm, '').replace('listen(8081,', 'listen(0,');
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the samples of the page run as they are printed there
  const run = new Function(...Object.keys(names), `${code}\nreturn ${result};`) as (
    ...given: unknown[]
  ) => unknown;
  return run(...Object.values(names));
}

test('an HTTP handler publishes, and is denied what its role may not publish', async () => {
  const servers: Server[] = [];
  const publishing = (session: LocalSession): Server => {
    const server = publishFromHttp(session);
    servers.push(server);
    return server;
  };
  runBlock('const authorizer', { permissions, createRouter, publishFromHttp: publishing }, 'router');
  const [server] = servers;
  if (server === undefined) throw new Error('the page starts no server');
  if (!server.listening) await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const post = (topic: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/${topic}`, { method: 'POST', body: '[1]' });
  expect((await post('com.web.news')).status).toBe(200);
  const denied = await post('com.secret');
  expect([denied.status, await denied.text()]).toEqual([403, 'wamp.error.not_authorized']);
  await new Promise((resolve) => server.close(resolve));
});

test('a feature outside of the package tells the last event of a topic', async () => {
  const names = { createRouter, defaultFeatures, lastEvent };
  const router = runBlock("createRouter({ realms: ['realm1'], features", names, 'router') as Router;
  const client = await Client.join(router);
  const session = router.join('realm1');
  await session.publish('com.topic', ['news']);
  await session.publish('com.secret', ['for nobody'], {}, { eligible: [] });
  await client.say(
    [48, 1, {}, 'com.example.last', ['com.topic']],
    [48, 2, {}, 'com.example.last', ['com.secret']],
  );
  expect(client.heard).toEqual([
    [50, 1, {}, ['news']],
    [8, 48, 2, {}, 'com.example.nothing'],
  ]);
  expect(router.realm('realm1')?.kept.used).toBeGreaterThan(0);
});
