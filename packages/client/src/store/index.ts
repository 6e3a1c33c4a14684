/** Stores: the state of a session, what came of events, and results of calls, for frameworks to show. */
export { stateStore } from './state-store.ts';
export { eventsStore, type EventsStore, type EventsStoreOptions } from './events-store.ts';
export { callStore, type CallState, type CallStore, type CallStoreOptions } from './call-store.ts';
export type { Store } from './store.ts';
