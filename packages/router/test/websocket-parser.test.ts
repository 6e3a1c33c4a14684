/** WebSocket frames out of octets, without a socket (RFC 6455 §5; reliability.md, threats 4, 8 and 9). */
import type { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as ws from 'ws';
import { Opcode, WebSocketParser } from '../src/transports/websocket-parser.ts';
import {
  clientFrame,
  headOf,
  Hearer,
  parsed,
  written,
  type ClientFrame,
  type LengthForm,
  type Told,
} from './support/client-frames.ts';

/** What ws itself reads with; its type declarations keep it to themselves. */
const { Receiver } = ws as unknown as {
  Receiver: new (options: Readonly<Record<string, number | boolean>>) => Writable;
};

const DEEP = process.env['WAMP_DEEP'] === '1';
const LIMIT = 4096;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What is told of the frames, by the rules and without any octets. */
function model(frames: readonly ClientFrame[], limit: number): Told[] {
  const told: Told[] = [];
  let open: { readonly kind: 'text' | 'binary'; hex: string; count: number } | undefined;
  for (const frame of frames) {
    const fault = faultOf(frame, open, limit);
    if (fault !== undefined) return [...told, ['failed', fault]];
    const hex = Buffer.from(frame.payload).toString('hex');
    if (frame.opcode === Opcode.CLOSE) return [...told, closeOf(frame.payload)];
    if (frame.opcode === Opcode.PING) told.push(['ping', hex]);
    else if (frame.opcode === Opcode.PONG) told.push(['pong', hex]);
    else {
      open ??= { kind: frame.opcode === Opcode.BINARY ? 'binary' : 'text', hex: '', count: 0 };
      open.hex += hex;
      open.count += 1;
      if (open.count > 1024) return [...told, ['failed', 1008]];
      if (!frame.final) continue;
      told.push(['message', open.kind, open.hex]);
      open = undefined;
    }
  }
  return told;
}

function faultOf(
  { opcode, payload, final, reserved, mask, form }: ClientFrame,
  open: { readonly hex: string } | undefined,
  limit: number,
): number | undefined {
  if (reserved !== 0 || mask === undefined) return 1002;
  if (opcode >= 8)
    return opcode > 10 || !final || payload.length > 125 || form !== 'short' ? 1002 : undefined;
  if (opcode > 2 || (opcode === 0) !== (open !== undefined)) return 1002;
  return payload.length + (open?.hex.length ?? 0) / 2 > limit ? 1009 : undefined;
}

function closeOf(payload: Uint8Array): Told {
  const [high, low] = payload;
  if (high === undefined) return ['closing', 1005];
  if (low === undefined) return ['failed', 1002];
  const code = 256 * high + low;
  const known = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
  if (!known.includes(code) && (code < 3000 || code > 4999)) return ['failed', 1002];
  const reason = Buffer.from(payload.subarray(2));
  return Buffer.from(reason.toString()).equals(reason) ? ['closing', code] : ['failed', 1007];
}

const octets = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc.constantFrom(0, 1, 124, 125, 126, 127, 300).map((length) => new Uint8Array(length).fill(length)),
);
const mask = fc.uint8Array({ minLength: 4, maxLength: 4 });
const form = fc.constantFrom<LengthForm>('short', '16 bits', '64 bits');

const control: fc.Arbitrary<ClientFrame> = fc
  .record({
    opcode: fc.constantFrom(Opcode.PING, Opcode.PONG),
    payload: fc.uint8Array({ maxLength: 125 }),
    mask,
  })
  .map(clientFrame);

/** One message in one fragment or several, with controls between them. */
const message: fc.Arbitrary<readonly ClientFrame[]> = fc
  .tuple(
    fc.constantFrom(Opcode.TEXT, Opcode.BINARY),
    fc.array(fc.record({ payload: octets, mask, form, between: fc.option(control) }), {
      minLength: 1,
      maxLength: 5,
    }),
  )
  .map(([kind, fragments]) =>
    fragments.flatMap(({ between, ...fragment }, index) => {
      const opcode = index === 0 ? kind : Opcode.CONTINUATION;
      const data = clientFrame({ ...fragment, opcode, final: index === fragments.length - 1 });
      return between === null ? [data] : [between, data];
    }),
  );

