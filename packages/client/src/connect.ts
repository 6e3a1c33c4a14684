/** From a URL and options to a session that has joined its realm. */
import {
  ErrorUri,
  plainJson as json,
  type Dict,
  type Serializer,
  type Transport,
  type Uri,
} from '@wamp/protocol';
import { anonymous } from './auth/anonymous.ts';
import type { Authenticator } from './auth/authenticator.ts';
import type { BoundContract } from './binding.ts';
import { systemClock, type Clock } from './clock.ts';
import { ClientSession } from './client-session.ts';
import { Connection, type ConnectionPort } from './connection.ts';
import type { Untyped } from './contract.ts';
import type { Validate } from './definition.ts';
import { about, AuthError, ConnectError, toError } from './errors.ts';
import type { Logger } from './listeners.ts';
import {
  BOOL,
  checkOptions,
  COUNT,
  demand,
  fault,
  having,
  MILLISECONDS,
  oneOf,
  SIGNAL,
  some,
  TEXT,
  type Rules,
} from './options.ts';
import type { Session } from './session.ts';
import { onAbort } from './signal.ts';
import { startAt } from './stack.ts';
import type { OpenOptions, TransportFactory } from './transports/factory.ts';
import { webSocket } from './transports/websocket.ts';

const SERIALIZER = having('a list of serializers, such as [json]', 'encode');

/** How to connect. Type parameter `C` is what the contract says, if there is one. */
export interface ConnectOptions<C = Untyped> {
  /** The realm to join. */
  readonly realm: Uri;
  /** Who we are: one or several methods, best first, of which the router picks. Default: `anonymous()`. */
  readonly auth?: Authenticator | readonly Authenticator[] | undefined;
  /** What to speak, best first; the router picks. Default: JSON. */
  readonly serializers?: readonly Serializer[] | undefined;
  /** Default: `webSocket()`. */
  readonly transport?: TransportFactory | undefined;
  /** Milliseconds for all of it, from the first packet to WELCOME: default 30,000. */
  readonly connectTimeout?: number | undefined;
  /** What procedures and topics take and give: see `defineContract` of `@wamp/client/contract`. */
  readonly contract?: BoundContract<C> | undefined;
  /** What is held against the schemas of the contract: default `incoming`, which is what arrives. */
  readonly validate?: Validate | undefined;
  /** Gives up connecting when it is aborted; `connect` rejects with its reason. A session that is open stays. */
  readonly signal?: AbortSignal | undefined;
  /** Whether callers may read the message of what a procedure throws: default false, they get the URI only. */
  readonly exposeErrors?: boolean | undefined;
  /**
   * How many handlers run at once, of events and of procedures: default 1,000. What comes meanwhile waits in its
   * order, up to 8 MiB of messages; beyond that, a call is answered with `wamp.error.unavailable`, and an event is
   * dropped, which event `error` of the session tells. A handler runs until the promise that it gives is settled.
   */
  readonly maxHandlers?: number | undefined;
  /** Where exceptions of handlers go unless the session has a listener for `error`: default `console`. */
  readonly logger?: Logger | undefined;
  /** Default: the runtime's timers. */
  readonly clock?: Clock | undefined;
}

const CONNECT: Rules<ConnectOptions<unknown>> = {
  realm: TEXT,
  auth: some(having('an authenticator, such as ticket(…), or a list of them', 'hello')),
  serializers: (value) => (Array.isArray(value) ? some(SERIALIZER)(value) : SERIALIZER(undefined)),
  transport: having('a factory of transports, such as webSocket()', 'open'),
  connectTimeout: MILLISECONDS,
  contract: having('a contract, such as defineContract(…)', '~open'),
  validate: oneOf('incoming', 'both', 'off'),
  signal: SIGNAL,
  exposeErrors: BOOL,
  maxHandlers: COUNT,
  logger: having('an object with method error', 'error'),
  clock: having('an object with method after', 'after'),
};

/** Where the router is; relative to the page, in browsers. */
export type Url = string | URL | (() => string | URL | Promise<string | URL>);

