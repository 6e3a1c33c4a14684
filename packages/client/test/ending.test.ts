/** How sessions end, and that nobody is left waiting. */
import { describe, expect, test } from 'vitest';
import {
  ConnectionLostError,
  ProtocolError,
  type Ending,
  type Session,
  type SessionEvents,
  type Subscription,
} from '../src/index.ts';
import { failure, joined, settle, type Joined, type ScriptedPeer } from './scripted-peer.ts';

/** What a session told of its end. */
function told(session: Session): unknown[][] {
  const events: unknown[][] = [];
  const types: (keyof SessionEvents)[] = ['state', 'lost', 'close', 'error'];
  for (const type of types) session.on(type, (event) => events.push([type, event]));
  return events;
}

/** Everything that a session can have under way. */
async function busy(): Promise<
  Joined & { promises: Promise<unknown>[]; subscription: Subscription; iterating: Promise<unknown> }
> {
  const { session, peer } = await joined();
  const subscribing = session.subscribe('t');
  const registering = session.register('p', () => new Promise(() => undefined));
  await peer.next();
  await peer.next();
  peer.send([33, 1, 7]);
  peer.send([65, 2, 8]);
  const subscription = (await subscribing) as Subscription;
  await registering;
  peer.send([68, 1, 8, {}]);
  const iterating = subscription[Symbol.asyncIterator]().next();
  const call = session.call('q', [], { timeout: 1000, signal: new AbortController().signal });
  const killed = session.call('q');
  killed.cancel('kill');
  const promises = [
    Promise.resolve(call),
    call.full(),
    Promise.resolve(killed),
    session.publish('t', [], { acknowledge: true, signal: new AbortController().signal }),
    session.subscribe('u', () => undefined, { signal: new AbortController().signal }),
    session.register('r', () => undefined),
  ];
  for (let n = 0; n < 6; n += 1) await peer.next();
  return { session, peer, promises, subscription, iterating };
}

describe.each<[string, (peer: ScriptedPeer) => void, string, unknown, string | boolean]>([
  ['the transport breaks', (peer) => peer.drop('reset'), 'wamp.error.network_failure', undefined, true],
  [
    'the router says GOODBYE',
    (peer) => peer.send([6, { message: 'bye' }, 'wamp.close.system_shutdown']),
    'wamp.close.system_shutdown',
    [6, {}, 'wamp.close.goodbye_and_out'],
    true,
  ],
  [
    'the router says ABORT',
    (peer) => peer.send([3, {}, 'wamp.error.slow_consumer']),
    'wamp.error.slow_consumer',
    undefined,
    true,
  ],
  [
    'the router says that we broke the protocol',
    (peer) => peer.send([3, { message: 'you did' }, 'wamp.error.protocol_violation']),
    'wamp.error.protocol_violation',
    undefined,
    true,
  ],
  [
    'the router breaks the protocol',
    (peer) => peer.sendText('nonsense'),
    'wamp.error.protocol_violation',
    [3, { message: expect.any(String) as string }, 'wamp.error.protocol_violation'],
    'protocol',
  ],
])('when %s', (_what, end, reason, answer, closed) => {
  test('everything in flight ends at once', async () => {
    const { session, peer, promises, subscription, iterating } = await busy();
    const events = told(session);
    const failures = promises.map(failure);
    const iteratingFails = failure(iterating);
    end(peer);
    expect(session.state).toBe('closed');
    expect(session.id).toBeUndefined();
    for (const error of await Promise.all(failures)) {
      expect(error).toBeInstanceOf(ConnectionLostError);
      expect(error).toMatchObject({ sent: true, uri: reason });
    }
    const isViolation = reason === 'wamp.error.protocol_violation';
    const type = isViolation ? ProtocolError : ConnectionLostError;
    const ending: Ending = await session.closed;
    expect(ending).toEqual({ reason, error: expect.any(type) as Error });
    expect(await iteratingFails).toBe(ending.error);
    expect(await subscription.ended).toBe(ending);
    expect(events).toEqual([
      ['state', 'closed'],
      ['lost', expect.any(ConnectionLostError)],
      ['close', ending],
    ]);
    if (answer === undefined) peer.expectNothing();
    else await peer.expect(answer as unknown[]);
    await settle();
    peer.expectNothing();
    expect(peer.closed).toBe(closed);
    expect(peer.clock.pending).toBe(0);
  });

  test('messages after it are ignored', async () => {
    const { session, peer, promises, iterating } = await busy();
    for (const promise of [...promises, iterating]) promise.catch(() => undefined);
    const events = told(session);
    end(peer);
    const ending = await session.closed;
    const count = events.length;
    peer.send([36, 7, 1, {}]);
    peer.send([6, {}, 'wamp.close.system_shutdown']);
    peer.sendText('nonsense');
    peer.drop();
    peer.transport.listener?.violation('what is that?');
    await settle();
    expect(events).toHaveLength(count);
    expect(await session.closed).toBe(ending);
  });
});

