/** The memory of messages that are being received: what is counted, and which connections end when it is short (A1). */
import { newMemory, rawSocketFrame, RawSocketFrameType, RawSocketParser } from '@wamp/protocol';
import { ManualClock } from '@wamp/router/testing';
import { expect, test } from 'vitest';
import { ArrivingMemory, type ArrivingLine } from '../src/connection/arriving-memory.ts';
import { Tally } from '../src/core/tally.ts';
import type { LimitName } from '../src/limits.ts';
import { Opcode, WebSocketParser } from '../src/transports/websocket-parser.ts';
import { clientFrame, headOf, written } from './support/client-frames.ts';
import { settle } from './support/client.ts';
import { coreOf } from './support/core.ts';
import { RawPeer, RawSite } from './support/raw-socket.ts';

const MIB = 1024 * 1024;

/** Memory that is short above `limit` bytes. */
function memory(limit: number) {
  const clock = new ManualClock();
  const limited = new Tally<LimitName>();
  const arriving = new ArrivingMemory({
    queue: { memory: newMemory },
    clock,
    limited,
    kept: { ofSessions: { limit } },
  });
  return { clock, limited, arriving };
}

function rawSocket(line: ArrivingLine, heard: Uint8Array[] = []): RawSocketParser {
  const listener = {
    acceptedLength: MIB,
    message: (frame: Uint8Array) => heard.push(frame),
    ping: () => undefined,
    pong: () => undefined,
    failed: () => undefined,
  };
  const parser = new RawSocketParser(() => listener, line);
  parser.push(Uint8Array.of(0x7f, 0xf1, 0, 0));
  return parser;
}

const message = rawSocketFrame(RawSocketFrameType.MESSAGE, new Uint8Array(MIB));

test('A1 a RawSocket message counts while it is being received, and no longer', () => {
  const { arriving } = memory(Infinity);
  const heard: Uint8Array[] = [];
  const parser = rawSocket(
    arriving.line(() => undefined),
    heard,
  );
  parser.push(message.subarray(0, 1000));
  expect(arriving.used).toBeGreaterThanOrEqual(1000);
  parser.push(message.subarray(1000, 600_000));
  expect(arriving.used).toBeGreaterThanOrEqual(599_000);
  parser.push(message.subarray(600_000));
  expect([heard.length, arriving.used]).toEqual([1, 0]);
  parser.push(message.subarray(0, 500_000));
  parser.stop();
  expect(arriving.used).toBe(0);
});

test('A1 a WebSocket message counts, frame and fragments, until it is whole, discarded, or the connection ends', () => {
  const { arriving } = memory(Infinity);
  const heard: string[] = [];
  const listener = {
    message: (payload: Uint8Array) => heard.push(`message of ${payload.length}`),
    oversized: (_head: Uint8Array, length: number) => heard.push(`oversized ${length}`),
    ping: () => undefined,
    pong: () => undefined,
    closing: () => undefined,
    failed: (code: number) => heard.push(`failed ${code}`),
  };
  const parser = new WebSocketParser(
    listener,
    400_000,
    arriving.line(() => undefined),
  );
  parser.discardLimit = 4 * MIB;
  const part = (opcode: number, final: boolean) =>
    written(clientFrame({ opcode, final, payload: new Uint8Array(100_000) }));

  parser.push(part(Opcode.BINARY, false));
  parser.push(part(Opcode.CONTINUATION, false));
  expect(arriving.used).toBe(200_000);
  parser.push(part(Opcode.CONTINUATION, true));
  expect(arriving.used).toBe(0);

  parser.push(part(Opcode.BINARY, false));
  for (let count = 1; count <= 3; count += 1) parser.push(part(Opcode.CONTINUATION, false));
  expect(arriving.used).toBe(600_000);
  parser.push(part(Opcode.CONTINUATION, true));
  expect(arriving.used).toBe(0);

  parser.push(part(Opcode.BINARY, false));
  const frame = clientFrame({ opcode: Opcode.CONTINUATION });
  parser.push(Buffer.concat([headOf(frame, 200_000), new Uint8Array(50_000)]));
  expect(arriving.used).toBeGreaterThanOrEqual(150_000);
  parser.stop();
  expect([arriving.used, heard]).toEqual([0, ['message of 300000', 'oversized 500000']]);
});

test('A1 while memory is short, the connection ends whose message has been arriving longest, after 5 s', async () => {
  const { clock, limited, arriving } = memory(3 * MIB);
  const ended: string[] = [];
  const parsers = ['first', 'second', 'third', 'fourth'].map((name) => {
    const parser = rawSocket(arriving.line(() => ended.push(name)));
    parser.push(message.subarray(0, 1_000_000));
    clock.advance(1000);
    return parser;
  });
  // More than 3 MiB, but the oldest message began 4 s ago.
  parsers[3]?.push(message.subarray(1_000_000));
  await settle();
  expect([ended, limited.of('arriving_messages')]).toEqual([[], 0]);

  clock.advance(1000);
  parsers[3]?.push(message.subarray(0, 1_000_000));
  await settle();
  expect([ended, limited.of('arriving_messages')]).toEqual([['first'], 1]);
  // The memory of the first counts no longer, so there is enough for the others.
  clock.advance(60_000);
  parsers[1]?.push(message.subarray(1_000_000, 1_000_001));
  await settle();
  expect(ended).toEqual(['first']);
  parsers[0]?.stop();
  for (const parser of parsers) parser.stop();
  expect(arriving.used).toBe(0);
});

test('A1 a client that stalls in the middle of a message gets ABORT wamp.error.limit_exceeded, and others go on', async () => {
  const clock = new ManualClock();
  await using site = await RawSite.open({
    clock,
    limits: { keptSize: 2 * MIB, pingInterval: 0 },
  });
  const { arriving } = coreOf(site.router);
  const stalling = await RawPeer.join(site.port);
  const honest = await RawPeer.join(site.port);
  stalling.write(message.subarray(0, 1_000_000));
  await expect.poll(() => arriving.used).toBeGreaterThanOrEqual(1_000_000);
  clock.advance(6000);
  honest.write(message.subarray(0, 1_000_000));
  expect(await stalling.message()).toEqual([3, expect.anything(), 'wamp.error.limit_exceeded']);
  await stalling.closed();
  expect(site.router.limited.of('arriving_messages')).toBe(1);
  // The rest of its message is not JSON, and ends its session too, as a violation: it was read to the end.
  honest.write(message.subarray(1_000_000));
  expect(await honest.message()).toEqual([3, expect.anything(), 'wamp.error.protocol_violation']);
});
