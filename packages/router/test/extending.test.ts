/** The examples of docs/extending.md run, and are what the page shows. */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createRouter, defaultFeatures, permissions } from '@wamp/router';
import { expect, test } from 'vitest';
import { lastEvent } from './examples/last-event.ts';
import { publishFromHttp } from './examples/publish-from-http.ts';
import { Client } from './support/client.ts';

test.each(['publish-from-http', 'last-event'])('the page shows %s as it is', (name) => {
  const page = readFileSync(new URL('../../../docs/extending.md', import.meta.url), 'utf8');
  const example = readFileSync(new URL(`examples/${name}.ts`, import.meta.url), 'utf8');
  expect(page).toContain(`\`\`\`ts\n${example}\`\`\``);
  expect(example.split('\n').length).toBeLessThan(80);
});

test('an HTTP handler publishes, and is denied what its role may not publish', async () => {
  const authorizer = permissions({
    roles: { web: { permissions: [{ uri: 'com.web.*', allow: { publish: true } }] } },
  });
  const router = createRouter({ realms: ['realm1'], authorizer });
  const session = router.join('realm1', { principal: { authid: 'bridge', authrole: 'web' } });
  const server = publishFromHttp(session);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const post = (topic: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/${topic}`, { method: 'POST', body: '[1]' });
  expect((await post('com.web.news')).status).toBe(200);
  const denied = await post('com.secret');
  expect([denied.status, await denied.text()]).toEqual([403, 'wamp.error.not_authorized']);
  await new Promise((resolve) => server.close(resolve));
});

test('a feature outside of the package tells the last event of a topic', async () => {
  const router = createRouter({ realms: ['realm1'], features: [...defaultFeatures(), lastEvent] });
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
