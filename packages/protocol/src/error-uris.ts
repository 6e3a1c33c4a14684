/** The predefined error URIs (spec: URI Reference; advanced: URIs). A module, so that bundlers drop unused ones. */
export const INVALID_URI = 'wamp.error.invalid_uri';
export const NO_SUCH_PROCEDURE = 'wamp.error.no_such_procedure';
export const PROCEDURE_ALREADY_EXISTS = 'wamp.error.procedure_already_exists';
export const NO_SUCH_REGISTRATION = 'wamp.error.no_such_registration';
export const NO_SUCH_SUBSCRIPTION = 'wamp.error.no_such_subscription';
export const NO_SUCH_SESSION = 'wamp.error.no_such_session';
export const INVALID_ARGUMENT = 'wamp.error.invalid_argument';
export const CANCELED = 'wamp.error.canceled';
export const TIMEOUT = 'wamp.error.timeout';
export const PAYLOAD_SIZE_EXCEEDED = 'wamp.error.payload_size_exceeded';
export const PROTOCOL_VIOLATION = 'wamp.error.protocol_violation';
export const NOT_AUTHORIZED = 'wamp.error.not_authorized';
export const AUTHORIZATION_FAILED = 'wamp.error.authorization_failed';
export const NO_SUCH_REALM = 'wamp.error.no_such_realm';
export const NO_SUCH_ROLE = 'wamp.error.no_such_role';
export const NO_SUCH_PRINCIPAL = 'wamp.error.no_such_principal';
export const NO_MATCHING_AUTH_METHOD = 'wamp.error.no_matching_auth_method';
export const AUTHENTICATION_DENIED = 'wamp.error.authentication_denied';
export const AUTHENTICATION_FAILED = 'wamp.error.authentication_failed';
export const AUTHENTICATION_REQUIRED = 'wamp.error.authentication_required';
export const OPTION_NOT_ALLOWED = 'wamp.error.option_not_allowed';
export const OPTION_DISALLOWED_DISCLOSE_ME = 'wamp.error.option_disallowed.disclose_me';
export const NETWORK_FAILURE = 'wamp.error.network_failure';
export const UNAVAILABLE = 'wamp.error.unavailable';
export const NO_AVAILABLE_CALLEE = 'wamp.error.no_available_callee';
export const FEATURE_NOT_SUPPORTED = 'wamp.error.feature_not_supported';
/** An exception in a callee. Not in the specification, but all implementations use it. */
export const RUNTIME_ERROR = 'wamp.error.runtime_error';
/** The receiver's serializer cannot write a value. Not in the specification, but other implementations use it. */
export const INVALID_PAYLOAD = 'wamp.error.invalid_payload';
/** Extension: the client reads more slowly than the router writes to it. */
export const SLOW_CONSUMER = 'wamp.error.slow_consumer';
/** Extension: a fault of the router or of a plug-in. */
export const INTERNAL_ERROR = 'wamp.error.internal_error';
/** Extension: the session has reached a limit. */
export const LIMIT_EXCEEDED = 'wamp.error.limit_exceeded';
