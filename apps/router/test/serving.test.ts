/** What a running router prints, answers over HTTP, and does when it is told to stop. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request, type IncomingHttpHeaders } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { connect, type Session } from '../../../packages/client/src/index.ts';
import { Workshop, type RunningRouter } from './workshop.ts';

const script = `console.log(${JSON.stringify('chat '.repeat(200))})`;
const WITH_OPERATORS = `
listeners: [{ address: 127.0.0.1, port: 0 }]
realms: [{ name: realm1 }]
admin:
  realm:
    auth: { ticket: { principals: { olga: { role: operator, ticket: a-long-secret } } } }
    roles: { operator: { permissions: [{ uri: wamp.admin.*, allow: [call] }] } }
`;
let workshop: Workshop;
let router: RunningRouter;

beforeAll(async () => {
  workshop = await Workshop.open({
    chat: { 'index.html': '<title>the chat</title>', 'assets/index-1a2b.js': script },
    dashboard: { 'index.html': '<title>the dashboard</title>' },
  });
  router = await workshop.start();
});
afterAll(async () => {
  await router[Symbol.asyncDispose]();
  await workshop[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** `fetch` tidies paths up before it sends them; this does not. */
async function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { hostname, port } = new URL(router.origin);
  const asked = request({ hostname, port, path, method, headers }).end();
  const [answer] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

describe('C9 what it prints once it listens', () => {
  test('C9 has the URLs, the realm, a warning, and what to try, a line each', () => {
    const { host } = new URL(router.origin);
    expect(router.greeting.split('\n')).toEqual([
      `wamp-router listening: http://${host}/`,
      `  WebSocket  ws://${host}/ws`,
      `  RawSocket  rs://${host}`,
      `  long-poll  http://${host}/lp`,
      '  realm      realm1: anonymous, everything allowed (development default)',
      `  try        http://${host}/dashboard/?view=realm1`,
      `             npx @wamp/cli call wamp.session.count --url ws://${host}/ws --realm realm1`,
      '  stop       Ctrl+C',
    ]);
  });

  test('names every realm, and an address of six in brackets', async () => {
    await using other = await workshop.start(['--host', '::1', '--realm', 'one', '--realm', 'two']);
    expect(other.greeting).toMatch(
      /listening: http:\/\/\[::1\]:\d+\/\n {2}WebSocket {2}ws:\/\/\[::1\]:\d+\/ws\n/,
    );
    expect(other.greeting).toMatch(/\n {2}realm {6}one: .*\n {2}realm {6}two: /);
  });

  test('comes for any address when that is meant', async () => {
    await using other = await workshop.start(['--host', '0.0.0.0', '--insecure-dev']);
    expect(other.greeting).toContain('http://0.0.0.0:');
  });
});

describe('pages', () => {
  test.each([
    ['/', 'Your WAMP router is running'],
    ['/chat/', 'the chat'],
    ['/chat/?router=ws://elsewhere/', 'the chat'],
    ['/dashboard/', 'the dashboard'],
  ])('%s', async (path, words) => {
    const { status, headers, body } = await ask(path);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['cache-control']).toBe('no-cache');
    expect(body).toContain(words);
  });

  test('all have security headers', async () => {
    for (const path of ['/', '/chat/', '/health', '/nowhere', '/ws']) {
      const { headers } = await ask(path);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).not.toContain('unsafe');
    }
  });

  test('the landing page links the console and connects to where it was asked', async () => {
    const { body } = await ask('/', { host: 'router.example:9000' });
    expect(body).toContain('ws://router.example:9000/ws');
    expect(body).not.toContain('127.0.0.1');
    const behindTls = await ask('/', { host: 'router.example', 'x-forwarded-proto': 'https' });
    expect(behindTls.body).toContain('wss://router.example/ws');
  });

  test('the landing page shows the chat as long as its service is connected', async () => {
    await using other = await workshop.start(['--realm', 'chat']);
    const links = async (): Promise<number> =>
      (await (await fetch(`${other.origin}/`)).text()).match(/href="\/chat\/"/g)?.length ?? 0;
    // A realm of that name is not enough.
    expect(await links()).toBe(0);
    const service = await connect(`${other.origin.replace('http', 'ws')}/ws` as const, { realm: 'chat' });
    await service.register('chat.authenticate', () => null);
    expect(await links()).toBe(2);
    await service.close();
    await vi.waitFor(async () => expect(await links()).toBe(0));
  });

  test('without an admin realm, the console begins with what any client may see', async () => {
    const { body } = await ask('/');
    expect(body.match(/href="\/dashboard\/\?view=realm1"/g)).toHaveLength(3);
    expect(body).toContain('The sessions and the traffic of realm1, live, as any client may see them.');
    expect(body).not.toContain('For operators: sessions');
  });

  test('with an admin realm, the console begins with its log-in', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wamp-serving-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'wamp.yaml');
    await writeFile(file, WITH_OPERATORS);
    await using other = await workshop.startFrom(file);
    const body = await (await fetch(`${other.origin}/`)).text();
    expect(body.match(/href="\/dashboard\/"/g)).toHaveLength(3);
    expect(body).toContain('For operators: sessions');
    expect(other.greeting).toContain(`  try        ${other.origin}/dashboard/\n`);
  });

  test('the landing page is not written by its visitors', async () => {
    const { body } = await ask('/', { host: '"><script>alert(1)</script>' });
    expect(body).not.toContain('<script>');
    expect(body).toContain('ws://127.0.0.1:8080/ws');
  });

  test('a folder without its slash leads to it', async () => {
    const { status, headers } = await ask('/chat?realm=x');
    expect({ status, location: headers.location }).toEqual({ status: 308, location: '/chat/?realm=x' });
  });

  test('assets are kept for good, pages are asked for again', async () => {
    const asset = await ask('/chat/assets/index-1a2b.js');
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(asset.headers['content-type']).toBe('text/javascript; charset=utf-8');
    const { etag = '' } = (await ask('/chat/')).headers;
    const again = await ask('/chat/', { 'if-none-match': etag });
    expect({ status: again.status, body: again.body }).toEqual({ status: 304, body: '' });
  });

  test('are compressed for those who can read that', async () => {
    const path = '/chat/assets/index-1a2b.js';
    const packed = await ask(path, { 'accept-encoding': 'br, gzip' });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(Number(packed.headers['content-length'])).toBeLessThan(script.length);
    for (const accepted of ['identity', 'gzip;q=0', 'gzip; q=0.0, br']) {
      const plain = await ask(path, { 'accept-encoding': accepted });
      expect(plain.headers['content-encoding']).toBeUndefined();
      expect(plain.body).toBe(script);
    }
  });

  test('HEAD has the headers of GET and no body', async () => {
    const head = await ask('/chat/', {}, 'HEAD');
    const got = await ask('/chat/');
    expect(head.status).toBe(200);
    expect(head.body).toBe('');
    expect(head.headers['content-length']).toBe(got.headers['content-length']);
  });
});

