/** Producers are held back before receivers are cut off (trials: A5). */
import { json, rolesOf, type Transport } from '@wamp/protocol';
import { createRouter, DEFAULT_LIMITS, transportPair, type Router } from '@wamp/router';
import { ALL_FEATURES, ManualClock } from '@wamp/router/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { settle } from './support/client.ts';

const KIB = 1024;
const QUEUE = 1024 * KIB;
const TEXT = 'x'.repeat(16 * KIB);

/** A client in memory that reads what it wants, when it wants, and whose own messages wait when it is not read. */
class Peer {
  readonly transport: Transport;
  readonly heard: (readonly unknown[])[] = [];
  closed = false;
  /** Called for each message. */
  answer: (message: readonly unknown[]) => void = () => undefined;
  #left = Infinity;

  constructor(router: Router) {
    const [near, far] = transportPair(json);
    this.transport = near;
    near.listener = {
      frame: (bytes) => {
        const message = json.decodePayload(bytes, 1).args ?? [];
        this.heard.push(message);
        this.answer(message);
        this.#left -= 1;
        if (this.#left <= 0) near.pause?.();
      },
      violation: (what) => {
        throw new Error(what);
      },
      closed: () => {
        this.closed = true;
      },
    };
    router.open(far);
  }

  static async join(router: Router): Promise<Peer> {
    const peer = new Peer(router);
    peer.send([1, 'realm1', { roles: rolesOf(ALL_FEATURES) }]);
    await settle(router);
    peer.heard.length = 0;
    return peer;
  }

  send(...messages: readonly (readonly unknown[])[]): void {
    for (const message of messages) this.transport.send(json.encodePayload(message, {}, 1));
  }

  stop(): void {
    this.#left = 0;
    this.transport.pause?.();
  }

  /** Reads so many messages, then stops again. */
  read(count = Infinity): void {
    this.#left = count;
    this.transport.resume?.();
  }

  /** What its events, or its invocations, begin with. */
  numbers(type: number): unknown[] {
    return this.heard
      .filter(([of]) => of === type)
      .map((message) => (message[4] as unknown[] | undefined)?.[0]);
  }
}

interface Plot {
  readonly router: Router;
  readonly clock: ManualClock;
  readonly join: () => Promise<Peer>;
}

function plot(): Plot {
  const clock = new ManualClock();
  const router = createRouter({ realms: ['realm1'], clock, limits: { queueSize: QUEUE } });
  return { router, clock, join: () => Peer.join(router) };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_item, index) => from + index);
}

function publications(from: number, to: number): (readonly unknown[])[] {
  return range(from, to).map((number) => [16, number, {}, 'com.news', [number, TEXT]]);
}

