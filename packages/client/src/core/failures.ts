/** What callers are told when a call fails at the callee. */
import {
  Code,
  ErrorUri,
  SerializationFailure,
  type ErrorMessage,
  type Id,
  type PassthruAttributes,
  type Payload,
  type Uri,
} from '@wamp/protocol';
import { WampError } from '../errors.ts';

/** The error for a call without room. */
export function busy(why: string): WampError {
  return new WampError(ErrorUri.UNAVAILABLE, [`The callee is busy: ${why}`]);
}

/** Describes an error of a handler. The text of an unsendable result is ours, and reveals nothing. */
export function explain(procedure: Uri, error: Error, exposeErrors: boolean): string {
  if (exposeErrors) return error.message;
  return error instanceof SerializationFailure
    ? `${procedure} returned what cannot be sent: ${error.message}.`
    : `${procedure} failed with a ${error.name}, whose message stays with the callee.`;
}

/** The answer to an INVOCATION that failed. */
export function failureOf(
  request: Id,
  error: Uri,
  payload: Payload,
  details: PassthruAttributes,
): ErrorMessage {
  return { type: Code.ERROR, requestType: Code.INVOCATION, request, details, error, payload };
}
