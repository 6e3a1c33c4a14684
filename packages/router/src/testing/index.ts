/** Test support: conversations and a manual clock for tests of routers, and a realm in memory for tests of applications. */
export { ALL_FEATURES, converse, type ConversationOptions, type PeerOptions } from './conversation.ts';
export { ManualClock } from './manual-clock.ts';
export {
  createTestRealm,
  type TestClient,
  type TestConnectOptions,
  type TestRealm,
  type TestRealmOptions,
} from './test-realm.ts';
export type { TestFrame } from './test-network.ts';
