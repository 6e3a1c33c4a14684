/** Registrations and subscriptions of every realm, with their callees and subscribers. */
import { isReserved, type Dict, type MatchPolicy } from '@wamp/protocol';
import type { ReadonlyPatternMap, Registration, Subscription } from '@wamp/router';
import { z } from 'zod';
import { PAGED, procedure, type Procedure } from './procedure.ts';
import { partOf, type SortKey } from './sorted.ts';
import { realmCalled, type AdminSurroundings } from './surroundings.ts';

type KeyOf<T> = (entry: T) => SortKey;

/** How many sessions are listed for each of them, at most. */
const MOST_SESSIONS = 100;
const POLICIES: readonly MatchPolicy[] = ['exact', 'prefix', 'wildcard'];

const TAKES = { realm: z.string(), uri: z.string().optional(), ...PAGED };
const SORTED = { descending: z.boolean().default(false), skip: z.int().min(0).default(0) };

const REGISTRATION_SORTS = ['registration', 'uri', 'match', 'invocations', 'callees', 'created'] as const;
const SUBSCRIPTION_SORTS = [
  'subscription',
  'uri',
  'match',
  'publications',
  'subscribers',
  'created',
] as const;

const REGISTRATION_KEYS: Readonly<Record<(typeof REGISTRATION_SORTS)[number], KeyOf<Registration>>> = {
  registration: ({ id }) => id,
  uri: ({ procedure: uri }) => uri,
  match: ({ match }) => match,
  invocations: ({ invocations }) => invocations,
  callees: ({ callees }) => callees.length,
  created: ({ created }) => created,
};
const SUBSCRIPTION_KEYS: Readonly<Record<(typeof SUBSCRIPTION_SORTS)[number], KeyOf<Subscription>>> = {
  subscription: ({ id }) => id,
  uri: ({ topic }) => topic,
  match: ({ match }) => match,
  publications: ({ publications }) => publications,
  subscribers: ({ subscribers }) => subscribers.size,
  created: ({ created }) => created,
};

export function holdingProcedures(around: AdminSurroundings): readonly Procedure[] {
  const registrationSort = z.enum(REGISTRATION_SORTS).optional();
  const subscriptionSort = z.enum(SUBSCRIPTION_SORTS).optional();
  return [
    procedure(
      'registration.list',
      { ...TAKES, sort: registrationSort, ...SORTED },
      async ({ realm: name, uri, sort, ...part }) => {
        const realm = realmCalled(around, name);
        const { registrations } = realm.dealer;
        const isMeant = (each: Registration): boolean =>
          !isReserved(each.procedure) && (uri === undefined || each.procedure.includes(uri));
        const keyOf = sort && REGISTRATION_KEYS[sort];
        const { entries, ...rest } = await partOf(realm, all(registrations), { ...part, keyOf, isMeant });
        const total = registrations.size - realm.ownProcedures;
        return { total, ...rest, registrations: entries.map(registrationLine) };
      },
    ),
    procedure(
      'subscription.list',
      { ...TAKES, sort: subscriptionSort, ...SORTED },
      async ({ realm: name, uri, sort, ...part }) => {
        const realm = realmCalled(around, name);
        const { subscriptions } = realm.broker;
        const isMeant = (each: Subscription): boolean => uri === undefined || each.topic.includes(uri);
        const keyOf = sort && SUBSCRIPTION_KEYS[sort];
        const { entries, ...rest } = await partOf(realm, all(subscriptions), { ...part, keyOf, isMeant });
        return { total: subscriptions.size, ...rest, subscriptions: entries.map(subscriptionLine) };
      },
    ),
  ];
}

function* all<V extends object>(map: ReadonlyPatternMap<V>): Generator<V, void> {
  for (const policy of POLICIES) yield* map.values(policy);
}

function registrationLine(registration: Registration): Dict {
  const { id, procedure: uri, match, invoke, created, callees, invocations } = registration;
  return {
    ...{ registration: id, uri, match, invoke, created: new Date(created).toISOString() },
    invocations,
    callees: callees.length,
    sessions: callees.slice(0, MOST_SESSIONS).map(({ session, active, concurrency }) => ({
      session: session.id,
      invocations: active,
      ...(concurrency === undefined ? {} : { concurrency }),
    })),
  };
}

function subscriptionLine(subscription: Subscription): Dict {
  const { id, topic, match, created, subscribers, recorder, publications } = subscription;
  const sessions: number[] = [];
  for (const subscriber of subscribers) {
    if (sessions.push(subscriber.id) === MOST_SESSIONS) break;
  }
  return {
    ...{ subscription: id, uri: topic, match, created: new Date(created).toISOString() },
    publications,
    subscribers: subscribers.size,
    sessions,
    history: recorder !== undefined,
  };
}
