/** Nothing that the library does on its own account ends in an unhandled rejection. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, type Session } from '../src/index.ts';
import { joined, ScriptedPeer, type ScriptedPeer as Peer } from './scripted-peer.ts';

const unhandled: unknown[] = [];
const listener = (reason: unknown): void => void unhandled.push(reason);
/** The test runner's own listeners, which would fail the run. */
let others: NodeJS.UnhandledRejectionListener[] = [];

beforeEach(() => {
  unhandled.length = 0;
  others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', listener);
});

afterEach(() => {
  process.removeAllListeners('unhandledRejection');
  for (const other of others) process.on('unhandledRejection', other);
});

/** Node tells of unhandled rejections after the microtasks of a turn. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('the listener works', async () => {
  void Promise.reject(new Error('mine'));
  await turns();
  expect(unhandled).toMatchObject([{ message: 'mine' }]);
});

test.each<[string, (session: Session, peer: Peer) => unknown]>([
  [
    'publishing without a look back',
    (session, peer) => {
      void session.publish('t', [BigInt(1), Symbol('x')]);
      peer.drop();
      void session.publish('t');
      void session.publish('t', [], { signal: AbortSignal.abort() });
    },
  ],
  [
    '`ready` after the end',
    (session, peer) => {
      peer.drop();
      void session.ready;
    },
  ],
  [
    'only the whole result is looked at',
    (session, peer) => {
      session
        .call('p')
        .full()
        .catch(() => undefined);
      peer.send([8, 48, 1, {}, 'app.failed']);
    },
  ],
  [
    'only the value is looked at',
    (session, peer) => {
      session.call('p').catch(() => undefined);
      peer.send([8, 48, 1, {}, 'app.failed']);
    },
  ],
  [
    'a canceled call',
    (session) => {
      session.call('p').cancel();
    },
  ],
  [
    'a call canceled with kill',
    (session, peer) => {
      session.call('p').cancel('kill');
      peer.send([8, 48, 1, {}, 'wamp.error.canceled']);
    },
  ],
  [
    'a call canceled after the end',
    (session, peer) => {
      peer.drop();
      session.call('p').cancel();
    },
  ],
  [
    'closing without a look back',
    (session, peer) => {
      void session.close();
      peer.sendText('nonsense');
      void session.close();
    },
  ],
  [
    'the end of handles nobody waits for',
    async (session, peer) => {
      const controller = new AbortController();
      const { signal } = controller;
      const both = [session.subscribe('t', () => undefined, { signal }), session.subscribe('t', { signal })];
      peer.send([33, 1, 7]);
      peer.send([33, 2, 7]);
      await Promise.all(both);
      controller.abort();
      peer.drop();
    },
  ],
  [
    'an overflow nobody takes',
    async (session, peer) => {
      const subscribing = session.subscribe('t', { buffer: { max: 1 } });
      peer.send([33, 1, 7]);
      await subscribing;
      peer.send([36, 7, 1, {}]);
      peer.send([36, 7, 2, {}]);
      peer.send([8, 34, 2, {}, 'wamp.error.not_authorized']);
    },
  ],
  [
    'handlers that fail',
    async (session, peer) => {
      const fail = (): Promise<never> => Promise.reject(new Error('handler'));
      const subscribing = session.subscribe('t', fail);
      const registering = session.register('p', fail);
      peer.send([33, 1, 7]);
      peer.send([65, 2, 8]);
      await Promise.all([subscribing, registering]);
      peer.send([36, 7, 1, {}]);
      peer.send([68, 1, 8, {}]);
      peer.send([68, 2, 8, {}]);
      peer.send([69, 2, { mode: 'killnowait' }]);
      peer.drop();
    },
  ],
])('%s', async (_what, act) => {
  const { session, peer } = await joined({ logger: { error: () => undefined } });
  await act(session, peer);
  await turns();
  expect(unhandled).toEqual([]);
});

test('attempts to connect that fail', async () => {
  const peer = new ScriptedPeer();
  const connecting = connect('ws://x/', {
    realm: 'realm1',
    transport: peer.factory,
    clock: peer.clock,
    auth: { method: 'm', hello: () => ({}), challenge: () => Promise.reject(new Error('no key')) },
  }).catch(() => undefined);
  await peer.next();
  peer.send([4, 'm', {}]);
  peer.drop();
  await connecting;
  const hopeless = {
    name: 'slow',
    open: () => new Promise<never>((_resolve, reject) => setImmediate(reject, new Error('late'))),
  };
  const controller = new AbortController();
  const other = connect('ws://x/', { realm: 'realm1', transport: hopeless, signal: controller.signal });
  controller.abort();
  await other.catch(() => undefined);
  await turns();
  expect(unhandled).toEqual([]);
});