/** Mostly proper codes and reasons. */
const closing: fc.Arbitrary<ClientFrame> = fc
  .oneof(
    fc.constant(new Uint8Array(0)),
    fc
      .tuple(fc.oneof(fc.integer({ min: 990, max: 1020 }), fc.constantFrom(2999, 3000, 4999, 5000)), octets)
      .map(([code, reason]) => Uint8Array.of(code >> 8, code & 0xff, ...reason.subarray(0, 100))),
  )
  .map((payload) => clientFrame({ opcode: Opcode.CLOSE, payload }));

/** What nobody may send, most of the time. */
const strange: fc.Arbitrary<ClientFrame> = fc.record({
  opcode: fc.nat(15),
  payload: octets,
  final: fc.boolean(),
  reserved: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(7) }),
  mask: fc.oneof({ weight: 4, arbitrary: mask }, { weight: 1, arbitrary: fc.constant(undefined) }),
  form,
});

/** Conversations: proper messages, perhaps something strange, perhaps more. */
const conversation: fc.Arbitrary<readonly ClientFrame[]> = fc
  .tuple(
    fc.array(
      fc.oneof(
        message,
        control.map((frame) => [frame]),
      ),
      { maxLength: 4 },
    ),
    fc.option(fc.oneof(strange, closing)),
    fc.array(message, { maxLength: 1 }),
  )
  .map(([before, odd, after]) => [...before.flat(), ...(odd === null ? [] : [odd]), ...after.flat()]);

/** Recorded conversations: what a client may say, and ends of every kind. */
const RECORDED: readonly (readonly [string, readonly ClientFrame[]])[] = [
  [
    'messages of all lengths, in all forms',
    (['short', '16 bits', '64 bits'] as const).flatMap((width) =>
      [0, 1, 5, 125, 126].map((length) =>
        clientFrame({ opcode: Opcode.TEXT, payload: new Uint8Array(length).fill(65), form: width }),
      ),
    ),
  ],
  [
    'fragments with controls between them, and a close',
    [
      clientFrame({ opcode: Opcode.BINARY, payload: utf8('ab'), final: false }),
      clientFrame({ opcode: Opcode.PING, payload: utf8('here?') }),
      clientFrame({ opcode: Opcode.CONTINUATION, final: false }),
      clientFrame({ opcode: Opcode.PONG }),
      clientFrame({ opcode: Opcode.CONTINUATION, payload: utf8('cde') }),
      clientFrame({ opcode: Opcode.TEXT, payload: utf8('[1]') }),
      clientFrame({ opcode: Opcode.CLOSE, payload: Uint8Array.of(0x03, 0xe8, 0x6f, 0x6b) }),
      clientFrame({ opcode: Opcode.TEXT, payload: utf8('too late') }),
    ],
  ],
  [
    'a close within a message',
    [
      clientFrame({ opcode: Opcode.TEXT, payload: utf8('never'), final: false }),
      clientFrame({ opcode: Opcode.CLOSE }),
      clientFrame({ opcode: Opcode.CONTINUATION, payload: utf8('ends') }),
    ],
  ],
];

describe('any split', () => {
  test.each(RECORDED)('WS-2 %s: every two cuts, and octet by octet', (_what, frames) => {
    const stream = written(...frames);
    const whole = model(frames, LIMIT);
    expect(parsed(stream, LIMIT)).toEqual(whole);
    const all = Array.from({ length: stream.length - 1 }, (_item, index) => index + 1);
    expect(parsed(stream, LIMIT, all)).toEqual(whole);
    // Every pair would be too many for long streams: every cut, with another close behind it.
    for (const cut of all)
      for (const gap of [0, 1, 2, 5, 13])
        expect(parsed(stream, LIMIT, [cut, Math.min(cut + gap, stream.length)])).toEqual(whole);
  });

  test('WS-2 threat 8: any stream, however it is split, gives the result that the rules require', () => {
    const cuts = fc.array(fc.nat(1500), { maxLength: 12 });
    fc.assert(
      fc.property(conversation, cuts, fc.constantFrom(LIMIT, 300, 10), (frames, places, limit) => {
        const stream = written(...frames);
        const sorted = places.map((at) => Math.min(at, stream.length)).sort((a, b) => a - b);
        expect(parsed(stream, limit, sorted)).toEqual(model(frames, limit));
      }),
      { numRuns: DEEP ? 50_000 : 1500 },
    );
  });
});

