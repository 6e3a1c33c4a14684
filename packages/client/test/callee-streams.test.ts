/** The callee: progressive results, progressive invocations, and timeouts that it keeps itself. */
import { describe, expect, test, vi } from 'vitest';
import { result, WampError, type Invocation, type RegisterOptions, type Session } from '../src/index.ts';
import { joined, settle, type Joined, type ScriptedPeer } from './scripted-peer.ts';

type Handler = (args: unknown[], invocation: Invocation<unknown[]>) => unknown;

/** A session with a procedure `p` that has the id 7. */
async function registered(handler: Handler, options?: RegisterOptions): Promise<Joined> {
  const { session, peer } = await joined();
  const registering = session.register('p', handler, options);
  await peer.next();
  peer.send([65, 1, 7]);
  await registering;
  return { session, peer };
}

function noErrors(session: Session): void {
  session.on('error', (error) => expect.unreachable(String(error)));
}

const cycle: unknown[] = [];
cycle.push(cycle);

const WANTED = { receive_progress: true };
const MORE = { progress: true };

describe('progress', () => {
  test('PCR-3, PCR-4: YIELD with progress while the invocation runs, one without at its end', async () => {
    let late: Promise<void> | undefined;
    const { session, peer } = await registered(async (_args, invocation) => {
      expect(invocation.wantsProgress).toBe(true);
      await invocation.progress(1);
      await invocation.progress(result([2, 3], { a: 1 }));
      await invocation.progress(4, { b: 1 });
      await invocation.progress(undefined);
      setTimeout(() => {
        late = invocation.progress('late');
      });
      return 5;
    });
    noErrors(session);
    peer.send([68, 1, 7, WANTED]);
    await peer.expect([70, 1, MORE, [1]]);
    await peer.expect([70, 1, MORE, [2, 3], { a: 1 }]);
    await peer.expect([70, 1, MORE, [4], { b: 1 }]);
    await peer.expect([70, 1, MORE]);
    await peer.expect([70, 1, {}, [5]]);
    await vi.waitFor(() => expect(late).toBeDefined(), { timeout: 290_000 });
    await late;
    peer.expectNothing();
  });

  test.each([{}, { receive_progress: false }])('PCR-6: none that was not asked for: %o', async (details) => {
    const { peer } = await registered(async (_args, invocation) => {
      expect(invocation.wantsProgress).toBe(false);
      await invocation.progress(1);
      return 2;
    });
    peer.send([68, 1, 7, details]);
    await peer.expect([70, 1, {}, [2]]);
  });

  test('flows on after INTERRUPT kill, and stops with killnowait (T-10)', async () => {
    const seen: Invocation<unknown[]>[] = [];
    const { peer } = await registered((_args, invocation) => {
      seen.push(invocation);
      return new Promise(() => undefined);
    });
    for (const request of [1, 2]) peer.send([68, request, 7, WANTED]);
    peer.send([69, 1, { mode: 'kill' }]);
    peer.send([69, 2, { mode: 'killnowait' }]);
    for (const invocation of seen) await invocation.progress('still');
    await peer.expect([70, 1, MORE, ['still']]);
    peer.expectNothing();
  });

  test('a value that cannot be written is thrown at once', async () => {
    const { session, peer } = await registered((_args, invocation) => {
      void invocation.progress(cycle);
    });
    const errors: Error[] = [];
    session.on('error', (error) => errors.push(error));
    peer.send([68, 1, 7, WANTED]);
    await peer.expect([8, 68, 1, {}, 'wamp.error.runtime_error', [expect.any(String)]]);
    expect(errors).toHaveLength(1);
    expect(session.state).toBe('open');
  });

  test('waits while too much has not left yet, but not beyond the session', async () => {
    const { session, peer } = await registered(async function* () {
      yield* [1, 2];
      return await Promise.resolve(3);
    });
    noErrors(session);
    peer.transport.backlog = 2 ** 20 + 1;
    peer.send([68, 1, 7, WANTED]);
    await peer.expect([70, 1, MORE, [1]]);
    await settle();
    peer.clock.advance(10);
    await settle();
    peer.expectNothing();
    peer.transport.backlog = 2 ** 20;
    peer.clock.advance(10);
    await peer.expect([70, 1, MORE, [2]]);
    await peer.expect([70, 1, {}, [3]]);
    peer.transport.backlog = Infinity;
    peer.send([68, 2, 7, WANTED]);
    await settle();
    peer.drop();
    peer.clock.advance(10);
    await settle();
    expect(peer.clock.pending).toBe(0);
  });
});

