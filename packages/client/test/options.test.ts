/** Options of the Advanced Profile, as the wire spells them, and what comes back for them. */
import { expect, test } from 'vitest';
import type { RegisterOptions } from '../src/index.ts';
import { joined } from './scripted-peer.ts';

test.each<[RegisterOptions, object]>([
  [
    { concurrency: 3, forceReregister: true },
    { concurrency: 3, force_reregister: true },
  ],
  [
    { invoke: 'load', match: 'wildcard' },
    { invoke: 'load', match: 'wildcard' },
  ],
  [
    { discloseCaller: true, forwardTimeout: true },
    { disclose_caller: true, forward_timeout: true },
  ],
  [{ extra: { x_own: 1 } }, { x_own: 1 }],
])('SHR-1, PREG-1, CID-4, TMO-5: register with %o', async (options, wire) => {
  const { session, peer } = await joined();
  session.register('p', () => 1, options).catch(() => undefined);
  await peer.expect([64, 1, wire, 'p']);
});

test('CID-2, PID-2, RET-2: discloseMe and retain', async () => {
  const { session, peer } = await joined();
  session.call('p', [], { discloseMe: true }).catch(() => undefined);
  void session.publish('t', [], { discloseMe: true, retain: true });
  await peer.expect([48, 1, { disclose_me: true }, 'p']);
  await peer.expect([16, 2, { disclose_me: true, retain: true }, 't']);
});

test('RET-4, RET-5: getRetained asks for the retained event, which is marked as retained', async () => {
  const { session, peer } = await joined();
  const seen: unknown[] = [];
  const subscribing = session.subscribe('t', ([n], { retained }) => seen.push([n, retained]), {
    getRetained: true,
  });
  await peer.expect([32, 1, { get_retained: true }, 't']);
  peer.send([33, 1, 7]);
  // At once: in the same breath as SUBSCRIBED.
  peer.send([36, 7, 1, { retained: true }, [1]]);
  peer.send([36, 7, 2, {}, [2]]);
  await subscribing;
  expect(seen).toEqual([
    [1, true],
    [2, false],
  ]);
});

test('PTL-1: the trust level of an event is among its details', async () => {
  const { session, peer } = await joined();
  const levels: unknown[] = [];
  const subscribing = session.subscribe('t', (_args, { details }) => levels.push(details['trustlevel']));
  peer.send([33, 1, 7]);
  await subscribing;
  peer.send([36, 7, 1, { trustlevel: 2 }]);
  expect(levels).toEqual([2]);
});

test('SREV-1, RREV-1: a handle that the router revokes ends with its reason', async () => {
  const { session, peer } = await joined();
  const handles = Promise.all([
    session.subscribe('t', () => undefined),
    session.subscribe('u'),
    session.register('p', () => 1),
  ]);
  peer.send([33, 1, 7]);
  peer.send([33, 2, 8]);
  peer.send([65, 3, 9]);
  const [subscription, iterated, registration] = await handles;
  peer.send([35, 0, { subscription: 7, reason: 'app.why' }]);
  peer.send([35, 0, { subscription: 8 }]);
  peer.send([67, 0, { registration: 9, reason: 'app.why' }]);
  expect(await subscription.ended).toEqual({ reason: 'app.why' });
  expect(await iterated.ended).toEqual({ reason: 'revoked' });
  expect(await registration.ended).toEqual({ reason: 'app.why' });
  for await (const { topic } of iterated) expect.unreachable(topic);
  expect([subscription.state, iterated.state, registration.state]).toEqual(['ended', 'ended', 'ended']);
  await Promise.all([subscription.unsubscribe(), iterated.unsubscribe(), registration.unregister()]);
  await peer.next();
  await peer.next();
  await peer.next();
  peer.expectNothing();
});