describe('limits', () => {
  const last = (told: readonly Told[]): Told | undefined => told.at(-1);
  const data = (opcode: number, length: number, final = true): ClientFrame =>
    clientFrame({ opcode, payload: new Uint8Array(length), final });

  test.each([10, 125, 126, 65_535, 65_536])('threat 8: %i bytes pass, one more does not', (limit) => {
    expect(last(parsed(written(data(Opcode.BINARY, limit)), limit))?.[0]).toBe('message');
    expect(parsed(written(data(Opcode.BINARY, limit + 1)), limit)).toEqual([['failed', 1009]]);
    // The header alone tells.
    expect(parsed(headOf(data(Opcode.BINARY, limit + 1)), limit)).toEqual([['failed', 1009]]);
  });

  test('threat 8: fragments count together, and what is between them does not', () => {
    const start = [data(Opcode.TEXT, 6, false), data(Opcode.PING, 125), data(Opcode.CONTINUATION, 3, false)];
    const fits = written(...start, data(Opcode.CONTINUATION, 1));
    expect(last(parsed(fits, 10))).toEqual(['message', 'text', '00'.repeat(10)]);
    expect(last(parsed(written(...start, data(Opcode.CONTINUATION, 2)), 10))).toEqual(['failed', 1009]);
    // The next message starts to count anew.
    expect(last(parsed(Buffer.concat([fits, written(data(Opcode.TEXT, 10))]), 10))?.[0]).toBe('message');
  });

  test.each([
    ['of one octet', 1],
    ['that are empty', 0],
  ])('threat 9: 1,024 fragments %s are a message, 1,025 close with 1008', (_what, length) => {
    const fragments = (count: number): ClientFrame[] =>
      Array.from({ length: count }, (_item, index) =>
        data(index === 0 ? Opcode.TEXT : Opcode.CONTINUATION, length, index === count - 1),
      );
    const passed = fragments(1024);
    expect(parsed(written(...passed), LIMIT)).toEqual([['message', 'text', '00'.repeat(1024 * length)]]);
    expect(parsed(written(...fragments(1025)), LIMIT)).toEqual([['failed', 1008]]);
    // Each message may have so many.
    expect(parsed(written(...passed, ...passed), LIMIT)).toHaveLength(2);
  });

  test('threat 4: memory is taken for what has arrived, not for what a header claims', () => {
    const MIB = 1024 * 1024;
    const arriving = 64;
    const claim = headOf(data(Opcode.BINARY, 0), MIB);
    const before = process.memoryUsage().arrayBuffers;
    const parsers = Array.from({ length: arriving }, () => {
      const parser = new WebSocketParser(new Hearer(), MIB);
      parser.push(Buffer.concat([claim, Buffer.of(1)]));
      return parser;
    });
    const taken = process.memoryUsage().arrayBuffers - before;
    expect(taken).toBeLessThan(arriving * 16 * 1024);
    expect(parsers).toHaveLength(arriving);
  });
});

