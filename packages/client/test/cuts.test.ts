/** One conversation with our router, cut at every frame: whatever the moment, nothing hangs, and nothing happens twice. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Transport } from '@wamp/protocol';
import { createRouter, inMemory, type Router } from '../../router/src/index.ts';
import { createSession, json, type ConnectOptions, type Session } from '../src/index.ts';
import { ManualClock } from '../src/testing/manual-clock.ts';

/** The router has turns, too. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let router: Router;
beforeAll(() => {
  router = createRouter({ realms: ['realm1'] });
});
afterAll(() => router.close());

/** Transports in memory, the first of which is cut after so many frames, of both directions. */
function cutAfter(frames: number, cut: { happened: boolean }): ConnectOptions['transport'] {
  let isFirst = true;
  return {
    name: 'memory',
    open: () => {
      const transport = inMemory(router, json);
      if (!isFirst) return Promise.resolve(transport);
      isFirst = false;
      let left = frames;
      const pass = (): boolean => {
        left -= 1;
        if (left >= 0) return true;
        if (!cut.happened) queueMicrotask(() => transport.close());
        cut.happened = true;
        return false;
      };
      const line: Transport = {
        serializer: json,
        get backlog() {
          return transport.backlog;
        },
        get listener() {
          return transport.listener;
        },
        set listener(listener) {
          transport.listener = listener && {
            frame: (bytes) => {
              if (pass()) listener.frame(bytes);
            },
            violation: (what) => listener.violation(what),
            closed: (reason) => listener.closed(reason),
          };
        },
        send: (frame) => {
          if (pass()) transport.send(frame);
        },
        close: () => transport.close(),
      };
      return Promise.resolve(line);
    },
  };
}

interface Outcome {
  readonly settled: readonly string[];
  readonly called: ReadonlyMap<number, number>;
  readonly heard: readonly unknown[];
  readonly states: readonly string[];
  readonly pending: number;
  readonly wasCut: boolean;
}

/** Registers, subscribes, calls itself and publishes to itself, then waits for everything. */
async function converse(frames: number): Promise<Outcome> {
  const clock = new ManualClock();
  const cut = { happened: false };
  const session: Session = createSession('ws://memory/', {
    realm: 'realm1',
    clock,
    keepAlive: false,
    transport: cutAfter(frames, cut),
    reconnect: { jitter: 'none', min: 10, max: 10 },
    logger: { error: () => undefined },
  });
  const called = new Map<number, number>();
  const heard: unknown[] = [];
  const handles = Promise.all([
    session.register(`cut.p${frames}`, ([n]: [number]) => {
      called.set(n, (called.get(n) ?? 0) + 1);
      return n;
    }),
    session.subscribe(`cut.t${frames}`, ([n]) => heard.push(n)),
  ]);
  const requests: Promise<unknown>[] = [];
  for (let n = 0; n < 4; n += 1) {
    requests.push(Promise.resolve(session.call(`cut.p${frames}`, [n])));
    requests.push(session.publish(`cut.t${frames}`, [n], { acknowledge: true, excludeMe: false }));
  }
  const settled = Promise.all(
    [handles, ...requests].map((promise) =>
      promise.then(
        () => 'done',
        (error: unknown) => `${(error as Error).name} ${String((error as { sent?: boolean }).sent)}`,
      ),
    ),
  );
  let outcome: readonly string[] | undefined;
  void settled.then((all) => (outcome = all));
  for (let round = 0; round < 100 && outcome === undefined; round += 1) {
    await settle();
    clock.advance(10);
  }
  const both = await handles;
  for (let round = 0; round < 100 && both.some(({ state }) => state !== 'active'); round += 1) {
    await settle();
    clock.advance(10);
  }
  const states = both.map(({ state }) => state);
  await session.close();
  await settle();
  return { settled: outcome ?? [], called, heard, states, pending: clock.pending, wasCut: cut.happened };
}

test('D1 cut at every frame of a conversation: all settles, handlers are there, nothing is carried out twice', async () => {
  let cuts = 0;
  for (let frames = 0; ; frames += 1) {
    const { settled, called, heard, states, pending, wasCut } = await converse(frames);
    const [handles, ...requests] = settled;
    expect([frames, handles]).toEqual([frames, 'done']);
    expect(requests).toHaveLength(8);
    for (const outcome of requests) expect(['done', 'ConnectionLostError true']).toContain(outcome);
    for (const times of called.values()) expect(times).toBe(1);
    expect(new Set(heard).size).toBe(heard.length);
    expect(states).toEqual(['active', 'active']);
    expect(pending).toBe(0);
    if (!wasCut) break;
    cuts += 1;
  }
  expect(cuts).toBeGreaterThan(20);
});
