/** The features of a realm, in the order in which they are installed. */
import type { Feature } from '../core/realm.ts';
import type { EventStore } from '../stores/event-store.ts';
import { memoryStore } from '../stores/memory.ts';
import { callTimeout } from './call-timeout.ts';
import { eventHistory, type HistoryRule } from './event-history.ts';
import { eventRetention } from './event-retention.ts';
import { metrics } from './metrics.ts';
import { registrationMeta } from './registration-meta.ts';
import { sessionMeta } from './session-meta.ts';
import { subscriptionMeta } from './subscription-meta.ts';
import { testaments } from './testaments.ts';

export interface FeatureOptions {
  /** Which topics have a history; none by default. */
  readonly history?: readonly HistoryRule[];
  /** Where past events and retained events are kept; in memory by default (`memoryStore()`). */
  readonly store?: EventStore;
}

/**
 * All features of this package. Testaments precede the session meta API because they are published before on_leave
 * (T-46).
 */
export function defaultFeatures({
  history = [],
  store = memoryStore(),
}: FeatureOptions = {}): readonly Feature[] {
  return [
    callTimeout,
    eventRetention(store),
    eventHistory(history, store),
    testaments,
    sessionMeta,
    registrationMeta,
    subscriptionMeta,
    metrics,
  ];
}
