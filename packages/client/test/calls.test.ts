/** The caller: CALL, RESULT, ERROR, CANCEL. */
import { describe, expect, test } from 'vitest';
import {
  CallTimeoutError,
  CanceledError,
  ConnectionLostError,
  SerializationError,
  WampError,
  type Session,
} from '../src/index.ts';
import { failure, joined, settle } from './scripted-peer.ts';

describe('a payload', () => {
  test.each<[string, Parameters<Session['call']>, unknown[]]>([
    ['nothing', ['p'], []],
    ['an empty list', ['p', []], []],
    ['an empty dict', ['p', {}], []],
    ['a list', ['p', [1, 'a', null]], [[1, 'a', null]]],
    ['a dict', ['p', { a: 1 }], [[], { a: 1 }]],
    ['both', ['p', [1], { kwargs: { a: 1 } }], [[1], { a: 1 }]],
    ['nothing, and a dict', ['p', undefined, { kwargs: { a: 1 } }], [[], { a: 1 }]],
    ['a list of a list', ['p', [[1, 2]]], [[[1, 2]]]],
    [
      'a dict without a prototype',
      ['p', Object.assign(Object.create(null) as object, { a: 1 })],
      [[], { a: 1 }],
    ],
  ])('%s', async (_what, parameters, elements) => {
    const { session, peer } = await joined();
    session.call(...parameters).catch(() => undefined);
    await peer.expect([48, 1, {}, 'p', ...elements]);
  });

  test('what is absent is left out, and never null', async () => {
    const { session, peer } = await joined();
    session.call('p').catch(() => undefined);
    await peer.expect([48, 1, {}, 'p']);
    session.call('p', [], {}).catch(() => undefined);
    await peer.expect([48, 2, {}, 'p']);
    await session.publish('t', { a: 1 });
    await peer.expect([16, 3, {}, 't', [], { a: 1 }]);
  });

  test.each([5, 'text', null, true, new Date(0), new Map(), new Uint8Array(2), () => 1])(
    '%s is a TypeError, at once',
    async (payload) => {
      const { session, peer } = await joined();
      // @ts-expect-error neither a list nor a dict
      expect(() => session.call('p', payload)).toThrow(TypeError);
      // @ts-expect-error neither a list nor a dict
      expect(() => session.publish('p', payload)).toThrow(TypeError);
      peer.expectNothing();
    },
  );

  test('two dicts, a list of keywords, or an invalid URI, are TypeErrors', async () => {
    const { session, peer } = await joined();
    expect(() => session.call('p', { a: 1 }, { kwargs: { b: 2 } })).toThrow(TypeError);
    // @ts-expect-error kwargs is a dict
    expect(() => session.call('p', [], { kwargs: [1] })).toThrow(TypeError);
    // @ts-expect-error a URI is a string
    expect(() => session.call(5)).toThrow(TypeError);
    peer.expectNothing();
  });
});

describe('a result', () => {
  test.each<[string, unknown[], unknown]>([
    ['nothing', [], undefined],
    ['one value', [[7]], 7],
    ['null', [[null]], null],
    ['false', [[false]], false],
    ['several values', [[1, 2]], 1],
    ['keyword values only', [[], { a: 1 }], undefined],
  ])('%s', async (_what, elements, value) => {
    const { session, peer } = await joined();
    const call = session.call('p');
    peer.send([50, 1, {}, ...elements]);
    expect(await call).toEqual(value);
    expect(await call.full()).toEqual({
      args: elements[0] ?? [],
      kwargs: elements[1] ?? {},
      details: {},
    });
    expect((await call.full()).value).toEqual(value);
  });

  test('keeps its details', async () => {
    const { session, peer } = await joined();
    const call = session.call('p');
    peer.send([50, 1, { _x_y: 1 }, []]);
    expect((await call.full()).details).toEqual({ _x_y: 1 });
  });

  test('progress that was not asked for is not the result', async () => {
    const { session, peer } = await joined();
    const call = session.call('p');
    peer.send([50, 1, { progress: true }, [1]]);
    peer.send([50, 1, {}, [2]]);
    expect(await call).toBe(2);
  });
});