describe('everything else', () => {
  test('health', async () => {
    const { status, headers, body } = await ask('/health');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json');
    expect(headers['cache-control']).toBe('no-store');
    expect(JSON.parse(body)).toMatchObject({ status: 'ok', uptime_ms: expect.any(Number) as number });
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is not allowed', async (method) => {
    const { status, headers } = await ask('/', {}, method);
    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'GET, HEAD' });
  });

  test.each([
    '/nowhere',
    '/chat/nowhere.js',
    '/../package.json',
    '/chat/../../router/package.json',
    '/chat/..%2f..%2frouter/package.json',
    '/chat/%2e%2e/%2e%2e/router/package.json',
    '/chat/..\\..\\router\\package.json',
    '//etc/passwd',
    '/%',
    '/%00',
    '/__proto__',
    '/chat/constructor',
    '/assets',
    'http://127.0.0.1/',
  ])('%s is not found', async (path) => {
    const { status, headers, body } = await ask(path);
    expect(status).toBe(404);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(body).toContain('Nothing is served at this address.');
    expect(body).not.toContain('"name"');
  });

  test('the WebSocket address says so to those who only look', async () => {
    const { status, headers, body } = await ask('/ws');
    expect({ status, upgrade: headers.upgrade }).toEqual({ status: 426, upgrade: 'websocket' });
    expect(body).toContain('WAMP over WebSocket');
  });

  test.each([
    ['a range that ends before it begins', 'GET /chat/ HTTP/1.1\r\nHost: x\r\nRange: bytes=5-2\r\n\r\n'],
    ['no path', 'GET * HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['no HTTP', 'NONSENSE\r\n\r\n'],
    ['no key', 'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['long headers', `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001'],
  ])('survives %s', async (_, bytes) => {
    const { hostname, port } = new URL(router.origin);
    const socket = connectTcp(Number(port), hostname);
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.end(bytes);
    socket.resume();
    await closed;
    expect((await ask('/health')).status).toBe(200);
  });
});

describe('WebSocket', () => {
  test.each(['/ws', '/'])('%s takes sessions', async (path) => {
    await using session = await connect(`${router.origin.replace('http', 'ws')}${path}`, { realm: 'realm1' });
    await session.register('com.example.add', ([a, b]) => Number(a) + Number(b));
    expect(await session.call('com.example.add', [2, 3])).toBe(5);
  });

  test('other realms and other paths are refused', async () => {
    const url = router.origin.replace('http', 'ws');
    await expect(connect(`${url}/ws`, { realm: 'realm2' })).rejects.toMatchObject({
      uri: 'wamp.error.no_such_realm',
    });
    await expect(connect(`${url}/chat/`, { realm: 'realm1' })).rejects.toThrow();
  });

  test('pages from elsewhere may connect only when named', async () => {
    const upgrade = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
    const key = Buffer.alloc(16).toString('base64');
    const headers = { ...upgrade, 'sec-websocket-key': key, 'sec-websocket-protocol': 'wamp.2.json' };
    expect((await ask('/ws', { ...headers, origin: 'https://app.example' })).status).toBe(403);
    const rebound = { ...headers, host: 'rebound.example', origin: 'http://rebound.example' };
    expect((await ask('/ws', rebound)).status).toBe(403);

    await using other = await workshop.start(['--origin', 'https://app.example']);
    const { hostname, port } = new URL(other.origin);
    const asked = request({
      hostname,
      port,
      path: '/ws',
      headers: { ...headers, origin: 'https://app.example' },
    });
    asked.end();
    const [answer, socket] = (await once(asked, 'upgrade')) as [{ statusCode: number }, { destroy(): void }];
    expect(answer.statusCode).toBe(101);
    socket.destroy();
  });
});

