/** What becomes of a message that the receiver's serializer cannot write, or that is longer than the receiver takes. */
import { MessageType, Payload, type Message, type Uri } from '@wamp/protocol';

/** Instead of the message, the receiver gets `instead`; in its name, the router gets `answer`. */
export interface Undeliverable {
  readonly instead?: Message;
  readonly answer?: Message;
}

/**
 * A RESULT becomes an ERROR, an INVOCATION is answered with one, an ERROR becomes one that can be said. An EVENT
 * or a progressive RESULT has nobody waiting for it: it is dropped, and counted.
 * @param error what is wrong, and `why` in words
 */
export function undeliverable(message: Message, error: Uri, why: string): Undeliverable {
  const payload = Payload.of([why]);
  switch (message.type) {
    case MessageType.RESULT: {
      if (message.details.progress === true) return {};
      const { request } = message;
      const requestType = MessageType.CALL;
      return { instead: { type: MessageType.ERROR, requestType, request, details: {}, error, payload } };
    }
    case MessageType.INVOCATION: {
      const { request } = message;
      const requestType = MessageType.INVOCATION;
      return { answer: { type: MessageType.ERROR, requestType, request, details: {}, error, payload } };
    }
    case MessageType.ERROR:
      return { instead: { ...message, details: {}, error, payload } };
    default:
      return {};
  }
}
