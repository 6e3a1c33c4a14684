/** Event retention: the last publication of a topic is kept for those who subscribe later (spec: Event Retention). */
import type { Feature } from '../core/realm.ts';
import { tellRetained } from './retained-delivery.ts';
import { Retention } from './retention.ts';

export const eventRetention: Feature = {
  announces: { broker: ['event_retention'] },
  install(realm) {
    const { broker } = realm;
    const retention = new Retention(realm);
    broker.refuses = (message) => retention.refuses(message);
    broker.published.on((publication) => {
      if (publication.options.retain !== true) return;
      // Who retains nothing takes back what was retained.
      if (publication.payload.count === 0) retention.delete(publication.topic);
      else retention.add(publication);
    });
    broker.answered.on((session, subscription, options) => {
      if (options.get_retained === true) tellRetained(realm, retention, session, subscription);
    });
  },
};
