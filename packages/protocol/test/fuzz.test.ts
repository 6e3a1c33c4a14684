/** Broken frames, lists and streams by the million: every one is a message or a violation, and quickly so (Z1). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inspect } from 'node:util';
import {
  fromList,
  Payload,
  ProtocolViolation,
  rawSocketFrame,
  RawSocketParser,
  SerializationFailure,
  toList,
  type Message,
  type Serializer,
} from '@wamp/protocol';
import { alike } from './alike.ts';
import { arbitraryMessages } from './arbitraries.ts';
import { serializers } from './frames.ts';
import { mutate } from './mutations.ts';
import { Random, SEED } from './random.ts';

const DEEP = process.env['WAMP_DEEP'] === '1';
/** Of a long run; an ordinary one takes a fiftieth. */
const FULL: Readonly<Record<string, number>> = {
  json: 2_000_000,
  msgpack: 5_000_000,
  cbor: 5_000_000,
  lists: 2_000_000,
  streams: 2_000_000,
};

function roundsOf(what: string): number {
  return (FULL[what] ?? 0) / (DEEP ? 1 : 50);
}

/** What all rounds may take (ms): many times what they take on a machine with nothing else to do. */
const TIME_LIMIT = DEEP ? 3_600_000 : 600_000;
/** Far beyond what any frame takes, a garbage collection included; only a loop without end takes longer. */
const HANG_MS = 1500;

function decodeOrRefuse(serializer: Serializer, frame: Uint8Array): Message | undefined {
  try {
    return serializer.decode(frame);
  } catch (error) {
    if (error instanceof ProtocolViolation) return undefined;
    throw error;
  }
}

/** The message written anew from its values. */
function rewrite(serializer: Serializer, message: Message): Uint8Array {
  if (!('payload' in message)) return serializer.encode(message);
  const { count, args, kwargs } = message.payload;
  const payload = Payload.encoded(serializer, serializer.encodePayload(args, kwargs, count), count);
  return serializer.encode({ ...message, payload });
}

/** What `encode` writes; undefined when a value has no form, such as the Infinity that 1e999 is to JSON. */
function encodeOrFail(encode: () => Uint8Array): Uint8Array | undefined {
  try {
    return encode();
  } catch (error) {
    if (error instanceof SerializationFailure) return undefined;
    throw error;
  }
}

/** What a router does with a frame: forwards its bytes, or writes its values anew. */
function judge(serializer: Serializer, frame: Uint8Array): 'refused' | 'unwritable' | 'accepted' {
  const message = decodeOrRefuse(serializer, frame);
  if (message === undefined) return 'refused';
  const list = toList(message);
  const written = [
    encodeOrFail(() => serializer.encode(message)),
    encodeOrFail(() => rewrite(serializer, message)),
  ];
  for (const frameAgain of written) {
    if (frameAgain === undefined) return 'unwritable';
    if (!alike(toList(serializer.decode(frameAgain)), list))
      throw new Error('sent on, it means something else');
  }
  return 'accepted';
}

function corpusOf(serializer: Serializer): Uint8Array[] {
  return arbitraryMessages.flatMap((messages) =>
    fc.sample(messages, { numRuns: 12, seed: SEED }).map((message) => serializer.encode(message)),
  );
}

test.each(serializers)(
  `$name: SER-4, Z1, threats 3 to 6: mutated frames (WAMP_FUZZ_SEED=${SEED})`,
  { timeout: TIME_LIMIT },
  (serializer) => {
    const rounds = roundsOf(serializer.name);
    const random = new Random(SEED);
    const corpus = corpusOf(serializer);
    const counts = { refused: 0, unwritable: 0, accepted: 0 };
    let slowest = 0;
    for (let round = 0; round < rounds; round += 1) {
      const frame = mutate(corpus, random);
      const before = cpuTime();
      try {
        counts[judge(serializer, frame)] += 1;
      } catch (error) {
        throw new Error(`round ${round}: ${Buffer.from(frame).toString('hex')}`, { cause: error });
      }
      slowest = Math.max(slowest, cpuTime() - before);
    }
    expect(slowest).toBeLessThan(HANG_MS);
    // Mutations that always or never hurt would test nothing.
    expect(counts.refused).toBeGreaterThan(rounds / 10);
    expect(counts.accepted).toBeGreaterThan(rounds / 50);
  },
);

test.each(serializers)('$name: frames of 64 KiB of one byte, or of two, are judged quickly', (serializer) => {
  for (let first = 0; first < 256; first += 1) {
    for (const second of [first, 0x00, 0x61, 0xff, 0x22]) {
      const frame = new Uint8Array(new Uint16Array(32_768).fill(first | (second << 8)).buffer);
      const prefixed = serializer.encode({ type: 50, request: 1, details: {}, payload: Payload.of([0]) });
      frame.set(prefixed.subarray(0, prefixed.length - (serializer.binary ? 1 : 2)));
      const before = cpuTime();
      decodeOrRefuse(serializer, frame);
      expect(cpuTime() - before).toBeLessThan(HANG_MS);
    }
  }
});

