/** Writing past a stream: what the system takes at once, and the rest behind it, as if there were no difference. */
import { once } from 'node:events';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { json } from '@wamp/protocol';
import { describe, expect, test } from 'vitest';
import { FlushQueue } from '../src/output/flush-queue.ts';
import { Outbox } from '../src/output/outbox.ts';
import { framingFor } from '../src/transports/websocket-transport.ts';
import { descriptorOf, writeNow } from '../src/plain-socket.ts';
import { Line } from './support/line.ts';
import { RAW } from './support/raw-framing.ts';
import { SocketPair } from './support/socket-pair.ts';

/** The descriptor, which there has to be. */
function descriptor(socket: Socket): number {
  const found = descriptorOf(socket);
  if (found === undefined) throw new Error('no descriptor');
  return found;
}

describe.each(['TCP', 'Unix socket'] as const)('a plain %s', (kind) => {
  test('is written to without its stream', async () => {
    using pair = await SocketPair.open(kind);
    expect(writeNow(descriptor(pair.near), Buffer.from('[octets]'), 1, 7)).toBe(6);
    expect(pair.near.bytesWritten).toBe(0);
    expect(String(await pair.arrived(6))).toBe('octets');
  });

  test('takes what it has room for, and then nothing', async () => {
    using pair = await SocketPair.open(kind);
    pair.stop();
    const bytes = Buffer.alloc(64 * 1024 * 1024);
    // The system may make more room at the other end while it delivers what it has taken, so one write may not fill it.
    let written = 0;
    let taken: number;
    do {
      taken = writeNow(descriptor(pair.near), bytes, written, bytes.length);
      written += taken;
    } while (taken > 0);
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(bytes.length);
    pair.go();
    expect((await pair.arrived(written)).length).toBe(written);
  });

  test('an outbox writes each frame once and in order, with and without its stream', async () => {
    using pair = await SocketPair.open(kind);
    const queue = new FlushQueue();
    const outbox = new Outbox(pair.near, RAW, queue);
    const sent: Buffer[] = [];
    const push = async (): Promise<void> => {
      const frame = Buffer.alloc(sent.length % 3 === 0 ? 60 : 16_000, sent.length & 0xff);
      const header = Buffer.alloc(RAW.headerSize(frame.length));
      RAW.writeHeader(header, 0, frame.length);
      sent.push(header, frame);
      outbox.push(frame);
      await turn();
    };
    for (let stall = 1; stall <= 4; stall += 1) {
      pair.stop();
      while (pair.near.writableLength === 0) await push();
      for (let more = 0; more < 10; more += 1) await push();
      pair.go();
      while (pair.near.writableLength > 0) await turn();
      for (let more = 0; more < 10; more += 1) await push();
    }
    const wanted = Buffer.concat(sent);
    expect((await pair.arrived(wanted.length)).equals(wanted)).toBe(true);
    // Both ways were taken.
    expect(pair.near.bytesWritten).toBeGreaterThan(0);
    expect(pair.near.bytesWritten).toBeLessThan(wanted.length);
  });

  test('after it is destroyed, nothing is written to a socket that reuses its descriptor', async () => {
    using pair = await SocketPair.open(kind);
    const queue = new FlushQueue();
    const outbox = new Outbox(pair.near, RAW, queue);
    const before = descriptor(pair.near);
    outbox.push(Buffer.from('for the first'));
    pair.near.destroy();
    await once(pair.near, 'close');
    using heir = await SocketPair.open(kind);
    let strange = '';
    heir.near.on('data', (chunk) => (strange += String(chunk)));
    expect([descriptor(heir.near), descriptor(heir.far)]).toContain(before);
    outbox.push(Buffer.from('for the first'));
    await turn();
    heir.near.end('for the heir');
    heir.far.end();
    await once(heir.near, 'close');
    expect(strange).toBe('');
    expect(String(await heir.arrived(12))).toBe('for the heir');
  });
});

test('the stream detects a closed peer', async () => {
  using pair = await SocketPair.open('TCP');
  const queue = new FlushQueue();
  const outbox = new Outbox(pair.near, framingFor(json), queue);
  pair.near.pause();
  const error = new Promise((resolve) => pair.near.on('error', resolve));
  const closed = once(pair.far, 'close');
  pair.far.resetAndDestroy();
  await closed;
  while (!pair.near.destroyed) {
    outbox.push(Buffer.from('is anybody there?'));
    await turn();
  }
  expect(await error).toMatchObject({ code: expect.stringMatching(/^(EPIPE|ECONNRESET)$/) as string });
});

test('other streams have no descriptor', () => {
  const named = Object.assign(new Duplex(), { _handle: { fd: 1, constructor: { name: 'TCP' } } });
  for (const stream of [new Line(), named, new Socket()]) expect(descriptorOf(stream)).toBeUndefined();
});
