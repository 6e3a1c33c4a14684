/** The subscription meta API: subscriptions, their subscribers, and their changes (spec: Subscription Meta API). */
import { ApplicationError, ErrorUri, isReserved, type Dict, type Id, type Uri } from '@wamp/protocol';
import { isWithin } from '../core/broker.ts';
import type { Feature, Realm } from '../core/realm.ts';
import type { Session } from '../core/session.ts';
import { BothMaps } from '../core/both-maps.ts';
import type { ReadonlyPatternMap } from '../core/pattern-map.ts';
import type { SubscriptionElsewhere } from '../core/sharing.ts';
import type { Subscription } from '../core/subscription.ts';
import { idArgument, optionalText, taking, textArgument } from './arguments.ts';
import { answerInTurns, asOneArgument, picked } from './long-answers.ts';
import { SubscribersElsewhere } from './subscribers-elsewhere.ts';
import { createdAt, listByPolicy, lookupPattern } from './pattern-meta.ts';

export const subscriptionMeta: Feature = {
  announces: { broker: ['subscription_meta_api'] },
  install(realm) {
    publishChanges(realm);
    const subscriptions = everywhere(realm);
    const elsewhere = realm.sharing && new SubscribersElsewhere(realm, realm.sharing);
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
      taking({ places: ['topic'] }, ({ args }) => [matching(subscriptions, textArgument(args[0], 'topic'))]),
    );
    installInquiries(realm, elsewhere);
    installRemoval(realm, elsewhere);
  },
};

const SUBSCRIPTION = 'subscription_id';

function installRemoval(realm: Realm, elsewhere: SubscribersElsewhere | undefined): void {
  realm.procedure(
    'wamp.subscription.remove_subscriber',
    taking({ places: [SUBSCRIPTION, 'subscriber_id', 'reason'] }, ({ args: [id, subscriber, why] }) => {
      const subscription = findAnywhere(realm, id);
      const session = realm.everyone.get(idArgument(subscriber, 'subscriber'));
      const reason = optionalText(why, 'reason');
      const concluded = (isRemoved: boolean): [] => {
        if (isRemoved) return [];
        throw new ApplicationError(ErrorUri.NO_SUCH_SESSION);
      };
      const here = realm.broker.byId(subscription.id);
      if (session?.remote === undefined)
        return concluded(
          session !== undefined && here !== undefined && realm.broker.revoke(here, session, reason),
        );
      const removing = elsewhere?.remove(subscription.id, session, reason);
      return removing === undefined ? concluded(false) : removing.then(concluded);
    }),
  );
}

/** Procedures that return details of one subscription. */
function installInquiries(realm: Realm, elsewhere: SubscribersElsewhere | undefined): void {
  const parameters = { places: [SUBSCRIPTION] };
  realm.procedure(
    'wamp.subscription.get',
    taking(parameters, ({ args }) => [describe(findAnywhere(realm, args[0]))]),
  );
  realm.procedure(
    'wamp.subscription.list_subscribers',
    taking(parameters, ({ args }) => {
      const subscription = findAnywhere(realm, args[0]);
      const others = elsewhere?.list(subscription);
      const subscribers = realm.broker.byId(subscription.id)?.subscribers ?? [];
      const here = answerInTurns(realm, asOneArgument(picked(subscribers, ({ id }) => id)));
      if (others === undefined) return here;
      return Promise.all([here, others]).then(([[own], more]) => [[...(own as Id[]), ...more]]);
    }),
  );
  realm.procedure(
    'wamp.subscription.count_subscribers',
    taking(parameters, ({ args }) => {
      const subscription = findAnywhere(realm, args[0]);
      const here = realm.broker.byId(subscription.id)?.subscribers.size ?? 0;
      const others = elsewhere?.count(subscription);
      return others === undefined ? [here] : others.then((more) => [here + more]);
    }),
  );
}

/** The ids of the subscriptions that match a topic, or null. */
function matching(
  subscriptions: ReadonlyPatternMap<SubscriptionElsewhere>,
  topic: Uri,
): readonly Id[] | null {
  const reached = subscriptions.matching(topic).filter((subscription) => isWithin(subscription, topic));
  const ids = reached.filter((subscription) => !isReserved(subscription.topic)).map(({ id }) => id);
  return ids.length === 0 ? null : ids;
}

/** META-5: on_create precedes on_subscribe, on_unsubscribe precedes on_delete; no event for `wamp.*` (T-40). */
function publishChanges(realm: Realm): void {
  const { broker, sharing } = realm;
  const tell =
    (event: string, what: (subscription: Subscription) => unknown) =>
    (session: Session, subscription: Subscription): void => {
      if (isReserved(subscription.topic)) return;
      realm.publish(`wamp.subscription.${event}`, [session.id, what(subscription)]);
    };
  const idOf = ({ id }: Subscription): number => id;
  const tellCreated = tell('on_create', describe);
  broker.created.on((session, subscription) => {
    const { match, topic } = subscription;
    if (sharing?.carrier?.isFirst(match, topic) !== false) tellCreated(session, subscription);
  });
  broker.subscribed.on(tell('on_subscribe', idOf));
  broker.unsubscribed.on(tell('on_unsubscribe', idOf));
  const tellDeleted = tell('on_delete', idOf);
  broker.deleted.on((session, subscription) => {
    const { match, topic } = subscription;
    if (sharing?.carrier?.isLast(match, topic) !== false) tellDeleted(session, subscription);
  });
  sharing?.vanished.on((session, { id, topic }) => {
    if (!isReserved(topic)) realm.publish('wamp.subscription.on_delete', [session, id]);
  });
}

/** The subscription with this id, unless it belongs to the router itself. */
export function find(realm: Realm, id: unknown): Subscription {
  const subscription = realm.broker.byId(idArgument(id, 'subscription'));
  if (subscription === undefined || isReserved(subscription.topic)) {
    throw new ApplicationError(ErrorUri.NO_SUCH_SUBSCRIPTION);
  }
  return subscription;
}

/** Like {@link find}, also for one that only sessions of other nodes have. */
function findAnywhere(realm: Realm, id: unknown): SubscriptionElsewhere {
  const elsewhere = realm.sharing?.subscription(idArgument(id, 'subscription'));
  return elsewhere === undefined || isReserved(elsewhere.topic) ? find(realm, id) : elsewhere;
}

/** The subscriptions of all nodes. */
function everywhere({ broker, sharing }: Realm): ReadonlyPatternMap<SubscriptionElsewhere> {
  if (sharing === undefined) return broker.subscriptions;
  return new BothMaps<SubscriptionElsewhere>(broker.subscriptions, sharing.subscriptions);
}

function describe(subscription: SubscriptionElsewhere): Dict {
  const { id, topic, match } = subscription;
  return { id, created: createdAt(subscription), uri: topic, match };
}
