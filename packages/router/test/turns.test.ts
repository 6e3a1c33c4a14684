/** The work of a turn is bounded, and clients take turns (trials: A4). */
import { joinBatch, json, MessageType } from '@wamp/protocol';
import { createRouter, type Router, type RouterOptions } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SLICE, TURN, TurnsOfRouter } from '../src/connection/turns.ts';
import { Tally } from '../src/core/tally.ts';
import type { Worker } from '../src/core/work.ts';
import { FlushQueue } from '../src/output/flush-queue.ts';
import { Client, settle } from './support/client.ts';
import { coreOf } from './support/core.ts';
import { SlowReader } from './support/slow-reader.ts';

/** One message may exceed what is left of a turn, by what it costs to read, and by its first delivery. */
const ONE_MESSAGE = 2100;

function range(count: number): number[] {
  return Array.from({ length: count }, (_item, index) => index);
}

function deferred(): { readonly promise: Promise<true>; readonly resolve: (value: true) => void } {
  let resolve: (value: true) => void = () => undefined;
  const promise = new Promise<true>((settled) => {
    resolve = settled;
  });
  return { promise, resolve };
}

/** Counts the events that a client gets from now on, and leaves them unread. */
function countEvents({ transport }: Client): { readonly events: number } {
  const count = { events: 0 };
  const begin = Buffer.from(`[${MessageType.EVENT},`);
  transport.listener = {
    frame: (bytes) => {
      if (begin.compare(bytes, 0, begin.length) === 0) count.events += 1;
    },
    violation: (what) => {
      throw new Error(what);
    },
    closed: () => undefined,
  };
  return count;
}

function isSorted(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || (numbers[index - 1] ?? 0) <= number);
}

/** A router that notes the work of each of its turns. */
function plot(options: Partial<RouterOptions> = {}): { readonly router: Router; readonly turns: number[] } {
  const router = createRouter({ realms: ['realm1'], clock: new ManualClock(), ...options });
  const turns: number[] = [];
  const { queue } = coreOf(router);
  const { turnEnds } = queue;
  queue.turnEnds = (): void => {
    turns.push(coreOf(router).turns.work.spent);
    turnEnds();
    turns.push(coreOf(router).turns.work.spent);
  };
  return { router, turns };
}

