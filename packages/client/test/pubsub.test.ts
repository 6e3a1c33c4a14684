/** The publisher and the subscriber: PUBLISH, SUBSCRIBE, EVENT, UNSUBSCRIBE. */
import { describe, expect, test } from 'vitest';
import {
  ConnectionLostError,
  WampError,
  type Session,
  type Subscription,
  type WampEvent,
} from '../src/index.ts';
import { failure, joined, settle, type JoinedOptions, type ScriptedPeer } from './scripted-peer.ts';

/** Answers the SUBSCRIBE that comes next with an id. */
async function subscribed(peer: ScriptedPeer, id: number): Promise<void> {
  const [type, request] = await peer.next();
  expect(type).toBe(32);
  peer.send([33, request, id]);
}

describe('publish', () => {
  test('without acknowledge resolves when it is sent', async () => {
    const { session, peer } = await joined();
    expect(await session.publish('t', ['hi'])).toEqual({});
    await peer.expect([16, 1, {}, 't', ['hi']]);
    await session.publish('t', { a: 1 });
    await peer.expect([16, 2, {}, 't', [], { a: 1 }]);
    await session.publish('t', ['hi'], { kwargs: { a: 1 } });
    await peer.expect([16, 3, {}, 't', ['hi'], { a: 1 }]);
    await session.publish('t');
    await peer.expect([16, 4, {}, 't']);
  });

  test('with acknowledge resolves with the id of the publication', async () => {
    const { session, peer } = await joined();
    const published = session.publish('t', ['hi'], { acknowledge: true });
    await peer.expect([16, 1, { acknowledge: true }, 't', ['hi']]);
    peer.send([17, 1, 99]);
    expect(await published).toEqual({ publication: 99 });
  });

  test('with acknowledge rejects when the router refuses', async () => {
    const { session, peer } = await joined();
    const published = session.publish('t', [], { acknowledge: true });
    peer.send([8, 16, 1, {}, 'wamp.error.not_authorized']);
    expect(await failure(published)).toMatchObject({ uri: 'wamp.error.not_authorized' });
  });

  test('acknowledge may come as a raw attribute', async () => {
    const { session, peer } = await joined();
    const published = session.publish('t', [], { extra: { acknowledge: true } });
    peer.send([17, 1, 99]);
    expect(await published).toEqual({ publication: 99 });
  });

  test('an answer to no pending request is ignored', async () => {
    const { session, peer } = await joined();
    await session.publish('t');
    peer.send([8, 16, 1, {}, 'wamp.error.not_authorized']);
    peer.send([17, 1, 99]);
    expect(session.state).toBe('open');
  });

  test('all options, as the wire spells them', async () => {
    const { session, peer } = await joined();
    await session.publish('t', [], {
      excludeMe: false,
      discloseMe: true,
      exclude: [1],
      excludeAuthid: ['a'],
      excludeAuthrole: ['b'],
      eligible: [2],
      eligibleAuthid: ['c'],
      eligibleAuthrole: ['d'],
      extra: { retain: true },
    });
    const options = {
      exclude_me: false,
      disclose_me: true,
      exclude: [1],
      exclude_authid: ['a'],
      exclude_authrole: ['b'],
      eligible: [2],
      eligible_authid: ['c'],
      eligible_authrole: ['d'],
      retain: true,
    };
    await peer.expect([16, 1, options, 't']);
  });

  test('a signal stops the waiting', async () => {
    const { session, peer } = await joined();
    const reason = new Error('enough');
    expect(await failure(session.publish('t', [], { signal: AbortSignal.abort(reason) }))).toBe(reason);
    peer.expectNothing();
    const controller = new AbortController();
    const published = session.publish('t', [], { acknowledge: true, signal: controller.signal });
    controller.abort(reason);
    expect(await failure(published)).toBe(reason);
    peer.send([17, 1, 99]);
    expect(session.state).toBe('open');
  });
});

