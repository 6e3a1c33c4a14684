/** WebSockets as far as TCP and the clock go: pings, ends, and peers that do not read (RFC 6455 §5.5 and §7). */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { json, newMemory } from '@wamp/protocol';
import { ManualClock } from '@wamp/router/testing';
import { describe, expect, test, vi } from 'vitest';
import { FrameMemory } from '../src/output/frame-memory.ts';
import { FlushQueue } from '../src/output/flush-queue.ts';
import { Outbox } from '../src/output/outbox.ts';
import { Framer } from '../src/output/framing.ts';
import { framingFor, WebSocketTransport } from '../src/transports/websocket-transport.ts';
import { clientFrame, written } from './support/client-frames.ts';
import { Line } from './support/line.ts';
import { Opcode, RawClient, request, Site, WsClient } from './support/web-socket.ts';

const MIB = 1024 * 1024;

function close(...payload: number[]): Buffer {
  return written(clientFrame({ opcode: Opcode.CLOSE, payload: Uint8Array.from(payload) }));
}

function ping(payload: string): Buffer {
  return written(clientFrame({ opcode: Opcode.PING, payload: Buffer.from(payload) }));
}

/** 500 pings. */
const CHUNK = Buffer.concat(Array.from({ length: 500 }, (_item, index) => ping(`${index}`.padStart(125))));

/** A transport that reads from `line`. */
function transportOn(line: Line): WebSocketTransport {
  const ground = { queue: new FlushQueue(), memory: newMemory, clock: new ManualClock(), limit: MIB };
  const subprotocol = { name: json.subprotocol, serializer: json, batched: false };
  const transport = new WebSocketTransport(line.asSocket, subprotocol, ground);
  transport.start(Buffer.alloc(0));
  return transport;
}

/** Pushes pings until nobody reads them. @returns how many chunks it took; many, when they are read for ever */
async function flood(line: Line): Promise<number> {
  let pushed = 0;
  for (; pushed < 60 && !line.isPaused(); pushed += 1) {
    line.push(Buffer.from(CHUNK));
    await turn();
  }
  return pushed;
}

/** The server's end of the next connection. */
async function endOf(site: Site): Promise<Socket> {
  const [end] = (await once(site.server, 'connection')) as [Socket];
  return end;
}

/** A client that keeps its side open though the router has closed its own. */
async function stubborn(site: Site, lines: readonly string[]): Promise<{ client: Socket; end: Socket }> {
  const arrived = endOf(site);
  const client = connect({ port: site.port, host: '127.0.0.1', allowHalfOpen: true });
  client.on('error', () => undefined);
  client.write(`${lines.join('\r\n')}\r\n\r\n`);
  return { client, end: await arrived };
}

const UPGRADE = [
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];

describe('pings', () => {
  test('WS-2 a pong has the payload of its ping, and comes behind what was sent before', async () => {
    await using site = await Site.open();
    const client = await RawClient.join(site.port);
    const call = clientFrame({ opcode: Opcode.TEXT, payload: Buffer.from('[48,1,{},"wamp.session.count"]') });
    client.write(written(call), ping('x'.repeat(125)), ping(''), written(call));
    expect((await client.message()).slice(0, 2)).toEqual([50, 1]);
    expect(await client.next()).toEqual({ opcode: Opcode.PONG, payload: Buffer.from('x'.repeat(125)) });
    expect(await client.next()).toEqual({ opcode: Opcode.PONG, payload: Buffer.alloc(0) });
    expect((await client.message()).slice(0, 2)).toEqual([50, 1]);
  });

  test('threat 28: those of a turn are answered in one write, and after many, other sockets are read first', async () => {
    const line = new Line();
    transportOn(line);
    const pause = vi.spyOn(line, 'pause');
    line.push(Buffer.from(CHUNK));
    line.push(Buffer.from(CHUNK));
    await turn();
    await turn();
    expect(pause).toHaveBeenCalledTimes(1);
    expect(line.isPaused()).toBe(false);
    expect(line.output.length).toBe(2 * 500 * 127);
    expect(line.writes).toBeLessThanOrEqual(2);
  });

  test('threat 28: from a peer that floods and does not read, nothing more is read for a while', async () => {
    const line = new Line();
    const transport = transportOn(line);
    line.block();
    const pushed = await flood(line);
    expect(line.isPaused()).toBe(true);
    expect(transport.backlog).toBeGreaterThan(MIB);
    expect(transport.backlog).toBeLessThan(MIB + 2 * CHUNK.length);
    line.push(Buffer.from(CHUNK));
    await turn();
    expect(transport.backlog).toBeLessThan(MIB + 2 * CHUNK.length);
    line.unblock();
    await turn();
    await turn();
    // It was read on, and no ping was forgotten.
    expect(line.isPaused()).toBe(false);
    expect(line.output.length).toBe((pushed + 1) * 500 * 127);
  });
});

