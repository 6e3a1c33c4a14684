/** What options `connect` and `createSession` have in common, and what they may hold. */
import type { Serializer, Uri } from '@wamp/protocol';
import type { AuthContext, Authenticator } from './auth/authenticator.ts';
import type { Clock } from './clock.ts';
import type { Logger } from './listeners.ts';
import {
  BOOL,
  COUNT,
  FUNCTION,
  having,
  MILLISECONDS,
  nested,
  oneOf,
  rule,
  SIGNAL,
  some,
  TEXT,
  type Rule,
  type Rules,
} from './options.ts';
import type { TransportFactory } from './transports/factory.ts';

/** Where the router is; relative to the page, in browsers. A function is asked before each attempt. */
export type Url = string | URL | (() => string | URL | Promise<string | URL>);

/** How long to wait between attempts. */
export interface Backoff {
  /** The longest wait after the first failure (ms): default 250. */
  readonly min: number;
  /** The longest wait of all (ms): default 30,000. */
  readonly max: number;
  /** By what the longest wait grows with each failure: default 2. */
  readonly factor: number;
  /**
   * `full`, the default: each wait is a random part of the longest, so that not all clients of a router come back at
   * once. `none`: it is the longest.
   */
  readonly jitter: 'full' | 'none';
}

/** How to come back when a connection is lost. */
export interface ReconnectOptions extends Partial<Backoff> {
  /** After so many failed attempts in a row the session ends: default any number. */
  readonly attempts?: number | undefined;
  /** A connection that has lasted so long (ms) makes up for the failures before it: default 5,000. */
  readonly resetAfter?: number | undefined;
  /** Whether the first connection is waited for like any other: default false for `connect`, true for `createSession`. */
  readonly waitForFirst?: boolean | undefined;
  /** May say no to the next attempt; the session ends with the error then. `attempt` counts from 1. */
  readonly shouldRetry?: ((error: Error, attempt: number) => boolean) | undefined;
}

/** How to notice that a path has fallen silent. */
export interface KeepAliveOptions {
  /** After so long (ms) without a sign of life, the router is asked for one: default 25,000. */
  readonly idle?: number | undefined;
  /** It has so long (ms) to answer: default 10,000. After that, the connection is lost. */
  readonly timeout?: number | undefined;
}

/** What may wait while there is no connection. */
export interface OfflineQueueOptions {
  /** How many calls and publications: default 1,000. One more rejects with a `ConnectError` `wamp.error.limit_exceeded`. */
  readonly max?: number | undefined;
  /** How many bytes of them, about: default 1 MiB. */
  readonly maxBytes?: number | undefined;
}

/** How to connect. */
export interface CommonOptions {
  /** The realm to join. */
  readonly realm: Uri;
  /**
   * Who we are: one or several methods, best first, of which the router picks. A function is asked before each attempt.
   * Default: `anonymous()`.
   */
  readonly auth?:
    | Authenticator
    | readonly Authenticator[]
    | ((context: AuthContext) => Authenticator | Promise<Authenticator>)
    | undefined;
  /** What to speak, best first; the router picks. Default: JSON. */
  readonly serializers?: readonly Serializer[] | undefined;
  /** Default: `webSocket()`. */
  readonly transport?: TransportFactory | undefined;
  /** Milliseconds for an attempt at one URL, from the first packet to WELCOME: default 30,000. */
  readonly connectTimeout?: number | undefined;
  /** Gives up the first connection when it is aborted; `connect` rejects with its reason. A session that is open stays. */
  readonly signal?: AbortSignal | undefined;
  /** Whether a lost connection is replaced by another one: default true. With false, the session ends with it. */
  readonly reconnect?: boolean | ReconnectOptions | undefined;
  /** How to notice that a path has fallen silent; false: not at all. */
  readonly keepAlive?: false | KeepAliveOptions | undefined;
  /** What may wait while there is no connection. */
  readonly offlineQueue?: OfflineQueueOptions | undefined;
  /** Whether callers may read the message of what a procedure throws: default false, they get the URI only. */
  readonly exposeErrors?: boolean | undefined;
  /**
   * How many handlers run at once, of events and of procedures: default 1,000. What comes meanwhile waits in its
   * order, up to 8 MiB of messages; beyond that, a call is answered with `wamp.error.unavailable`, and an event is
   * dropped, which event `error` of the session tells. A handler runs until the promise that it gives is settled.
   */
  readonly maxHandlers?: number | undefined;
  /**
   * Where exceptions of handlers go unless the session has a listener for `error`, and word of a connection that does
   * not come back at once, unless it has one for `retry`: default `console`.
   */
  readonly logger?: Logger | undefined;
  /** Default: the runtime's timers. */
  readonly clock?: Clock | undefined;
}

/** When to connect. */
export interface LazyOptions {
  /**
   * Connects when something is first needed: a call, a publication, a handle, `ready`. With `closeAfter`, it also says
   * GOODBYE when nothing has been needed for so long (ms), and there is no handle. Default: false, it connects at once.
   */
  readonly lazy?: boolean | { readonly closeAfter: number } | undefined;
}

/** The options of `reconnect`, with their defaults. */
interface Retry extends Backoff {
  readonly attempts: number;
  readonly resetAfter: number;
}

/** The options with their defaults, as what runs a session wants them. */
export interface Settings extends CommonOptions, LazyOptions {
  /** At least one. */
  readonly urls: readonly Url[];
  readonly connectTimeout: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined when a lost connection is not replaced. */
  readonly retry: Retry | undefined;
  readonly waitForFirst: boolean;
  readonly shouldRetry: (error: Error, attempt: number) => boolean;
}

const SERIALIZER = having('a list of serializers, such as [json]', 'encode');
const AUTHENTICATOR = some(having('an authenticator, such as ticket(…), or a list of them', 'hello'));
const RECONNECT: Rules<ReconnectOptions> = {
  min: MILLISECONDS,
  max: MILLISECONDS,
  factor: rule('a number from 1', (value) => typeof value === 'number' && value >= 1),
  jitter: oneOf('full', 'none'),
  attempts: COUNT,
  resetAfter: MILLISECONDS,
  waitForFirst: BOOL,
  shouldRetry: FUNCTION,
};
/** What else an option may be, which the rule does not know of. */
const orElse =
  (holds: (value: unknown) => boolean, judge: Rule): Rule =>
  (value) =>
    holds(value) ? undefined : judge(value);
const isBool = (value: unknown): boolean => typeof value === 'boolean';

export const COMMON: Rules<CommonOptions> = {
  realm: TEXT,
  auth: orElse((value) => typeof value === 'function', AUTHENTICATOR),
  serializers: (value) => (Array.isArray(value) ? some(SERIALIZER)(value) : SERIALIZER(undefined)),
  transport: having('a factory of transports, such as webSocket()', 'open'),
  connectTimeout: MILLISECONDS,
  signal: SIGNAL,
  reconnect: orElse(isBool, nested('reconnect', RECONNECT)),
  keepAlive: orElse(
    (value) => value === false,
    nested('keepAlive', { idle: MILLISECONDS, timeout: MILLISECONDS }),
  ),
  offlineQueue: nested('offlineQueue', { max: COUNT, maxBytes: COUNT }),
  exposeErrors: BOOL,
  maxHandlers: COUNT,
  logger: having('an object with method error', 'error'),
  clock: having('an object with method after', 'after'),
};
export const LAZY: Rules<LazyOptions> = {
  lazy: orElse(isBool, nested('lazy', { closeAfter: MILLISECONDS })),
};