describe('subscribe', () => {
  test('with a handler: events reach it', async () => {
    const { session, peer } = await joined();
    const events: [unknown[], WampEvent][] = [];
    const subscribing = session.subscribe('t', (args: unknown[], event: WampEvent) =>
      events.push([args, event]),
    );
    await peer.expect([32, 1, {}, 't']);
    peer.send([33, 1, 7]);
    // At once, before the application has heard that it is subscribed.
    peer.send([36, 7, 100, {}, ['hi'], { a: 1 }]);
    const subscription = await subscribing;
    expect(subscription).toMatchObject({ topic: 't', id: 7, state: 'active' });
    expect(events).toEqual([
      [
        ['hi'],
        {
          args: ['hi'],
          kwargs: { a: 1 },
          topic: 't',
          publication: 100,
          retained: false,
          publisher: undefined,
          details: {},
        },
      ],
    ]);
  });

  test('events contain the topic, the publisher, and whether they are retained', async () => {
    const { session, peer } = await joined();
    const events: WampEvent[] = [];
    const subscribing = session.subscribe('t.', (_args, event: WampEvent) => events.push(event), {
      match: 'prefix',
      extra: { get_retained: true },
    });
    await peer.expect([32, 1, { match: 'prefix', get_retained: true }, 't.']);
    peer.send([33, 1, 7]);
    await subscribing;
    peer.send([
      36,
      7,
      1,
      { topic: 't.a', publisher: 5, publisher_authid: 'joe', publisher_authrole: 'user' },
    ]);
    peer.send([36, 7, 2, { topic: 't.b', retained: true, publisher: 6 }]);
    expect(events).toMatchObject([
      { topic: 't.a', publisher: { session: 5, authid: 'joe', authrole: 'user' }, args: [], kwargs: {} },
      { topic: 't.b', publisher: { session: 6 }, retained: true },
    ]);
    expect(events[1]?.publisher).toEqual({ session: 6 });
  });

  test('rejects when the router refuses', async () => {
    const { session, peer } = await joined();
    const subscribing = session.subscribe('t', () => undefined);
    peer.send([8, 32, 1, {}, 'wamp.error.not_authorized', ['no']]);
    const error = await failure(subscribing);
    expect(error).toBeInstanceOf(WampError);
    expect(error).toMatchObject({ uri: 'wamp.error.not_authorized' });
  });

  test('a handler that fails disturbs no other, and is reported', async () => {
    const { session, peer } = await joined();
    const errors: Error[] = [];
    const heard: string[] = [];
    const thrown = new Error('thrown');
    const rejected = new Error('rejected');
    session.on('error', (error) => errors.push(error));
    const handlers: (() => unknown)[] = [
      () => {
        throw thrown;
      },
      () => Promise.reject(rejected),
      () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- what applications do
        throw 'no error';
      },
      () => heard.push('last'),
    ];
    const subscribing = handlers.map((handler) => session.subscribe('t', handler));
    await Promise.all(handlers.map(() => subscribed(peer, 7)));
    await Promise.all(subscribing);
    peer.send([36, 7, 1, {}]);
    await settle();
    expect(heard).toEqual(['last']);
    expect(errors).toContain(thrown);
    expect(errors).toContain(rejected);
    expect(errors).toContainEqual(expect.objectContaining({ cause: 'no error' }));
    expect(errors).toHaveLength(3);
    expect(session.state).toBe('open');
  });

  test('failures of handlers are logged if there is no listener, even if the logger throws', async () => {
    const logged: unknown[][] = [];
    const logger = {
      error: (...words: unknown[]) => {
        logged.push(words);
        throw new Error('the logger fails');
      },
    };
    const { session, peer } = await joined({ logger });
    const thrown = new Error('thrown');
    const subscribing = session.subscribe('t', () => {
      throw thrown;
    });
    await subscribed(peer, 7);
    await subscribing;
    peer.send([36, 7, 1, {}]);
    expect(logged).toEqual([[expect.any(String), thrown]]);
    const stop = session.on('error', () => {
      throw new Error('the listener fails');
    });
    peer.send([36, 7, 2, {}]);
    expect(logged).toHaveLength(2);
    expect(logged[1]?.[1]).toMatchObject({ message: 'the listener fails' });
    stop();
    peer.send([36, 7, 3, {}]);
    expect(logged[2]?.[1]).toBe(thrown);
    expect(session.state).toBe('open');
  });
});

