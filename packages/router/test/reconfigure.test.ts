/** A router whose realms and limits change while it runs. */
import { ErrorUri } from '@wamp/protocol';
import { createRouter, ticket, type Router } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';
import { Login, welcomed } from './support/login.ts';

function routerWith(realms: readonly string[] = ['realm1']): Router {
  return createRouter({ realms, clock: new ManualClock() });
}

describe('realms', () => {
  test('that are added can be joined, and one name is for one realm', () => {
    const router = routerWith();
    expect(() => router.join('realm2')).toThrow(ErrorUri.NO_SUCH_REALM);
    router.addRealm({ name: 'realm2', maxSessions: 1 });
    expect(router.join('realm2').realm.name).toBe('realm2');
    expect(() => router.join('realm2')).toThrow(ErrorUri.LIMIT_EXCEEDED);
    expect(() => router.addRealm('realm2')).toThrow('there are two realms with the name realm2');
  });

  test('that are removed say GOODBYE to their sessions, and to no others', async () => {
    const router = routerWith(['realm1', 'realm2']);
    const [one, two] = [router.join('realm1'), router.join('realm2')];
    expect(router.removeRealm('realm2')).toBe(true);
    expect(await two.closed).toMatchObject({ reason: 'wamp.close.close_realm' });
    await one.publish('com.news');
    expect(router.removeRealm('realm2')).toBe(false);
    expect(() => router.join('realm2')).toThrow(ErrorUri.NO_SUCH_REALM);
  });

  test('that are removed give back what they kept', async () => {
    const router = routerWith(['realm1', 'realm2']);
    const session = router.join('realm2');
    await session.publish('com.news', ['x'.repeat(1000)], {}, { retain: true, acknowledge: true });
    expect(router.kept.used).toBeGreaterThan(1000);
    router.removeRealm('realm2');
    expect(router.kept.used).toBe(0);
  });

  test('that are changed apply new quotas from the next request on, and end no session', async () => {
    const router = routerWith();
    const session = router.join('realm1');
    await session.subscribe('com.a', () => undefined);
    await session.subscribe('com.b', () => undefined);
    router.reconfigureRealm('realm1', { quotas: { subscriptions: 1 }, maxSessions: 1 });
    await expect(session.subscribe('com.c', () => undefined)).rejects.toThrow(ErrorUri.LIMIT_EXCEEDED);
    expect(() => router.join('realm1')).toThrow(ErrorUri.LIMIT_EXCEEDED);
    router.reconfigureRealm('realm1', {});
    await session.subscribe('com.c', () => undefined);
    expect(router.join('realm1').realm.name).toBe('realm1');
    expect(() => router.reconfigureRealm('realm2', {})).toThrow('there is no realm with the name realm2');
  });

  test('that keep less from now on evict the oldest when the next comes', async () => {
    const router = routerWith();
    const session = router.join('realm1');
    const keep = (topic: string): Promise<unknown> =>
      session.publish(topic, ['x'.repeat(1000)], {}, { retain: true, acknowledge: true });
    for (const topic of ['com.a', 'com.b', 'com.c']) await keep(topic);
    const retained = router.realm('realm1')?.kept.retained;
    const before = retained?.used ?? 0;
    router.reconfigureRealm('realm1', { stores: { retainedBytes: 2 * 1500 } });
    expect(retained?.used).toBe(before);
    await keep('com.d');
    expect(retained?.used).toBeLessThanOrEqual(3000);
  });
});

describe('limits', () => {
  test('apply from now on', () => {
    const router = routerWith();
    router.reconfigure({ limits: { keptSize: 1234, helloTimeout: 7 }, attempts: { perAuthid: 3 } });
    expect(router.kept.limit).toBe(1234);
    expect(router.limits).toMatchObject({ keptSize: 1234, helloTimeout: 7, authenticateTimeout: 5000 });
  });
});

test('a client that authenticates while the principals change is refused, and may try again with the new ones', async () => {
  const principals = (secret: string) => [ticket(new Map([['joe', { authrole: 'user', ticket: secret }]]))];
  const router = createRouter({ realms: [{ name: 'realm1', authenticators: principals('old') }] });
  const login = new Login(router);
  await login.challenge('ticket', { authid: 'joe' });
  router.reconfigureRealm('realm1', { authenticators: principals('new') });
  expect(await login.authenticate('old')).toEqual([3, expect.anything(), ErrorUri.UNAVAILABLE]);
  const again = new Login(router);
  await again.challenge('ticket', { authid: 'joe' });
  expect(await again.authenticate('new')).toEqual(welcomed({ authid: 'joe' }));
});
