/** Messages framed where they are written: the same octets as a header and an encoded message, for good. */
import {
  json,
  MessageType,
  Payload,
  SerializationFailure,
  type Message,
  type Serializer,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Outlets } from '../src/output/outlet.ts';
import { Work } from '../src/core/work.ts';
import { FrameMemory } from '../src/output/frame-memory.ts';
import { Framer, type Framed, type Framing } from '../src/output/framing.ts';
import { framingFor } from '../src/transports/websocket-transport.ts';
import { RAW } from './support/raw-framing.ts';

const DEEP = process.env['WAMP_DEEP'] === '1';

/** The octets of a frame, its payload put where it belongs. */
function assembled({ bytes, start, end, insert }: Framed): Buffer {
  if (insert === undefined) return Buffer.from(bytes.subarray(start, end));
  return Buffer.concat([bytes.subarray(start, insert.at), insert.bytes, bytes.subarray(insert.at, end)]);
}

/** The ordinary path: a header, and the message encoded into memory of its own. */
function ordinary(message: Message, serializer: Serializer, framing: Framing): Buffer {
  const encoded = serializer.encode(message);
  const header = Buffer.alloc(framing.headerSize(encoded.length));
  framing.writeHeader(header, 0, encoded.length);
  return Buffer.concat([header, encoded]);
}

function event(payload: Payload, details: Readonly<Record<string, unknown>> = {}): Message {
  return { type: MessageType.EVENT, subscription: 1, publication: 2, details, payload };
}

/** An event whose payload is text of this length. */
function sized(length: number, letter = 'x'): Message {
  return event(Payload.of([letter.repeat(length)]));
}

/** The message as a router receives it: its payload is a range of the received bytes. */
function received(message: Message, serializer: Serializer): Message {
  return serializer.decode(serializer.encode(message));
}

const KINDS = [json, msgpack, cbor].flatMap((serializer) => [
  { name: `${serializer.name} over WebSocket`, serializer, framing: framingFor(serializer) },
  { name: `${serializer.name} over RawSocket`, serializer, framing: RAW },
]);

const length = fc.oneof(
  { weight: 6, arbitrary: fc.nat(140) },
  { weight: 3, arbitrary: fc.integer({ min: 100, max: 130 }) },
  { weight: 2, arbitrary: fc.nat(9000) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(8192, 16_384, 32_768, 65_536, 200_000), fc.integer({ min: -30, max: 30 }))
      .map(([around, off]) => around + off),
  },
);

const messages: fc.Arbitrary<Message> = fc
  .record({
    length,
    letter: fc.constantFrom('x', 'ü', '"'),
    options: fc.oneof(
      { weight: 5, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: fc.record({ topic: length.map((count) => 't'.repeat(count)) }) },
    ),
    origin: fc.constantFrom('made here', 'json', 'msgpack', 'cbor'),
    kwargs: fc.boolean(),
  })
  .map(({ length: count, letter, options, origin, kwargs }) => {
    const message = event(Payload.of([letter.repeat(count)], kwargs ? { a: count } : {}), options);
    const from = [json, msgpack, cbor].find(({ name }) => name === origin);
    return from === undefined ? message : received(message, from);
  });