/**
 * Connects to a router and joins a realm.
 *
 * @example await using session = await connect('wss://example.com/ws', { realm: 'realm1' });
 * @typeParam C the contract: an interface that types procedures and topics, see {@link Session}
 * @throws AuthError when the router does not accept who we are; ConnectError when it refuses for
 *   another reason (the URI of its ABORT), cannot be reached (`wamp.error.network_failure`) or does
 *   not answer in time (`wamp.error.timeout`); the reason of `signal`; TypeError for no URL
 */
export async function connect<C = Untyped>(url: Url, options: ConnectOptions<C>): Promise<Session<C>> {
  checkOptions('connect', CONNECT, options, connect);
  demand(TEXT, options.realm, 'Option realm of connect', connect);
  const { clock = systemClock, logger = console, connectTimeout = 30_000 } = options;
  const ours = { realm: options.realm, clock, logger };
  const session =
    options.contract?.['~open'](ours, options.validate ?? 'incoming') ?? new ClientSession(ours);
  const port = {
    clock,
    exposeErrors: options.exposeErrors ?? false,
    maxHandlers: options.maxHandlers ?? 1_000,
    joined: session.joined.bind(session),
    ended: session.ended.bind(session),
    report: session.report.bind(session),
  };
  options.signal?.throwIfAborted();
  const attempt = new AbortController();
  const stopListening = onAbort(options.signal, (reason) => attempt.abort(reason));
  const stopTimer = clock.after(connectTimeout, () => {
    attempt.abort(
      new ConnectError(ErrorUri.TIMEOUT, [`There was no session within ${connectTimeout} ms.`], false),
    );
  });
  try {
    await establish(url, options, port, attempt.signal);
    attempt.signal.throwIfAborted();
  } catch (error) {
    if (error instanceof ConnectError)
      startAt(about(error, { realm: options.realm, url: placeOf(url) }), connect);
    throw error;
  } finally {
    stopListening();
    stopTimer();
  }
  // What the contract says is a promise of the application, which nothing here can check.
  return session as unknown as Session<C>;
}

/** A URL for messages: its query and its credentials may be secret. */
function placeOf(url: Url): string {
  const text = typeof url === 'function' ? 'a URL of a function' : String(url);
  return text.replace(/\?.*|\/\/[^/]*@/g, (part) => (part.startsWith('?') ? '' : '//'));
}

/** One attempt, in its order: who we are, a transport, the session. */
async function establish(
  url: Url,
  {
    auth = anonymous(),
    realm,
    serializers = [json],
    transport: factory = webSocket(),
  }: ConnectOptions<unknown>,
  port: ConnectionPort,
  signal: AbortSignal,
): Promise<void> {
  const authenticators = [auth].flat();
  const target = await until(signal, locate(url));
  const introduction = await until(signal, introduce(authenticators));
  const transport = await until(
    signal,
    open(factory, target, { serializers, signal, clock: port.clock }),
    (late) => late.close(),
  );
  const connection = new Connection(transport, port);
  const stop = onAbort(signal, (reason) => connection.drop(reason));
  try {
    await connection.join(realm, introduction, authenticators);
  } finally {
    stop();
  }
}

/** @throws TypeError */
async function locate(url: Url): Promise<URL> {
  const page = (globalThis as { readonly location?: { readonly href: string } }).location?.href;
  const place: unknown = typeof url === 'function' ? await url() : url;
  try {
    return new URL(place as string | URL, page);
  } catch (cause) {
    throw Object.assign(fault('The URL', 'one such as ws://localhost:8080/ws', place), { cause });
  }
}

/** What HELLO tells of us besides the roles. @throws AuthError */
async function introduce(authenticators: readonly Authenticator[]): Promise<Dict> {
  try {
    const introductions = await Promise.all(
      authenticators.map(async (authenticator) => authenticator.hello()),
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
    throw new AuthError(ErrorUri.AUTHENTICATION_FAILED, ['The authenticator failed.'], true, { cause });
  }
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

/** The promise, unless the signal is aborted before; what comes all the same is handed to `tooLate`. */
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
