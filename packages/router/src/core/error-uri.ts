/** Errors whose URI is none: what a caller hears instead. */
import { ErrorUri, isUri, Payload, type ErrorMessage } from '@wamp/protocol';
import { isPassthru } from './disclosure.ts';

/** So much of what stood in place of the URI is told, in UTF-16 units. */
const MOST_TOLD = 512;

/**
 * The error as it is, when its URI is one. Otherwise the caller, which might end its session for it, gets
 * `wamp.error.runtime_error`, and the text as the keyword argument `uri`. A payload in passthru mode stays closed.
 */
export function withUri(message: ErrorMessage): ErrorMessage {
  if (isUri(message.error)) return message;
  const { details, error, payload } = message;
  const uri = error.slice(0, MOST_TOLD).replace(/\p{Surrogate}/gu, '\ufffd');
  const told = isPassthru(details) ? payload : Payload.of(payload.args, { ...payload.kwargs, uri });
  return { ...message, error: ErrorUri.RUNTIME_ERROR, payload: told };
}
