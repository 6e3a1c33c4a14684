/** What a call, a request or a connection can fail with. */
import {
  ApplicationError,
  ErrorUri,
  isUri,
  type Args,
  type ErrorMessage,
  type Kwargs,
  type Uri,
} from '@wamp/protocol';
import type { Ending } from './ending.ts';
import { fault, requirePayload } from './options.ts';
import { startAt } from './stack.ts';

/** What goes with an error besides its payload. */
export interface WampErrorOptions {
  /** The Details of the ERROR that it came as. */
  readonly details?: Kwargs;
  readonly cause?: unknown;
}

/** What an error is about. */
type Subject = Readonly<Partial<Record<'procedure' | 'topic' | 'realm' | 'url', string>>>;

/** `'app.*'` means every URI that starts with `app.`; any other pattern means itself. */
type Covered<U extends string> = U extends `${infer Start}*` ? `${Start}${string}` : U;

/**
 * An error with a URI and a payload, as WAMP carries it: thrown by a procedure here, or by one
 * elsewhere and received. Everything this library rejects with is one, except your own abort reasons.
 *
 * @example throw new WampError('user.not_found', [id]);
 */
export class WampError<U extends string = string, A extends Args = Args> extends ApplicationError {
  override readonly name: string = 'WampError';
  declare readonly uri: U;
  declare readonly args: A;
  /** What was called, or was to be registered. */
  declare readonly procedure?: Uri;
  /** What was published to, or was to be subscribed to. */
  declare readonly topic?: Uri;

  /**
   * @param uri what went wrong; `args` and `kwargs` are the payload, its first string the message
   * @throws TypeError when `uri` is no URI, `args` no list or `kwargs` no plain object
   */
  // The cast only says that an absent list of arguments is the empty one.
  constructor(uri: U, args: A = [] as unknown as A, kwargs: Kwargs = {}, options: WampErrorOptions = {}) {
    if (!isUri(uri)) throw fault('The URI of an error', 'one such as app.not_found', uri, new.target);
    requirePayload('an error', args, kwargs, new.target);
    super(uri, args, kwargs, options);
  }

  /**
   * True for a WampError, and if `uri` is given, for one of that URI; a `*` at its end covers every
   * URI that starts like it.
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
 * The session went, or is not there. Its URI is the reason: `wamp.error.network_failure` when the
 * transport broke, else the reason of the GOODBYE or ABORT.
 */
export class ConnectionLostError extends WampError {
  override readonly name = 'ConnectionLostError';
  /** True when the request had left: nobody knows whether the router acted on it. */
  readonly sent: boolean;

  constructor(reason: Uri, message: string, sent: boolean, cause?: unknown) {
    const { uri, kwargs } = named(reason);
    super(uri, [message], kwargs, cause === undefined ? {} : { cause });
    this.sent = sent;
  }
}

/** No session came about: the router refused it, could not be reached, or did not answer in time. */
export class ConnectError extends WampError {
  override readonly name: string = 'ConnectError';
  /** The realm that was to be joined. */
  declare readonly realm?: Uri;
  /** Where the router was looked for, without query and credentials. */
  declare readonly url?: string;
  /** True when trying again as things are cannot help, such as for `wamp.error.no_such_realm`. */
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

/** The router did not accept who we say we are, or our authenticator failed. */
export class AuthError extends ConnectError {
  override readonly name = 'AuthError';
}

/** The call took longer than its `timeout`: `wamp.error.timeout`. */
export class CallTimeoutError extends WampError {
  override readonly name = 'CallTimeoutError';
}

/** The call was canceled, by `call.cancel()` or elsewhere: `wamp.error.canceled`. */
export class CanceledError extends WampError {
  override readonly name = 'CanceledError';
}

/** The router broke the protocol, or says that we did: `wamp.error.protocol_violation`. */
export class ProtocolError extends WampError {
  override readonly name = 'ProtocolError';
}

/**
 * A message cannot be written: a value has no form in the session's serializer,
 * `wamp.error.invalid_argument`, or it is longer than the router takes, `wamp.error.payload_size_exceeded`.
 */
export class SerializationError extends WampError {
  override readonly name = 'SerializationError';
}

/** What a request fails with when its session has ended. */
export function connectionLost({ reason, error }: Ending, sent: boolean): ConnectionLostError {
  if (sent && error instanceof ConnectionLostError) return error;
  return new ConnectionLostError(reason, saidBy(error) ?? 'The session is closed.', sent, error);
}

/** What an error says, without the URI that its message begins with. */
function saidBy(error: Error | undefined): string | undefined {
  const [said] = WampError.is(error) ? error.args : [];
  return typeof said === 'string' ? said : error?.message;
}

/** What an error is about, as a field of it and in its message; what concerns the whole session, stays as it is. */
export function about<E>(error: E, subject: Subject): E {
  if (!(error instanceof WampError) || error instanceof ConnectionLostError) return error;
  const entries = Object.entries(subject);
  if (entries.every(([field]) => field in error)) return error;
  const { message } = error;
  const more = entries.map(([field, value]) => `${field} ${value}`).join(', ');
  Object.assign(error, subject, { message: `${message} (${more})` });
  // Some engines build the stack when it is first read, with the message of that moment.
  const { stack } = error;
  if (stack?.includes(error.message) === false) error.stack = stack.replace(message, () => error.message);
  return error;
}

/** Hands an error on to who awaits it, whose line its stack then begins with. */
export function traced(error: unknown): never {
  if (error instanceof WampError) startAt(error, traced);
  throw error;
}

/** What a message fails with that could not be encoded. */
export function unwritable(cause: unknown): Error {
  if (cause instanceof SerializationError) return cause;
  return new SerializationError(ErrorUri.INVALID_ARGUMENT, [toError(cause).message], {}, { cause });
}

/** The exception that an ERROR stands for. */
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

// T-25: older routers have names of their own for this.
const AUTH =
  /^wamp\.error\.(authentication_|authorization_|no(t|_matching)?_auth|no_such_(principal|role)$|cannot_auth)/;
const FATAL: ReadonlySet<Uri> = new Set([
  ErrorUri.NO_SUCH_REALM,
  ErrorUri.INVALID_URI,
  ErrorUri.PROTOCOL_VIOLATION,
]);

/** The exception for a session that a router refuses with ABORT. */
export function refusal(reason: Uri, args: Args, kwargs: Kwargs, details: Kwargs): ConnectError {
  const { message } = details;
  const said = args.length === 0 && typeof message === 'string' ? [message] : args;
  const options = { details };
  const { uri, ...rest } = named(reason, kwargs);
  return AUTH.test(uri)
    ? new AuthError(uri, said, true, { ...options, ...rest })
    : new ConnectError(uri, said, FATAL.has(uri), { ...options, ...rest });
}

/**
 * A URI received from a peer: when it is invalid, `wamp.error.runtime_error` stands in its place, the text in
 * `kwargs.uri`.
 */
export function named(uri: string, kwargs: Kwargs = {}): { readonly uri: Uri; readonly kwargs: Kwargs } {
  return isUri(uri) ? { uri, kwargs } : { uri: ErrorUri.RUNTIME_ERROR, kwargs: { ...kwargs, uri } };
}

/** Whatever was thrown, as an Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new Error('Something was thrown that is no Error.', { cause: thrown });
}
