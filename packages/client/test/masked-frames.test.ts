/** Messages that the client frames itself on Node, as a server of package `ws` receives them. */
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { MaskedFrames } from '../src/transports/masked-frames.ts';
import { nodeWebSocket } from '../src/transports/node-websocket.ts';
import type { WebSocketLike } from '../src/transports/websocket-like.ts';

const LENGTHS = [0, 1, 41, 42, 125, 126, 127, 600, 682, 683, 2047, 2048, 2049, 65_535, 65_536, 200_000];
const messages = LENGTHS.flatMap((length) => [
  'a'.repeat(length),
  'é'.repeat(length),
  '€'.repeat(length),
  new Uint8Array(length).map((_, index) => index),
]);

let server: WebSocketServer | undefined;
afterEach(() => server?.close());

async function opened(): Promise<readonly [WebSocketLike, WebSocket]> {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const connected = once(server, 'connection');
  const { port } = server.address() as { readonly port: number };
  const Class = nodeWebSocket(undefined, 1024 * 1024, 5000);
  const client = new Class(new URL(`ws://127.0.0.1:${port}/`), []);
  const open = new Promise<void>((resolve) => client.addEventListener('open', () => resolve()));
  const [peer] = (await connected) as [WebSocket];
  await open;
  return [client, peer];
}

function isSame(sent: string | Uint8Array, received: unknown): boolean {
  if (typeof sent === 'string') return received === sent;
  return received instanceof Uint8Array && Buffer.compare(received, sent) === 0;
}

test('D7 messages of all lengths arrive in order, whether or not they share a write', async () => {
  const [client, peer] = await opened();
  const received: unknown[] = [];
  peer.on('message', (data: Buffer, isBinary) =>
    received.push(isBinary ? new Uint8Array(data) : data.toString()),
  );
  const closed = once(peer, 'close');
  for (const message of messages) client.send(message);
  await new Promise((resolve) => setImmediate(resolve));
  for (const message of messages) client.send(message);
  client.close(1000);
  expect((await closed)[0]).toBe(1000);
  const wrong = [...messages, ...messages].findIndex((message, index) => !isSame(message, received[index]));
  expect([received.length, wrong]).toEqual([2 * messages.length, -1]);
});

test('D7 messages of one turn share a write, and no bytes are written twice', () => {
  const frames = new MaskedFrames();
  expect(frames.add('one')).toBe(true);
  expect(frames.add(Uint8Array.of(1, 2))).toBe(true);
  expect(frames.size).toBe(3 + 6 + 2 + 6);
  const first = frames.take();
  expect([first[0], first[1], first[9], first[10]]).toEqual([0x81, 0x83, 0x82, 0x82]);
  const copy = Buffer.from(first);
  expect(frames.size).toBe(0);
  for (let count = 0; count < 2000; count += 1) {
    if (frames.add('x'.repeat(100))) continue;
    frames.take();
    expect(frames.add('x'.repeat(100))).toBe(true);
  }
  expect(copy.equals(first)).toBe(true);
  expect(frames.add('y'.repeat(2049))).toBe(false);
});

test('D7 after a connection has ended, messages are discarded, and nothing is thrown', async () => {
  const [client, peer] = await opened();
  const closed = new Promise<void>((resolve) => client.addEventListener('close', () => resolve()));
  client.send('last');
  (peer as unknown as { readonly _socket: Socket })._socket.destroy();
  await closed;
  client.send('late');
  await new Promise((resolve) => setImmediate(resolve));
});
