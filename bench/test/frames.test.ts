/** Frames found in a stream, however it is split; frames that a server takes. */
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { Connection } from '../src/load/connection.ts';
import { MsgpackElements } from '../src/load/elements-msgpack.ts';
import type { Framing } from '../src/load/framing.ts';
import { rawSocket } from '../src/load/rawsocket.ts';
import { Turn } from '../src/load/turn.ts';
import { Opcode, webSocket } from '../src/load/websocket.ts';

/** A frame as a server writes it. */
function serverFrame(first: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65536 ? 4 : 10);
  head[0] = first;
  head[1] = Math.min(length, length < 65536 ? 126 : 127);
  if (length < 126) head[1] = length;
  else if (length < 65536) head.writeUInt16BE(length, 2);
  else head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

interface Found {
  readonly messages: string[];
  readonly pings: string[];
}

/** What a scanner finds in a stream that comes in pieces of these sizes, again and again. */
function scanned(framing: Framing, stream: Buffer, sizes: readonly number[]): Found {
  const found: Found = { messages: [], pings: [] };
  const scanner = framing.scanner({
    message: (bytes, start, end) => found.messages.push(bytes.toString('hex', start, end)),
    ping: (ping) => found.pings.push(ping.toString('hex')),
    closed: () => undefined,
  });
  // One buffer for all reads, as with sockets: what is kept must have been copied.
  const shared = Buffer.alloc(stream.length);
  for (let at = 0, turn = 0; at < stream.length; turn += 1) {
    const size = Math.min(sizes[turn % sizes.length] ?? 1, stream.length - at);
    stream.copy(shared, 0, at, at + size);
    scanner.scan(shared, size);
    shared.fill(0xee, 0, size);
    at += size;
  }
  return found;
}

const size = fc.oneof(fc.nat(300), fc.constantFrom(0, 125, 126, 127, 65535, 65536, 70000));
const payload = size.map((length) => Buffer.alloc(length, `${length}:`));
/** Sizes of the pieces in which a stream comes. */
const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 100_000 })), {
  minLength: 1,
  maxLength: 5,
});
const message = fc.record({
  payload,
  /** Where a message is broken into fragments. */
  breaks: fc.array(fc.nat(70000), { maxLength: 2 }),
  /** A ping before each fragment. */
  pings: fc.boolean(),
});

test('WebSocket: any messages in any pieces are found whole and in order', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), sizes, (messages, pieces) => {
      const stream: Buffer[] = [];
      const pings: string[] = [];
      for (const { payload: whole, breaks, pings: pinged } of messages) {
        const ends = [...breaks.filter((at) => at < whole.length).sort((a, b) => a - b), whole.length];
        ends.forEach((end, index) => {
          if (pinged) {
            stream.push(serverFrame(0x80 | Opcode.PING, Buffer.from([index])));
            pings.push(Buffer.from([index]).toString('hex'));
          }
          const last = index === ends.length - 1 ? 0x80 : 0;
          const opcode = index === 0 ? Opcode.BINARY : Opcode.CONTINUATION;
          stream.push(serverFrame(last | opcode, whole.subarray(ends[index - 1] ?? 0, end)));
        });
      }
      const found = scanned(webSocket, Buffer.concat(stream), pieces);
      expect(found.messages).toEqual(messages.map((one) => one.payload.toString('hex')));
      expect(found.pings).toEqual(pings);
    }),
    { numRuns: 60 },
  );
});

test('RawSocket: any messages in any pieces are found whole and in order', () => {
  const frame = fc.record({ payload, ping: fc.boolean() });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 5 }), sizes, (frames, pieces) => {
      const stream = frames.map(({ payload: whole, ping }) => {
        const prefix = Buffer.from([ping ? 1 : 0, 0, 0, 0]);
        prefix.writeUIntBE(whole.length, 1, 3);
        return Buffer.concat([prefix, whole]);
      });
      const found = scanned(rawSocket, Buffer.concat(stream), pieces);
      const hex = (pings: boolean): string[] =>
        frames.filter(({ ping }) => ping === pings).map((one) => one.payload.toString('hex'));
      expect(found).toEqual({ messages: hex(false), pings: hex(true) });
    }),
    { numRuns: 60 },
  );
});

test('a server takes our frames, and we take its, of any size', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer, isBinary) => {
      socket.send(data, { binary: isBinary });
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const wire = { elements: new MsgpackElements(), turn: new Turn() };
  const connection = await Connection.open(new URL(`ws://127.0.0.1:${port}/`), wire);
  for (const length of [0, 1, 125, 126, 65535, 65536, 100_000]) {
    const sent = Buffer.alloc(length, 'wamp');
    const echo = new Promise<Buffer>((resolve, reject) => {
      connection.receiver = {
        message(bytes, start, end) {
          resolve(Buffer.from(bytes.subarray(start, end)));
        },
        lost(reason) {
          reject(new Error(reason));
        },
      };
    });
    connection.socket.write(webSocket.frame(sent, wire.elements.serializer));
    expect((await echo).equals(sent)).toBe(true);
  }
  connection.destroy();
  await new Promise((resolve) => server.close(resolve));
});
