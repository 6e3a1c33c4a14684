/** Requests that cannot be read are answered in words, and logged. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { readConfiguration } from '../src/config/load.ts';
import { start } from '../src/start.ts';

const YAML = `
listeners: [{ port: 0, pages: false, transports: TRANSPORTS }]
realms: [{ name: realm1 }]
`;

test.each([
  ['websocket', 'GET / HTTP/1.1\r\nHost: x\r\nCookie: SIZE\r\n\r\n', 431, /longer than 16 KiB/],
  ['websocket', 'What is this?\r\n\r\n', 400, /no HTTP request/],
  ['websocket, rawsocket', 'What is <b>this</b>?\r\n\r\n', 400, /no HTTP request/],
  ['websocket', 'GET / HTTP/1.1\r\n\r\n', 400, /no header Host/],
  ['longpoll', 'POST /lp/open HTTP/1.1\r\nContent-Length: 0\r\n\r\n', 400, /no header Host/],
  ['websocket, rawsocket, longpoll', 'GET /health HTTP/1.1\r\n\r\n', 400, /no header Host/],
  ['longpoll', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, /needs the key `tls`/],
])('C4 over %s, %j is answered with %s', async (transports, sent, status, said) => {
  const logged: unknown[] = [];
  const yaml = YAML.replace('TRANSPORTS', `[${transports}]`);
  const loaded = readConfiguration(yaml, { file: 'wamp.yaml', environment: {} });
  const router = await start(loaded, false, {
    level: 'info',
    log: (level, what, facts) => {
      if (facts['status'] !== undefined) logged.push([level, what, facts]);
    },
  });
  const socket = connect(Number(/:(\d+)/.exec(router.greeting)?.[1]), '127.0.0.1');
  socket.write(Buffer.from(sent.replace('SIZE', 'c'.repeat(20_000)), 'latin1'));
  let answer = '';
  socket.on('data', (chunk) => (answer += String(chunk)));
  await once(socket, 'end');
  socket.destroy();
  await router.stop();
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*\\r\\nContent-Type: text/plain`, 'si'));
  expect(answer).toMatch(said);
  expect(answer).not.toContain('<');
  const facts = expect.objectContaining({ status, address: '127.0.0.1' }) as unknown;
  expect(logged).toEqual([['info', 'HTTP request refused', facts]]);
});
