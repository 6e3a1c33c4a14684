/** Options that hold for all requests of a session, and the event that shows each message. */
import { expect, test } from 'vitest';
import { connect, type ConnectOptions, type SessionEvents } from '../src/index.ts';
import { failure, joined } from './scripted-peer.ts';

test('B3 defaults stand in for options that are not given, or undefined', async () => {
  const { session, peer } = await joined({
    defaults: {
      call: { timeout: 100, discloseMe: true, idempotent: true },
      publish: { acknowledge: true, excludeMe: false },
      subscribe: { match: 'prefix' },
    },
  });
  const call = failure(session.call('p'));
  await peer.expect([48, 1, { timeout: 100, disclose_me: true }, 'p']);
  const late = failure(session.call('p', [], { timeout: undefined, discloseMe: false }));
  await peer.expect([48, 2, { timeout: 100, disclose_me: false }, 'p']);
  const publishing = failure(session.publish('t', [1]));
  await peer.expect([16, 3, { acknowledge: true, exclude_me: false }, 't', [1]]);
  await session.publish('t', [2], { acknowledge: false });
  await peer.expect([16, 4, { acknowledge: false, exclude_me: false }, 't', [2]]);
  const subscribing = failure(session.subscribe('t', () => undefined));
  await peer.expect([32, 5, { match: 'prefix' }, 't']);
  peer.clock.advance(100);
  for (const outcome of [call, late]) expect(await outcome).toMatchObject({ uri: 'wamp.error.timeout' });
  peer.drop();
  await Promise.all([publishing, subscribing]);
});

test.each<[string, object]>([
  ['Option timeout of defaults.call', { call: { timeout: -1 } }],
  ['Unknown option signal of defaults.call', { call: { signal: AbortSignal.abort() } }],
  ['Unknown option timeout of defaults.publish', { publish: { timeout: 1 } }],
  ['Unknown option since of defaults.subscribe', { subscribe: { since: { epoch: 1, offset: 0 } } }],
  ['Unknown option register of defaults', { register: {} }],
])('B3 defaults are checked: %s', async (message, defaults) => {
  const options = { realm: 'r', defaults } as ConnectOptions;
  expect(await failure(connect('ws://host/', options))).toMatchObject({
    name: 'TypeError',
    message: expect.stringContaining(message) as string,
  });
});

test('event frame shows each message as on the wire, in both directions, as long as it has listeners', async () => {
  const { session, peer } = await joined();
  const frames: SessionEvents['frame'][] = [];
  const stop = session.on('frame', (frame) => frames.push(frame));
  peer.clock.advance(5);
  const call = session.call('p', [1], { kwargs: { é: 2 } });
  peer.send([50, 1, {}, [3]]);
  await call;
  expect(frames).toEqual([
    { dir: 'out', message: [48, 1, {}, 'p', [1], { é: 2 }], bytes: 26, at: 5 },
    { dir: 'in', message: [50, 1, {}, [3]], bytes: 13, at: 5 },
  ]);
  stop();
  await session.publish('t');
  expect(frames).toHaveLength(2);
});
