/** The errors that calls, requests and connections fail with. */
import {
  ApplicationError,
  ErrorUri,
  isLooseUri,
  type Args,
  type ErrorMessage,
  type Kwargs,
  type Uri,
} from '@wamp/protocol';
import type { Ending } from './ending.ts';
import { fault, requirePayload } from './options.ts';
import { startAt } from './stack.ts';

/** Attributes of an error besides its payload. */
export interface WampErrorOptions {
  /** The Details of the ERROR message. */
  readonly details?: Kwargs;
  readonly cause?: unknown;
}

/** The procedure or topic that an error is about. */
type Subject = Readonly<Partial<Record<'procedure' | 'topic' | 'realm' | 'url', string>>>;

/** `'app.*'` means every URI that starts with `app.`; any other pattern means that URI only. */
type Covered<U extends string> = U extends `${infer Start}*` ? `${Start}${string}` : U;

/**
 * An error with a URI and a payload, as WAMP carries it: thrown by a local procedure, or received from a remote one.
 * Every error that this library rejects with is a WampError, except for the reasons of your own AbortSignals.
 *
 * @example throw new WampError('user.not_found', [id]);
 */
export class WampError<U extends string = string, A extends Args = Args> extends ApplicationError {
  override readonly name: string = 'WampError';
  declare readonly uri: U;
  declare readonly args: A;
  /** The procedure that was called or registered. */
  declare readonly procedure?: Uri;
  /** The topic that was published or subscribed to. */
  declare readonly topic?: Uri;

  /**
   * @param uri what went wrong; `args` and `kwargs` are the payload; the first argument, if a string, is the message
   * @throws TypeError if `uri` is not a URI, `args` not a list or `kwargs` not a plain object
   */
  // The cast covers the default: without arguments, the list is empty.
  constructor(uri: U, args: A = [] as unknown as A, kwargs: Kwargs = {}, options: WampErrorOptions = {}) {
    if (!isLooseUri(uri)) throw fault('The URI of an error', 'one such as app.not_found', uri, new.target);
    requirePayload('an error', args, kwargs, new.target);
    super(uri, args, kwargs, options);
  }

  /**
   * True for a WampError, and if `uri` is given, for one with that URI; a `*` at its end matches every URI with that
   * prefix.
   *
   * @example if (WampError.is(error, 'user.*')) …
   */
  static is<V extends string = string>(error: unknown, uri?: V): error is WampError<Covered<V>> {
    if (!(error instanceof WampError)) return false;
    if (uri === undefined) return true;
    const { uri: own } = error as WampError;
    return uri.endsWith('*') ? own.startsWith(uri.slice(0, -1)) : own === uri;
  }
}

/**
 * The session has ended, or is not connected. The URI is the reason: `wamp.error.network_failure` if the transport
 * failed, else the reason of the GOODBYE or ABORT.
 */
export class ConnectionLostError extends WampError {
  override readonly name = 'ConnectionLostError';
  /** True if the request was sent, so that the router may have processed it. */
  readonly sent: boolean;

  constructor(reason: Uri, message: string, sent: boolean, cause?: unknown) {
    const { uri, kwargs } = named(reason);
    super(uri, [message], kwargs, cause === undefined ? {} : { cause });
    this.sent = sent;
  }
}

/** The session could not be established: the router refused it, could not be reached, or did not answer in time. */
export class ConnectError extends WampError {
  override readonly name: string = 'ConnectError';
  /** The realm of the attempt. */
  declare readonly realm?: Uri;
  /** The URL of the attempt, without query and credentials. */
  declare readonly url?: string;
  /** True if another attempt with the same options cannot succeed, such as for `wamp.error.no_such_realm`. */
  readonly fatal: boolean;

  constructor(
    uri: Uri,
    args: Args,
    fatal: boolean,
    options: WampErrorOptions & { readonly kwargs?: Kwargs } = {},
  ) {
    super(uri, args, options.kwargs, options);
    this.fatal = fatal;
  }
}

/** Authentication failed, or an authenticator threw an error. */
export class AuthError extends ConnectError {
  override readonly name = 'AuthError';
}

/** The call took longer than its `timeout`: `wamp.error.timeout`. */
export class CallTimeoutError extends WampError {
  override readonly name = 'CallTimeoutError';
}

/** The call was canceled, by `call.cancel()` or by another party: `wamp.error.canceled`. */
export class CanceledError extends WampError {
  override readonly name = 'CanceledError';
}