describe('the end', () => {
  test.each([
    ['1000', [3, 232]],
    ['1011, with a reason', [3, 243, 0x6f, 0x6b]],
    ['3000', [11, 184]],
    ['4999', [19, 135]],
    ['no code', []],
  ])(
    'WS-2 a client that closes first, with %s, is answered with the same, and TCP ends',
    async (_what, payload) => {
      await using site = await Site.open({ clock: new ManualClock() });
      const client = await RawClient.join(site.port);
      client.write(close(...payload), ping('too late'));
      expect(await client.next()).toEqual({
        opcode: Opcode.CLOSE,
        payload: Buffer.from(payload.slice(0, 2)),
      });
      expect(await client.next()).toBeUndefined();
      expect(site.router.realm('realm1')?.sessions.size).toBe(0);
    },
  );

  test('WS-2 when the router closes first, the answer ends TCP, and no clock has to move', async () => {
    await using site = await Site.open({ clock: new ManualClock() });
    const client = await RawClient.join(site.port);
    client.text('no JSON');
    expect(await client.closeCode()).toBe(1002);
    client.write(close(3, 234));
    expect(await client.next()).toBeUndefined();
  });

  test('WS-2 a client that never answers is cut off after 5 s', async () => {
    const clock = new ManualClock();
    await using site = await Site.open({ clock });
    const arrived = endOf(site);
    const client = await RawClient.join(site.port);
    const end = await arrived;
    client.text('no JSON');
    expect(await client.closeCode()).toBe(1002);
    client.write(ping('still here'));
    clock.advance(4999);
    expect(end.destroyed).toBe(false);
    clock.advance(1);
    expect(end.destroyed).toBe(true);
    await client.gone;
    expect(clock.pending).toBe(0);
  });

  test('SES-3 a client that ends TCP without a close frame has left, and TCP ends', async () => {
    await using site = await Site.open({ clock: new ManualClock() });
    const witness = await WsClient.join(site.url());
    await witness.ask([32, 1, {}, 'wamp.session.on_leave']);
    const client = await RawClient.join(site.port);
    client.socket.end();
    expect((await witness.next())[0]).toBe(36);
    await client.gone;
  });

  test('threat 28: one that ends its side, and does not read what waits for it, is cut off after 5 s', async () => {
    const clock = new ManualClock();
    await using site = await Site.open({ clock });
    const witness = await WsClient.join(site.url());
    await witness.ask([32, 1, {}, 'wamp.session.on_leave']);
    const { client, end } = await stubborn(site, [
      'GET /ws HTTP/1.1',
      ...UPGRADE,
      'Sec-WebSocket-Protocol: wamp.2.json',
    ]);
    await once(client, 'data');
    const say = (message: string): unknown =>
      client.write(written(clientFrame({ opcode: Opcode.TEXT, payload: Buffer.from(message) })));
    say('[1,"realm1",{"roles":{"subscriber":{}}}]');
    await once(client, 'data');
    say('[32,1,{},"com.news"]');
    await once(client, 'data');
    client.pause();
    while (end.writableLength < MIB) {
      witness.send([16, 1, {}, 'com.news', ['x'.repeat(500_000)]]);
      await turn();
    }
    client.end();
    expect((await witness.next())[0]).toBe(36);
    expect(end.destroyed).toBe(false);
    clock.advance(5000);
    expect(end.destroyed).toBe(true);
    client.destroy();
  });

  test('messages sent after the end are discarded, and do no harm', async () => {
    const line = new Line();
    const ground = { queue: new FlushQueue(), memory: newMemory, clock: new ManualClock(), limit: MIB };
    const transport = new WebSocketTransport(
      line.asSocket,
      { name: json.subprotocol, serializer: json, batched: false },
      ground,
    );
    transport.start(Buffer.alloc(0));
    const frame = new Framer(json, framingFor(json), new FrameMemory()).frame({ type: 35, request: 7 });
    transport.sendFramed(frame);
    transport.send(new Uint8Array(Buffer.from('[1]')));
    transport.close();
    const whole = line.output;
    expect(whole.toString('latin1')).toBe('\x81\x06[35,7]\x81\x03[1]\x88\x02\x03\xe8');
    transport.sendFramed(frame);
    transport.send(new Uint8Array(Buffer.from('[2]')));
    transport.close('protocol');
    line.push(Buffer.concat([ping('there?'), written(clientFrame({ opcode: Opcode.TEXT }))]));
    await turn();
    expect(line.output.equals(whole)).toBe(true);
    line.push(close(3, 232));
    await turn();
    transport.send(new Uint8Array(Buffer.from('[3]')));
    expect(line.output.equals(whole)).toBe(true);
    expect(line.writableEnded).toBe(true);
    expect(transport.backlog).toBe(0);
  });
});

