/** Policies for clients that read too slowly (reliability: C4). */
import {
  createRouter,
  DEFAULT_LIMITS,
  type Router,
  type RouterOptions,
  type SlowConsumerPolicies,
} from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import fc from 'fast-check';
import { MessageType } from '@wamp/protocol';
import { describe, expect, test } from 'vitest';
import { WaitingFrames } from '../src/output/waiting.ts';
import { Client, settle } from './support/client.ts';
import { SlowReader } from './support/slow-reader.ts';

const KIB = 1024;
/** What may wait for a client here; an eighth of it may be in its transport. */
const QUEUE = 1024 * KIB;
const TEXT = 'x'.repeat(16 * KIB);

interface Plot {
  readonly router: Router;
  readonly clock: ManualClock;
  readonly reader: SlowReader;
  readonly publisher: Client;
  /** What the meta event told: who fell behind, and how many events it lost. */
  readonly announced: unknown[];
  readonly logged: Readonly<Record<string, unknown>>[];
}

/** Somebody who has subscribed and stopped reading, somebody who publishes, and somebody who watches. */
async function plot(
  slowConsumers: SlowConsumerPolicies,
  options: Partial<RouterOptions> = {},
): Promise<Plot> {
  const clock = new ManualClock();
  const logged: Readonly<Record<string, unknown>>[] = [];
  const router = createRouter({
    realms: ['realm1'],
    clock,
    limits: { queueSize: QUEUE },
    slowConsumers,
    log: (_level, what, facts) => {
      if (what === 'slow consumer') logged.push(facts);
    },
    ...options,
  });
  const reader = SlowReader.join(router);
  reader.say([32, 1, {}, 'com.news'], [64, 2, {}, 'com.procedure']);
  reader.heard.length = 0;
  reader.stop();
  const publisher = await Client.join(router);
  const watcher = await Client.join(router);
  await watcher.say([32, 1, {}, 'wamp.session.on_slow_consumer']);
  const announced: unknown[] = [];
  const { listener } = watcher.transport;
  watcher.transport.listener = {
    frame: (bytes) => announced.push(watcher.transport.serializer.decodePayload(bytes, 1).args?.[4]),
    violation: () => undefined,
    closed: () => listener?.closed(''),
  };
  return { router, clock, reader, publisher, announced, logged };
}

async function publish({ router, clock, publisher }: Plot, from: number, to: number): Promise<void> {
  for (let number = from; number <= to; number += 1) {
    publisher.send([16, number, {}, 'com.news', [number, TEXT]]);
  }
  await settle(router);
  if (router.limited.of('producers_held') === 0) return;
  // Whoever reads nothing for so long holds nobody back.
  clock.advance(DEFAULT_LIMITS.slowConsumerTimeout);
  await settle(router);
}

/** What the events were numbered with, in the order in which they were read. */
function numbers(reader: SlowReader): readonly unknown[] {
  return reader.heard.filter(([type]) => type === 36).map((event) => (event[4] as unknown[])[0]);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_item, index) => from + index);
}

function droppedOf({ router }: Plot): Readonly<Record<string, number>> | undefined {
  return router.realm('realm1')?.traffic.dropped.toObject();
}

function sessionsOf({ router }: Plot): number | undefined {
  return router.realm('realm1')?.sessions.size;
}

describe('disconnect', () => {
  test('C4 the client is aborted, and all that it was sent before is whole', async () => {
    const play = await plot('disconnect');
    const id = [...(play.router.realm('realm1')?.sessions.keys() ?? [])][0];
    await publish(play, 1, 100);
    expect(play.reader.closed).toBe(true);
    play.reader.read();
    expect(play.reader.heard.at(-1)).toEqual([3, expect.anything(), 'wamp.error.slow_consumer']);
    const read = numbers(play.reader);
    expect(read).toEqual(range(1, read.length));
    expect(droppedOf(play)).toEqual({ EVENT: 1 });
    expect(play.announced).toEqual([[id, 1]]);
    expect(sessionsOf(play)).toBe(2);
  });
});

describe('drop_newest', () => {
  test('C4 the oldest events stay, in order; the loss is counted, logged and announced', async () => {
    const play = await plot('drop_newest');
    const id = [...(play.router.realm('realm1')?.sessions.keys() ?? [])][0];
    await publish(play, 1, 100);
    play.reader.read();
    const read = numbers(play.reader);
    expect(read).toEqual(range(1, read.length));
    expect(read.length).toBeGreaterThan(60);
    expect(droppedOf(play)).toEqual({ EVENT: 100 - read.length });
    expect(play.announced).toEqual([[id, 100 - read.length]]);
    expect(play.logged).toMatchObject([{ policy: 'drop_newest', dropped: 100 - read.length, session: id }]);
    await publish(play, 101, 102);
    play.reader.read();
    expect(numbers(play.reader)).toEqual([...range(1, read.length), 101, 102]);
    expect(sessionsOf(play)).toBe(3);
  });
});