describe('an async generator', () => {
  async function* count(args: unknown[]): AsyncGenerator<number, string> {
    for (let n = 1; n <= Number(args[0]); n += 1) yield await Promise.resolve(n);
    return 'done';
  }

  test('yields progress and returns the result', async () => {
    const { peer } = await registered(count);
    peer.send([68, 1, 7, WANTED, [2]]);
    for (const n of [1, 2]) await peer.expect([70, 1, MORE, [n]]);
    await peer.expect([70, 1, {}, ['done']]);
  });

  test('is read to its end without progress', async () => {
    const { peer } = await registered(count);
    peer.send([68, 1, 7, {}, [2]]);
    await peer.expect([70, 1, {}, ['done']]);
  });

  test('that returns nothing, or a whole result', async () => {
    const { peer } = await registered(async function* ([what]) {
      await Promise.resolve();
      yield;
      return what === 'whole' ? result([1, 2], { a: 1 }) : undefined;
    });
    peer.send([68, 1, 7, WANTED]);
    await peer.expect([70, 1, MORE]);
    await peer.expect([70, 1, {}]);
    peer.send([68, 2, 7, {}, ['whole']]);
    await peer.expect([70, 2, {}, [1, 2], { a: 1 }]);
  });

  test.each<[string, unknown, unknown[]]>([
    ['a WampError', new WampError('app.failed', [1]), ['app.failed', [1]]],
    ['anything else', new Error('secret'), ['wamp.error.runtime_error', [expect.any(String)]]],
  ])('that throws %s', async (_what, thrown, elements) => {
    const { session, peer } = await registered(async function* () {
      yield await Promise.resolve(1);
      throw thrown;
    });
    session.on('error', () => undefined);
    peer.send([68, 1, 7, WANTED]);
    await peer.expect([70, 1, MORE, [1]]);
    await peer.expect([8, 68, 1, {}, ...elements]);
  });

  test('that yields what cannot be written has its `finally` run', async () => {
    let left = false;
    const { session, peer } = await registered(async function* () {
      try {
        yield await Promise.resolve(cycle);
      } finally {
        left = true;
      }
    });
    session.on('error', () => undefined);
    peer.send([68, 1, 7, WANTED]);
    await peer.expect([8, 68, 1, {}, 'wamp.error.runtime_error', [expect.any(String)]]);
    await settle();
    expect(left).toBe(true);
  });

  test.each<[string, (peer: ScriptedPeer) => void]>([
    ['INTERRUPT', (peer) => peer.send([69, 1, {}])],
    ['the end of the session', (peer) => peer.drop()],
  ])('goes no further after %s, and its `finally` runs', async (_what, stop) => {
    const steps: unknown[] = [];
    let goOn: () => void = () => undefined;
    const { session, peer } = await registered(async function* () {
      try {
        yield 1;
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        yield 2;
        steps.push('went on');
      } finally {
        steps.push('left');
      }
    });
    noErrors(session);
    peer.send([68, 1, 7, WANTED]);
    await peer.expect([70, 1, MORE, [1]]);
    await settle();
    stop(peer);
    goOn();
    await settle();
    expect(steps).toEqual(['left']);
    peer.expectNothing();
  });

  test('ends as it likes after INTERRUPT kill', async () => {
    const { peer } = await registered(async function* (_args, { signal }) {
      while (!signal.aborted) {
        yield 'working';
        await new Promise((resolve) => setTimeout(resolve));
      }
      yield 'cleaning up';
      return 'partial';
    });
    peer.send([68, 1, 7, WANTED]);
    await peer.expect([70, 1, MORE, ['working']]);
    peer.send([69, 1, { mode: 'kill' }]);
    await peer.expect([70, 1, MORE, ['cleaning up']]);
    await peer.expect([70, 1, {}, ['partial']]);
  });
});

