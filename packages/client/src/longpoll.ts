/** HTTP long-poll, for where WebSockets do not get through: `transport: longPoll()`. */
export { longPoll, type LongPollOptions } from './transports/longpoll.ts';
export type { Fetch, FetchRequest, FetchResponse } from './transports/post.ts';
