/** The long-poll transport (checklist §2.5, T-34, T-36): HTTP by hand. */
import { json, type Serializer, type Transport } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { describe, expect, test } from 'vitest';
import { connect, ConnectError } from '../src/index.ts';
import { longPoll, type FetchRequest, type FetchResponse, type LongPollOptions } from '../src/longpoll.ts';
import { ManualClock } from '../src/testing/manual-clock.ts';
import { failure, settle } from './scripted-peer.ts';

/** A request that waits for the test to answer it. */
interface Asked {
  /** The last part of its path. */
  readonly action: string;
  readonly url: URL;
  readonly request: FetchRequest;
  /** Its body, as text. */
  readonly body: string;
  answer(status: number, body?: string | Uint8Array<ArrayBuffer>): Promise<void>;
  /** The connection breaks. */
  lose(): Promise<void>;
}

/** HTTP, played by the test. */
class ScriptedHttp {
  readonly asked: Asked[] = [];

  readonly fetch = (url: URL, request: FetchRequest): Promise<FetchResponse> =>
    new Promise((resolve, reject) => {
      const { signal, body = '' } = request;
      const abort = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', abort);
      if (signal.aborted) abort();
      this.asked.push({
        action: url.pathname.split('/').at(-1) ?? '',
        url,
        request,
        body: typeof body === 'string' ? body : new TextDecoder().decode(body),
        answer(status, said = '') {
          resolve(new Response(status === 204 ? null : said, { status }));
          return turns();
        },
        lose() {
          reject(new TypeError('fetch failed', { cause: new Error('ECONNRESET') }));
          return turns();
        },
      });
    });

  /** The requests that nobody has taken up. */
  get actions(): string[] {
    return this.asked.map(({ action }) => action);
  }

  /** Takes up the one of this kind that has waited longest. */
  take(action: string): Asked {
    const index = this.asked.findIndex((each) => each.action === action);
    const [asked] = this.asked.splice(index, index === -1 ? 0 : 1);
    if (asked === undefined) throw new Error(`no request to ${action} among ${this.actions.join(', ')}`);
    return asked;
  }
}

/** Lets bodies be read. */
async function turns(): Promise<void> {
  for (let count = 0; count < 3; count += 1) await new Promise((resolve) => setImmediate(resolve));
}

interface Opening {
  readonly http: ScriptedHttp;
  readonly clock: ManualClock;
  readonly controller: AbortController;
  readonly transport: Promise<Transport>;
  readonly ask: Asked;
}

/** A channel that is being opened. */
async function opening(
  serializers: readonly Serializer[] = [json],
  options: LongPollOptions = {},
  url = 'http://host/lp',
): Promise<Opening> {
  const http = new ScriptedHttp();
  const clock = new ManualClock();
  const controller = new AbortController();
  const { signal } = controller;
  const transport = longPoll({ fetch: http.fetch, ...options }).open(new URL(url), {
    serializers,
    signal,
    clock,
  });
  transport.catch(() => undefined);
  await settle();
  return { http, clock, controller, transport, ask: http.take('open') };
}

interface Opened {
  readonly http: ScriptedHttp;
  readonly clock: ManualClock;
  readonly transport: Transport;
  readonly heard: string[];
}

