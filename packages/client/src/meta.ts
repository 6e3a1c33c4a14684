/** Typed helpers for the meta APIs, event history and testaments of a router. */
export type { MetaSession } from './meta/meta-session.ts';
export {
  type SessionInfo,
  type SessionLeft,
  type KillOptions,
  type IdsByPolicy,
  type SubscriptionInfo,
  type RegistrationInfo,
  type Sessions,
  type Registrations,
  type Subscriptions,
  sessions,
  registrations,
  subscriptions,
} from './meta/realm.ts';
export { type HistoryFilters, type PastEvent, getEvents } from './meta/history.ts';
export {
  type TestamentScope,
  type TestamentOptions,
  addTestament,
  flushTestaments,
} from './meta/testaments.ts';
