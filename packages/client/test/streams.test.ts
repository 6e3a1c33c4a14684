/** The caller: progressive results, progressive invocations, and the call that carries both. */
import { describe, expect, test } from 'vitest';
import {
  CallTimeoutError,
  CanceledError,
  ConnectionLostError,
  SerializationError,
  WampError,
  type CallOptions,
  type Result,
  type Stream,
  type StreamOptions,
} from '../src/index.ts';
import { ADVANCED, ALL_FEATURES, failure, joined, settle, type Joined } from './scripted-peer.ts';

const PROGRESS = { progress: true };
const WANTS = { receive_progress: true };

/** A call of `p` that wants progress, and what it has heard. */
async function called(
  options: CallOptions = {},
): Promise<Joined & { call: ReturnType<Joined['session']['call']>; heard: unknown[] }> {
  const { session, peer } = await joined({ roles: ADVANCED });
  const heard: unknown[] = [];
  const call = session.call('p', [1], { onProgress: (value) => heard.push(value), ...options });
  await peer.next();
  return { session, peer, call, heard };
}

/** A stream of `p`. */
async function streamed(options: StreamOptions = {}): Promise<Joined & { stream: Stream<unknown, unknown> }> {
  const { session, peer } = await joined({ roles: ADVANCED });
  const stream = session.stream('p', [], options);
  await peer.next();
  return { session, peer, stream };
}

async function all(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of stream) values.push(value);
  return values;
}

describe('onProgress', () => {
  test('PCR-2: asks for progressive results, and receives each', async () => {
    const { session, peer } = await joined();
    const heard: unknown[] = [];
    const onProgress = (value: unknown, { args, kwargs, details }: Result): void => {
      heard.push([value, args, kwargs, details]);
    };
    const call = session.call('p', [1], { onProgress });
    await peer.expect([48, 1, WANTS, 'p', [1]]);
    peer.send([50, 1, PROGRESS, ['a', 'b'], { c: 1 }]);
    peer.send([50, 1, PROGRESS]);
    peer.send([50, 1, {}, ['end']]);
    expect(await call).toBe('end');
    expect(heard).toEqual([
      ['a', ['a', 'b'], { c: 1 }, PROGRESS],
      [undefined, [], {}, PROGRESS],
    ]);
  });

  test('PCR-4: after the final RESULT or ERROR there is no more', async () => {
    const { session, peer, call, heard } = await called();
    peer.send([50, 1, PROGRESS, [1]]);
    peer.send([8, 48, 1, {}, 'app.failed']);
    peer.send([50, 1, PROGRESS, [2]]);
    expect(await failure(call)).toMatchObject({ uri: 'app.failed' });
    expect(heard).toEqual([1]);
    expect(session.state).toBe('open');
  });

  test('T-10: continues after cancel with kill, and stops with killnowait', async () => {
    const { peer, call, heard } = await called();
    call.cancel('kill');
    peer.send([50, 1, PROGRESS, [1]]);
    call.cancel('killnowait');
    peer.send([50, 1, PROGRESS, [2]]);
    expect(await failure(call)).toBeInstanceOf(CanceledError);
    expect(heard).toEqual([1]);
  });

  test('what it throws or rejects with is reported, and ends nothing', async () => {
    const errors: string[] = [];
    const { session, peer, call } = await called({
      onProgress: (value) => {
        if (value === 1) throw new Error('thrown');
        return Promise.reject(new Error('rejected'));
      },
    });
    session.on('error', ({ message }) => errors.push(message));
    peer.send([50, 1, PROGRESS, [1]]);
    peer.send([50, 1, PROGRESS, [2]]);
    peer.send([50, 1, {}, [3]]);
    expect(await call).toBe(3);
    await settle();
    expect(errors).toEqual(['thrown', 'rejected']);
  });

  test('PCR-8: the timeout is the longest wait between results', async () => {
    const { peer, call } = await called({ timeout: 100 });
    for (let n = 1; n <= 3; n += 1) {
      peer.clock.advance(99);
      peer.send([50, 1, PROGRESS, [n]]);
    }
    peer.clock.advance(99);
    expect(peer.clock.pending).toBe(1);
    peer.clock.advance(1);
    expect(await failure(call)).toBeInstanceOf(CallTimeoutError);
    await peer.expect([49, 1, { mode: 'killnowait' }]);
    expect(peer.clock.pending).toBe(0);
  });

  test('PCR-8: progress that was not asked for does not prolong the timeout', async () => {
    const { session, peer } = await joined();
    const call = session.call('p', [], { timeout: 100 });
    peer.clock.advance(99);
    peer.send([50, 1, PROGRESS, [1]]);
    peer.clock.advance(1);
    expect(await failure(call)).toBeInstanceOf(CallTimeoutError);
  });
});

