/** What a hostile client may do where TLS is spoken, and how long it may take (threats 15 and 31 of docs/threats.md). */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { json } from '@wamp/protocol';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { cert } from '../../../../packages/router/test/support/certificate.ts';
import { WebSocketEnd } from '../../../../packages/router/test/support/client-ends.ts';
import { loadConfiguration } from '../../src/config/load.ts';
import { start } from '../../src/start.ts';
import { CertificateFolder } from '../certificates.ts';

let folder: CertificateFolder;
let port: number;
/** One that stays while others attack. */
let witness: WebSocketEnd;
let stop: () => Promise<void>;
beforeAll(async () => {
  folder = await CertificateFolder.open();
  const file = await folder.write(
    'wamp.yaml',
    `
listeners:
  - port: 0
    pages: false
    tls: { certificate: certificate.pem, key: key.pem }
realms:
  - name: realm1
`,
  );
  const running = await start(loadConfiguration(file), false);
  stop = () => running.stop();
  port = Number(/:(\d+)\//.exec(running.greeting)?.[1]);
  witness = await WebSocketEnd.connect(`wss://127.0.0.1:${port}/ws`, json, { ca: cert });
  expect(await ask([1, 'realm1', { roles: { caller: {} } }])).toBe(2);
});
afterAll(async () => {
  witness.drop();
  await stop();
  await folder[Symbol.asyncDispose]();
});

/** What type of message the witness is answered with. */
async function ask(message: readonly unknown[]): Promise<unknown> {
  const heard = new Promise<unknown>((resolve) => {
    witness.listener = {
      frame: (bytes) => resolve(json.decodePayload(bytes, 1).args?.[0]),
      violation: resolve,
      closed: resolve,
    };
  });
  witness.send(json.encodePayload(message, {}, 1));
  return heard;
}

async function unhurt(): Promise<void> {
  expect(await ask([48, 1, {}, 'wamp.session.count'])).toBe(50);
}

/** A handshake, and what becomes of it: the protocol that was agreed on, or why not. */
async function handshake(options: ConnectionOptions): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', ca: cert, servername: 'localhost', ...options });
  onTestFinished(() => void socket.destroy());
  return new Promise((resolve) => {
    socket.on('secureConnect', () => resolve(socket.getProtocol() ?? 'none'));
    socket.on('error', (error: Error) => resolve(error.message));
  });
}

function closed(socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  socket.resume();
  return new Promise((resolve) => {
    socket.on('close', () => resolve());
  });
}

async function dial(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

test.each(['TLSv1', 'TLSv1.1'] as const)('threat 31: %s is refused', async (version) => {
  const answer = await handshake({ minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' });
  expect(answer).toMatch(/version|protocol|alert/i);
  await unhurt();
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)('threat 31: %s is fine', async (version) => {
  expect(await handshake({ minVersion: version, maxVersion: version })).toBe(version);
});

test.each([
  ['nothing of TLS', Buffer.from('GET /ws HTTP/1.1\r\nHost: x\r\n\r\n')],
  ['a record of 2^16 octets', Buffer.concat([Buffer.from('160301ffff', 'hex'), Buffer.alloc(0xffff)])],
  ['a record of another type', Buffer.concat([Buffer.from('ff0303ffff', 'hex'), Buffer.alloc(1000)])],
  ['RawSocket', Buffer.from('7ff10000', 'hex')],
  [
    '10,000 alerts',
    Buffer.concat(Array.from({ length: 10_000 }, () => Buffer.from('15030300020100', 'hex'))),
  ],
])('threat 31: %s on the port of TLS is closed', async (_what, octets) => {
  const socket = await dial();
  const gone = closed(socket);
  socket.end(octets);
  await gone;
  await unhurt();
});

/** What a client of TLS says first. */
async function firstWords(): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;
  const client = connectTls({ port: own, host: '127.0.0.1', servername: 'localhost' });
  client.on('error', () => undefined);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [words] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  server.close();
  return words;
}

test('threat 31: the error of a handshake that breaks off at any point is handled', async () => {
  const hello = await firstWords();
  for (let cut = 1; cut < hello.length; cut += Math.ceil(hello.length / 20)) {
    const socket = await dial();
    const gone = closed(socket);
    socket.write(hello.subarray(0, cut), () => socket.resetAndDestroy());
    await gone;
  }
  await unhurt();
});

test('threats 15 and 31: silent connections are closed', async () => {
  const secure = async (): Promise<Socket> => {
    const socket = connectTls({ port, host: '127.0.0.1', ca: cert, servername: 'localhost' });
    await once(socket, 'secureConnect');
    return socket;
  };
  const said = async (text: string): Promise<Socket> => {
    const socket = await secure();
    socket.write(text, 'latin1');
    return socket;
  };
  const upgrade =
    'GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Protocol: wamp.2.json\r\n\r\n';
  const silent = await Promise.all([
    dial(),
    secure(),
    said('G'),
    said('GET /ws HTTP/1.1\r\nHost: x\r\n'),
    said(upgrade),
    said(`${upgrade}\u0081`),
    said('\u007f'),
    said('\u007f\u00f1\u0000\u0000'),
  ]);
  await Promise.all(silent.map(closed));
  await unhurt();
});
