/** Upgrades that break the rules of HTTP, and offers of compression that break those of RFC 7692 (B6). */
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { request, Site } from './support/web-socket.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const SPOKEN = { 'Sec-WebSocket-Protocol': 'wamp.2.json' };

test.each([
  'permessage-deflate; server_max_window_bits=99',
  'permessage-deflate; server_max_window_bits',
  'permessage-deflate; client_max_window_bits=7',
  'permessage-deflate; unknown',
  'permessage-deflate; client_no_context_takeover; client_no_context_takeover',
  'permessage-deflate;',
  'permessage-deflate,,',
  'x-permessage-deflate',
])('B6 %s is declined, and the connection goes on without', async (offer) => {
  await using site = await Site.open({}, { compression: true });
  const { head } = await request(site.port, { ...SPOKEN, 'Sec-WebSocket-Extensions': offer });
  expect(head).toMatch(/^HTTP\/1\.1 101/);
  expect(head).not.toMatch(/extensions/i);
});

test.each([
  'permessage-deflate',
  'permessage-deflate; server_max_window_bits=10; client_max_window_bits, permessage-deflate',
  'x-other; a=b, permessage-deflate; server_no_context_takeover',
])('B6 %s is accepted', async (offer) => {
  await using site = await Site.open({}, { compression: true });
  const { head } = await request(site.port, { ...SPOKEN, 'Sec-WebSocket-Extensions': offer });
  expect(head).toMatch(/extensions: permessage-deflate/i);
});

const GET = 'GET /ws HTTP/1.1';
const HOST = 'Host: 127.0.0.1';
const UPGRADE = 'Upgrade: websocket';
const CONNECTION = 'Connection: Upgrade';
const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
const VERSION = 'Sec-WebSocket-Version: 13';
const PROTOCOL = 'Sec-WebSocket-Protocol: wamp.2.json';

/** The status line that answers a request of these lines. */
async function answerTo(port: number, lines: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const answer = await new Promise<string>((resolve) => {
    socket.once('data', (data) => {
      resolve(data.toString());
    });
  });
  socket.destroy();
  return answer.slice(0, answer.indexOf('\r\n'));
}

test.each([
  ['without Host is 400', 400, [UPGRADE, CONNECTION, KEY, VERSION, PROTOCOL]],
  ['with two Hosts is 400', 400, [HOST, HOST, UPGRADE, CONNECTION, KEY, VERSION, PROTOCOL]],
  ['with two keys is 400', 400, [HOST, UPGRADE, CONNECTION, KEY, KEY, VERSION, PROTOCOL]],
  ['with two versions is 426', 426, [HOST, UPGRADE, CONNECTION, KEY, VERSION, VERSION, PROTOCOL]],
  [
    'that names a subprotocol twice is 400',
    400,
    [HOST, UPGRADE, CONNECTION, KEY, VERSION, PROTOCOL, PROTOCOL],
  ],
  [
    'with its subprotocols in two headers is 101',
    101,
    [HOST, UPGRADE, CONNECTION, KEY, VERSION, PROTOCOL, 'Sec-WebSocket-Protocol: wamp.2.cbor'],
  ],
  [
    'among other tokens of Connection is 101',
    101,
    [HOST, UPGRADE, 'Connection: keep-alive, Upgrade', KEY, VERSION, PROTOCOL],
  ],
  // Without the token it is a request like any other, which the server of this test does not know.
  ['without Connection is a plain request', 404, [HOST, UPGRADE, KEY, VERSION, PROTOCOL]],
  [
    'without `Upgrade` in Connection is a plain request',
    404,
    [HOST, UPGRADE, 'Connection: keep-alive', KEY, VERSION, PROTOCOL],
  ],
])('B6 an upgrade %s', async (_what, status, headers) => {
  await using site = await Site.open();
  expect(await answerTo(site.port, [GET, ...headers])).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
});

test('B6 a connection does not keep the request of its upgrade, which may contain large headers', async () => {
  await using site = await Site.open();
  const requests: WeakRef<IncomingMessage>[] = [];
  site.server.on('upgrade', (upgrade: IncomingMessage) => requests.push(new WeakRef(upgrade)));
  const { head } = await request(site.port, { ...SPOKEN, Cookie: 'x'.repeat(4000) });
  expect(head).toMatch(/^HTTP\/1\.1 101/);
  // The request of another connection replaces this one in what Node keeps of the last.
  await request(site.port, SPOKEN);
  for (let rounds = 0; rounds < 20 && requests[0]?.deref() !== undefined; rounds += 1) {
    await turn();
    collect();
  }
  expect([requests.length, requests[0]?.deref()]).toEqual([2, undefined]);
});
