/** The options that `connect` and `createSession` share, and the rules for their values. */
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
import type { CallOptions } from './call-options.ts';
import type { PublishOptions } from './publication.ts';
import { CALL, PUBLISH, SUBSCRIBE } from './rules.ts';
import type { SubscribeOptions } from './subscription.ts';
import type { TransportFactory } from './transports/factory.ts';

/**
 * The address of the router; in browsers it may be relative to the page. A function is called before each attempt.
 */
export type Url = string | URL | (() => string | URL | Promise<string | URL>);

/** The delays between attempts to connect. */
export interface Backoff {
  /** Upper limit of the first delay (ms). Default: 250. */
  readonly min: number;
  /** Upper limit of every delay (ms). Default: 30,000. */
  readonly max: number;
  /** The factor by which the upper limit grows with each failure. Default: 2. */
  readonly factor: number;
  /**
   * `full`, the default: each delay is a random part of the upper limit, so that the clients of a router do not all
   * reconnect at once. `none`: each delay equals the upper limit.
   */
  readonly jitter: 'full' | 'none';
}

/** How to reconnect when a connection is lost. */
export interface ReconnectOptions extends Partial<Backoff> {
  /** The number of consecutive failed attempts after which the session ends. Default: no limit. */
  readonly attempts?: number | undefined;
  /** A connection that lasted this long (ms) resets the count of failures. Default: 5,000. */
  readonly resetAfter?: number | undefined;
  /**
   * Whether a failure of the first connection is retried, too. Default: false for `connect`, true for
   * `createSession`.
   */
  readonly waitForFirst?: boolean | undefined;
  /** Decides whether to make the next attempt; if not, the session ends with the error. `attempt` counts from 1. */
  readonly shouldRetry?: ((error: Error, attempt: number) => boolean) | undefined;
}

/** How to detect a dead connection. */
export interface KeepAliveOptions {
  /** How long the connection may be silent (ms) before the router is probed. Default: 25,000. */
  readonly idle?: number | undefined;
  /** How long the router may take to answer the probe (ms) before the connection counts as lost. Default: 10,000. */
  readonly timeout?: number | undefined;
}

/** Options that apply wherever a call, publication or subscription does not set them, or sets them to `undefined`. */
export interface DefaultOptions {
  /** For `call` and `stream`, such as `{ timeout: 10_000 }`; a stream is never `idempotent`. */
  readonly call?: Omit<CallOptions, 'signal' | 'onProgress'> | undefined;
  /** For `publish`, such as `{ acknowledge: true }`. */
  readonly publish?: Omit<PublishOptions, 'signal'> | undefined;
  /** For `subscribe`, such as `{ recover: false }`. */
  readonly subscribe?: Omit<SubscribeOptions, 'signal' | 'since'> | undefined;
}

/** Limits of the requests that wait while there is no connection. */
export interface OfflineQueueOptions {
  /**
   * The number of calls and publications. Default: 1,000. One more rejects with a `ConnectError`
   * `wamp.error.limit_exceeded`.
   */
  readonly max?: number | undefined;
  /** Their total size in bytes, approximately. Default: 1 MiB. */
  readonly maxBytes?: number | undefined;
}

/** Options that `connect` and `createSession` share. */
export interface CommonOptions {
  /** The realm to join. */
  readonly realm: Uri;
  /**
   * One or several authentication methods in order of preference; the router chooses one. A function is called before
   * each attempt. Default: `anonymous()`.
   */
  readonly auth?:
    | Authenticator
    | readonly Authenticator[]
    | ((context: AuthContext) => Authenticator | Promise<Authenticator>)
    | undefined;
  /** The serializers in order of preference; the router chooses one. Default: JSON. */
  readonly serializers?: readonly Serializer[] | undefined;
  /** The transport. Default: `webSocket()`. */
  readonly transport?: TransportFactory | undefined;
  /** How long an attempt at one URL may take, until WELCOME (ms). Default: 30,000. */
  readonly connectTimeout?: number | undefined;
  /**
   * Aborts the first attempt to connect: `connect` rejects with its reason. It does not close a session that is open.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether to reconnect when a connection is lost, and how. Default: true. With false, the session ends with its
   * first connection.
   */
  readonly reconnect?: boolean | ReconnectOptions | undefined;
  /** How to detect a dead connection; false turns detection off. */
  readonly keepAlive?: false | KeepAliveOptions | undefined;
  /** Defaults for the options of calls, publications and subscriptions. */
  readonly defaults?: DefaultOptions | undefined;
  /** Limits of the requests that wait while there is no connection. */
  readonly offlineQueue?: OfflineQueueOptions | undefined;
  /**
   * Whether callers receive the message of an exception that a procedure throws. Default: false, they receive the URI
   * only.
   */
  readonly exposeErrors?: boolean | undefined;
  /**
   * How many handlers of events and procedures run at the same time. Default: 1,000. Further messages queue, up to 8
   * MiB; beyond that, a call is answered with `wamp.error.unavailable`, and an event is dropped, which the session
   * reports as event `error`. A handler runs until the promise that it returned is settled.
   */
  readonly maxHandlers?: number | undefined;
  /**
   * Receives exceptions of handlers if the session has no listener for `error`, and reports of failed attempts to
   * reconnect if it has none for `retry`. Default: `console`.
   */
  readonly logger?: Logger | undefined;
  /** The source of time and timers. Default: those of the runtime. */
  readonly clock?: Clock | undefined;
}

/** When to connect. */
export interface LazyOptions {
  /**
   * Connects on first use: a call, a publication, a subscription, a registration, or `ready`. With `closeAfter`, it
   * also disconnects after this many milliseconds without use, if it has no subscriptions and registrations. Default:
   * false, it connects at once.
   */
  readonly lazy?: boolean | { readonly closeAfter: number } | undefined;
}

/** The options of `reconnect`, with their defaults. */
interface Retry extends Backoff {
  readonly attempts: number;
  readonly resetAfter: number;
}

/** The options with their defaults. */
export interface Settings extends CommonOptions, LazyOptions {
  /** At least one. */
  readonly urls: readonly Url[];
  readonly connectTimeout: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined if a lost connection is not replaced. */
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
/** Accepts another type of value, which the rule does not cover. */
const orElse =
  (holds: (value: unknown) => boolean, judge: Rule): Rule =>
  (value) =>
    holds(value) ? undefined : judge(value);
const isBool = (value: unknown): boolean => typeof value === 'boolean';

const without = (rules: Rules, ...names: readonly string[]): Rules =>
  Object.fromEntries(Object.entries(rules).filter(([name]) => !names.includes(name)));

/** The rule for option `defaults`, and for the argument of `with`. */
export const DEFAULTS: Rule = nested('defaults', {
  call: nested('defaults.call', without(CALL, 'signal', 'onProgress', 'kwargs')),
  publish: nested('defaults.publish', without(PUBLISH, 'signal', 'kwargs')),
  subscribe: nested('defaults.subscribe', without(SUBSCRIBE, 'signal', 'since')),
});

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
  defaults: DEFAULTS,
  offlineQueue: nested('offlineQueue', { max: COUNT, maxBytes: COUNT }),
  exposeErrors: BOOL,
  maxHandlers: COUNT,
  logger: having('an object with method error', 'error'),
  clock: having('an object with method after', 'after'),
};
export const LAZY: Rules<LazyOptions> = {
  lazy: orElse(isBool, nested('lazy', { closeAfter: MILLISECONDS })),
};
