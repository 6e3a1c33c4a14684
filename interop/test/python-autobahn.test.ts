/** autobahn-python, the strictest judge of what we send, in all four roles. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { joinAutobahn, type AutobahnPeer } from './support/autobahn.ts';
import { Meeting } from './support/meeting.ts';
import { PAYLOADS } from './support/payloads.ts';
import { MAKES } from './support/peers.ts';
import { findPython, HOW_TO_GET_PYTHON, pythonMake, PythonPeer } from './support/python.ts';
import { lacking } from './support/requirements.ts';
import { holdings, REALM, startRouter, type Listening } from './support/router.ts';
import { SERIALIZER_NAMES } from './support/serializers.ts';
import { until } from './support/until.ts';

const LARGE_IDS = [2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53];
const found = findPython();
const python = found ?? '';

beforeEach(({ skip }) => {
  if (found === undefined) lacking(HOW_TO_GET_PYTHON, skip);
});

it('joins with the subprotocols that it offers by itself, batched ones first', async () => {
  const router = await startRouter();
  onTestFinished(() => router.close());
  const peer = await PythonPeer.join(python, router.url, 'default');
  const [session] = router.realm.sessions.values();
  expect(session?.transport['protocol']).toMatch(/^wamp\.2\.(json|msgpack|cbor)(\.batched)?$/);
  await peer.request('register', { procedure: 'com.example.echo' });
  const content = { args: [1, 'two', null], kwargs: { three: [Uint8Array.of(3)] } };
  expect(await peer.call('com.example.echo', content)).toMatchObject(content);
  await peer.close();
});

describe.each(SERIALIZER_NAMES)('autobahn-python over %s', (serializer) => {
  let router: Listening;
  let one: PythonPeer;
  let other: PythonPeer;
  let metaProcedures = 0;
  let tests = 0;

  // Two interpreters for all tests: starting one takes longer than most tests do.
  beforeAll(async () => {
    if (found === undefined) return;
    router = await startRouter();
    metaProcedures = router.realm.dealer.registrations.size;
    [one, other] = await Promise.all([join(), join()]);
  });
  afterAll(async () => {
    if (found === undefined) return;
    await Promise.all([one.close(), other.close()]);
    await until(() => router.realm.sessions.size === 0);
    const { calling, ...held } = holdings(router.realm);
    expect(held).toEqual({ sessions: 0, subscriptions: 0, registrations: metaProcedures });
    expect(calling).toBeLessThanOrEqual(1);
    expect(router.complaints).toEqual([]);
    await router.close();
  });
  beforeEach(() => {
    tests += 1;
  });
  afterEach(() => {
    if (found === undefined) return;
    for (const peer of [one, other]) {
      peer.events.length = 0;
      peer.invocations.length = 0;
      expect(peer.complaints).toBe('');
    }
  });

  function join(url = router.url): Promise<PythonPeer> {
    return PythonPeer.join(python, url, serializer);
  }

  /** A URI that no other test uses, for what tests register stays registered. */
  function fresh(name: string): string {
    return `com.example.test${tests}.${name}`;
  }

  /** autobahn-python cannot ask to be disclosed, so this one does: all it calls and publishes names it. */
  async function joinDisclosed(url = router.url): Promise<AutobahnPeer> {
    const peer = await joinAutobahn(url, 'json');
    peer.session.caller_disclose_me = true;
    peer.session.publisher_disclose_me = true;
    return peer;
  }

  function identity(
    { session, welcome }: AutobahnPeer,
    role: 'caller' | 'publisher',
  ): Record<string, unknown> {
    const { authid, authrole } = welcome;
    return { [role]: session.id, [`${role}_authid`]: authid, [`${role}_authrole`]: authrole };
  }

  describe('session', () => {
    it('joins', () => {
      expect(one.welcome).toMatchObject({ realm: REALM, authrole: 'anonymous', authmethod: 'anonymous' });
      expect([...router.realm.sessions.keys()]).toContain(one.welcome['session']);
    });

    it('learns that there is no such realm', async () => {
      const refused = PythonPeer.join(python, router.url, serializer, 'com.example.nowhere');
      await expect(refused).rejects.toThrow('wamp.error.no_such_realm');
    });

    it('is said goodbye to when the router closes', async () => {
      const own = await startRouter();
      const peer = await join(own.url);
      await own.close();
      expect(await peer.left).toBe('wamp.close.system_shutdown');
    });

    it('asks the session meta API', async () => {
      const { session } = one.welcome;
      const { args } = await one.call('wamp.session.get', { args: [session] });
      expect(args).toMatchObject([{ session, authrole: 'anonymous' }]);
    });
  });

  describe('large ids', () => {
    it.each(LARGE_IDS)('takes %d', async (id) => {
      let next = 5000;
      const drawn: number[] = [];
      const own = await startRouter({ globalId: () => drawn.shift() ?? (next += 1) });
      onTestFinished(() => own.close());
      drawn.push(id);
      const subscriber = await join(own.url);
      expect(subscriber.welcome['session']).toBe(id);
      await subscriber.request('subscribe', { topic: 'com.example.topic' });
      await subscriber.request('register', { procedure: 'com.example.echo' });
      drawn.push(id);
      const options = { exclude_me: false, eligible: [id] };
      expect(await subscriber.publish('com.example.topic', { args: [id] }, options)).toBe(id);
      await until(() => subscriber.events.length === 1);
      expect(subscriber.events).toMatchObject([{ args: [id], details: { publication: id } }]);
      await subscriber.close();
    });

    it('gets them as callers and publishers', async () => {
      let next = 5000;
      const drawn: number[] = [];
      const own = await startRouter({ globalId: () => drawn.shift() ?? (next += 1) });
      onTestFinished(() => own.close());
      const peer = await join(own.url);
      await peer.request('subscribe', { topic: 'com.example.topic' });
      await peer.request('register', { procedure: 'com.example.echo' });
      for (const id of LARGE_IDS) {
        drawn.push(id);
        const disclosed = await joinDisclosed(own.url);
        await disclosed.session.call('com.example.echo', [id]);
        await disclosed.session.publish('com.example.topic', [id], {}, { acknowledge: true });
        await disclosed.close();
      }
      await until(() => peer.events.length === LARGE_IDS.length);
      const told = (role: string): object[] =>
        LARGE_IDS.map((id) => ({ args: [id], details: { [role]: id } }));
      expect(peer.invocations).toMatchObject(told('caller'));
      expect(peer.events).toMatchObject(told('publisher'));
      await peer.close();
    });
  });

  describe('RPC', () => {
    it('passes an error with Args and Kwargs from callee to caller', async () => {
      await one.request('register', { procedure: fresh('fail'), how: 'fail' });
      const content = { args: ['no', 1], kwargs: { code: { a: [null] } } };
      await expect(other.call(fresh('fail'), content)).rejects.toMatchObject({
        uri: 'com.example.error',
        ...content,
      });
    });

    it('gets an error for a procedure that is not registered', async () => {
      await expect(one.call(fresh('nothing'))).rejects.toMatchObject({
        uri: 'wamp.error.no_such_procedure',
      });
    });

    it('refuses a second registration, and takes it once the first is gone', async () => {
      const procedure = fresh('who');
      const handle = await one.request('register', { procedure });
      await expect(other.request('register', { procedure })).rejects.toMatchObject({
        uri: 'wamp.error.procedure_already_exists',
      });
      await one.request('unregister', { handle });
      await expect(other.call(procedure)).rejects.toMatchObject({ uri: 'wamp.error.no_such_procedure' });
      await other.request('register', { procedure });
      expect((await one.call(procedure, { args: [1] })).args).toEqual([1]);
    });

    it('shares a registration in turns', async () => {
      const shared = { procedure: fresh('shared'), options: { invoke: 'roundrobin' } };
      await one.request('register', shared);
      await other.request('register', shared);
      for (let turn = 0; turn < 4; turn += 1) await one.call(shared.procedure, { args: [turn] });
      expect(one.invocations.map(({ args }) => args)).toEqual([[0], [2]]);
      expect(other.invocations.map(({ args }) => args)).toEqual([[1], [3]]);
    });

    it('serves patterns, and gets the called procedure', async () => {
      await one.request('register', { procedure: fresh('some.'), options: { match: 'prefix' } });
      await one.request('register', { procedure: fresh('a..c'), options: { match: 'wildcard' } });
      await other.call(fresh('some.thing'));
      await other.call(fresh('a.b.c'));
      const procedures = one.invocations.map(({ details }) => details['procedure']);
      expect(procedures).toEqual([fresh('some.thing'), fresh('a.b.c')]);
    });

    it('discloses the caller on request, and not otherwise', async () => {
      await one.request('register', { procedure: fresh('who') });
      await other.call(fresh('who'));
      const disclosed = await joinDisclosed();
      const expected = identity(disclosed, 'caller');
      await disclosed.session.call(fresh('who'));
      await disclosed.close();
      expect(one.invocations.map(({ details }) => details)).toMatchObject([
        { caller: null, caller_authid: null, caller_authrole: null },
        expected,
      ]);
    });

    it('passes progressive results', async () => {
      await one.request('register', { procedure: fresh('count'), how: 'count' });
      const asked = await other.call(fresh('count'), { args: [5] }, { progress: true });
      expect(asked).toEqual({
        args: ['done'],
        kwargs: {},
        progress: [1, 2, 3, 4, 5].map((number) => [[number], {}]),
      });
      const unasked = await other.call(fresh('count'), { args: [5] });
      expect(unasked).toEqual({ args: ['done'], kwargs: {}, progress: [] });
    });

    it('cancels, and is interrupted', async () => {
      const procedure = fresh('wait');
      await one.request('register', { procedure, how: 'wait' });
      await other.request('event', { name: 'now' });
      const call = other.request('call', { procedure, cancel_after: 'now' });
      const outcome = expect(call).rejects.toMatchObject({ uri: 'asyncio.CancelledError' });
      await until(() => one.invocations.length === 1);
      await other.request('set', { name: 'now' });
      await outcome;
      await until(() => one.interrupted.includes(procedure));
      // Both are still there: neither the ERROR to the one nor the INTERRUPT to the other was a surprise.
      await one.request('register', { procedure: fresh('after') });
      expect((await other.call(fresh('after'), { args: [1] })).args).toEqual([1]);
    });

    it('learns when a call takes too long', async () => {
      await one.request('register', { procedure: fresh('wait'), how: 'wait' });
      await expect(other.call(fresh('wait'), {}, { timeout: 20 })).rejects.toMatchObject({
        uri: 'wamp.error.timeout',
      });
    });
  });

  describe('PubSub', () => {
    it('is acknowledged with the id that the event bears', async () => {
      await one.request('subscribe', { topic: fresh('topic') });
      const id = await other.publish(fresh('topic'), { args: [1] });
      await until(() => one.events.length === 1);
      expect(one.events[0]?.details['publication']).toBe(id);
    });

    it('learns why an acknowledged publication failed', async () => {
      await expect(one.publish('wamp.forged')).rejects.toMatchObject({ uri: 'wamp.error.invalid_uri' });
    });

    it('hears itself with exclude_me false, and not otherwise', async () => {
      await one.request('subscribe', { topic: fresh('topic') });
      await one.publish(fresh('topic'), { args: ['unheard'] });
      await one.publish(fresh('topic'), { args: ['heard'] }, { exclude_me: false });
      await until(() => one.events.length > 0);
      expect(one.events.map(({ args }) => args)).toEqual([['heard']]);
    });

    it('reaches the eligible, and not the excluded', async () => {
      const topic = fresh('topic');
      for (const peer of [one, other]) await peer.request('subscribe', { topic });
      const heard = { exclude_me: false };
      await one.publish(topic, { args: [1] }, { ...heard, exclude: [one.welcome['session']] });
      await one.publish(topic, { args: [2] }, { ...heard, eligible: [one.welcome['session']] });
      await one.publish(topic, { args: [3] }, { ...heard, eligible_authrole: ['nobody'] });
      await one.publish(topic, { args: [4] }, { ...heard, exclude_authid: [other.welcome['authid']] });
      await one.publish(topic, { args: [5] }, heard);
      await until(() => one.events.length >= 3 && other.events.length >= 2);
      expect(one.events.map(({ args }) => args[0])).toEqual([2, 4, 5]);
      expect(other.events.map(({ args }) => args[0])).toEqual([1, 5]);
    });

    it('subscribes to patterns, and gets the topic', async () => {
      await one.request('subscribe', { topic: fresh('some.'), options: { match: 'prefix' } });
      await one.request('subscribe', { topic: fresh('a..c'), options: { match: 'wildcard' } });
      for (const topic of ['some.thing', 'none', 'a.b.c']) await other.publish(fresh(topic));
      await until(() => one.events.length === 2);
      const topics = one.events.map(({ details }) => details['topic']);
      expect(topics).toEqual([fresh('some.thing'), fresh('a.b.c')]);
    });

    it('hears nothing once it has unsubscribed', async () => {
      const handle = await one.request('subscribe', { topic: fresh('topic') });
      await one.request('subscribe', { topic: fresh('rest') });
      await other.publish(fresh('topic'), { args: [1] });
      await until(() => one.events.length === 1);
      await one.request('unsubscribe', { handle });
      await other.publish(fresh('topic'), { args: [2] });
      await other.publish(fresh('rest'), { args: [3] });
      await until(() => one.events.length === 2);
      expect(one.events.map(({ args }) => args)).toEqual([[1], [3]]);
    });

    it('discloses the publisher on request', async () => {
      await one.request('subscribe', { topic: fresh('topic') });
      await other.publish(fresh('topic'));
      const disclosed = await joinDisclosed();
      const expected = identity(disclosed, 'publisher');
      await disclosed.session.publish(fresh('topic'), [], {}, { acknowledge: true });
      await disclosed.close();
      await until(() => one.events.length === 2);
      expect(one.events.map(({ details }) => details)).toMatchObject([{ publisher: null }, expected]);
    });

    it('keeps the order of 200 publications', async () => {
      await one.request('subscribe', { topic: fresh(''), options: { match: 'prefix' } });
      const numbers = Array.from({ length: 200 }, (_, index) => index);
      await Promise.all(numbers.map((index) => other.publish(fresh(`t${index % 2}`), { args: [index] })));
      await until(() => one.events.length === 200);
      expect(one.events.map(({ args }) => args[0])).toEqual(numbers);
    });
  });
});

describe('payloads', () => {
  const pythons = SERIALIZER_NAMES.map((serializer) => pythonMake(python, serializer));
  const all = [...pythons, ...MAKES];
  const pairs = all.flatMap((from) => all.map((to) => ({ from, to })));
  let router: Listening;
  let meeting: Meeting;

  beforeAll(async () => {
    if (found === undefined) return;
    router = await startRouter();
    meeting = await Meeting.of(all, router.url);
  });
  afterAll(async () => {
    if (found === undefined) return;
    await meeting.end();
    await until(() => router.realm.sessions.size === 0);
    expect(router.complaints).toEqual([]);
    await router.close();
  });

  it.each(pairs.filter(({ from, to }) => pythons.includes(from) || pythons.includes(to)))(
    '$from.name to $to.name',
    async ({ from, to }) => {
      const { sent, invoked, answered, heard } = await meeting.exchange(from, to, PAYLOADS);
      expect(invoked).toEqual(sent.callee);
      expect(answered).toEqual(sent.caller);
      expect(heard).toEqual(sent.callee);
    },
  );
});