/** The router violated the protocol, or reports that this client did: `wamp.error.protocol_violation`. */
export class ProtocolError extends WampError {
  override readonly name = 'ProtocolError';
}

/**
 * A message cannot be sent: the session's serializer cannot represent a value (`wamp.error.invalid_argument`), or the
 * message is longer than the router accepts (`wamp.error.payload_size_exceeded`).
 */
export class SerializationError extends WampError {
  override readonly name = 'SerializationError';
}

/** The error of a request whose session has ended. */
export function connectionLost({ reason, error }: Ending, sent: boolean): ConnectionLostError {
  if (sent && error instanceof ConnectionLostError) return error;
  return new ConnectionLostError(reason, saidBy(error) ?? 'The session is closed.', sent, error);
}

/** The message of an error without the URI that it begins with. */
function saidBy(error: Error | undefined): string | undefined {
  const [said] = WampError.is(error) ? error.args : [];
  return typeof said === 'string' ? said : error?.message;
}

/**
 * Adds the procedure or topic to an error, as a field and in its message. Errors of the whole session stay unchanged.
 */
export function about<E>(error: E, subject: Subject): E {
  if (!(error instanceof WampError) || error instanceof ConnectionLostError) return error;
  const entries = Object.entries(subject);
  if (entries.every(([field]) => field in error)) return error;
  const { message } = error;
  const more = entries.map(([field, value]) => `${field} ${value}`).join(', ');
  Object.assign(error, subject, { message: `${message} (${more})` });
  // Some engines format the stack when it is first read, and use the message of that moment.
  const { stack } = error;
  if (stack?.includes(error.message) === false) error.stack = stack.replace(message, () => error.message);
  return error;
}

/** Rethrows an error with a stack that begins at the code that awaits it. */
export function traced(error: unknown): never {
  if (error instanceof WampError) startAt(error, traced);
  throw error;
}

/** The error of a message that could not be serialized. */
export function unwritable(cause: unknown): Error {
  if (cause instanceof SerializationError) return cause;
  return new SerializationError(ErrorUri.INVALID_ARGUMENT, [toError(cause).message], {}, { cause });
}

/** The exception for an ERROR message. */
export function errorOf({ error, payload, details }: ErrorMessage): WampError {
  const options = { details };
  const { args } = payload;
  const { uri, kwargs } = named(error, payload.kwargs);
  switch (uri) {
    case ErrorUri.TIMEOUT:
      return new CallTimeoutError(uri, args, kwargs, options);
    case ErrorUri.CANCELED:
    case 'wamp.error.cancelled': // T-1: the specification's other spelling
      return new CanceledError(ErrorUri.CANCELED, args, kwargs, options);
    default:
      return new WampError(uri, args, kwargs, options);
  }
}

// T-25: older routers use URIs of their own for a failed authentication.
const AUTH =
  /^wamp\.error\.(authentication_|authorization_|no(t|_matching)?_auth|no_such_(principal|role)$|cannot_auth)/;
const FATAL: ReadonlySet<Uri> = new Set([
  ErrorUri.NO_SUCH_REALM,
  ErrorUri.INVALID_URI,
  ErrorUri.PROTOCOL_VIOLATION,
]);

/**
 * The exception for an ABORT from the router.
 * @param hasProved whether it follows a proof of our identity. Else `wamp.error.authentication_failed` is a fault of the
 *   router or of the network, such as a HELLO that came too late, and may pass; some routers send it for wrong passwords.
 */
export function refusal(
  reason: Uri,
  args: Args,
  kwargs: Kwargs,
  details: Kwargs,
  hasProved: boolean,
): ConnectError {
  const { message } = details;
  const said = args.length === 0 && typeof message === 'string' ? [message] : args;
  const options = { details };
  const { uri, ...rest } = named(reason, kwargs);
  return AUTH.test(uri)
    ? new AuthError(uri, said, hasProved || uri !== ErrorUri.AUTHENTICATION_FAILED, { ...options, ...rest })
    : new ConnectError(uri, said, FATAL.has(uri), { ...options, ...rest });
}

/** A URI received from a peer. An invalid one is replaced by `wamp.error.runtime_error`, and kept as `kwargs.uri`. */
export function named(uri: string, kwargs: Kwargs = {}): { readonly uri: Uri; readonly kwargs: Kwargs } {
  return isLooseUri(uri) ? { uri, kwargs } : { uri: ErrorUri.RUNTIME_ERROR, kwargs: { ...kwargs, uri } };
}

/** Any thrown value as an Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new Error('Something was thrown that is no Error.', { cause: thrown });
}