describe('several handlers of one topic', () => {
  /** Three handles on one id. */
  async function three(): Promise<{
    peer: ScriptedPeer;
    subscriptions: readonly Subscription[];
    heard: number[];
  }> {
    const { session, peer } = await joined();
    const heard: number[] = [];
    const subscribing = [1, 2, 3].map((n) => session.subscribe('t', () => heard.push(n)));
    for (let n = 0; n < 3; n += 1) await subscribed(peer, 7);
    return { peer, subscriptions: await Promise.all(subscribing), heard };
  }

  test('share the id; the last one unsubscribes', async () => {
    const { peer, subscriptions, heard } = await three();
    const [first, second, third] = subscriptions;
    peer.send([36, 7, 1, {}]);
    expect(heard.splice(0)).toEqual([1, 2, 3]);
    await second?.unsubscribe();
    peer.send([36, 7, 2, {}]);
    expect(heard.splice(0)).toEqual([1, 3]);
    await first?.unsubscribe();
    peer.expectNothing();
    const last = third?.unsubscribe();
    await peer.expect([34, 4, 7]);
    peer.send([36, 7, 3, {}]);
    expect(heard).toEqual([]);
    let confirmed = false;
    void last?.then(() => (confirmed = true));
    await settle();
    expect(confirmed).toBe(false);
    peer.send([35, 4]);
    await last;
    // An event that was on its way all the same.
    peer.send([36, 7, 4, {}]);
    expect(heard).toEqual([]);
    expect(subscriptions.map(({ state, id }) => [state, id])).toEqual(Array(3).fill(['ended', undefined]));
  });

  test('a handler that unsubscribes another one during an event', async () => {
    const { session, peer } = await joined();
    const heard: string[] = [];
    const first = session.subscribe('t', () => {
      heard.push('first');
      void second.then((subscription) => subscription.unsubscribe());
    });
    const second = session.subscribe('t', () => heard.push('second'));
    await subscribed(peer, 7);
    await subscribed(peer, 7);
    await Promise.all([first, second]);
    peer.send([36, 7, 1, {}]);
    await settle();
    peer.send([36, 7, 2, {}]);
    expect(heard).toEqual(['first', 'second', 'first']);
  });
});

