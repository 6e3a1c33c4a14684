/** Describes every error that a run can end with: what happened, a remedy, and the exit code. */
import {
  AuthError,
  CallTimeoutError,
  CanceledError,
  CloseUri,
  ConnectError,
  ConnectionLostError,
  ErrorUri,
  SerializationError,
  WampError,
} from '@wamp/client';
import { Exit, type ExitCode } from '../io/exit-codes.ts';
import { Failure } from '../io/failure.ts';
import type { Settings } from './settings.ts';

/** A described error. */
export interface Told {
  readonly exit: ExitCode;
  readonly uri?: string;
  readonly message: string;
  readonly remedy?: string;
  /** The payload of an ERROR, except for what the message contains. */
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
}

/** @param settings the settings of the connection, as far as they are known */
export function told(error: unknown, settings: Partial<Settings>): Told {
  if (error instanceof Failure) return tellFailure(error);
  if (WampError.is(error)) return tellWampError(error, settings);
  const message = error instanceof Error ? error.message : String(error);
  return { exit: Exit.FAULT, message, remedy: 'This should not happen: please report it.' };
}

function tellFailure({ exit, uri, message, remedy }: Failure): Told {
  return { exit, message, ...(uri !== undefined && { uri }), ...(remedy !== undefined && { remedy }) };
}

function tellWampError(error: WampError, settings: Partial<Settings>): Told {
  const { uri, args, kwargs } = error;
  const exit = exitOf(error);
  const remedy = remedyFor(error, exit, settings);
  const rest = typeof args[0] === 'string' ? args.slice(1) : args;
  return {
    exit,
    uri,
    message: said(error),
    ...(remedy !== undefined && { remedy }),
    ...(rest.length > 0 && { args: rest }),
    ...(Object.keys(kwargs).length > 0 && { kwargs }),
  };
}

/** The message without the URI that it begins with. */
function said({ uri, args, message }: WampError): string {
  const rest = message.startsWith(uri) ? message.slice(uri.length).replace(/^: /, '').trim() : message;
  const words = rest.replace(/^\((.*)\)$/, '$1');
  const known = WORDS[uri];
  if (known !== undefined && typeof args[0] !== 'string') return words === '' ? known : `${known}: ${words}`;
  return words === '' ? 'the peer gave no reason' : words;
}

/** The meaning of an error that has no message. */
const WORDS: Readonly<Record<string, string>> = {
  [ErrorUri.NO_SUCH_PROCEDURE]: 'no callee is registered',
  [ErrorUri.NOT_AUTHORIZED]: 'the request is not permitted',
  [ErrorUri.PROCEDURE_ALREADY_EXISTS]: 'another session has already registered it',
  [ErrorUri.NO_SUCH_SESSION]: 'there is no such session',
  [ErrorUri.INVALID_URI]: 'the URI is invalid',
  [ErrorUri.INVALID_ARGUMENT]: 'an argument is invalid',
  [ErrorUri.CANCELED]: 'the call was canceled',
  [ErrorUri.NO_AVAILABLE_CALLEE]: 'no callee can accept the call now',
};

const DENIED: ReadonlySet<string> = new Set([
  ErrorUri.NOT_AUTHORIZED,
  ErrorUri.AUTHORIZATION_FAILED,
  ErrorUri.OPTION_NOT_ALLOWED,
  ErrorUri.OPTION_DISALLOWED_DISCLOSE_ME,
]);
const ABSENT: ReadonlySet<string> = new Set([
  ErrorUri.NO_SUCH_PROCEDURE,
  ErrorUri.NO_SUCH_REGISTRATION,
  ErrorUri.NO_SUCH_SUBSCRIPTION,
  ErrorUri.NO_SUCH_SESSION,
  ErrorUri.NO_AVAILABLE_CALLEE,
]);
/** Refusals and timeouts that may be temporary. */
const UNREACHABLE: ReadonlySet<string> = new Set([
  ErrorUri.NETWORK_FAILURE,
  ErrorUri.TIMEOUT,
  ErrorUri.UNAVAILABLE,
  CloseUri.SYSTEM_SHUTDOWN,
]);

function exitOf(error: WampError): ExitCode {
  const { uri } = error;
  if (error instanceof AuthError) return Exit.REFUSED;
  if (error instanceof ConnectError) {
    if (UNREACHABLE.has(uri)) return Exit.UNREACHABLE;
    return uri === ErrorUri.INVALID_ARGUMENT ? Exit.USAGE : Exit.REFUSED;
  }
  if (error instanceof ConnectionLostError) return Exit.UNREACHABLE;
  if (error instanceof CallTimeoutError) return Exit.TIMEOUT;
  if (error instanceof CanceledError) return Exit.CANCELED;
  if (error instanceof SerializationError || uri === ErrorUri.INVALID_URI) return Exit.USAGE;
  if (DENIED.has(uri)) return Exit.DENIED;
  return ABSENT.has(uri) ? Exit.ABSENT : Exit.ERROR;
}

const REMEDIES: Readonly<Record<string, string>> = {
  [ErrorUri.NO_SUCH_PROCEDURE]: 'wamp registrations lists the registered procedures.',
  [ErrorUri.NO_SUCH_REALM]: 'Name a realm of the router: --realm URI.',
  [ErrorUri.NO_SUCH_SESSION]: 'wamp sessions lists the sessions of the realm.',
  [ErrorUri.NO_SUCH_SUBSCRIPTION]: 'wamp subscriptions lists the subscriptions of the realm.',
  [ErrorUri.PROCEDURE_ALREADY_EXISTS]:
    'If its other callees share it, add --invoke with their policy; to take it over, add --force.',
  [ErrorUri.INVALID_URI]: 'A URI consists of words separated by dots, such as com.example.news.',
  [ErrorUri.PAYLOAD_SIZE_EXCEEDED]: 'Send less at a time, or raise limits.message_size of the router.',
  [ErrorUri.LIMIT_EXCEEDED]: 'docs/limits.md of the router lists the limits, and how to raise them.',
  [ErrorUri.TIMEOUT]: 'Allow more time: --timeout 60s.',
};

function remedyFor(error: WampError, exit: ExitCode, settings: Partial<Settings>): string | undefined {
  const { url = 'the URL', realm = 'the realm', auth = 'anonymous' } = settings;
  if (error instanceof AuthError) {
    return `Check --auth (${auth}), --authid and the secret: are they those of ${realm}?`;
  }
  if (exit === Exit.UNREACHABLE) {
    return error instanceof ConnectError
      ? `Check that a router is listening at ${url}; select another one with --url.`
      : 'Try again when the router is available.';
  }
  if (exit === Exit.DENIED) {
    return `Your role in ${realm} lacks this permission: wamp-router check --explain lists what it may do.`;
  }
  if (error instanceof SerializationError && exit === Exit.USAGE) {
    return 'Numbers beyond 53 bits and bytes need --serializer msgpack or cbor.';
  }
  return REMEDIES[error.uri];
}
