/** What cannot be seen from outside: that everything is let go. */
import { describe, expect, test, vi } from 'vitest';
import type { Abort, Message } from '@wamp/protocol';
import { systemClock } from '../src/clock.ts';
import { Connection } from '../src/connection.ts';
import { Joining } from '../src/core/joining.ts';
import type { Authenticator, ConnectError, Session } from '../src/index.ts';
import { ManualClock } from '../src/testing/manual-clock.ts';
import { SubscriptionHandle } from '../src/subscription.ts';
import { failure, joined, settle, type ScriptedPeer } from './scripted-peer.ts';

/** A session, its connection, and its peer. */
async function laidOpen(): Promise<{ session: Session; connection: Connection; peer: ScriptedPeer }> {
  const joining = vi.spyOn(Connection.prototype, 'join');
  const { session, peer } = await joined();
  const [connection] = joining.mock.contexts as unknown as (Connection | undefined)[];
  joining.mockRestore();
  if (connection === undefined) throw new Error('There is no connection.');
  return { session, connection, peer };
}

describe('no entry remains in the table of requests', () => {
  test('after publishing without confirmation', async () => {
    const { session, connection } = await laidOpen();
    await session.publish('t');
    expect(connection.requests.size).toBe(0);
  });

  test('after giving up: a call, a confirmation', async () => {
    const { session, connection } = await laidOpen();
    const call = session.call('p');
    const controller = new AbortController();
    const published = session.publish('t', [], { acknowledge: true, signal: controller.signal });
    expect(connection.requests.size).toBe(2);
    call.cancel();
    expect(connection.requests.size).toBe(1);
    controller.abort();
    expect(connection.requests.size).toBe(0);
    await Promise.all([failure(call), failure(published)]);
  });

  test('after each answer', async () => {
    const { session, connection, peer } = await laidOpen();
    const work = [
      session.call('p'),
      session.publish('t', [], { acknowledge: true }),
      session.subscribe('t', () => undefined),
      session.register('p', () => undefined),
    ].map((promise) => Promise.resolve(promise).catch(() => undefined));
    peer.send([50, 1, {}]);
    peer.send([17, 2, 5]);
    peer.send([33, 3, 7]);
    peer.send([8, 64, 4, {}, 'app.error']);
    expect([connection.requests.size, connection.subscriptions.size, connection.registrations.size]).toEqual([
      0, 1, 0,
    ]);
    await Promise.all(work);
  });
});

test('an ended invocation leaves nothing', async () => {
  const { session, connection, peer } = await laidOpen();
  const registering = session.register('p', ([fails]) => {
    if (fails === true) throw new Error('fails');
    return 1;
  });
  session.on('error', () => undefined);
  peer.send([65, 1, 7]);
  await registering;
  peer.send([68, 1, 7, {}]);
  peer.send([68, 2, 7, {}, [true]]);
  expect(connection.handling.running).toBe(0);
});

test('an ended subscription leaves nothing', async () => {
  const { session, connection, peer } = await laidOpen();
  const subscribing = session.subscribe('t', () => undefined);
  peer.send([33, 1, 7]);
  const leaving = (await subscribing).unsubscribe();
  expect(connection.subscriptions.size).toBe(1);
  peer.send([35, 2]);
  await leaving;
  expect(connection.subscriptions.size).toBe(0);
});

/** A signal, and how many listen to it. */
function countedSignal(): { signal: AbortSignal; listeners: () => number } {
  const { signal } = new AbortController();
  const added = vi.spyOn(signal, 'addEventListener');
  const removed = vi.spyOn(signal, 'removeEventListener');
  const listeners = (): number => {
    const gone = new Set(removed.mock.calls.map(([, listener]) => listener));
    return added.mock.calls.filter(([, listener]) => !gone.has(listener)).length;
  };
  return { signal, listeners };
}

