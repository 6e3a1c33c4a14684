/** The event store that conversations about history, recovery and retention are held with: other packages hold them with theirs. */
import { memoryStore, type EventStore, type StoreRealm } from '@wamp/router';

let open: () => EventStore = memoryStore;

/** Has the tests of this file, and those that it imports, run with stores that `factory` opens, one for each realm. */
export function runWith(factory: () => EventStore): void {
  open = factory;
}

/** A store that opens the one under test for each realm anew. */
export function storeUnderTest(): EventStore {
  const stores = new WeakMap<StoreRealm, EventStore>();
  const of = (realm: StoreRealm): EventStore => {
    const store = stores.get(realm) ?? open();
    stores.set(realm, store);
    return store;
  };
  return {
    log: (realm, rule) => of(realm).log(realm, rule),
    retained: (realm) => of(realm).retained(realm),
  };
}