describe.each(KINDS)('$name', ({ serializer, framing }) => {
  test('WS-2 RAW-7 what a framer writes is a header and the encoded message, and stays so', () => {
    fc.assert(
      fc.property(fc.array(messages, { minLength: 1, maxLength: 40 }), (all) => {
        const framer = new Framer(serializer, framing, new FrameMemory());
        const frames = all.map((message) => {
          const frame = framer.frame(message);
          const wanted = ordinary(message, serializer, framing);
          expect(frame.length).toBe(wanted.length - framing.headerSize(frame.length));
          return { frame, wanted };
        });
        // Only now: what was handed out must not have changed when others were written.
        for (const { frame, wanted } of frames) expect(assembled(frame).equals(wanted)).toBe(true);
      }),
      { numRuns: DEEP ? 2000 : 40 },
    );
  });

  test('the ends of every header and of the path without copies', () => {
    const framer = new Framer(serializer, framing, new FrameMemory());
    const frames: [Framed, Buffer][] = [];
    for (const around of [125, 16_384, 65_536, 8192])
      for (let count = around - 40; count <= around + 5; count += 1)
        for (const message of [sized(count), received(sized(count), serializer)])
          frames.push([framer.frame(message), ordinary(message, serializer, framing)]);
    for (const [frame, wanted] of frames) expect(assembled(frame).equals(wanted)).toBe(true);
  });

  test('reliability 6: a message without a form leaves those around it right', () => {
    const framer = new Framer(serializer, framing, new FrameMemory());
    const bad: readonly Message[] = [
      event(Payload.of([() => 1])),
      event(Payload.of([Symbol('x')], { a: 1 })),
      event(Payload.of(['x'.repeat(20_000), new Map()])),
      event(Payload.of([1]), { topic: 't'.repeat(20_000), x_bad: new Set() }),
    ];
    const frames: [Framed, Buffer][] = [];
    for (let round = 0; round < 60; round += 1) {
      const message = sized(round * 97, 'y');
      frames.push([framer.frame(message), ordinary(message, serializer, framing)]);
      for (const each of bad) expect(() => framer.frame(each)).toThrow(SerializationFailure);
    }
    for (const [frame, wanted] of frames) expect(assembled(frame).equals(wanted)).toBe(true);
  });

  test('10,000 messages of one framer: each is framed correctly, whatever precedes and follows', () => {
    const framer = new Framer(serializer, framing, new FrameMemory());
    const frames = Array.from({ length: 10_000 }, (_item, index) => {
      const message = event(Payload.of([index, 'x'.repeat((index * 37) % 300)]));
      return { message, frame: framer.frame(message) };
    });
    for (const { message, frame } of frames)
      if (!assembled(frame).equals(ordinary(message, serializer, framing)))
        expect(assembled(frame)).toEqual(ordinary(message, serializer, framing));
  });

  test('the last frame is remembered for its message alone', () => {
    const framer = new Framer(serializer, framing, new FrameMemory());
    const [one, two] = [sized(3), sized(3, 'y')];
    const first = framer.frame(one);
    expect(framer.frame(one)).toBe(first);
    // An equal message is another message.
    expect(framer.frame({ ...one })).not.toBe(first);
    expect(assembled(framer.frame(two)).equals(ordinary(two, serializer, framing))).toBe(true);
    expect(() => framer.frame(event(Payload.of([() => 1])))).toThrow(SerializationFailure);
    expect(assembled(framer.frame(two)).equals(ordinary(two, serializer, framing))).toBe(true);
    expect(assembled(framer.frame(one)).equals(ordinary(one, serializer, framing))).toBe(true);
    expect(assembled(first).equals(ordinary(one, serializer, framing))).toBe(true);
  });

  test.each([10, 300, 20_000])(
    'a value that frames another message while it is written: %i bytes',
    (size) => {
      const framer = new Framer(serializer, framing, new FrameMemory());
      const inner: Framed[] = [];
      const value = new (class {
        toJSON(): unknown {
          inner.push(framer.frame(sized(size, 'i')), framer.frame(sized(5, 'j')));
          return { twice: 'x'.repeat(size) };
        }
      })();
      const outer = [
        framer.frame(event(Payload.of([value]))),
        framer.frame(event(Payload.of([1]), { x_value: value })),
      ];
      const after = framer.frame(sized(7, 'a'));
      const plain = { twice: 'x'.repeat(size) };
      const wanted = [event(Payload.of([plain])), event(Payload.of([1]), { x_value: plain }), sized(7, 'a')];
      [...outer, after].forEach((frame, index) => {
        expect(assembled(frame).equals(ordinary(wanted[index] ?? sized(0), serializer, framing))).toBe(true);
      });
      expect(inner.length).toBeGreaterThan(0);
      inner.forEach((frame, index) => {
        const message = index % 2 === 0 ? sized(size, 'i') : sized(5, 'j');
        expect(assembled(frame).equals(ordinary(message, serializer, framing))).toBe(true);
      });
    },
  );
});

test('RAW-6 an outlet sends no message that is longer than its transport takes, and does not hold it beyond the turn', () => {
  const sent: number[] = [];
  const transport = {
    serializer: json,
    backlog: 0,
    limit: 100,
    listener: undefined,
    send: (frame: Uint8Array) => sent.push(frame.length),
    close: () => undefined,
  };
  const framedTransport = {
    ...transport,
    framing: RAW,
    sendFramed: ({ length: count }: Framed) => sent.push(count),
  };
  for (const each of [transport, framedTransport]) {
    const memory = new FrameMemory();
    const outlet = new Outlets(memory, new Work(Infinity)).for(each);
    expect(outlet.encode(sized(200))).toBeGreaterThan(200);
    outlet.send();
    const short = outlet.encode(sized(1));
    outlet.send();
    memory.settle();
    outlet.send();
    expect(sent.splice(0)).toEqual([short]);
  }
});
