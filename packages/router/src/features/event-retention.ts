/** Event retention: keeps the last publication of a topic for later subscribers (spec: Event Retention). */
import type { Feature, Realm } from '../core/realm.ts';
import type { EventStore } from '../stores/event-store.ts';
import { tellRetained } from './retained-delivery.ts';
import { Retention } from './retention.ts';

/** @param store where the retained events are kept */
export function eventRetention(store: EventStore): Feature {
  return {
    announces: { broker: ['event_retention'] },
    install: (realm) => {
      install(realm, store);
    },
  };
}

function install(realm: Realm, store: EventStore): void {
  const { broker } = realm;
  const retention = new Retention(realm, store.retained(realm));
  broker.refuseIf((message) => retention.refuses(message));
  broker.published.on((publication) => {
    if (publication.options.retain !== true) return;
    // Retaining an empty payload deletes the retained event.
    if (publication.payload.count === 0) retention.delete(publication.topic);
    else retention.add(publication);
  });
  broker.answered.on((session, subscription, options) => {
    if (options.get_retained === true) tellRetained(realm, retention, session, subscription);
  });
}
