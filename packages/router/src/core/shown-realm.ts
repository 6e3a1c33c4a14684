/** Builds the `Realm` that features, authorizers and applications see: nothing in it bypasses authorization. */
import type { Broker } from './broker.ts';
import type { Calls } from './calls.ts';
import type { Dealer } from './dealer.ts';
import { setTrace } from './pending-calls.ts';
import type { Realm, RealmBroker, RealmCalls, RealmDealer } from './realm.ts';

/** A realm with all of its broker and its dealer. */
interface WholeRealm extends Omit<Realm, 'broker' | 'dealer'> {
  readonly broker: Broker;
  readonly dealer: Dealer;
}

export function shownOf(realm: WholeRealm): Realm {
  const { name, template, features, clock, uriRules, disclosure, stores } = realm;
  const { sharing, sessions, everyone, traffic, limited, kept, turns } = realm;
  const { joined, left, removed, fellBehind, denied, failed, decidePublish, globalId, nextTurn } = realm;
  const settings = { name, template, features, clock, uriRules, disclosure, stores };
  const functions = { decidePublish, globalId, nextTurn };
  const hooks = { joined, left, removed, fellBehind, denied, failed };
  return Object.freeze<Realm>({
    ...{ ...settings, ...functions, ...hooks, sharing, sessions, everyone, traffic, limited, kept, turns },
    broker: shownBroker(realm.broker),
    dealer: shownDealer(realm.dealer),
    get ownProcedures() {
      return realm.ownProcedures;
    },
    inTurns: (steps) => {
      realm.inTurns(steps);
    },
    publish: (topic, args, kwargs, options) => {
      realm.publish(topic, args, kwargs, options);
    },
    publishFor: (publisher, topic, payload, options) => {
      realm.publishFor(publisher, topic, payload, options);
    },
    procedure: (procedure, serve) => {
      realm.procedure(procedure, serve);
    },
    close: (reason) => {
      realm.close(reason);
    },
  });
}

function shownBroker(broker: Broker): RealmBroker {
  const { subscriptions, created, subscribed, answered, unsubscribed, deleted, accepted, published } = broker;
  const hooks = { created, subscribed, answered, unsubscribed, deleted, accepted, published };
  return Object.freeze<RealmBroker>({
    ...hooks,
    subscriptions,
    byId: (id) => broker.byId(id),
    heldBy: (session) => broker.heldBy(session),
    hold: (match, topic, recorder) => broker.hold(match, topic, recorder),
    revoke: (subscription, session, reason) => broker.revoke(subscription, session, reason),
    relay: (publication, node) => broker.relay(publication, node),
    refuseIf: (why) => {
      broker.refuseIf(why);
    },
    writeFirst: (writing) => {
      broker.writeFirst(writing);
    },
  });
}

function shownDealer(dealer: Dealer): RealmDealer {
  const { registrations, created, registered, unregistered, deleted } = dealer;
  return Object.freeze<RealmDealer>({
    ...{ registrations, created, registered, unregistered, deleted },
    calls: shownCalls(dealer.calls),
    byId: (id) => dealer.byId(id),
    heldBy: (session) => dealer.heldBy(session),
    serving: (procedure) => dealer.serving(procedure),
    revoke: (registration, session, reason) => dealer.revoke(registration, session, reason),
  });
}

function shownCalls(calls: Calls): RealmCalls {
  const { opened, assigned, declined, progressed, ended, latency } = calls;
  return Object.freeze<RealmCalls>({
    ...{ opened, assigned, declined, progressed, ended, latency },
    get inFlight() {
      return calls.pending.inFlight;
    },
    get parties() {
      return calls.pending.size;
    },
    propagate: (call, trace) => {
      const open = calls.pending.find(call);
      if (open !== undefined) setTrace(open, trace);
    },
    expire: (call) => {
      const open = calls.pending.find(call);
      if (open !== undefined) calls.expire(open);
    },
    abandon: (call, error, explanation) => {
      const open = calls.pending.find(call);
      if (open !== undefined) calls.abandon(open, error, explanation);
    },
  });
}
