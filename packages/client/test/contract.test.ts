/** Contracts at run time: what is checked, on which side, and who hears of what does not fit. */
import { describe, expect, test } from 'vitest';
import * as v from 'valibot';
import { z } from 'zod';
import { connect, result, WampError } from '../src/index.ts';
import { defineContract, typesOnly, ValidationError, type StandardSchema } from '../src/contract/index.ts';
import { ADVANCED, failure, joined, settle } from './scripted-peer.ts';

const contract = defineContract({
  procedures: {
    'math.add2': { args: z.tuple([z.number(), z.number()]), result: z.number() },
    'user.get': {
      kwargs: v.object({ id: v.string() }),
      result: v.object({ name: v.string() }),
      resultKwargs: z.object({ age: z.number() }),
    },
    'job.run': { args: z.tuple([z.string()]), progress: z.number(), result: z.literal('done') },
    'date.next': {
      args: z.tuple([z.iso.date().transform((text) => new Date(text))]),
      result: z.iso.date().transform((text) => new Date(text)),
    },
  },
  topics: {
    tick: { args: z.tuple([z.number()]) },
    'room..message': { kwargs: v.object({ text: v.string() }) },
  },
});

/** A schema that takes its time: each value is judged when the test says so. */
function slow(): { schema: StandardSchema<number>; judge: (() => void)[] } {
  const judge: (() => void)[] = [];
  const validate: StandardSchema<number>['~standard']['validate'] = (value) =>
    new Promise((resolve) => {
      judge.push(() => {
        resolve(typeof value === 'number' ? { value } : { issues: [{ message: 'no number' }] });
      });
    });
  return { schema: { '~standard': { version: 1, vendor: 'slow', validate } }, judge };
}

describe('B3 an argument after the options is refused, as by any session,', () => {
  type Method = (...args: readonly unknown[]) => unknown;
  const noop = (): undefined => undefined;
  const surplus: [name: 'call' | 'stream' | 'publish' | 'register' | 'subscribe', args: unknown[]][] = [
    ['call', ['math.add2', [1, 2], {}, { timeout: 1 }]],
    ['call', ['math.add2', [1, 2], { onProgress: noop }, { timeout: 1 }]],
    ['call', ['other', [1, 2], {}, { timeout: 1 }]],
    ['stream', ['job.run', ['x'], {}, { timeout: 1 }]],
    ['publish', ['tick', [1], {}, { acknowledge: true }]],
    ['register', ['math.add2', noop, {}, { invoke: 'roundrobin' }]],
    ['subscribe', ['tick', noop, {}, { match: 'prefix' }]],
    ['subscribe', ['tick', {}, { match: 'prefix' }]],
  ];

  test.each(surplus)('by %s(%j): with a contract, in a scope, and with defaults', async (name, args) => {
    const { session, peer } = await joined({ contract });
    const [uri, ...rest] = args as [string, ...unknown[]];
    const [head = '', ...tail] = uri.split('.');
    const defaults = { call: { timeout: 5 }, publish: { acknowledge: true }, subscribe: { recover: false } };
    const forms: [object, unknown[]][] = [
      [session, args],
      [session.with(defaults), args],
      ...(tail.length > 0 ? [[session.scope(head), [tail.join('.'), ...rest]] as [object, unknown[]]] : []),
    ];
    for (const [form, given] of forms)
      expect(() => (form as Readonly<Record<string, Method>>)[name]?.(...given)).toThrow(TypeError);
    peer.expectNothing();
  });
});

