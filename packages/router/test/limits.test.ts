/** Every limit of docs/limits.md: at the limit, and one beyond, with its error and its counter (decisions §7). */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json, MessageType } from '@wamp/protocol';
import { acceptLongPolls, createRouter, type Router, type RouterOptions } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';
import { post, type Answer } from './support/client-ends.ts';
import { Client, settle } from './support/client.ts';
import { greetingOf, HELLO, RawPeer, RawSite } from './support/raw-socket.ts';
import { frame, RawClient, Site } from './support/web-socket.ts';

const KIB = 1024;
const LIMIT_EXCEEDED = 'wamp.error.limit_exceeded';
const VIOLATION = 'wamp.error.protocol_violation';

/** With this clock no message takes time, so that none is left for a later turn, however busy the machine is. */
const timeless = (): Partial<RouterOptions> => ({ clock: new ManualClock() });

function open(options: Partial<RouterOptions> = {}): Router {
  return createRouter({ realms: ['realm1'], ...timeless(), ...options });
}

/** A message of just so many bytes. */
function messageOf(message: readonly unknown[], size: number): string {
  const bare = JSON.stringify([...message, ['']]);
  return JSON.stringify([...message, ['x'.repeat(size - bare.length)]]);
}

/** HELLO of just so many bytes. */
function helloOf(size: number): string {
  const hello = (agent: string) => JSON.stringify([1, 'realm1', { roles: { caller: {} }, agent }]);
  return hello('x'.repeat(size - hello('').length));
}

/** The answers to requests, as their types and their errors. */
async function answers(client: Client, ...requests: readonly (readonly unknown[])[]): Promise<unknown[]> {
  client.heard.length = 0;
  await client.say(...requests);
  return client.heard.map(([type, , , , uri]) => (type === MessageType.ERROR ? uri : type));
}

function limitedIn(router: Router): unknown {
  return router.realm('realm1')?.limited.toObject();
}

