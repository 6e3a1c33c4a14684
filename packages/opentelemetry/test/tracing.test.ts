/** Spans as a collector receives them, linked with those of clients. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { connect, type Session } from '@wamp/client';
import { acceptWebSockets, createRouter, defaultFeatures, type Log, type Router } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import { expect, onTestFinished, test } from 'vitest';
import { tracing, type PostAnswer, type Tracing, type TracingOptions } from '../src/index.ts';
import { tracedCall, tracedRegister } from './examples/traced-client.ts';

/** A span as it is exported. */
interface Exported {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly status: { readonly code?: number; readonly message?: string };
}

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly unknown[] };
    readonly scopeSpans: readonly { readonly spans: readonly Exported[] }[];
  }[];
}

function spansIn(body: string): readonly Exported[] {
  const { resourceSpans } = JSON.parse(body) as ExportRequest;
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

/** The span id in a `traceparent`. */
function parentIn(carrier: object): string | undefined {
  const { traceparent } = carrier as { readonly traceparent?: string };
  return traceparent?.split('-')[2];
}

interface Collector {
  readonly endpoint: string;
  readonly requests: { path: string | undefined; authorization: string | undefined; body: string }[];
}

/** A stand-in for a collector: takes what is posted to it. */
async function collector(): Promise<Collector> {
  const requests: Collector['requests'] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (body += part));
    request.on('end', () => {
      requests.push({ path: request.url, authorization: request.headers.authorization, body });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${port}/v1/traces`, requests };
}

/** A router, and clients of it over WebSocket. */
async function routerWith(traces: Tracing): Promise<{ router: Router; join: () => Promise<Session> }> {
  const router = createRouter({ realms: ['realm1'], features: [...defaultFeatures(), traces.feature] });
  traces.attach(router);
  const server = createServer();
  const acceptor = acceptWebSockets(router, { server });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  onTestFinished(async () => {
    await router.close();
    await acceptor.close();
    server.close();
  });
  const url = `ws://127.0.0.1:${port}/`;
  return { router, join: () => connect(url, { realm: 'realm1', reconnect: false }) };
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01`, tracestate: 'rojo=1' };

test('the spans of one call are linked, from the caller by the router to the callee', async () => {
  const { endpoint, requests } = await collector();
  const traces = tracing({ endpoint, headers: { authorization: 'Bearer secret' }, serviceName: 'main' });
  const { router, join } = await routerWith(traces);
  const [caller, callee] = await Promise.all([join(), join()]);
  let heard: object = {};
  await callee.register('com.example.add', (_args, { details }) => {
    heard = details;
    return 5;
  });
  expect(await caller.call('com.example.add', [2, 3], { extra: PARENT })).toBe(5);
  await traces.flush();
  expect(requests).toMatchObject([{ path: '/v1/traces', authorization: 'Bearer secret' }]);
  const spans = spansIn(requests[0]?.body ?? '');
  const [invocation, call] = spans;
  expect(spans.map(({ name, kind, status }) => [name, kind, status])).toEqual([
    ['invoke com.example.add', 3, {}],
    ['call com.example.add', 2, {}],
  ]);
  expect(call).toMatchObject({ traceId: TRACE, parentSpanId: '00f067aa0ba902b7', traceState: 'rojo=1' });
  expect(invocation).toMatchObject({ traceId: TRACE, parentSpanId: call?.spanId });
  expect([parentIn(heard), heard]).toEqual([
    invocation?.spanId,
    { traceparent: `00-${TRACE}-${invocation?.spanId}-01`, tracestate: 'rojo=1' },
  ]);
  expect(invocation?.attributes).toEqual(
    expect.arrayContaining([
      { key: 'rpc.method', value: { stringValue: 'com.example.add' } },
      { key: 'wamp.realm', value: { stringValue: 'realm1' } },
      { key: 'wamp.caller', value: { stringValue: String(caller.id) } },
      { key: 'wamp.callee', value: { stringValue: String(callee.id) } },
    ]),
  );
  expect(BigInt(call?.endTimeUnixNano ?? 0)).toBeGreaterThanOrEqual(BigInt(call?.startTimeUnixNano ?? 1));
  expect(router.metrics.read(['wamp_trace_spans_total'])[0]?.samples).toEqual([
    { labels: { outcome: 'exported' }, value: 2 },
    { labels: { outcome: 'dropped' }, value: 0 },
  ]);
});

test('spans that clients make with OpenTelemetry are linked with those of the router', async () => {
  const clients = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(clients)] });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const { endpoint, requests } = await collector();
  const traces = tracing({ endpoint, ratio: 0 });
  const { join } = await routerWith(traces);
  const [caller, callee] = await Promise.all([join(), join()]);
  await tracedRegister(callee, 'com.example.add', ([one, other]) => Number(one) + Number(other));
  expect(await tracedCall(caller, 'com.example.add', [2, 3])).toBe(5);
  await traces.flush();
  const [invocation, call] = spansIn(requests[0]?.body ?? '');
  const [ofCallee, ofCaller] = clients.getFinishedSpans();
  const chain = [
    [ofCaller?.spanContext().spanId, undefined],
    [call?.spanId, ofCaller?.spanContext().spanId],
    [invocation?.spanId, call?.spanId],
    [ofCallee?.spanContext().spanId, invocation?.spanId],
  ];
  expect(chain).toEqual([
    [ofCaller?.spanContext().spanId, ofCaller?.parentSpanContext?.spanId],
    [call?.spanId, call?.parentSpanId],
    [invocation?.spanId, invocation?.parentSpanId],
    [ofCallee?.spanContext().spanId, ofCallee?.parentSpanContext?.spanId],
  ]);
  const ids = [
    ofCaller?.spanContext().traceId,
    ofCallee?.spanContext().traceId,
    call?.traceId,
    invocation?.traceId,
  ];
  expect(new Set(ids).size).toBe(1);
});

test('docs/tracing.md shows the example as it is', () => {
  const page = readFileSync(new URL('../../../docs/tracing.md', import.meta.url), 'utf8');
  const example = readFileSync(new URL('examples/traced-client.ts', import.meta.url), 'utf8');
  expect(page).toContain(`\`\`\`ts\n${example}\`\`\``);
});