describe('a caller', () => {
  test('gets a valid result, as converted by the schema', async () => {
    const { session, peer } = await joined({ contract });
    const next = session.call('date.next', ['2026-01-31']);
    await peer.expect([48, 1, {}, 'date.next', ['2026-01-31']]);
    peer.send([50, 1, {}, ['2026-02-01', 'more'], { a: 1 }]);
    expect(await next).toEqual(new Date('2026-02-01'));
    expect(await next.full()).toMatchObject({ args: [new Date('2026-02-01'), 'more'], kwargs: { a: 1 } });
    expect(next.requestId).toBe(1);
  });

  test('gets a ValidationError for one that does not, with the issues', async () => {
    const { session, peer } = await joined({ contract });
    const call = session.call('user.get', { id: '7' });
    await peer.next();
    peer.send([50, 1, {}, [{ name: 7 }], { age: 'old' }]);
    const error = await failure(call);
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({
      uri: 'wamp.error.invalid_payload',
      procedure: 'user.get',
      message: expect.stringMatching(
        /The result of user.get does not fit the contract: result.name: .*resultKwargs.age/,
      ) as string,
      issues: [
        { path: ['result', 'name'], message: expect.any(String) as string },
        { path: ['resultKwargs', 'age'], message: expect.any(String) as string },
      ],
    });
  });

  test('sends what does not fit, unless both sides are to be checked', async () => {
    const { session, peer } = await joined({ contract });
    void session.untyped.call('math.add2', ['2', 3]).catch(() => undefined);
    await peer.expect([48, 1, {}, 'math.add2', ['2', 3]]);
  });

  test('is reported at once with validate both, and nothing is sent', async () => {
    const { session, peer } = await joined({ contract, validate: 'both' });
    const error = await failure(session.untyped.call('math.add2', ['2', 3]));
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({ uri: 'wamp.error.invalid_argument', issues: [{ path: ['args', 0] }] });
    expect(await failure(session.untyped.stream('job.run', [7]).result)).toBeInstanceOf(ValidationError);
    expect(await failure(session.untyped.publish('tick', ['x']))).toBeInstanceOf(ValidationError);
    expect(await failure(session.untyped.publish('room.1.message', { text: 1 }))).toMatchObject({
      topic: 'room.1.message',
    });
    peer.expectNothing();
    // What it converts is sent as it was written.
    void session.call('date.next', ['2026-01-31']).catch(() => undefined);
    await peer.expect([48, 1, {}, 'date.next', ['2026-01-31']]);
  });

  test('keeps the order of what takes its time to be checked', async () => {
    const { schema, judge } = slow();
    const args = {
      '~standard': {
        ...schema['~standard'],
        validate: (list: unknown) => schema['~standard'].validate((list as unknown[])[0]) as never,
      },
    } as StandardSchema<[number], [number]>;
    const { session, peer } = await joined({
      contract: defineContract({
        procedures: { slow: { args: z.array(z.number()), result: z.number() }, slower: { args } },
        topics: { tick: { args: z.array(z.number()) } },
      }),
      validate: 'both',
    });
    const slower = session.untyped.call('slower', ['x']);
    const canceled = session.untyped.call('slower', [1]);
    void session.publish('tick', [1]);
    void session.call('slow', [1]).catch(() => undefined);
    canceled.cancel();
    slower.catch(() => undefined);
    expect(await failure(canceled)).toMatchObject({ uri: 'wamp.error.canceled' });
    await settle();
    peer.expectNothing();
    judge.shift()?.();
    await settle();
    judge.shift()?.();
    expect(await failure(slower)).toBeInstanceOf(ValidationError);
    await peer.expect([16, expect.any(Number), {}, 'tick', [1]]);
    await peer.expect([48, expect.any(Number), {}, 'slow', [1]]);
  });

  test('cancels a call whose progressive result does not fit', async () => {
    const { session, peer } = await joined({ contract, roles: ADVANCED });
    const seen: number[] = [];
    const call = session.call('job.run', ['j1'], { onProgress: (percent) => seen.push(percent) });
    await peer.next();
    peer.send([50, 1, { progress: true }, [50]]);
    peer.send([50, 1, { progress: true }, ['half']]);
    const error = await failure(call);
    expect(error).toMatchObject({ name: 'ValidationError', issues: [{ path: ['progress'] }] });
    await peer.expect([49, 1, { mode: 'killnowait' }]);
    expect(seen).toEqual([50]);
  });

  test('an exception of its onProgress is reported, and the call continues', async () => {
    const { session, peer } = await joined({ contract, roles: ADVANCED });
    const errors: Error[] = [];
    session.on('error', (error) => errors.push(error));
    const call = session.call('job.run', ['j1'], {
      onProgress: () => {
        throw new RangeError('of the application');
      },
    });
    await peer.next();
    peer.send([50, 1, { progress: true }, [50]]);
    peer.send([50, 1, {}, ['done']]);
    expect(await call).toBe('done');
    expect(errors).toMatchObject([{ message: 'of the application' }]);
  });

  test('iterates progressive results that fit, and leaves the loop with a ValidationError', async () => {
    const { session, peer } = await joined({ contract, roles: ADVANCED });
    const stream = session.stream('job.run', ['j1']);
    await peer.next();
    expect(stream.requestId).toBe(1);
    peer.send([50, 1, { progress: true }, [50]]);
    peer.send([50, 1, { progress: true }, ['half']]);
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const percent of stream) seen.push(percent);
    };
    expect(await failure(loop())).toBeInstanceOf(ValidationError);
    expect(seen).toEqual([50]);
    await peer.expect([49, 1, { mode: 'killnowait' }]);
    expect(await failure(stream.result)).toBeInstanceOf(ValidationError);
    expect(await failure(stream.full())).toBeInstanceOf(ValidationError);
  });

  test('has a final result of a stream checked, too', async () => {
    const { session, peer } = await joined({ contract, roles: ADVANCED });
    const stream = session.stream('job.run', ['j1']);
    await peer.next();
    peer.send([50, 1, {}, ['half-done']]);
    expect(await failure(stream.result)).toMatchObject({ issues: [{ path: ['result'] }] });
    const left = session.stream('job.run', ['j1']);
    await peer.next();
    await left[Symbol.asyncDispose]();
    expect(await failure(left.result)).toMatchObject({ uri: 'wamp.error.canceled' });
  });
});