describe('sizes', () => {
  test('a message before WELCOME: 64 KiB are taken, and one byte more is ABORT', async () => {
    const router = open();
    const [fits, toolong] = [new Client(router), new Client(router)];
    fits.sendBytes(helloOf(64 * KIB));
    toolong.sendBytes(helloOf(64 * KIB + 1));
    await settle();
    expect(fits.heard[0]?.[0]).toBe(2);
    expect([toolong.heard[0]?.[2], toolong.closed]).toEqual([VIOLATION, true]);
    expect(router.limited.toObject()).toEqual({ handshake_size: 1 });
  });

  test('over WebSocket, the header of such a frame is enough', async () => {
    await using site = await Site.open(timeless());
    const [fits, toolong] = [await RawClient.connect(site.port), await RawClient.connect(site.port)];
    fits.text(helloOf(64 * KIB));
    expect((await fits.message())[0]).toBe(2);
    toolong.write(frame({ length: 64 * KIB + 1 }));
    expect((await toolong.message())[2]).toBe(VIOLATION);
    expect(await toolong.closeCode()).toBe(1009);
    expect(site.router.limited.toObject()).toEqual({ handshake_size: 1 });
  });

  test('over WebSocket, fragments are added up', async () => {
    await using site = await Site.open(timeless());
    const client = await RawClient.connect(site.port);
    client.write(
      frame({ first: 0x01, payload: Buffer.alloc(64 * KIB, 0x20) }),
      frame({ first: 0x80, length: 1 }),
    );
    expect((await client.message())[2]).toBe(VIOLATION);
    expect(await client.closeCode()).toBe(1009);
  });

  test('over RawSocket, the prefix of such a frame is enough', async () => {
    await using site = await RawSite.open(timeless());
    const [fits, toolong] = [RawPeer.dial(site.port), RawPeer.dial(site.port)];
    const text = Buffer.from(helloOf(64 * KIB));
    fits.write(greetingOf(json), 0, 1, 0, 0, text);
    expect((await fits.message())[0]).toBe(2);
    toolong.write(greetingOf(json), 0, 1, 0, 1);
    expect((await toolong.message())[2]).toBe(VIOLATION);
    await toolong.closed();
    expect(site.router.limited.toObject()).toEqual({ handshake_size: 1 });
  });

  test('over long-poll, such a body is 413, and after WELCOME it is not', async () => {
    const router = open();
    const server = createServer();
    acceptLongPolls(router, { server });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/lp`;
    const opened = await post(`${base}/open`, '{"protocols":["wamp.2.json"]}');
    const transportOf = ({ body }: Answer) =>
      (JSON.parse(body.toString()) as { transport: string }).transport;
    const transport = transportOf(opened);
    const send = async (text: string, to = transport) => (await post(`${base}/${to}/send`, text)).status;
    expect(await send(helloOf(64 * KIB))).toBe(202);
    expect(await send(messageOf([48, 1, {}, 'com.procedure'], 64 * KIB + 1))).toBe(202);
    const second = transportOf(await post(`${base}/open`, '{"protocols":["wamp.2.json"]}'));
    expect(await send(helloOf(64 * KIB + 1), second)).toBe(413);
    const { body } = await post(`${base}/${second}/receive`);
    expect((JSON.parse(body.toString()) as unknown[])[2]).toBe(VIOLATION);
    expect(router.limited.toObject()).toEqual({ handshake_size: 1 });
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  test('B2 a message after WELCOME: over WebSocket, 1 MiB is taken, one byte more is ERROR, 16 MiB more are 1009', async () => {
    await using site = await Site.open(timeless());
    const client = await RawClient.join(site.port);
    client.write(frame({ payload: Buffer.from(messageOf([48, 1, {}, 'com.procedure'], KIB * KIB)) }));
    expect((await client.message())[4]).toBe('wamp.error.no_such_procedure');
    client.write(frame({ payload: Buffer.from(messageOf([48, 2, {}, 'com.procedure'], KIB * KIB + 1)) }));
    expect((await client.message())[4]).toBe('wamp.error.payload_size_exceeded');
    client.write(frame({ length: 16 * KIB * KIB + 1 }));
    expect((await client.message())[2]).toBe(VIOLATION);
    expect(await client.closeCode()).toBe(1009);
    const discarded = { messages_discarded: 1, bytes_discarded: KIB * KIB + 1 };
    expect(site.router.limited.toObject()).toEqual({ ...discarded, message_size: 1 });
  });

  test('B2 a message after WELCOME: over RawSocket, 1 MiB is taken, one byte more is ERROR, and beyond discardSize ABORT', async () => {
    await using site = await RawSite.open({ ...timeless(), limits: { discardSize: 2 * KIB * KIB } });
    const peer = await RawPeer.join(site.port);
    peer.write(0, 16, 0, 0, Buffer.from(messageOf([48, 1, {}, 'com.procedure'], KIB * KIB)));
    expect((await peer.message())[4]).toBe('wamp.error.no_such_procedure');
    peer.write(0, 16, 0, 1, Buffer.from(messageOf([48, 2, {}, 'com.procedure'], KIB * KIB + 1)));
    expect((await peer.message())[4]).toBe('wamp.error.payload_size_exceeded');
    peer.write(0, 32, 0, 1);
    expect((await peer.message())[2]).toBe(VIOLATION);
    await peer.closed();
    const discarded = { messages_discarded: 1, bytes_discarded: KIB * KIB + 1 };
    expect(site.router.limited.toObject()).toEqual({ ...discarded, message_size: 1 });
  });

  test.each([
    ['512 bytes of URI', 'a'.repeat(512), 'a'.repeat(513)],
    ['64 components', Array(64).fill('a').join('.'), Array(65).fill('a').join('.')],
  ])('%s, and no more', async (_what, fits, toolong) => {
    const client = await Client.join(open());
    expect(await answers(client, [32, 1, {}, fits], [32, 2, {}, toolong])).toEqual([
      33,
      'wamp.error.invalid_uri',
    ]);
  });

  test('a nesting of 100, and no more', async () => {
    const nested = (depth: number) => `[48,1,{},"com.procedure",[${'['.repeat(depth)}${']'.repeat(depth)}]]`;
    const router = open();
    const client = await Client.join(router);
    client.sendBytes(nested(98));
    await settle();
    expect(client.heard.pop()?.[4]).toBe('wamp.error.no_such_procedure');
    client.sendBytes(nested(99));
    await settle();
    expect([client.heard.pop()?.[2], client.closed]).toEqual([VIOLATION, true]);
  });
});

describe('deadlines', () => {
  test('HELLO has to come in 5 s', async () => {
    const clock = new ManualClock();
    const router = open({ clock });
    const client = new Client(router);
    clock.advance(4999);
    await settle();
    expect(client.closed).toBe(false);
    clock.advance(1);
    await settle();
    expect([client.heard[0]?.[0], client.closed]).toEqual([3, true]);
    expect(router.limited.toObject()).toEqual({ hello_timeout: 1 });
  });

  test('AUTHENTICATE has to come in 5 s', async () => {
    const clock = new ManualClock();
    const challenge = {
      method: 'x',
      begin: () => ({ challenge: {}, answer: () => ({ abort: 'wamp.error.x' }) }),
    };
    const router = open({ clock, authenticators: [challenge] });
    const client = new Client(router);
    await client.say([1, 'realm1', { roles: { caller: {} }, authmethods: ['x'] }]);
    clock.advance(4999);
    await settle();
    expect(client.closed).toBe(false);
    clock.advance(1);
    await settle();
    expect(client.closed).toBe(true);
    expect(router.limited.toObject()).toEqual({ authenticate_timeout: 1 });
  });
});

describe('quotas of a realm', () => {
  test('sessions: so many are welcome, one more is ABORT, and there is room again when one leaves', async () => {
    const router = open({ maxSessions: 2 });
    const [first] = [await Client.join(router), await Client.join(router)];
    const third = new Client(router);
    await third.say(HELLO);
    expect([third.heard[0]?.[0], third.heard[0]?.[2], third.closed]).toEqual([3, LIMIT_EXCEEDED, true]);
    expect(limitedIn(router)).toEqual({ sessions: 1 });
    await first.say([6, {}, 'wamp.close.normal']);
    await Client.join(router);
  });

  test('sessions: each realm counts its own', async () => {
    const router = open({ realms: [{ name: 'realm1', maxSessions: 1 }, 'realm2'] });
    await Client.join(router);
    for (let times = 0; times < 3; times += 1) {
      const client = new Client(router);
      await client.say([1, 'realm2', HELLO[2]]);
      expect(client.heard[0]?.[0]).toBe(2);
    }
  });

  test('sessions: of concurrent log-ins, only as many as the limit are accepted', async () => {
    const slow = { method: 'x', begin: async () => Promise.resolve({ welcome: PRINCIPAL }) };
    const router = open({ maxSessions: 1, authenticators: [slow] });
    const clients = [new Client(router), new Client(router), new Client(router)];
    for (const client of clients) client.send([1, 'realm1', { roles: { caller: {} }, authmethods: ['x'] }]);
    await settle();
    await settle();
    expect(clients.map(({ heard }) => heard[0]?.[0])).toEqual([2, 3, 3]);
    expect(router.realm('realm1')?.sessions.size).toBe(1);
  });

  test('subscriptions', async () => {
    const router = open({ quotas: { subscriptions: 2 } });
    const client = await Client.join(router);
    const again = [32, 3, {}, 'com.b'];
    const all = [[32, 1, {}, 'com.a'], [32, 2, {}, 'com.b'], again, [32, 4, {}, 'com.c']];
    expect(await answers(client, ...all)).toEqual([33, 33, 33, LIMIT_EXCEEDED]);
    expect(limitedIn(router)).toEqual({ subscriptions: 1 });
  });

  test('subscriptions to patterns, exact ones not counted', async () => {
    const router = open({ quotas: { patternSubscriptions: 2 } });
    const client = await Client.join(router);
    const prefix = { match: 'prefix' };
    const all = [
      [32, 1, prefix, 'com'],
      [32, 2, { match: 'wildcard' }, 'com..x'],
      [32, 3, prefix, 'com'],
      [32, 4, {}, 'com.exact'],
      [32, 5, prefix, 'org'],
    ];
    expect(await answers(client, ...all)).toEqual([33, 33, 33, 33, LIMIT_EXCEEDED]);
    expect(limitedIn(router)).toEqual({ pattern_subscriptions: 1 });
    const [subscribed] = client.heard;
    const exact = client.heard[3];
    expect(await answers(client, [34, 6, exact?.[2]], [32, 7, prefix, 'org'])).toEqual([35, LIMIT_EXCEEDED]);
    expect(await answers(client, [34, 8, subscribed?.[2]], [32, 9, prefix, 'org'])).toEqual([35, 33]);
    const other = await Client.join(router);
    expect(await answers(other, [32, 1, prefix, 'com'], [32, 2, prefix, 'org'])).toEqual([33, 33]);
  });

  test('registrations', async () => {
    const router = open({ quotas: { registrations: 1 } });
    const client = await Client.join(router);
    expect(await answers(client, [64, 1, {}, 'com.a'], [64, 2, {}, 'com.b'])).toEqual([65, LIMIT_EXCEEDED]);
    expect(limitedIn(router)).toEqual({ registrations: 1 });
  });

  test('A3 registrations of patterns, exact ones not counted', async () => {
    const router = open({ quotas: { patternRegistrations: 2 } });
    const client = await Client.join(router);
    const prefix = { match: 'prefix' };
    const all = [
      [64, 1, prefix, 'com'],
      [64, 2, { match: 'wildcard' }, 'com..x'],
      [64, 3, {}, 'com.exact'],
      [64, 4, prefix, 'org'],
    ];
    expect(await answers(client, ...all)).toEqual([65, 65, 65, LIMIT_EXCEEDED]);
    expect(limitedIn(router)).toEqual({ pattern_registrations: 1 });
    const registered = client.heard[0]?.[2];
    expect(await answers(client, [66, 5, registered], [64, 6, prefix, 'org'])).toEqual([67, 65]);
    const other = await Client.join(router);
    expect(await answers(other, [64, 1, prefix, 'com'], [64, 2, prefix, 'net'])).toEqual([65, 65]);
  });

  test('A3 shapes of wildcard patterns with as many components; known shapes and shorter patterns are taken', async () => {
    const patternOf = (index: number): string =>
      Array.from({ length: 12 }, (_, place) => ((index >> place) & 1 ? '' : 'a')).join('.');
    const wildcard = { match: 'wildcard' };
    for (const [type, done] of [
      [32, 33],
      [64, 65],
    ] as const) {
      const router = open();
      const requests = Array.from({ length: 1025 }, (_, index) => [
        type,
        (index % 256) + 1,
        wildcard,
        patternOf(index),
      ]);
      for (let first = 0; first < 1024; first += 256) {
        const heard = await answers(await Client.join(router), ...requests.slice(first, first + 256));
        expect(heard).toEqual(Array<number>(256).fill(done));
      }
      expect(await answers(await Client.join(router), ...requests.slice(1024))).toEqual([LIMIT_EXCEEDED]);
      expect(limitedIn(router)).toEqual({ pattern_shapes: 1 });
      const other = await Client.join(router);
      const sameShape = [type, 1, wildcard, patternOf(0).replace('a', 'b')];
      expect(await answers(other, sameShape, [type, 2, wildcard, 'com..x'])).toEqual([done, done]);
    }
  });

  test('A3 of these shapes one client has 256, with all sessions of its address; others find room', async () => {
    const patternOf = (index: number): string =>
      Array.from({ length: 11 }, (_, place) => ((index >> place) & 1 ? '' : 'a')).join('.');
    const wildcard = { match: 'wildcard' };
    for (const [type, done] of [
      [32, 33],
      [64, 65],
    ] as const) {
      const router = open();
      const comeFrom = (address?: string): Promise<Client> =>
        Client.join(router, json, {}, address === undefined ? {} : { address });
      const ask = (client: Client, first: number, count: number): Promise<readonly unknown[]> => {
        const requests = Array.from({ length: count }, (_, index) => [
          type,
          index + 1,
          wildcard,
          patternOf(first + index),
        ]);
        return answers(client, ...requests);
      };
      await ask(await comeFrom('192.0.2.1'), 0, 200);
      const last = await ask(await comeFrom('192.0.2.1'), 200, 57);
      expect(last).toEqual([...Array<number>(56).fill(done), LIMIT_EXCEEDED]);
      expect(limitedIn(router)).toEqual({ pattern_shapes: 1 });
      expect(await ask(await comeFrom('192.0.2.2'), 256, 1)).toEqual([done]);
      const unknown = await ask(await comeFrom(), 300, 257);
      expect(unknown).toEqual([...Array<number>(256).fill(done), LIMIT_EXCEEDED]);
      expect(await ask(await comeFrom(), 600, 1)).toEqual([done]);
    }
  });

  test('calls that wait, and invocations to answer', async () => {
    const router = open({ quotas: { calls: 3, invocations: 2 } });
    const [callee, caller] = [await Client.join(router), await Client.join(router)];
    await callee.say([64, 1, {}, 'com.never'], [64, 2, {}, 'com.other']);
    const second = await Client.join(router);
    await second.say([64, 1, {}, 'com.elsewhere']);
    const calls = [1, 2].map((request) => [48, request, {}, 'com.never']);
    expect(await answers(caller, ...calls, [48, 3, {}, 'com.other'])).toEqual([LIMIT_EXCEEDED]);
    expect(limitedIn(router)).toEqual({ invocations: 1 });
    expect(await answers(caller, [48, 4, {}, 'com.elsewhere'], [48, 5, {}, 'com.elsewhere'])).toEqual([
      LIMIT_EXCEEDED,
    ]);
    expect(limitedIn(router)).toEqual({ invocations: 1, calls: 1 });
  });

  test('refusals are counted in wamp.metrics.get', async () => {
    const router = open({ quotas: { subscriptions: 0 } });
    const client = await Client.join(router);
    await client.say([32, 1, {}, 'com.a'], [48, 2, {}, 'wamp.metrics.get']);
    const [metrics] = client.heard.at(-1)?.[3] as [Readonly<Record<string, unknown>>];
    expect(metrics['limits_exceeded']).toEqual({ subscriptions: 1 });
  });
});

const PRINCIPAL = { authid: 'x', authrole: 'x', authmethod: 'x', authprovider: 'x' };
