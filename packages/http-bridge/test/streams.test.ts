/** Subscriptions as Server-Sent Events: what is told, recovered, bounded and ended. */
import { connect, type Socket } from 'node:net';
import { defaultFeatures, permissions, ticket, type RouterOptions } from '@wamp/router';
import { expect, test } from 'vitest';
import { listen } from './support/events.ts';
import { place, type Place } from './support/place.ts';

const LOGGED = { features: defaultFeatures({ history: [{ topic: 'com.news', depth: 5 }] }) };
const NEWS = '/subscribe?topic=com.news';

/** Publishes numbers, as a session of its own. */
async function publish({ router }: Place, ...numbers: readonly number[]): Promise<void> {
  const session = router.join('realm1');
  for (const number of numbers) await session.publish('com.news', [number]);
  session.leave();
}

/** The first arguments of events. */
function numbersOf(
  events: readonly { readonly event: string; readonly data: unknown }[],
): readonly unknown[] {
  return events
    .filter(({ event }) => event === 'message')
    .map(({ data }) => (data as { readonly args: readonly unknown[] }).args[0]);
}

test('a stream begins with wamp.subscribed, and tells each event with topic, arguments and publication', async () => {
  const here = await place();
  await using stream = await listen(`${here.url}${NEWS}`);
  expect(stream.headers.get('content-type')).toBe('text/event-stream');
  await stream.received(1);
  await publish(here, 1);
  expect(await stream.received(2)).toEqual([
    {
      event: 'wamp.subscribed',
      id: undefined,
      data: { topic: 'com.news', match: 'exact', complete: true, recovered: 0 },
    },
    {
      event: 'message',
      id: undefined,
      data: {
        topic: 'com.news',
        args: [1],
        kwargs: {},
        publication: expect.any(Number) as number,
        details: {},
      },
    },
  ]);
});

test('patterns tell the topic of each event', async () => {
  const here = await place();
  await using stream = await listen(`${here.url}/subscribe?topic=com..a&match=wildcard`);
  await stream.received(1);
  await here.router.join('realm1').publish('com.x.a', [1]);
  expect((await stream.received(2))[1]?.data).toMatchObject({ topic: 'com.x.a' });
});

test('Last-Event-ID recovers exactly what was missed, once, and in order with what comes', async () => {
  const here = await place({}, LOGGED);
  const first = await listen(`${here.url}${NEWS}`);
  await first.received(1);
  await publish(here, 1, 2);
  const id = (await first.received(3))[2]?.id ?? '';
  first.close();
  await expect.poll(() => here.router.realm('realm1')?.sessions.size).toBe(0);
  await publish(here, 3, 4);
  await using second = await listen(`${here.url}${NEWS}`, { 'last-event-id': id });
  const events = await second.received(3);
  expect(numbersOf(events)).toEqual([3, 4]);
  expect(events[2]).toMatchObject({ event: 'wamp.subscribed', data: { complete: true, recovered: 2 } });
  await publish(here, 5);
  expect(numbersOf(await second.received(4))).toEqual([3, 4, 5]);
});

test('an event that is published during the recovery is delivered once', async () => {
  const asked: ((answer: boolean) => void)[] = [];
  const authorize = (_: unknown, action: string, uri: string): boolean | Promise<boolean> => {
    if (action !== 'call' || uri !== 'wamp.subscription.recover') return true;
    return new Promise((resolve) => {
      asked.push(resolve);
    });
  };
  const here = await place({}, { ...LOGGED, authorizer: { authorize } });
  const first = await listen(`${here.url}${NEWS}`);
  await expect.poll(() => asked).toHaveLength(1);
  asked[0]?.(true);
  const id = (await first.received(1))[0]?.id ?? '';
  first.close();
  await publish(here, 1);
  await using second = await listen(`${here.url}${NEWS}`, { 'last-event-id': id });
  // It is subscribed, and hears what is published; what it has missed is asked for, but not answered yet.
  await expect.poll(() => asked).toHaveLength(2);
  await publish(here, 2, 3);
  asked[1]?.(true);
  await second.received(4);
  await publish(here, 4);
  expect(numbersOf(await second.received(5))).toEqual([1, 2, 3, 4]);
});

test('a cut before the first event loses nothing, for wamp.subscribed has an id already', async () => {
  const here = await place({}, LOGGED);
  const first = await listen(`${here.url}${NEWS}`);
  const id = (await first.received(1))[0]?.id ?? '';
  first.close();
  await publish(here, 1);
  await using second = await listen(`${here.url}${NEWS}&last_event_id=${id}`);
  expect(numbersOf(await second.received(2))).toEqual([1]);
});

test.each([
  ['has forgotten', [1, 2, 3, 4, 5, 6, 7], [3, 4, 5, 6, 7], (id: string) => id],
  ['is another one', [1], [], (id: string) => id.replace(/^\d+/, '12345')],
])('complete is false when the log %s', async (_, published, told, change) => {
  const here = await place({}, LOGGED);
  const first = await listen(`${here.url}${NEWS}`);
  const id = change((await first.received(1))[0]?.id ?? '');
  first.close();
  await publish(here, ...published);
  await using second = await listen(`${here.url}${NEWS}`, { 'last-event-id': id });
  const events = await second.received(told.length + 1);
  expect(numbersOf(events)).toEqual(told);
  expect(events.at(-1)).toMatchObject({ event: 'wamp.subscribed', data: { complete: false } });
});

test('complete is false where the topic has no log any more', async () => {
  const here = await place();
  await using stream = await listen(`${here.url}${NEWS}`, { 'last-event-id': '1-1-1' });
  expect((await stream.received(1))[0]?.data).toMatchObject({ complete: false });
});

