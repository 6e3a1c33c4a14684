/** How the client is to be used, as types: what compiles, and what must not. Compiled with everything else, never run. */
/* eslint-disable @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access -- what must not compile
   has no type */
import * as v from 'valibot';
import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { defineContract, typesOnly } from '../src/contract/index.ts';
import { connect, result, ticket, WampError, type Call, type Session } from '../src/index.ts';

interface Api {
  procedures: {
    'math.add2': (a: number, b: number) => number;
    'user.get': { kwargs: { id: string }; result: { name: string } };
    'job.run': { args: [id: string]; progress: number; result: 'done' };
    now: () => string;
    // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- what people write
    mix: { args: [a: number]; kwargs: { b: string }; result: void };
  };
  topics: {
    'chat.msg': [text: string, from: string];
    'user.updated': { kwargs: { id: string } };
    [room: `room.${string}.msg`]: [text: string];
  };
}

export async function untyped(): Promise<void> {
  const s = await connect('wss://x/ws', { realm: 'r', auth: ticket('a', async () => Promise.resolve('t')) });
  const n = (await s.call('math.add2', [2, 3])) as number;
  expectTypeOf(n).toBeNumber();
  // @ts-expect-error what comes of nobody's contract is unknown
  const m: number = await s.call('math.add2', [2, 3]);
  expectTypeOf(m).toBeNumber();
  await s.call('user.get', { id: 1 });
  await s.call('now');
  await s.call('both', [1] as const, { kwargs: { a: 1 } });
  // @ts-expect-error neither a list nor a dict
  await s.call('user.get', 'id');
  // A handler takes what it declares, and `unknown` otherwise.
  await s.register('math.add2', ([a, b]: [number, number]) => a + b);
  await s.register('math.neg', ([a]) => -Number(a));
  // @ts-expect-error of what it has not declared, nothing is known
  await s.register('math.neg', ([a]) => a.toFixed());
  await s.subscribe('chat.msg', ([text]: string[]) => text);
  await s.subscribe('chat.msg', ([text], { args, kwargs }) => {
    expectTypeOf(text).toBeUnknown();
    expectTypeOf(args).toEqualTypeOf<unknown[]>();
    expectTypeOf(kwargs['id']).toBeUnknown();
  });
  // @ts-expect-error arguments are a list
  await s.subscribe('chat.msg', (text: string) => text);
  expectTypeOf(await s.api['math']?.['add2']?.(2, 3)).toBeUnknown();
}

export async function calls(t: Session<Api>): Promise<void> {
  expectTypeOf(await t.call('math.add2', [1, 2])).toEqualTypeOf<number>();
  const args = [1, 2] as const;
  expectTypeOf(await t.call('math.add2', args)).toEqualTypeOf<number>();
  expectTypeOf(await t.call('user.get', { id: 'x' })).toEqualTypeOf<{ name: string }>();
  expectTypeOf(await t.call('now')).toEqualTypeOf<string>();
  await t.call('mix', [1], { kwargs: { b: 'q' } });
  // @ts-expect-error wrong argument type
  await t.call('math.add2', [1, 'x']);
  // @ts-expect-error missing payload
  await t.call('math.add2');
  // @ts-expect-error unknown procedure
  await t.call('nope', [1]);
  // @ts-expect-error wrong keyword type
  await t.call('user.get', { id: 5 });
  // @ts-expect-error required keywords missing
  await t.call('user.get');
  await t.call('user.get', [], { kwargs: { id: 'z' }, signal: AbortSignal.timeout(5), timeout: 100 });
  // @ts-expect-error required keywords missing in the options
  await t.call('mix', [1], {});
  const whole = await t.call('user.get', { id: 'x' }).full();
  expectTypeOf(whole.value.name).toBeString();
  for await (const percent of t.stream('job.run', ['1'])) expectTypeOf(percent).toBeNumber();
  try {
    await t.call('now');
  } catch (error) {
    if (WampError.is(error, 'user.not_found')) expectTypeOf(error.args[0]).toBeUnknown();
  }
}

export async function procedures(t: Session<Api>): Promise<void> {
  await t.register('math.add2', ([a, b]) => a + b);
  await t.register('math.add2', () => result([5]));
  await t.register('user.get', (_, { kwargs: { id } }) => ({ name: id }));
  await t.register('job.run', async function* ([id], { signal }) {
    for (let i = 0; i < id.length; i += 1) {
      signal.throwIfAborted();
      yield await Promise.resolve(i);
    }
    return 'done' as const;
  });
  // @ts-expect-error wrong return
  await t.register('math.add2', () => 'str');
  // @ts-expect-error not what the contract says that it is called with
  await t.register('math.add2', ([a, b]: [string, string]) => Number(a + b));
}

export async function events(t: Session<Api>): Promise<void> {
  await using subscription = await t.subscribe('chat.msg', ([text, from]) => text.length + from.length);
  expectTypeOf(subscription.topic).toBeString();
  await t.subscribe('room.42.msg', ([text]) => text.toUpperCase());
  for await (const event of await t.subscribe('user.updated')) {
    expectTypeOf(event.kwargs.id).toBeString();
    break;
  }
  await t.publish('chat.msg', ['hi', 'me'], { acknowledge: true });
  await t.publish('user.updated', { id: 'x' });
  // @ts-expect-error too few arguments
  await t.publish('chat.msg', ['hi']);
  // @ts-expect-error not what the topic has
  await t.subscribe('chat.msg', ([text]: [number]) => text);
}