describe('a callee', () => {
  test('is not called with arguments that do not fit: the caller gets the issues', async () => {
    const { session, peer } = await joined({ contract });
    const registering = session.register('date.next', ([date]) => date.toISOString().slice(0, 10));
    await peer.next();
    peer.send([65, 1, 7]);
    await registering;
    peer.send([68, 1, 7, {}, ['2026-01-31']]);
    await peer.expect([70, 1, {}, ['2026-01-31']]);
    peer.send([68, 2, 7, {}, ['tomorrow']]);
    await peer.expect([
      8,
      68,
      2,
      {},
      'wamp.error.invalid_argument',
      [expect.stringContaining('What date.next is called with does not fit the contract: args.0: ')],
      { issues: [{ path: ['args', 0], message: expect.any(String) as string }] },
    ]);
  });

  test('with validate both, its own results and progress are its own fault', async () => {
    const { session, peer } = await joined({ contract, validate: 'both' });
    const errors: Error[] = [];
    session.on('error', (error) => errors.push(error));
    const registering = session.untyped.register('job.run', async function* ([id]: [string], { progress }) {
      await progress(10);
      yield 50;
      if (id === 'bad progress') yield 'half';
      return id === 'bad result' ? 'half-done' : 'done';
    });
    await peer.next();
    peer.send([65, 1, 7]);
    await registering;
    peer.send([68, 1, 7, { receive_progress: true }, ['good']]);
    await peer.expect([70, 1, { progress: true }, [10]]);
    await peer.expect([70, 1, { progress: true }, [50]]);
    await peer.expect([70, 1, {}, ['done']]);
    for (const [at, id] of ['bad progress', 'bad result'].entries()) {
      peer.send([68, 2 + at, 7, { receive_progress: true }, [id]]);
      await peer.next();
      await peer.next();
      await peer.expect([8, 68, 2 + at, {}, 'wamp.error.runtime_error', [expect.any(String)]]);
    }
    expect(errors).toMatchObject([
      {
        message: 'job.run gives what its contract does not have.',
        cause: { issues: [{ path: ['progress'] }] },
      },
      { cause: { issues: [{ path: ['result'] }] } },
    ]);
  });

  test('gets its invocation with arguments converted by the schema', async () => {
    const { session, peer } = await joined({ contract });
    const registering = session.register('user.get', (args, { kwargs, ...rest }) => {
      expect(args).toEqual([]);
      expect(rest).toEqual({ args: [], progress: expect.any(Function) as unknown });
      return result([{ name: kwargs.id }], { age: 7 });
    });
    await peer.next();
    peer.send([65, 1, 7]);
    await registering;
    peer.send([68, 1, 7, { caller: 9 }, [], { id: 'joe', hidden: true }]);
    await peer.expect([70, 1, {}, [{ name: 'joe' }], { age: 7 }]);
  });
});

