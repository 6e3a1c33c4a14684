/** For tests of routers: conversations, and a clock that the test moves. */
export { ALL_FEATURES, converse, type ConversationOptions, type PeerOptions } from './conversation.ts';
export { ManualClock } from './manual-clock.ts';
