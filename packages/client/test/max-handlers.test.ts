/** At most so many handlers run at once; what comes meanwhile waits in its order, bounded in bytes (trials: A11). */
import { expect, test } from 'vitest';
import { connect } from '../src/index.ts';
import { failure, joined, settle, type Joined, type JoinedOptions } from './scripted-peer.ts';

/** What one message with this payload weighs while it waits is little more than 1 MiB. */
const MIB = 'x'.repeat(1024 * 1024);

/** A promise, and what settles it. */
interface Job {
  readonly value: unknown;
  readonly finish: () => void;
}

/** A session with subscription 7 to `t` and registration 8 of `p`, whose handlers go on until they are finished. */
class Workshop {
  readonly session: Joined['session'];
  readonly peer: Joined['peer'];
  readonly errors: string[] = [];
  readonly started: unknown[] = [];
  readonly jobs: Job[] = [];
  most = 0;

  private constructor({ session, peer }: Joined) {
    this.session = session;
    this.peer = peer;
    session.on('error', (error) => this.errors.push(error.message));
  }

  static async open(options: JoinedOptions): Promise<Workshop> {
    const workshop = new Workshop(await joined(options));
    const { session, peer } = workshop;
    const subscribing = session.subscribe('t', ([value]) => workshop.work(value));
    await peer.next();
    peer.send([33, 1, 7]);
    await subscribing;
    const registering = session.register('p', ([value]) => workshop.work(value));
    await peer.next();
    peer.send([65, 2, 8]);
    await registering;
    return workshop;
  }

  work(value: unknown): Promise<unknown> {
    this.started.push(value);
    return new Promise((resolve) => {
      this.jobs.push({ value, finish: () => resolve(value) });
      this.most = Math.max(this.most, this.jobs.length);
    });
  }

  event(...args: unknown[]): void {
    this.peer.send([36, 7, 1, {}, args]);
  }

  invoke(request: number, ...args: unknown[]): void {
    this.peer.send([68, request, 8, {}, args]);
  }

  /** The handler that has run the longest ends. */
  async finish(): Promise<void> {
    this.jobs.shift()?.finish();
    await settle();
  }

  async finishAll(): Promise<void> {
    while (this.jobs.length > 0) await this.finish();
  }
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_item, index) => index);
}

test('A11 at most 1,000 handlers run at once by default, and events are handled in order', async () => {
  const workshop = await Workshop.open({});
  for (const n of range(3000)) workshop.event(n);
  expect(workshop.jobs).toHaveLength(1000);
  await workshop.finishAll();
  expect(workshop.most).toBe(1000);
  expect(workshop.started).toEqual(range(3000));
  expect(workshop.errors).toEqual([]);
});

test('A11 events and invocations share the handlers, and wait in one line', async () => {
  const workshop = await Workshop.open({ maxHandlers: 2 });
  for (const n of range(6)) {
    if (n % 2 === 0) workshop.event(n);
    else workshop.invoke(n, n);
  }
  expect(workshop.started).toEqual([0, 1]);
  await workshop.finish();
  expect(workshop.started).toEqual([0, 1, 2]);
  await workshop.finishAll();
  expect(workshop.most).toBe(2);
  expect(workshop.started).toEqual(range(6));
  for (const n of [1, 3, 5]) await workshop.peer.expect([70, n, {}, [n]]);
});

test('A11 invocations that wait are all answered: 16,963 at once', async () => {
  const workshop = await Workshop.open({});
  for (const n of range(16_963)) workshop.invoke(n + 1, n);
  expect(workshop.jobs).toHaveLength(1000);
  while (workshop.jobs.length > 0) {
    for (const { finish } of workshop.jobs.splice(0)) finish();
    await settle();
  }
  const answers: unknown[] = [];
  for (let n = 0; n < 16_963; n += 1) answers.push(await workshop.peer.next());
  // As text: a comparison of values takes ten times as long.
  expect(JSON.stringify(answers)).toBe(JSON.stringify(range(16_963).map((n) => [70, n + 1, {}, [n]])));
  expect(workshop.most).toBe(1000);
  expect(workshop.errors).toEqual([]);
});

test('A11 beyond 8 MiB, an invocation is unavailable; those that wait are served', async () => {
  const workshop = await Workshop.open({ maxHandlers: 1 });
  for (const n of range(9)) workshop.invoke(n + 1, n, MIB);
  await workshop.peer.expect([8, 68, 9, {}, 'wamp.error.unavailable', [expect.any(String)]]);
  workshop.peer.expectNothing();
  await workshop.finishAll();
  expect(workshop.started).toEqual(range(8));
  for (const n of range(8)) await workshop.peer.expect([70, n + 1, {}, [n]]);
  workshop.invoke(10, 'again');
  expect(workshop.started.at(-1)).toBe('again');
});