describe('drop_oldest', () => {
  test('C4 the newest events are kept, in order, after those already sent', async () => {
    const play = await plot('drop_oldest');
    const id = [...(play.router.realm('realm1')?.sessions.keys() ?? [])][0];
    await publish(play, 1, 200);
    play.reader.read();
    const read = numbers(play.reader);
    const dropped = 200 - read.length;
    expect(dropped).toBeGreaterThan(130);
    const gap = read.findIndex((number, index) => number !== index + 1);
    expect(read).toEqual([...range(1, gap), ...range(gap + 1 + dropped, 200)]);
    expect(gap * TEXT.length).toBeLessThanOrEqual(QUEUE / 8 + TEXT.length);
    expect(droppedOf(play)).toEqual({ EVENT: dropped });
    expect(play.announced).toEqual([[id, dropped]]);
    await publish(play, 201, 202);
    play.reader.read();
    expect(numbers(play.reader).slice(-3)).toEqual([200, 201, 202]);
    expect(play.reader.backlog).toBe(0);
  });

  test('C4 other messages keep their place among the kept events, and count as sent', async () => {
    const play = await plot('drop_oldest');
    await publish(play, 1, 20);
    play.publisher.send([48, 21, {}, 'com.procedure', ['first']]);
    await publish(play, 22, 200);
    play.publisher.send([48, 201, {}, 'com.procedure', ['last']]);
    await settle();
    play.reader.read();
    const types = play.reader.heard.map(([type]) => type);
    const read = numbers(play.reader);
    expect(types.filter((type) => type === 68)).toHaveLength(2);
    expect(types.at(-1)).toBe(68);
    const first = types.indexOf(68);
    const before = play.reader.heard.slice(0, first).map((event) => (event[4] as number[])[0] ?? 0);
    expect(Math.max(...before)).toBeLessThanOrEqual(20);
    expect((play.reader.heard[first + 1]?.[4] as number[])[0]).toBeGreaterThan(21);
    const { traffic, sessions } = play.router.realm('realm1') ?? {};
    expect(traffic?.sent.of(MessageType.INVOCATION)).toBe(2);
    expect(read.length + (droppedOf(play)?.['EVENT'] ?? 0)).toBe(199);
    // The session's own count contains the messages that waited, besides SUBSCRIBED and REGISTERED.
    const [slow] = [...(sessions?.values() ?? [])];
    expect(slow?.traffic?.sent).toBe(2 + types.length);
  });

  test('C4 waiting messages are sent before GOODBYE', async () => {
    const play = await plot('drop_oldest');
    await publish(play, 1, 30);
    play.reader.say([6, {}, 'wamp.close.close_realm']);
    play.reader.read();
    expect(numbers(play.reader)).toEqual(range(1, 30));
    expect(play.reader.heard.at(-1)).toEqual([6, {}, 'wamp.close.goodbye_and_out']);
    expect(droppedOf(play)).toEqual({});
  });

  test('C4 what waits when the connection breaks is dropped, counted and announced', async () => {
    const play = await plot('drop_oldest');
    const id = [...(play.router.realm('realm1')?.sessions.keys() ?? [])][0];
    await publish(play, 1, 30);
    play.reader.listener?.closed('cut');
    await settle();
    const dropped = droppedOf(play)?.['EVENT'] ?? 0;
    expect(dropped).toBeGreaterThan(15);
    expect(play.announced).toEqual([[id, dropped]]);
    expect(sessionsOf(play)).toBe(2);
    expect(play.clock.pending).toBe(0);
  });
});

