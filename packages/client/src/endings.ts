/**
 * How a connection ends: by a message of the router, with its transport, or because the router violated the protocol.
 */
import { CloseUri, ErrorUri, Code, type Abort, type Goodbye } from '@wamp/protocol';
import type { Ending } from './ending.ts';
import { ConnectError, ConnectionLostError, ProtocolError } from './errors.ts';

/** The answer to GOODBYE. */
export const GOODBYE_AND_OUT: Goodbye = {
  type: Code.GOODBYE,
  details: {},
  reason: CloseUri.GOODBYE_AND_OUT,
};

/** The end by a GOODBYE or ABORT of the router. With `x_resend`, it says that what it has not answered, it has not processed. */
export function ended({ reason, details }: Abort | Goodbye): Ending {
  const { message = 'The router has ended the session.', x_resend } = details;
  const error =
    reason === ErrorUri.PROTOCOL_VIOLATION
      ? new ProtocolError(reason, [message])
      : new ConnectionLostError(reason, message, x_resend !== true);
  return { reason, error };
}

/** The end by a closed transport. */
export function broken(reason: string, isJoining: boolean): Ending {
  const uri = ErrorUri.NETWORK_FAILURE;
  const error = isJoining
    ? new ConnectError(uri, [reason], false)
    : new ConnectionLostError(uri, reason, true);
  return { reason: uri, error };
}

/** The end because the router violated the protocol. */
export function violated(cause: Error, isJoining: boolean): Ending {
  const reason = ErrorUri.PROTOCOL_VIOLATION;
  const error = isJoining
    ? new ConnectError(reason, [cause.message], true, { cause })
    : new ProtocolError(reason, [cause.message], {}, { cause });
  return { reason, error };
}

/** The end because HELLO could not be sent. */
export function unsayable(cause: Error): Ending {
  const reason = ErrorUri.INVALID_ARGUMENT;
  return { reason, error: new ConnectError(reason, [cause.message], true, { cause }) };
}
