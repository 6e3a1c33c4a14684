/** Every kind of load through our router: all of it arrives. */
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { acceptRawSockets, acceptWebSockets, createRouter } from '@wamp/router';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeCrowd, openCrowd } from '../src/load/crowd.ts';
import { CborElements } from '../src/load/elements-cbor.ts';
import { JsonElements } from '../src/load/elements-json.ts';
import { MsgpackElements } from '../src/load/elements-msgpack.ts';
import { Histogram } from '../src/load/histogram.ts';
import type { Load } from '../src/load/load.ts';
import { PubSubLoad } from '../src/load/pubsub.ts';
import { RpcLoad, type RpcOptions } from '../src/load/rpc.ts';
import type { Destination } from '../src/load/session.ts';
import { Turn } from '../src/load/turn.ts';
import { until } from './support/until.ts';

const json = (): JsonElements => new JsonElements();
const msgpack = (): MsgpackElements => new MsgpackElements();
const cbor = (): CborElements => new CborElements();

const router = createRouter({ realms: ['realm1'] });
const [http, raw] = [createHttpServer(), createServer()];
const acceptors = [acceptWebSockets(router, { server: http }), acceptRawSockets(router, { server: raw })];
let destination: Destination;
let rawDestination: Destination;

async function addressOf(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  destination = { url: `ws://${await addressOf(http)}/ws`, realm: 'realm1', relay: false };
  rawDestination = { url: `rs://${await addressOf(raw)}`, realm: 'realm1', relay: false };
});

afterAll(async () => {
  await router.close();
  await Promise.all(acceptors.map((acceptor) => acceptor.close()));
  http.close();
  raw.close();
});

/** Lets at least so many messages through, twice: a load can be stopped and started. */
async function runs(load: Load, count: number): Promise<void> {
  try {
    for (let run = 1; run <= 2; run += 1) {
      load.start();
      await until(() => load.delivered >= run * count || load.faults.total > 0);
      load.stop();
      await until(() => load.outstanding === 0 || load.faults.total > 0);
      expect(load.faults.toString()).toBe('');
    }
    expect(load.latency.total).toBe(load.delivered);
  } finally {
    load.close();
  }
}

const ONE = { callers: 1, callees: 1, window: 16, payload: { size: 16, kind: 'text' } } as const;
const OBJECT = { payload: { size: 1024, kind: 'object' } } as const;
const LARGE = { payload: { size: 65536, kind: 'text' } } as const;

// Twelve hundred calls: request ids grow from one digit to four, and MessagePack's from one byte to three.
test.each<readonly [string, RpcOptions, number]>([
  ['JSON', { ...ONE, caller: json, callee: json }, 600],
  ['MessagePack', { ...ONE, caller: msgpack, callee: msgpack }, 600],
  ['CBOR', { ...ONE, caller: cbor, callee: cbor }, 600],
  ['JSON ↔ MessagePack', { ...ONE, caller: json, callee: msgpack }, 600],
  ['CBOR ↔ JSON', { ...ONE, caller: cbor, callee: json }, 600],
  ['an object, JSON', { ...ONE, ...OBJECT, caller: json, callee: json }, 50],
  ['an object, JSON ↔ MessagePack', { ...ONE, ...OBJECT, caller: json, callee: msgpack }, 50],
  ['an object, MessagePack ↔ CBOR', { ...ONE, ...OBJECT, caller: msgpack, callee: cbor }, 50],
  ['64 KiB, JSON', { ...ONE, ...LARGE, caller: json, callee: json }, 30],
  ['64 KiB, MessagePack', { ...ONE, ...LARGE, caller: msgpack, callee: msgpack }, 30],
  ['many pairs', { ...ONE, callers: 20, callees: 20, window: 1, caller: json, callee: json }, 400],
  ['many procedures', { ...ONE, callees: 5, procedures: 200, caller: json, callee: json }, 400],
])('calls: %s', async (_, options, count) => {
  await runs(await RpcLoad.open(destination, options), count);
});

test('calls over RawSocket', async () => {
  for (const make of [json, msgpack]) {
    await runs(await RpcLoad.open(rawDestination, { ...ONE, caller: make, callee: make }), 600);
  }
});

const EVENT = { window: 4, payload: { size: 128, kind: 'text' } } as const;

test('events: one topic, every serializer', async () => {
  for (const make of [json, msgpack, cbor]) {
    const options = { ...EVENT, subscribers: 20, publisher: make, subscriber: make };
    await runs(await PubSubLoad.open(destination, options), 500);
  }
});

test('events: many topics, each with its own audience', async () => {
  const options = {
    ...EVENT,
    subscribers: 9,
    topics: 100,
    audience: 3,
    publisher: json,
    subscriber: msgpack,
  };
  await runs(await PubSubLoad.open(destination, options), 500);
});

test('a crowd of sessions', async () => {
  const latency = new Histogram();
  const wire = { elements: json(), turn: new Turn() };
  const crowd = await openCrowd(destination, { sessions: 100, atOnce: 16, wire, latency });
  expect(crowd).toHaveLength(100);
  expect(latency.total).toBe(100);
  closeCrowd(crowd);
});

test('a realm that is not there is said so', async () => {
  const options = { ...ONE, caller: json, callee: json };
  await expect(RpcLoad.open({ ...destination, realm: 'nowhere' }, options)).rejects.toThrow('no session');
});
