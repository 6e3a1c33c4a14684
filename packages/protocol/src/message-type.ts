/** The message codes of the wire as an object, their type, and those of requests. */
import * as codes from './message-codes.ts';

/** The message codes by name. */
export const MessageType = { ...codes } as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** The request types that an ERROR may answer. */
export const REQUEST_TYPES = [
  MessageType.PUBLISH,
  MessageType.SUBSCRIBE,
  MessageType.UNSUBSCRIBE,
  MessageType.CALL,
  MessageType.REGISTER,
  MessageType.UNREGISTER,
  MessageType.INVOCATION,
  MessageType.YIELD,
] as const;
export type RequestType = (typeof REQUEST_TYPES)[number];