test('what a stream brings while something is being sent has nothing else written', () => {
  const line = new Line();
  const queue = new FlushQueue();
  const spoken = { name: json.subprotocol, serializer: json, batched: false };
  const transport = new WebSocketTransport(line.asSocket, spoken, {
    queue,
    clock: new ManualClock(),
    memory: newMemory,
    limit: MIB,
  });
  const heard: number[] = [];
  transport.listener = {
    frame: (bytes) => heard.push(bytes.length),
    violation: () => undefined,
    closed: () => undefined,
  };
  transport.start(Buffer.alloc(0));
  const others = [new Line(), new Line()];
  for (const other of others) new Outbox(other, framingFor(json), queue).push(Buffer.alloc(200_000));
  line.resume();
  line.emit('data', written(clientFrame({ opcode: Opcode.TEXT, payload: Buffer.from('[1]') })));
  expect(heard).toEqual([3]);
  expect(others.map(({ writes }) => writes)).toEqual([0, 0]);
});

test('a reader that pauses within a frame gets the rest of it, and all that follows', async () => {
  await using site = await Site.open();
  const reader = await RawClient.join(site.port);
  reader.text('[32,1,{},"com.news"]');
  await reader.message();
  const publisher = await WsClient.join(site.url());
  reader.socket.once('data', () => reader.socket.pause());
  const load = 'x'.repeat(700_000);
  for (let number = 1; number <= 6; number += 1)
    await publisher.ask([16, number, { acknowledge: true }, 'com.news', [number, load]]);
  reader.socket.resume();
  for (let number = 1; number <= 6; number += 1) {
    const [type, , , , args] = await reader.message();
    expect(type).toBe(36);
    expect(args).toEqual([number, load]);
  }
});

describe('the upgrade', () => {
  test.each([
    ['none in common', ['GET /ws HTTP/1.1', ...UPGRADE, 'Sec-WebSocket-Protocol: soap'], '400 '],
    ['another path', ['GET /other HTTP/1.1', ...UPGRADE, 'Sec-WebSocket-Protocol: wamp.2.json'], '404 '],
  ])('threat 15: who is refused (%s) and holds on is cut off after 5 s', async (_what, lines, status) => {
    const clock = new ManualClock();
    await using site = await Site.open({ clock });
    const { client, end } = await stubborn(site, lines);
    expect(String(await once(client, 'data'))).toContain(status);
    clock.advance(5000);
    expect(end.destroyed).toBe(true);
    client.destroy();
    expect(clock.pending).toBe(0);
  });

  test('a refused client that disconnects leaves no state', async () => {
    await using site = await Site.open({ clock: new ManualClock() });
    const arrived = endOf(site);
    const { socket } = await request(site.port, { 'Sec-WebSocket-Protocol': 'soap' });
    const end = await arrived;
    const closed = once(end, 'close');
    socket.end();
    await closed;
  });

  test('HTTP/1.0 has no upgrades', async () => {
    await using site = await Site.open({ clock: new ManualClock() });
    const { client } = await stubborn(site, [
      'GET /ws HTTP/1.0',
      ...UPGRADE,
      'Sec-WebSocket-Protocol: wamp.2.json',
    ]);
    expect(String(await once(client, 'data'))).toMatch(/^HTTP\/1\.1 4\d\d /);
    client.destroy();
  });

  test('a connection that HTTP has used before keeps nothing of HTTP', async () => {
    await using site = await Site.open();
    site.server.keepAliveTimeout = 60_000;
    site.server.setTimeout(60_000);
    const { client, end } = await stubborn(site, ['GET /page HTTP/1.1', 'Host: 127.0.0.1']);
    expect(String(await once(client, 'data'))).toContain('404 ');
    expect(end.timeout).toBeGreaterThan(0);
    client.write(
      ['GET /ws HTTP/1.1', ...UPGRADE, 'Sec-WebSocket-Protocol: wamp.2.json', '', ''].join('\r\n'),
    );
    expect(String(await once(client, 'data'))).toContain('101 ');
    expect(end.timeout).toBe(0);
    expect(end.listenerCount('timeout')).toBe(0);
    expect(end.listenerCount('data')).toBe(1);
    expect(end.listenerCount('drain')).toBe(1);
    client.write(ping('hi'));
    expect(await once(client, 'data')).toEqual([Buffer.from('\x8a\x02hi', 'latin1')]);
    client.destroy();
  });
});
