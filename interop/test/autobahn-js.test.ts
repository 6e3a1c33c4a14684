/** npm autobahn in all four roles, over every serializer. */
import { MessageType } from '@wamp/protocol';
import { anonymous, ticket } from '@wamp/router';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { autobahn, joinAutobahn, type AutobahnPeer, type Cancelable } from './support/autobahn.ts';
import { holdings, REALM, startRouter, type Listening } from './support/router.ts';
import { SERIALIZER_NAMES, SERIALIZERS } from './support/serializers.ts';
import { until } from './support/until.ts';
import { WireSession } from './support/wire-session.ts';

type Kwargs = Record<string, unknown>;

describe.each(SERIALIZER_NAMES)('autobahn over %s', (serializer) => {
  let router: Listening;
  let metaProcedures = 0;
  const peers: AutobahnPeer[] = [];
  const wires: WireSession[] = [];

  beforeEach(async () => {
    router = await startRouter();
    metaProcedures = router.realm.dealer.registrations.size;
  });
  afterEach(() => router.close());
  afterEach(async () => {
    for (const wire of wires.splice(0)) wire.webSocket.drop();
    await Promise.all(peers.splice(0).map((peer) => peer.close()));
    await until(() => router.realm.sessions.size === 0);
    const { calling, ...held } = holdings(router.realm);
    expect(held).toEqual({ sessions: 0, subscriptions: 0, registrations: metaProcedures });
    expect(calling).toBeLessThanOrEqual(1); // the router's own session, once it has been called
    expect(router.complaints).toEqual([]);
  });
  async function join(): Promise<AutobahnPeer> {
    const peer = await joinAutobahn(router.url, serializer);
    peers.push(peer);
    return peer;
  }

  async function pair(): Promise<readonly [autobahn.Session, autobahn.Session]> {
    const [one, other] = await Promise.all([join(), join()]);
    return [one.session, other.session];
  }

  /** A client that announces everything, and whose every message is seen. */
  async function joinWire(): Promise<WireSession> {
    const wire = SERIALIZERS.find(({ name }) => name === serializer);
    if (wire === undefined) throw new Error('no such serializer');
    const session = await WireSession.join({ port: router.port, serializer: wire, realm: REALM });
    wires.push(session);
    return session;
  }

  describe('session', () => {
    it('joins, and learns what the router can do', async () => {
      const { session, welcome } = await join();
      expect(session.isOpen).toBe(true);
      expect(welcome).toMatchObject({ realm: REALM, authrole: 'anonymous', authmethod: 'anonymous' });
      expect([...router.realm.sessions.keys()]).toEqual([session.id]);
      expect(session.features).toMatchObject({
        caller: { caller_identification: true, call_canceling: true },
        callee: { pattern_based_registration: true, shared_registration: true },
        publisher: { publisher_exclusion: true, subscriber_blackwhite_listing: true },
        subscriber: { pattern_based_subscription: true },
      });
    });

    it('learns that there is no such realm', async () => {
      const refused = joinAutobahn(router.url, serializer, { realm: 'com.example.nowhere' });
      await expect(refused).rejects.toThrow('wamp.error.no_such_realm');
    });

    it('leaves with GOODBYE, and is answered', async () => {
      const peer = await join();
      await peer.close();
      expect(await peer.closed).toBe('wamp.close.goodbye_and_out');
    });

    it('is said goodbye to when the router closes', async () => {
      const own = await startRouter();
      const peer = await joinAutobahn(own.url, serializer);
      await own.close();
      expect(await peer.closed).toBe('wamp.close.system_shutdown');
    });

    it('asks the session meta API', async () => {
      const [session] = await pair();
      expect(await session.call('wamp.session.count')).toBe(2);
      expect(await session.call('wamp.session.get', [session.id])).toMatchObject({ session: session.id });
    });

    it('joins with a ticket', async () => {
      const own = await startRouter({
        authenticators: [ticket(new Map([['joe', { ticket: 'secret', authrole: 'user' }]])), anonymous()],
      });
      onTestFinished(() => own.close());
      const credentials = { authmethods: ['ticket'], authid: 'joe' };
      const joe = await joinAutobahn(own.url, serializer, { ...credentials, onchallenge: () => 'secret' });
      expect(joe.welcome).toMatchObject({ authid: 'joe', authrole: 'user', authmethod: 'ticket' });
      await joe.close();
      const stranger = joinAutobahn(own.url, serializer, { ...credentials, onchallenge: () => 'guess' });
      await expect(stranger).rejects.toThrow('wamp.error.authentication_denied');
    });
  });

  describe('RPC', () => {
    it('passes Args, Kwargs, both and neither, there and back', async () => {
      const [callee, caller] = await pair();
      const seen: unknown[] = [];
      await callee.register<unknown, unknown[], Kwargs>('com.example.echo', (args = [], kwargs = {}) => {
        seen.push([args, kwargs]);
        return new autobahn.Result(args, kwargs);
      });
      expect(await caller.call('com.example.echo', [1])).toBe(1);
      expect(await caller.call('com.example.echo', [1, 'two'])).toMatchObject({
        args: [1, 'two'],
        kwargs: {},
      });
      expect(await caller.call('com.example.echo', [], { a: 1 })).toMatchObject({
        args: [],
        kwargs: { a: 1 },
      });
      expect(await caller.call('com.example.echo', ['x'], { a: { b: [null] } })).toMatchObject({
        args: ['x'],
        kwargs: { a: { b: [null] } },
      });
      expect(await caller.call('com.example.echo')).toBeNull();
      expect(seen).toEqual([
        [[1], {}],
        [[1, 'two'], {}],
        [[], { a: 1 }],
        [['x'], { a: { b: [null] } }],
        [[], {}],
      ]);
    });

    it('passes an error with Args and Kwargs from callee to caller', async () => {
      const [callee, caller] = await pair();
      await callee.register('com.example.fail', () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- the library's errors are not instances of Error
        throw new autobahn.Error('com.example.error', ['no', 1], { code: 7 });
      });
      const failure: unknown = await caller.call('com.example.fail').catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(autobahn.Error);
      expect(failure).toMatchObject({ error: 'com.example.error', args: ['no', 1], kwargs: { code: 7 } });
    });

    it('passes on what a callee throws that is no error of WAMP', async () => {
      const [callee, caller] = await pair();
      await callee.register('com.example.fail', () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- as users of the library do
        throw 'just a word';
      });
      await expect(caller.call('com.example.fail')).rejects.toMatchObject({
        error: 'wamp.error.runtime_error',
        args: ['just a word'],
      });
    });

    it('gets an error for a procedure that is not registered', async () => {
      const [caller] = await pair();
      await expect(caller.call('com.example.nothing', [1])).rejects.toMatchObject({
        error: 'wamp.error.no_such_procedure',
      });
    });

    it('refuses a second registration, and takes it once the first is gone', async () => {
      const [first, second] = await pair();
      const registration = await first.register('com.example.who', () => 'first');
      await expect(second.register('com.example.who', () => 'second')).rejects.toMatchObject({
        error: 'wamp.error.procedure_already_exists',
      });
      await first.unregister(registration);
      await expect(second.call('com.example.who')).rejects.toMatchObject({
        error: 'wamp.error.no_such_procedure',
      });
      await second.register('com.example.who', () => 'second');
      expect(await first.call('com.example.who')).toBe('second');
    });

    it('refuses to register what is the router’s', async () => {
      const [session] = await pair();
      await expect(session.register('wamp.mine', () => 1)).rejects.toMatchObject({
        error: 'wamp.error.invalid_uri',
      });
    });

    it('shares a registration in turns', async () => {
      const [one, other] = await pair();
      const { session: caller } = await join();
      await one.register('com.example.shared', () => 'one', { invoke: 'roundrobin' });
      await other.register('com.example.shared', () => 'other', { invoke: 'roundrobin' });
      const answers = [];
      for (let turn = 0; turn < 4; turn += 1) answers.push(await caller.call('com.example.shared'));
      expect(answers).toEqual(['one', 'other', 'one', 'other']);
    });

    it('serves patterns, and tells the procedure called', async () => {
      const [callee, caller] = await pair();
      const procedure = (_args?: unknown[], _kwargs?: Kwargs, details?: autobahn.IInvocation): string =>
        details?.procedure ?? '';
      await callee.register('com.example.', procedure, { match: 'prefix' });
      await callee.register('org..get', procedure, { match: 'wildcard' });
      expect(await caller.call('com.example.any.thing')).toBe('com.example.any.thing');
      expect(await caller.call('org.user.get')).toBe('org.user.get');
    });

    it('discloses the caller on request, and not otherwise', async () => {
      const [callee, caller] = await pair();
      const { welcome } = peers[1] ?? {};
      await callee.register(
        'com.example.who',
        (
          _args?: unknown[],
          _kwargs?: Kwargs,
          { caller: id, caller_authid, caller_authrole }: Partial<autobahn.IInvocation> = {},
        ) => new autobahn.Result([id ?? null, caller_authid ?? null, caller_authrole ?? null]),
      );
      const nobody = { args: [null, null, null] };
      expect(await caller.call('com.example.who')).toMatchObject(nobody);
      expect(await caller.call('com.example.who', [], {}, { disclose_me: true })).toMatchObject({
        args: [caller.id, welcome?.['authid'], 'anonymous'],
      });
      caller.caller_disclose_me = true;
      expect(await caller.call('com.example.who')).toMatchObject({
        args: [caller.id, welcome?.['authid'], 'anonymous'],
      });
    });

    it('answers 200 concurrent calls in whatever order they end', async () => {
      const [callee, caller] = await pair();
      const pending: (() => void)[] = [];
      await callee.register<Promise<unknown>, unknown[]>('com.example.late', (args = []) => {
        const answer = new Promise((resolve) =>
          pending.push(() => {
            resolve(args[0]);
          }),
        );
        if (pending.length === 200) for (const answerNext of pending.reverse()) answerNext();
        return answer;
      });
      const calls = Array.from({ length: 200 }, (_, index) => caller.call('com.example.late', [index]));
      expect(await Promise.all(calls)).toEqual(Array.from({ length: 200 }, (_, index) => index));
    });

    it('invokes in the order of the calls', async () => {
      const [callee, caller] = await pair();
      const seen: unknown[] = [];
      await callee.register<null, unknown[]>('com.example.order', (args = []) => {
        seen.push(args[0]);
        return null; // undefined has no form in its MessagePack
      });
      await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          caller.call('com.example.order', [index, 'x'.repeat(index % 7 === 0 ? 5000 : 1)]),
        ),
      );
      expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => index));
    });

    it('carries 256 KiB', async () => {
      const [callee, caller] = await pair();
      await callee.register<unknown, unknown[]>('com.example.echo', (args = []) => args[0]);
      const text = 'äöü☃'.repeat(32 * 1024);
      expect(await caller.call('com.example.echo', [text])).toBe(text);
    });

    it('takes progressive results through when’s notifications', async () => {
      const [caller] = await pair();
      const callee = await joinWire();
      await callee.ask([MessageType.REGISTER, 1, {}, 'com.example.count'], MessageType.REGISTERED);
      const progress: unknown[] = [];
      const result = caller
        .call('com.example.count', [3], {}, { receive_progress: true })
        .then(undefined, undefined, (value: unknown) => {
          progress.push(value);
        });
      const [, invocation, , details] = await callee.expect(MessageType.INVOCATION);
      expect(details).toEqual({ receive_progress: true });
      for (const value of [1, 2, 3]) {
        callee.send([MessageType.YIELD, invocation, { progress: true }, [value]]);
      }
      callee.send([MessageType.YIELD, invocation, {}, ['done']]);
      expect(await result).toBe('done');
      await until(() => progress.length === 3); // when notifies on later turns
      expect(progress).toEqual([1, 2, 3]);
    });

    it('B5 gives progress as a callee, although it does not announce that it can be canceled', async () => {
      const [callee, caller] = await pair();
      await callee.register(
        'com.example.count',
        (_args?: unknown[], _kwargs?: Kwargs, details?: autobahn.IInvocation) => {
          for (const value of [1, 2, 3]) details?.progress?.([value], {});
          return 'done';
        },
      );
      const progress: unknown[] = [];
      const result = caller
        .call('com.example.count', [3], {}, { receive_progress: true })
        .then(undefined, undefined, (value: unknown) => {
          progress.push(value);
        });
      expect(await result).toBe('done');
      await until(() => progress.length === 3);
      expect(progress).toEqual([1, 2, 3]);
    });

    it('cancels with mode kill, and gets what the callee answers', async () => {
      const [caller] = await pair();
      const callee = await joinWire();
      await callee.ask([MessageType.REGISTER, 1, {}, 'com.example.long'], MessageType.REGISTERED);
      const call = caller.call('com.example.long') as unknown as Promise<unknown> & Cancelable;
      const outcome = expect(call).rejects.toMatchObject({ error: 'com.example.stopped', args: ['midway'] });
      const [, invocation] = await callee.expect(MessageType.INVOCATION);
      call.cancel({ mode: 'kill' });
      expect(await callee.expect(MessageType.INTERRUPT)).toMatchObject([
        MessageType.INTERRUPT,
        invocation,
        { mode: 'kill' },
      ]);
      callee.send([
        MessageType.ERROR,
        MessageType.INVOCATION,
        invocation,
        {},
        'com.example.stopped',
        ['midway'],
      ]);
      await outcome;
    });

    it('is never interrupted as a callee, which would close its connection', async () => {
      const [callee, caller] = await pair();
      let finish: (value: string) => void = () => undefined;
      const invoked = new Promise<void>((resolve) => {
        void callee
          .register('com.example.long', () => {
            resolve();
            return new Promise<string>((resolveResult) => {
              finish = resolveResult;
            });
          })
          .then(() => {
            call = caller.call('com.example.long') as unknown as typeof call;
            outcome = expect(call).rejects.toMatchObject({ error: 'wamp.error.canceled' });
          });
      });
      let call: Promise<unknown> & Cancelable = Object.assign(Promise.resolve(), { cancel: () => undefined });
      let outcome: Promise<void> = Promise.resolve();
      await invoked;
      call.cancel({ mode: 'kill' });
      await outcome;
      finish('too late');
      await callee.register('com.example.still', () => 'here');
      expect(await caller.call('com.example.still')).toBe('here');
      expect(peers.flatMap(({ errors }) => errors)).toEqual([]);
    });

    it('closes its own connection after a cancel of another mode (a defect of 26.3.1), without effect on others', async () => {
      const [callee, caller] = await pair();
      await callee.register('com.example.long', () => new Promise(() => undefined));
      const call = caller.call('com.example.long') as unknown as Promise<unknown> & Cancelable;
      const outcome = expect(call).rejects.toMatchObject({ error: 'Cancelled' });
      call.cancel({ mode: 'skip' });
      await outcome;
      // The router's ERROR, which is due, is one too many for the library.
      expect(await peers[1]?.closed).toBe('closed');
      await callee.register('com.example.still', () => 'here');
      expect(await callee.call('com.example.still')).toBe('here');
    });
  });

  describe('PubSub', () => {
    /** Subscribes, and collects what comes. */
    async function collect(
      session: autobahn.Session,
      topic: string,
      options?: autobahn.ISubscribeOptions,
    ): Promise<{ args: unknown; kwargs: unknown; details: Partial<autobahn.IEvent> }[]> {
      const events: { args: unknown; kwargs: unknown; details: Partial<autobahn.IEvent> }[] = [];
      await session.subscribe(
        topic,
        (args, kwargs: unknown, details = { publication: 0, topic: '' }) => {
          events.push({ args, kwargs, details });
        },
        options,
      );
      return events;
    }

    /** Publishes, and waits for the router to have taken it. */
    async function publish(
      session: autobahn.Session,
      topic: string,
      args?: unknown[],
      options: autobahn.IPublishOptions = {},
    ): Promise<number> {
      return (await session.publish(topic, args, undefined, { acknowledge: true, ...options })).id;
    }

    it('publishes Args, Kwargs, both and neither', async () => {
      const [subscriber, publisher] = await pair();
      const events = await collect(subscriber, 'com.example.topic');
      void publisher.publish('com.example.topic');
      void publisher.publish('com.example.topic', [1, null]);
      void publisher.publish('com.example.topic', [], { a: [1.5] });
      void publisher.publish('com.example.topic', ['x'], { b: { c: 'ü' } });
      await until(() => events.length === 4);
      expect(events.map(({ args, kwargs }) => [args, kwargs])).toEqual([
        [[], {}],
        [[1, null], {}],
        [[], { a: [1.5] }],
        [['x'], { b: { c: 'ü' } }],
      ]);
      expect(events.map(({ details }) => details.topic)).toEqual(Array(4).fill('com.example.topic'));
    });

    it('is acknowledged with the id that the event bears', async () => {
      const [subscriber, publisher] = await pair();
      const events = await collect(subscriber, 'com.example.topic');
      const id = await publish(publisher, 'com.example.topic', [1]);
      expect(Number.isInteger(id)).toBe(true);
      await until(() => events.length === 1);
      expect(events[0]?.details.publication).toBe(id);
    });

    it('learns why an acknowledged publication failed', async () => {
      const [publisher] = await pair();
      await expect(publish(publisher, 'wamp.forged')).rejects.toMatchObject({
        error: 'wamp.error.invalid_uri',
      });
    });

    it('hears itself with exclude_me false, and not otherwise', async () => {
      const [session] = await pair();
      const events = await collect(session, 'com.example.topic');
      await publish(session, 'com.example.topic', ['unheard']);
      await publish(session, 'com.example.topic', ['heard'], { exclude_me: false });
      await until(() => events.length > 0);
      expect(events.map(({ args }) => args)).toEqual([['heard']]);
    });

    it('reaches the eligible, and not the excluded', async () => {
      const [one, other] = await pair();
      const { session: publisher } = await join();
      const heard = {
        one: await collect(one, 'com.example.topic'),
        other: await collect(other, 'com.example.topic'),
      };
      await publish(publisher, 'com.example.topic', [1], { exclude: [one.id] });
      await publish(publisher, 'com.example.topic', [2], { eligible: [one.id] });
      await publish(publisher, 'com.example.topic', [3], { eligible: [] });
      await publish(publisher, 'com.example.topic', [4], { eligible_authrole: ['anonymous'] });
      await until(() => heard.one.length === 2 && heard.other.length === 2);
      expect(heard.one.map(({ args }) => args)).toEqual([[2], [4]]);
      expect(heard.other.map(({ args }) => args)).toEqual([[1], [4]]);
    });

    it('subscribes to patterns, and gets the topic', async () => {
      const [subscriber, publisher] = await pair();
      const prefix = await collect(subscriber, 'com.example.', { match: 'prefix' });
      const wildcard = await collect(subscriber, 'com..end', { match: 'wildcard' });
      const exact = await collect(subscriber, 'com.example.end');
      const topics = ['com.example.x', 'com.other.end', 'com.example.end', 'org.example.end'];
      for (const topic of topics) await publish(publisher, topic, [topic]);
      await until(() => prefix.length === 2 && wildcard.length === 2 && exact.length === 1);
      expect(prefix.map(({ details }) => details.topic)).toEqual(['com.example.x', 'com.example.end']);
      expect(wildcard.map(({ details }) => details.topic)).toEqual(['com.other.end', 'com.example.end']);
      expect(exact.map(({ details }) => details.topic)).toEqual(['com.example.end']);
    });

    it('serves two handlers with one subscription', async () => {
      const [subscriber, publisher] = await pair();
      const one = await collect(subscriber, 'com.example.topic');
      const other = await collect(subscriber, 'com.example.topic');
      await publish(publisher, 'com.example.topic', ['once']);
      await until(() => one.length > 0 && other.length > 0);
      expect([one.length, other.length]).toEqual([1, 1]);
      expect(router.realm.broker.subscriptions.size).toBe(1);
    });

    it('hears nothing once it has unsubscribed', async () => {
      const [subscriber, publisher] = await pair();
      const events: unknown[] = [];
      const subscription = await subscriber.subscribe('com.example.topic', (args) => {
        events.push(args);
      });
      const rest = await collect(subscriber, 'com.example.rest');
      await publish(publisher, 'com.example.topic', [1]);
      await until(() => events.length === 1);
      const unsubscribed = subscriber.unsubscribe(subscription);
      // These race the UNSUBSCRIBE; one event behind UNSUBSCRIBED would close the library's connection.
      for (let index = 0; index < 50; index += 1) void publisher.publish('com.example.topic', [2]);
      await unsubscribed;
      await publish(publisher, 'com.example.topic', [3]);
      await publish(publisher, 'com.example.rest', []);
      await until(() => rest.length === 1);
      expect(events).toEqual([[1]]); // the library itself stops calling the handler at once
      expect(peers.flatMap(({ errors }) => errors)).toEqual([]);
    });

    it('discloses the publisher on request', async () => {
      const [subscriber, publisher] = await pair();
      const { welcome } = peers[1] ?? {};
      const events = await collect(subscriber, 'com.example.topic');
      await publish(publisher, 'com.example.topic');
      await publish(publisher, 'com.example.topic', [], { disclose_me: true });
      await until(() => events.length === 2);
      expect(events.map(({ details }) => details.publisher)).toEqual([undefined, publisher.id]);
      expect(events[1]?.details).toMatchObject({
        publisher_authid: welcome?.['authid'],
        publisher_authrole: 'anonymous',
      });
    });

    it('keeps the order of 300 publications', async () => {
      const [subscriber, publisher] = await pair();
      const events = await collect(subscriber, 'com.example.', { match: 'prefix' });
      for (let index = 0; index < 300; index += 1) {
        void publisher.publish(`com.example.${index % 2}`, [index, 'x'.repeat(index % 11 === 0 ? 5000 : 1)]);
      }
      await until(() => events.length === 300);
      expect(events.map(({ args }) => (args as unknown[])[0])).toEqual(
        Array.from({ length: 300 }, (_, index) => index),
      );
    });
  });

  describe('large ids', () => {
    it.each([2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53])('knows itself as %d', async (id) => {
      let next = 5000;
      const drawn: number[] = [];
      const own = await startRouter({ globalId: () => drawn.shift() ?? (next += 1) });
      onTestFinished(() => own.close());
      drawn.push(id);
      const subscriber = await joinAutobahn(own.url, serializer);
      const publisher = await joinAutobahn(own.url, serializer);
      // Its CBOR reads 2^53, which is no safe integer, as a BigInt.
      expect(Number(subscriber.session.id as unknown)).toBe(id);
      const events: unknown[] = [];
      await subscriber.session.subscribe('com.example.topic', (args = [], _kwargs, details) => {
        events.push([Number(args[0]), Number(details?.publication)]);
      });
      drawn.push(id);
      const options = { acknowledge: true, eligible: [subscriber.session.id] };
      const publication = await publisher.session.publish('com.example.topic', [id], {}, options);
      expect(Number(publication.id as unknown)).toBe(id);
      await until(() => events.length === 1);
      expect(events).toEqual([[id, id]]);
      await Promise.all([subscriber.close(), publisher.close()]);
    });
  });
});
