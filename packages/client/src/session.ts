/** A client in a realm: call, register, subscribe, publish. */
/// <reference lib="esnext.disposable" preserve="true" />
import type { Id, Uri } from '@wamp/protocol';
import type { Api } from './api.ts';
import type { Call } from './call.ts';
import type { CallOptions } from './call-options.ts';
import type {
  Declared,
  ProcedureArgs,
  ProcedureKwargs,
  ProcedureProgress,
  ProcedureResult,
  ProcedureResultKwargs,
  ProcedureUri,
  Rest,
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

/** A function that serves a procedure of contract `C`; without a contract, it takes the arguments that it declares. */
export type ProcedureHandler<C, U extends ProcedureUri<C>, A extends unknown[] = unknown[]> = (
  args: Declared<ProcedureArgs<C, U>, A>,
  invocation: Invocation<ProcedureArgs<C, U>, ProcedureKwargs<C, U>, ProcedureProgress<C, U, 'sent'>>,
) => HandlerReturn<ProcedureResult<C, U, 'sent'>, ProcedureProgress<C, U, 'sent'>>;

/** The handlers of all procedures of contract `C`. */
export type Handlers<C> = { readonly [U in ProcedureUri<C>]: ProcedureHandler<C, U> };

/**
 * A client in a realm. Type parameter `C` is the contract: an interface with `procedures` and
 * `topics`, which types every URI, payload and result; without it everything goes.
 *
 * A session outlives its connections: when one is lost, it gets another, and what it has registered and subscribed to is
 * there again. A request that has not been written waits for the next connection; one that has been rejects with a
 * `ConnectionLostError` whose `sent` is true, and nothing is sent twice unless it is `idempotent`.
 *
 * Every method that talks to the router rejects with a `ConnectionLostError` when the session is over, too, with a
 * `ConnectError` `wamp.error.limit_exceeded` when too much waits for a connection, with a `SerializationError` for a value
 * that cannot be written, and with a `WampError` of the router's or the callee's URI. What is no
 * URI, payload or handler at all, and an option that is unknown or holds what it may not, is a
 * TypeError, thrown at once: nothing is sent, and the session lives on.
 */
export interface Session<C = Untyped> extends AsyncDisposable {
  readonly state: SessionState;
  /**
   * Resolves when the session is open, now or again. Rejects when it is over: with what the attempt to connect failed with,
   * else with a `ConnectionLostError`.
   */
  readonly ready: Promise<this>;
  /** Resolves, and never rejects, when it is over, and no other connection will come. */
  readonly closed: Promise<Ending>;
  /** The session's id at the router, another one on each connection; undefined while there is none. */
  readonly id: Id | undefined;
  readonly realm: Uri;
  /** Who the router takes us for. */
  readonly authid: string | undefined;
  readonly authrole: string | undefined;
  /** What the router announced. */
  readonly routerFeatures: {
    /** True when the router plays the role and, if one is named, announced the feature for it. */
    has(role: 'broker' | 'dealer', feature?: string): boolean;
  };
  /** The same session without the types of its contract, such as for the meta procedures `wamp.*`. */
  readonly untyped: Session;

  /**
   * Calls a procedure; resolves with the first positional value of its result. A payload whose keys are
   * all names of options is refused, unless options follow it: it was meant to be them.
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
   * Procedures as functions of their positional arguments, by the components of their URIs. For keyword arguments and
   * options there is `call`.
   *
   * @example await session.api.math.add2(2, 3);
   */
  readonly api: Api<C>;

  /**
   * Calls a procedure for its progressive results, and with option `input` sends it more arguments as
   * they come. Rejects with `wamp.error.feature_not_supported` if the router takes no such input.
   *
   * @example for await (const line of session.stream('log.follow', ['app'])) print(line);
   */
  stream<U extends ProcedureUri<C>>(
    procedure: U,
    ...rest: Rest<ProcedureArgs<C, U, 'sent'>, ProcedureKwargs<C, U, 'sent'>, StreamOptions>
  ): Stream<ProcedureProgress<C, U>, ProcedureResult<C, U>, ProcedureResultKwargs<C, U>>;

  /**
   * Offers a procedure. What the handler returns is the first positional value of the result; see
   * `result` for more; an `async function*` yields progressive results. A `WampError` that it throws reaches the caller as it is; anything else does
   * as `wamp.error.runtime_error`, and this session as event `error`.
   *
   * @example await session.register('math.add2', ([a, b]) => a + b);
   */
  register<U extends ProcedureUri<C>, A extends unknown[] = unknown[]>(
    procedure: U,
    handler: ProcedureHandler<C, U, A>,
    options?: RegisterOptions,
  ): Promise<Registration>;

  /**
   * Subscribes to a topic. What the handler throws reaches this session as event `error`.
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
   * Subscribes without a handler: the subscription is iterated.
   *
   * @example for await (const { args } of await session.subscribe('chat.message')) show(args[0]);
   */
  subscribe<U extends TopicUri<C>>(
    topic: U,
    options?: SubscribeOptions,
  ): Promise<Subscription<TopicArgs<C, U>, TopicKwargs<C, U>>>;

  /**
   * Publishes to a topic. Without `acknowledge` it resolves when the message has been handed to the
   * transport and at most 1 MiB there is unsent; the router says nothing back, and the promise may be
   * left alone. A message longer than the router takes is refused before it is written, with
   * `wamp.error.payload_size_exceeded`, where the router announces its limit.
   */
  publish<U extends TopicUri<C>>(
    topic: U,
    ...rest: Rest<TopicArgs<C, U, 'sent'>, TopicKwargs<C, U, 'sent'>, PublishOptions>
  ): Promise<PublishResult>;

  /**
   * Offers all procedures of a contract; resolves when all of them are registered. If one is refused, so is this, and
   * the others are withdrawn.
   *
   * @example await session.implement(contract, { 'math.add2': ([a, b]) => a + b });
   * @throws TypeError when a procedure has no handler, or a handler no procedure
   */
  implement<D>(
    contract: Contract<D>,
    handlers: Handlers<D>,
    options?: ImplementOptions,
  ): Promise<Implementation>;

  /** Calls `listener` on each event of the type, until the function that it returns is called. */
  on<E extends keyof SessionEvents>(type: E, listener: (event: SessionEvents[E]) => void): () => void;

  /** All these events, one by one, from now to the end of the session; of those that nobody takes, the latest 1,000. */
  status(): AsyncIterableIterator<SessionStatus>;

  /**
   * Gives the connection up for another one; while there is none, the next attempt begins at once. Such as when the
   * application knows that the network is another.
   */
  reconnect(): void;

  /**
   * Leaves the realm without failing anybody: first no more events and invocations come, then what is in flight
   * finishes, on both sides, and then it closes.
   * @param timeout after so long (ms), it closes in any case: default 30,000
   */
  drain(timeout?: number): Promise<void>;

  /**
   * Leaves the realm: what is in flight rejects, handles end, and the router has 5 seconds to answer.
   * Never rejects; closing twice waits for the same end.
   * @param reason the URI that the router is told: default `wamp.close.close_realm`
   */
  close(reason?: Uri): Promise<void>;
}
