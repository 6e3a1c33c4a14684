/** What a client hears instead of an answer that its serializer cannot write, or that is longer than it takes. */
import { MessageType, Payload, type ErrorMessage, type Message } from '@wamp/protocol';
import type { Undeliverable } from '../core/session.ts';

/**
 * A final RESULT becomes an ERROR, an ERROR becomes one that can be said. For anything else there is nothing to
 * be said instead: an EVENT concerns nobody else, and of a progressive RESULT or an INVOCATION the dealer
 * knows who is to be told.
 */
export function insteadOf(message: Message, { error, why }: Undeliverable): ErrorMessage | undefined {
  const payload = Payload.of([why]);
  if (message.type === MessageType.ERROR) return { ...message, details: {}, error, payload };
  if (message.type !== MessageType.RESULT || message.details.progress === true) return undefined;
  const { request } = message;
  return { type: MessageType.ERROR, requestType: MessageType.CALL, request, details: {}, error, payload };
}
