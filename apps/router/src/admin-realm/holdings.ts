/** Registrations and subscriptions of every realm, with their callees and subscribers. */
import { isReserved, type Dict, type MatchPolicy } from '@wamp/protocol';
import type { ReadonlyPatternMap, Registration, Subscription } from '@wamp/router';
import { z } from 'zod';
import { pageOf } from './page.ts';
import { PAGED, procedure, type Procedure } from './procedure.ts';
import { realmCalled, type AdminSurroundings } from './surroundings.ts';

/** How many sessions are listed for each of them, at most. */
const MOST_SESSIONS = 100;
const POLICIES: readonly MatchPolicy[] = ['exact', 'prefix', 'wildcard'];

const TAKES = { realm: z.string(), uri: z.string().optional(), ...PAGED };

export function holdingProcedures(around: AdminSurroundings): readonly Procedure[] {
  return [
    procedure('registration.list', TAKES, async ({ realm: name, uri, ...part }) => {
      const realm = realmCalled(around, name);
      const { registrations } = realm.dealer;
      const isMeant = (each: Registration): boolean =>
        !isReserved(each.procedure) && (uri === undefined || each.procedure.includes(uri));
      const { entries, next } = await pageOf(realm, all(registrations), part, isMeant);
      const total = registrations.size - realm.ownProcedures;
      return { total, registrations: entries.map(registrationLine), next };
    }),
    procedure('subscription.list', TAKES, async ({ realm: name, uri, ...part }) => {
      const realm = realmCalled(around, name);
      const { subscriptions } = realm.broker;
      const isMeant = (each: Subscription): boolean => uri === undefined || each.topic.includes(uri);
      const { entries, next } = await pageOf(realm, all(subscriptions), part, isMeant);
      return { total: subscriptions.size, subscriptions: entries.map(subscriptionLine), next };
    }),
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