/** Some element is another, missing, one too many, or of a value that breaks something elsewhere. */
function distorted(
  list: readonly unknown[],
  others: readonly (readonly unknown[])[],
  random: Random,
): unknown[] {
  const copy = [...list];
  for (let count = 1 + random.below(3); count > 0; count -= 1) {
    const at = random.below(copy.length + 1);
    const other = random.pick(others);
    const value = random.below(2) === 0 ? other[random.below(other.length)] : random.pick(STRANGE);
    const kind = random.below(4);
    if (kind === 0) copy.splice(at, 1);
    else if (kind === 1) copy.splice(at, 0, value);
    else copy[at] = value;
  }
  return copy;
}

/** Values at the edges of what is allowed, and beyond. */
const STRANGE: readonly unknown[] = [
  ...[undefined, null, true, 0, -0, -1, 1.5, 2 ** 53, 2 ** 53 + 2, NaN, Infinity, 1n, 2n ** 64n],
  ...['', '.', '..', '\0', '\ud800', 'x'.repeat(600), 'a.'.repeat(200), 'constructor', '__proto__'],
  ...[[], {}, [[]], [null], new Uint8Array(3), new Date(NaN), new Map(), new Set([1]), Symbol.iterator],
  ...[
    { match: 'none' },
    { ['__proto__']: [] },
    Object.create(null) as object,
    { roles: { caller: { features: [] } } },
  ],
];

test(
  `Z1, threat 14: mutated lists are messages or violations (WAMP_FUZZ_SEED=${SEED})`,
  { timeout: TIME_LIMIT },
  () => {
    const random = new Random(SEED);
    const lists = arbitraryMessages.flatMap((messages) =>
      fc.sample(messages, { numRuns: 12, seed: SEED }).map((message) => toList(message)),
    );
    const counts = { refused: 0, accepted: 0 };
    const rounds = roundsOf('lists');
    for (let round = 0; round < rounds; round += 1) {
      const list = distorted(random.pick(lists), lists, random);
      try {
        fromList(list);
        counts.accepted += 1;
      } catch (error) {
        if (!(error instanceof ProtocolViolation)) {
          throw new Error(`round ${round}: ${inspect(list)}`, { cause: error });
        }
        counts.refused += 1;
      }
    }
    expect(counts.refused).toBeGreaterThan(rounds / 10);
    expect(counts.accepted).toBeGreaterThan(rounds / 50);
  },
);

/** What a parser makes of a stream, cut into pieces or whole. */
function heardOf(stream: Uint8Array, cuts: readonly number[], limit: number): readonly string[] {
  const heard: string[] = [];
  const put = (is: string) => (bytes: Uint8Array) => {
    heard.push(`${is} ${Buffer.from(bytes).toString('hex')}`);
  };
  const parser = new RawSocketParser((octets) => {
    heard.push(`handshake ${Buffer.from(octets).toString('hex')}`);
    const { failed, ...rest } = {
      failed: put('failed'),
      message: put('message'),
      ping: put('ping'),
      pong: put('pong'),
    };
    return {
      acceptedLength: limit,
      ...rest,
      failed: (failure, what) => {
        failed(Buffer.from(`${failure}: ${what}`));
        parser.stop();
      },
    };
  });
  let from = 0;
  for (const to of [...cuts, stream.length]) {
    parser.push(Uint8Array.prototype.slice.call(stream, from, to));
    from = to;
  }
  return heard;
}

test(
  `Z1, threat 8: mutated RawSocket streams mean the same however they are cut (WAMP_FUZZ_SEED=${SEED})`,
  { timeout: TIME_LIMIT },
  () => {
    const LIMIT = 2 ** 9;
    const random = new Random(SEED);
    const corpus = Array.from({ length: 200 }, () => {
      const frames = Array.from({ length: 1 + random.below(4) }, () => {
        const body = new Uint8Array(random.below(random.below(8) === 0 ? 600 : 20)).fill(random.below(256));
        return rawSocketFrame(random.pick([0, 0, 1, 2] as const), body);
      });
      return new Uint8Array(Buffer.concat([Buffer.of(0x7f, 0xf1, 0, 0), ...frames]));
    });
    const counts = { failed: 0, fine: 0 };
    const rounds = roundsOf('streams');
    for (let round = 0; round < rounds; round += 1) {
      const stream = mutate(corpus, random);
      const cuts = Array.from({ length: random.below(6) }, () => random.below(stream.length + 1)).sort(
        (a, b) => a - b,
      );
      const whole = heardOf(stream, [], LIMIT);
      const inPieces = heardOf(stream, cuts, LIMIT);
      if (whole.join() !== inPieces.join()) {
        throw new Error(`round ${round}: ${Buffer.from(stream).toString('hex')} cut at ${cuts.join()}`);
      }
      for (const one of whole)
        if (one.startsWith('message')) expect(one.length).toBeLessThanOrEqual(8 + 2 * LIMIT);
      counts[whole.at(-1)?.startsWith('failed') === true ? 'failed' : 'fine'] += 1;
    }
    expect(counts.failed).toBeGreaterThan(rounds / 50);
    expect(counts.fine).toBeGreaterThan(rounds / 50);
  },
);

/** What this process has computed (ms of CPU): unlike time, other processes do not add to it. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
