/** The callee: REGISTER, INVOCATION, YIELD, ERROR, INTERRUPT, UNREGISTER. */
import { describe, expect, test } from 'vitest';
import {
  CanceledError,
  result,
  WampError,
  type Invocation,
  type Registration,
  type Session,
} from '../src/index.ts';
import {
  failure,
  joined,
  settle,
  type Joined,
  type JoinedOptions,
  type ScriptedPeer,
} from './scripted-peer.ts';

/** A session with a procedure `p` that has the id 7. */
async function registered(
  handler: (args: unknown[], invocation: Invocation<unknown[]>) => unknown,
  options: JoinedOptions = {},
): Promise<Joined & { registration: Registration }> {
  const { session, peer } = await joined(options);
  const registering = session.register('p', handler);
  await peer.expect([64, 1, {}, 'p']);
  peer.send([65, 1, 7]);
  return { session, peer, registration: await registering };
}

describe('register', () => {
  test('offers a procedure', async () => {
    const { session, peer } = await joined();
    const registering = session.register('p.', () => 1, {
      match: 'prefix',
      invoke: 'roundrobin',
      extra: { concurrency: 2 },
    });
    await peer.expect([64, 1, { match: 'prefix', invoke: 'roundrobin', concurrency: 2 }, 'p.']);
    peer.send([65, 1, 7]);
    expect(await registering).toMatchObject({ procedure: 'p.', id: 7, state: 'active' });
  });

  test('rejects when the router refuses', async () => {
    const { session, peer } = await joined();
    const registering = session.register('p', () => 1);
    peer.send([8, 64, 1, {}, 'wamp.error.procedure_already_exists']);
    expect(await failure(registering)).toMatchObject({ uri: 'wamp.error.procedure_already_exists' });
    expect(session.state).toBe('open');
  });

  test('an invalid handler is a TypeError', async () => {
    const { session, peer } = await joined();
    // @ts-expect-error a handler is a function
    expect(() => session.register('p', 5)).toThrow(TypeError);
    // @ts-expect-error a procedure is a string
    expect(() => session.register(undefined, () => 1)).toThrow(TypeError);
    peer.expectNothing();
  });
});

describe('an invocation', () => {
  test.each<[string, unknown, unknown[]]>([
    ['a value', 5, [[5]]],
    ['null', null, [[null]]],
    ['nothing', undefined, []],
    ['a list, as one value', [1, 2], [[[1, 2]]]],
    ['a dict, as one value', { a: 1 }, [[{ a: 1 }]]],
    ['a promise', Promise.resolve(5), [[5]]],
    ['a promise of nothing', Promise.resolve(), []],
    ['several values', result([1, 2]), [[1, 2]]],
    ['keyword values', result([], { a: 1 }), [[], { a: 1 }]],
    ['both, promised', Promise.resolve(result([1], { a: 1 })), [[1], { a: 1 }]],
    ['no value at all', result([]), []],
    [
      'what only looks like a result, as one value',
      { value: 1, args: [1], kwargs: {}, details: {} },
      [[{ value: 1, args: [1], kwargs: {}, details: {} }]],
    ],
    ['something with a `then` that is no promise', { then: 5 }, [[{ then: 5 }]]],
  ])('is answered with %s', async (_what, value, elements) => {
    const { peer } = await registered(() => value);
    peer.send([68, 1, 7, {}]);
    await peer.expect([70, 1, {}, ...elements]);
  });

  test('is answered at once when the handler returns at once', async () => {
    const { peer } = await registered(([a, b]) => Number(a) + Number(b));
    peer.send([68, 1, 7, {}, [1, 2]]);
    peer.send([68, 2, 7, {}, [3, 4]]);
    await peer.expect([70, 1, {}, [3]]);
    await peer.expect([70, 2, {}, [7]]);
  });

  test('contains arguments, procedure and caller', async () => {
    const seen: Invocation[] = [];
    const { peer } = await registered((args, invocation) => {
      expect(args).toBe(invocation.args);
      seen.push(invocation);
    });
    peer.send([68, 1, 7, { _x_y: 1 }, [1], { a: 2 }]);
    peer.send([68, 5, 7, { procedure: 'p.q', caller: 3, caller_authid: 'joe', caller_authrole: 'user' }]);
    expect(seen).toMatchObject([
      { args: [1], kwargs: { a: 2 }, procedure: 'p', caller: undefined, details: { _x_y: 1 } },
      { args: [], kwargs: {}, procedure: 'p.q', caller: { session: 3, authid: 'joe', authrole: 'user' } },
    ]);
    expect(seen[0]?.signal.aborted).toBe(false);
  });

  test('a whole result can be passed on', async () => {
    const { session, peer } = await registered(() => session.call('other').full());
    peer.send([68, 1, 7, {}]);
    await peer.expect([48, 2, {}, 'other']);
    peer.send([50, 2, {}, [1, 2], { a: 1 }]);
    await peer.expect([70, 1, {}, [1, 2], { a: 1 }]);
  });
});