describe('a progressive invocation', () => {
  async function collect(args: unknown[], { input }: Invocation<unknown[]>): Promise<unknown> {
    const all: unknown[] = [args];
    for await (const { args, kwargs } of input) all.push([args, kwargs]);
    return all;
  }

  test('PCI-4, PCI-5: its input is one iterable, to the INVOCATION without progress', async () => {
    const { peer } = await registered(collect);
    peer.send([68, 1, 7, MORE, [1]]);
    peer.send([68, 1, 7, MORE, [2]]);
    await settle();
    peer.send([68, 1, 7, MORE]);
    peer.send([68, 1, 7, MORE, [], { a: 1 }]);
    peer.expectNothing();
    peer.send([68, 1, 7, {}, ['last']]);
    await peer.expect([70, 1, {}, [[[1], [[2], {}], [[], {}], [[], { a: 1 }], [['last'], {}]]]]);
  });

  test('a last INVOCATION without payload only ends the input', async () => {
    const { peer } = await registered(collect);
    peer.send([68, 1, 7, MORE, [1]]);
    peer.send([68, 1, 7, { progress: false }]);
    await peer.expect([70, 1, {}, [[[1]]]]);
  });

  test('of a call that brings no more there is no input', async () => {
    const { peer } = await registered(collect);
    peer.send([68, 1, 7, {}, [1]]);
    await peer.expect([70, 1, {}, [[[1]]]]);
  });

  test('PCI-13: combines with progressive results', async () => {
    const { peer } = await registered(async function* (_args, { input }) {
      let sum = 0;
      for await (const { args } of input) yield (sum += Number(args[0]));
      return sum;
    });
    peer.send([68, 1, 7, { ...MORE, ...WANTED }]);
    for (const n of [1, 2, 3]) {
      peer.send([68, 1, 7, MORE, [n]]);
      await peer.expect([70, 1, MORE, [(n * (n + 1)) / 2]]);
    }
    peer.send([68, 1, 7, {}]);
    await peer.expect([70, 1, {}, [6]]);
  });

  test('PCI-12: input after its end is discarded, without a reply', async () => {
    let invoked = 0;
    const { session, peer } = await registered(() => (invoked += 1));
    peer.send([68, 1, 7, MORE, [1]]);
    await peer.expect([70, 1, {}, [1]]);
    peer.send([68, 1, 7, MORE, [2]]);
    peer.send([68, 1, 7, {}, [3]]);
    await settle();
    expect(invoked).toBe(1);
    peer.expectNothing();
    expect(session.state).toBe('open');
  });

  test('a loop that still reads input when the call is answered gets no more', async () => {
    let left: Promise<unknown> | undefined;
    const { peer } = await registered((args, invocation) => {
      left = collect(args, invocation);
      return 'early';
    });
    peer.send([68, 1, 7, MORE, [1]]);
    await peer.expect([70, 1, {}, ['early']]);
    expect(await left).toEqual([[1]]);
  });

  test('PCI-12: also after INTERRUPT, and for an unregistered procedure', async () => {
    const { session, peer } = await registered(() => new Promise(() => undefined));
    peer.send([68, 1, 7, MORE]);
    peer.send([69, 1, {}]);
    peer.send([68, 1, 7, MORE]);
    peer.send([67, 0, { registration: 7 }]);
    peer.send([68, 2, 7, MORE]);
    await peer.expect([8, 68, 2, {}, 'wamp.error.no_such_procedure']);
    peer.send([68, 2, 7, {}]);
    await settle();
    peer.expectNothing();
    expect(session.state).toBe('open');
  });

  test('more input after the last is a violation while it runs', async () => {
    const { session, peer } = await registered(() => new Promise(() => undefined));
    peer.send([68, 1, 7, MORE]);
    peer.send([68, 1, 7, {}]);
    expect(session.state).toBe('open');
    peer.send([68, 1, 7, {}]);
    expect(session.state).toBe('closed');
  });

  test.each<[string, (peer: ScriptedPeer) => void, unknown]>([
    ['INTERRUPT', (peer) => peer.send([69, 1, {}]), { uri: 'wamp.error.canceled' }],
    ['the end of the session', (peer) => peer.drop(), { name: 'ConnectionLostError' }],
  ])('its loop throws after %s', async (_what, stop, expected) => {
    let thrown: unknown;
    let unheard: AsyncIterable<unknown> | undefined;
    const { peer } = await registered(async (args, invocation) => {
      unheard = invocation.input;
      try {
        await collect(args, invocation);
      } catch (error) {
        thrown = error;
      }
    });
    peer.send([68, 1, 7, MORE]);
    await settle();
    stop(peer);
    await settle();
    expect(thrown).toMatchObject(expected as object);
    await expect(unheard?.[Symbol.asyncIterator]().next()).rejects.toBe(thrown);
  });

  test('input that is not read is bounded in bytes', async () => {
    const { peer } = await registered(() => new Promise(() => undefined));
    const mebibyte = 'x'.repeat(1024 * 1024);
    peer.send([68, 1, 7, MORE]);
    for (let n = 0; n < 64; n += 1) peer.send([68, 1, 7, MORE, [mebibyte]]);
    await peer.expect([
      8,
      68,
      1,
      {},
      'wamp.error.limit_exceeded',
      [expect.stringMatching(/^63 inputs with/)],
    ]);
  });

  test('input that is not read is bounded, and discarded after the loop was left', async () => {
    const signals: AbortSignal[] = [];
    const { session, peer } = await registered(async ([leaves], { input, signal }) => {
      signals.push(signal);
      if (leaves === true) for await (const each of input) if (each.args.length > 0) break;
      await new Promise(() => undefined);
    });
    peer.send([68, 1, 7, MORE, [true]]);
    peer.send([68, 2, 7, MORE]);
    peer.send([68, 1, 7, MORE, [1]]);
    await settle();
    for (let n = 0; n < 10_000; n += 1) for (const request of [1, 2]) peer.send([68, request, 7, MORE]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    for (const request of [1, 2]) peer.send([68, request, 7, MORE]);
    await peer.expect([8, 68, 2, {}, 'wamp.error.limit_exceeded', [expect.any(String)]]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
    peer.send([68, 2, 7, MORE]);
    peer.expectNothing();
    expect(session.state).toBe('open');
  });
});

describe('a timeout that the router has left to us', () => {
  test('TMO-4, TMO-5: aborts the signal, answers wamp.error.timeout, and ends it', async () => {
    const { session, peer } = await joined();
    let seen: AbortSignal | undefined;
    let end: (value: unknown) => void = () => undefined;
    const registering = session.register(
      'p',
      (_args, { signal }) => {
        seen = signal;
        return new Promise((resolve) => (end = resolve));
      },
      { forwardTimeout: true },
    );
    await peer.expect([64, 1, { forward_timeout: true }, 'p']);
    peer.send([65, 1, 7]);
    await registering;
    peer.send([68, 1, 7, { timeout: 100 }]);
    peer.clock.advance(99);
    expect(seen?.aborted).toBe(false);
    peer.clock.advance(1);
    await peer.expect([8, 68, 1, {}, 'wamp.error.timeout', [expect.any(String)]]);
    expect(seen?.reason).toMatchObject({ name: 'CallTimeoutError' });
    end('late');
    await settle();
    peer.expectNothing();
    expect(peer.clock.pending).toBe(0);
  });

  test('PCR-8: is the longest wait between results', async () => {
    let seen: Invocation<unknown[]> | undefined;
    const { peer } = await registered((_args, invocation) => {
      seen = invocation;
      return new Promise(() => undefined);
    });
    peer.send([68, 1, 7, { timeout: 100, ...WANTED }]);
    for (let n = 1; n <= 3; n += 1) {
      peer.clock.advance(99);
      await seen?.progress(n);
      await peer.expect([70, 1, MORE, [n]]);
    }
    peer.clock.advance(100);
    await peer.expect([8, 68, 1, {}, 'wamp.error.timeout', [expect.any(String)]]);
  });

  test.each([0, -1, undefined])('%s means no timeout', async (timeout) => {
    const { peer } = await registered(() => new Promise(() => undefined));
    peer.send([68, 1, 7, { timeout }]);
    expect(peer.clock.pending).toBe(0);
  });

  test('no timer remains, however the invocation ends', async () => {
    const { session, peer } = await registered(([fails]) => {
      if (fails === 'wait') return new Promise(() => undefined);
      if (fails === true) throw new WampError('app.failed');
      return 1;
    });
    peer.send([68, 1, 7, { timeout: 5 }]);
    peer.send([68, 2, 7, { timeout: 5 }, [true]]);
    peer.send([68, 3, 7, { timeout: 5 }, ['wait']]);
    peer.send([69, 3, {}]);
    expect(peer.clock.pending).toBe(0);
    peer.send([68, 4, 7, { timeout: 5 }, ['wait']]);
    expect(peer.clock.pending).toBe(1);
    peer.drop();
    expect(peer.clock.pending).toBe(0);
    expect(session.state).toBe('closed');
  });
});

test('RRT-2: a callee declines by throwing wamp.error.unavailable', async () => {
  const { peer } = await registered(() => {
    throw new WampError('wamp.error.unavailable');
  });
  peer.send([68, 1, 7, {}]);
  await peer.expect([8, 68, 1, {}, 'wamp.error.unavailable']);
});

test('CTL-2: the trust level is among the details', async () => {
  const { peer } = await registered((_args, { details }) => details['trustlevel']);
  peer.send([68, 1, 7, { trustlevel: 3 }]);
  await peer.expect([70, 1, {}, [3]]);
});
