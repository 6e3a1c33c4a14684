/** Undeliverable messages: why they cannot be sent, and what is sent instead. */
import {
  ErrorUri,
  MessageType,
  Payload,
  SerializationFailure,
  type ErrorMessage,
  type Message,
} from '@wamp/protocol';
import type { Undeliverable } from '../core/session.ts';
import type { Log } from '../log.ts';
import type { Outlet } from './outlet.ts';

/** The fault of a message that is longer than its client accepts. @param length in bytes */
export function tooLong(length: number, { limit }: Outlet): Undeliverable {
  const why = `the message has ${length} bytes, and the client accepts at most ${limit}`;
  return { error: ErrorUri.PAYLOAD_SIZE_EXCEEDED, why };
}

/**
 * The fault of a message that the client's serializer cannot represent.
 * @param error the error of the serializer
 * @throws `error` when it is not such a fault
 */
export function noForm(error: unknown): Undeliverable {
  if (!(error instanceof SerializationFailure)) throw error;
  return { error: ErrorUri.INVALID_PAYLOAD, why: error.message };
}

/** Encodes a message to be sent next. @returns why that is impossible; undefined when it succeeded */
export function tryEncode(outlet: Outlet, message: Message): Undeliverable | undefined {
  try {
    const length = outlet.encode(message);
    return length > outlet.limit ? tooLong(length, outlet) : undefined;
  } catch (error) {
    return noForm(error);
  }
}

/**
 * Sends a message that the client must get.
 * @param facts identify the client in the log
 * @returns why it could not be sent, which is also logged; undefined when it was sent
 */
export function say(
  outlet: Outlet,
  message: Message,
  log: Log,
  facts: object | undefined,
): Undeliverable | undefined {
  try {
    const fault = tryEncode(outlet, message);
    if (fault === undefined) outlet.send();
    else
      log('warn', 'message not delivered', {
        code: 'message_dropped',
        ...facts,
        type: message.type,
        why: fault.why,
      });
    return fault;
  } catch (error) {
    log('error', 'internal error', { code: 'internal_error', ...facts, error });
    return { error: ErrorUri.INTERNAL_ERROR, why: 'an internal error' };
  }
}

/**
 * The replacement of an undeliverable message. A final RESULT becomes an ERROR; an ERROR becomes one that can be sent.
 * Other messages have no replacement: an EVENT is dropped, and for a progressive RESULT or an INVOCATION the dealer
 * informs the other side.
 */
export function insteadOf(message: Message, { error, why }: Undeliverable): ErrorMessage | undefined {
  const payload = Payload.of([why]);
  if (message.type === MessageType.ERROR) return { ...message, details: {}, error, payload };
  if (message.type !== MessageType.RESULT || message.details.progress === true) return undefined;
  const { request } = message;
  return { type: MessageType.ERROR, requestType: MessageType.CALL, request, details: {}, error, payload };
}
