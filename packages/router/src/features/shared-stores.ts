/** Which stores may keep the events of a realm that the nodes of a cluster share. */
import type { Realm } from '../core/realm.ts';
import type { EventStore } from '../stores/event-store.ts';

/**
 * The nodes agree among each other about what they keep, and a store that outlives them does not take part in that.
 * @throws Error for a store that outlives the process, in a realm that is shared
 */
export function refuseLasting({ name, sharing }: Realm, store: EventStore, what: string): void {
  if (sharing === undefined || (store.isTransient === true && store.writesFirst !== true)) return;
  throw new Error(
    `realm ${name}: the ${what} of a realm that a cluster shares cannot be in a store that outlives the process; ` +
      'use memoryStore(), or say cluster: false for this realm',
  );
}