describe('a signal that outlives what it was for has no listener left', () => {
  test('of connect', async () => {
    const { signal, listeners } = countedSignal();
    await joined({ signal });
    expect(listeners()).toBe(0);
  });

  test('of call and publish', async () => {
    const { session, peer } = await joined();
    const { signal, listeners } = countedSignal();
    const call = session.call('p', [], { signal });
    const published = session.publish('t', [], { signal, acknowledge: true });
    expect(listeners()).toBe(2);
    peer.send([50, 1, {}]);
    peer.send([17, 2, 5]);
    await Promise.all([call, published]);
    expect(listeners()).toBe(0);
    await session.publish('t', [], { signal });
    expect(listeners()).toBe(0);
  });

  test('of handles, when they end or never come about', async () => {
    const { session, peer } = await joined();
    const { signal, listeners } = countedSignal();
    const subscribing = session.subscribe('t', () => undefined, { signal });
    const registering = session.register('p', () => undefined, { signal });
    peer.send([33, 1, 7]);
    peer.send([8, 64, 2, {}, 'app.error']);
    const subscription = await subscribing;
    await failure(registering);
    await settle();
    expect(listeners()).toBe(1);
    void subscription.unsubscribe();
    await settle();
    expect(listeners()).toBe(0);
  });
});

test('of several endings of a handle the first one counts', async () => {
  const handle = new SubscriptionHandle('t', {}, () => Promise.resolve(), undefined, {}, new ManualClock());
  handle.end({ reason: 'first' });
  handle.end({ reason: 'second', error: new Error('second') });
  expect(await handle.ended).toEqual({ reason: 'first' });
  expect(await handle[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
});

describe('joining that has ended', () => {
  /** A joining whose authenticator has yet to answer. */
  function challenged(part: 'challenge' | 'welcome'): {
    joining: Joining;
    resolve: (value: unknown) => void;
    reject: (error: Error) => void;
    heard: unknown[];
  } {
    let resolve: (value: unknown) => void = () => undefined;
    let reject: (error: Error) => void = () => undefined;
    const wait = (): Promise<never> =>
      new Promise<never>((yes, no) => {
        resolve = yes as (value: unknown) => void;
        reject = no;
      });
    const authenticator: Authenticator = {
      method: 'm',
      hello: () => ({}),
      challenge: () => 'signature',
      [part]: wait,
    };
    const heard: unknown[] = [];
    const joining = new Joining([authenticator], {
      transport: {},
      context: { attempt: 1 },
      send: (message: Message) => heard.push(message.type),
      joined: () => heard.push('joined'),
      failed: (error: ConnectError, abort?: Abort) => heard.push([error.uri, abort?.reason]),
    });
    if (part === 'challenge') joining.receive({ type: 4, authmethod: 'm', extra: {} });
    else joining.receive({ type: 2, session: 1, details: { roles: {}, authmethod: 'm' } });
    return { joining, resolve: (value) => resolve(value), reject: (error) => reject(error), heard };
  }

  test.each(['challenge', 'welcome'] as const)(
    'hears nothing of an authenticator that still works: %s',
    async (part) => {
      for (const outcome of ['resolve', 'reject'] as const) {
        const { joining, heard, ...authenticator } = challenged(part);
        joining.stop();
        authenticator[outcome](new Error('late'));
        await settle();
        expect(heard).toEqual([]);
      }
    },
  );

  test('sends no invalid signature', async () => {
    const { resolve, heard } = challenged('challenge');
    resolve(5);
    await settle();
    expect(heard).toEqual([['wamp.error.authentication_failed', 'wamp.error.authentication_failed']]);
  });
});

test('the clock of the runtime waits as long as it can rather than not at all', () => {
  const setTimeout = vi.spyOn(globalThis, 'setTimeout');
  systemClock.after(2 ** 40, () => undefined)();
  systemClock.after(5, () => undefined)();
  expect(setTimeout.mock.calls.map(([, ms]) => ms)).toEqual([2 ** 31 - 1, 5]);
  setTimeout.mockRestore();
});