describe('unsubscribe', () => {
  async function one(options: JoinedOptions = {}): Promise<{
    session: Session;
    peer: ScriptedPeer;
    subscription: Subscription;
  }> {
    const { session, peer } = await joined(options);
    const subscribing = session.subscribe('t', () => undefined);
    await subscribed(peer, 7);
    return { session, peer, subscription: await subscribing };
  }

  test('twice is once', async () => {
    const { peer, subscription } = await one();
    const both = [subscription.unsubscribe(), subscription.unsubscribe()];
    await peer.expect([34, 2, 7]);
    peer.send([35, 2]);
    await Promise.all(both);
    await subscription.unsubscribe();
    peer.expectNothing();
    expect(await subscription.ended).toEqual({ reason: 'unsubscribed' });
  });

  test('rejects when the router refuses, but not when it has no such subscription', async () => {
    const refused = await one();
    const refusing = refused.subscription.unsubscribe();
    refused.peer.send([8, 34, 2, {}, 'wamp.error.not_authorized']);
    expect(await failure(refusing)).toMatchObject({ uri: 'wamp.error.not_authorized' });

    const unknown = await one();
    const leaving = unknown.subscription.unsubscribe();
    unknown.peer.send([8, 34, 2, {}, 'wamp.error.no_such_subscription']);
    await leaving;
  });

  test('resolves when the session goes meanwhile, and after that', async () => {
    const { session, peer, subscription } = await one();
    const leaving = subscription.unsubscribe();
    peer.drop();
    await leaving;
    expect(session.state).toBe('closed');
    const ended = await one();
    ended.peer.drop();
    await ended.subscription.unsubscribe();
    await ended.subscription[Symbol.asyncDispose]();
  });

  test('happens by `await using`', async () => {
    const { session, peer } = await joined();
    const block = (async () => {
      await using subscription = await session.subscribe('t', () => undefined);
      expect(subscription.state).toBe('active');
    })();
    await subscribed(peer, 7);
    await peer.expect([34, 2, 7]);
    peer.send([35, 2]);
    await block;
  });

  test('waits for a SUBSCRIBE of the same topic, which would lose its subscription', async () => {
    const { session, peer, subscription } = await one();
    const heard: unknown[] = [];
    const subscribing = session.subscribe('t', (args) => heard.push(args));
    const leaving = subscription.unsubscribe();
    await peer.expect([32, 2, {}, 't']);
    peer.expectNothing();
    peer.send([33, 2, 7]);
    await leaving;
    const second = await subscribing;
    peer.expectNothing();
    peer.send([36, 7, 1, {}, ['still here']]);
    expect(heard).toEqual([['still here']]);
    const last = second.unsubscribe();
    await peer.expect([34, 3, 7]);
    peer.send([35, 3]);
    await last;
  });

  test('waits for each of several', async () => {
    const { session, peer, subscription } = await one();
    const subscribing = [1, 2].map(() => session.subscribe('t', () => undefined));
    const leaving = subscription.unsubscribe();
    await peer.next();
    await peer.next();
    peer.send([8, 32, 2, {}, 'wamp.error.not_authorized']);
    expect(await failure(subscribing[0] ?? Promise.resolve())).toMatchObject({
      uri: 'wamp.error.not_authorized',
    });
    peer.expectNothing();
    peer.send([33, 3, 7]);
    await leaving;
    await subscribing[1];
    peer.expectNothing();
  });

  test.each<[string, unknown[]]>([
    ['is given another id', [33, 2, 8]],
    ['fails', [8, 32, 2, {}, 'wamp.error.not_authorized']],
  ])('goes on when the SUBSCRIBE that it waits for %s', async (_what, answer) => {
    const { session, peer, subscription } = await one();
    session.subscribe('t', () => undefined, { match: 'prefix' }).catch(() => undefined);
    const leaving = subscription.unsubscribe();
    await peer.next();
    peer.expectNothing();
    peer.send(answer);
    await peer.expect([34, 3, 7]);
    peer.send([35, 3]);
    await leaving;
    expect(session.state).toBe('open');
  });

  test('that waits is over when the session goes', async () => {
    const { session, peer, subscription } = await one();
    session.subscribe('t', () => undefined).catch(() => undefined);
    const leaving = subscription.unsubscribe();
    peer.drop();
    await leaving;
  });

  test('and subscribe again: the same id is given again, before or after the confirmation', async () => {
    for (const answers of [
      [
        [35, 2],
        [33, 3, 7],
      ],
      [
        [33, 3, 7],
        [35, 2],
      ],
    ]) {
      const { session, peer, subscription } = await one();
      const heard: unknown[] = [];
      const leaving = subscription.unsubscribe();
      const again = session.subscribe('t', (args) => heard.push(args));
      await peer.expect([34, 2, 7]);
      await peer.expect([32, 3, {}, 't']);
      for (const answer of answers) peer.send(answer);
      await leaving;
      const second = await again;
      peer.send([36, 7, 1, {}, ['again']]);
      expect(heard).toEqual([['again']]);
      const last = second.unsubscribe();
      await peer.expect([34, 4, 7]);
      peer.send([35, 4]);
      await last;
    }
  });
});

describe('revocation', () => {
  test('ends every handle of the id, with its reason', async () => {
    const { session, peer } = await joined();
    const heard: unknown[] = [];
    const subscribing = [1, 2].map(() => session.subscribe('t', (args) => heard.push(args)));
    await subscribed(peer, 7);
    await subscribed(peer, 7);
    const [first, second] = await Promise.all(subscribing);
    peer.send([35, 0, { subscription: 7, reason: 'app.kicked' }]);
    expect(first).toMatchObject({ state: 'ended', id: undefined });
    expect(await first?.ended).toEqual({ reason: 'app.kicked' });
    expect(await second?.ended).toEqual({ reason: 'app.kicked' });
    await first?.unsubscribe();
    peer.expectNothing();
    peer.send([36, 7, 1, {}, ['late']]);
    peer.send([35, 0, { subscription: 7 }]);
    expect(heard).toEqual([]);
    expect(session.state).toBe('open');
  });

  test('without a reason', async () => {
    const { session, peer } = await joined();
    const subscribing = session.subscribe('t', () => undefined);
    await subscribed(peer, 7);
    peer.send([35, 0, { subscription: 7 }]);
    expect(await (await subscribing).ended).toEqual({ reason: 'revoked' });
  });
});

