/** What a configuration file brings up, and that a broken one brings up nothing. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { connect as connectTcp, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { json, type Transport } from '@wamp/protocol';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { cert, key } from '../../../packages/router/test/support/certificate.ts';
import {
  LongPollEnd,
  RawSocketEnd,
  WebSocketEnd,
} from '../../../packages/router/test/support/client-ends.ts';
import { Inbox } from '../../../packages/router/test/support/inbox.ts';
import { loadConfiguration } from '../src/config/load.ts';
import { start } from '../src/start.ts';
import { CertificateFolder } from './certificates.ts';
import { Workshop } from './workshop.ts';

const REALM = 'realms:\n  - name: realm1\n';

let folder: CertificateFolder;
let workshop: Workshop;

beforeAll(async () => {
  folder = await CertificateFolder.open();
  const page = { 'index.html': '<!doctype html><title>stand-in</title>' };
  workshop = await Workshop.open({ chat: page, dashboard: page });
});
afterAll(async () => {
  await workshop[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Starts what the text says, until the test is over. @returns the URLs, in the order of the listeners */
async function serve(yaml: string, insecureDev = false): Promise<readonly string[]> {
  const running = await start(loadConfiguration(await folder.write('wamp.yaml', yaml)), insecureDev);
  onTestFinished(() => running.stop());
  const [told = ''] = running.greeting.split('\n  realm', 1);
  return told.split(/\s+/).filter((word) => word.includes('://'));
}

/** What a router says to HELLO. */
async function hello(end: Transport): Promise<unknown> {
  const heard = new Promise<unknown>((resolve) => {
    end.listener = {
      frame: (bytes) => resolve(json.decodePayload(bytes, 1).args?.[0]),
      violation: resolve,
      closed: resolve,
    };
  });
  end.send(json.encodePayload([1, 'realm1', { roles: { caller: {} } }], {}, 1));
  const answer = await heard;
  end.close();
  return answer;
}
const WELCOME = 2;

function tcp(url: string): Socket {
  const { hostname, port } = new URL(url.replace(/^rs/, 'http'));
  return connectTcp(Number(port), hostname);
}

/** Where a router says that a client is. */
async function placeOf(end: Transport): Promise<unknown> {
  const heard = new Inbox<readonly unknown[]>();
  end.listener = {
    frame: (bytes) => {
      heard.put(json.decodePayload(bytes, 1).args ?? []);
    },
    violation: () => undefined,
    closed: () => undefined,
  };
  end.send(json.encodePayload([1, 'realm1', { roles: { caller: {} } }], {}, 1));
  const [, session] = await heard.take();
  end.send(json.encodePayload([48, 1, {}, 'wamp.session.get', [session]], {}, 1));
  const [, , , args] = await heard.take();
  end.close();
  const [{ transport }] = args as [{ readonly transport: { readonly peer: string } }];
  return transport.peer;
}

