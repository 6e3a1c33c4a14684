/** HTTP refusals: the client reads what is wrong and what allows it, and the log has one entry. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { acceptLongPolls, acceptWebSockets, createRouter, type RouterOptions } from '@wamp/router';
import { expect, test } from 'vitest';

interface Site extends AsyncDisposable {
  readonly port: number;
  readonly logged: Readonly<Record<string, unknown>>[];
}

async function open(options: Partial<RouterOptions> = {}): Promise<Site> {
  const logged: Readonly<Record<string, unknown>>[] = [];
  const log: RouterOptions['log'] = (level, what, facts) => logged.push({ level, what, ...facts });
  const server = createServer();
  const router = createRouter({ realms: ['realm1'], log, ...options });
  acceptWebSockets(router, { server, proxies: { trusted: ['127.0.0.0/8'], header: 'x-forwarded-for' } });
  acceptLongPolls(router, { server });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    logged,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await router.close();
    },
  };
}

const UPGRADE = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-version': '13',
  'sec-websocket-protocol': 'wamp.2.json',
};

/** Sends a request octet by octet as it is given, and reads until the router ends the connection. */
async function ask(
  port: number,
  line: string,
  headers: Readonly<Record<string, string>>,
  body = '',
): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${line}\r\nHost: 127.0.0.1\r\n${lines.join('')}\r\n${body}`);
  let answer = '';
  socket.on('data', (chunk) => (answer += String(chunk)));
  socket.on('end', () => socket.end());
  await once(socket, 'close');
  return answer;
}

const EVIL = 'https://evil.example/<script>alert(1)</script>';

test.each<
  [what: string, line: string, headers: Readonly<Record<string, string>>, status: number, said: RegExp]
>([
  ['a foreign page', 'GET /ws HTTP/1.1', { ...UPGRADE, origin: EVIL }, 403, /`origins` of the listener/],
  ['an unknown path', 'GET /wss?token=secret HTTP/1.1', UPGRADE, 404, /`websocket_paths` of the listener/],
  ['an old proxy', 'GET /ws HTTP/1.0', UPGRADE, 400, /proxy_http_version 1\.1/],
  ['a wrong method', 'POST /ws HTTP/1.1', UPGRADE, 405, /must be GET/],
  ['another protocol', 'GET /ws HTTP/1.1', { ...UPGRADE, upgrade: 'h2c' }, 400, /has to be `websocket`/],
  ['another version', 'GET /ws HTTP/1.1', { ...UPGRADE, 'sec-websocket-version': '8' }, 426, /has to be 13/],
  ['no key', 'GET /ws HTTP/1.1', { ...UPGRADE, 'sec-websocket-key': '' }, 400, /Sec-WebSocket-Key/],
  [
    'no subprotocol',
    'GET /ws HTTP/1.1',
    { ...UPGRADE, 'sec-websocket-protocol': 'soap' },
    400,
    /one of wamp\.2\.json, /,
  ],
  ['a proxy', 'GET /ws HTTP/1.1', { ...UPGRADE, 'x-forwarded-for': 'rubbish' }, 400, /`forwarding_header`/],
])('C4 an upgrade that is refused says why: %s', async (_what, line, headers, status, said) => {
  await using site = await open();
  const answer = await ask(site.port, line, headers);
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toMatch(
    new RegExp(`^HTTP/1\\.1 ${status} .*content-type: text/plain; charset=utf-8\r\n`, 'is'),
  );
  expect(head).toContain('X-Content-Type-Options: nosniff');
  expect(body).toMatch(said);
  expect(answer).not.toContain('<');
  const path = line.split(/[ ?]/)[1];
  expect(site.logged).toEqual([
    expect.objectContaining({ level: 'info', what: 'upgrade refused', status, address: '127.0.0.1', path }),
  ]);
  expect(site.logged[0]?.['origin']).toBe(headers['origin']);
  expect(JSON.stringify(site.logged)).not.toContain('secret');
});

test('C4 an upgrade that is one too many says which limits allow more', async () => {
  await using site = await open({ limits: { handshakes: 0, handshakePatience: 100 } });
  const answer = await ask(site.port, 'GET /ws HTTP/1.1', UPGRADE);
  expect(answer).toMatch(/^HTTP\/1\.1 503 .*Retry-After: 5\r\n.*`limits\.handshakes`/s);
});

test.each<
  [what: string, line: string, headers: Readonly<Record<string, string>>, status: number, path: string]
>([
  ['a foreign page', 'POST /lp/open HTTP/1.1', { origin: EVIL }, 403, '/lp/open'],
  ['a wrong method', 'GET /lp/open HTTP/1.1', {}, 405, '/lp/open'],
  ['no protocol', 'POST /lp/open HTTP/1.1', { 'content-length': '0' }, 400, '/lp/open'],
  [
    'an unknown channel',
    'POST /lp/a-secret-id/send?x=1 HTTP/1.1',
    { 'content-length': '0' },
    404,
    '/lp/*/send',
  ],
  ['a long body', 'POST /lp/open HTTP/1.1', { 'content-length': '999999' }, 413, '/lp/open'],
])('C4 a long-poll request that is refused says why: %s', async (_what, line, headers, status, path) => {
  await using site = await open();
  const answer = await ask(site.port, line, { connection: 'close', ...headers });
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toMatch(
    new RegExp(`^HTTP/1\\.1 ${status} .*content-type: text/plain; charset=utf-8\r\n`, 'is'),
  );
  expect(body).toMatch(new RegExp(`^${status} .{20,}`));
  expect(answer).not.toContain('<');
  expect(site.logged).toEqual([
    expect.objectContaining({ level: 'info', what: 'long-poll refused', status, address: '127.0.0.1', path }),
  ]);
});
