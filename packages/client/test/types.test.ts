/** What the compiler knows of a session, with a contract and without. Nothing here is run but the last test. */
import { expect, expectTypeOf, test } from 'vitest';
import {
  connect,
  result,
  ticket,
  WampError,
  type Args,
  type Call,
  type Kwargs,
  type Session,
  type Stream,
  type Subscription,
  type WampEvent,
} from '../src/index.ts';
import { getEvents, sessions } from '../src/meta.ts';

interface Api {
  procedures: {
    'math.add2': (a: number, b: number) => number;
    'user.get': { kwargs: { id: string }; result: { name: string } };
    now: () => string;
    later: () => Promise<Date>;
    // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- what people write
    mix: { args: [a: number]; kwargs: { b: string }; result: void };
    optional: { args: [a?: number]; kwargs: { b?: string }; result: number };
    'job.run': { args: [id: string]; progress: number; result: 'done' };
    where: { result: number; resultKwargs: { accuracy: number } };
  };
  topics: {
    'chat.msg': [text: string, from: string];
    'user.updated': { kwargs: { id: string } };
    both: { args: [n: number]; kwargs: { id: string } };
    [room: `room.${string}.msg`]: [text: string];
  };
}

export async function untyped(): Promise<void> {
  const s = await connect('wss://x/ws', { realm: 'r', auth: ticket('a', async () => Promise.resolve('t')) });
  expectTypeOf(s).toEqualTypeOf<Session>();
  expectTypeOf(await s.call('math.add2', [2, 3])).toBeUnknown();
  await s.call('user.get', { id: 1 });
  await s.call('now');
  await s.call('both', [1], { kwargs: { a: 1 }, timeout: 5 });
  await s.publish('t', { a: 1 }, { acknowledge: true });
  await s.register('add', ([a, b]: number[]) => Number(a) + Number(b));
  await s.register('add', (args: readonly unknown[]) => args.length);
  await s.register('pair', () => result([1, 2], { a: 1 }));
  await s.subscribe('t', ([text]: string[]) => text);
  for await (const value of s.stream('p', [1], { kwargs: { a: 1 } })) expectTypeOf(value).toBeUnknown();
  await s.stream('p', [], { input: [[1], { a: 1 }], buffer: { max: 5 } }).result;
  await s.call('p', [], { onProgress: (n) => Number(n).toFixed() });
  // @ts-expect-error what comes is unknown
  await s.call('p', [], { onProgress: (n: number) => n.toFixed() });
  await s.register('p', async function* ([n]: number[], { input, progress, wantsProgress }) {
    expectTypeOf(wantsProgress).toBeBoolean();
    await progress('anything');
    for await (const { args } of input) yield args;
    return n;
  });
  // @ts-expect-error a stream has no onProgress: it is its progress
  s.stream('p', [], { onProgress: () => undefined });
  // @ts-expect-error input is lists and dicts
  s.stream('p', [], { input: [1, 2] });
  // @ts-expect-error a scalar is no payload
  await s.call('p', 5);
  // @ts-expect-error no such option
  await s.call('p', [], { timout: 5 });
  // @ts-expect-error kwargs is a dict
  await s.call('p', [], { kwargs: [1] });
  // @ts-expect-error no such event
  s.on('opened', () => undefined);
  s.on('close', ({ reason }) => expectTypeOf(reason).toBeString());
}