describe('listeners', () => {
  test('believe trusted proxies, and them alone', async () => {
    const path = join(folder.path, 'proxied.sock');
    const trusted = 'pages: false, trusted_proxies: [127.0.0.1, unix]';
    const tls = 'tls: { certificate: certificate.pem, key: key.pem }';
    const [all = '', , , web = '', secure = '', header = ''] = await serve(`
listeners:
  - { port: 0, ${trusted}, proxy_protocol: true }
  - { port: 0, ${trusted}, proxy_protocol: true, transports: [websocket] }
  - { port: 0, ${trusted}, proxy_protocol: true, transports: [websocket], ${tls} }
  - { port: 0, ${trusted}, forwarding_header: x-forwarded-for, transports: [websocket] }
  - { unix: '${path}', ${trusted}, proxy_protocol: true, transports: [rawsocket] }
${REALM}`);
    const proxied = (socket: Socket): Socket => {
      socket.write('PROXY TCP4 192.0.2.1 192.0.2.9 50000 443\r\n');
      return socket;
    };
    const peer = 'tcp:192.0.2.1:50000';
    const over = (url: string) => ({ createConnection: () => proxied(tcp(url.replace(/^ws/, 'http'))) });
    expect(await placeOf(await RawSocketEnd.connect(proxied(connectTcp(path)), json))).toBe(peer);
    const shared = all.replace(/^http/, 'ws').replace(/\/$/, '/ws');
    expect(await placeOf(await WebSocketEnd.connect(shared, json, over(shared)))).toBe(peer);
    const raw = proxied(tcp(shared.replace(/^ws/, 'http')));
    expect(await placeOf(await RawSocketEnd.connect(raw, json))).toBe(peer);
    expect(await placeOf(await WebSocketEnd.connect(web, json, over(web)))).toBe(peer);
    const socket = proxied(tcp(secure.replace(/^wss/, 'http')));
    const encrypted = connectTls({ socket, ca: cert, servername: 'localhost' });
    await once(encrypted, 'secureConnect');
    const plain = { createConnection: () => encrypted };
    expect(await placeOf(await WebSocketEnd.connect(secure.replace('wss', 'ws'), json, plain))).toBe(peer);
    const headers = { 'X-Forwarded-For': '203.0.113.9, 192.0.2.1' };
    expect(await placeOf(await WebSocketEnd.connect(header, json, { headers }))).toBe('tcp:192.0.2.1:0');
  });

  test('serve the configured protocols at the configured addresses', async () => {
    const [webSocket = '', rawSocket = '', longPoll = ''] = await serve(`
listeners:
  - { port: 0, pages: false, transports: [websocket], websocket_paths: [/wamp] }
  - { port: 0, pages: false, transports: [rawsocket] }
  - { port: 0, pages: false, transports: [longpoll], longpoll_path: /poll }
${REALM}`);
    expect([webSocket, rawSocket, longPoll].map((url) => url.replace(/\d+(?=\/|$)/, 'N'))).toEqual([
      'ws://127.0.0.1:N/wamp',
      'rs://127.0.0.1:N',
      'http://127.0.0.1:N/poll',
    ]);
    expect(await hello(await WebSocketEnd.connect(webSocket, json))).toBe(WELCOME);
    expect(await hello(await RawSocketEnd.connect(tcp(rawSocket), json))).toBe(WELCOME);
    expect(await hello(await LongPollEnd.connect(longPoll, json))).toBe(WELCOME);

    const web = webSocket.replace('ws:', 'http:');
    expect((await fetch(web)).status).toBe(426);
    expect((await fetch(web.replace('/wamp', '/ws'))).status).toBe(404);
    expect((await fetch(longPoll.replace('/poll', '/'))).status).toBe(404);
    await expect(RawSocketEnd.connect(tcp(web), json)).rejects.toThrow();
    await expect(fetch(rawSocket.replace('rs:', 'http:'))).rejects.toThrow();
  });

  test('encrypt', async () => {
    const tls =
      'tls: { certificate: certificate.pem, key: encrypted-key.pem, passphrase: { file: passphrase } }';
    const [secure = '', raw = '', alone = ''] = await serve(`
listeners:
  - { port: 0, pages: false, transports: [websocket, rawsocket], ${tls} }
  - { port: 0, pages: false, transports: [websocket], ${tls} }
${REALM}`);
    expect([secure, raw, alone].map((url) => url.split(':')[0])).toEqual(['wss', 'rss', 'wss']);
    for (const url of [secure, alone]) {
      expect(await hello(await WebSocketEnd.connect(url, json, { ca: cert }))).toBe(WELCOME);
    }
    const socket = connectTls({ port: Number(new URL(secure).port), ca: cert, servername: 'localhost' });
    await once(socket, 'secureConnect');
    expect(await hello(await RawSocketEnd.connect(socket, json))).toBe(WELCOME);
    await expect(WebSocketEnd.connect(secure.replace('wss', 'ws'), json)).rejects.toThrow();
  });

  test('admit only clients with a certificate, if so configured', async () => {
    const [url = ''] = await serve(`
listeners:
  - port: 0
    pages: false
    tls: { certificate: certificate.pem, key: key.pem, ca: certificate.pem, client_certificates: require }
${REALM}`);
    expect(await hello(await WebSocketEnd.connect(url, json, { ca: cert, cert, key }))).toBe(WELCOME);
    await expect(WebSocketEnd.connect(url, json, { ca: cert })).rejects.toThrow();
  });

  test('take the place of a socket that a process has left behind, and of no other', async () => {
    const path = join(folder.path, 'wamp.sock');
    const yaml = `listeners: [{ unix: '${path}', pages: false }]\n${REALM}`;
    await serve(yaml);
    expect(await hello(await RawSocketEnd.connect(connectTcp(path), json))).toBe(WELCOME);
    await expect(serve(yaml)).rejects.toThrow(`${path} is in use`);
    expect(await hello(await RawSocketEnd.connect(connectTcp(path), json))).toBe(WELCOME);
  });

  test('do not listen at all when one of them cannot', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const path = join(folder.path, 'first.sock');
    const listeners = `listeners: [{ unix: '${path}', pages: false }, { port: ${port}, pages: false }]\n`;
    await expect(serve(listeners + REALM)).rejects.toThrow(`port ${port} on 127.0.0.1 is in use`);
    expect(existsSync(path)).toBe(false);
  });

  test('do not permit everything to clients of other machines, unless the configuration says so', async () => {
    const yaml = `listeners:\n  - port: 0\n    pages: false\n    address: 0.0.0.0\n${REALM}`;
    await expect(serve(yaml)).rejects.toThrow(
      `${join(folder.path, 'wamp.yaml')}:4:14: listeners[0].address: refusing to listen on 0.0.0.0: ` +
        'anyone who reaches it could do everything',
    );
    expect(await serve(yaml, true)).toHaveLength(3);
  });
});