describe('signal', () => {
  test('aborted before: nothing is sent', async () => {
    const { session, peer } = await joined();
    const reason = new Error('no need');
    const signal = AbortSignal.abort(reason);
    expect(await failure(session.subscribe('t', () => undefined, { signal }))).toBe(reason);
    peer.expectNothing();
  });

  test('aborted while the router decides: rejects, and unsubscribes once subscribed', async () => {
    const { session, peer } = await joined();
    const controller = new AbortController();
    const heard: unknown[] = [];
    const subscribing = session.subscribe('t', (args) => heard.push(args), { signal: controller.signal });
    await peer.next();
    const reason = new Error('too slow');
    controller.abort(reason);
    expect(await failure(subscribing)).toBe(reason);
    peer.expectNothing();
    peer.send([33, 1, 7]);
    await peer.expect([34, 2, 7]);
    peer.send([36, 7, 1, {}]);
    peer.send([35, 2]);
    await settle();
    expect(heard).toEqual([]);
    expect(session.state).toBe('open');
  });

  test('aborted while the router decides against it', async () => {
    const { session, peer } = await joined();
    const controller = new AbortController();
    const subscribing = session.subscribe('t', () => undefined, { signal: controller.signal });
    controller.abort();
    expect(await failure(subscribing)).toMatchObject({ name: 'AbortError' });
    peer.send([8, 32, 1, {}, 'wamp.error.not_authorized']);
    await settle();
    expect(session.state).toBe('open');
  });

  test('aborted later: unsubscribes; a refusal of that is reported', async () => {
    const { session, peer } = await joined();
    const errors: Error[] = [];
    session.on('error', (error) => errors.push(error));
    const controller = new AbortController();
    const subscribing = session.subscribe('t', () => undefined, { signal: controller.signal });
    await subscribed(peer, 7);
    const subscription = await subscribing;
    controller.abort();
    await peer.expect([34, 2, 7]);
    expect(await subscription.ended).toEqual({ reason: 'aborted' });
    peer.send([8, 34, 2, {}, 'wamp.error.not_authorized']);
    await settle();
    expect(errors).toMatchObject([{ uri: 'wamp.error.not_authorized' }]);
  });
});