describe('a handler that fails', () => {
  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new WampError('app.denied', ['no', 1], { a: 1 }, { details: { _x_y: 1 } });
      },
    ],
    ['rejects', () => Promise.reject(new WampError('app.denied', ['no', 1], { a: 1 }))],
  ])('a WampError that it %s reaches the caller as it is', async (_how, handler) => {
    const { session, peer } = await registered(handler);
    session.on('error', (error) => expect.unreachable(String(error)));
    peer.send([68, 1, 7, {}]);
    await peer.expect([8, 68, 1, {}, 'app.denied', ['no', 1], { a: 1 }]);
  });

  test.each([
    [undefined, [[expect.not.stringContaining('secret')]]],
    [false, [[expect.not.stringContaining('secret')]]],
    [true, [['secret']]],
  ])('anything else is a runtime error and reported, exposeErrors %s', async (exposeErrors, elements) => {
    const thrown = new Error('secret');
    const { session, peer } = await registered(
      () => {
        throw thrown;
      },
      exposeErrors === undefined ? {} : { exposeErrors },
    );
    const errors: Error[] = [];
    session.on('error', (error) => errors.push(error));
    peer.send([68, 1, 7, {}]);
    await peer.expect([8, 68, 1, {}, 'wamp.error.runtime_error', ...elements]);
    expect(errors).toEqual([thrown]);
  });

  test('what it returns or throws cannot be written: a runtime error, reported', async () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    let wanted: 'return' | 'throw' = 'return';
    const { session, peer } = await registered(() => {
      if (wanted === 'throw') throw new WampError('app.cycle', cycle);
      return cycle;
    });
    const errors: Error[] = [];
    session.on('error', (error) => errors.push(error));
    peer.send([68, 1, 7, {}]);
    await peer.expect([8, 68, 1, {}, 'wamp.error.runtime_error', [expect.any(String)]]);
    wanted = 'throw';
    peer.send([68, 2, 7, {}]);
    await peer.expect([8, 68, 2, {}, 'wamp.error.runtime_error']);
    expect(errors).toHaveLength(2);
    expect(session.state).toBe('open');
  });
});

test('a result that is longer than the router takes is an error, and said to be', async () => {
  const { session, peer } = await registered(() => 'x'.repeat(200));
  peer.transport.limit = 200;
  peer.send([68, 1, 7, {}]);
  await peer.expect([8, 68, 1, {}, 'wamp.error.payload_size_exceeded', [expect.any(String)]]);
  expect(session.state).toBe('open');
});

