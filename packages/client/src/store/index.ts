/** Entry `@wamp/client/store`: session state, events and results of calls as stores for UI frameworks. */
export { stateStore } from './state-store.ts';
export { eventsStore, type EventsStore, type EventsStoreOptions } from './events-store.ts';
export { callStore, type CallState, type CallStore, type CallStoreOptions } from './call-store.ts';
export type { Store } from './store.ts';