test('what the router says with GOODBYE or ABORT is the message', async () => {
  const { session, peer } = await joined();
  peer.send([6, { message: 'maintenance' }, 'wamp.close.system_shutdown']);
  expect((await session.closed).error?.message).toContain('maintenance');
});

test('a frame that is no frame of the transport is a protocol violation', async () => {
  const { session, peer } = await joined();
  peer.transport.listener?.violation('a text frame on a binary channel');
  expect(await session.closed).toMatchObject({ reason: 'wamp.error.protocol_violation' });
  await peer.expect([3, { message: 'a text frame on a binary channel' }, 'wamp.error.protocol_violation']);
  expect(peer.closed).toBe('protocol');
});

describe('close', () => {
  test('sends GOODBYE, ends everything in flight at once, and waits for the answer', async () => {
    const { session, peer, promises, subscription, iterating } = await busy();
    const events = told(session);
    const failures = promises.map(failure);
    let closed = false;
    const closing = session.close().then(() => (closed = true));
    expect(session.state).toBe('closing');
    await peer.expect([6, {}, 'wamp.close.close_realm']);
    for (const error of await Promise.all(failures)) {
      expect(error).toBeInstanceOf(ConnectionLostError);
      expect(error).toMatchObject({ sent: true, uri: 'wamp.close.close_realm' });
    }
    expect(await subscription.ended).toEqual({ reason: 'wamp.close.close_realm' });
    expect(await iterating).toEqual({ done: true, value: undefined });
    // SES-10: all of this is ignored until the router has answered.
    peer.send([36, 7, 1, {}]);
    peer.send([50, 3, {}, [1]]);
    peer.send([68, 2, 8, {}]);
    peer.send([33, 99, 99]);
    peer.send([2, 1, { roles: {} }]);
    await settle();
    expect(closed).toBe(false);
    expect(peer.closed).toBeUndefined();
    peer.send([6, {}, 'wamp.close.goodbye_and_out']);
    await closing;
    expect(await session.closed).toEqual({ reason: 'wamp.close.close_realm' });
    expect(events).toEqual([
      ['state', 'closing'],
      ['state', 'closed'],
      ['close', { reason: 'wamp.close.close_realm' }],
    ]);
    expect(peer.closed).toBe(true);
    expect(peer.clock.pending).toBe(0);
    peer.expectNothing();
  });

  test('sends its reason', async () => {
    const { session, peer } = await joined();
    void session.close('app.done');
    await peer.expect([6, {}, 'app.done']);
    peer.send([6, {}, 'wamp.close.goodbye_and_out']);
    expect(await session.closed).toEqual({ reason: 'app.done' });
  });

  test('drops the transport when the router does not answer for 5 seconds', async () => {
    const { session, peer } = await joined();
    const closing = session.close();
    peer.clock.advance(4_999);
    expect(peer.closed).toBeUndefined();
    peer.clock.advance(1);
    await closing;
    expect(peer.closed).toBe(true);
    expect(await session.closed).toEqual({ reason: 'wamp.close.close_realm' });
  });

  test.each<[string, (peer: ScriptedPeer) => void]>([
    ['the transport breaks', (peer) => peer.drop()],
    ['the router says ABORT', (peer) => peer.send([3, {}, 'wamp.close.system_shutdown'])],
    ['the router says GOODBYE of its own', (peer) => peer.send([6, {}, 'wamp.close.system_shutdown'])],
    ['the router sends nonsense', (peer) => peer.sendText('nonsense')],
  ])('is over when %s meanwhile, and that was asked for', async (_what, end) => {
    const { session, peer } = await joined();
    const closing = session.close();
    end(peer);
    await closing;
    expect(await session.closed).toEqual({ reason: 'wamp.close.close_realm' });
    expect(peer.clock.pending).toBe(0);
  });

  test('twice, during and after, waits for the same end', async () => {
    const { session, peer } = await joined();
    const both = [session.close(), session.close('app.other')];
    await peer.expect([6, {}, 'wamp.close.close_realm']);
    peer.send([6, {}, 'wamp.close.goodbye_and_out']);
    await Promise.all(both);
    await session.close();
    peer.expectNothing();
  });

  test('of a session that is over resolves', async () => {
    const { session, peer } = await joined();
    peer.drop();
    await session.close();
  });

  test('does not wait for the transport to be gone', async () => {
    const { session, peer } = await joined();
    peer.confirmsClose = false;
    const closing = session.close();
    peer.send([6, {}, 'wamp.close.goodbye_and_out']);
    await closing;
    expect(peer.closed).toBe(true);
  });

  test('with a reason that cannot be written still ends', async () => {
    const { session, peer } = await joined();
    const closing = session.close('\u0000');
    peer.expectNothing();
    peer.clock.advance(5_000);
    await closing;
    expect(peer.closed).toBe(true);
  });

  test('happens by `await using`', async () => {
    const { session, peer } = await joined();
    const block = (async () => {
      await using own = session;
      expect(own.state).toBe('open');
    })();
    await peer.expect([6, {}, 'wamp.close.close_realm']);
    peer.send([6, {}, 'wamp.close.goodbye_and_out']);
    await block;
  });

  test('by a listener of the session, at any time', async () => {
    const { session, peer } = await joined();
    session.on('state', () => void session.close());
    session.on('close', () => void session.close());
    void session.close();
    await peer.expect([6, {}, 'wamp.close.close_realm']);
    peer.send([6, {}, 'wamp.close.goodbye_and_out']);
    await session.closed;
    peer.expectNothing();
  });
});

