/** What is written to a socket: all of it, in order, once a turn. */
import { setImmediate as turn } from 'node:timers/promises';
import { json, MessageType, Payload, type Message } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as ws from 'ws';
import { BatchSink } from '../src/transports/batching.ts';
import { Framer, type Framing } from '../src/output/framing.ts';
import { FlushQueue, MOST_PENDING } from '../src/output/flush-queue.ts';
import { Outbox } from '../src/output/outbox.ts';
import { framingFor } from '../src/transports/websocket-transport.ts';
import { Line } from './support/line.ts';
import { RAW } from './support/raw-framing.ts';

/** What ws itself writes with; its type declarations keep it to themselves. */
interface Sender {
  send(data: Uint8Array, options: Readonly<Record<string, boolean>>): void;
}
const { Sender: LibrarySender } = ws as unknown as { Sender: new (socket: Line) => Sender };

/** The bytes that the frames are, one by one. */
function framed(frames: readonly Uint8Array[], framing: Framing): Buffer {
  const parts = frames.flatMap((frame) => {
    const header = Buffer.alloc(framing.headerSize(frame.length));
    framing.writeHeader(header, 0, frame.length);
    return [header, frame];
  });
  return Buffer.concat(parts);
}

function numbered(count: number, size = 4): Buffer[] {
  return Array.from({ length: count }, (_item, index) => {
    const frame = Buffer.alloc(size, index & 0xff);
    frame.writeUInt32BE(index);
    return frame;
  });
}

describe.each([
  ['text', false],
  ['binary', true],
])('a WebSocket of %s', (_name, binary) => {
  test('WS-2 WS-3 the bytes are those that ws.send writes', async () => {
    const lengths = [
      0, 1, 2, 124, 125, 126, 127, 128, 1000, 16_384, 16_385, 65_534, 65_535, 65_536, 65_537, 300_000,
    ];
    const frames = lengths.map((length) => Buffer.alloc(length, 'wamp'));
    const theirs = new Line();
    const sender = new LibrarySender(theirs);
    for (const frame of frames) sender.send(frame, { binary, compress: false, fin: true, mask: false });
    const ours = new Line();
    const outbox = new Outbox(ours, framingFor(binary ? cbor : json), new FlushQueue());
    for (const frame of frames) outbox.push(frame);
    await turn();
    expect(ours.output.equals(theirs.output)).toBe(true);
  });
});

describe('an outbox', () => {
  test('RAW-7 frames of any sizes in any turns come out in order', async () => {
    const size = fc.oneof(fc.nat(200), fc.nat(40_000), fc.constantFrom(16_384, 16_385, 65_536, 262_145));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(size, { maxLength: 12 }), { maxLength: 4 }), async (turns) => {
        const line = new Line();
        const queue = new FlushQueue();
        const outbox = new Outbox(line, RAW, queue);
        const frames = turns.map((sizes, index) => sizes.map((length) => Buffer.alloc(length, index + 1)));
        for (const each of frames) {
          for (const frame of each) outbox.push(frame);
          await turn();
        }
        expect(outbox.backlog).toBe(0);
        expect(line.output.equals(framed(frames.flat(), RAW))).toBe(true);
      }),
    );
  });

  test('10,000 messages of one turn come in order, with few writes', async () => {
    const line = new Line();
    const outbox = new Outbox(line, framingFor(json), new FlushQueue());
    const frames = numbered(10_000, 60);
    for (const frame of frames) outbox.push(frame);
    await turn();
    expect(line.output.equals(framed(frames, framingFor(json)))).toBe(true);
    expect(line.writes).toBeLessThan(10);
  });

  test('a lone message is written within the turn, and nothing before it ends', async () => {
    const line = new Line();
    const outbox = new Outbox(line, RAW, new FlushQueue());
    outbox.push(Buffer.of(7));
    expect([line.writes, outbox.backlog]).toEqual([0, 5]);
    await turn();
    expect([line.writes, outbox.backlog]).toEqual([1, 0]);
  });

  test('one queue serves many sockets, each with one write', async () => {
    const queue = new FlushQueue();
    const lines = Array.from({ length: 50 }, () => new Line());
    const outboxes = lines.map((line) => new Outbox(line, RAW, queue));
    const frames = numbered(20);
    for (const frame of frames) for (const outbox of outboxes) outbox.push(frame);
    await turn();
    for (const line of lines) {
      expect(line.writes).toBe(1);
      expect(line.output.equals(framed(frames, RAW))).toBe(true);
    }
  });

  test('what is pending beyond the mark is written at once', () => {
    const line = new Line();
    const outbox = new Outbox(line, RAW, new FlushQueue());
    const frames = numbered(9, 32 * 1024);
    for (const frame of frames.slice(0, 7)) outbox.push(frame);
    expect(line.writes).toBe(0);
    for (const frame of frames.slice(7)) outbox.push(frame);
    expect(line.output.length).toBeGreaterThan(MOST_PENDING);
    outbox.flush();
    expect(line.output.equals(framed(frames, RAW))).toBe(true);
  });

  test('a large frame is not copied', () => {
    const line = new Line();
    const outbox = new Outbox(line, RAW, new FlushQueue());
    const large = Buffer.alloc(100_000, 1);
    outbox.push(large);
    outbox.flush();
    expect(line.written).toContain(large);
  });

  test('what a peer does not read is backlog, and arrives in order when it reads again', async () => {
    const line = new Line();
    line.block();
    const outbox = new Outbox(line, RAW, new FlushQueue());
    const frames = numbered(300, 10_000);
    const half = frames.length / 2;
    for (const frame of frames.slice(0, half)) outbox.push(frame);
    await turn();
    expect(outbox.backlog).toBe(half * 10_004);
    for (const frame of frames.slice(half)) outbox.push(frame);
    await turn();
    expect(outbox.backlog).toBe(frames.length * 10_004);
    line.unblock();
    await turn();
    expect(outbox.backlog).toBe(0);
    expect(line.output.equals(framed(frames, RAW))).toBe(true);
  });

  test.each([
    ['ended', (line: Line) => line.end()],
    ['destroyed', (line: Line) => line.destroy()],
  ])('to a socket that is %s nothing is written, and nothing fails', async (_what, end) => {
    const line = new Line();
    const errors: Error[] = [];
    line.on('error', (error) => errors.push(error));
    const outbox = new Outbox(line, RAW, new FlushQueue());
    outbox.push(Buffer.of(1));
    outbox.flush();
    outbox.push(Buffer.of(2));
    end(line);
    await turn();
    outbox.push(Buffer.of(3));
    outbox.flush();
    await turn();
    expect(line.output.equals(framed([Buffer.of(1)], RAW))).toBe(true);
    expect(errors).toEqual([]);
    expect(outbox.backlog).toBe(0);
  });
});