describe('faults', () => {
  const text = utf8('x'.repeat(20));
  const close = (...payload: number[]): ClientFrame =>
    clientFrame({ opcode: Opcode.CLOSE, payload: Uint8Array.from(payload) });
  const faults: readonly (readonly [string, number, readonly ClientFrame[]])[] = [
    ...[1, 2, 4, 7].map(
      (reserved) =>
        [
          `reserved bits ${reserved}`,
          1002,
          [clientFrame({ opcode: Opcode.TEXT, payload: text, reserved })],
        ] as const,
    ),
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
      (opcode) => [`opcode ${opcode}`, 1002, [clientFrame({ opcode, payload: text })]] as const,
    ),
    ['no mask', 1002, [clientFrame({ opcode: Opcode.TEXT, payload: text, mask: undefined })]],
    ['no mask, and nothing to mask', 1002, [clientFrame({ opcode: Opcode.PING, mask: undefined })]],
    ['a continuation of nothing', 1002, [clientFrame({ opcode: Opcode.CONTINUATION, payload: text })]],
    [
      'a message within another',
      1002,
      [Opcode.TEXT, Opcode.BINARY].map((opcode) => clientFrame({ opcode, payload: text, final: false })),
    ],
    ['a ping of 126 octets', 1002, [clientFrame({ opcode: Opcode.PING, payload: new Uint8Array(126) })]],
    ['a ping whose length takes 16 bits', 1002, [clientFrame({ opcode: Opcode.PING, form: '16 bits' })]],
    ['a close whose length takes 64 bits', 1002, [clientFrame({ opcode: Opcode.CLOSE, form: '64 bits' })]],
    ['a ping in fragments', 1002, [clientFrame({ opcode: Opcode.PING, final: false })]],
    ['a close in fragments', 1002, [clientFrame({ opcode: Opcode.CLOSE, final: false })]],
    ['a close of 126 octets', 1002, [close(3, 232, ...new Uint8Array(124))]],
    ['a close of one octet', 1002, [close(3)]],
    ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535].map(
      (code) => [`close code ${code}`, 1002, [close(code >> 8, code & 0xff)]] as const,
    ),
    ['a close whose reason is not UTF-8', 1007, [close(3, 232, 0xc0, 0xaf)]],
    ['a close whose reason ends within a character', 1007, [close(3, 232, 0x6f, 0xe2, 0x82)]],
    [
      'a message beyond the limit',
      1009,
      [clientFrame({ opcode: Opcode.TEXT, payload: new Uint8Array(LIMIT + 1) })],
    ],
  ];

  test.each(faults)(
    'threat 8: %s closes with %i at every split, and nothing follows',
    (_what, code, frames) => {
      const before = clientFrame({ opcode: Opcode.TEXT, payload: utf8('[]') });
      const after = [clientFrame({ opcode: Opcode.PING }), clientFrame({ opcode: Opcode.CLOSE })];
      const stream = written(before, ...frames, ...after);
      const told = [
        ['message', 'text', '5b5d'],
        ['failed', code],
      ];
      for (let cut = 0; cut <= Math.min(stream.length, 100); cut += 1)
        expect(parsed(stream, LIMIT, [cut])).toEqual(told);
      const each = Array.from({ length: stream.length }, (_item, index) => index);
      expect(parsed(stream, LIMIT, each)).toEqual(told);
    },
  );

  test.each([2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n])(
    'threat 8: a length of %i closes with 1009, for a control with 1002',
    (length) => {
      for (const [opcode, code] of [
        [Opcode.TEXT, 1009],
        [Opcode.PING, 1002],
      ] as const) {
        const head = headOf(clientFrame({ opcode, form: '64 bits' }));
        head.writeBigUInt64BE(length, 2);
        for (let cut = 0; cut <= head.length; cut += 1)
          expect(parsed(head, LIMIT, [cut])).toEqual([['failed', code]]);
      }
    },
  );

  test('nothing is delivered after stop(), not even from the current chunk', () => {
    const told: string[] = [];
    const parser: WebSocketParser = new WebSocketParser(
      {
        message: () => {
          told.push('message');
          parser.stop();
        },
        oversized: () => told.push('oversized'),
        ping: () => told.push('ping'),
        pong: () => told.push('pong'),
        closing: () => told.push('closing'),
        failed: () => told.push('failed'),
      },
      LIMIT,
    );
    const stream = written(
      ...[Opcode.TEXT, Opcode.TEXT, Opcode.PING, 3, Opcode.CLOSE].map((opcode) => clientFrame({ opcode })),
    );
    parser.push(stream);
    parser.push(written(clientFrame({ opcode: Opcode.TEXT })));
    expect(told).toEqual(['message']);
  });

  test('a fragmented message is delivered whole, even if its pieces are overwritten', () => {
    const payload = Uint8Array.from({ length: 200_000 }, (_item, index) => (index * 7) & 0xff);
    const stream = written(
      clientFrame({ opcode: Opcode.BINARY, payload: payload.subarray(0, 3), final: false }),
      clientFrame({ opcode: Opcode.CONTINUATION, payload: payload.subarray(3, 90_000), final: false }),
      clientFrame({ opcode: Opcode.CONTINUATION, payload: payload.subarray(90_000) }),
    );
    const heard: Uint8Array[] = [];
    const hearer = Object.assign(new Hearer(), { message: (bytes: Uint8Array) => heard.push(bytes) });
    const parser = new WebSocketParser(hearer, 1024 * 1024);
    for (let at = 0; at < stream.length; at += 7777) {
      const piece = Buffer.from(stream.subarray(at, at + 7777));
      parser.push(piece);
      piece.fill(0xee);
    }
    expect(heard).toHaveLength(1);
    expect(Buffer.from(heard[0] ?? []).equals(payload)).toBe(true);
  });
});

