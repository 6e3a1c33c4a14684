/** Whatever the functions of the application give back, its failure is reported and ends nothing. */
import { expect, test } from 'vitest';
import type { Session } from '../src/index.ts';
import { joined, settle, type Joined, type JoinedOptions } from './scripted-peer.ts';

/** A thenable that is no promise, and no object either. */
function rejectingThenable(message: string): unknown {
  return Object.assign(() => undefined, {
    then: (_: unknown, reject: (error: Error) => void) => {
      reject(new Error(message));
    },
  });
}

interface Watched extends Joined {
  /** What has been heard by a listener of `error`. */
  readonly errors: string[];
  /** What has been logged. */
  readonly logged: string[];
  readonly stop: () => void;
}

async function watched(options: JoinedOptions = {}): Promise<Watched> {
  const logged: string[] = [];
  const errors: string[] = [];
  const logger = { error: (_: string, error: Error) => logged.push(error.message) };
  const { session, peer } = await joined({ logger, ...options });
  const stop = session.on('error', (error) => errors.push(error.message));
  return { session, peer, errors, logged, stop };
}

type Procedure = Parameters<Session['register']>[1];

/** The procedure `p` is registered, and called once. */
async function called(procedure: Procedure): Promise<Watched> {
  const watching = await watched();
  const registering = watching.session.register('p', procedure);
  await watching.peer.expect([64, 1, {}, 'p']);
  watching.peer.send([65, 1, 77]);
  await registering;
  watching.peer.send([68, 1, 77, { receive_progress: true }]);
  return watching;
}

test('D4 onProgress that returns a call which rejects is reported', async () => {
  const { session, peer, errors } = await watched();
  void session.call('p', [], { onProgress: () => session.call('q') });
  await peer.next();
  peer.send([50, 1, { progress: true }, [1]]);
  await peer.next();
  peer.send([8, 48, 2, {}, 'app.failed']);
  await settle();
  expect(errors).toEqual([expect.stringContaining('app.failed')]);
});

test('D4 an async listener that fails is reported', async () => {
  const { session, peer, errors, logged } = await watched();
  session.on('state', (): unknown => Promise.reject(new Error('boom')));
  session.on('lost', () => rejectingThenable('bang'));
  session.on('close', () => {
    throw new Error('at once');
  });
  peer.drop();
  await settle();
  expect(errors.sort()).toEqual(['at once', 'bang', 'boom']);
  expect(logged).toEqual([]);
});

test('D4 what a listener of errors fails with is logged', async () => {
  const { session, peer, logged, stop } = await watched();
  stop();
  session.on('error', (): unknown => Promise.reject(new Error('worse')));
  session.on('error', () => {
    throw new Error('worst');
  });
  session.on('state', () => {
    throw new Error('bad');
  });
  peer.drop();
  await settle();
  expect(logged.sort()).toEqual(['worse', 'worst']);
});

test('D4 the failure of a thenable that a handler of events returns is reported', async () => {
  const { session, peer, errors } = await watched();
  const subscribing = session.subscribe('t', () => rejectingThenable('boom'));
  await peer.next();
  peer.send([33, 1, 88]);
  await subscribing;
  peer.send([36, 88, 1, {}]);
  await settle();
  expect(errors).toEqual(['boom']);
});

test('D4 the failure of a thenable that a procedure returns is answered', async () => {
  const { peer, errors } = await called(() => rejectingThenable('boom'));
  await peer.expect([8, 68, 1, {}, 'wamp.error.runtime_error', expect.anything()]);
  expect(errors).toEqual(['boom']);
});

test.each<[string, () => unknown]>([
  ['none', () => undefined],
  [
    'one that throws',
    () => () => {
      throw new Error('boom');
    },
  ],
  ['one that rejects', () => () => Promise.reject(new Error('boom'))],
  ['one that returns no promise', () => () => 'done'],
  ['what is no function', () => 'return'],
])('D4 a generator whose `return` is %s ends with its result', async (_name, make) => {
  const steps = [
    { done: false, value: 1 },
    { done: true, value: 2 },
  ];
  const generator = {
    next: () => Promise.resolve(steps.shift()),
    return: make(),
    [Symbol.asyncIterator]: () => generator,
  };
  const { peer, errors, logged } = await called(() => generator);
  await peer.expect([70, 1, { progress: true }, [1]]);
  await peer.expect([70, 1, {}, [2]]);
  await settle();
  expect({ errors, logged }).toEqual({ errors: [], logged: [] });
});