describe('a publisher that sends more than a subscriber reads', () => {
  test('A5 waits while the subscriber makes progress, and nothing is lost', async () => {
    const { router, clock, join } = plot();
    const [reader, publisher] = [await join(), await join()];
    reader.send([32, 1, {}, 'com.news']);
    await settle(router);
    reader.heard.length = 0;
    reader.stop();
    publisher.send(...publications(1, 400)); // 6.25 times the queue
    for (let round = 0; reader.heard.length < 400; round += 1) {
      await settle(router);
      clock.advance(DEFAULT_LIMITS.slowConsumerTimeout / 4);
      reader.read(4);
      expect(round).toBeLessThan(200);
      expect(router.realm('realm1')?.sessions.size).toBe(2);
    }
    expect(reader.numbers(36)).toEqual(range(1, 400));
    expect(router.limited.of('producers_held')).toBeGreaterThan(0);
    expect(router.limited.of('receivers_stuck')).toBe(0);
  });

  test('A5 waits no longer for one that makes no progress, which gets its policy', async () => {
    const { router, clock, join } = plot();
    const [reader, witness, publisher] = [await join(), await join(), await join()];
    for (const peer of [reader, witness]) peer.send([32, 1, {}, 'com.news']);
    await settle(router);
    reader.stop();
    publisher.send(...publications(1, 200));
    await settle(router);
    expect(witness.numbers(36).length).toBeLessThan(100);
    clock.advance(DEFAULT_LIMITS.slowConsumerTimeout);
    await settle(router);
    expect(witness.numbers(36)).toEqual(range(1, 200));
    expect(router.limited.of('receivers_stuck')).toBe(1);
    reader.read();
    await settle(router);
    expect(reader.heard.at(-1)?.[2]).toBe('wamp.error.slow_consumer');
    expect(reader.closed).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test('A5 its answers pass, and its other requests wait in order', async () => {
    const { router, join } = plot();
    const [reader, caller, publisher] = [await join(), await join(), await join()];
    reader.send([32, 1, {}, 'com.news']);
    publisher.send([64, 1, {}, 'com.p']);
    await settle(router);
    reader.stop();
    publisher.send(...publications(2, 40));
    await settle(router);
    expect(router.limited.of('producers_held')).toBe(1);
    caller.send([48, 1, {}, 'com.p'], [48, 2, {}, 'com.p']);
    await settle(router);
    const [first, second] = publisher.heard.filter(([type]) => type === 68);
    publisher.send(
      [16, 41, { acknowledge: true }, 'com.other'],
      [70, first?.[1], {}, ['yes']],
      [8, 68, second?.[1], {}, 'com.no'],
    );
    await settle(router);
    expect(caller.heard.map(([type]) => type)).toEqual([50, 8]);
    expect(publisher.heard.some(([type]) => type === 17)).toBe(false);
    reader.read();
    await settle(router);
    expect(publisher.heard.at(-1)?.slice(0, 2)).toEqual([17, 41]);
    expect(reader.numbers(36).filter((number) => number !== undefined)).toEqual(range(2, 40));
  });

  test('A5 another producer, which sends little, does not wait', async () => {
    const { router, join } = plot();
    const [reader, flood, modest, witness] = [await join(), await join(), await join(), await join()];
    for (const peer of [reader, witness]) peer.send([32, 1, { match: 'prefix' }, 'com']);
    await settle(router);
    reader.stop();
    flood.send(...publications(1, 100));
    await settle(router);
    modest.send([16, 1, {}, 'com.modest', ['now']]);
    await settle(router);
    expect(witness.numbers(36).at(-1)).toBe('now');
  });

  test('A5 the messages of a producer that leaves are processed, without waiting', async () => {
    const { router, join } = plot();
    const [reader, witness, publisher] = [await join(), await join(), await join()];
    for (const peer of [reader, witness]) peer.send([32, 1, {}, 'com.news']);
    await settle(router);
    reader.stop();
    publisher.send(...publications(1, 60));
    await settle(router);
    const before = witness.numbers(36).length;
    publisher.transport.close();
    await settle(router);
    expect(witness.numbers(36).length).toBeGreaterThan(before);
    expect(router.realm('realm1')?.sessions.size).toBe(2);
  });
});

describe('calls', () => {
  test('A5 64 in one go, of more than a queue in all, reach a callee that answers at once', async () => {
    const { router, join } = plot();
    const [callee, caller] = [await join(), await join()];
    callee.send([64, 1, {}, 'com.p']);
    await settle(router);
    callee.answer = ([type, invocation]): void => {
      if (type === 68) callee.send([70, invocation, {}, [1]]);
    };
    callee.stop();
    caller.send(...range(1, 64).map((number) => [48, number, {}, 'com.p', [TEXT + TEXT + TEXT]]));
    for (let round = 0; caller.heard.length < 64; round += 1) {
      await settle(router);
      callee.read(2);
      expect(round).toBeLessThan(100);
    }
    expect(caller.heard.map(([type]) => type)).toEqual(range(1, 64).map(() => 50));
  });

  test('A5 64 results, of more than a queue in all, reach a caller that reads them one by one', async () => {
    const { router, clock, join } = plot();
    const [callee, caller] = [await join(), await join()];
    callee.send([64, 1, {}, 'com.p']);
    await settle(router);
    callee.answer = ([type, invocation]): void => {
      if (type === 68) callee.send([70, invocation, {}, [TEXT + TEXT + TEXT]]);
    };
    caller.stop();
    caller.send(...range(1, 64).map((number) => [48, number, {}, 'com.p']));
    for (let round = 0; caller.heard.length < 64; round += 1) {
      await settle(router);
      clock.advance(DEFAULT_LIMITS.slowConsumerTimeout / 10);
      caller.read(1);
      expect(round).toBeLessThan(200);
    }
    expect(caller.heard.map(([type, request]) => [type, request])).toEqual(range(1, 64).map((n) => [50, n]));
    expect(router.realm('realm1')?.sessions.size).toBe(2);
  });
});

test('A5 any receivers that stop, crawl and go on, and any producers: no deadlock, in order, nothing lost', async () => {
  const step = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        act: fc.constant('publish' as const),
        who: fc.nat(2),
        count: fc.integer({ min: 1, max: 30 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        act: fc.constant('call' as const),
        who: fc.nat(2),
        count: fc.integer({ min: 1, max: 10 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ act: fc.constant('stop' as const), who: fc.nat(2), count: fc.constant(0) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        act: fc.constant('read' as const),
        who: fc.nat(2),
        count: fc.integer({ min: 1, max: 40 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ act: fc.constant('go on' as const), who: fc.nat(2), count: fc.constant(0) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constant('wait' as const),
        who: fc.nat(2),
        count: fc.integer({ min: 1, max: 3000 }),
      }),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { router, clock, join } = plot();
      const peers = [await join(), await join(), await join()];
      const published = peers.map(() => 0);
      const requests = peers.map(() => 1000);
      for (const [index, peer] of peers.entries()) {
        peer.send([32, 1, { match: 'prefix' }, 'com.news'], [64, 2, {}, `com.p${index}`]);
        peer.answer = ([type, invocation]): void => {
          if (type === 68) peer.send([70, invocation, {}, [TEXT]]);
        };
      }
      await settle(router);
      for (const peer of peers) peer.heard.length = 0;
      for (const { act, who, count } of steps) {
        const peer = peers[who];
        if (peer === undefined) continue;
        if (act === 'publish') {
          const from = published[who] ?? 0;
          published[who] = from + count;
          peer.send(
            ...range(from + 1, from + count).map((n) => [
              16,
              n + 10_000,
              {},
              'com.news',
              [`${who} ${n}`, TEXT],
            ]),
          );
        } else if (act === 'call') {
          const from = requests[who] ?? 0;
          requests[who] = from + count;
          peer.send(...range(from + 1, from + count).map((n) => [48, n, {}, `com.p${n % 3}`, [TEXT]]));
        } else if (act === 'stop') peer.stop();
        else if (act === 'read') peer.read(count);
        else if (act === 'go on') peer.read();
        else clock.advance(count);
        await settle(router);
      }
      for (let round = 0; round < 40; round += 1) {
        for (const peer of peers) peer.read();
        await settle(router);
      }
      clock.advance(10 * DEFAULT_LIMITS.slowConsumerTimeout);
      await settle(router);
      const alive = peers.filter(({ closed }) => !closed);
      for (const [who, peer] of peers.entries()) {
        for (const [from, count] of published.entries()) {
          const told = peer.numbers(36).filter((number) => String(number).startsWith(`${from} `));
          if (from === who) continue;
          // In order and without a hole, whatever has become of either; all of it, to those who stayed, of those who stayed.
          expect(told).toEqual(range(1, told.length).map((n) => `${from} ${n}`));
          if (!peer.closed && peers[from]?.closed === false) expect(told).toHaveLength(count);
        }
        if (peer.closed) continue;
        const answered = peer.heard.filter(([type]) => type === 50 || type === 8).length;
        expect(answered).toBe((requests[who] ?? 0) - 1000);
      }
      // Nobody is cut off but those who made no progress for long enough.
      if (router.limited.of('receivers_stuck') === 0) expect(alive).toHaveLength(3);
    }),
    { numRuns: process.env['WAMP_DEEP'] === undefined ? 60 : 3000 },
  );
}, 300_000);