describe('INTERRUPT', () => {
  /** A procedure that ends when the test says so. */
  async function slow(): Promise<
    Joined & { invocation: Invocation; end: (value: unknown) => void; fail: (error: unknown) => void }
  > {
    let seen: Invocation | undefined;
    let end: (value: unknown) => void = () => undefined;
    let fail: (error: unknown) => void = () => undefined;
    const { session, peer } = await registered((_args, invocation) => {
      seen = invocation;
      return new Promise((resolve, reject) => {
        end = resolve;
        fail = reject;
      });
    });
    session.on('error', (error) => expect.unreachable(String(error)));
    peer.send([68, 1, 7, {}]);
    if (seen === undefined) throw new Error('not invoked');
    return { session, peer, invocation: seen, end, fail };
  }

  test.each([{ mode: 'killnowait' }, {}, { mode: 'skip' }])(
    '%o aborts the signal, and nothing is answered',
    async (options) => {
      for (const outcome of ['end', 'fail'] as const) {
        const { peer, invocation, ...procedure } = await slow();
        const { signal } = invocation;
        peer.send([69, 1, options]);
        expect(signal.aborted).toBe(true);
        expect(signal.reason).toBeInstanceOf(CanceledError);
        procedure[outcome](new Error('too late'));
        await settle();
        peer.expectNothing();
      }
    },
  );

  test('kill aborts the signal; the answer is what the handler makes of it', async () => {
    const kill = async (): Promise<Awaited<ReturnType<typeof slow>>> => {
      const procedure = await slow();
      procedure.peer.send([69, 1, { mode: 'kill', reason: 'wamp.error.canceled' }]);
      expect(procedure.invocation.signal.aborted).toBe(true);
      procedure.peer.expectNothing();
      return procedure;
    };
    const obeys = await kill();
    obeys.fail(obeys.invocation.signal.reason);
    await obeys.peer.expect([8, 68, 1, {}, 'wamp.error.canceled']);
    const fails = await kill();
    fails.fail(new DOMException('aborted', 'AbortError'));
    await fails.peer.expect([8, 68, 1, {}, 'wamp.error.canceled']);
    const finishes = await kill();
    finishes.end('partial');
    await finishes.peer.expect([70, 1, {}, ['partial']]);
    const explains = await kill();
    explains.fail(new WampError('app.half_done', [50]));
    await explains.peer.expect([8, 68, 1, {}, 'app.half_done', [50]]);
  });

  test('a signal that is looked at only later is aborted all the same', async () => {
    const { peer, invocation } = await slow();
    peer.send([69, 1, { mode: 'kill' }]);
    expect(invocation.signal.aborted).toBe(true);
  });

  test('killnowait overtakes kill', async () => {
    const { peer, end } = await slow();
    peer.send([69, 1, { mode: 'kill' }]);
    peer.send([69, 1, { mode: 'killnowait' }]);
    end(1);
    await settle();
    peer.expectNothing();
  });

  test('too late is ignored', async () => {
    const { session, peer, end } = await slow();
    end(1);
    await peer.expect([70, 1, {}, [1]]);
    peer.send([69, 1, { mode: 'kill' }]);
    expect(session.state).toBe('open');
    peer.expectNothing();
  });

  test('the end of the session aborts the signal', async () => {
    const lost = await slow();
    lost.peer.drop();
    expect(lost.invocation.signal.reason).toMatchObject({ name: 'ConnectionLostError' });
    lost.end(1);
    await settle();
    lost.peer.expectNothing();

    const closed = await slow();
    void closed.session.close();
    expect(closed.invocation.signal.aborted).toBe(true);
    closed.fail(new Error('too late'));
    await closed.peer.expect([6, {}, 'wamp.close.close_realm']);
    await settle();
    closed.peer.expectNothing();
  });
});

