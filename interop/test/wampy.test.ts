/** npm wampy in all four roles, over every serializer. */
import type { Socket } from 'node:net';
import { MessageType } from '@wamp/protocol';
import { anonymous, ticket } from '@wamp/router';
import type { Wampy } from 'wampy';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { holdings, REALM, startRouter, type Listening } from './support/router.ts';
import { SERIALIZER_NAMES, SERIALIZERS } from './support/serializers.ts';
import { until } from './support/until.ts';
import { joinWampy, type WampyPeer } from './support/wampy.ts';
import { WireSession } from './support/wire-session.ts';

type PublishOptions = Parameters<Wampy['publish']>[2];
type SubscribeOptions = Parameters<Wampy['subscribe']>[2];
type EventData = Parameters<Parameters<Wampy['subscribe']>[1]>[0];

describe.each(SERIALIZER_NAMES)('wampy over %s', (serializer) => {
  let router: Listening;
  let metaProcedures = 0;
  const peers: WampyPeer[] = [];
  const wires: WireSession[] = [];

  beforeEach(async () => {
    router = await startRouter();
    metaProcedures = router.realm.dealer.registrations.size;
  });
  afterEach(() => router.close());
  afterEach(async () => {
    for (const wire of wires.splice(0)) wire.webSocket.drop();
    const left = peers.splice(0);
    await Promise.all(left.map((peer) => peer.close()));
    expect(left.flatMap(({ errors }) => errors)).toEqual([]);
    await until(() => router.realm.sessions.size === 0);
    const { calling, ...held } = holdings(router.realm);
    expect(held).toEqual({ sessions: 0, subscriptions: 0, registrations: metaProcedures });
    expect(calling).toBeLessThanOrEqual(1); // the router's own session, once it has been called
    expect(router.complaints).toEqual([]);
  });
  async function join(options: Parameters<typeof joinWampy>[2] = {}): Promise<WampyPeer> {
    const peer = await joinWampy(router.url, serializer, options);
    peers.push(peer);
    return peer;
  }

  async function pair(): Promise<readonly [Wampy, Wampy]> {
    const [one, other] = await Promise.all([join(), join()]);
    return [one.wampy, other.wampy];
  }

  /** A client that announces everything, and whose every message is seen. */
  async function joinWire(): Promise<WireSession> {
    const wire = SERIALIZERS.find(({ name }) => name === serializer);
    if (wire === undefined) throw new Error('no such serializer');
    const session = await WireSession.join({ port: router.port, serializer: wire, realm: REALM });
    wires.push(session);
    return session;
  }

  /** Its MessagePack reads 64-bit integers as BigInt. */
  function idOf(wampy: Wampy): number {
    return Number(wampy.getSessionId());
  }

  describe('session', () => {
    it('joins, and learns what the router can do', async () => {
      const { wampy, welcome } = await join();
      expect(welcome).toMatchObject({ realm: REALM, authrole: 'anonymous', authmethod: 'anonymous' });
      expect([...router.realm.sessions.keys()]).toEqual([idOf(wampy)]);
      expect(welcome).toMatchObject({
        roles: {
          broker: { features: { publisher_exclusion: true, pattern_based_subscription: true } },
          dealer: { features: { call_canceling: true, shared_registration: true } },
        },
      });
    });

    it('learns that there is no such realm', async () => {
      const refused = joinWampy(router.url, serializer, { realm: 'com.example.nowhere' });
      await expect(refused).rejects.toMatchObject({ errorUri: 'wamp.error.no_such_realm' });
    });

    it('is said goodbye to when the router closes', async () => {
      const own = await startRouter();
      let gone = false;
      await joinWampy(own.url, serializer, {
        onClose: () => {
          gone = true;
        },
      });
      await own.close();
      await until(() => gone);
    });

    it('asks the session meta API', async () => {
      const [wampy] = await pair();
      expect((await wampy.call('wamp.session.count')).argsList).toEqual([2]);
      const { argsList: [session] = [] } = await wampy.call('wamp.session.get', [wampy.getSessionId()]);
      expect(session).toMatchObject({ session: wampy.getSessionId(), authrole: 'anonymous' });
    });

    it('joins with a ticket', async () => {
      const own = await startRouter({
        authenticators: [ticket(new Map([['joe', { ticket: 'secret', authrole: 'user' }]])), anonymous()],
      });
      onTestFinished(() => own.close());
      const credentials = { authid: 'joe', authmethods: ['ticket'] };
      const joe = await joinWampy(own.url, serializer, { ...credentials, onChallenge: () => 'secret' });
      expect(joe.welcome).toMatchObject({ authid: 'joe', authrole: 'user', authmethod: 'ticket' });
      await joe.close();
      const stranger = joinWampy(own.url, serializer, { ...credentials, onChallenge: () => 'guess' });
      await expect(stranger).rejects.toMatchObject({ errorUri: 'wamp.error.authentication_denied' });
    });

    it('comes back after a lost connection, its request ids going on where they were', async () => {
      const sockets = new Set<Socket>();
      router.server.on('connection', (socket: Socket) => sockets.add(socket));
      let restored = 0;
      const peer = await join({
        autoReconnect: true,
        reconnectInterval: 1,
        onReconnectSuccess: () => {
          restored += 1;
        },
      });
      const events: unknown[] = [];
      await peer.wampy.subscribe('com.example.topic', ({ argsList }) => {
        events.push(argsList);
      });
      await peer.wampy.register('com.example.procedure', () => ({ argsList: ['still here'] }));
      for (const socket of sockets) socket.destroy();
      await until(
        () =>
          restored === 1 &&
          router.realm.broker.subscriptions.size === 1 &&
          router.realm.dealer.registrations.size === metaProcedures + 1,
      );
      const { wampy } = await join();
      expect((await wampy.call('com.example.procedure')).argsList).toEqual(['still here']);
      await wampy.publish('com.example.topic', ['after']);
      await until(() => events.length === 1);
      expect(events).toEqual([['after']]);
      // What it reports of the connection that was cut is no error here.
      (peer.errors as Error[]).length = 0;
    });
  });

  describe('RPC', () => {
    it('passes Args, Kwargs, both and neither, there and back', async () => {
      const [callee, caller] = await pair();
      const seen: unknown[] = [];
      await callee.register('com.example.echo', ({ argsList, argsDict }) => {
        seen.push([argsList, argsDict]);
        return {
          ...(argsList === undefined ? {} : { argsList }),
          ...(argsDict === undefined ? {} : { argsDict }),
        };
      });
      const full = { argsList: ['x', 1.5], argsDict: { a: { b: [null] } } };
      expect(await caller.call('com.example.echo', [1, 'two'])).toMatchObject({ argsList: [1, 'two'] });
      expect(await caller.call('com.example.echo', { a: 1 })).toMatchObject({ argsDict: { a: 1 } });
      expect(await caller.call('com.example.echo', full)).toMatchObject(full);
      await caller.call('com.example.echo');
      expect(seen).toEqual([
        [[1, 'two'], undefined],
        [[], { a: 1 }],
        [full.argsList, full.argsDict],
        [undefined, undefined],
      ]);
    });

    it('passes an error with Args and Kwargs from callee to caller', async () => {
      const [callee, caller] = await pair();
      await callee.register('com.example.fail', ({ error_handler }) => {
        error_handler({ error: 'com.example.error', argsList: ['no', 1], argsDict: { code: 7 } });
        return new Promise(() => undefined);
      });
      await expect(caller.call('com.example.fail')).rejects.toMatchObject({
        errorUri: 'com.example.error',
        argsList: ['no', 1],
        argsDict: { code: 7 },
      });
    });

    it('gets an error for a procedure that is not registered', async () => {
      const [caller] = await pair();
      await expect(caller.call('com.example.nothing', [1])).rejects.toMatchObject({
        errorUri: 'wamp.error.no_such_procedure',
      });
    });

    it('refuses a second registration, and takes it once the first is gone', async () => {
      const [first, second] = await pair();
      await first.register('com.example.who', () => ({ argsList: ['first'] }));
      const taken = second.register('com.example.who', () => ({ argsList: ['second'] }));
      await expect(taken).rejects.toMatchObject({ errorUri: 'wamp.error.procedure_already_exists' });
      await first.unregister('com.example.who');
      await expect(second.call('com.example.who')).rejects.toMatchObject({
        errorUri: 'wamp.error.no_such_procedure',
      });
      await second.register('com.example.who', () => ({ argsList: ['second'] }));
      expect((await first.call('com.example.who')).argsList).toEqual(['second']);
    });

    it('shares a registration in turns', async () => {
      const [one, other] = await pair();
      const { wampy: caller } = await join();
      await one.register('com.example.shared', () => ({ argsList: ['one'] }), { invoke: 'roundrobin' });
      await other.register('com.example.shared', () => ({ argsList: ['other'] }), { invoke: 'roundrobin' });
      const answers = [];
      for (let turn = 0; turn < 4; turn += 1) {
        answers.push((await caller.call('com.example.shared')).argsList?.[0]);
      }
      expect(answers).toEqual(['one', 'other', 'one', 'other']);
    });

    it('serves patterns, and tells the procedure called', async () => {
      const [callee, caller] = await pair();
      const procedure = ({ details }: EventData): { argsList: unknown[] } => ({
        argsList: [details['procedure']],
      });
      await callee.register('com.example', procedure, { match: 'prefix' });
      await callee.register('org..get', procedure, { match: 'wildcard' });
      expect((await caller.call('com.example.any')).argsList).toEqual(['com.example.any']);
      expect((await caller.call('org.user.get')).argsList).toEqual(['org.user.get']);
    });

    it('discloses the caller on request, and not otherwise', async () => {
      const [callee, caller] = await pair();
      const seen: Record<string, unknown>[] = [];
      await callee.register('com.example.who', ({ details }) => {
        seen.push(details);
      });
      await caller.call('com.example.who');
      await caller.call('com.example.who', undefined, { disclose_me: true });
      expect(seen).toEqual([
        {},
        {
          caller: caller.getSessionId(),
          caller_authid: peers[1]?.welcome['authid'],
          caller_authrole: 'anonymous',
        },
      ]);
    });

    it('answers 200 concurrent calls in whatever order they end', async () => {
      const [callee, caller] = await pair();
      const pending: (() => void)[] = [];
      await callee.register('com.example.late', ({ argsList = [] }) => {
        const answer = new Promise<{ argsList: unknown[] }>((resolve) =>
          pending.push(() => {
            resolve({ argsList });
          }),
        );
        if (pending.length === 200) for (const answerNext of pending.reverse()) answerNext();
        return answer;
      });
      const indexes = Array.from({ length: 200 }, (_, index) => index);
      const results = await Promise.all(indexes.map((index) => caller.call('com.example.late', [index])));
      expect(results.map(({ argsList }) => argsList?.[0])).toEqual(indexes);
    });

    it('invokes in the order of the calls', async () => {
      const [callee, caller] = await pair();
      const seen: unknown[] = [];
      await callee.register('com.example.order', ({ argsList = [] }) => {
        seen.push(argsList[0]);
      });
      const indexes = Array.from({ length: 100 }, (_, index) => index);
      const padding = (index: number): string => 'x'.repeat(index % 7 === 0 ? 5000 : 1);
      await Promise.all(indexes.map((index) => caller.call('com.example.order', [index, padding(index)])));
      expect(seen).toEqual(indexes);
    });

    it('carries 256 KiB', async () => {
      const [callee, caller] = await pair();
      await callee.register('com.example.echo', ({ argsList = [] }) => ({ argsList }));
      const text = 'äöü☃'.repeat(32 * 1024);
      expect((await caller.call('com.example.echo', [text])).argsList).toEqual([text]);
    });

    it('takes progressive results', async () => {
      const [caller] = await pair();
      const callee = await joinWire();
      await callee.ask([MessageType.REGISTER, 1, {}, 'com.example.count'], MessageType.REGISTERED);
      const progress: unknown[] = [];
      const result = caller.call('com.example.count', [3], {
        progress_callback: ({ argsList }) => {
          progress.push(argsList);
        },
      });
      const [, invocation, , details] = await callee.expect(MessageType.INVOCATION);
      expect(details).toEqual({ receive_progress: true });
      for (const value of [1, 2, 3]) {
        callee.send([MessageType.YIELD, invocation, { progress: true }, [value]]);
      }
      callee.send([MessageType.YIELD, invocation, {}, ['done']]);
      expect((await result).argsList).toEqual(['done']);
      expect(progress).toEqual([[1], [2], [3]]);
    });

    it('is not asked for progress as a callee, for it does not announce any', async () => {
      const [callee, caller] = await pair();
      await callee.register('com.example.count', ({ details }) => ({ argsList: [details] }));
      const result = await caller.call('com.example.count', [3], { progress_callback: () => undefined });
      expect(result.argsList).toEqual([{}]);
    });

    it.each(['skip', 'kill', 'killnowait'] as const)('cancels with mode %s', async (mode) => {
      const [caller] = await pair();
      const callee = await joinWire();
      await callee.ask([MessageType.REGISTER, 1, {}, 'com.example.long'], MessageType.REGISTERED);
      const outcome = expect(caller.call('com.example.long')).rejects.toMatchObject({
        errorUri: mode === 'kill' ? 'com.example.stopped' : 'wamp.error.canceled',
      });
      const { reqId } = caller.getOpStatus();
      const [, invocation] = await callee.expect(MessageType.INVOCATION);
      caller.cancel(reqId, { mode });
      if (mode !== 'skip') {
        expect(await callee.expect(MessageType.INTERRUPT)).toMatchObject([
          MessageType.INTERRUPT,
          invocation,
          { mode },
        ]);
      }
      if (mode === 'kill') {
        callee.send([MessageType.ERROR, MessageType.INVOCATION, invocation, {}, 'com.example.stopped']);
      }
      await outcome;
    });

    it('is never interrupted as a callee, which would close its connection', async () => {
      const [callee, caller] = await pair();
      let finish: () => void = () => undefined;
      let invoked = false;
      await callee.register('com.example.long', () => {
        invoked = true;
        return new Promise((resolve) => {
          finish = () => {
            resolve({ argsList: ['too late'] });
          };
        });
      });
      const outcome = expect(caller.call('com.example.long')).rejects.toMatchObject({
        errorUri: 'wamp.error.canceled',
      });
      const { reqId } = caller.getOpStatus();
      await until(() => invoked);
      caller.cancel(reqId, { mode: 'kill' });
      await outcome;
      finish();
      await callee.register('com.example.still', () => ({ argsList: ['here'] }));
      expect((await caller.call('com.example.still')).argsList).toEqual(['here']);
    });

    it('learns when a call takes too long', async () => {
      const [callee, caller] = await pair();
      await callee.register('com.example.long', () => new Promise(() => undefined));
      await expect(caller.call('com.example.long', [1], { timeout: 20 })).rejects.toMatchObject({
        errorUri: 'wamp.error.timeout',
      });
    });

    it('drops 0, false, null and the empty string as a payload by itself (a defect of 8.0.2)', async () => {
      const [callee, caller] = await pair();
      const seen: unknown[] = [];
      await callee.register('com.example.seen', ({ argsList }) => {
        seen.push(argsList);
      });
      for (const payload of [0, false, null, '', 1]) await caller.call('com.example.seen', payload);
      expect(seen).toEqual([undefined, undefined, undefined, undefined, [1]]);
    });
  });

  describe('PubSub', () => {
    /** Subscribes, and collects what comes. */
    async function collect(wampy: Wampy, topic: string, options?: SubscribeOptions): Promise<EventData[]> {
      const events: EventData[] = [];
      await wampy.subscribe(
        topic,
        (event) => {
          events.push(event);
        },
        options,
      );
      return events;
    }

    /** Publishes, and waits for the router to have taken it: the library asks for that always. */
    async function publish(
      wampy: Wampy,
      topic: string,
      args: unknown[] = [],
      options?: PublishOptions,
    ): Promise<number> {
      const { publicationId }: { publicationId: unknown } = await wampy.publish(topic, args, options);
      return Number(publicationId);
    }

    it('publishes Args, Kwargs, both and neither', async () => {
      const [subscriber, publisher] = await pair();
      const events = await collect(subscriber, 'com.example.topic');
      await publisher.publish('com.example.topic');
      await publisher.publish('com.example.topic', [1, null]);
      await publisher.publish('com.example.topic', { a: [1.5] });
      await publisher.publish('com.example.topic', { argsList: ['x'], argsDict: { b: { c: 'ü' } } });
      await until(() => events.length === 4);
      expect(events.map(({ argsList, argsDict }) => [argsList, argsDict])).toEqual([
        [undefined, undefined],
        [[1, null], undefined],
        [[], { a: [1.5] }],
        [['x'], { b: { c: 'ü' } }],
      ]);
    });

    it('is acknowledged with an integer, and told why when it is refused', async () => {
      const own = await startRouter({ disclosure: false });
      onTestFinished(() => own.close());
      const peer = await joinWampy(own.url, serializer);
      expect(Number.isInteger(await publish(peer.wampy, 'com.example.topic', [1]))).toBe(true);
      await expect(
        publish(peer.wampy, 'com.example.topic', [1], { disclose_me: true }),
      ).rejects.toMatchObject({
        errorUri: 'wamp.error.option_disallowed.disclose_me',
      });
      await peer.close();
    });

    it('does not hear itself, for it never sends exclude_me false (a defect of 8.0.2)', async () => {
      const [wampy, other] = await pair();
      const events = await collect(wampy, 'com.example.topic');
      await publish(wampy, 'com.example.topic', ['own'], { exclude_me: false });
      await publish(other, 'com.example.topic', ['other']);
      await until(() => events.length > 0);
      expect(events.map(({ argsList }) => argsList)).toEqual([['other']]);
    });

    it('reaches the eligible, and not the excluded', async () => {
      const [one, other] = await pair();
      const { wampy: publisher } = await join();
      const heard = {
        one: await collect(one, 'com.example.topic'),
        other: await collect(other, 'com.example.topic'),
      };
      const id = idOf(one);
      await publish(publisher, 'com.example.topic', [1], { exclude: id });
      await publish(publisher, 'com.example.topic', [2], { eligible: [id] });
      await publish(publisher, 'com.example.topic', [3], { eligible_authrole: 'nobody' });
      await publish(publisher, 'com.example.topic', [4], { eligible_authrole: ['anonymous'] });
      await until(() => heard.one.length === 2 && heard.other.length === 2);
      expect(heard.one.map(({ argsList }) => argsList)).toEqual([[2], [4]]);
      expect(heard.other.map(({ argsList }) => argsList)).toEqual([[1], [4]]);
    });

    it('subscribes to patterns, and gets the topic', async () => {
      const [subscriber, publisher] = await pair();
      const prefix = await collect(subscriber, 'com.example', { match: 'prefix' });
      const wildcard = await collect(subscriber, 'com..end', { match: 'wildcard' });
      const exact = await collect(subscriber, 'com.example.end');
      const topics = ['com.example.x', 'com.other.end', 'com.example.end', 'org.example.end'];
      for (const topic of topics) await publish(publisher, topic, [topic]);
      await until(() => prefix.length === 2 && wildcard.length === 2 && exact.length === 1);
      expect(prefix.map(({ details }) => details['topic'])).toEqual(['com.example.x', 'com.example.end']);
      expect(wildcard.map(({ details }) => details['topic'])).toEqual(['com.other.end', 'com.example.end']);
      expect(exact.map(({ details }) => details['topic'])).toEqual([undefined]);
    });

    it('hears nothing once it has unsubscribed', async () => {
      const [subscriber, publisher] = await pair();
      const events: unknown[] = [];
      const { subscriptionId } = await subscriber.subscribe('com.example.topic', (event) => {
        events.push(event.argsList);
      });
      const rest = await collect(subscriber, 'com.example.rest');
      await publish(publisher, 'com.example.topic', [1]);
      await until(() => events.length === 1);
      await subscriber.unsubscribe(subscriptionId);
      await publish(publisher, 'com.example.topic', [2]);
      await publish(publisher, 'com.example.rest', [3]);
      await until(() => rest.length === 1);
      expect(events).toEqual([[1]]);
    });

    it('discloses the publisher on request', async () => {
      const [subscriber, publisher] = await pair();
      const events = await collect(subscriber, 'com.example.topic');
      await publish(publisher, 'com.example.topic');
      await publish(publisher, 'com.example.topic', [], { disclose_me: true });
      await until(() => events.length === 2);
      expect(events.map(({ details }) => details)).toEqual([
        {},
        {
          publisher: publisher.getSessionId(),
          publisher_authid: peers[1]?.welcome['authid'],
          publisher_authrole: 'anonymous',
        },
      ]);
    });

    it('keeps the order of 300 publications', async () => {
      const [subscriber, publisher] = await pair();
      const events = await collect(subscriber, 'com.example', { match: 'prefix' });
      const indexes = Array.from({ length: 300 }, (_, index) => index);
      const padding = (index: number): string => 'x'.repeat(index % 11 === 0 ? 5000 : 1);
      await Promise.all(
        indexes.map((index) => publish(publisher, `com.example.t${index % 2}`, [index, padding(index)])),
      );
      await until(() => events.length === 300);
      expect(events.map(({ argsList = [] }) => argsList[0])).toEqual(indexes);
    });
  });

  describe('large ids', () => {
    it.each([2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53])('knows itself as %d', async (id) => {
      let next = 5000;
      const drawn: number[] = [];
      const own = await startRouter({ globalId: () => drawn.shift() ?? (next += 1) });
      onTestFinished(() => own.close());
      drawn.push(id);
      const subscriber = await joinWampy(own.url, serializer);
      const publisher = await joinWampy(own.url, serializer);
      expect(idOf(subscriber.wampy)).toBe(id);
      const events: unknown[] = [];
      await subscriber.wampy.subscribe('com.example.topic', ({ argsList }) => {
        events.push(Number(argsList?.[0]));
      });
      drawn.push(id);
      // As a number, which its binary serializers write as a float64 from 2^32 on.
      const { publicationId } = await publisher.wampy.publish('com.example.topic', [id], { eligible: id });
      expect(Number(publicationId as unknown)).toBe(id);
      await until(() => events.length === 1);
      expect(events).toEqual([id]);
      await Promise.all([subscriber.close(), publisher.close()]);
    });
  });
});
