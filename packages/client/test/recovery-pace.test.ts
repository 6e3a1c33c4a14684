/** Missed events are asked for only as fast as the subscription takes them, and none of them is dropped. */
import { expect, test } from 'vitest';
import type {
  BufferOptions,
  Gap,
  Restored,
  Session,
  SessionOptions,
  Subscription,
  WampEvent,
} from '../src/index.ts';
import { ScriptedLine } from './scripted-line.ts';
import { settle, type ScriptedPeer } from './scripted-peer.ts';

const RECOVER = 'wamp.subscription.recover';
const LONG = 'x'.repeat(1024 * 1024);
type Log = Subscription<unknown[]>;
type Handler = (args: unknown[], event: WampEvent<unknown[]>) => unknown;

/** Numbers from one to another. */
function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_item, index) => from + index);
}

/** A subscription of a router with a log, whose connection can be lost; its position is 2 at the beginning. */
class Follower {
  readonly line: ScriptedLine = new ScriptedLine();
  readonly restored: Restored[] = [];
  readonly gaps: Gap[] = [];
  readonly errors: string[] = [];
  readonly session: Session;
  #log: Log | undefined;
  #loop: AsyncIterator<WampEvent<unknown[]>, undefined> | undefined;

  private constructor(options: Partial<SessionOptions>) {
    this.line.roles = { broker: { features: { x_event_recovery: true } }, dealer: {} };
    this.session = this.line.create(options);
    this.session.on('restored', (restored) => this.restored.push(restored));
    this.session.on('error', (error) => this.errors.push(error.message));
  }

  static async open(how: {
    readonly handler?: Handler;
    readonly buffer?: BufferOptions;
    readonly options?: Partial<SessionOptions>;
  }): Promise<Follower> {
    const follower = new Follower(how.options ?? {});
    const { session, line } = follower;
    await line.welcome();
    const { handler, buffer } = how;
    const subscribing =
      handler === undefined ? session.subscribe('log', { buffer }) : session.subscribe('log', handler);
    await line.peer.expect([32, 1, {}, 'log']);
    line.peer.send([33, 1, 7]);
    follower.#log = await subscribing;
    follower.#log.on('gap', (gap) => follower.gaps.push(gap));
    await line.peer.expect([48, 2, {}, RECOVER, [7]]);
    line.peer.send([50, 2, {}, [], { epoch: 9, offset: 2, complete: true, more: false }]);
    return follower;
  }

