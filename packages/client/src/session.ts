/** Interface Session: a client in a realm calls, registers, subscribes and publishes. */
/// <reference lib="esnext.disposable" preserve="true" />
import type { Id, Uri } from '@wamp/protocol';
import type { Api } from './api.ts';
import type { Call } from './call.ts';
import type { CallOptions } from './call-options.ts';
import type { DefaultOptions } from './connect-options.ts';
import type {
  Declared,
  ProcedureArgs,
  ProcedureKwargs,
  ProcedureProgress,
  ProcedureResult,
  ProcedureResultKwargs,
  ProcedureUri,
  Rest,
  Scoped,
  TopicArgs,
  TopicKwargs,
  TopicUri,
  Untyped,
} from './contract.ts';
import type { Contract, ImplementOptions, Implementation } from './definition.ts';
import type { WampEvent } from './core/event.ts';
import type { Ending } from './ending.ts';
import type { Invocation } from './core/invocation.ts';
import type { PublishOptions, PublishResult } from './publication.ts';
import type { HandlerReturn, RegisterOptions, Registration } from './registration.ts';
import type { SessionEvents, SessionState, SessionStatus } from './session-events.ts';
import type { SubscribeOptions, Subscription } from './subscription.ts';
import type { Stream, StreamOptions } from './stream.ts';

/**
 * A function that serves a procedure of contract `C`; without a contract, it takes the arguments that it declares.
 */
export type ProcedureHandler<C, U extends ProcedureUri<C>, A extends unknown[] = unknown[]> = (
  args: Declared<ProcedureArgs<C, U>, A>,
  invocation: Invocation<ProcedureArgs<C, U>, ProcedureKwargs<C, U>, ProcedureProgress<C, U, 'sent'>>,
) => HandlerReturn<ProcedureResult<C, U, 'sent'>, ProcedureProgress<C, U, 'sent'>>;

/** The handlers of all procedures of contract `C`. */
export type Handlers<C> = { readonly [U in ProcedureUri<C>]: ProcedureHandler<C, U> };

/**
 * A client in a realm. Type parameter `C` is the contract: an interface with `procedures` and `topics`, which types
 * every URI, payload and result. Without it, any are accepted.
 *
 * A session outlives its connections: when one is lost, it connects again and restores its registrations and
 * subscriptions. A request that was not sent yet waits for the next connection; a request that was sent rejects with
 * a `ConnectionLostError` whose `sent` is true. No request is sent twice unless it is `idempotent`.
 *
 * Every method that sends a request rejects with a `ConnectionLostError` if the session has ended, with a
 * `ConnectError` `wamp.error.limit_exceeded` if too many requests wait for a connection, with a `SerializationError`
 * for a value that cannot be serialized, and with a `WampError` that carries the URI of the router's or the callee's
 * ERROR. An invalid URI, payload, handler or option throws a TypeError synchronously; nothing is sent, and the
 * session continues.
 */
export interface Session<C = Untyped> extends AsyncDisposable {
  readonly state: SessionState;
  /**
   * Resolves when the session is open, now or again. Rejects if the session has ended: with the error of the failed
   * attempt to connect, else with a `ConnectionLostError`.
   */
  readonly ready: Promise<this>;
  /** Resolves when the session has ended and will not reconnect. Never rejects. */
  readonly closed: Promise<Ending>;
  /** The session id, which is new on each connection; undefined while there is no connection. */
  readonly id: Id | undefined;
  readonly realm: Uri;
  /** The authid that the router has assigned. */
  readonly authid: string | undefined;
  readonly authrole: string | undefined;
  /** The roles and features that the router announced. */
  readonly routerFeatures: {
    /** True if the router has the role and, if a feature is named, announced that feature. */
    has(role: 'broker' | 'dealer', feature?: string): boolean;
  };
  /** The same session without the types of its contract, such as for the meta procedures `wamp.*`. */
  readonly untyped: Session;

  /**
   * Calls a procedure; resolves with the first positional value of its result. A payload whose keys are all names of
   * options is refused, unless options follow it, because it was probably meant as options.
   *
   * @example await session.call('math.add2', [2, 3], { timeout: 5000 });
   * @throws CallTimeoutError `wamp.error.timeout`, CanceledError `wamp.error.canceled`
   */
  call<U extends ProcedureUri<C>>(
    procedure: U,
    ...rest: Rest<
      ProcedureArgs<C, U, 'sent'>,
      ProcedureKwargs<C, U, 'sent'>,
      CallOptions<ProcedureProgress<C, U>>
    >
  ): Call<ProcedureResult<C, U>, ProcedureResultKwargs<C, U>>;

  /**
   * Procedures as functions of their positional arguments, addressed by the components of their URIs. For keyword
   * arguments and options, use `call`.
   *
   * @example await session.api.math.add2(2, 3);
   */
  readonly api: Api<C>;

