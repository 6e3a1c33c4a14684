/** What a router shows to applications, features and authorizers, and that none of it leads past the authorizer. */
import { CloseUri, Payload } from '@wamp/protocol';
import {
  acceptWebSockets,
  createRouter,
  permissions,
  type Asker,
  type Authorizer,
  type Callee,
  type Feature,
  type PendingCall,
  type Realm,
  type RealmBroker,
  type RealmCalls,
  type RealmDealer,
  type Registration,
  type Router,
  type Session,
  type Subscription,
} from '@wamp/router';
import { createServer } from 'node:http';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { Client } from './support/client.ts';

const ROUTER = [
  'addRealm',
  'clock',
  'close',
  'cluster',
  'drain',
  'events',
  'join',
  'kept',
  'limited',
  'limits',
  'log',
  'logIn',
  'metrics',
  'open',
  'realm',
  'realms',
  'reconfigure',
  'reconfigureRealm',
  'removeRealm',
  'start',
];

function realmOf(router: Router): Realm {
  const realm = router.realm('realm1');
  if (realm === undefined) throw new Error('there is no realm1');
  return realm;
}

describe('§1 a router shows what applications need', () => {
  test('and nothing of its parts', () => {
    const router = createRouter({ realms: ['realm1'] });
    expect(Object.keys(router).sort()).toEqual(ROUTER);
    expectTypeOf<keyof Router>().toEqualTypeOf<
      | 'addRealm'
      | 'clock'
      | 'logIn'
      | 'close'
      | 'cluster'
      | 'drain'
      | 'events'
      | 'join'
      | 'kept'
      | 'limited'
      | 'limits'
      | 'log'
      | 'metrics'
      | 'open'
      | 'realm'
      | 'realms'
      | 'reconfigure'
      | 'reconfigureRealm'
      | 'removeRealm'
      | 'start'
    >();
  });

  test('all of its realms among it', () => {
    const router = createRouter({ realms: ['realm1', { name: 'realm2' }] });
    expect([...router.realms()].map(({ name }) => name)).toEqual(['realm1', 'realm2']);
    expect([...router.realms()][0]).toBe(router.realm('realm1'));
    expect(router.realm('realm3')).toBeUndefined();
  });

  test('and acceptors refuse a router that was not made by createRouter', () => {
    const router = createRouter({ realms: ['realm1'] });
    expect(() => acceptWebSockets({ ...router }, { server: createServer() })).toThrow(
      new TypeError('router: expected one that createRouter returned'),
    );
  });
});

