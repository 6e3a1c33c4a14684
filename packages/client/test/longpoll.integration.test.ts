/** Long-poll over HTTP against our router, with something between them that loses and repeats requests (T-36). */
import { once } from 'node:events';
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer, request as askSecurely } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { describe, expect, test } from 'vitest';
import { acceptLongPolls, createRouter, type LongPollOptions, type Router } from '../../router/src/index.ts';
import { cert, key } from '../../router/test/support/certificate.ts';
import { connect, ConnectionLostError, type ConnectOptions, type Session } from '../src/index.ts';
import { longPoll, type Fetch } from '../src/longpoll.ts';
import { ManualClock } from '../src/testing/manual-clock.ts';
import { failure } from './scripted-peer.ts';

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** What happens to a request on its way: nothing, its answer is lost, or all of it, or a proxy answers. */
type Fate = 'pass' | 'lose the answer' | 'lose' | 504;

/** A router, and a proxy before it. */
class Site implements AsyncDisposable {
  readonly router: Router;
  readonly #server = createServer();
  readonly #proxy = createServer((request, response) => this.#serve(request, response));
  readonly #fates: { readonly action: string; readonly fate: Fate }[] = [];
  /** The requests to receive that have reached the router and wait there. */
  readonly #held = new Set<{ abandon(fate: Fate): void }>();
  #port = 0;
  #proxyPort = 0;
  /** The path of the last request. */
  path = '';
  /** How many requests to receive there were. */
  polls = 0;