test('A11 beyond 8 MiB, events are dropped, and event `error` reports how many', async () => {
  const workshop = await Workshop.open({ maxHandlers: 1 });
  for (const n of range(12)) workshop.event(n, MIB);
  expect(workshop.errors).toEqual([
    'wamp.error.unavailable: An event was dropped: 8 MiB wait for handlers, of which 1 may run (option maxHandlers), or to be unpacked. (topic t)',
  ]);
  await workshop.finishAll();
  expect(workshop.started).toEqual(range(8));
  expect(workshop.errors.slice(1)).toEqual([expect.stringContaining('3 more events were dropped')]);
  workshop.event('again');
  expect(workshop.started.at(-1)).toBe('again');
});

test.each([['kill'], ['killnowait']])(
  'A11 an invocation that waits is canceled at once (%s), and leaves its place to others',
  async (mode) => {
    const workshop = await Workshop.open({ maxHandlers: 1 });
    for (const n of range(8)) workshop.invoke(n + 1, n, MIB);
    workshop.peer.send([69, 3, { mode }]);
    await workshop.peer.expect([8, 68, 3, {}, 'wamp.error.canceled']);
    workshop.invoke(9, 8, MIB);
    await workshop.finishAll();
    expect(workshop.started).toEqual([0, 1, 3, 4, 5, 6, 7, 8]);
  },
);

test('A11 the timeout of an invocation counts while it waits', async () => {
  const workshop = await Workshop.open({ maxHandlers: 1 });
  workshop.invoke(1, 1);
  workshop.peer.send([68, 2, 8, { timeout: 50 }, [2]]);
  workshop.peer.clock.advance(50);
  await workshop.peer.expect([8, 68, 2, {}, 'wamp.error.timeout', [expect.any(String)]]);
  await workshop.finishAll();
  expect(workshop.started).toEqual([1]);
});

test('A11 a handler whose caller has gone still counts', async () => {
  const workshop = await Workshop.open({ maxHandlers: 1 });
  workshop.invoke(1, 1);
  workshop.peer.send([69, 1, { mode: 'killnowait' }]);
  workshop.invoke(2, 2);
  expect(workshop.started).toEqual([1]);
  await workshop.finish();
  expect(workshop.started).toEqual([1, 2]);
});

test('A11 no handler begins after its subscription or the session has ended', async () => {
  const workshop = await Workshop.open({ maxHandlers: 1 });
  const subscribing = workshop.session.subscribe('u', ([value]) => workshop.work(value));
  await workshop.peer.next();
  workshop.peer.send([33, 3, 9]);
  const subscription = await subscribing;
  workshop.event(1);
  workshop.peer.send([36, 9, 2, {}, [2]]);
  workshop.event(3);
  workshop.event(4);
  workshop.invoke(1, 5);
  void subscription.unsubscribe();
  await workshop.finish();
  expect(workshop.started).toEqual([1, 3]);
  workshop.peer.drop();
  await workshop.finishAll();
  expect(workshop.started).toEqual([1, 3]);
});

test('A11 handlers that throw or return at once make room, however many wait', async () => {
  const { session, peer } = await joined({ maxHandlers: 1 });
  const errors: string[] = [];
  session.on('error', (error) => errors.push(error.message));
  let finish: () => void = () => undefined;
  const handled: unknown[] = [];
  const subscribing = session.subscribe('t', ([n]) => {
    handled.push(n);
    if (n === 0) return new Promise<void>((resolve) => (finish = resolve));
    if (n === 1) throw new Error('boom');
    return n === 2 ? Promise.reject(new Error('bang')) : undefined;
  });
  await peer.next();
  peer.send([33, 1, 7]);
  await subscribing;
  for (const n of range(20_000)) peer.send([36, 7, 1, {}, [n]]);
  expect(handled).toEqual([0]);
  finish();
  await settle();
  expect(handled).toEqual(range(20_000));
  expect(errors).toEqual(['boom', 'bang']);
});

test('A11 events that are iterated do not wait for handlers', async () => {
  const workshop = await Workshop.open({ maxHandlers: 1 });
  const subscribing = workshop.session.subscribe('u');
  await workshop.peer.next();
  workshop.peer.send([33, 3, 9]);
  const subscription = await subscribing;
  workshop.event(1);
  workshop.peer.send([36, 9, 2, {}, ['now']]);
  const next = await subscription[Symbol.asyncIterator]().next();
  expect(next).toMatchObject({ value: { args: ['now'] } });
});

test.each([0, 1.5, Infinity])('A11 maxHandlers is no %s', async (maxHandlers) => {
  const error = await failure(connect('ws://nowhere/', { realm: 'realm1', maxHandlers }));
  expect(error).toEqual(
    new TypeError(`Option maxHandlers of connect: expected an integer from 1, got ${maxHandlers}.`),
  );
});
