/** LocalSession: code in this process joins like a client, and is treated like one. */
import { setImmediate as turn } from 'node:timers/promises';
import { ApplicationError, MessageType, Payload, type Message } from '@wamp/protocol';
import {
  createRouter,
  permissions,
  type LocalEvent,
  type LocalOptions,
  type LocalSession,
  type Router,
  type RouterOptions,
} from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';
import { LocalEntry } from '../src/session/local-entry.ts';
import { Client, settle } from './support/client.ts';
import { coreOf, coreRealmOf } from './support/core.ts';

function open(options: Partial<RouterOptions> = {}): Router {
  return createRouter({ realms: ['realm1'], ...options });
}

/** Everything is refused that anybody wants. */
const NOTHING = { authorizer: { authorize: () => false } };

/** The URI of what a promise rejects with. */
async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ApplicationError) return error.uri;
    throw error;
  }
  return 'granted';
}

describe('a local session', () => {
  test('A1 a long event reaches many local sessions in several turns', async () => {
    const router = open();
    const read = { inTurn: 0, mostInTurn: 0, all: 0 };
    const hear = (): void => {
      read.all += 1;
      read.inTurn += 1;
      read.mostInTurn = Math.max(read.mostInTurn, read.inTurn);
    };
    for (let number = 0; number < 50; number += 1) await router.join('realm1').subscribe('com.news', hear);
    await router.join('realm1').publish('com.news', ['x'.repeat(100_000)]);
    while (read.all < 50) {
      await turn();
      read.inTurn = 0;
    }
    expect(read.mostInTurn).toBeLessThan(10);
  });

  test('calls a procedure of a client, and serves one to it', async () => {
    const router = open();
    const client = await Client.join(router);
    const session = router.join('realm1');
    const registration = await session.register('com.add', ({ args: [a, b] }) => ({
      args: [Number(a) + Number(b)],
    }));
    await client.say(
      [MessageType.REGISTER, 1, {}, 'com.twice'],
      [MessageType.CALL, 2, {}, 'com.add', [1, 2]],
    );
    await settle();
    expect(client.heard.splice(0)).toEqual([
      [MessageType.REGISTERED, 1, expect.any(Number)],
      [MessageType.RESULT, 2, {}, [3]],
    ]);
    const calling = session.call('com.twice', [4], { unit: 'm' });
    await settle();
    const [, invocation] = client.heard.pop() ?? [];
    await client.say([MessageType.YIELD, invocation, {}, [8]]);
    expect((await calling).args).toEqual([8]);
    await registration.end();
    expect(await refusal(session.call('com.add', [1, 2]))).toBe('wamp.error.no_such_procedure');
  });

  test('receives events in order, and none after its subscription has ended', async () => {
    const router = open();
    const session = router.join('realm1');
    const other = router.join('realm1', { principal: { authid: 'other' } });
    const heard: unknown[] = [];
    const subscription = await session.subscribe('com.topic', ({ args }: LocalEvent) => heard.push(args[0]));
    for (const n of [1, 2, 3]) await other.publish('com.topic', [n]);
    await session.publish('com.topic', ['its own']);
    await settle();
    expect(heard).toEqual([1, 2, 3]);
    await subscription.end();
    await other.publish('com.topic', [4]);
    await settle();
    expect(heard).toEqual([1, 2, 3]);
  });

  test('receives the progressive results, and the final one', async () => {
    const router = open();
    const session = router.join('realm1');
    await session.register('com.count', ({ progress }) => {
      progress({ args: [1] });
      progress({ args: [2] });
      return { args: ['all'] };
    });
    const parts: unknown[] = [];
    const result = await session.call('com.count', [], {}, { onProgress: ({ args }) => parts.push(args[0]) });
    expect([...parts, ...result.args]).toEqual([1, 2, 'all']);
  });

  test('cancels a call, which interrupts its callee', async () => {
    const router = open();
    const session = router.join('realm1');
    let canceled = false;
    await session.register('com.slow', ({ signal }) => {
      signal.addEventListener('abort', () => (canceled = true));
      return new Promise(() => undefined);
    });
    const patience = new AbortController();
    const calling = refusal(session.call('com.slow', [], {}, { signal: patience.signal }));
    await settle();
    patience.abort();
    expect(await calling).toBe('wamp.error.canceled');
    await settle();
    expect(canceled).toBe(true);
  });

  test('is answered with the ApplicationError that a procedure throws; any other error is logged', async () => {
    const logged: unknown[] = [];
    const router = open({ log: (level, what) => level !== 'debug' && logged.push(what) });
    const session = router.join('realm1');
    await session.register('com.refuse', () => {
      throw new ApplicationError('com.error.no', ['because']);
    });
    await session.register('com.fail', () => {
      throw new TypeError('a fault');
    });
    expect(await refusal(session.call('com.refuse'))).toBe('com.error.no');
    expect(await refusal(session.call('com.fail'))).toBe('wamp.error.runtime_error');
    expect(logged).toEqual(['code of a local session failed']);
  });

  test('is listed, can be killed, and what it waits for rejects with the reason', async () => {
    const router = open();
    const session = router.join('realm1', { principal: { authid: 'bridge', authrole: 'backend' } });
    const other = router.join('realm1');
    const described = await other.call('wamp.session.get', [session.id]);
    expect(described.args).toMatchObject([
      { authid: 'bridge', authrole: 'backend', transport: { type: 'local' } },
    ]);
    await session.register('com.never', () => new Promise(() => undefined));
    const waiting = refusal(session.call('com.never'));
    await other.call('wamp.session.kill', [session.id], { reason: 'com.goodbye', message: 'enough' });
    expect(await waiting).toBe('com.goodbye');
    expect(await session.closed).toEqual({ reason: 'com.goodbye', message: 'enough' });
    expect(session.isOpen).toBe(false);
    expect(await refusal(session.publish('com.topic'))).toBe('com.goodbye');
    expect(router.realm('realm1')?.sessions.size).toBe(1);
  });

  test('that breaks the protocol is ended, and it alone', async () => {
    const router = open();
    const session = router.join('realm1', { hears: () => undefined });
    const other = router.join('realm1');
    session.receive({ type: MessageType.CANCEL, request: 9, options: {} });
    expect((await session.closed).reason).toBe('wamp.error.protocol_violation');
    expect(other.isOpen).toBe(true);
  });

  test('SES-9 leaves when it says GOODBYE itself', async () => {
    const router = open();
    const session = router.join('realm1', { hears: () => undefined });
    session.receive({ type: MessageType.GOODBYE, details: {}, reason: 'wamp.close.close_realm' });
    expect(await session.closed).toEqual({ reason: 'wamp.close.goodbye_and_out' });
    expect(router.realm('realm1')?.sessions.size).toBe(0);
  });

  test('speaks WAMP itself when it wants to', async () => {
    const heard: Message[] = [];
    const router = open();
    const session = router.join('realm1', { hears: (message) => heard.push(message) });
    session.receive({ type: MessageType.SUBSCRIBE, request: 1, options: {}, topic: 'com.topic' });
    await router.join('realm1').publish('com.topic', [1]);
    await settle();
    expect(heard.map(({ type }) => type)).toEqual([MessageType.SUBSCRIBED, MessageType.EVENT]);
  });
});