describe('a subscription without a handler', () => {
  async function iterable(buffer?: {
    max?: number;
    maxBytes?: number;
    overflow?: 'error' | 'drop-oldest' | 'drop-newest';
  }): Promise<{
    session: Session;
    peer: ScriptedPeer;
    subscription: Subscription;
    publish: (...numbers: number[]) => void;
  }> {
    const { session, peer } = await joined();
    const subscribing = session.subscribe('t', buffer === undefined ? {} : { buffer });
    await subscribed(peer, 7);
    const publish = (...numbers: number[]): void => {
      for (const n of numbers) peer.send([36, 7, n, {}, [n]]);
    };
    return { session, peer, subscription: await subscribing, publish };
  }

  /** The first values of the events that are there, and how the loop ended. */
  async function all(subscription: Subscription): Promise<unknown[]> {
    const values: unknown[] = [];
    for await (const { args } of subscription) values.push(args[0]);
    return values;
  }

  test('is iterated: events wait, or are waited for, and leaving the loop unsubscribes', async () => {
    const { peer, subscription, publish } = await iterable();
    publish(1, 2);
    const values: unknown[] = [];
    const loop = (async () => {
      for await (const event of subscription) {
        values.push(event.args[0]);
        if (event.args[0] === 4) break;
      }
    })();
    await settle();
    expect(values).toEqual([1, 2]);
    publish(3);
    await settle();
    publish(4, 5);
    await peer.expect([34, 2, 7]);
    peer.send([35, 2]);
    await loop;
    expect(values).toEqual([1, 2, 3, 4]);
    // What was left is gone.
    expect(await all(subscription)).toEqual([]);
    expect(subscription.state).toBe('ended');
  });

  test('ends when it is unsubscribed, after what waits has been taken', async () => {
    const { peer, subscription, publish } = await iterable();
    publish(1, 2);
    const leaving = subscription.unsubscribe();
    peer.send([35, 2]);
    await leaving;
    expect(await all(subscription)).toEqual([1, 2]);
  });

  test('ends when the session is closed or the router revokes it, and throws when the session breaks', async () => {
    const closed = await iterable();
    const untilClosed = all(closed.subscription);
    await settle();
    const closing = closed.session.close();
    closed.peer.send([6, {}, 'wamp.close.goodbye_and_out']);
    await closing;
    expect(await untilClosed).toEqual([]);

    const revoked = await iterable();
    const untilRevoked = all(revoked.subscription);
    await settle();
    revoked.peer.send([35, 0, { subscription: 7 }]);
    expect(await untilRevoked).toEqual([]);

    const broken = await iterable();
    broken.publish(1);
    const iterator = broken.subscription[Symbol.asyncIterator]();
    expect(await iterator.next()).toMatchObject({ value: { args: [1] } });
    const next = iterator.next();
    broken.peer.drop();
    expect(await failure(next)).toBeInstanceOf(ConnectionLostError);
    expect(await failure(iterator.next())).toBeInstanceOf(ConnectionLostError);
  });

  test('several takers share the events', async () => {
    const { subscription, publish } = await iterable();
    const one = subscription[Symbol.asyncIterator]();
    const other = subscription[Symbol.asyncIterator]();
    const next = [one.next(), other.next(), one.next()];
    publish(1, 2, 3);
    expect((await Promise.all(next)).map(({ value }) => (value as WampEvent).args[0])).toEqual([1, 2, 3]);
  });

  test('that overflows ends with an error by default', async () => {
    const { session, peer, subscription, publish } = await iterable({ max: 2 });
    publish(1, 2, 3, 4);
    await peer.expect([34, 2, 7]);
    peer.send([35, 2]);
    const iterator = subscription[Symbol.asyncIterator]();
    expect(await iterator.next()).toMatchObject({ value: { args: [1] } });
    expect(await iterator.next()).toMatchObject({ value: { args: [2] } });
    expect(await failure(iterator.next())).toMatchObject({ uri: 'wamp.error.limit_exceeded' });
    expect(await subscription.ended).toMatchObject({
      reason: 'wamp.error.limit_exceeded',
      error: expect.any(WampError) as Error,
    });
    expect(session.state).toBe('open');
  });

  test('holds 10,000 events by default', async () => {
    const { subscription, publish } = await iterable();
    publish(...Array.from({ length: 10_000 }, (_each, n) => n + 1));
    expect(subscription.state).toBe('active');
    publish(10_001);
    expect(subscription.state).toBe('ended');
  });

  test.each([
    ['drop-oldest' as const, [3, 4]],
    ['drop-newest' as const, [1, 2]],
  ])('that overflows drops by %s, and counts', async (overflow, left) => {
    // An EVENT of these has 15 bytes.
    for (const buffer of [{ max: 2 }, { maxBytes: 40 }]) {
      const { peer, subscription, publish } = await iterable({ ...buffer, overflow });
      publish(1, 2, 3, 4);
      expect(subscription.dropped).toBe(2);
      const leaving = subscription.unsubscribe();
      peer.send([35, 2]);
      await leaving;
      expect(await all(subscription)).toEqual(left);
    }
  });

  test('that overflows by bytes ends with an error by default', async () => {
    const { peer, subscription, publish } = await iterable({ maxBytes: 40 });
    publish(1, 2, 3);
    await peer.expect([34, 2, 7]);
    expect(String(await failure(all(subscription)))).toMatch(/2 events of t with 30 bytes wait to be taken/);
  });

  test('with a handler is not iterable', async () => {
    const { session, peer } = await joined();
    const subscribing = session.subscribe('t', () => undefined);
    await subscribed(peer, 7);
    const subscription = await subscribing;
    expect(() => subscription[Symbol.asyncIterator]()).toThrow(TypeError);
  });
});

test('an invalid URI is a TypeError', async () => {
  const { session } = await joined();
  // @ts-expect-error a topic is a string
  expect(() => session.subscribe(undefined, () => undefined)).toThrow(TypeError);
  // @ts-expect-error a topic is a string
  expect(() => session.publish(undefined)).toThrow(TypeError);
});
