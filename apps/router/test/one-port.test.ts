/** The program serves pages, WebSocket, RawSocket and long-poll on its one port, all at the same time. */
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import type { Transport } from '@wamp/protocol';
import { json } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { connect } from '../../../packages/client/src/index.ts';
import { LongPollEnd, RawSocketEnd } from '../../../packages/router/test/support/client-ends.ts';
import { Inbox } from '../../../packages/router/test/support/inbox.ts';
import { Browsing, noBrowser, OPENING_TIMEOUT } from './browser.ts';
import { Workshop, type RunningRouter } from './workshop.ts';

type Message = readonly unknown[];

/** What the page runs: it joins, serves a procedure, and says so. */
const pageScript = `
const socket = new WebSocket(location.href.replace('http', 'ws').replace('/chat/', '/ws'), 'wamp.2.json');
const send = (message) => socket.send(JSON.stringify(message));
socket.onopen = () => send([1, 'realm1', { roles: { callee: {} } }]);
socket.onmessage = ({ data }) => {
  const [type, id] = JSON.parse(data);
  if (type === 2) send([64, 1, {}, 'com.page.title']);
  if (type === 65) document.body.textContent = 'registered';
  if (type === 68) send([70, id, {}, [document.title]]);
};
`;
const page = '<!doctype html><title>a real page</title><script type="module" src="/chat/page.js"></script>';

let workshop: Workshop;
let router: RunningRouter;
let browsing: Browsing | undefined;

beforeAll(async () => {
  const chat = { 'index.html': page, 'page.js': pageScript };
  workshop = await Workshop.open({ chat, dashboard: { 'index.html': '<title>stand-in</title>' } });
  router = await workshop.start();
  browsing = await Browsing.open();
}, OPENING_TIMEOUT);
afterAll(async () => {
  await browsing?.[Symbol.asyncDispose]();
  await router[Symbol.asyncDispose]();
  await workshop[Symbol.asyncDispose]();
});

/** A session in lists, over any transport. */
class Talk {
  readonly #end: Transport;
  readonly #inbox = new Inbox<Message>();

  private constructor(end: Transport) {
    this.#end = end;
    end.listener = {
      frame: (bytes) => {
        this.#inbox.put(end.serializer.decodePayload(bytes, 1).args ?? []);
      },
      violation: (what) => {
        this.#inbox.put([what]);
      },
      closed: (reason) => {
        this.#inbox.put([reason]);
      },
    };
  }

  static async join(end: Transport): Promise<Talk> {
    const talk = new Talk(end);
    const welcome = await talk.ask([1, 'realm1', { roles: { caller: {}, callee: {} } }]);
    expect(welcome[0]).toBe(2);
    return talk;
  }

  send(message: Message): void {
    this.#end.send(this.#end.serializer.encodePayload(message, {}, 1));
  }

  hear(): Promise<Message> {
    return this.#inbox.take();
  }

  ask(message: Message): Promise<Message> {
    this.send(message);
    return this.hear();
  }

  leave(): void {
    this.#end.close();
  }
}

function tcp(): Socket {
  const { hostname, port } = new URL(router.origin);
  return connectTcp(Number(port), hostname);
}

const overRawSocket = async (): Promise<Talk> => Talk.join(await RawSocketEnd.connect(tcp(), cbor));
const overLongPoll = async (): Promise<Talk> =>
  Talk.join(await LongPollEnd.connect(`${router.origin}/lp`, json));
const overWebSocket = () => connect(`${router.origin.replace('http', 'ws')}/ws`, { realm: 'realm1' });

describe('one port, at the same time', () => {
  test('RAW-3 LP-1 a page, a WebSocket, a RawSocket and a long-poll client; calls cross between them', async () => {
    const [html, rawSocket, longPoll, webSocket] = await Promise.all([
      fetch(`${router.origin}/`).then((response) => response.text()),
      overRawSocket(),
      overLongPoll(),
      overWebSocket(),
    ]);
    expect(html).toContain('Your WAMP router is running');

    // Each serves the next one: WebSocket calls RawSocket, RawSocket long-poll, and long-poll WebSocket.
    await webSocket.register('com.web', ([word]) => `web ${String(word)}`);
    expect((await rawSocket.ask([64, 1, {}, 'com.raw']))[0]).toBe(65);
    expect((await longPoll.ask([64, 1, {}, 'com.poll']))[0]).toBe(65);

    const raw = webSocket.call('com.raw', ['one']);
    const [, invocation, , , args] = await rawSocket.hear();
    rawSocket.send([70, invocation, {}, ['raw', ...(args as Message)]]);
    expect(await raw.full()).toMatchObject({ args: ['raw', 'one'] });

    rawSocket.send([48, 2, {}, 'com.poll', ['two']]);
    const [, held, , , heldArgs] = await longPoll.hear();
    longPoll.send([70, held, {}, ['poll', ...(heldArgs as Message)]]);
    expect(await rawSocket.hear()).toEqual([50, 2, {}, ['poll', 'two']]);

    expect(await longPoll.ask([48, 2, {}, 'com.web', ['three']])).toEqual([50, 2, {}, ['web three']]);
    expect(await fetch(`${router.origin}/health`).then(({ status }) => status)).toBe(200);

    rawSocket.leave();
    longPoll.leave();
    await webSocket.close();
  });

  test('RAW-3 a real browser loads its page there, joins, and answers a RawSocket client', async (context) => {
    const pages = browser(context);
    const opened = await pages.page(`${router.origin}/chat/`);
    await opened.getByText('registered').waitFor({ state: 'attached' });
    const rawSocket = await overRawSocket();
    expect(await rawSocket.ask([48, 1, {}, 'com.page.title'])).toEqual([50, 1, {}, ['a real page']]);
    rawSocket.leave();
    await opened.close();
    expect(pages.complaints).toEqual([]);
  });

  test('who ends its side of the connection is answered all the same', async () => {
    const socket = tcp();
    socket.end('GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const [answer] = (await once(socket.setEncoding('latin1'), 'data')) as [string];
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });
});

describe('stopping', () => {
  test('SES-9 says GOODBYE on every transport, and ends with 0', async () => {
    await using other = await workshop.start();
    const { hostname, port } = new URL(other.origin);
    const ends = [
      await RawSocketEnd.connect(connectTcp(Number(port), hostname), json),
      await LongPollEnd.connect(`${other.origin}/lp`, json),
    ];
    const talks = await Promise.all(ends.map((end) => Talk.join(end)));
    other.kill('SIGTERM');
    for (const talk of talks) {
      expect(await talk.hear()).toEqual([6, { x_resend: true }, 'wamp.close.system_shutdown']);
      talk.send([6, {}, 'wamp.close.goodbye_and_out']);
    }
    expect(await other.ended).toMatchObject({ code: 0, stderr: '' });
  });
});

function browser({ skip }: TestContext): Browsing {
  return browsing ?? skip(noBrowser);
}