describe('implement', () => {
  const small = defineContract({
    procedures: {
      'math.add2': { args: z.tuple([z.number(), z.number()]), result: z.number() },
      'log..line': {},
    },
  });

  test('registers all procedures, checks their arguments, and withdraws them together', async () => {
    const { session, peer } = await joined();
    const implementing = session.implement(small, {
      'math.add2': ([a, b]) => a + b,
      'log..line': () => undefined,
    });
    await peer.expect([64, 1, {}, 'math.add2']);
    await peer.expect([64, 2, { match: 'wildcard' }, 'log..line']);
    peer.send([65, 1, 7]);
    peer.send([65, 2, 8]);
    const implementation = await implementing;
    expect(implementation.registrations.map(({ procedure }) => procedure)).toEqual([
      'math.add2',
      'log..line',
    ]);
    peer.send([68, 1, 7, {}, [2, 3]]);
    await peer.expect([70, 1, {}, [5]]);
    peer.send([68, 2, 7, {}, [2]]);
    expect((await peer.next()).slice(0, 5)).toEqual([8, 68, 2, {}, 'wamp.error.invalid_argument']);
    const leaving = implementation[Symbol.asyncDispose]();
    await peer.expect([66, 3, 7]);
    await peer.expect([66, 4, 8]);
    peer.send([67, 3]);
    peer.send([67, 4]);
    await leaving;
  });

  test('checks arguments once, in a session of the same contract, too', async () => {
    const twice = defineContract({
      procedures: { once: { args: z.tuple([z.string().transform((text) => text.length)]) } },
    });
    const { session, peer } = await joined({ contract: twice });
    const implementing = session.implement(twice, { once: ([length]) => void length.toFixed() });
    await peer.next();
    peer.send([65, 1, 7]);
    await implementing;
    peer.send([68, 1, 7, {}, ['four']]);
    await peer.expect([70, 1, {}]);
  });

  test('withdraws the others when one is refused', async () => {
    const { session, peer } = await joined();
    const implementing = session.implement(small, {
      'math.add2': ([a, b]) => a + b,
      'log..line': () => undefined,
    });
    implementing.catch(() => undefined);
    await peer.next();
    await peer.next();
    peer.send([8, 64, 1, {}, 'wamp.error.procedure_already_exists']);
    peer.send([65, 2, 8]);
    await peer.expect([66, 3, 8]);
    peer.send([67, 3]);
    expect(await failure(implementing)).toMatchObject({ uri: 'wamp.error.procedure_already_exists' });
  });

  test('refuses handlers that are missing, too many, or none', async () => {
    const { session, peer } = await joined();
    const implement = (handlers: object): Promise<unknown> =>
      failure(session.implement(small, handlers as never));
    expect(await implement({ 'math.add2': () => 1 })).toMatchObject({
      name: 'TypeError',
      message: 'Procedures of the contract lack a handler: log..line.',
    });
    const all = { 'math.add2': (): number => 1, 'log..line': (): undefined => undefined };
    expect(await implement({ ...all, 'math.add3': () => 1 })).toMatchObject({
      message: 'Handlers for what is not in the contract: math.add3.',
    });
    expect(await implement({ ...all, 'math.add2': 1 })).toMatchObject({
      message: 'The handler of math.add2: expected a function, got 1.',
    });
    peer.expectNothing();
  });

  test('takes types alone, and then checks nothing', async () => {
    interface Api {
      procedures: { 'math.add2': (a: number, b: number) => number };
    }
    const { session, peer } = await joined({ contract: typesOnly<Api>() });
    const implementing = session.implement(typesOnly<Api>(), { 'math.add2': ([a, b]) => a + b });
    await peer.next();
    peer.send([65, 1, 7]);
    await implementing;
    peer.send([68, 1, 7, {}, ['2', '3']]);
    await peer.expect([70, 1, {}, ['23']]);
  });
});