  private constructor(options: Partial<LongPollOptions>) {
    this.router = createRouter({ realms: ['realm1'] });
    acceptLongPolls(this.router, { server: this.#server, ...options });
  }

  static async open(options: Partial<LongPollOptions> = {}): Promise<Site> {
    const site = new Site(options);
    site.#port = await portOf(site.#server);
    site.#proxyPort = await portOf(site.#proxy);
    return site;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#proxyPort}/lp`;
  }

  join(options: Partial<ConnectOptions> = {}): Promise<Session> {
    return connect(this.url, {
      realm: 'realm1',
      transport: longPoll(),
      reconnect: false,
      keepAlive: false,
      ...options,
    });
  }

  /** A session on a way of its own. */
  witness(): Promise<Session> {
    return connect(`http://127.0.0.1:${this.#port}/lp`, {
      realm: 'realm1',
      transport: longPoll(),
      reconnect: false,
    });
  }

  /** What happens to the next request of this kind. */
  next(action: 'send' | 'receive' | 'close', fate: Fate): void {
    this.#fates.push({ action, fate });
  }

  /** The request to receive that waits at the router has this fate after all. */
  async abandonHeld(fate: Fate): Promise<void> {
    await expect.poll(() => this.#held.size).toBe(1);
    for (const held of this.#held) held.abandon(fate);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = [once(this.#proxy.close(), 'close'), once(this.#server.close(), 'close')];
    this.#proxy.closeAllConnections();
    this.#server.closeAllConnections();
    await Promise.all(closed);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '';
    this.path = url.split('?')[0] ?? '';
    const action = this.path.split('/').at(-1) ?? '';
    const index = this.#fates.findIndex((each) => each.action === action);
    const fate = this.#fates.splice(index, index === -1 ? 0 : 1)[0]?.fate ?? 'pass';
    if (fate === 'lose') {
      response.destroy();
      return;
    }
    if (fate === 504) {
      response.writeHead(504).end('Gateway Time-out');
      return;
    }
    const onward = ask({ port: this.#port, host: '127.0.0.1', path: url, method: 'POST' }, (answer) => {
      this.#held.delete(held);
      if (fate === 'pass') {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      } else answer.resume().on('end', () => response.destroy());
    });
    const held = {
      abandon: (late: Fate): void => {
        this.#held.delete(held);
        onward.destroy();
        if (late === 504) response.writeHead(504).end();
        else response.destroy();
      },
    };
    if (action === 'receive') {
      this.#held.add(held);
      this.polls += 1;
    }
    onward.on('error', () => undefined);
    request.pipe(onward);
  }
}

test('T-36 204 is as good as 202', async () => {
  await using site = await Site.open({ successStatus: 204 });
  const session = await site.join();
  expect(await session.call('wamp.session.count')).toBe(1);
  await session.close();
});

test('T-36 nothing to say for a while: the channel is asked again, and lives', async () => {
  await using site = await Site.open({ pollTimeout: 5 });
  const session = await site.join();
  await expect.poll(() => site.polls).toBeGreaterThan(3);
  expect(await session.call('wamp.session.count')).toBe(1);
  await session.close();
});

test('T-36 when a request to receive is repeated, the older one gets an empty answer, and no message is lost', async () => {
  await using site = await Site.open();
  const session = await site.join();
  await expect.poll(() => site.path).toContain('/receive');
  const repeated = await fetch(site.url.replace('/lp', site.path), { method: 'POST' });
  expect([repeated.status, await repeated.text()]).toEqual([200, '']);
  expect(await session.call('wamp.session.count')).toBe(1);
  await session.close();
});

describe('a request is lost', () => {
  test.each(['lose', 'lose the answer'] as const)(
    'receive, %s: the session ends on both sides',
    async (fate) => {
      await using site = await Site.open();
      const witness = await site.witness();
      const session = await site.join();
      await session.register('com.wait', () => new Promise(() => undefined));
      const call = failure(session.call('com.wait'));
      await site.abandonHeld(fate);
      const error = await call;
      expect(error).toBeInstanceOf(ConnectionLostError);
      expect(error).toMatchObject({ sent: true, uri: 'wamp.error.network_failure' });
      expect((await session.closed).error?.message).toContain('The answer to "receive" was lost');
      await expect.poll(() => witness.call('wamp.session.count')).toBe(1);
      await witness.close();
    },
  );

  test.each([
    ['lose', 0],
    ['lose the answer', 1],
  ] as const)('send, %s: it is heard %i times, and the session ends on both sides', async (fate, times) => {
    await using site = await Site.open();
    const witness = await site.witness();
    let invoked = 0;
    await witness.register('com.count', () => (invoked += 1));
    const session = await site.join();
    site.next('send', fate);
    const error = await failure(session.call('com.count'));
    expect(error).toMatchObject({ name: 'ConnectionLostError', sent: true });
    await expect.poll(() => witness.call('wamp.session.count')).toBe(1);
    expect(invoked).toBe(times);
    await witness.close();
  });

  test('close: the session has ended anyway', async () => {
    await using site = await Site.open();
    const session = await site.join();
    site.next('close', 'lose');
    await session.close();
    await expect.poll(() => site.router.realm('realm1')?.sessions.size).toBe(0);
  });
});

test('504 a proxy loses patience: the session lives, and no message is lost', async () => {
  await using site = await Site.open();
  const witness = await site.witness();
  const clock = new ManualClock();
  const session = await site.join({ clock });
  const heard: unknown[] = [];
  await session.subscribe('com.topic', ([text]) => heard.push(text));
  await site.abandonHeld(504);
  await expect.poll(() => clock.pending).toBe(1);
  await witness.publish('com.topic', ['while nobody asked'], { acknowledge: true });
  expect(heard).toEqual([]);
  clock.advance(1_000);
  await expect.poll(() => heard).toEqual(['while nobody asked']);
  expect(session.state).toBe('open');
  await Promise.all([session.close(), witness.close()]);
});

test('over TLS, with requests of our own that trust a private authority', async () => {
  const router = createRouter({ realms: ['realm1'] });
  const server = createHttpsServer({ key, cert });
  acceptLongPolls(router, { server });
  const url = `https://127.0.0.1:${await portOf(server)}/lp`;
  expect(await failure(connect(url, { realm: 'realm1', transport: longPoll() }))).toMatchObject({
    name: 'ConnectError',
    args: [expect.stringContaining('self-signed certificate')],
  });
  const trusting: Fetch = (target, { body, headers, signal }) =>
    new Promise((resolve, reject) => {
      const request = askSecurely(target, { method: 'POST', ca: cert, signal, ...(headers && { headers }) });
      request.on('error', reject);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const { statusCode: status = 0 } = response;
          const body = Uint8Array.from(Buffer.concat(chunks)).buffer;
          resolve({ ok: status < 300, status, arrayBuffer: () => Promise.resolve(body) });
        });
      });
      request.end(body);
    });
  const session = await connect(url, { realm: 'realm1', transport: longPoll({ fetch: trusting }) });
  expect(await session.call('wamp.session.count')).toBe(1);
  await session.close();
  await router.close();
  server.closeAllConnections();
  await once(server.close(), 'close');
});