test('a call is a promise in all its methods', async () => {
  const { session, peer } = await joined();
  const call = session.call('p');
  expect(call.requestId).toBe(1);
  const seen: unknown[] = [];
  const later = [
    call.then((value) => seen.push(['then', value])),
    call.catch(() => seen.push('catch')),
    call.finally(() => seen.push('finally')),
  ];
  peer.send([50, 1, {}, [3]]);
  await Promise.all(later);
  expect(seen).toContainEqual(['then', 3]);
  expect(seen).toContain('finally');
  expect(seen).not.toContain('catch');
  expect(await Promise.all([call, call.full()])).toMatchObject([3, { args: [3] }]);

  const failing = session.call('p');
  const caught = failing.catch((error: unknown) => (error as WampError).uri);
  peer.send([8, 48, 2, {}, 'app.broken']);
  expect(await caught).toBe('app.broken');
  expect(await failure(failing.finally(() => undefined))).toMatchObject({ uri: 'app.broken' });
});

test('request ids count from 1, over all kinds of requests', async () => {
  const { session, peer } = await joined();
  session.call('p').catch(() => undefined);
  void session.publish('t');
  session.subscribe('t', () => undefined).catch(() => undefined);
  session.register('p', () => 1).catch(() => undefined);
  session.call('p').catch(() => undefined);
  await peer.expect([48, 1, {}, 'p']);
  await peer.expect([16, 2, {}, 't']);
  await peer.expect([32, 3, {}, 't']);
  await peer.expect([64, 4, {}, 'p']);
  await peer.expect([48, 5, {}, 'p']);
});

describe('an error', () => {
  test('becomes a WampError with its payload', async () => {
    const { session, peer } = await joined();
    const call = session.call('p');
    peer.send([8, 48, 1, { _more: 1 }, 'app.not_found', ['no such thing', 7], { id: 7 }]);
    const error = await failure(call);
    expect(error).toBeInstanceOf(WampError);
    expect(error).toMatchObject({
      name: 'WampError',
      uri: 'app.not_found',
      args: ['no such thing', 7],
      kwargs: { id: 7 },
      details: { _more: 1 },
      message: 'app.not_found: no such thing (procedure p)',
    });
    expect(await failure(call.full())).toBe(error);
  });

  test.each([
    ['wamp.error.canceled', CanceledError, 'wamp.error.canceled'],
    ['wamp.error.cancelled', CanceledError, 'wamp.error.canceled'],
    ['wamp.error.timeout', CallTimeoutError, 'wamp.error.timeout'],
  ])('%s has a class of its own', async (sent, type, uri) => {
    const { session, peer } = await joined();
    const call = session.call('p');
    peer.send([8, 48, 1, {}, sent, ['why']]);
    const error = await failure(call);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ uri, args: ['why'] });
  });

  test('is recognized by WampError.is', () => {
    const error = new WampError('user.not_found', [7]);
    expect(WampError.is(error)).toBe(true);
    expect(WampError.is(error, 'user.not_found')).toBe(true);
    expect(WampError.is(error, 'user.*')).toBe(true);
    expect(WampError.is(error, '*')).toBe(true);
    expect(WampError.is(error, 'user.not_*')).toBe(true);
    expect(WampError.is(error, 'user')).toBe(false);
    expect(WampError.is(error, 'group.*')).toBe(false);
    expect(WampError.is(new Error('user.not_found'), 'user.not_found')).toBe(false);
    expect(WampError.is(undefined)).toBe(false);
  });
});

test('options go out as the wire spells them', async () => {
  const { session, peer } = await joined();
  const extra = { rkey: 'k', _mine: 1 };
  session.call('p', [], { timeout: 1500.2, discloseMe: true, extra }).catch(() => undefined);
  await peer.expect([48, 1, { timeout: 1501, disclose_me: true, rkey: 'k', _mine: 1 }, 'p']);
  session.call('p', [], { timeout: 0, cancelMode: 'kill', kwargs: {} }).catch(() => undefined);
  await peer.expect([48, 2, { timeout: 0 }, 'p']);
});

