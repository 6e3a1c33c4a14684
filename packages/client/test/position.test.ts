/** Where a subscription is in the log of its topic, and what is missing there while it is connected. */
import { describe, expect, test } from 'vitest';
import type { Subscription, WampEvent } from '../src/index.ts';
import { ScriptedLine } from './scripted-line.ts';
import { settle } from './scripted-peer.ts';

const ROLES = { broker: { features: { x_event_recovery: true } }, dealer: {} };
const RECOVER = 'wamp.subscription.recover';
type Log = Subscription<unknown[]>;

/** A subscription of a router with a log, whose position is 2 at the beginning. */
async function subscribed(
  handler?: (n: unknown, subscription: Log) => void,
  details: object = {},
): Promise<{ line: ScriptedLine; subscription: Log; event: (n: number) => void }> {
  const line = new ScriptedLine();
  line.roles = ROLES;
  const connecting = line.create();
  await line.welcome(details);
  const here: { subscription?: Log } = {};
  const handling = ([n]: unknown[]): void => {
    if (here.subscription !== undefined) handler?.(n, here.subscription);
  };
  const subscribing =
    handler === undefined ? connecting.subscribe('log') : connecting.subscribe('log', handling);
  await line.peer.expect([32, 1, {}, 'log']);
  line.peer.send([33, 1, 7]);
  const subscription = await subscribing;
  here.subscription = subscription;
  await line.peer.expect([48, 2, {}, RECOVER, [7]]);
  line.peer.send([50, 2, {}, [], { epoch: 9, offset: 2, complete: true, more: false }]);
  const event = (n: number): void => line.peer.send([36, 7, 100 + n, { x_offset: n }, [n]]);
  return { line, subscription, event };
}

/** What the router tells of missed events. */
function told(...numbers: number[]): object[] {
  return numbers.map((n) => ({
    publication: 100 + n,
    args: [n],
    topic: 'log',
    details: { x_offset: n },
  }));
}

describe('EDGE-1 the position of a subscription', () => {
  test('EDGE-1 moves when the handler is called, and is that of the event within it', async () => {
    const seen: unknown[] = [];
    const { subscription, event } = await subscribed((n, { position }) => seen.push([n, position?.offset]));
    expect(subscription.position).toEqual({ epoch: 9, offset: 2 });
    for (const n of [3, 4]) event(n);
    expect(seen).toEqual([
      [3, 3],
      [4, 4],
    ]);
  });

  test('EDGE-1 is not behind an event that came before the answer', async () => {
    const line = new ScriptedLine();
    line.roles = ROLES;
    const connecting = line.create();
    await line.welcome();
    const heard: unknown[] = [];
    const subscribing = connecting.subscribe('log', ([n]) => heard.push(n));
    await line.peer.expect([32, 1, {}, 'log']);
    line.peer.send([33, 1, 7]);
    const subscription = await subscribing;
    await line.peer.expect([48, 2, {}, RECOVER, [7]]);
    line.peer.send([36, 7, 103, { x_offset: 3, x_origin: ['a', 6] }, [3]]);
    // The router still sends the event to others, and leaves it out of the position.
    line.peer.send([
      50,
      2,
      {},
      [],
      { epoch: 9, offset: 2, complete: true, more: false, seen: { a: 5, b: 1 } },
    ]);
    await settle();
    expect(subscription.position).toEqual({ epoch: 9, offset: 3, seen: { a: 6, b: 1 } });
    expect(heard).toEqual([3]);
  });

  test('EDGE-1 moves when a loop takes an event, and not when it is buffered', async () => {
    const { subscription, event } = await subscribed();
    const iterator = subscription[Symbol.asyncIterator]();
    for (const n of [5, 6, 7]) event(n);
    const offsets = [subscription.position?.offset];
    for (let taken = 1; taken <= 3; taken += 1) {
      await iterator.next();
      offsets.push(subscription.position?.offset);
    }
    expect(offsets).toEqual([2, 5, 6, 7]);
    const next = iterator.next();
    event(8);
    await next;
    expect(subscription.position).toEqual({ epoch: 9, offset: 8 });
  });

  test('EDGE-1 what is buffered is not asked for again when the connection goes, and is behind the position', async () => {
    const { line, subscription, event } = await subscribed();
    for (const n of [3, 4]) event(n);
    await line.cut();
    await line.pass(250);
    const peer = await line.welcome();
    await peer.expect([32, 1, {}, 'log']);
    peer.send([33, 1, 8]);
    await settle();
    await peer.expect([48, 2, {}, RECOVER, [8], { epoch: 9, offset: 4, limit: 500, sessions: [101] }]);
    peer.send([50, 2, {}, told(5), { epoch: 9, offset: 6, complete: true, more: false }]);
    expect(subscription.position?.offset).toBe(2);
    const iterator = subscription[Symbol.asyncIterator]();
    const taken: unknown[] = [];
    for (let count = 0; count < 3; count += 1) {
      const { value } = (await iterator.next()) as IteratorResult<WampEvent<unknown[]>, undefined>;
      taken.push(value?.args[0]);
    }
    expect(taken).toEqual([3, 4, 5]);
    // The event with offset 6 was not for this subscriber.
    expect(subscription.position?.offset).toBe(6);
  });
});