describe('the rules of a realm', () => {
  test('a realm whose authorizer refuses everything refuses wamp.session.kill_all to a local session', async () => {
    const router = open({ ...NOTHING });
    const session = router.join('realm1');
    const client = await Client.join(router);
    expect(await refusal(session.call('wamp.session.kill_all'))).toBe('wamp.error.not_authorized');
    expect(await refusal(session.publish('com.topic'))).toBe('wamp.error.not_authorized');
    expect(await refusal(session.subscribe('com.topic', () => undefined))).toBe('wamp.error.not_authorized');
    expect(await refusal(session.register('com.add', () => undefined))).toBe('wamp.error.not_authorized');
    expect(client.closed).toBe(false);
    expect(router.realm('realm1')?.traffic.denied.total).toBe(4);
  });

  test('a trusted session is not asked, and may use reserved URIs', async () => {
    const router = open({ ...NOTHING });
    const session = router.join('realm1', { trusted: true });
    expect(session.principal.authrole).toBe('trusted');
    expect(await refusal(session.register('wamp.x.mine', () => undefined))).toBe('granted');
    expect(await refusal(session.call('wamp.session.count'))).toBe('granted');
  });

  test('permissions of its role hold, and messages behind a decision keep their order', async () => {
    const authorizer = permissions({
      roles: { backend: { permissions: [{ uri: 'com.*', allow: { publish: true } }] } },
    });
    const slow = {
      authorize: async (...asked: Parameters<typeof authorizer.authorize>) => authorizer.authorize(...asked),
    };
    const router = open({ authorizer: slow });
    const session = router.join('realm1', { principal: { authrole: 'backend' } });
    const answers = [
      session.publish('com.topic'),
      session.publish('org.topic'),
      session.publish('com.topic'),
    ];
    expect(await Promise.all(answers.map(refusal))).toEqual([
      'granted',
      'wamp.error.not_authorized',
      'granted',
    ]);
  });

  test('quotas hold', async () => {
    const router = open({ quotas: { subscriptions: 1 }, maxSessions: 1 });
    const session = router.join('realm1');
    expect(await refusal(session.subscribe('com.a', () => undefined))).toBe('granted');
    expect(await refusal(session.subscribe('com.b', () => undefined))).toBe('wamp.error.limit_exceeded');
    expect(() => router.join('realm1')).toThrow('the realm is full');
  });

  test('it joins no realm that is not there, and no router that is closing', async () => {
    const router = open();
    expect(() => router.join('realm2')).toThrow('wamp.error.no_such_realm: realm2');
    const session = router.join('realm1');
    await router.close();
    expect((await session.closed).reason).toBe('wamp.close.system_shutdown');
    expect(() => router.join('realm1')).toThrow('wamp.close.system_shutdown');
  });
});

