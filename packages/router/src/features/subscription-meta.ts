/** The subscription meta API: subscriptions, their subscribers, and their changes (spec: Subscription Meta API). */
import { ApplicationError, ErrorUri, isReserved, type Dict, type Id, type Uri } from '@wamp/protocol';
import { isWithin } from '../core/broker.ts';
import type { Feature, Realm } from '../core/realm.ts';
import type { Session } from '../core/session.ts';
import type { Subscription } from '../core/subscription.ts';
import { idArgument, optionalText, taking, textArgument } from './arguments.ts';
import { answerInTurns, asOneArgument, picked } from './long-answers.ts';
import { createdAt, listByPolicy, lookupPattern } from './pattern-meta.ts';

export const subscriptionMeta: Feature = {
  announces: { broker: ['subscription_meta_api'] },
  install(realm) {
    publishChanges(realm);
    const { subscriptions } = realm.broker;
    realm.procedure(
      'wamp.subscription.list',
      taking({}, () =>
        answerInTurns(
          realm,
          listByPolicy(subscriptions, ({ topic }) => topic),
        ),
      ),
    );
    realm.procedure(
      'wamp.subscription.lookup',
      taking({ places: ['topic', 'options'] }, ({ args }) => [
        lookupPattern(subscriptions, args[0], args[1]),
      ]),
    );
    realm.procedure(
      'wamp.subscription.match',
      taking({ places: ['topic'] }, ({ args }) => [matching(realm, textArgument(args[0], 'topic'))]),
    );
    installInquiries(realm);
    realm.procedure(
      'wamp.subscription.remove_subscriber',
      taking({ places: [SUBSCRIPTION, 'subscriber_id', 'reason'] }, ({ args: [id, subscriber, why] }) => {
        const subscription = find(realm, id);
        const session = realm.sessions.get(idArgument(subscriber, 'subscriber'));
        const reason = optionalText(why, 'reason');
        if (session === undefined || !realm.broker.revoke(subscription, session, reason)) {
          throw new ApplicationError(ErrorUri.NO_SUCH_SESSION);
        }
        return [];
      }),
    );
  },
};

const SUBSCRIPTION = 'subscription_id';

/** Procedures that return details of one subscription. */
function installInquiries(realm: Realm): void {
  const parameters = { places: [SUBSCRIPTION] };
  realm.procedure(
    'wamp.subscription.get',
    taking(parameters, ({ args }) => [describe(find(realm, args[0]))]),
  );
  realm.procedure(
    'wamp.subscription.list_subscribers',
    taking(parameters, ({ args }) => {
      const { subscribers } = find(realm, args[0]);
      return answerInTurns(realm, asOneArgument(picked(subscribers, ({ id }) => id)));
    }),
  );
  realm.procedure(
    'wamp.subscription.count_subscribers',
    taking(parameters, ({ args }) => [find(realm, args[0]).subscribers.size]),
  );
}

/** The ids of the subscriptions that match a topic, or null. */
function matching({ broker }: Realm, topic: Uri): readonly Id[] | null {
  const reached = broker.subscriptions
    .matching(topic)
    .filter((subscription) => isWithin(subscription, topic));
  const ids = reached.filter((subscription) => !isReserved(subscription.topic)).map(({ id }) => id);
  return ids.length === 0 ? null : ids;
}

/** META-5: on_create precedes on_subscribe, on_unsubscribe precedes on_delete; no event for `wamp.*` (T-40). */
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

/** The subscription with this id, unless it belongs to the router itself. */
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
