/** Links between two nodes of a cluster, and the entries on them, without the nodes. */
import { json, NO_ENTRIES, Payload } from '@wamp/protocol';
import { msgpack } from '@wamp/protocol/msgpack';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EntryMemory, readFields } from '../src/cluster/fields.ts';
import { Link } from '../src/cluster/link.ts';
import { EntryType, HEAD, readHead, writeEntry, type LinkEntry } from '../src/cluster/wire.ts';
import { ManualClock } from '../src/testing/index.ts';

const EPOCH = '0123456789abcdef';

interface Terms {
  readonly maxMessage?: number;
  readonly window?: number;
  /** Whether the next message is lost. */
  readonly loses?: () => boolean;
}

/** Two nodes, each with its end of the link. */
class Pair {
  readonly clock = new ManualClock();
  readonly one: Link;
  readonly other: Link;
  /** The numbers that have arrived at the other end. */
  readonly arrived: unknown[] = [];
  readonly failed: string[] = [];
  messages = 0;
  #dirty: { flush(): void }[] = [];
  readonly #network: (() => void)[] = [];

  constructor({ maxMessage = 1024 * 1024, window = 1024 * 1024, loses = () => false }: Terms = {}) {
    const end = (to: () => Link, received: (entry: LinkEntry) => void): Link =>
      new Link({
        ...{ clock: this.clock, epoch: EPOCH, version: 1, maxMessage, received },
        failed: (error) => this.failed.push(String(error)),
        queue: { add: (dirty) => this.#dirty.push(dirty) },
        window: () => window,
        send: (bytes) => {
          this.messages += 1;
          const head = readHead(bytes);
          if (head === undefined || loses()) return;
          // What is not copied while it is handled is spoilt.
          this.#network.push(() => {
            const lent = new Uint8Array(bytes);
            to().receive(head, lent.subarray(HEAD));
            lent.fill(0xa5);
          });
        },
      });
    this.one = end(
      () => this.other,
      () => undefined,
    );
    this.other = end(
      () => this.one,
      ({ fields, payload }) => {
        this.arrived.push([fields[0], payload.args[0] ?? null]);
      },
    );
  }

  put(number: number, length: number): void {
    this.one.put(writeEntry(EntryType.RESULT, 0, [number], Payload.of([textOf(number, length)])));
  }

  /** The end of turns, until nothing is on its way. */
  settle(): void {
    while (this.#dirty.length + this.#network.length > 0) {
      for (const dirty of this.#dirty.splice(0)) dirty.flush();
      for (const arrive of this.#network.splice(0)) arrive();
    }
  }
}

function textOf(number: number, length: number): string {
  return String(number % 10).repeat(length);
}

const lengths = fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 30 });

describe('S2 a link', () => {
  test('S2 the entries of a turn go in one message, and their acknowledgement in one', () => {
    const pair = new Pair();
    for (let number = 1; number <= 100; number += 1) pair.put(number, 16);
    pair.settle();
    expect(pair.messages).toBe(1);
    pair.clock.advance(20);
    pair.settle();
    expect(pair.messages).toBe(2);
    expect(pair.arrived).toHaveLength(100);
    expect(pair.one.unacknowledged).toBe(0);
  });

  test('S2 entries arrive as they were put, though messages are shorter than some of them', () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 70, max: 700 }), (all, maxMessage) => {
        const pair = new Pair({ maxMessage });
        for (const [index, length] of all.entries()) {
          pair.put(index, length);
          if (index % 3 === 0) pair.settle();
        }
        pair.settle();
        expect(pair.arrived).toEqual(all.map((length, index) => [index, textOf(index, length)]));
      }),
    );
  });

  test('S2 entries arrive once and in order, though messages and acknowledgements are lost', () => {
    fc.assert(
      fc.property(lengths, fc.array(fc.boolean(), { maxLength: 60 }), (all, losses) => {
        const pair = new Pair({ maxMessage: 300, window: 1000, loses: () => losses.shift() === true });
        for (const [index, length] of all.entries()) {
          pair.put(index, length);
          pair.settle();
        }
        for (let round = 0; round < 100 && pair.one.unacknowledged > 0; round += 1) {
          pair.clock.advance(1000);
          pair.one.check();
          pair.settle();
        }
        expect(pair.one.unacknowledged).toBe(0);
        expect(pair.arrived).toEqual(all.map((length, index) => [index, textOf(index, length)]));
      }),
    );
  });

  test('S2 one timer at each end serves the acknowledgements of all messages, which are due after 20 ms', () => {
    const pair = new Pair();
    for (let number = 1; number <= 10; number += 1) {
      pair.put(number, 16);
      pair.settle();
      expect(pair.clock.pending).toBeLessThanOrEqual(2);
      pair.clock.advance(3);
      // What the other end says acknowledges what it has heard.
      pair.other.put(writeEntry(EntryType.RESULT, 0, [number]));
      pair.settle();
    }
    pair.clock.advance(20);
    pair.settle();
    pair.put(11, 16);
    pair.settle();
    const { messages } = pair;
    pair.clock.advance(19);
    pair.settle();
    expect(pair.messages).toBe(messages);
    pair.clock.advance(1);
    pair.settle();
    expect(pair.messages).toBe(messages + 1);
    expect(pair.one.unacknowledged).toBe(0);
  });
});

const field = fc.oneof(
  fc.integer({ min: -40, max: 40 }),
  fc.maxSafeNat(),
  fc.constantFrom(2 ** 32 - 1, 2 ** 32, 127, 128, Number.MAX_SAFE_INTEGER),
  fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !/\p{Surrogate}/u.test(text)),
  fc.constantFrom(null, true, false, NO_ENTRIES),
  fc.dictionary(fc.string({ maxLength: 5 }), fc.integer(), { noNullPrototype: true }),
  fc.array(fc.nat(), { maxLength: 3 }),
);
const fields = fc.array(field, { maxLength: 18 });

describe('S2 the fields of an entry', () => {
  test('S2 are MessagePack that any reader reads', () => {
    const memory = new EntryMemory();
    fc.assert(
      fc.property(fields, (list) => {
        memory.begin(3);
        memory.putFields(list);
        expect(msgpack.decodePayload(memory.bytes.subarray(3, memory.at), 1).args).toEqual(list);
      }),
    );
  });

  test('S2 are read from what any writer writes', () => {
    fc.assert(
      fc.property(fields, (list) => {
        const bytes = Buffer.from(msgpack.encodePayload(list, {}, 1));
        expect(readFields(bytes, 0, bytes.length)).toEqual(list);
      }),
    );
  });

  test('S2 are followed by a payload of any length, in the form that it came in', () => {
    const text = 'x'.repeat(200_000);
    const bytes = json.encodePayload([text], {}, 1);
    const entry = writeEntry(EntryType.RESULT, 7, [1], Payload.encoded(json, bytes, 1));
    expect(Buffer.from(entry).subarray(-bytes.length).equals(bytes)).toBe(true);
    expect(writeEntry(EntryType.GONE, 7, [1, false]).length).toBeLessThan(20);
  });
});
