/** No test of messages is worth anything that cannot fail: the load notices each way of spoiling them. */
import { afterEach, expect, test } from 'vitest';
import { CborElements } from '../src/load/elements-cbor.ts';
import { JsonElements } from '../src/load/elements-json.ts';
import { MsgpackElements } from '../src/load/elements-msgpack.ts';
import type { Elements } from '../src/load/elements.ts';
import type { FaultKind } from '../src/load/faults.ts';
import { drain, type Load } from '../src/load/load.ts';
import { PubSubLoad } from '../src/load/pubsub.ts';
import { RpcLoad } from '../src/load/rpc.ts';
import { faultyRelay, SPOILT, type Fault, type FaultyRelay } from './support/faulty-relay.ts';
import { until } from './support/until.ts';

type Make = () => Elements;
const SERIALIZERS: readonly (readonly [string, Make])[] = [
  ['JSON', () => new JsonElements()],
  ['MessagePack', () => new MsgpackElements()],
  ['CBOR', () => new CborElements()],
];
const PAYLOAD = { size: 64, kind: 'text' } as const;
const WINDOW = 8;
const SUBSCRIBERS = 3;
/** Messages that get through although one before them was lost. */
const ENOUGH = 2 * SPOILT;

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** A load, and how many receivers each of its messages has. */
interface Play {
  readonly make: (url: string) => Promise<Load>;
  readonly receivers: number;
}

/**
 * Runs a load through a relay until it has spoilt its message, and everything that can come has come.
 * @param lost how many deliveries cannot come
 */
async function played(relay: FaultyRelay, { make, receivers }: Play, lost = 0): Promise<Load> {
  open.push(relay);
  const load = await make(relay.url);
  open.push(load);
  load.start();
  await until(() => load.faults.total > 0 || load.delivered >= ENOUGH * receivers);
  load.stop();
  await until(() => load.outstanding === lost);
  await drain(load, 0);
  return load;
}

function calls(make: Make): Play {
  return {
    receivers: 1,
    make: (url) =>
      RpcLoad.open(
        { url, realm: 'realm1', relay: true },
        { callers: 1, callees: 1, window: WINDOW, payload: PAYLOAD, caller: make, callee: make },
      ),
  };
}

function events(make: Make): Play {
  return {
    receivers: SUBSCRIBERS,
    make: (url) =>
      PubSubLoad.open(
        { url, realm: 'realm1', relay: true },
        { subscribers: SUBSCRIBERS, window: WINDOW, payload: PAYLOAD, publisher: make, subscriber: make },
      ),
  };
}

/** The last: of how many messages nothing is delivered. */
const EXPECTED: readonly (readonly [Fault, FaultKind, number])[] = [
  ['drop', 'missing', 1],
  ['duplicate', 'duplicate', 0],
  ['corrupt', 'corrupt', 1],
  ['swap', 'reordered', 0],
];

for (const [name, make] of SERIALIZERS) {
  test(`${name}: without a fault none is noticed`, async () => {
    const rpc = await played(await faultyRelay('none', 'caller'), calls(make));
    expect(rpc.faults.toString()).toBe('');
    expect(rpc.delivered).toBeGreaterThanOrEqual(ENOUGH);
    const pubsub = await played(await faultyRelay('none', 'publisher'), events(make));
    expect(pubsub.faults.toString()).toBe('');
    expect(pubsub.delivered).toBeGreaterThanOrEqual(ENOUGH);
  });

  test.each(EXPECTED)(`${name}: a call spoilt by %s is noticed as %s`, async (fault, kind, lost) => {
    const { faults } = await played(await faultyRelay(fault, 'caller'), calls(make), lost);
    expect(faults.counts[kind]).toBeGreaterThan(0);
  });

  test.each(EXPECTED)(`${name}: an event spoilt by %s is noticed as %s`, async (fault, kind, lost) => {
    const relay = await faultyRelay(fault, 'publisher');
    const { faults } = await played(relay, events(make), lost * SUBSCRIBERS);
    expect(faults.counts[kind]).toBeGreaterThan(0);
  });
}

test.each([
  ['drop', 'missing', 1],
  ['duplicate', 'duplicate', 0],
  // Its caller notes what is wrong with it, and counts it as an answer.
  ['corrupt', 'corrupt', 0],
] as const)('a result spoilt by %s is noticed as %s', async (fault, kind, lost) => {
  const { faults } = await played(
    await faultyRelay(fault, 'callee'),
    calls(() => new JsonElements()),
    lost,
  );
  expect(faults.counts[kind]).toBeGreaterThan(0);
});

test('a dropped event is missing at each subscriber that should have got it', async () => {
  const { faults } = await played(
    await faultyRelay('drop', 'publisher'),
    events(() => new JsonElements()),
    SUBSCRIBERS,
  );
  expect(faults.counts).toEqual({
    corrupt: 0,
    duplicate: 0,
    missing: SUBSCRIBERS,
    reordered: 0,
    unexpected: 0,
  });
});

test('a connection that is lost is a fault, and so is what was under way', async () => {
  const relay = await faultyRelay('none', 'caller');
  const load = await calls(() => new JsonElements()).make(relay.url);
  open.push(load);
  load.start();
  await until(() => load.delivered >= 20);
  relay.close();
  await until(() => load.faults.counts.unexpected > 0);
  await drain(load, 0);
  expect(load.faults.first).toContain('disconnected');
});
