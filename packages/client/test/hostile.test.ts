/** What a router may not send, and what it may send late. */
import { describe, expect, test } from 'vitest';
import { json, MessageType, Payload, ProtocolViolation, type Serializer } from '@wamp/protocol';
import { ErrorUri } from '../src/index.ts';
import {
  ALL_FEATURES,
  failure,
  joined,
  settle,
  type Joined,
  type JoinedOptions,
  type ScriptedPeer,
} from './scripted-peer.ts';

/** Subscription 7 and registration 8; 17 and 18 have ended; request 7 is an unanswered CALL; invocation 1 ran. */
async function session(options: JoinedOptions = {}): Promise<Joined> {
  const { session, peer } = await joined(options);
  session.on('error', () => undefined);
  const answer = async (...elements: unknown[]): Promise<void> => {
    const [type, request] = (await peer.next()) as [number, number];
    peer.send([type + 1, request, ...elements]);
  };
  const subscribe = async (id: number): Promise<{ unsubscribe(): Promise<void> }> => {
    const subscribing = session.subscribe(`t${id}`, () => undefined);
    await answer(id);
    return subscribing;
  };
  const register = async (id: number): Promise<{ unregister(): Promise<void> }> => {
    const registering = session.register(`p${id}`, () => 1);
    await answer(id);
    return registering;
  };
  await subscribe(7);
  await register(8);
  void (await subscribe(17)).unsubscribe();
  await answer();
  void (await register(18)).unregister();
  await answer();
  session.call('p').catch(() => undefined);
  await peer.next();
  peer.send([68, 1, 8, {}]);
  await peer.next();
  return { session, peer };
}

describe('a protocol violation', () => {
  test.each<[string, unknown[] | string]>([
    ['text that is no JSON', 'nonsense'],
    ['half a message', '[36,7,1'],
    ['two messages', '[36,7,1,{}][36,7,1,{}]'],
    ['nesting without end', `[36,7,1,{},${'['.repeat(200)}${']'.repeat(200)}]`],
    ['an empty list', []],
    ['a dict', '{}'],
    ['a type that is a string', ['36', 7, 1, {}]],
    ['an unknown type', [200, 1]],
    ['WELCOME twice', [2, 4712, { roles: ALL_FEATURES }]],
    ['HELLO', [1, 'realm1', { roles: {} }]],
    ['CHALLENGE', [4, 'ticket', {}]],
    ['AUTHENTICATE', [5, 'x', {}]],
    ['PUBLISH', [16, 1, {}, 't']],
    ['SUBSCRIBE', [32, 1, {}, 't']],
    ['UNSUBSCRIBE', [34, 1, 7]],
    ['CALL', [48, 1, {}, 'p']],
    ['CANCEL', [49, 1, {}]],
    ['REGISTER', [64, 1, {}, 'p']],
    ['UNREGISTER', [66, 1, 8]],
    ['YIELD', [70, 1, {}]],
    ['EVENT without a publication', [36, 7]],
    ['EVENT whose id is a string', [36, '7', 1, {}]],
    ['EVENT whose details are null', [36, 7, 1, null]],
    ['EVENT whose arguments are a dict', [36, 7, 1, {}, {}]],
    ['EVENT whose keywords are a list', [36, 7, 1, {}, [], []]],
    ['EVENT with too much', [36, 7, 1, {}, [], {}, 1]],
    ['EVENT whose topic is a number', [36, 7, 1, { topic: 5 }]],
    ['EVENT of a subscription that never was', [36, 99, 1, {}]],
    ['EVENT of a registration', [36, 8, 1, {}]],
    ['RESULT of a request that never was', [50, 99, {}]],
    ['RESULT of the next request', [50, 9, {}]],
    ['RESULT whose id is 0', [50, 0, {}]],
    ['RESULT whose id is broken', [50, 1.5, {}]],
    ['RESULT whose progress is a number', [50, 7, { progress: 1 }]],
    ['SUBSCRIBED for a CALL', [33, 7, 9]],
    ['REGISTERED for a CALL', [65, 7, 9]],
    ['PUBLISHED for a CALL', [17, 7, 9]],
    ['UNSUBSCRIBED for a CALL', [35, 7]],
    ['UNREGISTERED for a CALL', [67, 7]],
    ['SUBSCRIBED for nothing', [33, 99, 9]],
    ['SUBSCRIBED with an invalid id', [33, 1, -1]],
    ['ERROR of a request that never was', [8, 48, 99, {}, 'app.error']],
    ['ERROR of another type than the request', [8, 32, 7, {}, 'app.error']],
    ['ERROR of no request type', [8, 50, 7, {}, 'app.error']],
    ['ERROR of an invocation', [8, 68, 7, {}, 'app.error']],
    ['ERROR without a URI', [8, 48, 7, {}]],
    ['ERROR whose URI is a number', [8, 48, 7, {}, 5]],
    ['INVOCATION of a registration that never was', [68, 2, 99, {}]],
    ['INVOCATION of a subscription', [68, 2, 7, {}]],
    ['INTERRUPT of an invocation that never came', [69, 2, {}]],
    ['INTERRUPT of an unknown mode', [69, 1, { mode: 'gently' }]],
    ['revocation of no subscription', [35, 0]],
    ['revocation of a subscription that never was', [35, 0, { subscription: 99 }]],
    ['revocation of no registration', [67, 0, {}]],
    ['revocation of a registration that never was', [67, 0, { registration: 99 }]],
    ['GOODBYE without a reason', [6, {}]],
    ['ABORT without a reason', [3, {}]],
  ])('%s: ABORT, and the session is over', async (_what, message) => {
    const { session: own, peer } = await session();
    const pending = failure(own.call('q'));
    await peer.next();
    if (typeof message === 'string') peer.sendText(message);
    else peer.send(message);
    expect(own.state).toBe('closed');
    expect(peer.closed).toBe('protocol');
    await peer.expect([3, { message: expect.any(String) as string }, ErrorUri.PROTOCOL_VIOLATION]);
    expect(await own.closed).toMatchObject({
      reason: ErrorUri.PROTOCOL_VIOLATION,
      error: { name: 'ProtocolError' },
    });
    expect(await pending).toMatchObject({
      name: 'ConnectionLostError',
      sent: true,
      uri: ErrorUri.PROTOCOL_VIOLATION,
    });
    expect(peer.clock.pending).toBe(0);
    peer.expectNothing();
  });

  test('an invocation under an id that runs already', async () => {
    const { session: own, peer } = await joined();
    const registering = own.register('p', () => new Promise(() => undefined));
    peer.send([65, 1, 8]);
    await registering;
    peer.send([68, 1, 8, {}]);
    expect(own.state).toBe('open');
    peer.send([68, 1, 8, {}]);
    expect(await own.closed).toMatchObject({ reason: ErrorUri.PROTOCOL_VIOLATION });
  });
});