describe('EDGE-1 events that are missing while there is a connection', () => {
  const DROPS = { x_drops_events: true };

  test('EDGE-1 are asked for, and what comes meanwhile waits', async () => {
    const heard: unknown[] = [];
    const gaps: unknown[] = [];
    const { line, subscription, event } = await subscribed((n) => heard.push(n), DROPS);
    subscription.on('gap', (gap) => gaps.push(gap));
    for (const n of [3, 6, 7]) event(n);
    expect(heard).toEqual([3]);
    await line.peer.expect([48, 3, {}, RECOVER, [7], { epoch: 9, offset: 3, limit: 500, sessions: [] }]);
    line.peer.send([50, 3, {}, told(4, 6), { epoch: 9, offset: 7, complete: true, more: false }]);
    event(8);
    expect(heard).toEqual([3, 4, 6, 8]);
    event(11);
    await line.peer.expect([48, 4, {}, RECOVER, [7], { epoch: 9, offset: 8, limit: 500, sessions: [] }]);
    line.peer.send([50, 4, {}, [], { epoch: 9, offset: 10, complete: true, more: false }]);
    expect(heard).toEqual([3, 4, 6, 8, 11]);
    expect(gaps).toEqual([]);
  });

  test('EDGE-1 are said to be a gap when the router does not have them', async () => {
    const heard: unknown[] = [];
    const { line, subscription, event } = await subscribed((n) => heard.push(n), DROPS);
    subscription.on('gap', ({ since, lastPublication, recovered }) =>
      heard.push([since.getTime(), lastPublication, recovered]),
    );
    await line.pass(1_000);
    for (const n of [3, 6]) event(n);
    await line.peer.expect([48, 3, {}, RECOVER, [7], expect.anything()]);
    line.peer.send([50, 3, {}, told(5), { epoch: 9, offset: 6, complete: false, more: false }]);
    event(7);
    await settle();
    expect(heard).toEqual([3, 5, [1_000, 105, 1], 7]);
  });

  test('EDGE-1 are no question where the router drops no events: they were for others', async () => {
    const heard: unknown[] = [];
    const { line, event } = await subscribed((n) => heard.push(n));
    for (const n of [3, 6]) event(n);
    line.peer.expectNothing();
    expect(heard).toEqual([3, 6]);
  });
});

test('EDGE-1 the gap of `since` begins when it was subscribed, by the clock of the options', async () => {
  const line = new ScriptedLine();
  const session = line.create();
  await line.welcome();
  await line.pass(5_000);
  const subscribing = session.subscribe('log', () => undefined, { since: { epoch: 1, offset: 3 } });
  const gaps: unknown[] = [];
  await line.peer.next();
  line.peer.send([33, 1, 7]);
  const subscription = await subscribing;
  subscription.on('gap', ({ since }) => gaps.push(since.getTime()));
  expect(gaps).toEqual([5_000]);
});
