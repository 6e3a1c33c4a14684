/** HTTP long-poll transports (checklist §2.5, T-36; reliability.md, threats 13, 15, 16, 28). */
import { once } from 'node:events';
import {
  Agent,
  createServer,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { joinBatch, json, splitBatch, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import {
  acceptLongPolls,
  createRouter,
  type LongPollAcceptor,
  type LongPollOptions,
  type Router,
  type RouterEvent,
  type RouterOptions,
} from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';
import { post, type Answer } from './support/client-ends.ts';
import { Client, settle } from './support/client.ts';
import { HELLO } from './support/raw-socket.ts';

type Message = readonly unknown[];
const VIOLATION = [3, expect.anything(), 'wamp.error.protocol_violation'];

class PollSite implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly router: Router;
  readonly server: Server;
  readonly acceptor: LongPollAcceptor;
  readonly agent = new Agent({ keepAlive: true });
  readonly #sockets = new Set<Socket>();

  private constructor(
    options: Partial<RouterOptions>,
    acceptance: Partial<LongPollOptions>,
    others: RequestListener[],
  ) {
    this.router = createRouter({ realms: ['realm1'], clock: this.clock, ...options });
    this.server = createServer();
    for (const other of others) this.server.on('request', other);
    this.acceptor = acceptLongPolls(this.router, { server: this.server, ...acceptance });
    this.server.on('connection', (socket: Socket) => this.#sockets.add(socket));
  }

  static async open(
    acceptance: Partial<LongPollOptions> = {},
    options: Partial<RouterOptions> = {},
    ...others: RequestListener[]
  ): Promise<PollSite> {
    const site = new PollSite(options, acceptance, others);
    site.server.listen(0, '127.0.0.1');
    await once(site.server, 'listening');
    return site;
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${path}`;
  }

  post(
    path: string,
    body: Uint8Array | string = '',
    options: Parameters<typeof post>[2] = {},
  ): Promise<Answer> {
    return post(this.url(path), body, { agent: this.agent, ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.agent.destroy();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** A client that decides on each request. */
class PollClient {
  readonly site: PollSite;
  readonly id: string;
  readonly #serializer: Serializer;

  constructor(site: PollSite, id: string, serializer: Serializer) {
    this.site = site;
    this.id = id;
    this.#serializer = serializer;
  }

  static async open(site: PollSite, serializer: Serializer = json, suffix = ''): Promise<PollClient> {
    const protocols = [`${serializer.subprotocol}${suffix}`];
    const answer = await site.post('/lp/open', JSON.stringify({ protocols }));
    const { transport } = JSON.parse(answer.body.toString()) as { transport: string };
    return new PollClient(site, transport, serializer);
  }

  static async join(site: PollSite, serializer: Serializer = json): Promise<PollClient> {
    const client = await PollClient.open(site, serializer);
    await client.send(HELLO);
    const [type] = await client.message();
    if (type !== 2) throw new Error('no WELCOME');
    return client;
  }

  post(
    action: string,
    body: Uint8Array | string = '',
    options: Parameters<typeof post>[2] = {},
  ): Promise<Answer> {
    return this.site.post(`/lp/${this.id}/${action}`, body, options);
  }

  bytes(message: Message): Uint8Array {
    return this.#serializer.encodePayload(message, {}, 1);
  }

  /** Sends one message. @returns the status */
  async send(message: Message): Promise<number> {
    return (await this.post('send', this.bytes(message))).status;
  }

  /** Receives one message; it is empty when the answer is. */
  async message(): Promise<Message> {
    const { body } = await this.post('receive');
    return body.length === 0 ? [] : (this.#serializer.decodePayload(new Uint8Array(body), 1).args ?? []);
  }

  async ask(message: Message): Promise<Message> {
    await this.send(message);
    return this.message();
  }

  /** A request to receive that has reached the router. */
  async hold(): Promise<{ readonly answer: Promise<Answer>; readonly abort: () => Promise<void> }> {
    const abortion = new AbortController();
    const arrived = once(this.site.server, 'request') as Promise<[IncomingMessage]>;
    const answer = this.post('receive', '', { signal: abortion.signal });
    answer.catch(() => undefined);
    const [{ socket }] = await arrived;
    const abort = async (): Promise<void> => {
      abortion.abort();
      await end(socket);
    };
    return { answer, abort };
  }
}

/** A request whose body the test writes bit by bit. */
function slowPost(site: PollSite, path: string): ClientRequest {
  const asked = httpRequest(site.url(path), { method: 'POST', agent: site.agent });
  asked.on('error', () => undefined);
  asked.flushHeaders();
  return asked;
}

async function statusOf(asked: ClientRequest): Promise<number | undefined> {
  const [response] = (await once(asked, 'response')) as [{ statusCode?: number; resume(): void }];
  response.resume();
  return response.statusCode;
}

/** When a connection is over, one way or another. */
function end(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve));
}

function offer(...protocols: readonly unknown[]): string {
  return JSON.stringify({ protocols });
}

describe('open', () => {
  test.each([
    [['wamp.2.json'], 'wamp.2.json'],
    [['wamp.2.cbor', 'wamp.2.json'], 'wamp.2.cbor'],
    [['wamp.2.ubjson', 7, null, 'wamp.2.msgpack.batched'], 'wamp.2.msgpack.batched'],
    [['wamp.2.json.batched', 'wamp.2.json'], 'wamp.2.json.batched'],
    [['wamp.2.cbor.batched'], 'wamp.2.cbor.batched'],
    [['wamp.2.msgpack'], 'wamp.2.msgpack'],
  ])('LP-1 SER-6 of %j the first that is spoken is agreed on', async (offered, protocol) => {
    await using site = await PollSite.open();
    const answer = await site.post('/lp/open', offer(...offered), {
      headers: { 'content-type': 'application/json' },
    });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json']);
    expect(JSON.parse(answer.body.toString())).toEqual({
      protocol,
      transport: expect.stringMatching(/^[\w-]{24}$/) as string,
    });
  });

  test.each([
    offer(),
    offer('wamp.2.ubjson'),
    offer('wamp.2.JSON', 7, {}, ['wamp.2.json']),
    '{"protocols":"wamp.2.json"}',
    '{"protocol":["wamp.2.json"]}',
    '["wamp.2.json"]',
    'null',
    'wamp.2.json',
    '{"protocols":["wamp.2.json"]',
    '',
  ])('LP-1 T-36 nothing in common in %s is HTTP 400', async (body) => {
    await using site = await PollSite.open();
    expect((await site.post('/lp/open', body)).status).toBe(400);
  });

  test('LP-1 only what is configured is spoken, where it is configured', async () => {
    await using site = await PollSite.open({ serializers: [cbor], path: '/wamp/poll' });
    expect((await site.post('/wamp/poll/open', offer('wamp.2.json'))).status).toBe(400);
    expect((await site.post('/wamp/poll/open', offer('wamp.2.json', 'wamp.2.cbor'))).status).toBe(200);
    expect((await site.post('/lp/open', offer('wamp.2.cbor'))).status).toBe(404);
  });

  test('LP-5 ?x= keeps caches away, and means nothing; the answer is not to be kept either', async () => {
    await using site = await PollSite.open();
    const { status, body, headers } = await site.post('/lp/open?x=382913', offer('wamp.2.json'));
    expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
    const { transport } = JSON.parse(body.toString()) as { transport: string };
    expect((await site.post(`/lp/${transport}/send?x=1`, JSON.stringify(HELLO))).status).toBe(202);
    const { body: welcome } = await site.post(`/lp/${transport}/receive?x=2&y=3`);
    expect(JSON.parse(welcome.toString())).toMatchObject({ 0: 2 });
  });

  test('channel ids are never alike, and each is a channel of its own', async () => {
    await using site = await PollSite.open();
    const clients = await Promise.all(Array.from({ length: 50 }, () => PollClient.join(site)));
    expect(new Set(clients.map(({ id }) => id)).size).toBe(50);
    expect(await clients[0]?.ask([48, 1, {}, 'wamp.session.count'])).toEqual([50, 1, {}, [50]]);
  });
});

describe('requests', () => {
  test.each(['GET', 'PUT', 'DELETE', 'HEAD'])('LP-1 %s is not how it is asked', async (method) => {
    await using site = await PollSite.open();
    const { status, headers } = await site.post('/lp/open', '', { method });
    expect([status, headers['allow']]).toEqual([405, 'POST, OPTIONS']);
  });

  test('LP-6 T-36 an unknown channel, and an unknown action, are 404', async () => {
    await using site = await PollSite.open();
    const client = await PollClient.join(site);
    for (const action of ['receive', 'send', 'close']) {
      expect((await site.post(`/lp/${'x'.repeat(24)}/${action}`)).status).toBe(404);
    }
    for (const path of [
      '/lp/',
      '/lp/receive',
      `/lp/${client.id}`,
      `/lp/${client.id}/`,
      `/lp/${client.id}/steal`,
    ]) {
      expect([path, (await site.post(path)).status]).toEqual([path, 404]);
    }
    expect((await site.post(`/lp/${client.id}/receive/twice`)).status).toBe(404);
    expect(await client.ask([48, 1, {}, 'wamp.session.count'])).toEqual([50, 1, {}, [1]]);
  });

  test('other paths are for the listeners that were there before', async () => {
    const heard: string[] = [];
    const other: RequestListener = (request, response) => {
      heard.push(request.url ?? '');
      response.end('other');
    };
    await using site = await PollSite.open({}, {}, other);
    for (const path of ['/', '/lp', '/lpx/open', '/x/lp/open']) {
      expect((await site.post(path)).body.toString()).toBe('other');
    }
    expect((await site.post('/lp/open', offer('wamp.2.json'))).status).toBe(200);
    expect(heard).toEqual(['/', '/lp', '/lpx/open', '/x/lp/open']);
  });

  test('where there is no other listener, other paths are 404', async () => {
    await using site = await PollSite.open();
    expect((await site.post('/')).status).toBe(404);
  });

  test('a listener that was added later and answers first does no harm', async () => {
    await using site = await PollSite.open();
    const client = await PollClient.join(site);
    const eager: RequestListener = (_request, response) => response.writeHead(418).end();
    site.server.on('request', eager);
    expect((await client.post('receive')).status).toBe(418);
    expect((await site.post('/lp/open', offer('wamp.2.json'))).status).toBe(418);
    site.server.off('request', eager);
    expect(await client.ask([48, 1, {}, 'wamp.session.count'])).toEqual([50, 1, {}, [1]]);
  });
});

describe('origins', () => {
  test.each([
    ['https://evil.example', 403],
    ['null', 403],
    ['https://app.example.evil.example', 403],
    ['https://app.example', 200],
    ['http://localhost:3000', 200],
    [undefined, 200],
  ])('a page of %s gets %i', async (origin, status) => {
    await using site = await PollSite.open({ origins: ['https://app.example'] });
    const headers: Record<string, string> = origin === undefined ? {} : { origin };
    const answer = await site.post('/lp/open', offer('wamp.2.json'), { headers });
    expect(answer.status).toBe(status);
    expect(answer.headers['access-control-allow-origin']).toBe(status === 200 ? origin : undefined);
  });

  test('an allowed page gets a positive preflight answer, another does not', async () => {
    await using site = await PollSite.open({ origins: ['https://app.example'] });
    const ask = (origin: string): Promise<Answer> =>
      site.post('/lp/open', '', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    const granted = await ask('https://app.example');
    expect(granted.status).toBe(204);
    expect(granted.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type',
    });
    expect((await ask('https://evil.example')).status).toBe(403);
  });

  test('a foreign page cannot use a channel whose id it knows', async () => {
    await using site = await PollSite.open();
    const client = await PollClient.join(site);
    const headers = { origin: 'https://evil.example' };
    for (const action of ['receive', 'send', 'close']) {
      expect((await client.post(action, '', { headers })).status).toBe(403);
    }
    expect(await client.ask([48, 1, {}, 'wamp.session.count'])).toEqual([50, 1, {}, [1]]);
  });
});

describe('receive', () => {
  test('LP-2 it is held until there is a message', async () => {
    await using site = await PollSite.open();
    const ann = await PollClient.join(site);
    const bob = await PollClient.join(site);
    const [, , subscription] = await ann.ask([32, 1, {}, 'com.topic']);
    const { answer } = await ann.hold();
    await bob.send([16, 1, {}, 'com.topic', ['held']]);
    const { status, headers, body } = await answer;
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([
      200,
      'application/json',
      'no-store',
    ]);
    expect(JSON.parse(body.toString())).toEqual([36, subscription, expect.anything(), {}, ['held']]);
  });

  test('LP-2 without batches, each answer is exactly one message, in order', async () => {
    await using site = await PollSite.open();
    const client = await PollClient.join(site);
    for (let request = 1; request <= 5; request += 1)
      await client.send([48, request, {}, 'wamp.session.count']);
    for (let request = 1; request <= 5; request += 1)
      expect(await client.message()).toEqual([50, request, {}, [1]]);
  });

  test.each([json, msgpack, cbor])(
    'LP-2 LP-3 BAT-1 BAT-2 BAT-3 in batches of $name, everything pending',
    async (serializer) => {
      await using site = await PollSite.open();
      const client = await PollClient.open(site, serializer, '.batched');
      const batch = (...messages: readonly Message[]): Uint8Array =>
        joinBatch(
          messages.map((message) => client.bytes(message)),
          serializer,
        );
      const received = async (): Promise<unknown[]> => {
        const { body } = await client.post('receive');
        const frames = splitBatch(new Uint8Array(body), serializer) ?? [];
        return frames.map((frame) => serializer.decodePayload(frame, 1).args?.slice(0, 2));
      };
      const count = (request: number): Message => [48, request, {}, 'wamp.session.count'];
      expect((await client.post('send', batch(HELLO, count(1), count(2)))).status).toBe(202);
      expect((await client.post('send', batch(count(3)))).status).toBe(202);
      expect(await received()).toEqual([
        [2, expect.anything()],
        [50, 1],
        [50, 2],
        [50, 3],
      ]);
      const { answer } = await client.hold();
      await client.post('send', batch(count(4), count(5)));
      const frames = splitBatch(new Uint8Array((await answer).body), serializer);
      expect(frames?.length).toBe(2);
    },
  );

  test('LP-6 T-36 when nothing comes for 10 s, the answer is 200 and empty', async () => {
    await using site = await PollSite.open();
    const client = await PollClient.join(site);
    const { answer } = await client.hold();
    site.clock.advance(9999);
    await client.send([48, 1, {}, 'wamp.session.count']);
    expect((await answer).body.length).toBeGreaterThan(0);
    const { answer: second } = await client.hold();
    site.clock.advance(10_000);
    expect(await second).toMatchObject({ status: 200, body: Buffer.alloc(0) });
    expect(await client.ask([48, 2, {}, 'wamp.session.count'])).toEqual([50, 2, {}, [1]]);
  });

  test('LP-6 the time can be set', async () => {
    await using site = await PollSite.open({ pollTimeout: 500 });
    const { answer } = await (await PollClient.join(site)).hold();
    site.clock.advance(500);
    expect((await answer).body.length).toBe(0);
  });

  test('LP-6 T-36 a second one ends the first with an empty answer, and takes its place', async () => {
    await using site = await PollSite.open();
    const client = await PollClient.join(site);
    const first = await client.hold();
    const second = await client.hold();
    expect(await first.answer).toMatchObject({ status: 200, body: Buffer.alloc(0) });
    await client.send([48, 1, {}, 'wamp.session.count']);
    expect(JSON.parse((await second.answer).body.toString())).toEqual([50, 1, {}, [1]]);
  });

  test('a client that hangs up while it waits loses nothing', async () => {
    await using site = await PollSite.open();
    const client = await PollClient.join(site);
    const { abort } = await client.hold();
    await abort();
    expect(await client.ask([48, 1, {}, 'wamp.session.count'])).toEqual([50, 1, {}, [1]]);
  });

  test('an answer that was not written completely goes to the next request', async () => {
    await using site = await PollSite.open({}, { limits: { queueSize: 40_000_000 } });
    const ann = await PollClient.join(site, msgpack);
    const [, , subscription] = await ann.ask([32, 1, {}, 'com.topic']);
    const blob = new Uint8Array(30_000_000);
    const realm = site.router.realm('realm1');
    realm?.publish('com.topic', [blob]);
    realm?.publish('com.topic', ['next']);
    const lost = slowPost(site, `/lp/${ann.id}/receive`);
    const [{ socket }] = (await once(site.server, 'request')) as [IncomingMessage];
    await once(lost.end(), 'response');
    lost.destroy();
    await end(socket);
    const [, , , , args] = await ann.message();
    expect(Buffer.compare((args as readonly Uint8Array[])[0] ?? Buffer.of(), blob)).toBe(0);
    expect(await ann.message()).toEqual([36, subscription, expect.anything(), {}, ['next']]);
  });
});

describe('send', () => {
  test.each([json, msgpack, cbor])('LP-3 a message of $name is accepted with 202', async (serializer) => {
    await using site = await PollSite.open();
    const client = await PollClient.join(site, serializer);
    expect(await client.send([48, 1, {}, 'wamp.session.count'])).toBe(202);
    expect(await client.message()).toEqual([50, 1, {}, [1]]);
  });

  test('LP-3 LP-4 T-36 with 204, when that is wanted', async () => {
    await using site = await PollSite.open({ successStatus: 204 });
    const client = await PollClient.join(site);
    expect(await client.send([48, 1, {}, 'wamp.session.count'])).toBe(204);
    expect((await client.post('close')).status).toBe(204);
  });

  test.each([
    ['nothing', ''],
    ['no message', 'hello'],
    ['two messages', '[48,1,{},"wamp.session.count"][48,2,{},"wamp.session.count"]'],
    ['a batch', '[48,1,{},"wamp.session.count"]\u001e'],
    ['what no client may send', '[2,1,{}]'],
  ])('LP-3 T-36 %s is 400, and ends the session', async (_what, body) => {
    await using site = await PollSite.open();
    const client = await PollClient.join(site);
    expect((await client.post('send', body)).status).toBe(400);
    expect(await client.message()).toEqual(VIOLATION);
    expect((await client.post('receive')).status).toBe(404);
    expect(await client.send([48, 1, {}, 'wamp.session.count'])).toBe(404);
  });

  test('LP-3 BAT-3 an empty batch is 400, and ends the session', async () => {
    await using site = await PollSite.open();
    const client = await PollClient.open(site, json, '.batched');
    expect((await client.post('send', '')).status).toBe(400);
    const { body } = await client.post('receive');
    expect(JSON.parse(body.toString().slice(0, -1))).toEqual(VIOLATION);
  });

  test('LP-3 a repeated request is a repeated message: nothing tells them apart', async () => {
    await using site = await PollSite.open();
    const client = await PollClient.join(site);
    const call = JSON.stringify([48, 1, {}, 'wamp.session.count']);
    await client.post('send', call);
    await client.post('send', call);
    expect([await client.message(), await client.message()]).toEqual([
      [50, 1, {}, [1]],
      [50, 1, {}, [1]],
    ]);
  });

  test('messages count in the order in which their requests began', async () => {
    await using site = await PollSite.open();
    const client = await PollClient.join(site);
    const slow = slowPost(site, `/lp/${client.id}/send`);
    await once(site.server, 'request');
    slow.write('[48,1,{},');
    const fastArrived = once(site.server, 'request');
    const fast = client.post('send', '[48,2,{},"wamp.session.count"]');
    await fastArrived;
    slow.end('"wamp.session.count"]');
    expect([await statusOf(slow), (await fast).status]).toEqual([202, 202]);
    expect([(await client.message())[1], (await client.message())[1]]).toEqual([1, 2]);
  });

  test('an aborted request is not counted, and delays no other', async () => {
    await using site = await PollSite.open();
    const client = await PollClient.join(site);
    const lost = slowPost(site, `/lp/${client.id}/send`);
    const [{ socket }] = (await once(site.server, 'request')) as [IncomingMessage];
    lost.write('[48,1,{},"wamp.session.count"]');
    lost.destroy();
    await end(socket);
    expect(await client.ask([48, 2, {}, 'wamp.session.count'])).toEqual([50, 2, {}, [1]]);
  });

  test('a body that takes too long is 408', async () => {
    await using site = await PollSite.open();
    const client = await PollClient.join(site);
    const slow = slowPost(site, `/lp/${client.id}/send`);
    await once(site.server, 'request');
    slow.write('[48,');
    site.clock.advance(30_000);
    expect(await statusOf(slow)).toBe(408);
  });
});

describe('limits', () => {
  test('a body of the limit is taken; one octet more is 413, announced or not', async () => {
    await using site = await PollSite.open({ maxBodySize: 2048 });
    const client = await PollClient.join(site);
    const call = (size: number): string => {
      const bare = JSON.stringify([48, 1, {}, 'com.nothing', ['']]).length;
      return JSON.stringify([48, 1, {}, 'com.nothing', ['x'.repeat(size - bare)]]);
    };
    expect((await client.post('send', call(2048))).status).toBe(202);
    expect((await client.post('send', call(2049))).status).toBe(413);
    const chunked = slowPost(site, `/lp/${client.id}/send`);
    for (let written = 0; written < 2049; written += 683) chunked.write('x'.repeat(683));
    expect(await statusOf(chunked)).toBe(413);
    expect((await client.message())[4]).toBe('wamp.error.no_such_procedure');
    expect((await client.message())[4]).toBe('wamp.error.payload_size_exceeded');
    expect(await client.ask([48, 2, {}, 'wamp.session.count'])).toEqual([50, 2, {}, [1]]);
  });

  test.each([json, msgpack, cbor])(
    'B2 a YIELD that is too long is 413, and fails its call alone ($name)',
    async (serializer) => {
      await using site = await PollSite.open({ maxBodySize: 2048 });
      const callee = await PollClient.join(site, serializer);
      const caller = await Client.join(site.router);
      await callee.ask([64, 1, {}, 'com.procedure']);
      await caller.say([48, 1, {}, 'com.procedure']);
      const [, invocation] = await callee.message();
      expect(await callee.send([70, invocation, {}, ['x'.repeat(4096)]])).toBe(413);
      await settle();
      const why = [expect.stringMatching(/^a message of \d{4} bytes exceeds the maximum of 2048$/)];
      expect(caller.heard.at(-1)).toEqual([8, 48, 1, {}, 'wamp.error.payload_size_exceeded', why]);
      expect(await callee.ask([48, 2, {}, 'wamp.session.count'])).toEqual([50, 2, {}, [2]]);
      expect(site.router.limited.toObject()).toMatchObject({ messages_discarded: 1 });
    },
  );

  test('a batch that is too long is 413, and no peer is notified of its messages', async () => {
    await using site = await PollSite.open({ maxBodySize: 2048 });
    const client = await PollClient.open(site, json, '.batched');
    await client.post('send', `${JSON.stringify(HELLO)}\u001e`);
    expect((await client.post('receive')).body.toString()).toMatch(/^\[2,/);
    const call = JSON.stringify([48, 1, {}, 'com.nothing', ['x'.repeat(2048)]]);
    expect((await client.post('send', `${call}\u001e`)).status).toBe(413);
    await client.post('send', `${JSON.stringify([48, 2, {}, 'wamp.session.count'])}\u001e`);
    expect((await client.post('receive')).body.toString()).toBe('[50,2,{},[1]]\u001e');
  });

  test('the offer may be 64 KiB, like HELLO', async () => {
    await using site = await PollSite.open();
    expect((await site.post('/lp/open', offer('x'.repeat(70_000)))).status).toBe(413);
    const client = await PollClient.open(site);
    const hello = [1, 'realm1', { roles: { caller: {} }, agent: 'x'.repeat(65_536) }];
    expect(await client.send(hello)).toBe(413);
    expect(await client.message()).toEqual(VIOLATION);
  });
});

describe('the end', () => {
  test('LP-4 close is answered with 202, ends the session, and is known no more', async () => {
    await using site = await PollSite.open();
    const witness = await PollClient.join(site);
    const [, , left] = await witness.ask([32, 1, {}, 'wamp.session.on_leave']);
    const client = await PollClient.join(site);
    const { answer } = await client.hold();
    expect((await client.post('close')).status).toBe(202);
    expect(await answer).toMatchObject({ status: 200, body: Buffer.alloc(0) });
    for (const action of ['receive', 'send', 'close']) expect((await client.post(action)).status).toBe(404);
    expect((await witness.message()).slice(0, 2)).toEqual([36, left]);
  });

  test('after GOODBYE, the last message can be fetched, and the channel closed or found closed', async () => {
    await using site = await PollSite.open();
    const goodbye = [6, {}, 'wamp.close.goodbye_and_out'];
    const polite = await PollClient.join(site);
    expect(await polite.ask([6, {}, 'wamp.close.close_realm'])).toEqual(goodbye);
    expect((await polite.post('close')).status).toBe(202);
    const curious = await PollClient.join(site);
    expect(await curious.ask([6, {}, 'wamp.close.close_realm'])).toEqual(goodbye);
    expect((await curious.post('receive')).status).toBe(404);
    expect((await curious.post('close')).status).toBe(404);
  });

  test('LP-6 T-36 a client without requests for 30 s is disconnected', async () => {
    await using site = await PollSite.open();
    const client = await PollClient.join(site);
    site.clock.advance(29_999);
    expect(await client.send([48, 1, {}, 'wamp.session.count'])).toBe(202);
    site.clock.advance(29_999);
    expect((await client.message())[1]).toBe(1);
    expect(site.router.realm('realm1')?.sessions.size).toBe(1);
    const events: RouterEvent[] = [];
    site.router.events.on((event) => events.push(event));
    site.clock.advance(30_000);
    expect(site.router.realm('realm1')?.sessions.size).toBe(0);
    expect(events.at(-1)).toMatchObject({
      code: 'connection_closed',
      by: 'router',
      reason: 'idle_timeout',
    });
    expect((await client.post('receive')).status).toBe(404);
    expect(site.clock.pending).toBe(0);
  });

  test('LP-6 a client with a pending request stays connected, however long', async () => {
    await using site = await PollSite.open({ pollTimeout: 3_600_000 });
    const client = await PollClient.join(site);
    const { answer } = await client.hold();
    site.clock.advance(3_000_000);
    await client.send([48, 1, {}, 'wamp.session.count']);
    expect((await answer).status).toBe(200);
    const { abort } = await client.hold();
    site.clock.advance(3_000_000);
    await abort();
    site.clock.advance(30_000);
    expect(site.router.realm('realm1')?.sessions.size).toBe(0);
  });

  test('a client that opens a channel without HELLO gets ABORT, and is disconnected', async () => {
    await using site = await PollSite.open();
    const client = await PollClient.open(site);
    site.clock.advance(5000);
    expect(await client.message()).toEqual([3, expect.anything(), 'wamp.error.authentication_failed']);
    expect((await client.post('receive')).status).toBe(404);
    const silent = await PollClient.open(site);
    site.clock.advance(5000); // ABORT
    site.clock.advance(5000); // which nobody fetches
    expect((await silent.post('receive')).status).toBe(404);
    expect(site.clock.pending).toBe(0);
  });

  test('close() opens no more channels, and resolves when the last one is closed', async () => {
    await using site = await PollSite.open();
    const client = await PollClient.join(site);
    let resolved = false;
    const closed = site.acceptor.close().then(() => (resolved = true));
    expect((await site.post('/lp/open', offer('wamp.2.json'))).status).toBe(503);
    expect(await client.ask([48, 1, {}, 'wamp.session.count'])).toEqual([50, 1, {}, [1]]);
    expect(resolved).toBe(false);
    await client.post('close');
    await closed;
  });

  test('the session meta API tells of the transport', async () => {
    await using site = await PollSite.open();
    const client = await PollClient.open(site);
    await client.send(HELLO);
    const [, session] = await client.message();
    const [, , , args] = await client.ask([48, 1, {}, 'wamp.session.get', [session]]);
    const transport = {
      type: 'longpoll',
      protocol: 'wamp.2.json',
      peer: expect.stringMatching(/^tcp:127\.0\.0\.1:/) as string,
    };
    expect(args).toEqual([expect.objectContaining({ transport })]);
  });
});
