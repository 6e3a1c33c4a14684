/** Memory that is used again: whatever sockets do, each gets its own bytes. */
import { setImmediate as turn } from 'node:timers/promises';
import { json, MessageType, Payload, type Message, type Serializer } from '@wamp/protocol';
import { msgpack } from '@wamp/protocol/msgpack';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Framer, type Framing } from '../src/output/framing.ts';
import { FlushQueue } from '../src/output/flush-queue.ts';
import { Outbox } from '../src/output/outbox.ts';
import { framingFor } from '../src/transports/websocket-transport.ts';
import { RAW } from './support/raw-framing.ts';
import { SocketPair, type PairKind } from './support/socket-pair.ts';

const DEEP = process.env['WAMP_DEEP'] === '1';
const given = Number(process.env['WAMP_FUZZ_SEED']);
const SEED = Number.isInteger(given) && given !== 0 ? given : Math.floor(Math.random() * 0x7fffffff) + 1;

/** The frame of a message as it stands on the wire, in memory of its own. */
function ordinary(message: Uint8Array, framing: Framing): Buffer {
  const header = Buffer.alloc(framing.headerSize(message.length));
  framing.writeHeader(header, 0, message.length);
  return Buffer.concat([header, message]);
}

/** How messages look on a kind of socket. */
interface Style {
  readonly serializer: Serializer;
  readonly framing: Framing;
}
const STYLES: readonly Style[] = [
  { serializer: json, framing: RAW },
  { serializer: msgpack, framing: framingFor(msgpack) },
];

/** Somebody who is written to, and the bytes that are to arrive there. */
interface Reader {
  readonly pair: SocketPair;
  readonly outbox: Outbox;
  readonly style: Style;
  readonly wanted: Buffer[];
}

let messages = 0;

/** An event, with a payload of about this size that is unlike all others. */
function eventOf(size: number): Message {
  messages += 1;
  const text = `${messages},`.repeat(Math.ceil(size / 2)).slice(0, size);
  const payload = Payload.of([text]);
  return { type: MessageType.EVENT, subscription: messages, publication: 1, details: {}, payload };
}

/** Several sockets of two styles that share a queue, and a model that keeps a copy of each frame for each. */
class World implements Disposable {
  readonly #queue = new FlushQueue();
  readonly #framers = STYLES.map(
    ({ serializer, framing }) => new Framer(serializer, framing, this.#queue.memory),
  );
  readonly readers: readonly Reader[];

  private constructor(pairs: readonly SocketPair[]) {
    this.readers = pairs.map((pair, index) => {
      const style = STYLES[index % STYLES.length] ?? { serializer: json, framing: RAW };
      return { pair, outbox: new Outbox(pair.near, style.framing, this.#queue), style, wanted: [] };
    });
  }

  static async open(kind: PairKind, size: number): Promise<World> {
    return new World(await Promise.all(Array.from({ length: size }, () => SocketPair.open(kind))));
  }

  /** A router's way: a frame comes in, perhaps in memory that is given back, and goes out to some. */
  send(size: number, to: readonly Reader[], arriving: boolean): void {
    const message = eventOf(size);
    if (!arriving) this.#frame(message, to);
    else {
      const frame = json.encode(message);
      const memory = this.#queue.memory.take(frame.length);
      memory.set(frame);
      this.#frame(json.decode(memory), to);
      this.#queue.memory.give(memory);
    }
  }

  /** A frame without a framer. */
  push(size: number, { outbox, style, wanted }: Reader): void {
    const frame = style.serializer.encode(eventOf(size));
    wanted.push(ordinary(frame, style.framing));
    outbox.push(frame);
  }

  relieve(): void {
    this.#queue.relieve();
  }

  /** Everybody reads on, and has got what was sent. */
  async end(): Promise<void> {
    await turn();
    for (const { pair, wanted } of this.readers) {
      const all = Buffer.concat(wanted);
      pair.go();
      const got = await pair.arrived(all.length);
      if (!got.equals(all)) throw new Error(`not what was sent, from byte ${firstDifference(got, all)} on`);
    }
  }

  [Symbol.dispose](): void {
    for (const { pair } of this.readers) pair[Symbol.dispose]();
  }

  #frame(message: Message, to: readonly Reader[]): void {
    const frames = new Map<Style, Buffer>();
    for (const { outbox, style, wanted } of to) {
      const framer = this.#framers[STYLES.indexOf(style)];
      if (framer === undefined) throw new Error('no such style');
      const frame = frames.get(style) ?? ordinary(style.serializer.encode(message), style.framing);
      frames.set(style, frame);
      wanted.push(frame);
      outbox.pushFramed(framer.frame(message));
    }
  }
}

function firstDifference(one: Buffer, other: Buffer): number {
  return one.findIndex((byte, index) => byte !== other[index]);
}

const READERS = 5;

/** What may happen; numbers name readers. */
type Step =
  | {
      readonly does: 'send';
      readonly size: number;
      readonly to: readonly number[];
      readonly arriving: boolean;
    }
  | { readonly does: 'push'; readonly size: number; readonly to: number }
  | { readonly does: 'flush' | 'stop' | 'go'; readonly to: number }
  | { readonly does: 'turn' | 'relieve' };

const around = (...sizes: readonly number[]): fc.Arbitrary<number> =>
  fc
    .tuple(fc.constantFrom(...sizes), fc.integer({ min: -40, max: 4 }))
    .map(([size, off]) => Math.max(0, size + off));
const size = fc.oneof(
  { weight: 6, arbitrary: fc.nat(300) },
  { weight: 3, arbitrary: around(125, 126) },
  { weight: 6, arbitrary: fc.integer({ min: 4000, max: 20_000 }) },
  { weight: 3, arbitrary: around(8192, 16_384) },
  { weight: 2, arbitrary: around(65_536) },
  { weight: 1, arbitrary: around(262_144, 1_048_576) },
);
const reader = fc.nat(READERS - 1);
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      does: fc.constant('send' as const),
      size,
      to: fc.uniqueArray(reader, { minLength: 1, maxLength: READERS }),
      arriving: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('push' as const), size, to: reader }) },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constantFrom('flush' as const, 'stop' as const, 'go' as const),
      to: reader,
    }),
  },
  { weight: 8, arbitrary: fc.record({ does: fc.constantFrom('turn' as const, 'relieve' as const) }) },
);