describe('a payload that cannot be written', () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);

  test.each<[string, unknown[], object]>([
    ['a cycle', [cycle], {}],
    ['a cycle in extra', [], { extra: { cycle } }],
  ])('%s rejects, and costs no request id', async (_what, args, options) => {
    const { session, peer } = await joined();
    const call = session.call('p', args, options);
    const error = await failure(call);
    expect(error).toBeInstanceOf(SerializationError);
    expect(error).toMatchObject({ uri: 'wamp.error.invalid_argument', cause: expect.any(Error) as Error });
    expect(call.requestId).toBeUndefined();
    expect(await failure(session.publish('t', args, options))).toBeInstanceOf(SerializationError);
    const acknowledged = { ...options, acknowledge: true };
    expect(await failure(session.publish('t', args, acknowledged))).toBeInstanceOf(SerializationError);
    expect(peer.clock.pending).toBe(0);
    session.call('p').catch(() => undefined);
    await peer.expect([48, 1, {}, 'p']);
  });

  test('nor can one that is longer than the router takes', async () => {
    const { session, peer } = await joined();
    peer.transport.limit = 100;
    const error = await failure(session.call('p', ['x'.repeat(100)]));
    expect(error).toBeInstanceOf(SerializationError);
    expect(error).toMatchObject({ uri: 'wamp.error.payload_size_exceeded' });
    session.call('p', ['x'.repeat(80)]).catch(() => undefined);
    expect((await peer.next()).slice(0, 2)).toEqual([48, 1]);
  });

  test('a timeout of such a call is cleared', async () => {
    const { session, peer } = await joined();
    await failure(session.call('p', [cycle], { timeout: 50 }));
    expect(peer.clock.pending).toBe(0);
  });
});

describe('timeout', () => {
  test('rejects with a CallTimeoutError, and cancels', async () => {
    const { session, peer } = await joined();
    const call = session.call('p', [], { timeout: 100 });
    await peer.expect([48, 1, { timeout: 100 }, 'p']);
    peer.clock.advance(99);
    await settle();
    peer.expectNothing();
    peer.clock.advance(1);
    const error = await failure(call);
    expect(error).toBeInstanceOf(CallTimeoutError);
    expect(error).toMatchObject({ uri: 'wamp.error.timeout' });
    await peer.expect([49, 1, { mode: 'killnowait' }]);
    // The router's own timeout, or the result, comes too late to matter.
    peer.send([8, 48, 1, {}, 'wamp.error.timeout']);
    peer.send([50, 1, {}, [3]]);
    await settle();
    expect(session.state).toBe('open');
  });

  test('is over with the call', async () => {
    const { session, peer } = await joined();
    const call = session.call('p', [], { timeout: 100 });
    expect(peer.clock.pending).toBe(1);
    peer.send([50, 1, {}, [3]]);
    expect(await call).toBe(3);
    expect(peer.clock.pending).toBe(0);
  });

  test('0 means no timeout', async () => {
    const { session, peer } = await joined();
    session.call('p', [], { timeout: 0 }).catch(() => undefined);
    expect(peer.clock.pending).toBe(0);
  });

  test.each([-1, NaN, Infinity, '5'])('%s is a TypeError', async (timeout) => {
    const { session, peer } = await joined();
    // @ts-expect-error one of them is a string
    expect(() => session.call('p', [], { timeout })).toThrow(TypeError);
    peer.expectNothing();
  });
});