describe('a slow one', () => {
  /** A session that finishes none of its events, and one that publishes to it. */
  async function slowOne(
    options: Partial<RouterOptions>,
    join?: LocalOptions,
  ): Promise<{ slow: LocalSession; publisher: LocalSession; heard: () => number; router: Router }> {
    const router = open({ clock: new ManualClock(0), limits: { queueSize: 64 * 1024 }, ...options });
    const slow = router.join('realm1', join);
    let heard = 0;
    await slow.subscribe('com.topic', () => {
      heard += 1;
      return new Promise(() => undefined);
    });
    return { slow, publisher: router.join('realm1', { trusted: true }), heard: () => heard, router };
  }

  test('is ended if its role is configured so, like a client', async () => {
    const { slow, publisher } = await slowOne({});
    for (let n = 0; n < 80; n += 1) void refusal(publisher.publish('com.topic', ['x'.repeat(1000)]));
    expect((await slow.closed).reason).toBe('wamp.error.slow_consumer');
  });

  test('loses events if its role is configured so, and they are counted', async () => {
    const { slow, publisher, router, heard } = await slowOne({ slowConsumers: 'drop_newest' });
    for (let n = 0; n < 80; n += 1) await publisher.publish('com.topic', ['x'.repeat(1000)]);
    await settle();
    expect(slow.isOpen).toBe(true);
    const dropped = router.realm('realm1')?.traffic.dropped.total ?? 0;
    expect(dropped).toBeGreaterThan(40);
    expect(heard() + dropped).toBe(80);
  });
});

describe('one that fills the queues of others', () => {
  /** The entry of a local session, and the messages that it lets through. */
  function entry(): { producer: LocalEntry; heard: Message[]; kept: { readonly used: number } } {
    const router = open({ clock: new ManualClock(0) });
    const { turns } = coreOf(router);
    const heard: Message[] = [];
    const realm = coreRealmOf(router);
    const session = realm.sessions.get(router.join('realm1').id);
    if (session === undefined) throw new Error('the session has not joined');
    const exit = {
      hear: (message: Message) => {
        heard.push(message);
      },
      refuse: () => {
        throw new Error('there is room for all of them');
      },
      failed: (error: unknown) => {
        throw error;
      },
    };
    return {
      producer: new LocalEntry(turns, realm.kept.undecided, session, exit, true),
      heard,
      kept: realm.kept.undecided,
    };
  }

  const publish = (request: number): Message => ({
    type: MessageType.PUBLISH,
    request,
    options: {},
    topic: 'com.topic',
    payload: Payload.of([request]),
  });
  const answer = (request: number): Message => ({
    type: MessageType.YIELD,
    request,
    options: {},
    payload: Payload.none,
  });
  const requests = (heard: readonly Message[]): unknown[] =>
    heard.map((message) => ('request' in message ? message.request : undefined));

  test('is held: its requests wait in order, and its answers pass', async () => {
    const { producer, heard } = entry();
    producer.hold();
    producer.hold();
    for (const message of [publish(1), answer(101), publish(2), answer(102)]) producer.receive(message);
    expect(requests(heard)).toEqual([101, 102]);
    producer.release();
    await settle();
    expect(requests(heard)).toEqual([101, 102]);
    producer.release();
    producer.receive(publish(3));
    await settle();
    expect(requests(heard)).toEqual([101, 102, 1, 2, 3]);
  });

  test('is choked: its answers wait as well, and come before its requests', async () => {
    const { producer, heard } = entry();
    producer.choke();
    for (const message of [publish(1), answer(101), publish(2), answer(102)]) producer.receive(message);
    await settle();
    expect(heard).toEqual([]);
    producer.unchoke();
    await settle();
    expect(requests(heard)).toEqual([101, 102, 1, 2]);
  });

  test('drops what waits when it is over, and gives the bytes back', () => {
    const { producer, heard, kept } = entry();
    producer.hold();
    producer.receive(publish(1));
    expect(kept.used).toBeGreaterThan(0);
    producer.close();
    producer.release();
    expect([heard, kept.used]).toEqual([[], 0]);
  });
});