describe.each<[string, (joined: Joined) => void, string]>([
  [
    'after close',
    ({ session, peer }) => {
      void session.close();
      peer.send([6, {}, 'wamp.close.goodbye_and_out']);
    },
    'wamp.close.close_realm',
  ],
  ['while closing', ({ session }) => void session.close(), 'wamp.close.close_realm'],
  ['after the transport broke', ({ peer }) => peer.drop(), 'wamp.error.network_failure'],
])('%s', (_when, end, uri) => {
  test('every method rejects, and says that nothing was sent', async () => {
    const both = await joined();
    const { session, peer } = both;
    end(both);
    const attempts = [
      session.call('p'),
      session.call('p').full(),
      session.publish('t'),
      session.publish('t', [], { acknowledge: true }),
      session.subscribe('t', () => undefined),
      session.subscribe('t'),
      session.register('p', () => 1),
      session.ready,
    ];
    for (const attempt of attempts) {
      const error = await failure(attempt);
      expect(error).toBeInstanceOf(ConnectionLostError);
      expect(error).toMatchObject({ sent: false, uri });
    }
    expect(peer.clock.pending).toBeLessThanOrEqual(1);
  });
});

test('listeners are called until they are removed, and one that throws does not affect others', async () => {
  const logged: unknown[] = [];
  const { session, peer } = await joined({ logger: { error: (_message, error) => logged.push(error) } });
  const heard: string[] = [];
  const thrown = new Error('listener');
  session.on('close', () => {
    throw thrown;
  });
  session.on('close', () => heard.push('second'));
  const stop = session.on('close', () => heard.push('third'));
  stop();
  stop();
  peer.drop();
  expect(heard).toEqual(['second']);
  expect(logged).toEqual([thrown]);
});