export async function functions(t: Session<Api>): Promise<void> {
  expectTypeOf(t.api.math.add2(2, 3)).toEqualTypeOf<Call<number>>();
  expectTypeOf(await t.api.now()).toBeString();
  expectTypeOf(await t.api.job.run('j1')).toEqualTypeOf<'done'>();
  // @ts-expect-error wrong argument type
  await t.api.math.add2(2, '3');
  // @ts-expect-error too few arguments
  await t.api.math.add2(2);
  // @ts-expect-error unknown procedure
  await t.api.math.add3(2, 3);
  // @ts-expect-error keyword arguments need `call`
  await t.api.user.get({ id: '7' });
}

const contract = defineContract({
  procedures: {
    'user.get': { kwargs: v.object({ id: v.string() }), result: v.object({ name: v.string() }) },
    add: { args: z.tuple([z.number(), z.number()]), result: z.number() },
    'job.run': { args: z.tuple([z.string()]), progress: z.number() },
    born: {
      args: z.tuple([z.string().transform((text) => new Date(text))]),
      result: z.string().transform((text) => new Date(text)),
    },
    optional: { args: z.tuple([]).rest(z.string()), kwargs: z.object({ a: z.number().default(5) }) },
  },
  topics: {
    tick: { args: z.tuple([z.number()]) },
    'room..msg': { kwargs: v.object({ text: v.string() }) },
  },
});

export async function schemas(): Promise<void> {
  const q = await connect('ws://x', { realm: 'r', contract, validate: 'both' });
  expectTypeOf(await q.call('add', [1, 2])).toBeNumber();
  expectTypeOf((await q.call('user.get', { id: '1' })).name).toBeString();
  await q.subscribe('tick', ([k]) => k.toFixed());
  await q.subscribe('room.42.msg', (_, { kwargs }) => kwargs.text.trim());
  await q.subscribe('room..msg', (_, { kwargs }) => kwargs.text.trim(), { match: 'wildcard' });
  await q.publish('room.42.msg', { text: 'hi' });
  for await (const percent of q.stream('job.run', ['j1'])) expectTypeOf(percent).toBeNumber();
  // Who sends writes what the schema reads, who receives reads what it gives.
  expectTypeOf(await q.call('born', ['2026-01-31'])).toEqualTypeOf<Date>();
  await q.register('born', ([date]) => date.toISOString());
  await q.call('optional');
  await q.call('optional', ['a', 'b']);
  await q.call('optional', {});
  await q.register('optional', (_, { kwargs: { a } }) => void a.toFixed());
  expectTypeOf(await q.api.add(1, 2)).toBeNumber();
  // @ts-expect-error wrong argument type
  await q.call('add', ['1', 2]);
  // @ts-expect-error a caller writes text
  await q.call('born', [new Date()]);
  // @ts-expect-error a callee gives text
  await q.register('born', ([date]) => date);
  // @ts-expect-error wrong keyword type
  await q.publish('room.42.msg', { text: 5 });
  // @ts-expect-error no such topic
  await q.subscribe('room', () => undefined);
  // @ts-expect-error no such way
  await connect('ws://x', { realm: 'r', contract, validate: 'outgoing' });
  // @ts-expect-error a schema is none of these
  defineContract({ procedures: { add: { args: [Number, Number] } } });
}

export async function implementations(s: Session): Promise<void> {
  const job = async function* (): AsyncGenerator<number, undefined, undefined> {
    yield await Promise.resolve(5);
    return undefined;
  };
  await s.implement(contract, {
    'user.get': (_, { kwargs: { id } }) => ({ name: id }),
    add: ([a, b]) => a + b,
    'job.run': job,
    born: ([date]) => date.toISOString(),
    optional: () => undefined,
  });
  // @ts-expect-error not complete
  await s.implement(contract, { add: ([a, b]) => a + b });
  const small = defineContract({ procedures: { add: { args: z.tuple([z.number()]), result: z.number() } } });
  await s.implement(small, { add: ([a]) => a }, { concurrency: 5, validate: 'both' });
  // @ts-expect-error wrong return
  await s.implement(small, { add: ([a]) => String(a) });
  // @ts-expect-error too many handlers
  await s.implement(small, { add: ([a]) => a, subtract: () => 1 });
  interface Small {
    procedures: { add: (a: number) => number };
  }
  await s.implement(typesOnly<Small>(), { add: ([a]) => a });
  // @ts-expect-error not complete
  await s.implement(typesOnly<Small>(), {});
  const typed = await connect('ws://x', { realm: 'r', contract: typesOnly<Small>() });
  expectTypeOf(await typed.call('add', [1])).toBeNumber();
}

test('everything above is compiled by `tsc -b`', () => {
  expect([untyped, calls, procedures, events, functions, schemas, implementations]).toHaveLength(7);
});