/** Events as a router gets them: their payloads are ranges of what came in. */
function events(count: number, size: number): Message[] {
  return Array.from({ length: count }, (_item, index) =>
    json.decode(
      json.encode({
        type: MessageType.EVENT,
        subscription: 1,
        publication: index + 1,
        details: {},
        payload: Payload.of([index, 'x'.repeat(size)]),
      }),
    ),
  );
}

describe('messages framed already', () => {
  test.each([20, 200, 17_000, 70_000])(
    'come in order, with few writes: 10,000 or so of %i bytes',
    async (size) => {
      const line = new Line();
      const queue = new FlushQueue();
      const outbox = new Outbox(line, RAW, queue);
      const framer = new Framer(json, RAW, queue.memory);
      const messages = events(size < 1000 ? 10_000 : 60, size);
      for (const message of messages) outbox.pushFramed(framer.frame(message));
      await turn();
      const wanted = framed(
        messages.map((message) => json.encode(message)),
        RAW,
      );
      expect(line.output.equals(wanted)).toBe(true);
      expect(line.writes).toBeLessThan(
        2 + wanted.length / MOST_PENDING + (size < 1000 ? 0 : messages.length / 2),
      );
      expect(outbox.backlog).toBe(0);
    },
  );

  test('keep their order among ordinary ones, for all sizes, turns and flushes', async () => {
    const size = fc.oneof(fc.nat(200), fc.constantFrom(16_300, 16_384, 17_000, 70_000, 300_000));
    const step = fc.tuple(size, fc.constantFrom('framed', 'ordinary', 'both', 'flush', 'turn'));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const [line, other] = [new Line(), new Line()];
        const queue = new FlushQueue();
        const outboxes = [line, other].map((socket) => new Outbox(socket, RAW, queue));
        const framer = new Framer(json, RAW, queue.memory);
        const wanted: Uint8Array[][] = [[], []];
        for (const [length, how] of steps) {
          const [message] = events(1, length);
          if (how === 'turn') await turn();
          else if (how === 'flush') outboxes[0]?.flush();
          else if (message !== undefined) {
            const frame = how === 'ordinary' ? undefined : framer.frame(message);
            const encoded = json.encode(message);
            for (const index of how === 'both' ? [0, 1] : [0]) {
              if (frame === undefined) outboxes[index]?.push(encoded);
              else outboxes[index]?.pushFramed(frame);
              wanted[index]?.push(encoded);
            }
          }
        }
        await turn();
        expect(line.output.equals(framed(wanted[0] ?? [], RAW))).toBe(true);
        expect(other.output.equals(framed(wanted[1] ?? [], RAW))).toBe(true);
        expect(outboxes.map(({ backlog }) => backlog)).toEqual([0, 0]);
      }),
      { numRuns: 150 },
    );
  });

  test('a mark that is passed within a message is no place to tear it', () => {
    const line = new Line();
    const queue = new FlushQueue();
    const outbox = new Outbox(line, RAW, queue);
    const framer = new Framer(json, RAW, queue.memory);
    const messages = [...events(4, 60_000), ...events(1, 300_000), ...events(3, 10)];
    for (const message of messages) {
      outbox.pushFramed(framer.frame(message));
      expect(outbox.backlog).toBeLessThanOrEqual(MOST_PENDING);
    }
    outbox.flush();
    const wanted = framed(
      messages.map((message) => json.encode(message)),
      RAW,
    );
    expect(line.output.equals(wanted)).toBe(true);
  });

  test.each([
    [
      'framed',
      (outbox: Outbox, framer: Framer, message: Message) => outbox.pushFramed(framer.frame(message)),
    ],
    ['ordinary', (outbox: Outbox, _framer: Framer, message: Message) => outbox.push(json.encode(message))],
  ])('a stream that brings an answer while it is written to tears no message: %s', (_how, send) => {
    const [message, answer] = events(2, 300_000);
    if (message === undefined || answer === undefined) throw new Error('no events');
    const queue = new FlushQueue();
    const framer = new Framer(json, RAW, queue.memory);
    const line = new (class extends Line {
      override _write(chunk: Buffer, encoding: string, done: () => void): void {
        if (this.writes === 0) queueAnswer();
        super._write(chunk, encoding, done);
      }

      override _writev(chunks: { readonly chunk: Buffer }[], done: () => void): void {
        if (this.writes === 0) queueAnswer();
        super._writev(chunks, done);
      }
    })();
    const outbox = new Outbox(line, RAW, queue);
    let answered = false;
    const queueAnswer = (): void => {
      if (answered) return;
      answered = true;
      send(outbox, framer, answer);
    };
    send(outbox, framer, message);
    outbox.flush();
    const wanted = [message, answer].map((each) => json.encode(each));
    expect(line.output.equals(framed(wanted, RAW))).toBe(true);
  });

  /** How much memory the buffers are a part of, each counted once. */
  function held(buffers: readonly Buffer[]): number {
    return [...new Set(buffers.map(({ buffer }) => buffer))].reduce(
      (sum, { byteLength }) => sum + byteLength,
      0,
    );
  }

  test.each([
    ['small ones', (index: number) => events(1, index % 90)],
    ['one and two a turn', (index: number) => events(1 + (index % 2), 1000)],
    ['of payloads that came within something larger', (index: number) => [within(index, 17_000, 200_000)]],
  ])(
    'threat 28: what a stuck peer does not read holds little more memory than it counts: %s',
    async (_what, some) => {
      const [stuck, others] = [new Line(), Array.from({ length: 20 }, () => new Line())];
      stuck.block();
      const queue = new FlushQueue();
      const outbox = new Outbox(stuck, RAW, queue);
      const rest = others.map((line) => new Outbox(line, RAW, queue));
      const framer = new Framer(json, RAW, queue.memory);
      for (let index = 0; index < 150; index += 1) {
        for (const message of some(index)) {
          const frame = framer.frame(message);
          outbox.pushFramed(frame);
          for (const each of rest) {
            each.pushFramed(frame);
            each.pushFramed(framer.frame({ ...message }));
          }
        }
        await turn();
      }
      const counted = outbox.backlog;
      stuck.unblock();
      await turn();
      // The first of all was written while the peer still read.
      expect(held(stuck.written.slice(1))).toBeLessThan(2 * counted + 64 * 1024);
    },
  );

  /** An event of this payload that came in a message with options of that length. */
  function within(index: number, size: number, around: number): Message {
    const published = json.decode(
      json.encode({
        type: MessageType.PUBLISH,
        request: index + 1,
        options: { x_long: 'y'.repeat(around) },
        topic: 'com.topic',
        payload: Payload.of(['x'.repeat(size)]),
      }),
    );
    const payload = 'payload' in published ? published.payload : Payload.none;
    return { type: MessageType.EVENT, subscription: 1, publication: index + 1, details: {}, payload };
  }
});