describe('rounds', () => {
  const clock = new ManualClock();

  /** Something that costs `cost` with each step, and has so many steps left. */
  class Job implements Worker {
    credit = 0;
    readonly #turns: TurnsOfRouter;
    readonly cost: number;
    steps: number;
    /** How many steps it has done. */
    done = 0;

    constructor(turns: TurnsOfRouter, cost: number, steps: number) {
      this.#turns = turns;
      this.cost = cost;
      this.steps = steps;
    }

    proceed(): boolean {
      const { work } = this.#turns;
      while (this.steps > 0 && !work.isOver) {
        this.steps -= 1;
        work.spent += this.cost;
        this.done += 1;
      }
      return this.steps > 0;
    }
  }

  test('A4 a client with little work waits for one round at most, whatever the others cost', async () => {
    const turns = new TurnsOfRouter(new FlushQueue(), new Tally(), clock);
    const hogs = range(100).map(() => new Job(turns, 5000, 1000));
    for (const hog of hogs) turns.add(hog);
    await settle();
    const modest = new Job(turns, 10, 1);
    turns.add(modest);
    const before = hogs.reduce((sum, { steps }) => sum + steps, 0);
    while (modest.steps > 0) await settle();
    const after = hogs.reduce((sum, { steps }) => sum + steps, 0);
    // A hundred slices are worth five of their steps; each may have begun one more.
    expect(before - after).toBeLessThanOrEqual(100);
  });

  /** The one of its client: its work so far was a few messages. */
  class Newcomer extends Job {
    readonly single = true;
  }

  test('A4 a client with little work is served in the next turn, however many wait', async () => {
    const turns = new TurnsOfRouter(new FlushQueue(), new Tally(), clock);
    for (const hog of range(100).map(() => new Job(turns, 200, 1000))) turns.add(hog);
    await settle();
    const modest = range(20).map(() => new Newcomer(turns, 10, 3));
    for (const newcomer of modest) turns.add(newcomer);
    await settle();
    expect(modest.map(({ steps }) => steps)).toEqual(range(20).map(() => 0));
  });

  test('A4 waiting clients make progress, however many new ones there are and whatever these cost', async () => {
    const turns = new TurnsOfRouter(new FlushQueue(), new Tally(), clock);
    const hog = new Job(turns, 100, 100_000);
    turns.add(hog);
    for (let turn = 1; turn <= 50; turn += 1) {
      for (const newcomer of range(10).map(() => new Newcomer(turns, 5000, 1))) turns.add(newcomer);
      await settle();
      expect(100_000 - hog.steps).toBeGreaterThanOrEqual(2 * turn);
    }
  });

  test('A4 a client that owes work waits like the others', async () => {
    const turns = new TurnsOfRouter(new FlushQueue(), new Tally(), clock);
    const hogs = range(100).map(() => new Job(turns, 200, 1000));
    for (const hog of hogs) turns.add(hog);
    const greedy = new Newcomer(turns, 10, 3);
    greedy.credit = -1;
    turns.add(greedy);
    await settle();
    expect(greedy.steps).toBe(3);
  });

  test('A4 work that takes longer than it was counted as counts as the microseconds it takes', async () => {
    const turns = new TurnsOfRouter(new FlushQueue(), new Tally(), clock);
    /** Two milliseconds for each unit. */
    const slow = range(20).map(() => new Job(turns, 1, 1000));
    for (const job of slow) {
      const proceed = job.proceed.bind(job);
      job.proceed = (): boolean => {
        clock.advance(2);
        return proceed();
      };
      turns.add(job);
    }
    await settle();
    const served = slow.filter(({ done }) => done > 0).length;
    expect(served).toBe(Math.ceil(TURN / 2 / 2000));
  });

  test('A4 a turn that has lasted too long processes no further messages', () => {
    const turns = new TurnsOfRouter(new FlushQueue(), new Tally(), clock);
    turns.begin();
    clock.advance(4);
    turns.time();
    expect(turns.work.spent).toBe(4000);
    clock.advance(7);
    turns.time();
    expect(turns.work.isOver).toBe(true);
  });

  test('A4 after large messages, waiting clients have the next turn, and new messages wait', async () => {
    const turns = new TurnsOfRouter(new FlushQueue(), new Tally(), clock);
    const job = new Job(turns, 10, 10);
    turns.add(job);
    turns.work.spent = 3 * TURN;
    await settle();
    expect({ left: job.steps, isOver: turns.work.isOver }).toEqual({ left: 10, isOver: true });
    await settle();
    expect({ left: job.steps, isOver: turns.work.isOver }).toEqual({ left: 0, isOver: false });
  });

  test('A4 a large message waits for a turn in which little has come in, and that is the next one', async () => {
    const turns = new TurnsOfRouter(new FlushQueue(), new Tally(), clock);
    const hogs = range(100).map(() => new Job(turns, 200, 1000));
    for (const hog of hogs) turns.add(hog);
    await settle();
    const large = range(3).map(() => new Job(turns, 2 * TURN, 1));
    for (const job of large) {
      const proceed = job.proceed.bind(job);
      job.proceed = (): boolean => turns.hasRoom(job) && proceed();
      turns.add(job);
    }
    const done: number[] = [];
    for (let turn = 0; turn < 40; turn += 1) {
      turns.work.spent = Math.max(turns.work.spent, TURN); // as much comes in as may
      await settle();
      const left = large.reduce((sum, { steps }) => sum + steps, 0);
      if (3 - left > done.length) done.push(turn);
    }
    expect(done).toHaveLength(3);
    expect(new Set(done).size).toBe(3);
  });

  test('A4 clients with equal costs get equal shares, and those with higher costs get no larger one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 2, maxLength: 20 }),
        async (costs) => {
          const turns = new TurnsOfRouter(new FlushQueue(), new Tally(), clock);
          const jobs = costs.map((cost) => new Job(turns, cost, 100_000_000));
          for (const job of jobs) turns.add(job);
          for (let turn = 0; turn < 100; turn += 1) await settle();
          const work = jobs.map(({ cost, steps }) => cost * (100_000_000 - steps));
          // None is ahead of another by more than a slice and a step of each.
          expect(Math.max(...work) - Math.min(...work)).toBeLessThanOrEqual(2 * SLICE + 2 * 3000);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('a turn', () => {
  test('A4 twenty sessions that publish forty times to a thousand patterns each share it with a witness', async () => {
    const { router, turns } = plot();
    const hostile: Client[] = [];
    const counts: { readonly events: number }[] = [];
    for (const index of range(20)) {
      const client = await Client.join(router);
      hostile.push(client);
      await client.say(
        ...range(1000).map((n) => [
          32,
          n + 1,
          { match: 'prefix' },
          `h${index}.${'x'.repeat(Math.min(n, 400))}`,
        ]),
      );
      counts.push(countEvents(client));
    }
    const callee = await Client.join(router);
    await callee.say([64, 1, {}, 'com.witness']);
    const witness = await Client.join(router);
    turns.length = 0;
    for (const [index, client] of hostile.entries()) {
      client.send(
        ...range(40).map((n) => [16, n + 2000, { exclude_me: false }, `h${index}.${'x'.repeat(400)}`]),
      );
    }
    await settle();
    witness.send([48, 1, {}, 'com.witness', ['hello']]);
    let waited = 0;
    while (callee.heard.at(-1)?.[0] !== 68) {
      await settle();
      waited += 1;
    }
    callee.send([70, Number(callee.heard.at(-1)?.[1]), {}, ['hello']]);
    while (witness.heard.length === 0) {
      await settle();
      waited += 1;
    }
    expect(coreOf(router).turns.isIdle).toBe(false);
    expect(waited).toBeLessThanOrEqual(6);
    await settle(router);
    expect(Math.max(...turns)).toBeLessThanOrEqual(TURN + ONE_MESSAGE);
    // 401 prefixes, and nothing lost.
    expect(counts.map(({ events }) => events)).toEqual(range(20).map(() => 401 * 40));
  });

  test('A4 one publication to a hundred thousand receivers goes out in slices, and its publisher stays in order', async () => {
    const { router, turns } = plot();
    const readers: SlowReader[] = [];
    for (let count = 0; count < 100; count += 1) {
      const reader = SlowReader.join(router);
      readers.push(reader);
      reader.say(
        ...range(500).map((n) => [32, n + 1, { match: 'prefix' }, 'com.'.padEnd(4 + n, 'y').slice(0, 504)]),
      );
      await settle(router);
      reader.heard.length = 0;
    }
    const topic = 'com.'.padEnd(504, 'y');
    const publisher = await Client.join(router);
    turns.length = 0;
    publisher.send(...range(5).map((n) => [16, n + 1, { acknowledge: true }, topic, [n]]));
    await settle();
    const other = await Client.join(router);
    other.send([16, 1, {}, topic, ['other']]);
    await settle(router);
    expect(publisher.heard.map(([type]) => type)).toEqual([17, 17, 17, 17, 17]);
    expect(Math.max(...turns)).toBeLessThanOrEqual(TURN + ONE_MESSAGE);
    expect(turns.length).toBeGreaterThan(20);
    for (const reader of readers) {
      const told = reader.heard.map(([, , , , args]) => (args as unknown[])[0]);
      expect(told.filter((what) => what === 'other')).toHaveLength(500);
      const numbers = told.filter((what) => what !== 'other');
      expect(isSorted(numbers.map(Number))).toBe(true);
      expect(numbers).toHaveLength(5 * 500);
    }
  });

  test('A4 the router’s own events stay in order, and of too many that wait the last are dropped and counted', async () => {
    const { router, turns } = plot();
    const realm = router.realm('realm1');
    const readers: SlowReader[] = [];
    for (let count = 0; count < 100; count += 1) {
      const reader = SlowReader.join(router);
      readers.push(reader);
      reader.say(...range(200).map((n) => [32, n + 1, { match: 'prefix' }, 'com.'.padEnd(4 + n, 'y')]));
      await settle(router);
      reader.heard.length = 0;
    }
    turns.length = 0;
    for (const n of range(5)) realm?.publish('com.'.padEnd(204, 'y'), [n]);
    for (const n of range(1100)) realm?.publish('com.nobody', [n + 5]);
    await settle(router);
    realm?.publish('com.nobody', ['last']);
    await settle(router);
    expect(Math.max(...turns)).toBeLessThanOrEqual(TURN + ONE_MESSAGE);
    expect(realm?.limited.of('own_publications')).toBeGreaterThan(99);
    const told = readers[99]?.heard.map(([, , , , args]) => Number((args as unknown[])[0])) ?? [];
    expect(told.slice(0, 1000)).toEqual(told.slice(0, 1000).toSorted((a, b) => a - b));
    expect(told.filter((n) => n < 5)).toHaveLength(5 * 200);
  });

  test('A4 a batch is processed as far as the turn permits, and the rest of it later, in order', async () => {
    const { router, turns } = plot();
    const reader = SlowReader.join(router);
    reader.say([32, 1, {}, 'com.t']);
    const sender = SlowReader.join(router);
    const frames = range(20_000).map((n) => json.encodePayload([16, n + 1, {}, 'com.t', [n]], {}, 1));
    const batch = joinBatch(frames, json);
    sender.listener?.batch?.(batch);
    batch.fill(0); // it was lent
    await settle(router);
    const told = reader.heard.slice(1).map(([, , , , args]) => Number((args as unknown[])[0]));
    expect(told.join()).toBe(range(20_000).join());
    expect(turns.length).toBeGreaterThan(5);
    expect(Math.max(...turns)).toBeLessThanOrEqual(TURN + ONE_MESSAGE);
  });

  test('A4 what a decision sets free goes on in slices, in order', async () => {
    const { promise, resolve } = deferred();
    let asked = 0;
    const { router, turns } = plot({
      authorizer: {
        authorize: (_principal, action) => action !== 'publish' || ((asked += 1) > 1 ? true : promise),
      },
    });
    const reader = SlowReader.join(router);
    reader.say(...range(100).map((n) => [32, n + 1, { match: 'prefix' }, 'com.'.padEnd(4 + n, 'y')]));
    await settle(router);
    reader.heard.length = 0;
    const sender = await Client.join(router);
    await sender.say(...range(1000).map((n) => [16, n + 1, {}, 'com.'.padEnd(104, 'y'), [n]]));
    expect(reader.heard).toHaveLength(0);
    turns.length = 0;
    resolve(true);
    await settle(router);
    await settle(router);
    expect(Math.max(...turns)).toBeLessThanOrEqual(TURN + ONE_MESSAGE);
    expect(turns.length).toBeGreaterThan(10);
    const told = reader.heard.map(([, , , , args]) => Number((args as unknown[])[0]));
    expect(told.join()).toBe(
      range(1000)
        .flatMap((n) => range(100).map(() => n))
        .join(),
    );
  });

  test('A4 the messages that a client sent before it disconnected are processed first', async () => {
    const { router } = plot();
    const reader = SlowReader.join(router);
    reader.say([32, 1, {}, 'com.t']);
    const sender = SlowReader.join(router);
    sender.say(...range(20_000).map((n) => [16, n + 1, {}, 'com.t', [n]]));
    sender.listener?.closed('cut');
    expect(router.realm('realm1')?.sessions.size).toBe(2);
    await settle(router);
    expect(reader.heard).toHaveLength(1 + 20_000);
    expect(router.realm('realm1')?.sessions.size).toBe(1);
  });

  test('A4 no further messages of an aborted client are processed', async () => {
    const { router } = plot();
    const reader = SlowReader.join(router);
    reader.say([32, 1, {}, 'com.t']);
    const sender = SlowReader.join(router);
    sender.say(...range(20_000).map((n) => [16, n + 1, {}, 'com.t', [n]]));
    const heard = reader.heard.length;
    sender.listener?.violation('nonsense');
    await settle(router);
    // One was accepted already, and on its way.
    expect(reader.heard.length).toBeLessThanOrEqual(heard + 1);
    expect(sender.heard.at(-1)?.[2]).toBe('wamp.error.protocol_violation');
  });

  test('A4 sessions that leave with ten thousand registrations and subscriptions each go in slices', async () => {
    const { router, turns } = plot();
    const realm = router.realm('realm1');
    const before = realm?.dealer.registrations.size;
    const leaving = range(10).map(() => SlowReader.join(router));
    for (const [index, client] of leaving.entries()) {
      client.say(...range(10_000).map((n) => [32, n + 1, {}, `com.t${index}.${n}`]));
      client.say(...range(10_000).map((n) => [64, n + 20_001, {}, `com.p${index}.${n}`]));
    }
    await settle(router);
    const stranger = await Client.join(router);
    turns.length = 0;
    for (const client of leaving) client.listener?.closed('cut');
    await stranger.say([48, 1, {}, 'com.p9.9999']);
    expect(Math.max(...turns)).toBeLessThanOrEqual(TURN + ONE_MESSAGE);
    expect(turns.length).toBeGreaterThan(20);
    // It was assigned to a callee that had gone, or there was none any more: in any case it is answered.
    expect(stranger.heard.map(([type]) => type)).toEqual([8]);
    expect(realm?.broker.subscriptions.size).toBe(0);
    expect(realm?.dealer.registrations.size).toBe(before);
    expect(realm?.sessions.size).toBe(1);
  });
});