describe('cancel and timeout', () => {
  test('CAN-7: a RESULT or ERROR in flight is ignored, whichever comes', async () => {
    for (const answer of [
      [50, 1, {}, [1]],
      [8, 48, 1, {}, 'wamp.error.canceled'],
    ]) {
      const { session, peer, call } = await called();
      call.cancel();
      peer.send(answer);
      expect(await failure(call)).toBeInstanceOf(CanceledError);
      expect(session.state).toBe('open');
    }
  });

  test('TMO-1, TMO-3: the timeout is sent to the router, which may report it first', async () => {
    const { session, peer } = await joined();
    const call = session.call('p', [], { timeout: 99.5 });
    await peer.expect([48, 1, { timeout: 100 }, 'p']);
    peer.send([8, 48, 1, {}, 'wamp.error.timeout']);
    expect(await failure(call)).toBeInstanceOf(CallTimeoutError);
    expect(peer.clock.pending).toBe(0);
  });

  test('TMO-6: towards a router without timeouts, our own timer cancels', async () => {
    const { session, peer } = await joined({ roles: { dealer: { features: { call_canceling: true } } } });
    const call = session.call('p', [], { timeout: 10 });
    await peer.next();
    peer.clock.advance(10);
    await peer.expect([49, 1, { mode: 'killnowait' }]);
    expect(await failure(call)).toBeInstanceOf(CallTimeoutError);
  });
});