describe.each(['drop_newest', 'drop_oldest'] as const)('%s', (policy) => {
  test('C4 an INVOCATION for which there is no room ends the session, and the caller gets an ERROR', async () => {
    const play = await plot(policy);
    for (let request = 1; request <= 100; request += 1) {
      play.publisher.send([48, request, {}, 'com.procedure', [TEXT]]);
    }
    await settle(play.router);
    expect(play.reader.closed).toBe(true);
    play.reader.read();
    expect(play.reader.heard.at(-1)).toEqual([3, expect.anything(), 'wamp.error.slow_consumer']);
    expect(play.publisher.heard).toHaveLength(100);
    expect(new Set(play.publisher.heard.map((error) => error[4]))).toEqual(new Set(['wamp.error.canceled']));
    expect(Object.keys(droppedOf(play) ?? {})).toEqual(['INVOCATION']);
    expect(play.logged).toHaveLength(1);
  });

  test.each([
    ['RESULT', [48, 9, {}, 'wamp.session.count']],
    ['ERROR', [48, 9, {}, 'com.nobody']],
    ['PUBLISHED', [16, 9, { acknowledge: true }, 'com.topic']],
    ['SUBSCRIBED', [32, 9, {}, 'com.topic']],
    ['REGISTERED', [64, 9, {}, 'com.other']],
  ])('C4 %s is never dropped: it ends the session', async (type, request) => {
    const play = await plot(policy);
    await publish(play, 1, 100);
    // With so much in the transport, there is no room even without all events that may be dropped.
    play.reader.backlog = QUEUE + 1;
    play.reader.say(request);
    await settle();
    expect(play.reader.closed).toBe(true);
    expect(droppedOf(play)).toMatchObject({ [type]: 1 });
    play.reader.read();
    expect(play.reader.heard.at(-1)).toEqual([3, expect.anything(), 'wamp.error.slow_consumer']);
  });

  test('C4 the meta event and the log entry come once a second, with the number since', async () => {
    const play = await plot(policy);
    await publish(play, 1, 100);
    expect(play.announced).toHaveLength(1);
    await publish(play, 101, 110);
    await publish(play, 111, 120);
    expect(play.announced).toHaveLength(1);
    play.clock.advance(1000);
    await settle();
    expect(play.announced).toHaveLength(2);
    expect((play.announced[1] as number[])[1]).toBe(20);
    expect(play.logged).toHaveLength(2);
    play.clock.advance(1000);
    await settle();
    expect(play.announced).toHaveLength(2);
    expect(play.clock.pending).toBe(0);
  });

  test('C4 the slow client itself is not notified', async () => {
    const play = await plot(policy);
    play.reader.say([32, 7, {}, 'wamp.session.on_slow_consumer']);
    await publish(play, 1, 100);
    await publish(play, 101, 110);
    play.reader.read();
    play.clock.advance(1000);
    await settle();
    play.reader.read();
    expect(play.announced).toHaveLength(2);
    const told = play.reader.heard.filter(
      ([type, , , , args]) => type === 36 && !(args as unknown[]).includes(TEXT),
    );
    expect(told).toEqual([]);
  });
});

test('C4 each role has its policy; those not named are disconnected, whatever their name', async () => {
  const outcomes: Record<string, boolean> = {};
  for (const [authrole, policies] of [
    ['patient', { patient: 'drop_newest' }],
    ['other', { patient: 'drop_newest' }],
    ['constructor', { patient: 'drop_newest' }],
  ] as const) {
    const play = await plot(policies, {
      authenticators: [
        {
          method: 'anonymous',
          begin: () => ({
            welcome: { authid: 'a', authrole, authmethod: 'anonymous', authprovider: 'test' },
          }),
        },
      ],
    });
    await publish(play, 1, 100);
    outcomes[authrole] = play.reader.closed;
  }
  expect(outcomes).toEqual({ patient: false, other: true, constructor: true });
});

test('C4 what waits is in order, and of events the oldest go first: like a list, however it is used', () => {
  const command = fc.oneof(
    fc.record({ kind: fc.constant('push' as const), event: fc.boolean(), length: fc.nat(100) }),
    fc.record({ kind: fc.constantFrom('shift' as const, 'drop' as const) }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 400 }), (commands) => {
      const waiting = new WaitingFrames();
      const dropped: number[] = [];
      const expectedDrops: number[] = [];
      const model: { readonly id: number; readonly event: boolean; readonly length: number }[] = [];
      for (const [id, step] of commands.entries()) {
        if (step.kind === 'push') {
          const type = step.event ? MessageType.EVENT : MessageType.RESULT;
          const frame = {
            id,
            length: step.length,
            send: () => undefined,
            drop: () => void dropped.push(id),
          };
          waiting.push(frame, type);
          model.push({ id, event: step.event, length: step.length });
        } else if (step.kind === 'shift') {
          const expected = model.shift();
          expect(waiting.shift()?.frame).toEqual(
            expected && expect.objectContaining({ id: expected.id, length: expected.length }),
          );
        } else {
          const oldest = model.findIndex(({ event }) => event);
          if (oldest !== -1) expectedDrops.push(...model.splice(oldest, 1).map(({ id: which }) => which));
          expect(waiting.dropOldest()).toBe(oldest !== -1);
        }
        expect(dropped).toEqual(expectedDrops);
        expect(waiting.size).toBe(model.length);
        expect(waiting.bytes).toBe(model.reduce((sum, { length }) => sum + length, 0));
      }
    }),
  );
});
