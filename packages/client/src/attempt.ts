/** One attempt to connect: tries each URL in turn, opens a transport, and joins the realm. */
import { ErrorUri, plainJson as json, type Dict, type Transport } from '@wamp/protocol';
import { anonymous } from './auth/anonymous.ts';
import type { AuthContext, Authenticator } from './auth/authenticator.ts';
import type { Settings, Url } from './connect-options.ts';
import { Connection } from './connection.ts';
import type { ConnectionPort } from './connection-port.ts';
import { ignore } from './core/quietly.ts';
import { about, AuthError, ConnectError, toError } from './errors.ts';
import { loadLateCode } from './handling.ts';
import { fault } from './options.ts';
import { onAbort } from './signal.ts';
import type { OpenOptions, TransportFactory } from './transports/factory.ts';
import { webSocket } from './transports/websocket.ts';

/** What an attempt needs. */
export interface Start {
  readonly settings: Settings;
  readonly port: ConnectionPort<Connection>;
  readonly signal: AbortSignal;
  readonly context: AuthContext;
  /** The index of the URL to begin with. */
  readonly first: number;
}

/**
 * Resolves with a connection, and the index of its URL.
 * @throws ConnectError, AuthError: the failure that the URLs have in common, fatal only if it was for all of them;
 *   TypeError if no URL is given; the reason of the signal
 */
export async function attempt(start: Start): Promise<number> {
  const { settings, signal, first } = start;
  const { urls } = settings;
  let failure: unknown;
  for (let turn = 0; turn < urls.length; turn += 1) {
    const index = (first + turn) % urls.length;
    const url = urls[index];
    if (url === undefined) break;
    try {
      await attemptAt(url, start);
      return index;
    } catch (error) {
      signal.throwIfAborted();
      if (failure === undefined || !isFatal(error)) failure = error;
    }
  }
  throw failure;
}

/** Whether another attempt with the same options cannot succeed. */
export function isFatal(error: unknown): boolean {
  return error instanceof ConnectError ? error.fatal : true;
}

/** Tries one URL, within its time limit. */
async function attemptAt(url: Url, start: Start): Promise<void> {
  const { realm, connectTimeout, clock } = start.settings;
  const controller = new AbortController();
  const stopListening = onAbort(start.signal, (reason) => controller.abort(reason));
  const stopTimer = clock.after(connectTimeout, () => {
    const text = `There was no session within ${connectTimeout} ms.`;
    controller.abort(new ConnectError(ErrorUri.TIMEOUT, [text], false));
  });
  try {
    start.signal.throwIfAborted();
    await establish(url, start, controller.signal);
    controller.signal.throwIfAborted();
  } catch (error) {
    throw about(error, { realm, url: placeOf(url) });
  } finally {
    stopListening();
    stopTimer();
  }
}

/** A URL for messages, without its query and credentials, which may be secret. */
export function placeOf(url: Url): string {
  const text = typeof url === 'function' ? 'a URL of a function' : String(url);
  return text.replace(/\?.*|\/\/[^/]*@/g, (part) => (part.startsWith('?') ? '' : '//'));
}

async function establish(url: Url, { settings, port, context }: Start, signal: AbortSignal): Promise<void> {
  const { realm, serializers = [json], transport: factory = webSocket() } = settings;
  // If that fails, the first subscription or registration says so.
  if (factory.eager === true) await until(signal, Promise.resolve(loadLateCode()).catch(ignore));
  const target = await until(signal, locate(url));
  const authenticators = await until(signal, authenticatorsOf(settings, context));
  const introduction = await until(signal, introduce(authenticators, context));
  const transport = await until(
    signal,
    open(factory, target, { serializers, signal, clock: port.clock }),
    (late) => late.close(),
  );
  const connection = new Connection(transport, port);
  const stop = onAbort(signal, (reason) => connection.drop(reason));
  try {
    await connection.join(realm, introduction, authenticators, context);
  } finally {
    stop();
  }
}

/** @throws TypeError for an invalid URL; ConnectError if the function that provides the URL fails */
async function locate(url: Url): Promise<URL> {
  const page = (globalThis as { readonly location?: { readonly href: string } }).location?.href;
  const place: unknown = typeof url === 'function' ? await asked(url) : url;
  try {
    return new URL(place as string | URL, page);
  } catch (cause) {
    throw Object.assign(fault('The URL', 'one such as ws://localhost:8080/ws', place), { cause });
  }
}

/** @throws ConnectError that is not fatal: the function may depend on a service that is temporarily unreachable */
async function asked(url: () => string | URL | Promise<string | URL>): Promise<string | URL> {
  try {
    return await url();
  } catch (cause) {
    throw new ConnectError(ErrorUri.NETWORK_FAILURE, ['The function for the URL failed.'], false, { cause });
  }
}

/** @throws AuthError */
async function authenticatorsOf(
  { auth = anonymous() }: Settings,
  context: AuthContext,
): Promise<readonly Authenticator[]> {
  if (typeof auth !== 'function') return [auth].flat();
  try {
    return [await auth(context)];
  } catch (cause) {
    throw authenticatorFailed(cause);
  }
}

/** The Details of HELLO except for the roles. @throws AuthError */
async function introduce(authenticators: readonly Authenticator[], context: AuthContext): Promise<Dict> {
  try {
    const introductions = await Promise.all(
      authenticators.map(async (authenticator) => authenticator.hello(context)),
    );
    const extras = introductions.flatMap(({ authextra }) => authextra ?? []);
    const authid = introductions.find((introduction) => introduction.authid !== undefined)?.authid;
    return {
      agent: '@wamp/client',
      authmethods: authenticators.map(({ method }) => method),
      ...(authid !== undefined && { authid }),
      ...(extras.length > 0 && { authextra: Object.assign({}, ...extras) as Dict }),
    };
  } catch (cause) {
    throw authenticatorFailed(cause);
  }
}

/** An AuthError is final; after any other error, another attempt may succeed. */
function authenticatorFailed(cause: unknown): AuthError {
  const fatal = cause instanceof AuthError;
  return new AuthError(ErrorUri.AUTHENTICATION_FAILED, ['The authenticator failed.'], fatal, { cause });
}

/** @throws ConnectError */
async function open(factory: TransportFactory, url: URL, options: OpenOptions): Promise<Transport> {
  try {
    return await factory.open(url, options);
  } catch (cause) {
    if (cause instanceof ConnectError) throw cause;
    throw new ConnectError(ErrorUri.NETWORK_FAILURE, [toError(cause).message], false, { cause });
  }
}

/** The promise, unless the signal is aborted first; then a late result is passed to `tooLate`. */
function until<T>(signal: AbortSignal, promise: Promise<T>, tooLate?: (value: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = onAbort(signal, reject);
    promise
      .then((value) => {
        if (signal.aborted) tooLate?.(value);
        resolve(value);
      }, reject)
      .finally(stop);
  });
}
