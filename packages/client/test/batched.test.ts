/** Batched WebSocket (BAT-1 … BAT-3, T-34). */
import { json, type Serializer, type Transport } from '@wamp/protocol';
import { msgpack } from '@wamp/protocol/msgpack';
import { describe, expect, test } from 'vitest';
import { batchedWebSocket } from '../src/batched.ts';
import { ConnectError } from '../src/index.ts';
import { FakeWebSocket } from './fake-web-socket.ts';
import { failure, settle } from './scripted-peer.ts';

async function opening(
  serializers: readonly Serializer[],
): Promise<{ readonly socket: FakeWebSocket; readonly transport: Promise<Transport> }> {
  FakeWebSocket.made = [];
  const options = { serializers, signal: new AbortController().signal };
  const transport = batchedWebSocket({ WebSocket: FakeWebSocket }).open(new URL('ws://host/ws'), options);
  transport.catch(() => undefined);
  await settle();
  const [socket] = FakeWebSocket.made;
  if (socket === undefined) throw new Error('no WebSocket was made');
  return { socket, transport };
}

/** An open channel, and what it tells. */
async function opened(
  protocol = 'wamp.2.json.batched',
  serializer = json,
): Promise<{ readonly socket: FakeWebSocket; readonly transport: Transport; readonly heard: string[] }> {
  const { socket, transport } = await opening([serializer]);
  socket.protocol = protocol;
  socket.emit('open');
  const open = await transport;
  const heard: string[] = [];
  open.listener = {
    frame: (bytes) => heard.push(new TextDecoder().decode(bytes)),
    violation: (what) => heard.push(`violation: ${what}`),
    closed: (reason) => heard.push(`closed: ${reason}`),
  };
  return { socket, transport: open, heard };
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

describe('the handshake', () => {
  test('WS-1 T-34 batched subprotocols are offered first, followed by unbatched ones', async () => {
    const { socket } = await opening([msgpack, json]);
    expect(socket.protocols).toEqual([
      'wamp.2.msgpack.batched',
      'wamp.2.json.batched',
      'wamp.2.msgpack',
      'wamp.2.json',
    ]);
  });

  test('WS-1 a router that picks no batches is spoken to without', async () => {
    const { socket, transport, heard } = await opened('wamp.2.json');
    transport.send(bytes('[1]'));
    expect(socket.sent).toEqual(['[1]']);
    socket.emit('message', { data: '[2]' });
    expect(heard).toEqual(['[2]']);
    expect(transport.serializer.name).toBe('json');
  });

  test('WS-1 one that picks what was not offered is refused', async () => {
    const { socket, transport } = await opening([json]);
    socket.protocol = 'wamp.2.cbor.batched';
    socket.emit('open');
    expect(await failure(transport)).toBeInstanceOf(ConnectError);
  });
});

describe('batches', () => {
  test('BAT-1 messages of one turn are sent as one text, in order', async () => {
    const { socket, transport } = await opened();
    expect(transport.serializer).toBe(json);
    transport.send(bytes('[1,"é"]'));
    transport.send(bytes('[2]'));
    expect([socket.sent, transport.backlog]).toEqual([[], 11]);
    await settle();
    transport.send(bytes('[3]'));
    await settle();
    expect(socket.sent).toEqual(['[1,"é"]\u001e[2]\u001e', '[3]\u001e']);
    socket.bufferedAmount = 77;
    expect(transport.backlog).toBe(77);
  });

  test('BAT-2 binary ones have lengths', async () => {
    const { socket, transport, heard } = await opened('wamp.2.msgpack.batched', msgpack);
    transport.send(bytes('abc'));
    transport.send(bytes('de'));
    await settle();
    const batch = bytes('\0\0\0\u0003abc\0\0\0\u0002de');
    expect(socket.sent).toEqual([batch]);
    socket.emit('message', { data: batch.buffer });
    expect(heard).toEqual(['abc', 'de']);
  });

  test('BAT-1 T-34 a received batch is split at either separator', async () => {
    const { socket, heard } = await opened();
    socket.emit('message', { data: '[1]\u001e' });
    socket.emit('message', { data: '[2]\u0018[3]\u0018' });
    expect(heard).toEqual(['[1]', '[2]', '[3]']);
  });

  test.each(['', '[1]', '[1]\u001e[2'])(
    'BAT-3 %j is not a valid batch: none of its messages is processed',
    async (data) => {
      const { socket, heard } = await opened();
      socket.emit('message', { data });
      expect(heard).toEqual(['violation: the batch is empty, or ends within a message']);
    },
  );

  test('WS-3 a frame of the wrong kind is a violation', async () => {
    const { socket, heard } = await opened();
    socket.emit('message', { data: bytes('[1]\u001e').buffer });
    expect(heard).toEqual(['violation: a binary frame on a text channel']);
  });

  test('10,000 messages of one turn go out in their order, in batches that routers take', async () => {
    const { socket, transport } = await opened();
    const messages = Array.from({ length: 10_000 }, (_each, n) => `[16,${n},{},"com.topic",["é"]]`);
    for (const message of messages) transport.send(bytes(message));
    await settle();
    const batches = socket.sent as string[];
    expect(batches.flatMap((batch) => batch.split('\u001e').slice(0, -1))).toEqual(messages);
    expect(Math.max(...batches.map((batch) => bytes(batch).length))).toBeLessThan(128 * 1024);
    expect(batches.length).toBeLessThan(10);
  });
});

describe('the end', () => {
  test('what waits goes out first', async () => {
    const { socket, transport } = await opened();
    transport.send(bytes('[6]'));
    transport.close('protocol');
    expect(socket.sent).toEqual(['[6]\u001e']);
    expect(socket.closedWith).toEqual([undefined]);
    transport.send(bytes('[7]'));
    await settle();
    expect(socket.sent).toHaveLength(1);
    expect(transport.backlog).toBe(0);
  });

  test('is reported, also to a listener that is added later', async () => {
    const { socket, transport } = await opening([json]);
    socket.protocol = 'wamp.2.json.batched';
    socket.emit('open');
    const open = await transport;
    socket.emit('message', { data: '[1]\u001e' });
    socket.emit('close', { code: 1006, reason: '' });
    socket.emit('message', { data: '[2]\u001e' });
    const heard: unknown[] = [];
    open.listener = {
      frame: (frame) => heard.push(new TextDecoder().decode(frame)),
      violation: (what) => heard.push(what),
      closed: (reason) => heard.push(reason),
    };
    expect(heard).toEqual(['[1]', 'WebSocket closed with code 1006']);
  });
});