  get log(): Log {
    if (this.#log === undefined) throw new Error('It has not subscribed yet.');
    return this.#log;
  }

  get peer(): ScriptedPeer {
    return this.line.peer;
  }

  /** The connection is lost, and another is there; the client asks for what follows `offset`. */
  async reconnect(offset: number): Promise<void> {
    await this.line.cut();
    await this.line.pass(1_000);
    await this.line.welcome();
    await this.peer.expect([32, 1, {}, 'log']);
    this.peer.send([33, 1, 7]);
    await this.asked(2, offset);
  }

  async asked(request: number, offset: number): Promise<void> {
    await this.peer.expect([48, request, {}, RECOVER, [7], expect.objectContaining({ epoch: 9, offset })]);
  }

  /** The router tells events with these numbers, the last of which is the position. */
  tell(request: number, numbers: readonly number[], kwargs: object, text?: string): void {
    const told = numbers.map((n) => ({
      publication: 100 + n,
      args: text === undefined ? [n] : [n, text],
      topic: 'log',
      details: { x_offset: n },
    }));
    const rest = { epoch: 9, offset: numbers.at(-1), complete: true, more: false, ...kwargs };
    this.peer.send([50, request, {}, told, rest]);
  }

  event(n: number): void {
    this.peer.send([36, 7, 100 + n, { x_offset: n }, [n]]);
  }

  /** The loop takes so many events. */
  async take(count: number): Promise<unknown[]> {
    this.#loop ??= this.log[Symbol.asyncIterator]();
    const taken: unknown[] = [];
    for (let n = 0; n < count; n += 1) {
      const { value } = await this.#loop.next();
      taken.push(value?.args[0]);
    }
    return taken;
  }
}

test('EDGE-1 the next events are asked for when a loop has taken enough, and live ones come after them', async () => {
  const follower = await Follower.open({ buffer: { max: 10 } });
  await follower.reconnect(2);
  follower.tell(2, range(3, 12), { more: true });
  for (const n of [21, 22]) follower.event(n);
  follower.peer.expectNothing();
  expect(follower.restored).toMatchObject([{ recovered: 5, gaps: [] }]);
  expect(await follower.take(4)).toEqual(range(3, 6));
  follower.peer.expectNothing();
  expect(await follower.take(1)).toEqual([7]);
  await follower.asked(3, 12);
  follower.tell(3, range(13, 21), {});
  follower.event(23);
  expect(await follower.take(16)).toEqual(range(8, 23));
  follower.event(24);
  expect(await follower.take(1)).toEqual([24]);
  follower.peer.expectNothing();
  expect(follower.gaps).toEqual([]);
  expect(follower.log.state).toBe('active');
});

test('EDGE-1 live events beyond 1,000 are left to the log while a loop takes recovered ones', async () => {
  const follower = await Follower.open({ buffer: { max: 4 } });
  await follower.reconnect(2);
  follower.tell(2, range(3, 6), {});
  for (const n of range(7, 1_100)) follower.event(n);
  expect(await follower.take(1_004)).toEqual(range(3, 1_006));
  await follower.asked(3, 1_006);
  follower.tell(3, range(1_007, 1_100), {});
  follower.event(1_101);
  expect(await follower.take(95)).toEqual(range(1_007, 1_101));
  expect(follower.gaps).toEqual([]);
});

test('EDGE-1 a buffer that drops takes all that is told, and counts what it drops', async () => {
  const follower = await Follower.open({ buffer: { max: 4, overflow: 'drop-oldest' } });
  await follower.reconnect(2);
  follower.tell(2, range(3, 12), { more: true });
  await follower.asked(3, 12);
  follower.tell(3, range(13, 14), {});
  expect(follower.restored).toMatchObject([{ recovered: 12 }]);
  expect(await follower.take(4)).toEqual(range(11, 14));
  expect(follower.log.dropped).toBe(8);
});

test('EDGE-1 the bytes of the buffer count, too', async () => {
  const follower = await Follower.open({ buffer: { maxBytes: 5 * LONG.length } });
  await follower.reconnect(2);
  follower.tell(2, range(3, 8), { more: true }, LONG);
  expect(follower.restored).toMatchObject([{ recovered: 2 }]);
  expect(await follower.take(4)).toEqual(range(3, 6));
  await follower.asked(3, 8);
  follower.tell(3, range(9, 14), {}, LONG);
  expect(await follower.take(8)).toEqual(range(7, 14));
});

test('EDGE-1 recovered events wait for handlers, however much waits, and none is dropped', async () => {
  const jobs: (() => void)[] = [];
  const heard: unknown[] = [];
  const handler: Handler = ([n]) => {
    heard.push(n);
    return new Promise<void>((resolve) => jobs.push(resolve));
  };
  const follower = await Follower.open({ handler, options: { maxHandlers: 1 } });
  await follower.reconnect(2);
  follower.tell(2, range(3, 12), { more: true }, LONG);
  follower.peer.expectNothing();
  // One is handled, three wait, and so they do not fill what waits for handlers.
  expect(follower.restored).toMatchObject([{ recovered: 4 }]);
  const finish = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      jobs.shift()?.();
      await settle();
    }
  };
  await finish(7);
  await follower.asked(3, 12);
  follower.tell(3, range(13, 22), {}, LONG);
  follower.event(23);
  await finish(20);
  expect(heard).toEqual(range(3, 23));
  expect(follower.errors).toEqual([]);
  expect(follower.gaps).toEqual([]);
});

test('EDGE-1 what a loop had no room for is asked for again on the next connection, and only there', async () => {
  const follower = await Follower.open({ buffer: { max: 4 } });
  await follower.reconnect(2);
  follower.tell(2, range(3, 12), { more: true, complete: false });
  follower.event(30);
  await follower.reconnect(4);
  // That the router did not have everything is told, though the recovery did not end.
  expect(follower.gaps).toMatchObject([{ recovered: 2 }]);
  expect(await follower.take(2)).toEqual([3, 4]);
  follower.tell(2, range(5, 12), {});
  expect(await follower.take(8)).toEqual(range(5, 12));
  follower.event(31);
  expect(await follower.take(1)).toEqual([31]);
  follower.peer.expectNothing();
});

test('EDGE-1 events held back before a new log follow as fast as they are taken', async () => {
  const follower = await Follower.open({ buffer: { max: 4 } });
  await follower.reconnect(2);
  for (const n of range(5, 9)) follower.event(n);
  follower.peer.send([50, 2, {}, [], { epoch: 10, offset: 9, complete: false, more: false }]);
  follower.event(10);
  expect(follower.restored).toMatchObject([{ recovered: 0 }]);
  expect(await follower.take(6)).toEqual(range(5, 10));
  expect(follower.gaps).toHaveLength(1);
  expect(follower.log.position).toEqual({ epoch: 10, offset: 10 });
});

test('EDGE-1 a subscription that ends while it recovers is not waited for', async () => {
  const follower: Follower = await Follower.open({
    handler: () => void follower.log.unsubscribe(),
  });
  await follower.reconnect(2);
  follower.tell(2, range(3, 12), { more: true });
  expect(follower.restored).toHaveLength(1);
  expect(follower.gaps).toEqual([]);
});