/** An open channel, and what it tells. */
async function opened(protocol = 'wamp.2.json', serializer = json): Promise<Opened> {
  const batched = protocol.endsWith('.batched');
  const { http, clock, transport, ask } = await opening([serializer], { batched });
  await ask.answer(200, JSON.stringify({ protocol, transport: 'id' }));
  const open = await transport;
  const heard: string[] = [];
  open.listener = {
    frame: (bytes) => heard.push(new TextDecoder().decode(bytes)),
    violation: (what) => heard.push(`violation: ${what}`),
    closed: (reason) => heard.push(`closed: ${reason}`),
  };
  return { http, clock, transport: open, heard };
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

describe('open', () => {
  test('LP-1 SER-6 offers its subprotocols, unbatched ones first', async () => {
    const { ask } = await opening([msgpack, json]);
    expect(ask.url.href).toBe('http://host/lp/open?x=1');
    expect(ask.request).toMatchObject({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    expect(JSON.parse(ask.body)).toEqual({
      protocols: ['wamp.2.msgpack', 'wamp.2.json', 'wamp.2.msgpack.batched', 'wamp.2.json.batched'],
    });
  });

  test('LP-1 T-34 the other way round when batches are wanted', async () => {
    const { ask } = await opening([cbor, json], { batched: true });
    expect(JSON.parse(ask.body)).toEqual({
      protocols: ['wamp.2.cbor.batched', 'wamp.2.json.batched', 'wamp.2.cbor', 'wamp.2.json'],
    });
  });

  test.each([
    ['https://host/', 'https://host/open?x=1'],
    ['http://host', 'http://host/open?x=1'],
    ['http://host:80/a/lp/', 'http://host/a/lp/open?x=1'],
    ['http://host/lp?token=a%20b&x=9', 'http://host/lp/open?token=a+b&x=1'],
  ])('LP-1 LP-5 below %s it is %s', async (url, expected) => {
    expect((await opening([json], {}, url)).ask.url.href).toBe(expected);
  });

  test('LP-5 no two requests have the same URL', async () => {
    const { http, transport } = await opened();
    transport.send(bytes('[1]'));
    await settle();
    const urls = http.asked.map(({ url }) => url.href);
    expect(urls).toEqual(['http://host/lp/id/receive?x=2', 'http://host/lp/id/send?x=3']);
  });

  test('LP-1 the channel speaks what the router picks; its id is one part of a path', async () => {
    const { http, transport, ask } = await opening([json, cbor]);
    await ask.answer(201, '{"protocol":"wamp.2.cbor","transport":"a/../b?c"}');
    expect((await transport).serializer).toBe(cbor);
    await settle();
    expect(http.take('receive').url.pathname).toBe('/lp/a%2F..%2Fb%3Fc/receive');
  });

  test.each([
    [400, true],
    [403, true],
    [404, true],
    [405, true],
    [408, false],
    [429, false],
    [500, false],
    [503, false],
  ])('LP-1 a router that answers %i: for good? %j', async (status, fatal) => {
    const { http, transport, ask } = await opening();
    await ask.answer(status, '{"protocol":"wamp.2.json","transport":"id"}');
    expect(await failure(transport)).toMatchObject({
      name: 'ConnectError',
      uri: 'wamp.error.network_failure',
      fatal,
      args: [`The router answered ${status} to "open".`],
    });
    expect(http.actions).toEqual([]);
  });

  test.each([
    [''],
    ['no JSON'],
    ['null'],
    ['[]'],
    ['{}'],
    ['{"protocol":"wamp.2.json"}'],
    ['{"protocol":"wamp.2.json","transport":""}'],
    ['{"protocol":"wamp.2.json","transport":7}'],
    ['{"protocol":"wamp.2.cbor","transport":"id"}'],
    ['{"transport":"id"}'],
  ])('LP-1 %j is no answer of a router', async (said) => {
    const { http, transport, ask } = await opening();
    await ask.answer(200, said);
    const error = await failure(transport);
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({ uri: 'wamp.error.protocol_violation', fatal: true });
    expect(http.actions).toEqual([]);
  });

  test('a failed request has its cause', async () => {
    const { transport, ask } = await opening();
    await ask.lose();
    expect(await failure(transport)).toMatchObject({
      name: 'ConnectError',
      uri: 'wamp.error.network_failure',
      fatal: false,
      args: ['ECONNRESET'],
    });
  });

  test('an aborted signal stops the attempt', async () => {
    const { transport, controller, ask } = await opening();
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await failure(transport)).toBe(reason);
    expect(ask.request.signal.aborted).toBe(true);
  });

  test.each(['ws://host/ws', 'rs://host:8080'])('%s fails with a fatal error', async (url) => {
    const transport = longPoll({ fetch: new ScriptedHttp().fetch });
    expect(await failure(connect(url, { realm: 'realm1', transport }))).toMatchObject({
      uri: 'wamp.error.invalid_argument',
      fatal: true,
    });
  });
});

describe('receive', () => {
  test('LP-2 one message in each answer, and always one request', async () => {
    const { http, heard } = await opened();
    for (const message of ['[1]', '[2]', '[3]']) {
      expect(http.actions).toEqual(['receive']);
      const asked = http.take('receive');
      expect(asked.body).toBe('');
      await asked.answer(200, message);
    }
    expect(heard).toEqual(['[1]', '[2]', '[3]']);
  });

  test('LP-2 BAT-1 T-34 each answer has a batch, with either separator', async () => {
    const { http, heard } = await opened('wamp.2.json.batched');
    await http.take('receive').answer(200, '[1]\u001e[2]\u001e');
    await http.take('receive').answer(200, '[3]\u0018');
    expect(heard).toEqual(['[1]', '[2]', '[3]']);
  });

  test.each(['[1]', '[1]\u001e[2'])('BAT-3 %j is no batch: none of it counts', async (body) => {
    const { http, heard } = await opened('wamp.2.json.batched');
    await http.take('receive').answer(200, body);
    expect(heard).toEqual(['violation: the batch is empty, or ends within a message']);
  });

  test.each([200, 202, 204])('T-36 an empty answer with %i says: ask again', async (status) => {
    const { http, heard } = await opened();
    for (let count = 0; count < 5; count += 1) await http.take('receive').answer(status);
    expect(http.actions).toEqual(['receive']);
    expect(heard).toEqual([]);
  });

  test.each([408, 504])('%i is what has lost patience on the way: ask again in a second', async (status) => {
    const { http, heard, clock } = await opened();
    await http.take('receive').answer(status, 'Time-out');
    expect(http.actions).toEqual([]);
    clock.advance(999);
    await turns();
    expect(http.actions).toEqual([]);
    clock.advance(1);
    await turns();
    await http.take('receive').answer(200, '[1]');
    expect(heard).toEqual(['[1]']);
  });

  test.each([
    [404, 'The router has closed the channel.'],
    [400, 'The router answered 400 to "receive".'],
    [502, 'The router answered 502 to "receive".'],
  ])('T-36 %i is the end', async (status, reason) => {
    const { http, heard } = await opened();
    await http.take('receive').answer(status, '[1]');
    expect(heard).toEqual([`closed: ${reason}`]);
    expect(http.actions).toEqual(['close']);
    await http.take('close').answer(404);
    expect([heard.length, http.actions]).toEqual([1, []]);
  });

  test('a lost answer may have contained messages: the channel ends, and notifies the router', async () => {
    const { http, heard, transport } = await opened();
    await http.take('receive').lose();
    expect(heard).toEqual(['closed: The answer to "receive" was lost: ECONNRESET']);
    transport.send(bytes('[1]'));
    await turns();
    expect(http.actions).toEqual(['close']);
    await http.take('close').answer(202);
    expect([heard.length, http.actions]).toEqual([1, []]);
  });
});

describe('send', () => {
  test('LP-3 one request at a time, each with one message', async () => {
    const { http, transport } = await opened();
    transport.send(bytes('[1]'));
    transport.send(bytes('[2]'));
    expect(transport.backlog).toBe(6);
    await settle();
    expect(http.actions).toEqual(['receive', 'send']);
    transport.send(bytes('[3]'));
    for (const [index, message] of ['[1]', '[2]', '[3]'].entries()) {
      expect(transport.backlog).toBe(9 - 3 * index);
      const asked = http.take('send');
      expect(asked.body).toBe(message);
      expect(asked.request.headers).toBeUndefined();
      await asked.answer([200, 202, 204][index] ?? 200);
    }
    expect([http.actions, transport.backlog]).toEqual([['receive'], 0]);
  });

  test('LP-3 BAT-1 in batches, what gathers during one request goes with the next', async () => {
    const { http, transport } = await opened('wamp.2.json.batched');
    transport.send(bytes('[1]'));
    transport.send(bytes('[2]'));
    await settle();
    transport.send(bytes('[3]'));
    await settle();
    transport.send(bytes('[4]'));
    const first = http.take('send');
    expect(first.body).toBe('[1]\u001e[2]\u001e');
    await first.answer(202);
    const second = http.take('send');
    expect(second.body).toBe('[3]\u001e[4]\u001e');
    await second.answer(202);
    expect(http.actions).toEqual(['receive']);
  });

  test('BAT-2 MessagePack has lengths in place of separators', async () => {
    const { http, transport } = await opened('wamp.2.msgpack.batched', msgpack);
    transport.send(bytes('abc'));
    transport.send(bytes('de'));
    await settle();
    expect(http.take('send').body).toBe('\0\0\0\u0003abc\0\0\0\u0002de');
  });

  test('10,000 messages of one turn arrive in their order, in batches that routers take', async () => {
    const { http, transport } = await opened('wamp.2.json.batched');
    const messages = Array.from(
      { length: 10_000 },
      (_each, n) => `[16,${n},{},"com.topic",["${'x'.repeat(20)}"]]`,
    );
    for (const message of messages) transport.send(bytes(message));
    await settle();
    const arrived: string[] = [];
    while (http.actions.includes('send')) {
      const asked = http.take('send');
      expect(asked.body.length).toBeLessThan(128 * 1024);
      arrived.push(...asked.body.split('\u001e').slice(0, -1));
      await asked.answer(202);
    }
    expect(arrived).toEqual(messages);
  });

  test('a message larger than a batch should be goes alone', async () => {
    const { http, transport } = await opened('wamp.2.json.batched');
    const large = `["${'x'.repeat(300_000)}"]`;
    for (const message of ['[1]', large, '[2]']) transport.send(bytes(message));
    await settle();
    for (const message of ['[1]', large, '[2]']) {
      const asked = http.take('send');
      expect(asked.body === `${message}\u001e`).toBe(true);
      await asked.answer(202);
    }
  });

  test.each([
    [400, 'The router answered 400 to "send".'],
    [404, 'The router has closed the channel.'],
    [413, 'The router answered 413 to "send".'],
    [504, 'The router answered 504 to "send".'],
  ])('T-36 %i is the end: what follows is not sent', async (status, reason) => {
    const { http, heard, transport } = await opened();
    transport.send(bytes('[1]'));
    transport.send(bytes('[2]'));
    await settle();
    await http.take('send').answer(status);
    expect(heard).toEqual([`closed: ${reason}`]);
    expect([http.actions, transport.backlog]).toEqual([['receive', 'close'], 0]);
    const receive = http.take('receive');
    await http.take('close').answer(202);
    expect(receive.request.signal.aborted).toBe(true);
    expect([heard.length, http.actions]).toEqual([1, []]);
  });

  test('a lost request may have been processed: neither it nor another is sent again', async () => {
    const { http, heard, transport } = await opened();
    transport.send(bytes('[1]'));
    transport.send(bytes('[2]'));
    await settle();
    await http.take('send').lose();
    expect(heard).toEqual(['closed: The answer to "send" was lost: ECONNRESET']);
    expect(http.actions).toEqual(['receive', 'close']);
  });
});

describe('close', () => {
  test('LP-4 pending messages are sent first; then the end is reported, once', async () => {
    const { http, heard, transport, clock } = await opened();
    transport.send(bytes('[1]'));
    transport.send(bytes('[2]'));
    transport.close();
    transport.close('protocol');
    transport.send(bytes('[3]'));
    await settle();
    await http.take('send').answer(202);
    expect(http.actions).toEqual(['receive', 'send']);
    const last = http.take('send');
    expect(last.body).toBe('[2]');
    await last.answer(202);
    expect([http.actions, heard]).toEqual([['receive', 'close'], []]);
    const receive = http.take('receive');
    await http.take('close').answer(202);
    expect(heard).toEqual(['closed: The channel is closed.']);
    expect(receive.request.signal.aborted).toBe(true);
    expect([http.actions, clock.pending]).toEqual([[], 0]);
  });

  test('LP-4 a router that does not answer is left after 5 s', async () => {
    const { http, heard, transport, clock } = await opened();
    transport.send(bytes('[1]'));
    transport.close();
    await settle();
    clock.advance(4_999);
    await turns();
    expect(heard).toEqual([]);
    clock.advance(1);
    await turns();
    expect(heard).toEqual(['closed: The channel is closed.']);
    expect(http.asked.every(({ request }) => request.signal.aborted)).toBe(true);
  });

  test('messages after the end are ignored', async () => {
    const { http, heard, transport } = await opened();
    transport.close();
    await turns();
    const receive = http.take('receive');
    await http.take('close').answer(202);
    await receive.answer(200, '[1]');
    expect([heard, http.actions]).toEqual([['closed: The channel is closed.'], []]);
  });
});

test.each(['as it comes', 'as a whole'])(
  'A11 an answer above maxMessageSize ends the session, read %s',
  async (how) => {
    const http = new ScriptedHttp();
    const fetch = async (url: URL, request: FetchRequest): Promise<FetchResponse> => {
      const answer = await http.fetch(url, request);
      if (how === 'as it comes') return answer;
      return { ok: answer.ok, status: answer.status, arrayBuffer: () => answer.arrayBuffer() };
    };
    const options = { serializers: [json], signal: new AbortController().signal, clock: new ManualClock() };
    const opened = longPoll({ fetch, maxMessageSize: 100 }).open(new URL('http://host/lp'), options);
    await turns();
    await http.take('open').answer(200, '{"protocol":"wamp.2.json","transport":"id"}');
    const transport = await opened;
    const heard: string[] = [];
    transport.listener = {
      frame: ({ length }) => heard.push(`frame of ${length}`),
      violation: () => undefined,
      closed: (reason) => heard.push(reason),
    };
    await http.take('receive').answer(200, 'x'.repeat(100));
    await http.take('receive').answer(200, 'x'.repeat(101));
    expect(heard).toEqual([
      'frame of 100',
      'The answer to "receive" was lost: a message of 101 bytes, which is above maxMessageSize, 100',
    ]);
  },
);
