/** Event retention: the last publication of a topic is kept for those who subscribe later (spec: Event Retention). */
import { matches, type Uri } from '@wamp/protocol';
import { eventFor, isWithin } from '../core/broker.ts';
import { eligibility } from '../core/eligibility.ts';
import { remember, type Publication } from '../core/publication.ts';
import type { Feature } from '../core/realm.ts';
import type { Session } from '../core/session.ts';
import type { Subscription } from '../core/subscription.ts';

/** How many topics may have retained events; beyond, the topic that was published to longest ago loses its own. */
const MOST_TOPICS = 10_000;
/** How many events for a restricted audience a topic keeps beside the one for all. */
const MOST_RESTRICTED = 10;

/** A publication in memory. */
interface Retained {
  /** Rises with each publish, so that what came first is told first (ORD-1). */
  readonly order: number;
  readonly publication: Publication;
}

export const eventRetention: Feature = {
  announces: { broker: ['event_retention'] },
  install({ broker }) {
    /** By topic, the newest first; the last may be for all (RET-3). */
    const topics = new Map<Uri, readonly Retained[]>();
    let order = 0;
    broker.published.on((publication) => {
      if (publication.options.retain !== true) return;
      const { topic } = publication;
      const before = topics.get(topic) ?? [];
      topics.delete(topic);
      topics.set(topic, keep(before, { order: (order += 1), publication: remember(publication) }));
      const [oldest] = topics.keys();
      if (topics.size > MOST_TOPICS && oldest !== undefined) topics.delete(oldest);
    });
    broker.answered.on((session, subscription, options) => {
      if (options.get_retained !== true) return;
      const found = covered(topics, subscription).map((retained) => newestFor(retained, session));
      for (const retained of found.filter((one) => one !== undefined).sort((a, b) => a.order - b.order)) {
        session.send(eventFor(subscription, retained.publication, true));
      }
    });
  },
};

/** An event for all makes every older one obsolete; a restricted one only joins them (T-21). */
function keep(before: readonly Retained[], newest: Retained): readonly Retained[] {
  if (!isRestricted(newest)) return [newest];
  const forAll = before.filter((older) => !isRestricted(older));
  return [newest, ...before.filter(isRestricted).slice(0, MOST_RESTRICTED - 1), ...forAll];
}

function isRestricted({ publication: { options } }: Retained): boolean {
  return RESTRICTIONS.some((key) => options[key] !== undefined);
}

const RESTRICTIONS = [
  'eligible',
  'eligible_authid',
  'eligible_authrole',
  'exclude',
  'exclude_authid',
  'exclude_authrole',
] as const;

/** RET-4: the newest that the session would have got at publish time. */
function newestFor(retained: readonly Retained[], session: Session): Retained | undefined {
  return retained.find(({ publication }) => eligibility(publication)?.(session) ?? true);
}

function covered(
  topics: ReadonlyMap<Uri, readonly Retained[]>,
  subscription: Subscription,
): (readonly Retained[])[] {
  const { match, topic } = subscription;
  if (match === 'exact') return [topics.get(topic) ?? []];
  return [...topics]
    .filter(([uri]) => matches(match, topic, uri) && isWithin(subscription, uri))
    .map(([, retained]) => retained);
}