test('comments keep a stream alive that has no events', async () => {
  const here = await place({ heartbeat: 1000 });
  await using stream = await listen(`${here.url}${NEWS}`);
  await stream.received(1);
  here.clock.advance(1000);
  await expect.poll(() => stream.comments).toHaveLength(1);
  here.clock.advance(1000);
  await expect.poll(() => stream.comments).toHaveLength(2);
});

test('a stream that ends says why, and a client that hangs up has its session leave', async () => {
  const here = await place();
  const gone = await listen(`${here.url}${NEWS}`);
  await gone.received(1);
  gone.close();
  await expect.poll(() => here.router.realm('realm1')?.sessions.size).toBe(0);
  const killed = await listen(`${here.url}${NEWS}`);
  await killed.received(1);
  const killer = here.router.join('realm1');
  await killer.call('wamp.session.kill_all', [], { reason: 'com.example.maintenance' });
  expect((await killed.received(2))[1]).toMatchObject({
    event: 'wamp.closed',
    data: { reason: 'com.example.maintenance' },
  });
  await expect.poll(() => killed.isOver).toBe(true);
});

test.each([
  ['/subscribe', 400, '`?topic=com.example.news`'],
  ['/subscribe?topic=a.b&topic=c.d', 400, '`?topic=com.example.news`'],
  ['/subscribe?topic=a.b&match=regex', 400, '`&match=prefix`'],
  ['/subscribe?topic=a.b&last_event_id=7', 400, 'the id of the last event'],
  ['/subscribe?topic=a.b&last_event_id=0-1-1', 400, 'the id of the last event'],
  ['/subscribe?topic=a%20b..c', 400, 'wamp.error.invalid_uri'],
])('%s is refused with %i and words', async (path, status, words) => {
  const here = await place();
  await using stream = await listen(here.url + path);
  expect([stream.status, await stream.text()]).toEqual([status, expect.stringContaining(words)]);
  expect(here.router.realm('realm1')?.sessions.size).toBe(0);
});

test('a role without permission to subscribe gets 403, and requests without credentials get 401', async () => {
  const guarded: Partial<RouterOptions> = {
    realms: [
      {
        name: 'realm1',
        authenticators: [ticket(new Map([['joe', { ticket: 'secret', authrole: 'user' }]]))],
        authorizer: permissions({
          roles: { user: { permissions: [{ uri: 'com.news', allow: ['subscribe'] }] } },
        }),
      },
    ],
  };
  const here = await place({}, guarded);
  const joe = { authorization: `Basic ${btoa('joe:secret')}` };
  await using none = await listen(`${here.url}${NEWS}`);
  expect([none.status, none.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringContaining('Bearer'),
  ]);
  await using closed = await listen(`${here.url}/subscribe?topic=com.secret`, joe);
  expect([closed.status, await closed.text()]).toEqual([
    403,
    expect.stringContaining('wamp.error.not_authorized'),
  ]);
  await using open = await listen(`${here.url}${NEWS}`, joe);
  // It may not call wamp.subscription.recover: there are events, but no ids.
  expect((await open.received(1))[0]).toMatchObject({ id: undefined, data: { complete: true } });
});

/** A reader that has asked for a stream, and reads nothing of it. */
function stalled({ url }: Place): Promise<Socket> {
  const { hostname, port, pathname } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(`GET ${pathname}${NEWS} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`);
      socket.pause();
      resolve(socket);
    });
    socket.on('error', () => undefined);
  });
}

/** Publishes until no more than so much fits into any socket. */
async function flood({ router }: Place, megabytes: number): Promise<void> {
  const session = router.join('realm1', { trusted: true });
  for (let count = 0; count < megabytes * 4; count += 1) {
    await session.publish('com.news', ['x'.repeat(256 * 1024)]);
  }
  session.leave();
}

test('a slow reader is ended by the policy of its role once its queue is full, and counted', async () => {
  const here = await place({}, { limits: { queueSize: 1024 * 1024, slowConsumerTimeout: 1 } });
  const reader = await stalled(here);
  await expect.poll(() => here.router.realm('realm1')?.sessions.size).toBe(1);
  const flooding = flood(here, 24);
  const readers = (): number => {
    const sessions = [...(here.router.realm('realm1')?.sessions.values() ?? [])];
    return sessions.filter(({ transport }) => transport['type'] === 'http').length;
  };
  const timeout = 60_000;
  await expect
    .poll(
      () => {
        here.clock.advance(10);
        return readers();
      },
      { timeout },
    )
    .toBe(0);
  await flooding;
  expect(here.log).toContain('warn slow consumer');
  reader.destroy();
});

test('under drop_newest, a slow reader loses events, which are counted, and goes on', async () => {
  const here = await place({}, { limits: { queueSize: 1024 * 1024 }, slowConsumers: 'drop_newest' });
  const reader = await stalled(here);
  await expect.poll(() => here.router.realm('realm1')?.sessions.size).toBe(1);
  await flood(here, 24);
  const dropped = here.router.realm('realm1')?.traffic.dropped.of(36) ?? 0;
  expect(dropped).toBeGreaterThan(0);
  expect(dropped).toBeLessThan(96);
  let bytes = 0;
  reader.on('data', (chunk) => (bytes += chunk.length));
  reader.resume();
  await expect.poll(() => bytes).toBeGreaterThan((96 - dropped) * 256 * 1024);
  reader.destroy();
});

test('open streams are counted', async () => {
  const here = await place();
  const count = (): unknown =>
    here.router.metrics.read().find(({ name }) => name === 'wamp_http_event_streams')?.samples[0];
  const stream = await listen(`${here.url}${NEWS}`);
  await stream.received(1);
  expect(count()).toMatchObject({ value: 1 });
  stream.close();
  await expect.poll(count).toMatchObject({ value: 0 });
});
