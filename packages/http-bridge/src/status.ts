/** The HTTP status for each error of WAMP. */
import { ApplicationError, CloseUri, ErrorUri } from '@wamp/protocol';

const STATUS: ReadonlyMap<string, number> = new Map<string, number>([
  [ErrorUri.INVALID_URI, 400],
  [ErrorUri.INVALID_ARGUMENT, 400],
  [ErrorUri.INVALID_PAYLOAD, 400],
  [ErrorUri.PROTOCOL_VIOLATION, 400],
  [ErrorUri.OPTION_NOT_ALLOWED, 400],
  [ErrorUri.AUTHENTICATION_REQUIRED, 401],
  [ErrorUri.AUTHENTICATION_DENIED, 401],
  [ErrorUri.AUTHENTICATION_FAILED, 401],
  [ErrorUri.NO_MATCHING_AUTH_METHOD, 401],
  [ErrorUri.NO_SUCH_PRINCIPAL, 401],
  [ErrorUri.NO_SUCH_ROLE, 401],
  [ErrorUri.NOT_AUTHORIZED, 403],
  [ErrorUri.OPTION_DISALLOWED_DISCLOSE_ME, 403],
  [ErrorUri.NO_SUCH_PROCEDURE, 404],
  [ErrorUri.NO_SUCH_REALM, 404],
  [ErrorUri.NO_SUCH_REGISTRATION, 404],
  [ErrorUri.NO_SUCH_SUBSCRIPTION, 404],
  [ErrorUri.NO_SUCH_SESSION, 404],
  [ErrorUri.PAYLOAD_SIZE_EXCEEDED, 413],
  [ErrorUri.LIMIT_EXCEEDED, 429],
  [ErrorUri.RUNTIME_ERROR, 500],
  [ErrorUri.INTERNAL_ERROR, 500],
  [ErrorUri.FEATURE_NOT_SUPPORTED, 501],
  [ErrorUri.CANCELED, 502],
  [ErrorUri.NETWORK_FAILURE, 502],
  [ErrorUri.AUTHORIZATION_FAILED, 503],
  [ErrorUri.UNAVAILABLE, 503],
  [ErrorUri.NO_AVAILABLE_CALLEE, 503],
  [ErrorUri.SLOW_CONSUMER, 503],
  [CloseUri.SYSTEM_SHUTDOWN, 503],
  [CloseUri.CLOSE_REALM, 503],
  [CloseUri.KILLED, 503],
  [CloseUri.GOODBYE_AND_OUT, 503],
  [ErrorUri.TIMEOUT, 504],
]);

/** The status of errors with a URI of an application: the procedure was called, and answered with an error. */
const OF_APPLICATIONS = 422;

/** The status of an error of a request. */
export function statusOf({ uri }: ApplicationError): number {
  return STATUS.get(uri) ?? (uri.startsWith('wamp.') ? 500 : OF_APPLICATIONS);
}

/** The status of a refused log-in, including refusals with a URI of an authenticator. */
export function statusOfLogin({ uri }: ApplicationError): number {
  return STATUS.get(uri) ?? 401;
}

/** The ApplicationError for any error that was thrown. */
export function errorOf(error: unknown): ApplicationError {
  return error instanceof ApplicationError ? error : new ApplicationError(ErrorUri.INTERNAL_ERROR);
}
