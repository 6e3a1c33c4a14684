/** For tests: of routers, conversations and a clock that the test moves; of applications, a realm in memory. */
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