describe('unregister', () => {
  test('serves invocations before the confirmation, and refuses those after it', async () => {
    const { session, peer, registration } = await registered(() => 1);
    const leaving = registration.unregister();
    await peer.expect([66, 2, 7]);
    expect(registration).toMatchObject({ state: 'ended', id: undefined });
    peer.send([68, 1, 7, {}]);
    await peer.expect([70, 1, {}, [1]]);
    peer.send([67, 2]);
    await leaving;
    expect(await registration.ended).toEqual({ reason: 'unregistered' });
    peer.send([68, 2, 7, {}]);
    await peer.expect([8, 68, 2, {}, 'wamp.error.no_such_procedure']);
    expect(session.state).toBe('open');
  });

  test('lets invocations that run finish', async () => {
    let end: (value: unknown) => void = () => undefined;
    const { peer, registration } = await registered(() => new Promise((resolve) => (end = resolve)));
    peer.send([68, 1, 7, {}]);
    const leaving = registration.unregister();
    await peer.next();
    peer.send([67, 2]);
    await leaving;
    end('done');
    await peer.expect([70, 1, {}, ['done']]);
  });

  test('rejects when the router refuses, but not when it has no such registration', async () => {
    const refused = await registered(() => 1);
    const refusing = refused.registration.unregister();
    refused.peer.send([8, 66, 2, {}, 'wamp.error.not_authorized']);
    expect(await failure(refusing)).toMatchObject({ uri: 'wamp.error.not_authorized' });
    const unknown = await registered(() => 1);
    const leaving = unknown.registration.unregister();
    unknown.peer.send([8, 66, 2, {}, 'wamp.error.no_such_registration']);
    await leaving;
  });

  test('happens by `await using`, and by a signal', async () => {
    const { session, peer } = await joined();
    const block = (async () => {
      await using registration = await session.register('p', () => 1);
      expect(registration.state).toBe('active');
    })();
    await peer.next();
    peer.send([65, 1, 7]);
    await peer.expect([66, 2, 7]);
    peer.send([67, 2]);
    await block;

    const controller = new AbortController();
    const registering = session.register('q', () => 1, { signal: controller.signal });
    await peer.next();
    peer.send([65, 3, 8]);
    const registration = await registering;
    controller.abort();
    await peer.expect([66, 4, 8]);
    expect(await registration.ended).toEqual({ reason: 'aborted' });
  });
});

test('revocation ends the handle; later invocations are refused', async () => {
  const { session, peer, registration } = await registered(() => 1);
  peer.send([67, 0, { registration: 7, reason: 'app.replaced' }]);
  expect(await registration.ended).toEqual({ reason: 'app.replaced' });
  expect(registration.state).toBe('ended');
  await registration.unregister();
  peer.send([68, 1, 7, {}]);
  await peer.expect([8, 68, 1, {}, 'wamp.error.no_such_procedure']);
  expect(session.state).toBe('open');
});

describe('a second handler for one procedure', () => {
  async function two(): Promise<{
    session: Session;
    peer: ScriptedPeer;
    first: Registration;
    second: Registration;
  }> {
    const { session, peer, registration } = await registered(() => 'first');
    const registering = session.register('p', () => 'second');
    await peer.expect([64, 2, {}, 'p']);
    peer.send([65, 2, 7]);
    return { session, peer, first: registration, second: await registering };
  }

  test('handles with the same id share it: the newest serves, the last one unregisters', async () => {
    const { peer, first, second } = await two();
    peer.send([68, 1, 7, {}]);
    await peer.expect([70, 1, {}, ['second']]);
    await second.unregister();
    peer.send([68, 2, 7, {}]);
    await peer.expect([70, 2, {}, ['first']]);
    const leaving = first.unregister();
    await peer.expect([66, 3, 7]);
    peer.send([67, 3]);
    await leaving;
  });

  test('the older one may leave first', async () => {
    const { peer, first, second } = await two();
    await first.unregister();
    peer.expectNothing();
    peer.send([68, 1, 7, {}]);
    await peer.expect([70, 1, {}, ['second']]);
    void second.unregister();
    await peer.expect([66, 3, 7]);
  });
});

test('an ERROR for a YIELD is reported, and ends nothing', async () => {
  const { session, peer } = await registered(() => 1);
  const errors: Error[] = [];
  session.on('error', (error) => errors.push(error));
  peer.send([68, 1, 7, {}]);
  await peer.expect([70, 1, {}, [1]]);
  peer.send([8, 70, 1, {}, 'wamp.error.feature_not_supported']);
  expect(errors).toMatchObject([{ uri: 'wamp.error.feature_not_supported' }]);
  expect(session.state).toBe('open');
});

test('D10 a frozen list or dict that is passed to result is returned like any other', async () => {
  const { peer } = await registered(() => result(Object.freeze([1, 2]), Object.freeze({ a: 1 })));
  peer.send([68, 1, 7, {}]);
  await peer.expect([70, 1, {}, [1, 2], { a: 1 }]);
});
