/** RawSocket framing, by properties: handshakes of both sides, and frames however the stream is cut. */
import {
  RAW_SOCKET_MAX_FRAME,
  RAW_SOCKET_MAX_LIMIT,
  RAW_SOCKET_MIN_LIMIT,
  rawSocketFrame,
  RawSocketError,
  rawSocketLimit,
  RawSocketParser,
  readRawSocketReply,
  readRawSocketRequest,
  writeRawSocketError,
  writeRawSocketHandshake,
  writeRawSocketPrefix,
  type RawSocketListener,
} from '@wamp/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** What a parser has told, in order. */
type Heard = readonly [what: string, bytes?: readonly number[]];

/** Feeds pieces to a parser, and notes what it tells. */
function parse(pieces: readonly Uint8Array[], acceptedLength = RAW_SOCKET_MAX_LIMIT): Heard[] {
  const heard: Heard[] = [];
  const listener: RawSocketListener = {
    acceptedLength,
    message: (frame) => heard.push(['message', [...frame]]),
    ping: (payload) => heard.push(['ping', [...payload]]),
    pong: (payload) => heard.push(['pong', [...payload]]),
    failed: (failure) => heard.push([failure]),
  };
  const parser = new RawSocketParser((octets) => {
    heard.push(['handshake', [...octets]]);
    return listener;
  });
  for (const piece of pieces) parser.push(piece);
  return heard;
}

