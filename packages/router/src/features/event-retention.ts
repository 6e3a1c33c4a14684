/** Event retention: the last publication of a topic is kept for those who subscribe later (spec: Event Retention). */
import { matches, type Uri } from '@wamp/protocol';
import { eventFor } from '../core/broker.ts';
import { eligibility } from '../core/eligibility.ts';
import { remember, type Publication } from '../core/publication.ts';
import type { Feature } from '../core/realm.ts';
import type { Session } from '../core/session.ts';
import type { Subscription } from '../core/subscription.ts';

/** How many topics may have retained events; beyond, the topic that was published to longest ago loses its own. */
const MOST_TOPICS = 10_000;
/** How many events for a restricted audience a topic keeps beside the one for all. */
const MOST_RESTRICTED = 10;

export const eventRetention: Feature = {
  announces: { broker: ['event_retention'] },
  install({ broker }) {
    /** By topic, the newest first; the last may be for all (RET-3). */
    const retained = new Map<Uri, readonly Publication[]>();
    broker.published.on((publication) => {
      if (publication.options.retain !== true) return;
      const { topic } = publication;
      const before = isRestricted(publication) ? (retained.get(topic) ?? []) : [];
      retained.delete(topic);
      retained.set(topic, keep(before, publication));
      const [oldest] = retained.keys();
      if (retained.size > MOST_TOPICS && oldest !== undefined) retained.delete(oldest);
    });
    broker.answered.on((session, subscription, options) => {
      if (options.get_retained !== true) return;
      for (const publications of covered(retained, subscription)) {
        const publication = publications.find((candidate) => isEligible(candidate, session));
        if (publication !== undefined) session.send(eventFor(subscription, publication, true));
      }
    });
  },
};

/** An event for all makes every older one obsolete; a restricted one only joins them (T-21). */
function keep(before: readonly Publication[], publication: Publication): readonly Publication[] {
  const forAll = before.filter((older) => !isRestricted(older));
  return [remember(publication), ...before.filter(isRestricted).slice(0, MOST_RESTRICTED - 1), ...forAll];
}

function isRestricted({ options }: Publication): boolean {
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

/** RET-4: what the session would have got at publish time. */
function isEligible(publication: Publication, session: Session): boolean {
  return eligibility(publication)?.(session) ?? true;
}

function covered(
  retained: ReadonlyMap<Uri, readonly Publication[]>,
  { match, topic }: Subscription,
): (readonly Publication[])[] {
  if (match === 'exact') return [retained.get(topic) ?? []];
  return [...retained].filter(([uri]) => matches(match, topic, uri)).map(([, publications]) => publications);
}