describe('stream', () => {
  test('is its progressive results, and then its result', async () => {
    const { session, peer } = await joined({ roles: ADVANCED });
    const stream = session.stream('p', [1], { kwargs: { a: 1 }, discloseMe: true, timeout: 5 });
    await peer.expect([48, 1, { ...WANTS, timeout: 5, disclose_me: true }, 'p', [1], { a: 1 }]);
    expect(stream.requestId).toBe(1);
    peer.send([50, 1, PROGRESS, [1]]);
    const values = all(stream);
    peer.send([50, 1, PROGRESS]);
    await settle();
    peer.send([50, 1, PROGRESS, [3]]);
    peer.send([50, 1, {}, ['end'], { b: 1 }]);
    expect(await values).toEqual([1, undefined, 3]);
    expect(await stream.result).toBe('end');
    expect(await stream.full()).toMatchObject({ args: ['end'], kwargs: { b: 1 } });
    peer.expectNothing();
  });

  test('several takers get one value each', async () => {
    const { peer, stream } = await streamed();
    const [first, second] = [stream[Symbol.asyncIterator](), stream[Symbol.asyncIterator]()];
    const taken = [first.next(), second.next(), first.next()];
    peer.send([50, 1, PROGRESS, [1]]);
    peer.send([50, 1, PROGRESS, [2]]);
    peer.send([50, 1, {}]);
    expect(await Promise.all(taken)).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: true, value: undefined },
    ]);
  });

  test('throws what the call rejects with, after what came before', async () => {
    const { peer, stream } = await streamed();
    peer.send([50, 1, PROGRESS, [1]]);
    peer.send([8, 48, 1, {}, 'app.failed']);
    const seen: unknown[] = [];
    const error = await failure(
      (async () => {
        for await (const value of stream) seen.push(value);
      })(),
    );
    expect(seen).toEqual([1]);
    expect(error).toMatchObject({ uri: 'app.failed' });
    expect(await failure(stream.result)).toBe(error);
  });

  test.each<[string, StreamOptions, string]>([
    ['killnowait', {}, 'killnowait'],
    ['its option', { cancelMode: 'skip' }, 'skip'],
  ])('leaving the loop cancels: %s', async (_what, options, mode) => {
    const { session, peer, stream } = await streamed(options);
    peer.send([50, 1, PROGRESS, [1]]);
    peer.send([50, 1, PROGRESS, [2]]);
    for await (const value of stream) {
      expect(value).toBe(1);
      break;
    }
    await peer.expect([49, 1, { mode }]);
    expect(await failure(stream.result)).toBeInstanceOf(CanceledError);
    peer.send([50, 1, PROGRESS, [3]]);
    peer.send([50, 1, {}, [4]]);
    expect(await failure(all(stream))).toBeInstanceOf(CanceledError);
    expect(session.state).toBe('open');
  });

  test('so does `await using`, unless it has ended', async () => {
    const { session, peer } = await joined({ roles: ADVANCED });
    {
      await using stream = session.stream('p');
      expect(stream.requestId).toBe(1);
      await peer.next();
    }
    await peer.expect([49, 1, { mode: 'killnowait' }]);
    {
      await using stream = session.stream('p');
      await peer.next();
      peer.send([50, 2, {}]);
      await stream.result;
    }
    peer.expectNothing();
  });

  test('cancel with kill: the callee has the last word', async () => {
    const { peer, stream } = await streamed();
    stream.cancel('kill');
    await peer.expect([49, 1, { mode: 'kill' }]);
    peer.send([50, 1, PROGRESS, ['more']]);
    peer.send([50, 1, {}, ['partial']]);
    expect(await all(stream)).toEqual(['more']);
    expect(await stream.result).toBe('partial');
  });

  test('a signal cancels it', async () => {
    const controller = new AbortController();
    const { peer, stream } = await streamed({ signal: controller.signal });
    const reason = new Error('enough');
    controller.abort(reason);
    await peer.expect([49, 1, { mode: 'killnowait' }]);
    expect(await failure(all(stream))).toBe(reason);
  });

  test('results that are not taken are bounded', async () => {
    const { peer, stream } = await streamed({ buffer: { max: 2 } });
    for (const n of [1, 2, 3]) peer.send([50, 1, PROGRESS, [n]]);
    await peer.expect([49, 1, { mode: 'killnowait' }]);
    expect(await failure(stream.result)).toMatchObject({ uri: 'wamp.error.limit_exceeded' });
    const iterator = stream[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    expect(await iterator.next()).toEqual({ done: false, value: 2 });
    expect(await failure(iterator.next())).toMatchObject({ uri: 'wamp.error.limit_exceeded' });
  });

  test('and so are their bytes', async () => {
    const { peer, stream } = await streamed({ buffer: { maxBytes: 100 } });
    peer.send([50, 1, PROGRESS, ['x'.repeat(60)]]);
    peer.send([50, 1, PROGRESS, ['x'.repeat(60)]]);
    await peer.expect([49, 1, { mode: 'killnowait' }]);
    expect(String(await failure(stream.result))).toMatch(/1 progressive results with \d+ bytes wait/);
  });

  test.each([
    ['drop-oldest', [2, 3]],
    ['drop-newest', [1, 2]],
  ] as const)('or lose some: %s', async (overflow, expected) => {
    const { peer, stream } = await streamed({ buffer: { max: 2, overflow } });
    for (const n of [1, 2, 3]) peer.send([50, 1, PROGRESS, [n]]);
    expect(stream.dropped).toBe(1);
    peer.send([50, 1, {}]);
    expect(await all(stream)).toEqual(expected);
  });

  test('the end of the session ends it', async () => {
    const { session, peer, stream } = await streamed();
    peer.drop();
    expect(await failure(all(stream))).toBeInstanceOf(ConnectionLostError);
    const late = session.stream('p', [], { input: [[1]] });
    expect(await failure(late.result)).toMatchObject({ sent: false });
    expect(late.requestId).toBeUndefined();
  });
});