test('the span of a publication is linked with its publisher and its subscribers', async () => {
  const { endpoint, requests } = await collector();
  const traces = tracing({ endpoint });
  const { join } = await routerWith(traces);
  const [publisher, subscriber] = await Promise.all([join(), join()]);
  const heard = new Promise<object>((resolve) => {
    void subscriber.subscribe('com.example.news', (_args, event) => {
      resolve(event.details);
    });
  });
  await expect.poll(() => subscriber.call('wamp.subscription.lookup', ['com.example.news'])).not.toBe(null);
  await publisher.publish('com.example.news', ['hello'], { extra: PARENT, acknowledge: true });
  const details = await heard;
  await traces.flush();
  const span = requests
    .flatMap(({ body }) => spansIn(body))
    .find(({ name }) => name === 'publish com.example.news');
  expect(span).toMatchObject({ traceId: TRACE, parentSpanId: '00f067aa0ba902b7', kind: 4 });
  expect(parentIn(details)).toBe(span?.spanId);
});

/** A router on a clock of its own, whose spans are posted to `answer`. */
function posting(
  options: Partial<TracingOptions>,
  answer: () => Promise<PostAnswer> = () => Promise.resolve({ status: 200 }),
) {
  const clock = new ManualClock(1_700_000_000_000);
  const bodies: string[] = [];
  const post = (body: string): Promise<PostAnswer> => {
    bodies.push(body);
    return answer();
  };
  const traces = tracing({ endpoint: 'http://collector.example/v1/traces', post, ...options });
  const logged: unknown[] = [];
  const log: Log = (level, _what, facts) => {
    if (level === 'warn') logged.push(facts);
  };
  const features = [...defaultFeatures(), traces.feature];
  const router = createRouter({ realms: ['realm1'], features, clock, log });
  traces.attach(router);
  const session = router.join('realm1', { trusted: true });
  const counts = (): readonly unknown[] =>
    router.metrics
      .read(['wamp_trace_spans_total'])[0]
      ?.samples.map((sample) => 'value' in sample && sample.value) ?? [];
  return { clock, bodies, traces, session, logged, counts };
}

test('a declined call has a span for each callee, and errors are recorded', async () => {
  const { bodies, traces, session, clock } = posting({});
  await session.register('com.add', () => Promise.reject(new Error('broken')));
  const failed = session.call('com.add').catch(() => undefined);
  clock.advance(250);
  await failed;
  await traces.flush();
  const [invocation, call] = spansIn(bodies[0] ?? '');
  expect(call).toMatchObject({
    name: 'call com.add',
    startTimeUnixNano: '1700000000000000000',
    endTimeUnixNano: '1700000000250000000',
    status: { code: 2, message: 'wamp.error.runtime_error' },
  });
  expect(call).not.toHaveProperty('parentSpanId');
  expect(invocation).toMatchObject({ traceId: call?.traceId, status: { code: 2 } });
});

