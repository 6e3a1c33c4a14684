/** What operators ask over HTTP: metrics as Prometheus reads them, and health as load balancers do. */
import { get, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { json, type Transport } from '@wamp/protocol';
import { MetricsRegistry } from '@wamp/router';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocketEnd } from '../../../packages/router/test/support/client-ends.ts';
import { readConfiguration } from '../src/config/load.ts';
import { Health, memoryCheck } from '../src/health.ts';
import { prometheusText } from '../src/prometheus.ts';
import { start, type Running } from '../src/start.ts';
import { measureStore } from '../src/store-metrics.ts';
import { readExposition } from './exposition.ts';

const YAML = `
listeners: [{ port: 0, pages: false }]
realms: [{ name: realm1 }]
admin: { listener: { port: 0 } }
`;

async function serve(yaml = YAML): Promise<Running> {
  const running = await start(readConfiguration(yaml, { file: 'wamp.yaml', environment: {} }), false);
  onTestFinished(() => running.stop());
  return running;
}

/** Such as `/metrics` of the admin listener. */
function ask({ adminUrl = '' }: Running, path: string, method = 'GET'): Promise<Response> {
  return fetch(`${adminUrl}${path}`, { method });
}

/** Where clients reach it, such as `http://127.0.0.1:8080`. */
function clientsOf({ greeting }: Running): string {
  const url = greeting.split(/\s+/).find((word) => word.startsWith('ws://')) ?? '';
  return new URL(url.replace('ws:', 'http:')).origin;
}

/** Joins; resolves when it is in. */
function hello(end: Transport): Promise<void> {
  return new Promise((resolve) => {
    end.listener = { frame: () => resolve(), violation: () => undefined, closed: () => undefined };
    end.send(json.encodePayload([1, 'realm1', { roles: { caller: {} } }], {}, 1));
  });
}

test('metrics of the router and of the process have the format of Prometheus', async () => {
  const running = await serve();
  const response = await ask(running, '/metrics');
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const metrics = readExposition(await response.text());
  expect(metrics.get('wamp_sessions')).toMatchObject({
    type: 'gauge',
    samples: [{ labels: { realm: 'realm1' }, value: 0 }],
  });
  expect(metrics.get('wamp_turn_seconds')?.type).toBe('histogram');
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'wamp_build_info']) {
    expect(metrics.get(name)?.samples[0]?.value).toBeGreaterThan(0);
  }
});

test('labels and help texts are escaped, buckets are cumulative, infinity is spelled as Prometheus does', () => {
  const registry = new MetricsRegistry();
  const help = 'A back\\slash and a line\nbreak.';
  registry
    .counter({ name: 'doors_total', help, labels: ['side'] })
    .of('"left\\" \n')
    .add(2);
  registry.gauge({ name: 'height', help: 'Height.' }).of().set(Infinity);
  const times = registry.histogram({ name: 'door_seconds', help: 'Times.', labels: ['side'] });
  for (const seconds of [0.0003, 0.02, 0.02, 70]) times.of('left').record(seconds);
  times.of('right').record(1);
  const text = prometheusText(registry);
  const metrics = readExposition(text);
  expect(text).toContain('# HELP doors_total A back\\\\slash and a line\\nbreak.\n');
  expect(metrics.get('doors_total')?.samples).toEqual([
    { name: 'doors_total', labels: { side: '"left\\" \n' }, value: 2 },
  ]);
  expect(metrics.get('height')?.samples[0]?.value).toBe(Infinity);
  const left = metrics.get('door_seconds')?.samples.filter(({ labels }) => labels['side'] === 'left') ?? [];
  const upTo = (le: string): number | undefined => left.find(({ labels }) => labels['le'] === le)?.value;
  expect([upTo('0.0001'), upTo('0.0005'), upTo('0.025'), upTo('60'), upTo('+Inf')]).toEqual([0, 1, 3, 3, 4]);
});

test.each([
  ['a metric twice', '# HELP a x\n# TYPE a gauge\na 1\n# HELP a x\n# TYPE a gauge\na 1\n'],
  ['a sample twice', '# HELP a x\n# TYPE a gauge\na 1\na 1\n'],
  ['a label that is not escaped', '# HELP a x\n# TYPE a gauge\na{b="c"d"} 1\n'],
  ['no end of the last line', '# HELP a x\n# TYPE a gauge\na 1'],
  ['a counter without _total', '# HELP a x\n# TYPE a counter\na 1\n'],
  [
    'buckets that fall',
    '# HELP a x\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
  ],
  ['Infinity', '# HELP a x\n# TYPE a gauge\na Infinity\n'],
])('the reader of these tests refuses %s', (_, text) => {
  expect(() => readExposition(text)).toThrow();
});

