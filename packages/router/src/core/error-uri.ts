/** Replaces the invalid URI of a callee's ERROR before a caller receives it. */
import { ErrorUri, isUri, Payload, type ErrorMessage } from '@wamp/protocol';
import { isPassthru } from './disclosure.ts';

/** How much of the invalid URI is passed on, in UTF-16 units. */
const MOST_TOLD = 512;

/**
 * The unchanged error when its URI is valid. Otherwise the caller, which might end its session over it, gets
 * `wamp.error.runtime_error` with the text as the keyword argument `uri`. A payload in passthru mode is not opened for
 * this.
 */
export function withUri(message: ErrorMessage): ErrorMessage {
  if (isUri(message.error)) return message;
  const { details, error, payload } = message;
  const uri = error.slice(0, MOST_TOLD).replace(/\p{Surrogate}/gu, '\ufffd');
  const told = isPassthru(details) ? payload : Payload.of(payload.args, { ...payload.kwargs, uri });
  return { ...message, error: ErrorUri.RUNTIME_ERROR, payload: told };
}