/** Input that a test hands over piece by piece. */
function controlled(): {
  input: AsyncIterable<unknown[]>;
  give: (next: IteratorResult<unknown[], undefined>) => Promise<void>;
  fail: (error: unknown) => void;
  left: () => number;
} {
  let give: (next: IteratorResult<unknown[], undefined>) => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  let left = 0;
  return {
    input: {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          new Promise((resolve, reject) => {
            give = resolve;
            fail = reject;
          }),
        return: () => {
          left += 1;
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    },
    give: (next) => {
      give(next);
      return settle();
    },
    fail: (error) => fail(error),
    left: () => left,
  };
}

describe('input', () => {
  test('PCI-4, PCI-5, PCI-7: CALLs with progress under one id, without the options; the last without', async () => {
    const { session, peer } = await joined({ roles: ADVANCED });
    const { input, give, left } = controlled();
    const stream = session.stream('p', [0], { input, discloseMe: true });
    await peer.expect([48, 1, { ...WANTS, ...PROGRESS, disclose_me: true }, 'p', [0]]);
    await give({ done: false, value: [1] });
    await peer.expect([48, 1, PROGRESS, 'p', [1]]);
    await settle();
    peer.expectNothing();
    await give({ done: false, value: [2] });
    await peer.expect([48, 1, PROGRESS, 'p', [2]]);
    await give({ done: true, value: undefined });
    await peer.expect([48, 1, {}, 'p']);
    peer.send([50, 1, {}, ['end']]);
    expect(await stream.result).toBe('end');
    await settle();
    expect(left()).toBe(0);
    peer.expectNothing();
  });

  test('what a generator returns goes with the last', async () => {
    const { session, peer } = await joined({ roles: ADVANCED });
    async function* input(): AsyncGenerator<unknown[], { last: boolean }> {
      yield await Promise.resolve([1]);
      return { last: true };
    }
    session.stream('p', undefined, { input: input() });
    await peer.expect([48, 1, { ...WANTS, ...PROGRESS }, 'p']);
    await peer.expect([48, 1, PROGRESS, 'p', [1]]);
    await peer.expect([48, 1, {}, 'p', [], { last: true }]);
  });

  test('may be a list', async () => {
    const { session, peer } = await joined({ roles: ADVANCED });
    session.stream('p', { a: 1 }, { input: [[1], { b: 2 }] });
    await peer.expect([48, 1, { ...WANTS, ...PROGRESS }, 'p', [], { a: 1 }]);
    await peer.expect([48, 1, PROGRESS, 'p', [1]]);
    await peer.expect([48, 1, PROGRESS, 'p', [], { b: 2 }]);
    await peer.expect([48, 1, {}, 'p']);
  });

  test.each<[string, unknown[]]>([
    ['RESULT', [50, 1, {}, ['enough']]],
    ['ERROR', [8, 48, 1, {}, 'app.failed']],
  ])('PCI-10: stops when %s comes first, and is left', async (_what, answer) => {
    const { session, peer } = await joined({ roles: ADVANCED });
    const { input, give, left } = controlled();
    const stream = session.stream('p', [], { input });
    await peer.next();
    await give({ done: false, value: [1] });
    await peer.next();
    peer.send(answer);
    await stream.result.catch(() => undefined);
    await settle();
    expect(left()).toBe(1);
    await give({ done: false, value: [2] });
    peer.expectNothing();
    expect(session.state).toBe('open');
  });

  test.each(['skip', 'killnowait', 'kill'] as const)('stops after cancel with %s', async (mode) => {
    const { session, peer } = await joined({ roles: ADVANCED });
    const { input, give } = controlled();
    const stream = session.stream('p', [], { input });
    await peer.next();
    stream.cancel(mode);
    await peer.expect([49, 1, { mode }]);
    await give({ done: false, value: [2] });
    peer.expectNothing();
    expect(session.state).toBe('open');
  });

  test.each<[string, unknown, unknown]>([
    ['that throws', new Error('no more'), { message: 'no more' }],
    ['that throws no Error', 'text', { cause: 'text' }],
  ])('%s cancels the call, which rejects with the same', async (_what, thrown, expected) => {
    const { session, peer } = await joined({ roles: ADVANCED });
    const { input, fail } = controlled();
    const stream = session.stream('p', [], { input });
    await peer.next();
    await settle();
    fail(thrown);
    await peer.expect([49, 1, { mode: 'killnowait' }]);
    expect(await failure(all(stream))).toMatchObject(expected as object);
    expect(session.state).toBe('open');
  });

  test('with what cannot be sent cancels the call', async () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const pieces: [unknown, unknown][] = [
      [5, TypeError],
      [[cycle], SerializationError],
      [['x'.repeat(200)], SerializationError],
    ];
    for (const [piece, kind] of pieces) {
      const { session, peer } = await joined({ roles: ADVANCED });
      peer.transport.limit = 200;
      const stream = session.stream('p', [], { input: [piece as unknown[]] });
      await peer.next();
      await peer.expect([49, 1, { mode: 'killnowait' }]);
      expect(await failure(stream.result)).toBeInstanceOf(kind);
      expect(session.state).toBe('open');
    }
  });

  test('an invalid one is a TypeError, and so is no payload', async () => {
    const { session, peer } = await joined({ roles: ADVANCED });
    // @ts-expect-error no iterable
    expect(() => session.stream('p', [], { input: { next: 1 } })).toThrow(TypeError);
    // @ts-expect-error no payload
    expect(() => session.stream('p', 5)).toThrow(TypeError);
    // @ts-expect-error a URI is a string
    expect(() => session.stream(5)).toThrow(TypeError);
    peer.expectNothing();
  });

  test('waits while too much has not left yet', async () => {
    const { session, peer } = await joined({ roles: ADVANCED });
    session.stream('p', [], { input: [[1], [2]] });
    peer.transport.backlog = Infinity;
    await peer.next();
    await peer.expect([48, 1, PROGRESS, 'p', [1]]);
    await settle();
    peer.expectNothing();
    peer.transport.backlog = 0;
    peer.clock.advance(10);
    await peer.expect([48, 1, PROGRESS, 'p', [2]]);
  });

  test('PCI-2: a router that has not announced it gets none, and the call rejects', async () => {
    const { session, peer } = await joined({ roles: ALL_FEATURES });
    let asked = false;
    const stream = session.stream('p', [], {
      input: (function* () {
        asked = true;
        yield [1];
      })(),
    });
    expect(await failure(stream.result)).toMatchObject({ uri: 'wamp.error.feature_not_supported' });
    expect(await failure(all(stream))).toBeInstanceOf(WampError);
    peer.expectNothing();
    expect(asked).toBe(false);
  });

  test('nothing is taken of it when the call cannot be sent', async () => {
    const { session, peer } = await joined({ roles: ADVANCED });
    const { input, left } = controlled();
    const stream = session.stream('p', [], { input, signal: AbortSignal.abort() });
    expect(await failure(stream.result)).toMatchObject({ name: 'AbortError' });
    expect(left()).toBe(0);
    peer.expectNothing();
  });
});
