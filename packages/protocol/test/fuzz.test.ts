/** 200,000 broken frames for each serializer: every one is a message or a violation, and quickly so. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  Payload,
  ProtocolViolation,
  SerializationFailure,
  toList,
  type Message,
  type Serializer,
} from '@wamp/protocol';
import { alike } from './alike.ts';
import { arbitraryMessages } from './arbitraries.ts';
import { serializers } from './frames.ts';
import { mutate, Random, seed } from './mutations.ts';

const ROUNDS = 200_000;
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
    fc.sample(messages, { numRuns: 12, seed }).map((message) => serializer.encode(message)),
  );
}

test.each(serializers)(
  `$name: SER-4, reliability 3-6: ${ROUNDS} mutated frames (WAMP_FUZZ_SEED=${seed})`,
  { timeout: 120_000 },
  (serializer) => {
    const random = new Random(seed);
    const corpus = corpusOf(serializer);
    const counts = { refused: 0, unwritable: 0, accepted: 0 };
    let slowest = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const frame = mutate(corpus, random);
      const before = performance.now();
      try {
        counts[judge(serializer, frame)] += 1;
      } catch (error) {
        throw new Error(`round ${round}: ${Buffer.from(frame).toString('hex')}`, { cause: error });
      }
      slowest = Math.max(slowest, performance.now() - before);
    }
    expect(slowest).toBeLessThan(HANG_MS);
    // Mutations that always or never hurt would test nothing.
    expect(counts.refused).toBeGreaterThan(ROUNDS / 10);
    expect(counts.accepted).toBeGreaterThan(ROUNDS / 50);
  },
);

test.each(serializers)(
  '$name: frames of 64 KiB of one byte, or of two, are judged quickly',
  { timeout: 60_000 },
  (serializer) => {
    for (let first = 0; first < 256; first += 1) {
      for (const second of [first, 0x00, 0x61, 0xff, 0x22]) {
        const frame = new Uint8Array(65_536).map((_zero, index) => (index % 2 === 0 ? first : second));
        const prefixed = serializer.encode({ type: 50, request: 1, details: {}, payload: Payload.of([0]) });
        frame.set(prefixed.subarray(0, prefixed.length - (serializer.binary ? 1 : 2)));
        const before = performance.now();
        decodeOrRefuse(serializer, frame);
        expect(performance.now() - before).toBeLessThan(HANG_MS);
      }
    }
  },
);