describe('cancel', () => {
  test.each(['skip', 'killnowait', undefined] as const)(
    '%s rejects at once, and tells the router',
    async (mode) => {
      const { session, peer } = await joined();
      const call = session.call('p');
      await peer.next();
      call.cancel(mode);
      await peer.expect([49, 1, { mode: mode ?? 'killnowait' }]);
      expect(await failure(call)).toBeInstanceOf(CanceledError);
      call.cancel('kill');
      call.cancel('killnowait');
      peer.send([50, 1, {}, [3]]);
      peer.send([8, 48, 1, {}, 'wamp.error.canceled']);
      await settle();
      peer.expectNothing();
      expect(session.state).toBe('open');
    },
  );

  test.each<[string, unknown[], (call: PromiseLike<unknown>) => Promise<unknown>, unknown]>([
    ['result', [50, 1, {}, [3]], async (call) => await call, 3],
    ['error', [8, 48, 1, {}, 'wamp.error.canceled'], failure, expect.any(CanceledError)],
  ])('kill waits for the %s that the callee makes of it', async (_what, answer, outcome, expected) => {
    const { session, peer } = await joined();
    const call = session.call('p');
    await peer.next();
    call.cancel('kill');
    call.cancel('kill');
    await peer.expect([49, 1, { mode: 'kill' }]);
    await settle();
    peer.expectNothing();
    peer.send(answer);
    expect(await outcome(call)).toEqual(expected);
  });

  test('killnowait overtakes kill, and so does the timeout', async () => {
    const { session, peer } = await joined();
    const call = session.call('p', [], { timeout: 10 });
    await peer.next();
    call.cancel('kill');
    await peer.expect([49, 1, { mode: 'kill' }]);
    call.cancel('killnowait');
    await peer.expect([49, 1, { mode: 'killnowait' }]);
    expect(await failure(call)).toBeInstanceOf(CanceledError);

    const slow = session.call('p', [], { timeout: 10 });
    await peer.next();
    slow.cancel('kill');
    await peer.next();
    peer.clock.advance(10);
    expect(await failure(slow)).toBeInstanceOf(CallTimeoutError);
    await peer.expect([49, 2, { mode: 'killnowait' }]);
  });

  test.each(['skip', 'kill', 'killnowait'] as const)(
    '%s rejects at once where the router cannot cancel, and sends nothing',
    async (mode) => {
      const { session, peer } = await joined({ roles: { dealer: {} } });
      const call = session.call('p');
      await peer.next();
      call.cancel(mode);
      expect(await failure(call)).toBeInstanceOf(CanceledError);
      peer.send([50, 1, {}, [3]]);
      await settle();
      peer.expectNothing();
      expect(session.state).toBe('open');
    },
  );

  test('the other spelling of the feature counts', async () => {
    const { session, peer } = await joined({ roles: { dealer: { features: { call_cancelling: true } } } });
    const call = session.call('p');
    await peer.next();
    call.cancel();
    await peer.expect([49, 1, { mode: 'killnowait' }]);
    await failure(call);
  });

  test('does nothing once the call has ended', async () => {
    const { session, peer } = await joined();
    const call = session.call('p');
    await peer.next();
    peer.send([50, 1, {}, [3]]);
    call.cancel();
    expect(await call).toBe(3);
    peer.expectNothing();
  });
});

describe('signal', () => {
  test('aborted before: nothing is sent, and no id is used', async () => {
    const { session, peer } = await joined();
    const reason = new Error('no need');
    expect(await failure(session.call('p', [], { signal: AbortSignal.abort(reason) }))).toBe(reason);
    peer.expectNothing();
    session.call('p').catch(() => undefined);
    await peer.expect([48, 1, {}, 'p']);
  });

  test.each(['skip', 'killnowait', undefined] as const)(
    'aborted: rejects with its reason, mode %s',
    async (cancelMode) => {
      const { session, peer } = await joined();
      const controller = new AbortController();
      const call = session.call('p', [], { signal: controller.signal, ...(cancelMode && { cancelMode }) });
      await peer.next();
      const reason = { of: 'my own' };
      controller.abort(reason);
      expect(await failure(call)).toBe(reason);
      await peer.expect([49, 1, { mode: cancelMode ?? 'killnowait' }]);
    },
  );

  test('aborted with mode kill: waits for what the callee makes of it', async () => {
    const { session, peer } = await joined();
    const controller = new AbortController();
    const call = session.call('p', [], { signal: controller.signal, cancelMode: 'kill' });
    await peer.next();
    controller.abort();
    await peer.expect([49, 1, { mode: 'kill' }]);
    peer.send([50, 1, {}, ['partial']]);
    expect(await call).toBe('partial');
  });

  test('aborted after the end: nothing', async () => {
    const { session, peer } = await joined();
    const controller = new AbortController();
    const call = session.call('p', [], { signal: controller.signal });
    await peer.next();
    peer.send([50, 1, {}, [3]]);
    controller.abort();
    expect(await call).toBe(3);
    peer.expectNothing();
  });
});

test('after the end of the session a call rejects, was not sent, and can still be canceled', async () => {
  const { session, peer } = await joined();
  peer.drop();
  const call = session.call('p', [1], { timeout: 5 });
  call.cancel();
  const error = await failure(call);
  expect(error).toBeInstanceOf(ConnectionLostError);
  expect(error).toMatchObject({ sent: false, uri: 'wamp.error.network_failure' });
  expect(call.requestId).toBeUndefined();
  expect(peer.clock.pending).toBe(0);
});