async function play(world: World, steps: readonly Step[]): Promise<void> {
  const { readers } = world;
  const some = (indexes: readonly number[]): Reader[] =>
    readers.filter((_reader, index) => indexes.includes(index));
  for (const each of steps) {
    const [one] = 'to' in each && typeof each.to === 'number' ? some([each.to]) : [];
    if (each.does === 'send') world.send(each.size, some(each.to), each.arriving);
    else if (each.does === 'turn') await turn();
    else if (each.does === 'relieve') world.relieve();
    else if (one === undefined) continue;
    else if (each.does === 'push') world.push(each.size, one);
    else if (each.does === 'flush') one.outbox.flush();
    else if (each.does === 'stop') one.pair.stop();
    else one.pair.go();
  }
  await world.end();
}

test('what a socket has taken only a part of stays what it is while others are written to', async () => {
  using world = await World.open('Unix socket', 3);
  const [stuck, other] = [world.readers.slice(0, 1), world.readers.slice(1)];
  for (const { pair } of stuck) pair.stop();
  world.send(1024 * 1024, stuck, true);
  await turn();
  expect(stuck.map(({ outbox }) => outbox.backlog > 0)).toEqual([true]);
  for (let round = 0; round < 5; round += 1) {
    world.send(10_000, other, true);
    await turn();
  }
  await world.end();
});

describe.each(['Unix socket', 'TCP'] as const)('over a %s', (kind) => {
  test.each([100, 10_000, 16_000, 40_000])(
    'what a socket has not taken stays what it is while others are written to: %i bytes',
    async (length) => {
      using world = await World.open(kind, 3);
      const [stuck, other] = [world.readers.slice(0, 1), world.readers.slice(1)];
      for (const { pair, wanted } of stuck) wanted.push(Buffer.alloc(pair.block()));
      // Behind these, what is long has no room in the piece at hand.
      for (let before = 0; before < 13; before += 1) world.send(4500, other, false);
      world.send(length, stuck, true);
      await turn();
      for (let round = 0; round < 5; round += 1) {
        world.send(1, other, false);
        await turn();
        world.send(length, other, true);
        await turn();
      }
      await world.end();
    },
  );

  test(
    'every socket gets exactly its bytes, for any order of reads, turns and flushes',
    async () => {
      const runs = kind === 'TCP' ? (DEEP ? 500 : 10) : DEEP ? 3000 : 40;
      console.log(`${kind}: ${runs} sequences, WAMP_FUZZ_SEED=${SEED}`);
      const sequence = fc.array(step, { minLength: 20, maxLength: 120, size: 'max' });
      await fc.assert(
        fc.asyncProperty(sequence, async (steps) => {
          using world = await World.open(kind, READERS);
          await play(world, steps);
        }),
        { seed: SEED, numRuns: runs, endOnFailure: !DEEP },
      );
    },
    DEEP ? 1_200_000 : 300_000,
  );
});
