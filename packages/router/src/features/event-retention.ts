/** Event retention: keeps the last publication of a topic for later subscribers (spec: Event Retention). */
import type { Feature, Realm } from '../core/realm.ts';
import type { EventStore } from '../stores/event-store.ts';
import { tellRetained } from './retained-delivery.ts';
import { Retention } from './retention.ts';
import { refuseLasting } from './shared-stores.ts';
import { WrittenFirst } from './written-first.ts';

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
  refuseLasting(realm, store, 'retained events');
  const { broker } = realm;
  const retention = new Retention(realm, store.retained(realm));
  broker.refuseIf((message) => retention.refuses(message));
  broker.published.on((publication) => {
    if (publication.options.retain === true) retention.add(publication);
  });
  if (store.writesFirst === true) WrittenFirst.add(realm, retention);
  broker.answered.on((session, subscription, options) => {
    if (options.get_retained === true) tellRetained(realm, retention, session, subscription);
  });
}