describe('late, and ignored', () => {
  test.each<[string, (peer: ScriptedPeer) => void]>([
    ['EVENT of a subscription that has ended', (peer) => peer.send([36, 17, 1, {}])],
    ['revocation of one that has ended', (peer) => peer.send([35, 0, { subscription: 17 }])],
    ['revocation of a registration that has ended', (peer) => peer.send([67, 0, { registration: 18 }])],
    ['a second SUBSCRIBED', (peer) => peer.send([33, 1, 7])],
    ['a second UNSUBSCRIBED', (peer) => peer.send([35, 4])],
    [
      'a second RESULT',
      (peer) => {
        peer.send([50, 7, {}]);
        peer.send([50, 7, {}]);
      },
    ],
    [
      'ERROR after RESULT',
      (peer) => {
        peer.send([50, 7, {}]);
        peer.send([8, 48, 7, {}, 'app.error']);
      },
    ],
    ['INTERRUPT of an invocation that is answered', (peer) => peer.send([69, 1, { mode: 'kill' }])],
    ['unknown attributes', (peer) => peer.send([36, 7, 1, { x_unknown: [1] }])],
    ['null attributes', (peer) => peer.send([36, 7, 1, { topic: null, publisher: null }])],
  ])('%s', async (_what, act) => {
    const { session: own, peer } = await session();
    act(peer);
    await settle();
    expect(own.state).toBe('open');
    peer.expectNothing();
  });

  test('INVOCATION of a registration that has ended is refused', async () => {
    const { session: own, peer } = await session();
    peer.send([68, 2, 18, {}]);
    await peer.expect([8, 68, 2, {}, 'wamp.error.no_such_procedure']);
    expect(own.state).toBe('open');
  });

  test('invocation ids may have gaps', async () => {
    const { session: own, peer } = await session();
    peer.send([68, 1000, 8, {}]);
    await peer.expect([70, 1000, {}, [1]]);
    peer.send([68, 500, 8, {}]);
    await peer.expect([70, 500, {}, [1]]);
    peer.send([69, 700, {}]);
    expect(own.state).toBe('open');
  });

  test('only the latest 1,000 ended ids are remembered', async () => {
    const { session: own, peer } = await joined();
    for (let id = 1; id <= 1001; id += 1) {
      const subscribing = own.subscribe('t', () => undefined);
      const [, request] = await peer.next();
      peer.send([33, request, id]);
      await subscribing;
      peer.send([35, 0, { subscription: id }]);
    }
    peer.send([36, 2, 1, {}]);
    expect(own.state).toBe('open');
    peer.send([36, 1, 1, {}]);
    expect(own.state).toBe('closed');
  });
});

test.each<[string, unknown[]]>([
  ['RESULT', [50, 7, {}, [1]]],
  ['EVENT', [36, 7, 1, {}, [1]]],
  ['INVOCATION', [68, 2, 8, {}, [1]]],
])(
  'a payload of %s that cannot be decoded after all ends the session, and nobody waits on',
  async (_what, message) => {
    const payload = Object.defineProperty(Object.create(Payload.none) as Payload, 'args', {
      get: () => {
        throw new ProtocolViolation('no payload');
      },
    });
    const hostile: Serializer = {
      ...json,
      decode: (frame) => {
        const decoded = json.decode(frame);
        return 'payload' in decoded && decoded.payload.count > 0 && decoded.type !== MessageType.YIELD
          ? { ...decoded, payload }
          : decoded;
      },
    };
    const { session: own, peer } = await session({ serializer: hostile });
    const call = failure(own.call('q'));
    const pending = failure(own.call('r'));
    await peer.next();
    await peer.next();
    peer.send(message[0] === 50 ? [50, 8, {}, [1]] : message);
    expect(await own.closed).toMatchObject({ reason: ErrorUri.PROTOCOL_VIOLATION });
    expect(await call).toMatchObject({ name: 'ConnectionLostError' });
    expect(await pending).toMatchObject({ name: 'ConnectionLostError' });
  },
);

test('names with a meaning in JavaScript are ordinary names', async () => {
  const { session: own, peer } = await session();
  peer.sendText('[36,7,1,{"__proto__":{"topic":"evil"},"constructor":1},[],{"__proto__":{"a":1}}]');
  expect(own.state).toBe('open');
  expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  const call = own.call('__proto__', { constructor: 1 });
  await peer.expect([48, 8, {}, '__proto__', [], { constructor: 1 }]);
  peer.send([50, 8, {}, ['ok']]);
  expect(await call).toBe('ok');
});
