/** Events that a router drops under policy `drop_oldest`, because their subscriber reads too slowly. */
import type { Transport } from '@wamp/protocol';
import { createRouter, defaultFeatures, inMemory } from '../../router/src/index.ts';
import { expect, test, vi } from 'vitest';
import { connect, json, type Gap, type Session } from '../src/index.ts';
import { cbor } from '../src/cbor.ts';

const PADDING = 'x'.repeat(4000);
const PUBLISHED = 200;

/** A subscriber whose transport can be paused, and a publisher, at a router with a small queue. */
class Slow {
  readonly numbers: unknown[] = [];
  readonly gaps: Gap[] = [];
  readonly #router;
  #pipe: Transport | undefined;
  #subscriber: Session | undefined;

  constructor(depth: number) {
    this.#router = createRouter({
      realms: ['realm1'],
      features: defaultFeatures({ history: [{ topic: 'app.log', depth }] }),
      slowConsumers: 'drop_oldest',
      limits: { queueSize: 256 * 1024 },
    });
  }

  async publish(topic: string, serializer: typeof json, recover = true): Promise<void> {
    const open = async (): Promise<Transport> => Promise.resolve(inMemory(this.#router, serializer));
    const pausable = async (): Promise<Transport> => (this.#pipe = await open());
    const session = await connect('ws://test/', {
      realm: 'realm1',
      transport: { name: 'pausable', open: pausable },
      serializers: [serializer],
    });
    this.#subscriber = session;
    const subscription = await session.subscribe(topic, ([number]) => this.numbers.push(number), { recover });
    subscription.on('gap', (gap) => this.gaps.push(gap));
    const publisher = await connect('ws://test/', { realm: 'realm1', transport: { name: 'open', open } });
    await publisher.publish(topic, [1, PADDING], { acknowledge: true });
    await vi.waitFor(() => expect(this.numbers).toEqual([1]));
    this.#pipe?.pause?.();
    for (let number = 2; number <= PUBLISHED; number += 1)
      await publisher.publish(topic, [number, PADDING], { acknowledge: true });
    this.#pipe?.resume?.();
    await vi.waitFor(() => expect(this.numbers.at(-1)).toBe(PUBLISHED));
    expect(this.#router.realm('realm1')?.traffic.dropped.total).toBeGreaterThan(0);
    await publisher.close();
  }

  async close(): Promise<void> {
    expect(this.#subscriber?.state).toBe('open');
    await this.#subscriber?.close();
    await this.#router.close();
  }
}

const all = Array.from({ length: PUBLISHED }, (_item, index) => index + 1);

test.each([json, cbor])(
  'D2 events that the router has dropped are fetched from its log, in order: $name',
  async (serializer) => {
    const slow = new Slow(1000);
    await slow.publish('app.log', serializer);
    expect(slow.numbers).toEqual(all);
    expect(slow.gaps).toEqual([]);
    await slow.close();
  },
);

test('D2 a log that is too short for what was dropped makes a gap, and the rest is delivered once, in order', async () => {
  const slow = new Slow(50);
  await slow.publish('app.log', json);
  expect(slow.gaps).toHaveLength(1);
  expect(slow.gaps[0]?.recovered).toBeGreaterThan(0);
  const numbers = slow.numbers as number[];
  expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
  expect(numbers.slice(-50)).toEqual(all.slice(-50));
  expect(numbers.length).toBeLessThan(PUBLISHED);
  await slow.close();
});

test('D2 with `recover: false`, events that the router has dropped are missing', async () => {
  const slow = new Slow(1000);
  await slow.publish('app.log', json, false);
  expect(slow.numbers.length).toBeLessThan(PUBLISHED);
  expect(slow.gaps).toEqual([]);
  await slow.close();
});