test.each([
  ['a trace that begins here, by the ratio', { ratio: 0.5, random: () => 0.4 }, undefined, 2],
  ['a trace that begins here, by the ratio', { ratio: 0.5, random: () => 0.5 }, undefined, 0],
  ['a parent that is sampled', { ratio: 0 }, PARENT.traceparent, 2],
  ['a parent that is not', { ratio: 1 }, PARENT.traceparent.replace(/01$/, '00'), 0],
  ['a parent whose decision does not count', { ratio: 0.5, honorParents: false }, PARENT.traceparent, 0],
  ['a parent whose decision does not count', { ratio: 0.95, honorParents: false }, PARENT.traceparent, 2],
])('sampling of %s: %o', async (_what, options, traceparent, expected) => {
  const { bodies, traces, session } = posting(options);
  await session.register('com.add', () => undefined);
  await session.call('com.add', [], {}, traceparent === undefined ? {} : { traceparent });
  await traces.flush();
  expect(bodies.flatMap(spansIn)).toHaveLength(expected);
});

test('spans wait for others for an interval, or until a batch is full', async () => {
  const { bodies, session, clock } = posting({ batchSize: 3, interval: 5000 });
  await session.publish('com.one');
  await session.publish('com.two');
  clock.advance(4999);
  expect(bodies).toHaveLength(0);
  clock.advance(1);
  expect(bodies.map((body) => spansIn(body).length)).toEqual([2]);
  await expect.poll(() => clock.pending).toBe(0);
  for (const topic of ['com.one', 'com.two', 'com.three']) await session.publish(topic);
  expect(bodies.map((body) => spansIn(body).length)).toEqual([2, 3]);
});

test('a collector that fails is asked again, with delays that double, and then the batch is dropped', async () => {
  let status = 503;
  const { bodies, session, clock, counts, logged, traces } = posting({ attempts: 3 }, () =>
    status === 0 ? Promise.reject(new Error('connection refused')) : Promise.resolve({ status }),
  );
  await session.publish('com.one');
  const flushed = traces.flush();
  for (const delay of [1000, 2000]) {
    await expect.poll(() => clock.untilNext).toBe(delay);
    clock.advance(delay);
  }
  await flushed;
  expect([bodies.length, counts()]).toEqual([3, [0, 1]]);
  expect(logged).toEqual([{ code: 'trace_export_failed', spans: 1, why: 'status 503' }]);
  // One that refuses is not asked again.
  status = 400;
  await session.publish('com.two');
  await traces.flush();
  expect([bodies.length, counts()]).toEqual([4, [0, 2]]);
  // The last attempt is made at the end, and none is delayed.
  status = 0;
  await session.publish('com.three');
  await traces.close();
  expect([bodies.length, counts(), logged.at(-1)]).toEqual([
    5,
    [0, 3],
    { code: 'trace_export_failed', spans: 1, why: 'connection refused' },
  ]);
});

test('what waits is bounded, and the rest is dropped', async () => {
  const { bodies, session, counts, traces } = posting({ queueSize: 2 });
  for (let count = 0; count < 5; count += 1) await session.publish('com.one');
  expect(counts()).toEqual([0, 3]);
  await traces.close();
  await session.publish('com.one');
  expect([bodies.flatMap(spansIn).length, counts()]).toEqual([2, [2, 4]]);
});

test('a collector that does not answer is given up after the timeout', async () => {
  const clock = new ManualClock();
  const traces = tracing({
    endpoint: 'http://collector.example/',
    attempts: 1,
    post: (_body, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      }),
  });
  const logged: unknown[] = [];
  const log: Log = (level, _what, facts) => {
    if (level === 'warn') logged.push(facts);
  };
  const router = createRouter({ realms: ['realm1'], features: [traces.feature], clock, log });
  traces.attach(router);
  await router.join('realm1').publish('com.one');
  const flushed = traces.flush();
  clock.advance(10_000);
  await flushed;
  expect(logged).toEqual([{ code: 'trace_export_failed', spans: 1, why: 'no answer within 10000 ms' }]);
});

test('options that cannot work are refused', () => {
  expect(() => tracing({ endpoint: 'collector:4318' })).toThrow(/^endpoint: expected a URL such as http:/);
  expect(() => tracing({ endpoint: 'http://collector.example/', ratio: 2 })).toThrow(
    'ratio: expected 0 … 1, not 2',
  );
});
