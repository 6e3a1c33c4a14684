/** What the core expects of every session: `send` never throws, and never calls back into the core before it returns. */
import {
  json,
  MessageType,
  Payload,
  PeerFeatures,
  rolesOf,
  SerializationFailure,
  type Message,
  type Serializer,
} from '@wamp/protocol';
import { createRouter, type RouterOptions, type Session } from '@wamp/router';
import { ALL_FEATURES } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';
import type { CoreRealm } from '../src/core/core-realm.ts';
import { Peer, Stage } from './model/stage.ts';
import { Client, settle } from './support/client.ts';
import { coreRealmOf } from './support/core.ts';
import { WatchedCore } from './support/watched-core.ts';

/** A session to be held to the contract, and the realm it is in. */
interface Implementer {
  readonly realm: CoreRealm;
  readonly session: Session;
}

const payload = Payload.of(['an argument']);

/** One of each kind that the core sends. */
function messages(registration: number): readonly Message[] {
  const error = { details: {}, error: 'com.error', payload } as const;
  return [
    { type: MessageType.SUBSCRIBED, request: 1, subscription: 1 },
    { type: MessageType.EVENT, subscription: 1, publication: 1, details: {}, payload },
    { type: MessageType.UNSUBSCRIBED, request: 2 },
    { type: MessageType.UNSUBSCRIBED, request: 0, details: { subscription: 1 } },
    { type: MessageType.PUBLISHED, request: 3, publication: 1 },
    { type: MessageType.REGISTERED, request: 4, registration: 1 },
    { type: MessageType.UNREGISTERED, request: 5 },
    { type: MessageType.UNREGISTERED, request: 0, details: { registration: 1 } },
    { type: MessageType.INVOCATION, request: 1, registration, details: {}, payload },
    { type: MessageType.INTERRUPT, request: 1, options: {} },
    { type: MessageType.RESULT, request: 6, details: { progress: true }, payload },
    { type: MessageType.RESULT, request: 6, details: {}, payload },
    { type: MessageType.ERROR, requestType: MessageType.CALL, request: 7, ...error },
    { type: MessageType.ERROR, requestType: MessageType.SUBSCRIBE, request: 8, ...error },
  ];
}

/** A client's session, whose serializer fails once it has joined when there is a `failure`. */
async function clientSession(options: Partial<RouterOptions> = {}, failure?: Error): Promise<Implementer> {
  const router = createRouter({ realms: ['realm1'], ...options });
  let works = true;
  const encode = (message: Message): Uint8Array<ArrayBuffer> => {
    if (failure !== undefined && !works) throw failure;
    return json.encode(message);
  };
  await Client.join(router, Object.assign(Object.create(json) as Serializer, { encode }));
  works = false;
  const realm = coreRealmOf(router);
  const [session] = realm.sessions.values();
  if (session === undefined) throw new Error('nobody has joined');
  return { realm, session };
}

function localSession(options: Partial<RouterOptions> = {}): Implementer {
  const router = createRouter({ realms: ['realm1'], ...options });
  const local = router.join('realm1');
  void local.register('com.add', () => ({ args: [1] }));
  const realm = coreRealmOf(router);
  const session = realm.sessions.get(local.id);
  if (session === undefined) throw new Error('the local session has not joined');
  return { realm, session };
}

function metaSession(): Implementer {
  const realm = coreRealmOf(createRouter({ realms: ['realm1'] }));
  const session = realm.dealer.serving('wamp.session.count')?.callees[0]?.session;
  if (session === undefined) throw new Error('nobody serves wamp.session.count');
  return { realm, session };
}

function testSession(): Implementer {
  const stage = new Stage({ disclosure: true });
  const principal = { authid: 'a', authrole: 'b', authmethod: 'c', authprovider: 'd' };
  const session = new Peer(stage, 'a', 1, principal, new PeerFeatures(rolesOf(ALL_FEATURES)));
  stage.realm.join(session);
  return { realm: stage.realm, session };
}

const implementers: Readonly<Record<string, () => Implementer | Promise<Implementer>>> = {
  "a client's session": clientSession,
  "a client's session whose queue is full": () => clientSession({ limits: { queueSize: 0 } }),
  "a client's session that can be told nothing": () => clientSession({}, new SerializationFailure('no form')),
  "a client's session whose serializer fails": () => clientSession({}, new TypeError('a fault of ours')),
  'a session of code in this process': localSession,
  'a session of code in this process whose queue is full': () => localSession({ limits: { queueSize: 600 } }),
  "the realm's own session": metaSession,
  "a session of the core's tests": testSession,
};

describe('Session.send', () => {
  test.each(Object.entries(implementers))(
    'of %s does not call back into the core',
    async (_, implementer) => {
      const { realm, session } = await implementer();
      const registration = realm.dealer.serving('wamp.session.count')?.id ?? 0;
      const core = new WatchedCore(realm);
      for (const message of messages(registration)) {
        // What a test's session has not asked for, it does not expect.
        if (session instanceof Peer) session.called(6).called(7);
        core.send(session, message);
      }
      expect(core.calls).toEqual([]);
      await settle();
    },
  );
});
