/** The subscription meta API: who is subscribed to what, and how that changes (spec: Subscription Meta API). */
import { ApplicationError, ErrorUri, isReserved, type Dict } from '@wamp/protocol';
import { isWithin } from '../core/broker.ts';
import type { Feature, Realm } from '../core/realm.ts';
import type { Session } from '../core/session.ts';
import type { Subscription } from '../core/subscription.ts';
import { idArgument, optionalText, textArgument } from './arguments.ts';
import { createdAt, listByPolicy, lookup } from './pattern-meta.ts';

export const subscriptionMeta: Feature = {
  announces: { broker: ['subscription_meta_api'] },
  install(realm) {
    publishChanges(realm);
    const { subscriptions } = realm.broker;
    realm.procedure('wamp.subscription.list', () => [listByPolicy(subscriptions, ({ topic }) => topic)]);
    realm.procedure('wamp.subscription.lookup', ({ args }) => [lookup(subscriptions, args[0], args[1])]);
    realm.procedure('wamp.subscription.match', ({ args }) => {
      const topic = textArgument(args[0], 'topic');
      const matching = subscriptions.matching(topic).filter((subscription) => isWithin(subscription, topic));
      const ids = matching.filter((subscription) => !isReserved(subscription.topic)).map(({ id }) => id);
      return [ids.length === 0 ? null : ids];
    });
    realm.procedure('wamp.subscription.get', ({ args }) => [describe(find(realm, args[0]))]);
    realm.procedure('wamp.subscription.list_subscribers', ({ args }) => [
      subscribersOf(find(realm, args[0])),
    ]);
    realm.procedure('wamp.subscription.count_subscribers', ({ args }) => [
      find(realm, args[0]).subscribers.size,
    ]);
    realm.procedure('wamp.subscription.remove_subscriber', ({ args: [id, subscriber, why], kwargs }) => {
      const subscription = find(realm, id);
      const session = realm.sessions.get(idArgument(subscriber, 'subscriber'));
      const reason = optionalText(why ?? kwargs['reason'], 'reason');
      if (session === undefined || !realm.broker.revoke(subscription, session, reason)) {
        throw new ApplicationError(ErrorUri.NO_SUCH_SESSION);
      }
      return [];
    });
  },
};

/** META-5: on_create before on_subscribe, on_unsubscribe before on_delete; of `wamp.*` nobody hears (T-40). */
function publishChanges(realm: Realm): void {
  const { broker } = realm;
  const tell =
    (event: string, what: (subscription: Subscription) => unknown) =>
    (session: Session, subscription: Subscription): void => {
      if (isReserved(subscription.topic)) return;
      realm.publish(`wamp.subscription.${event}`, [session.id, what(subscription)]);
    };
  const idOf = ({ id }: Subscription): number => id;
  broker.created.on(tell('on_create', describe));
  broker.subscribed.on(tell('on_subscribe', idOf));
  broker.unsubscribed.on(tell('on_unsubscribe', idOf));
  broker.deleted.on(tell('on_delete', idOf));
}

/** The subscription of that id, the router's own excepted. */
export function find(realm: Realm, id: unknown): Subscription {
  const subscription = realm.broker.byId(idArgument(id, 'subscription'));
  if (subscription === undefined || isReserved(subscription.topic)) {
    throw new ApplicationError(ErrorUri.NO_SUCH_SUBSCRIPTION);
  }
  return subscription;
}

function describe(subscription: Subscription): Dict {
  const { id, topic, match } = subscription;
  return { id, created: createdAt(subscription), uri: topic, match };
}

function subscribersOf({ subscribers }: Subscription): readonly number[] {
  return [...subscribers].map(({ id }) => id);
}
