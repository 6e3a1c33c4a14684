/** `tracing` of the configuration: spans reach a collector when the router stops, and reloads report that changes need a restart. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfiguration } from '../src/config/load.ts';
import { logTo } from '../src/log.ts';
import { start } from '../src/start.ts';

test('spans of calls reach the collector that the file names', async () => {
  const bodies: string[] = [];
  const collector = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (part: string) => bodies.push(part));
    request.on('end', () => response.end('{}'));
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void collector.close());
  const { port } = collector.address() as AddressInfo;
  const folder = await mkdtemp(join(tmpdir(), 'wamp-tracing-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'wamp.yaml');
  const yaml = `
    tracing: { endpoint: 'http://127.0.0.1:${port}/v1/traces', service_name: main }
    listeners: [{ port: 0, pages: false, http_bridges: { /api: { realm: realm1 } } }]
    realms: [{ name: realm1 }]
  `;
  await writeFile(file, yaml);
  const running = await start(loadConfiguration(file), false, logTo({ write: () => undefined }, 'warn'));
  const [, origin = ''] = /HTTP +(http:\/\/[^/]+)\//.exec(running.greeting) ?? [];
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ procedure: 'wamp.session.count' });
  expect((await fetch(`${origin}/api/call`, { method: 'POST', headers, body })).status).toBe(200);
  await writeFile(file, yaml.replace('main', 'other'));
  expect((await running.reload()).lines).toEqual([
    'tracing: cannot change while the router runs; restart it to apply that',
  ]);
  await running.stop();
  expect(bodies.join('')).toContain('"name":"call wamp.session.count"');
  expect(bodies.join('')).toContain('{"key":"service.name","value":{"stringValue":"main"}}');
});