describe('§1 a realm shows what features need', () => {
  test('and no message of a session is given to it but through a session', () => {
    type Messages = 'join' | 'leave' | 'receive' | 'deny' | 'oversized' | 'newSessionId';
    expectTypeOf<Extract<keyof Realm, Messages>>().toBeNever();
    expectTypeOf<
      Extract<keyof RealmBroker, 'publish' | 'subscribe' | 'unsubscribe' | 'leaving'>
    >().toBeNever();
    expectTypeOf<
      Extract<
        keyof RealmDealer,
        'call' | 'cancel' | 'register' | 'unregister' | 'yield' | 'error' | 'deny' | 'drain'
      >
    >().toBeNever();
    expectTypeOf<
      Extract<keyof RealmCalls, 'place' | 'continue' | 'succeed' | 'fail' | 'pending'>
    >().toBeNever();
    expectTypeOf<Parameters<Feature['install']>>().toEqualTypeOf<[Realm]>();
    expectTypeOf<Asker['realm']>().toEqualTypeOf<Realm>();

    const realm = realmOf(createRouter({ realms: ['realm1'] }));
    for (const method of ['join', 'leave', 'receive', 'deny', 'oversized'])
      expect(realm).not.toHaveProperty(method);
    for (const method of ['publish', 'subscribe']) expect(realm.broker).not.toHaveProperty(method);
    for (const method of ['call', 'register', 'yield']) expect(realm.dealer).not.toHaveProperty(method);
    expect(realm.dealer.calls).not.toHaveProperty('pending');
  });

  test('and its sessions cannot be changed from outside', async () => {
    const router = createRouter({ realms: ['realm1'] });
    const realm = realmOf(router);
    const client = await Client.join(router);
    expectTypeOf(realm.sessions).toEqualTypeOf<ReadonlyMap<number, Session>>();
    for (const method of ['set', 'delete', 'clear']) expect(realm.sessions).not.toHaveProperty(method);
    const [id = 0] = realm.sessions.keys();
    const session = realm.sessions.get(id);
    expect([realm.sessions.size, realm.sessions.has(id), session?.id]).toEqual([1, true, id]);
    expect([...realm.sessions]).toEqual([[id, session]]);
    const seen: unknown[] = [];
    realm.sessions.forEach((...entry) => seen.push(entry));
    expect(seen).toEqual([[session, id, realm.sessions]]);
    client.transport.close();
  });

  test('and only its broker and its dealer can change subscriptions, registrations, callees and calls', () => {
    expectTypeOf<Registration>().toEqualTypeOf<Readonly<Registration>>();
    expectTypeOf<Registration['callees']>().toEqualTypeOf<readonly Callee[]>();
    expectTypeOf<Callee>().toEqualTypeOf<Readonly<Callee>>();
    expectTypeOf<PendingCall>().toEqualTypeOf<Readonly<PendingCall>>();
    expectTypeOf<Subscription>().toEqualTypeOf<Readonly<Subscription>>();
    expectTypeOf<Subscription['subscribers']>().toEqualTypeOf<ReadonlySet<Session>>();
  });

  test('and ends all of them on request', async () => {
    const router = createRouter({ realms: ['realm1'] });
    const client = await Client.join(router);
    realmOf(router).close();
    await client.say();
    expect(client.heard).toEqual([[6, {}, CloseUri.CLOSE_REALM]]);
  });
});

test('§1 where everything is denied, code of the process is denied, too', async () => {
  let asked: Realm | undefined;
  const rules = permissions({ roles: { anonymous: { permissions: [] } } });
  const authorizer: Authorizer = {
    authorize: (principal, action, uri, options, asker) => {
      asked = asker.realm;
      return rules.authorize(principal, action, uri, options, asker);
    },
  };
  let installed: Realm | undefined;
  const feature: Feature = {
    install: (realm) => {
      installed = realm;
    },
  };
  const router = createRouter({ realms: ['realm1'], authorizer, features: [feature] });
  const session = router.join('realm1');
  await expect(session.call('wamp.session.kill_all')).rejects.toThrow('wamp.error.not_authorized');
  // The authorizer, the feature and the session see the realm that the application sees.
  for (const realm of [asked, installed, session.realm]) expect(realm).toBe(router.realm('realm1'));
});

test('§1 a feature refuses publications that there is no room for', async () => {
  const full: Feature = {
    install: ({ broker }) => {
      broker.refuseIf(({ payload }) => (payload.count > 0 ? 'no arguments, please' : undefined));
    },
  };
  const router = createRouter({ realms: ['realm1'], features: [full] });
  const client = await Client.join(router);
  await client.say(
    [16, 1, { acknowledge: true }, 'com.topic', [1]],
    [16, 2, { acknowledge: true }, 'com.topic'],
  );
  expect(client.heard).toEqual([
    [8, 16, 1, {}, 'wamp.error.limit_exceeded', ['no arguments, please']],
    [17, 2, expect.any(Number)],
  ]);
});

test('§1 what a realm publishes reaches its sessions', async () => {
  const router = createRouter({ realms: ['realm1'] });
  const [one, other] = [await Client.join(router), await Client.join(router)];
  await one.say([32, 1, {}, 'com.topic']);
  const realm = realmOf(router);
  const [, publisher] = realm.sessions.values();
  if (publisher === undefined) throw new Error('the other has not joined');
  realm.publish('com.topic', ['from the router']);
  realm.publishFor(publisher, 'com.topic', Payload.of(['from the other']), {});
  await one.say();
  expect(one.heard.slice(1).map(([type, , , , args]) => [type, args])).toEqual([
    [36, ['from the router']],
    [36, ['from the other']],
  ]);
  expect(other.heard).toEqual([]);
});