describe('stopping', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s says GOODBYE and ends with 0', async (signal) => {
    await using other = await workshop.start();
    const session = await connect(`${other.origin.replace('http', 'ws')}/ws`, {
      realm: 'realm1',
      reconnect: false,
    });
    other.kill(signal);
    expect(await session.closed).toMatchObject({ reason: 'wamp.close.system_shutdown' });
    expect(await other.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('a connection that only waits does not hold it up', async () => {
    await using other = await workshop.start();
    const { hostname, port } = new URL(other.origin);
    const socket = connectTcp(Number(port), hostname);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    other.kill('SIGTERM');
    expect(await other.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('one Ctrl+C that arrives twice is one signal', async () => {
    await using other = await workshop.start();
    const session = await connect(`${other.origin.replace('http', 'ws')}/ws`, {
      realm: 'realm1',
      reconnect: false,
    });
    other.kill('SIGINT');
    other.kill('SIGINT');
    expect(await session.closed).toMatchObject({ reason: 'wamp.close.system_shutdown' });
    expect(await other.ended).toMatchObject({ code: 0 });
  });

  test('G1 with 1,000 sessions, 200 calls in flight finish; new calls and new clients are refused', async () => {
    await using other = await workshop.start();
    const url = `${other.origin.replace('http', 'ws')}/ws`;
    const callee = await connect(url, { realm: 'realm1', reconnect: false });
    const answers: (() => void)[] = [];
    await callee.register(
      'com.example.slow',
      ([number]) => new Promise((resolve) => answers.push(() => resolve(number))),
    );
    const callers: Session[] = [];
    // No more at a time than may be on their way to a session.
    while (callers.length < 999) callers.push(...(await crowd(url, Math.min(100, 999 - callers.length))));
    const calls = callers.slice(0, 200).map((caller, index) => caller.call('com.example.slow', [index]));
    await vi.waitUntil(() => answers.length === calls.length, { timeout: 290_000 });

    other.kill('SIGTERM');
    // From the refusal on, the router is known to have heard the signal.
    const refused = async (): Promise<boolean> => {
      const [caller] = callers;
      return (await caller?.call('wamp.session.count').catch((error: unknown) => error)) instanceof Error;
    };
    await vi.waitUntil(refused, { timeout: 290_000 });
    await expect(callers[0]?.call('com.example.slow')).rejects.toMatchObject({
      uri: 'wamp.error.unavailable',
    });
    await expect(fetch(`${other.origin}/health`)).rejects.toThrow();

    for (const answer of answers) answer();
    expect(await Promise.all(calls)).toEqual(calls.map((_, index) => index));
    const reasons = await Promise.all([callee, ...callers].map(async ({ closed }) => (await closed).reason));
    expect(new Set(reasons)).toEqual(new Set(['wamp.close.system_shutdown']));
    expect(await other.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('a second signal does not wait for calls in flight', async () => {
    await using other = await workshop.start();
    const session = await connect(`${other.origin.replace('http', 'ws')}/ws`, {
      realm: 'realm1',
      reconnect: false,
    });
    await session.register('com.example.never', () => new Promise(() => undefined));
    const call = session.call('com.example.never').catch(() => undefined);
    await session.call('wamp.session.count'); // answered after the other was passed on
    const asking = setInterval(() => {
      other.kill('SIGINT');
    }, 50);
    expect((await other.ended).code).toBe(130);
    clearInterval(asking);
    await call;
  });

  test('a client that never answers GOODBYE does not hold it up', async () => {
    await using other = await workshop.start();
    const { hostname, port } = new URL(other.origin);
    const silent = await silentSession(hostname, Number(port));
    other.kill('SIGTERM');
    await once(silent, 'data');
    expect(await other.ended).toMatchObject({ code: 0, stderr: '' });
  });
});

function crowd(url: string, size: number): Promise<Session[]> {
  return Promise.all(Array.from({ length: size }, () => connect(url, { realm: 'realm1', reconnect: false })));
}

/** A joined session that reads, and never says anything again. */
async function silentSession(hostname: string, port: number): Promise<import('node:net').Socket> {
  const socket = connectTcp(port, hostname);
  socket.on('error', () => undefined);
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n` +
      'Sec-WebSocket-Protocol: wamp.2.json\r\n\r\n',
  );
  await once(socket, 'data');
  const hello = Buffer.from('[1,"realm1",{"roles":{"caller":{}}}]');
  // A masked text frame whose mask is all zeros.
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | hello.length, 0, 0, 0, 0]), hello]));
  await once(socket, 'data');
  return socket;
}