  /**
   * Calls a procedure for its progressive results, and with option `input` sends it further arguments as they become
   * available. Rejects with `wamp.error.feature_not_supported` if the router does not support such input.
   *
   * @example for await (const line of session.stream('log.follow', ['app'])) print(line);
   */
  stream<U extends ProcedureUri<C>>(
    procedure: U,
    ...rest: Rest<ProcedureArgs<C, U, 'sent'>, ProcedureKwargs<C, U, 'sent'>, StreamOptions>
  ): Stream<ProcedureProgress<C, U>, ProcedureResult<C, U>, ProcedureResultKwargs<C, U>>;

  /**
   * Registers a procedure. The value that the handler returns is the first positional value of the result; see
   * `result` for several values. An `async function*` yields progressive results. A `WampError` that it throws
   * reaches the caller unchanged; any other exception reaches the caller as `wamp.error.runtime_error`, and this
   * session as event `error`.
   *
   * @example await session.register('math.add2', ([a, b]) => a + b);
   */
  register<U extends ProcedureUri<C>, A extends unknown[] = unknown[]>(
    procedure: U,
    handler: ProcedureHandler<C, U, A>,
    options?: RegisterOptions,
  ): Promise<Registration>;

  /**
   * Subscribes to a topic. An exception of the handler reaches this session as event `error`.
   *
   * @example await session.subscribe('chat.message', ([text], event) => show(text, event.publisher));
   */
  subscribe<U extends TopicUri<C>, A extends unknown[] = unknown[]>(
    topic: U,
    handler: (
      args: Declared<TopicArgs<C, U>, A>,
      event: WampEvent<TopicArgs<C, U>, TopicKwargs<C, U>>,
    ) => unknown,
    options?: SubscribeOptions,
  ): Promise<Subscription<TopicArgs<C, U>, TopicKwargs<C, U>>>;

  /**
   * Subscribes without a handler: iterate the subscription to get its events.
   *
   * @example for await (const { args } of await session.subscribe('chat.message')) show(args[0]);
   */
  subscribe<U extends TopicUri<C>>(
    topic: U,
    options?: SubscribeOptions,
  ): Promise<Subscription<TopicArgs<C, U>, TopicKwargs<C, U>>>;

  /**
   * Publishes to a topic. Without `acknowledge` it resolves when the message has been passed to the transport and at
   * most 1 MiB is unsent there; the router does not answer, and the promise need not be handled. A message that
   * exceeds the size announced by the router is refused before it is sent, with `wamp.error.payload_size_exceeded`.
   */
  publish<U extends TopicUri<C>>(
    topic: U,
    ...rest: Rest<TopicArgs<C, U, 'sent'>, TopicKwargs<C, U, 'sent'>, PublishOptions>
  ): Promise<PublishResult>;

  /**
   * Registers all procedures of a contract; resolves when all of them are registered. If one is refused, this rejects
   * with the same error, and the others are unregistered.
   *
   * @example await session.implement(contract, { 'math.add2': ([a, b]) => a + b });
   * @throws TypeError if a procedure has no handler, or a handler no procedure
   */
  implement<D>(
    contract: Contract<D>,
    handlers: Handlers<D>,
    options?: ImplementOptions,
  ): Promise<Implementation>;

  /**
   * The same session for the URIs below a prefix: `session.scope('com.app').call('add', [2, 3])` calls `com.app.add`. Events,
   * invocations and errors show whole URIs. Closing it closes the session.
   *
   * @throws TypeError if the prefix is empty or ends with a dot
   */
  scope<P extends string>(prefix: P): Session<Scoped<C, P>>;

  /**
   * The same session with further defaults for options, which apply wherever a request does not set them; option `defaults`
   * of `connect` applies below them. Closing it closes the session.
   *
   * @example const patient = session.with({ call: { timeout: 60_000 } });
   */
  with(defaults: DefaultOptions): Session<C>;

  /** Calls `listener` on each event of the type. Returns a function that removes the listener. */
  on<E extends keyof SessionEvents>(type: E, listener: (event: SessionEvents[E]) => void): () => void;

  /**
   * All these events, one by one, from now to the end of the session. If they are not taken, the latest 1,000 are
   * kept.
   */
  status(): AsyncIterableIterator<SessionStatus>;

  /**
   * Replaces the connection; while there is none, the next attempt begins at once. Use it when the application knows
   * that the network has changed.
   */
  reconnect(): void;

  /**
   * Leaves the realm without failing any request: it unsubscribes and unregisters, waits for calls and invocations in
   * flight, and then closes the session.
   * @param timeout the time (ms) after which it closes in any case. Default: 30,000
   */
  drain(timeout?: number): Promise<void>;

  /**
   * Leaves the realm: requests in flight reject, subscriptions and registrations end, and the router has 5 seconds to
   * answer. Never rejects; closing again waits for the same end.
   * @param reason the URI that is sent to the router. Default: `wamp.close.close_realm`
   */
  close(reason?: Uri): Promise<void>;
}