describe('a subscriber', () => {
  test('gets valid events; the session reports the others', async () => {
    const { session, peer } = await joined({ contract });
    const errors: Error[] = [];
    session.on('error', (error) => errors.push(error));
    const seen: unknown[] = [];
    const subscribing = session.subscribe('room..message', (_args, { kwargs }) => seen.push(kwargs.text), {
      match: 'wildcard',
    });
    await peer.next();
    peer.send([33, 1, 5]);
    await subscribing;
    peer.send([36, 5, 1, { topic: 'room.1.message' }, [], { text: 'hi' }]);
    peer.send([36, 5, 2, { topic: 'room.1.message' }, [], { text: 5 }]);
    peer.send([36, 5, 3, { topic: 'room.2.message' }, [], { text: 'ho' }]);
    expect(seen).toEqual(['hi', 'ho']);
    expect(errors).toMatchObject([
      { name: 'ValidationError', topic: 'room.1.message', issues: [{ path: ['kwargs', 'text'] }] },
    ]);
  });

  test('iterates events that fit', async () => {
    const { session, peer } = await joined({ contract });
    const errors: Error[] = [];
    session.on('error', (error) => errors.push(error));
    const subscribing = session.subscribe('tick');
    await peer.next();
    peer.send([33, 1, 5]);
    const subscription = await subscribing;
    for (const tick of [1, 'two', 3]) peer.send([36, 5, 1, {}, [tick]]);
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const { args } of subscription) if (seen.push(args[0]) === 2) break;
    };
    const looping = loop();
    await peer.expect([34, 2, 5]);
    peer.send([35, 2]);
    await looping;
    expect(seen).toEqual([1, 3]);
    expect(errors).toMatchObject([{ name: 'ValidationError', topic: 'tick' }]);
  });

  test('gets events in order, however long a check takes; handlers do not wait for each other', async () => {
    const { schema, judge } = slow();
    const kwargs = {
      '~standard': {
        ...schema['~standard'],
        validate: async (value: unknown) => {
          const judged = await schema['~standard'].validate((value as { n: unknown }).n);
          return 'issues' in judged && judged.issues !== undefined
            ? judged
            : { value: value as { n: number } };
        },
      },
    } as StandardSchema<{ n: number }>;
    const { session, peer } = await joined({ contract: defineContract({ topics: { slow: { kwargs } } }) });
    const errors: Error[] = [];
    session.on('error', (error) => errors.push(error));
    const seen: unknown[] = [];
    const subscribing = session.subscribe('slow', (_args, event) => {
      seen.push(event.kwargs.n);
      return new Promise(() => undefined);
    });
    await peer.next();
    peer.send([33, 1, 5]);
    await subscribing;
    for (const n of [1, 'two', 3]) peer.send([36, 5, 1, {}, [], { n }]);
    for (let turn = 0; turn < 3; turn += 1) {
      await settle();
      judge.shift()?.();
    }
    await settle();
    expect(seen).toEqual([1, 3]);
    expect(errors).toMatchObject([{ name: 'ValidationError' }]);
  });
});

describe('session.api', () => {
  test('calls a procedure by the components of its URI, with positional arguments', async () => {
    const { session, peer } = await joined({ contract });
    const sum = session.api.math.add2(2, 3);
    await peer.expect([48, 1, {}, 'math.add2', [2, 3]]);
    peer.send([50, 1, {}, [5]]);
    expect(await sum).toBe(5);
  });

  test('needs no contract, and is no promise', async () => {
    const { session, peer } = await joined();
    const { api } = session;
    expect(await Promise.resolve(api)).toBe(api);
    void api['com']?.['example']?.['do']?.().catch(() => undefined);
    await peer.expect([48, 1, {}, 'com.example.do']);
  });
});

describe('invalid contracts', () => {
  test.each([
    [
      'a part that there is not',
      { procedures: { a: { arguments: z.any() } } },
      /Unknown option arguments of contract a/,
    ],
    [
      'an invalid schema',
      { topics: { a: { args: {} } } },
      /Option args of contract a: expected a Standard Schema/,
    ],
    [
      'a kind that there is not',
      { procedure: {} },
      /Unknown option procedure of defineContract: expected procedures/,
    ],
  ])('%s is a TypeError', (_what, schemas, message) => {
    expect(() => defineContract(schemas as never)).toThrow(TypeError);
    expect(() => defineContract(schemas as never)).toThrow(message);
  });

  test('connect refuses it, too, and a way to validate that there is not', async () => {
    const options = { realm: 'realm1', contract: {} as never };
    expect(await failure(connect('ws://x', options))).toMatchObject({
      message: expect.stringContaining('Option contract of connect: expected a contract') as string,
    });
    expect(
      await failure(connect('ws://x', { realm: 'realm1', validate: 'outgoing' as never })),
    ).toMatchObject({
      message: expect.stringContaining(
        'Option validate of connect: expected one of incoming, both, off',
      ) as string,
    });
  });
});

test('with validate off, a contract is its types', async () => {
  const { session, peer } = await joined({ contract, validate: 'off' });
  const call = session.call('math.add2', [2, 3]);
  await peer.next();
  peer.send([50, 1, {}, ['five']]);
  expect(await call).toBe('five');
});

test('many issues are counted, and the first are listed', async () => {
  const wide = defineContract({ procedures: { wide: { result: z.array(z.number()) } } });
  const { session, peer } = await joined({ contract: wide });
  const call = session.call('wide');
  await peer.next();
  peer.send([50, 1, {}, [Array.from({ length: 500 }, () => 'x')]]);
  const error = await failure(call);
  expect((error as ValidationError).issues).toHaveLength(20);
  expect((error as ValidationError).message).toMatch(/; 480 more$/);
  expect(WampError.is(error, 'wamp.error.invalid_payload')).toBe(true);
});