describe('realms and limits', () => {
  test('hold', async () => {
    const [url = ''] = await serve(`
listeners: [{ port: 0, pages: false }]
realms:
  - { name: realm1, quotas: { subscriptions: 1 } }
limits: { message_size: 1KiB, discard_size: 2KiB, handshake_size: 512B }
`);
    const end = await WebSocketEnd.connect(url, json);
    const inbox = new Inbox<unknown>();
    end.listener = {
      frame: (bytes) => inbox.put(json.decodePayload(bytes, 1).args),
      violation: (what) => inbox.put(what),
      closed: (reason) => inbox.put(reason),
    };
    const any: unknown = expect.anything();
    const ask = (message: readonly unknown[]): Promise<unknown> => {
      end.send(json.encodePayload(message, {}, 1));
      return inbox.take();
    };
    expect(await ask([1, 'realm1', { roles: { subscriber: {} } }])).toEqual([2, any, any]);
    expect(await ask([32, 1, {}, 'com.one'])).toEqual([33, 1, any]);
    expect(await ask([32, 2, {}, 'com.two'])).toEqual([8, 32, 2, {}, 'wamp.error.limit_exceeded', any]);
    const publish = (size: number) => [16, 3, { acknowledge: true }, 'com.one', ['x'.repeat(size)]];
    expect(await ask(publish(1100))).toEqual([8, 16, 3, {}, 'wamp.error.payload_size_exceeded', any]);
    expect(await ask(publish(2100))).toEqual([3, any, 'wamp.error.protocol_violation']);
    expect(await inbox.take()).toBe('closed with 1009');
  });
});

describe('the program', () => {
  const exit2 = { code: 2, stdout: '' };

  test.each(['start', 'check'])('%s tells every fault, and ends with 2', async (command) => {
    const file = await folder.write('faulty.yaml', 'listeners:\n  - prot: 1\nrealms:\n  - name: a b\n');
    expect(await workshop.run([command, '--config', file])).toEqual({
      ...exit2,
      stderr:
        `${file}:2:5: listeners[0].prot: is not known here, did you mean port?\n` +
        `${file}:4:11: realms[0].name: is not well-formed, expected a URI such as com.example, not below wamp\n`,
    });
  });

  test.each<[name: string, content: string | Uint8Array, words: string]>([
    ['too large', Buffer.alloc(10 * 2 ** 20, '#'), '1:1: the file is larger than 1 MiB'],
    ['no UTF-8', Buffer.from([0x61, 0x3a, 0x20, 0xff]), '1:1: the file is not UTF-8'],
  ])('a file that is %s', async (_, content, words) => {
    const file = await folder.write('odd.yaml', content);
    expect(await workshop.run(['check', '--config', file])).toEqual({
      ...exit2,
      stderr: `${file}:${words}\n`,
    });
  });

  test('a file that is not there', async () => {
    const outcome = await workshop.run(['start', '--config', 'missing.yaml']);
    expect(outcome).toEqual({ ...exit2, stderr: 'missing.yaml:1:1: there is no such file\n' });
  });

  test('a thousand faults are not all printed', async () => {
    const file = await folder.write(
      'many.yaml',
      Array.from({ length: 1000 }, (_, n) => `k${n}: 1\n`).join(''),
    );
    const { stderr } = await workshop.run(['check', '--config', file]);
    expect(stderr.trimEnd().split('\n')).toHaveLength(51);
    expect(stderr).toContain(`${file}: and 952 faults more\n`);
  });

  test('check says what would be served, and serves nothing', async () => {
    const file = await folder.write('fine.yaml', `listeners:\n  - port: 0\n${REALM}`);
    expect(await workshop.run(['check', '--config', file])).toEqual({
      code: 0,
      stdout:
        'listener 127.0.0.1 port 0: websocket at /ws and /, rawsocket, longpoll at /lp, pages\n' +
        'realm realm1: anonymous, everything allowed\n',
      stderr: '',
    });
  });

  test('start serves it, with what the environment says', async () => {
    const file = await folder.write(
      'serving.yaml',
      'listeners:\n  - port: 0\nrealms:\n  - name: ${REALM}\nlog: { level: warn }\n',
    );
    await using router = await workshop.startFrom(file, { REALM: 'realm1' });
    expect(router.greeting).toContain(' realm1: ');
    expect(await hello(await WebSocketEnd.connect(`${router.origin.replace('http', 'ws')}/ws`, json))).toBe(
      WELCOME,
    );
    expect(await (await fetch(`${router.origin}/chat/`)).text()).toContain('stand-in');
  });
});
