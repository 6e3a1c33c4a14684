/** What tests of routers use: conversations and a clock that obeys. */
export { ALL_FEATURES, converse, type ConversationOptions, type PeerOptions } from './conversation.ts';
export { ManualClock } from './manual-clock.ts';
