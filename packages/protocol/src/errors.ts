/** Predefined URIs of errors and reasons, and the two exceptions of the protocol. */
import type { Dict, Uri } from './words.ts';

/** The predefined error URIs (spec: URI Reference; advanced: URIs). */
export const ErrorUri = {
  INVALID_URI: 'wamp.error.invalid_uri',
  NO_SUCH_PROCEDURE: 'wamp.error.no_such_procedure',
  PROCEDURE_ALREADY_EXISTS: 'wamp.error.procedure_already_exists',
  NO_SUCH_REGISTRATION: 'wamp.error.no_such_registration',
  NO_SUCH_SUBSCRIPTION: 'wamp.error.no_such_subscription',
  NO_SUCH_SESSION: 'wamp.error.no_such_session',
  INVALID_ARGUMENT: 'wamp.error.invalid_argument',
  CANCELED: 'wamp.error.canceled',
  TIMEOUT: 'wamp.error.timeout',
  PAYLOAD_SIZE_EXCEEDED: 'wamp.error.payload_size_exceeded',
  PROTOCOL_VIOLATION: 'wamp.error.protocol_violation',
  NOT_AUTHORIZED: 'wamp.error.not_authorized',
  AUTHORIZATION_FAILED: 'wamp.error.authorization_failed',
  NO_SUCH_REALM: 'wamp.error.no_such_realm',
  NO_SUCH_ROLE: 'wamp.error.no_such_role',
  NO_SUCH_PRINCIPAL: 'wamp.error.no_such_principal',
  NO_MATCHING_AUTH_METHOD: 'wamp.error.no_matching_auth_method',
  AUTHENTICATION_DENIED: 'wamp.error.authentication_denied',
  AUTHENTICATION_FAILED: 'wamp.error.authentication_failed',
  AUTHENTICATION_REQUIRED: 'wamp.error.authentication_required',
  OPTION_NOT_ALLOWED: 'wamp.error.option_not_allowed',
  OPTION_DISALLOWED_DISCLOSE_ME: 'wamp.error.option_disallowed.disclose_me',
  NETWORK_FAILURE: 'wamp.error.network_failure',
  UNAVAILABLE: 'wamp.error.unavailable',
  NO_AVAILABLE_CALLEE: 'wamp.error.no_available_callee',
  FEATURE_NOT_SUPPORTED: 'wamp.error.feature_not_supported',
  /** An exception in a callee. Not in the specification, but all implementations use it. */
  RUNTIME_ERROR: 'wamp.error.runtime_error',
  /** The receiver's serializer cannot write a value. Not in the specification, but other implementations use it. */
  INVALID_PAYLOAD: 'wamp.error.invalid_payload',
  /** Extension: the client reads more slowly than the router writes to it. */
  SLOW_CONSUMER: 'wamp.error.slow_consumer',
  /** Extension: a fault of the router or of a plug-in. */
  INTERNAL_ERROR: 'wamp.error.internal_error',
  /** Extension: the session has reached a limit. */
  LIMIT_EXCEEDED: 'wamp.error.limit_exceeded',
} as const;

/** The predefined reasons of GOODBYE and ABORT. */
export const CloseUri = {
  SYSTEM_SHUTDOWN: 'wamp.close.system_shutdown',
  CLOSE_REALM: 'wamp.close.close_realm',
  GOODBYE_AND_OUT: 'wamp.close.goodbye_and_out',
  KILLED: 'wamp.close.killed',
} as const;

/** The peer broke the protocol. The receiver aborts the session with `wamp.error.protocol_violation`. */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation';
  readonly uri: Uri = ErrorUri.PROTOCOL_VIOLATION;
}

/** The serializer cannot write a value: a BigInt in JSON, a cycle, a lone surrogate. */
export class SerializationFailure extends Error {
  override readonly name = 'SerializationFailure';
}

/** A refused request or a failed procedure, as an ERROR message carries it. */
export class ApplicationError extends Error {
  override readonly name: string = 'ApplicationError';
  readonly uri: Uri;
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
  readonly details: Dict;

  /** @param uri the error URI; `args` and `kwargs` are the error's payload */
  constructor(
    uri: Uri,
    args: readonly unknown[] = [],
    kwargs: Dict = {},
    options: { readonly details?: Dict; readonly cause?: unknown } = {},
  ) {
    super(typeof args[0] === 'string' ? `${uri}: ${args[0]}` : uri, 'cause' in options ? options : undefined);
    this.uri = uri;
    this.args = args;
    this.kwargs = kwargs;
    this.details = options.details ?? {};
  }
}