describe('a batch', () => {
  test('BAT-1 holds all messages of a turn, and is one message below', async () => {
    const line = new Line();
    const queue = new FlushQueue();
    const sink = new BatchSink(new Outbox(line, RAW, queue), json, queue);
    for (const text of ['[1]', '[2]', '[3]']) sink.push(Buffer.from(text));
    expect(sink.backlog).toBe(9);
    await turn();
    expect(line.output.equals(framed([Buffer.from('[1]\u001e[2]\u001e[3]\u001e')], RAW))).toBe(true);
    sink.push(Buffer.from('[4]'));
    await turn();
    expect(line.output.subarray(-4).toString()).toBe('[4]\u001e');
    expect(sink.backlog).toBe(0);
  });

  test('BAT-3 is never empty', async () => {
    const line = new Line();
    const queue = new FlushQueue();
    const sink = new BatchSink(new Outbox(line, RAW, queue), cbor, queue);
    sink.flush();
    await turn();
    expect(line.writes).toBe(0);
  });

  test('BAT-2 ends where there is too much for one', () => {
    const line = new Line();
    const queue = new FlushQueue();
    const sink = new BatchSink(new Outbox(line, RAW, queue), cbor, queue);
    for (const frame of numbered(9, 32 * 1024)) sink.push(frame);
    expect(line.output.length).toBe(9 * (32 * 1024 + 4) + 4);
  });
});
