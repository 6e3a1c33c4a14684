/** Messages that do not reach their client: why, and what it hears instead. */
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

/** The fault of a message that is longer than its client takes. @param length in bytes */
export function tooLong(length: number, { limit }: Outlet): Undeliverable {
  const why = `a message of ${length} bytes, where the client takes ${limit}`;
  return { error: ErrorUri.PAYLOAD_SIZE_EXCEEDED, why };
}

/**
 * The fault of a message that the client's serializer has no form for.
 * @param error what encoding it has thrown
 * @throws `error` when it is no such fault
 */
export function noForm(error: unknown): Undeliverable {
  if (!(error instanceof SerializationFailure)) throw error;
  return { error: ErrorUri.INVALID_PAYLOAD, why: error.message };
}

/** Encodes a message, which is sent next. @returns why it cannot be; undefined when it can */
export function tryEncode(outlet: Outlet, message: Message): Undeliverable | undefined {
  try {
    const length = outlet.encode(message);
    return length > outlet.limit ? tooLong(length, outlet) : undefined;
  } catch (error) {
    return noForm(error);
  }
}

/**
 * Sends what a client has to hear.
 * @param facts whom it is for, in the log
 * @returns why it cannot be, which is logged; undefined when it was sent
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
    else log('warn', 'cannot be told', { ...facts, type: message.type, why: fault.why });
    return fault;
  } catch (error) {
    log('error', 'internal error', { ...facts, error });
    return { error: ErrorUri.INTERNAL_ERROR, why: 'an internal error' };
  }
}

/**
 * What a client hears in place of a message that cannot be delivered. A final RESULT becomes an ERROR, an ERROR becomes one
 * that can be said. For anything else there is nothing to be said instead: an EVENT concerns nobody else, and of a
 * progressive RESULT or an INVOCATION the dealer knows who is to be told.
 */
export function insteadOf(message: Message, { error, why }: Undeliverable): ErrorMessage | undefined {
  const payload = Payload.of([why]);
  if (message.type === MessageType.ERROR) return { ...message, details: {}, error, payload };
  if (message.type !== MessageType.RESULT || message.details.progress === true) return undefined;
  const { request } = message;
  return { type: MessageType.ERROR, requestType: MessageType.CALL, request, details: {}, error, payload };
}