/**
 * Where the two differ, and may:
 *
 * | input                                              | here                          | ws                           |
 * | -------------------------------------------------- | ----------------------------- | ---------------------------- |
 * | a fault in the first two octets of a longer header | told once the header is whole | told at once                 |
 * | text that is not UTF-8                             | left to the serializer        | 1007, unless told to skip it |
 */
describe('beside the receiver of ws', () => {
  async function theirs(
    stream: Uint8Array,
    limit: number,
    cuts: readonly number[],
    checked: boolean,
  ): Promise<Told[]> {
    const told: Told[] = [];
    const receiver = new Receiver({
      isServer: true,
      maxPayload: limit,
      maxFragments: 1024,
      skipUTF8Validation: !checked,
    });
    const hex = (bytes: Buffer): string => bytes.toString('hex');
    receiver.on('message', (bytes: Buffer, binary: boolean) =>
      told.push(['message', binary ? 'binary' : 'text', hex(bytes)]),
    );
    receiver.on('ping', (bytes: Buffer) => told.push(['ping', hex(bytes)]));
    receiver.on('pong', (bytes: Buffer) => told.push(['pong', hex(bytes)]));
    receiver.on('conclude', (code: number) => told.push(['closing', code]));
    receiver.on('error', (error: Error) => {
      const [status] = Object.getOwnPropertySymbols(error).filter(
        ({ description }) => description === 'status-code',
      );
      if (status !== undefined) told.push(['failed', Number(Reflect.get(error, status))]);
    });
    let from = 0;
    for (const to of [...cuts, stream.length]) {
      if (receiver.writable) receiver.write(Buffer.from(stream.subarray(from, to)));
      from = to;
    }
    await turn();
    return told;
  }

  /** The stream with some octets changed, taken away or put in. */
  const mutated = fc
    .tuple(conversation, fc.array(fc.tuple(fc.nat(2000), fc.nat(255), fc.nat(3)), { maxLength: 3 }))
    .map(([frames, changes]) => {
      const stream = [...written(...frames)];
      for (const [place, octet, kind] of changes) {
        const at = place % (stream.length + 1);
        stream.splice(at, kind === 0 ? 0 : 1, ...(kind === 1 ? [] : [octet]));
      }
      return Uint8Array.from(stream);
    });

  test(
    'threat 8: both parsers deliver the same from any stream, or both refuse it',
    { timeout: DEEP ? 1_200_000 : 120_000 },
    async () => {
      const cuts = fc.array(fc.nat(1500), { maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(mutated, cuts, fc.constantFrom(LIMIT, 300), async (stream, places, limit) => {
          const sorted = places.map((at) => Math.min(at, stream.length)).sort((a, b) => a - b);
          let ours = parsed(stream, limit, sorted);
          // Text is not checked here; the reason of a close is.
          const reason = ours.at(-1)?.[0] === 'failed' && ours.at(-1)?.[1] === 1007;
          const others = await theirs(stream, limit, sorted, reason);
          if (reason) {
            expect(others.at(-1)).toEqual(['failed', 1007]);
            return;
          }
          // The rest of the header, for the table's first row.
          if (others.at(-1)?.[0] === 'failed' && ours.at(-1)?.[0] !== 'failed')
            ours = parsed(Buffer.concat([stream, Buffer.alloc(14)]), limit, sorted);
          expect(ours).toEqual(others);
        }),
        { numRuns: DEEP ? 100_000 : 1500 },
      );
    },
  );
});