test('it is live and ready while it serves, and says why when it drains', async () => {
  const running = await serve();
  expect(await (await ask(running, '/health')).json()).toMatchObject({ status: 'ok' });
  expect(await (await ask(running, '/health/live')).json()).toEqual({ status: 'live' });
  expect(await (await ask(running, '/health/ready')).json()).toEqual({ status: 'ready' });
  // A client that does not answer GOODBYE: the end waits for it.
  const client = await WebSocketEnd.connect(`${clientsOf(running).replace('http', 'ws')}/ws`, json);
  await hello(client);
  const stopped = running.stop();
  const unready = await ask(running, '/health/ready');
  expect(unready.status).toBe(503);
  expect(await unready.json()).toEqual({
    status: 'not ready',
    reasons: [{ code: 'draining', why: 'the router is shutting down' }],
  });
  client.close();
  await stopped;
  await expect(ask(running, '/health/live')).rejects.toThrow();
});

test('it is not ready when what it keeps, or its heap, has nearly reached the limit', () => {
  const kept = { used: 10, limit: 1000 };
  const health = new Health();
  let heapUsed = 10;
  health.add(memoryCheck({ kept }, () => ({ used_heap_size: heapUsed, heap_size_limit: 100 })));
  expect(health.unready()).toEqual([]);
  kept.used = 960;
  expect(health.unready()).toMatchObject([
    { code: 'kept_bytes', why: expect.stringContaining('960') as string },
  ]);
  kept.used = 460;
  expect(health.unready()).toEqual([]);
  heapUsed = 96;
  expect(health.unready()).toMatchObject([{ code: 'heap' }]);
});

test('other paths and methods are refused in words, and HEAD has no body', async () => {
  const running = await serve();
  expect((await ask(running, '/metrics', 'POST')).status).toBe(405);
  const missing = await ask(running, '/');
  expect([missing.status, await missing.text()]).toEqual([404, expect.stringContaining('/metrics')]);
  expect(await (await ask(running, '/metrics', 'HEAD')).text()).toBe('');
});

test('clients of the router can read its health, but not its metrics', async () => {
  const running = await serve();
  const base = clientsOf(running);
  expect((await fetch(`${base}/health/ready`)).status).toBe(200);
  expect((await fetch(`${base}/metrics`)).status).toBe(404);
});

test('without admin.listener nothing listens for operators, and a port in use ends the start', async () => {
  expect((await serve(YAML.replace(/admin:.*\n/, ''))).adminUrl).toBeUndefined();
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await expect(
    serve(YAML.replace('{ listener: { port: 0 } }', `{ listener: { port: ${port} } }`)),
  ).rejects.toThrow(`port ${port} on 127.0.0.1 is in use`);
});

test('on a loopback address, requests to names of other machines are refused', async () => {
  const { adminUrl = '' } = await serve();
  const { port } = new URL(adminUrl);
  const statusFor = async (host: string): Promise<number | undefined> => {
    const request = get({ port, host: '127.0.0.1', path: '/metrics', headers: { host } });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };
  for (const host of [`127.0.0.1:${port}`, `LOCALHOST:${port}`, 'localhost', `[::1]:${port}`]) {
    expect(await statusFor(host)).toBe(200);
  }
  for (const host of [
    `evil.example:${port}`,
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '10.0.0.1',
  ]) {
    expect(await statusFor(host)).toBe(421);
  }
});

test('the store is part of the metrics, and makes the router unready while it fails', () => {
  const metrics = new MetricsRegistry();
  const status = { failing: 'disk is full', written: 5, commits: 2, failures: 3, lost: 1, pending: 4 };
  measureStore(metrics, { status });
  const told = readExposition(prometheusText(metrics));
  const values = [...told].map(([name, { samples }]) => [name, samples[0]?.value]);
  expect(Object.fromEntries(values.filter(([name]) => String(name).includes('store')))).toEqual({
    wamp_store_failing: 1,
    wamp_store_pending_events: 4,
    wamp_store_written_events_total: 5,
    wamp_store_commits_total: 2,
    wamp_store_failures_total: 3,
    wamp_store_lost_events_total: 1,
  });
});