/** `bytes`, cut at the places given. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places].map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const HELLO = writeRawSocketHandshake({ limit: RAW_SOCKET_MAX_LIMIT, serializer: 1 });
const NAMES = ['message', 'ping', 'pong'] as const;

const frames = fc.array(
  fc.record({ type: fc.constantFrom(0, 1, 2), payload: fc.uint8Array({ maxLength: 300 }) }),
  { maxLength: 8 },
);

describe('the handshake', () => {
  test('RAW-1 RAW-2 the octets of the specification: magic, length and serializer, two of zero', () => {
    expect([...writeRawSocketHandshake({ limit: 2 ** 9, serializer: 1 })]).toEqual([0x7f, 0x01, 0, 0]);
    expect([...writeRawSocketHandshake({ limit: 2 ** 24, serializer: 2 })]).toEqual([0x7f, 0xf2, 0, 0]);
    expect([...writeRawSocketHandshake({ limit: 2 ** 20, serializer: 3 })]).toEqual([0x7f, 0xb3, 0, 0]);
  });

  test('RAW-2 RAW-4 what one side writes, the other reads', () => {
    const power = fc.integer({ min: 9, max: 24 });
    fc.assert(
      fc.property(power, fc.integer({ min: 1, max: 15 }), (exponent, serializer) => {
        const octets = writeRawSocketHandshake({ limit: 2 ** exponent, serializer });
        expect(readRawSocketRequest(octets)).toEqual({ limit: 2 ** exponent, serializer });
        expect(readRawSocketReply(octets, serializer)).toEqual({ limit: 2 ** exponent });
      }),
    );
  });

  test('RAW-2 a limit between two powers of two is announced as the lower one, and never below 512', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 25 }), (limit) => {
        const told = rawSocketLimit(limit);
        expect(Number.isInteger(Math.log2(told))).toBe(true);
        expect(told).toBe(
          limit < RAW_SOCKET_MIN_LIMIT
            ? RAW_SOCKET_MIN_LIMIT
            : Math.min(2 ** Math.floor(Math.log2(limit)), RAW_SOCKET_MAX_LIMIT),
        );
        expect(readRawSocketRequest(writeRawSocketHandshake({ limit, serializer: 1 }))).toMatchObject({
          limit: told,
        });
      }),
    );
  });

  test('RAW-2 RAW-3 RAW-5 T-35 a router judges any four octets', () => {
    const octet = fc.oneof(fc.constantFrom(0, 0x7f, 0xf1), fc.nat(255));
    fc.assert(
      fc.property(fc.tuple(octet, octet, octet, octet), (octets) => {
        const [magic, second, third, fourth] = octets;
        const expected =
          magic !== 0x7f
            ? undefined
            : third !== 0 || fourth !== 0
              ? RawSocketError.RESERVED_BITS_USED
              : (second & 15) === 0
                ? RawSocketError.SERIALIZER_UNSUPPORTED
                : { limit: 2 ** (9 + (second >> 4)), serializer: second & 15 };
        expect(readRawSocketRequest(Uint8Array.from(octets))).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    [RawSocketError.SERIALIZER_UNSUPPORTED, [0x7f, 0x10, 0, 0], 'serializer unsupported'],
    [RawSocketError.LIMIT_UNACCEPTABLE, [0x7f, 0x20, 0, 0], 'maximum message length unacceptable'],
    [RawSocketError.RESERVED_BITS_USED, [0x7f, 0x30, 0, 0], 'use of reserved bits (unsupported feature)'],
    [RawSocketError.TOO_MANY_CONNECTIONS, [0x7f, 0x40, 0, 0], 'maximum connection count reached'],
  ])('RAW-5 error %i is %j', (error, octets, words) => {
    expect([...writeRawSocketError(error)]).toEqual(octets);
    expect(readRawSocketReply(writeRawSocketError(error), 1)).toEqual({ refused: words, error });
  });

  test.each([
    [[0x7f, 0xf2, 0, 0], { refused: 'the reply has serializer 2 instead of 1' }],
    [[0x7f, 0x00, 0, 0], { refused: 'error 0', error: 0 }],
    [[0x7f, 0x50, 0, 0], { refused: 'error 5', error: 5 }],
    [[0x7f, 0xf1, 0, 1], { refused: 'the reply uses reserved bits' }],
    [[0x48, 0x54, 0x54, 0x50], { refused: 'the reply is not a RawSocket handshake' }],
  ])('RAW-4 RAW-5 a client that asked for serializer 1 takes %j for a refusal', (octets, refusal) => {
    expect(readRawSocketReply(Uint8Array.from(octets), 1)).toEqual(refusal);
  });
});

describe('frames', () => {
  test('RAW-1 RAW-7 a prefix is the type and 24 bits of length, the greatest first', () => {
    const prefix = new Uint8Array(6);
    writeRawSocketPrefix(prefix, 1, 0x123456, 2);
    expect([...prefix]).toEqual([0, 2, 0x12, 0x34, 0x56, 0]);
    writeRawSocketPrefix(prefix, 0, RAW_SOCKET_MAX_FRAME, 0);
    expect([...prefix.subarray(0, 4)]).toEqual([0, 0xff, 0xff, 0xff]);
  });

  test('RAW-7 RAW-8 frames come out as they went in, however the stream is cut', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(), { maxLength: 20 }), (sent, places) => {
        const stream = concat(HELLO, ...sent.map(({ type, payload }) => rawSocketFrame(type, payload)));
        const expected = sent.map(({ type, payload }) => [NAMES[type], [...payload]]);
        expect(parse(cut(stream, places))).toEqual([['handshake', [...HELLO]], ...expected]);
      }),
      { numRuns: 500 },
    );
  });

  test('RAW-7 octet by octet is as good as all at once', () => {
    const stream = concat(HELLO, rawSocketFrame(0, new Uint8Array(70_000).fill(7)), rawSocketFrame(1, HELLO));
    const places = Array.from(stream, (_octet, index) => index);
    expect(parse(cut(stream, places))).toEqual(parse([stream]));
    expect(parse([stream])).toHaveLength(3);
  });

  test('RAW-7 X is the 25th bit of the length: 2^24 octets, and nothing else', () => {
    const body = new Uint8Array(2 ** 24).fill(1);
    let length = -1;
    const listener: RawSocketListener = {
      acceptedLength: RAW_SOCKET_MAX_LIMIT,
      message: (frame) => (length = frame.length),
      ping: () => undefined,
      pong: () => undefined,
      failed: () => undefined,
    };
    const parser = new RawSocketParser(() => listener);
    parser.push(HELLO);
    parser.push(Uint8Array.of(0x08, 0, 0, 0));
    for (let at = 0; at < body.length; at += 1_000_001) parser.push(body.subarray(at, at + 1_000_001));
    expect(length).toBe(2 ** 24);
    expect(parse([HELLO, Uint8Array.of(0x08, 0, 0, 1)])).toEqual([['handshake', [...HELLO]], ['protocol']]);
    expect(parse([HELLO, Uint8Array.of(0x08, 0, 0, 0)], 2 ** 23)).toEqual([
      ['handshake', [...HELLO]],
      ['oversize'],
    ]);
  });

  test('RAW-6 RAW-7 T-35 any prefix is a frame, or the end', () => {
    const octet = fc.nat(255);
    fc.assert(
      fc.property(
        fc.tuple(octet, octet, octet, octet),
        fc.integer({ min: 9, max: 24 }),
        (octets, exponent) => {
          const [flags, high, middle, low] = octets;
          const limit = 2 ** exponent;
          const length = (high << 16) + (middle << 8) + low;
          const broken = flags > 15 || (flags & 7) > 2 || (flags > 7 && length > 0);
          const tooLong = length + (flags > 7 ? 2 ** 24 : 0) > limit;
          const fault = broken ? [['protocol']] : tooLong ? [['oversize']] : undefined;
          const heard = parse([HELLO, Uint8Array.from(octets)], limit).slice(1);
          if (fault !== undefined) expect(heard).toEqual(fault);
          else
            expect(heard).toEqual(length === 0 && flags < 8 ? [[NAMES[(flags & 7) as 0 | 1 | 2], []]] : []);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('RAW-6 a frame of the limit is taken, one octet more is not, and nothing after it', () => {
    const fits = rawSocketFrame(0, new Uint8Array(512));
    const exceeds = rawSocketFrame(0, new Uint8Array(513));
    const heard = parse([concat(HELLO, fits, exceeds, fits)], 512).map(([what]) => what);
    expect(heard).toEqual(['handshake', 'message', 'oversize']);
  });

  test('a frame that is only announced takes no memory', () => {
    const before = process.memoryUsage().arrayBuffers;
    const parsers = Array.from({ length: 100 }, () => {
      const listener: RawSocketListener = {
        acceptedLength: RAW_SOCKET_MAX_LIMIT,
        message: () => undefined,
        ping: () => undefined,
        pong: () => undefined,
        failed: () => undefined,
      };
      const parser = new RawSocketParser(() => listener);
      parser.push(concat(HELLO, Uint8Array.of(0, 0xff, 0xff, 0xff, 1)));
      return parser;
    });
    const taken = process.memoryUsage().arrayBuffers - before;
    for (const parser of parsers) parser.stop();
    expect(taken).toBeLessThan(100 * 200 * 1024);
  });

  test('nothing is read before the handshake is accepted, nor after the parser was stopped', () => {
    const refused: string[] = [];
    const parser = new RawSocketParser(() => {
      refused.push('handshake');
      return undefined;
    });
    parser.push(concat(HELLO, HELLO, HELLO));
    expect(refused).toEqual(['handshake']);

    const heard: string[] = [];
    const stopped: RawSocketParser = new RawSocketParser(() => ({
      acceptedLength: 512,
      message: () => {
        heard.push('message');
        stopped.stop();
      },
      ping: () => heard.push('ping'),
      pong: () => heard.push('pong'),
      failed: () => heard.push('failed'),
    }));
    stopped.push(
      concat(HELLO, rawSocketFrame(0, HELLO), rawSocketFrame(1, HELLO), Uint8Array.of(255, 0, 0, 0)),
    );
    stopped.push(HELLO);
    expect(heard).toEqual(['message']);
  });
});
