/** HTTP long-poll, for networks that block WebSockets: `transport: longPoll()`. */
export { longPoll, type LongPollOptions } from './transports/longpoll.ts';
export type { Fetch, FetchRequest, FetchResponse } from './transports/post.ts';