export async function typed(t: Session<Api>): Promise<void> {
  expectTypeOf(await t.call('math.add2', [1, 2])).toEqualTypeOf<number>();
  expectTypeOf(await t.call('user.get', { id: 'x' })).toEqualTypeOf<{ name: string }>();
  expectTypeOf(await t.call('now')).toEqualTypeOf<string>();
  expectTypeOf(await t.call('later')).toEqualTypeOf<Date>();
  expectTypeOf(t.call('now')).toEqualTypeOf<Call<string>>();
  await t.call('mix', [1], { kwargs: { b: 'q' } });
  await t.call('optional');
  await t.call('optional', [1]);
  await t.call('optional', { b: 'x' });
  await t.call('user.get', [], { kwargs: { id: 'z' }, signal: AbortSignal.timeout(5), timeout: 100 });
  expectTypeOf((await t.call('user.get', { id: 'x' }).full()).value.name).toBeString();
  expectTypeOf((await t.call('where').full()).kwargs.accuracy).toBeNumber();
  // @ts-expect-error wrong argument type
  await t.call('math.add2', [1, 'x']);
  // @ts-expect-error too few arguments
  await t.call('math.add2', [1]);
  // @ts-expect-error missing payload
  await t.call('math.add2');
  // @ts-expect-error unknown procedure
  await t.call('nope', [1]);
  // @ts-expect-error wrong keyword type
  await t.call('user.get', { id: 5 });
  // @ts-expect-error required keywords missing
  await t.call('user.get');
  // @ts-expect-error required keywords missing in the options
  await t.call('mix', [1], {});

  const stream = t.stream('job.run', ['1']);
  expectTypeOf(stream).toEqualTypeOf<Stream<number, 'done'>>();
  for await (const percent of stream) expectTypeOf(percent).toBeNumber();
  expectTypeOf(await stream.result).toEqualTypeOf<'done'>();
  await t.call('job.run', ['1'], {
    onProgress: (percent, whole) => {
      expectTypeOf(percent).toBeNumber();
      expectTypeOf(whole.args).toEqualTypeOf<Args>();
    },
  });
  // @ts-expect-error what progress carries
  await t.call('job.run', ['1'], { onProgress: (percent: string) => percent });
  // @ts-expect-error too few arguments
  t.stream('job.run');
  await t.register('job.run', async function* ([id], inv) {
    for (let i = 0; i < id.length; i += 1) {
      inv.signal.throwIfAborted();
      await inv.progress(i);
      yield i;
    }
    return 'done' as const;
  });
  // @ts-expect-error wrong progress
  await t.register('job.run', async function* () {
    yield await Promise.resolve('half');
    return 'done' as const;
  });
  // @ts-expect-error wrong result
  await t.register('job.run', async function* () {
    yield await Promise.resolve(50);
    return 'half';
  });
  expectTypeOf(await sessions(t).count()).toBeNumber();
  const [past] = await getEvents(t, await t.subscribe('chat.msg'));
  expectTypeOf(past?.timestamp).toEqualTypeOf<Date | undefined>();

  await t.register('math.add2', ([a, b]) => a + b);
  await t.register('math.add2', async ([a, b]) => Promise.resolve(a + b));
  await t.register('math.add2', () => result([3]));
  await t.register('user.get', (_args, { kwargs: { id } }) => ({ name: id }));
  await t.register('mix', () => undefined);
  await t.register('now', (_args, { caller, signal }) => {
    signal.throwIfAborted();
    return String(caller?.session);
  });
  // @ts-expect-error wrong return type
  await t.register('math.add2', ([a, b]) => String(a + b));
  // @ts-expect-error unknown procedure
  await t.register('nope', () => 1);

  await using subscription = await t.subscribe('chat.msg', ([text, from]) => text.length + from.length);
  expectTypeOf(subscription).toExtend<Subscription<[text: string, from: string], object>>();
  await t.subscribe('room.42.msg', ([text]) => text.toUpperCase());
  await t.subscribe('both', ([n], { kwargs: { id } }) => n.toFixed() + id.trim());
  for await (const event of await t.subscribe('user.updated')) expectTypeOf(event.kwargs.id).toBeString();
  for await (const event of await t.subscribe('chat.msg', { match: 'exact' })) {
    expectTypeOf(event.args).toEqualTypeOf<[text: string, from: string]>();
  }
  // @ts-expect-error unknown topic
  await t.subscribe('nope', () => undefined);

  await t.publish('chat.msg', ['hi', 'me'], { acknowledge: true });
  await t.publish('user.updated', { id: 'x' });
  await t.publish('both', [1], { kwargs: { id: 'x' } });
  await t.publish('room.7.msg', ['hi']);
  // @ts-expect-error too few arguments
  await t.publish('chat.msg', ['hi']);
  // @ts-expect-error wrong keyword type
  await t.publish('user.updated', { id: 5 });
  // @ts-expect-error no such option
  await t.publish('chat.msg', ['hi', 'me'], { excludeme: false });

  expectTypeOf(t.untyped).toEqualTypeOf<Session>();
  expectTypeOf(await t.ready).toEqualTypeOf<Session<Api>>();
}

export function errors(error: unknown): void {
  if (WampError.is(error, 'user.not_found')) expectTypeOf(error.uri).toEqualTypeOf<'user.not_found'>();
  if (WampError.is(error, 'user.*')) expectTypeOf(error.uri).toEqualTypeOf<`user.${string}`>();
  if (WampError.is(error)) {
    expectTypeOf(error.uri).toEqualTypeOf<string>();
    expectTypeOf(error.args).toEqualTypeOf<Args>();
    expectTypeOf(error.kwargs).toEqualTypeOf<Kwargs>();
  }
  expectTypeOf(new WampError('a.b', [1, 'x'] as [number, string]).args).toEqualTypeOf<[number, string]>();
}

export function handles(event: WampEvent, subscription: Subscription): void {
  expectTypeOf(event.args).toEqualTypeOf<Args>();
  expectTypeOf(subscription[Symbol.asyncDispose]).returns.toEqualTypeOf<PromiseLike<void>>();
}

test('everything above is compiled by `tsc -b`', () => {
  expect([untyped, typed, errors, handles]).toHaveLength(4);
});
