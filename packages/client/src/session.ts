/** A client in a realm: call, register, subscribe, publish. */
/// <reference lib="esnext.disposable" preserve="true" />
import {
  CloseUri,
  ErrorUri,
  MessageType,
  PeerFeatures,
  type Dict,
  type Id,
  type Kwargs,
  type Payload,
  type Publish,
  type RouterRole,
  type Uri,
  type Welcome,
} from '@wamp/protocol';
import { PendingCall, type Call, type CallOptions } from './call.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type {
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
import type { WampEvent } from './core/event.ts';
import type { Ending, Handle } from './core/handle.ts';
import type { Invocation } from './core/invocation.ts';
import { Lane } from './core/lane.ts';
import { packed, packerIn, type PassthruOption } from './core/passthru.ts';
import { Queue } from './core/queue.ts';
import type { Waiter } from './core/requests.ts';
import type { Result } from './core/result.ts';
import { isThenable } from './core/thenable.ts';
import { about, connectionLost, toError, traced, WampError, type ConnectionLostError } from './errors.ts';
import { checkOptions, checkRequest, fault, oneOf, demand, wireOptions } from './options.ts';
import { payloadOf, requireHandler, requireUri } from './payload.ts';
import { CALL, ON_THE_WIRE, PUBLISH, REGISTER, STREAM, SUBSCRIBE, type WithKwargs } from './rules.ts';
import { onAbort, reasonOf } from './signal.ts';
import { entryOf, type Entry } from './stack.ts';
import {
  RegistrationHandle,
  type HandlerReturn,
  type Procedure,
  type RegisterOptions,
  type Registration,
} from './registration.ts';
import {
  SubscriptionHandle,
  type EventHandler,
  type SubscribeOptions,
  type Subscription,
} from './subscription.ts';
import { CallStream, collect, inputIterator, pump, type Stream, type StreamOptions } from './stream.ts';

/** How to publish. */
export interface PublishOptions {
  /** Waits for the router's confirmation, which carries the publication's id: default false. */
  readonly acknowledge?: boolean | undefined;
  /** Whether this session gets no event of its own, even if it is subscribed: default true. */
  readonly excludeMe?: boolean | undefined;
  /** Asks the router to tell the subscribers who publishes. */
  readonly discloseMe?: boolean | undefined;
  /** Asks the router to keep the event for those who subscribe later with `getRetained`. */
  readonly retain?: boolean | undefined;
  /** Sessions that get no event. */
  readonly exclude?: readonly Id[] | undefined;
  readonly excludeAuthid?: readonly string[] | undefined;
  readonly excludeAuthrole?: readonly string[] | undefined;
  /** The only sessions that may get an event. */
  readonly eligible?: readonly Id[] | undefined;
  readonly eligibleAuthid?: readonly string[] | undefined;
  readonly eligibleAuthrole?: readonly string[] | undefined;
  /** Stops waiting for the confirmation when it is aborted, and rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Lets the payload pass the router unread. */
  readonly passthru?: PassthruOption;
  /** Further attributes of PUBLISH.Options, spelled as on the wire. */
  readonly extra?: Kwargs | undefined;
}

/** What became of a publication. */
export interface PublishResult {
  /** Its id; only with `acknowledge`. */
  readonly publication?: Id;
}

/** Where a session stands. */
export type SessionState = 'open' | 'closing' | 'closed';

/** What a session tells of itself, to the listeners of `on`. */
export interface SessionEvents {
  /** It stands elsewhere now. */
  state: SessionState;
  /** It went without having been closed from here. */
  lost: ConnectionLostError;
  /** It is over. */
  close: Ending;
  /** A handler threw, or the router refused something that nobody waits for. */
  error: Error;
}

/**
 * A client in a realm. Type parameter `C` is the contract: an interface with `procedures` and
 * `topics`, which types every URI, payload and result; without it everything goes.
 *
 * Every method that talks to the router rejects with a `ConnectionLostError` when the session goes
 * (`sent` tells whether the request had left) or is over, with a `SerializationError` for a value
 * that cannot be written, and with a `WampError` of the router's or the callee's URI. What is no
 * URI, payload or handler at all, and an option that is unknown or holds what it may not, is a
 * TypeError, thrown at once: nothing is sent, and the session lives on.
 */
export interface Session<C = Untyped> extends AsyncDisposable {
  readonly state: SessionState;
  /** Resolves when the session is open; rejects, with a `ConnectionLostError`, when it is over. */
  readonly ready: Promise<this>;
  /** Resolves, and never rejects, when it is over. */
  readonly closed: Promise<Ending>;
  /** The session's id; undefined when it is over. */
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
  /** The same session without its contract, such as for the meta procedures `wamp.*`. */
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
    ...rest: Rest<ProcedureArgs<C, U>, ProcedureKwargs<C, U>, CallOptions<ProcedureProgress<C, U>>>
  ): Call<ProcedureResult<C, U>, ProcedureResultKwargs<C, U>>;

  /**
   * Calls a procedure for its progressive results, and with option `input` sends it more arguments as
   * they come. Rejects with `wamp.error.feature_not_supported` if the router takes no such input.
   *
   * @example for await (const line of session.stream('log.follow', ['app'])) print(line);
   */
  stream<U extends ProcedureUri<C>>(
    procedure: U,
    ...rest: Rest<ProcedureArgs<C, U>, ProcedureKwargs<C, U>, StreamOptions>
  ): Stream<ProcedureProgress<C, U>, ProcedureResult<C, U>, ProcedureResultKwargs<C, U>>;

  /**
   * Offers a procedure. What the handler returns is the first positional value of the result; see
   * `result` for more; an `async function*` yields progressive results. A `WampError` that it throws reaches the caller as it is; anything else does
   * as `wamp.error.runtime_error`, and this session as event `error`.
   *
   * @example await session.register('math.add2', ([a, b]) => a + b);
   */
  register<U extends ProcedureUri<C>>(
    procedure: U,
    handler: (
      args: ProcedureArgs<C, U>,
      invocation: Invocation<ProcedureArgs<C, U>, ProcedureKwargs<C, U>, ProcedureProgress<C, U>>,
    ) => HandlerReturn<ProcedureResult<C, U>, ProcedureProgress<C, U>>,
    options?: RegisterOptions,
  ): Promise<Registration>;

  /**
   * Subscribes to a topic. What the handler throws reaches this session as event `error`.
   *
   * @example await session.subscribe('chat.message', ([text], event) => show(text, event.publisher));
   */
  subscribe<U extends TopicUri<C>>(
    topic: U,
    handler: (args: TopicArgs<C, U>, event: WampEvent<TopicArgs<C, U>, TopicKwargs<C, U>>) => unknown,
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
    ...rest: Rest<TopicArgs<C, U>, TopicKwargs<C, U>, PublishOptions>
  ): Promise<PublishResult>;

  /** Calls `listener` on each event of the type, until the function that it returns is called. */
  on<E extends keyof SessionEvents>(type: E, listener: (event: SessionEvents[E]) => void): () => void;

  /**
   * Leaves the realm: what is in flight rejects, handles end, and the router has 5 seconds to answer.
   * Never rejects; closing twice waits for the same end.
   * @param reason the URI that the router is told: default `wamp.close.close_realm`
   */
  close(reason?: Uri): Promise<void>;
}

/** Where exceptions go that nobody else gets to see, unless the session has a listener for `error`. */
export interface Logger {
  error(message: string, error: Error): void;
}

/** What a session needs of `connect`. */
export interface SessionPort {
  readonly realm: Uri;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What `on` listens to. */
const EVENT = oneOf('state', 'lost', 'close', 'error');

/** The one implementation; contracts exist in its type only. */
export class ClientSession implements Session {
  readonly closed: Promise<Ending>;
  readonly #port: SessionPort;
  readonly #listeners = new Map<keyof SessionEvents, Set<(event: never) => unknown>>();
  #connection: Connection | undefined;
  #state: SessionState = 'closed';
  #welcome: Welcome | undefined;
  #features = new PeerFeatures({});
  #ending: Ending | undefined;
  #resolveClosed: ((ending: Ending) => void) | undefined;
  /** Where what is to be packed waits for what was packed before it. */
  readonly #lane = new Lane();

  constructor(port: SessionPort) {
    this.#port = port;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  get state(): SessionState {
    return this.#state;
  }

  get ready(): Promise<this> {
    if (this.#state === 'open') return Promise.resolve(this);
    const ready = Promise.reject<this>(this.#over());
    ready.catch(ignore);
    return ready;
  }

  get id(): Id | undefined {
    return this.#state === 'closed' ? undefined : this.#welcome?.session;
  }

  get realm(): Uri {
    return this.#welcome?.details.realm ?? this.#port.realm;
  }

  get authid(): string | undefined {
    return this.#welcome?.details.authid;
  }

  get authrole(): string | undefined {
    return this.#welcome?.details.authrole;
  }

  get routerFeatures(): PeerFeatures {
    return this.#features;
  }

  get untyped(): Session {
    return this;
  }

  call(procedure: Uri, payload?: unknown, options?: WithKwargs<CallOptions<never>>): PendingCall {
    const entry = entryOf(this, 'call');
    requireUri(procedure, entry);
    checkRequest('call', CALL, payload, options, entry);
    const body = payloadOf(payload, options?.kwargs, entry);
    const onProgress = options?.onProgress;
    const progress =
      onProgress === undefined
        ? undefined
        : (whole: Result): void => this.#tell(() => onProgress(whole.value as never, whole as never));
    return this.#call(procedure, body, options, progress);
  }

  stream(procedure: Uri, payload?: unknown, options?: WithKwargs<StreamOptions>): CallStream {
    const entry = entryOf(this, 'stream');
    requireUri(procedure, entry);
    checkRequest('stream', STREAM, payload, options, entry);
    const { input, buffer, kwargs } = options ?? {};
    const body = payloadOf(payload, kwargs, entry);
    const iterator = input === undefined ? undefined : inputIterator(input);
    const progress = new Queue<unknown>(buffer);
    const call: PendingCall = this.#call(
      procedure,
      body,
      options,
      collect(progress, () => call),
      iterator,
    );
    return new CallStream(call, progress);
  }

  register(procedure: Uri, handler: Procedure, options: RegisterOptions = {}): Promise<Registration> {
    const entry = entryOf(this, 'register');
    requireUri(procedure, entry);
    requireHandler(handler, entry);
    checkOptions('register', REGISTER, options, entry);
    const handle: RegistrationHandle = new RegistrationHandle(
      procedure,
      wireOptions(options, ON_THE_WIRE.register),
      () => this.#connection?.registrations.leave(handle) ?? Promise.resolve(),
      handler,
      options.passthru,
    );
    return this.#attach(handle, (connection) => connection.registrations.join(handle), options.signal, {
      procedure,
    });
  }

  subscribe(topic: Uri, handler: EventHandler, options?: SubscribeOptions): Promise<Subscription<unknown[]>>;
  subscribe(topic: Uri, options?: SubscribeOptions): Promise<Subscription<unknown[]>>;
  subscribe(
    topic: Uri,
    ...rest: (EventHandler | SubscribeOptions | undefined)[]
  ): Promise<Subscription<unknown[]>> {
    const entry = entryOf(this, 'subscribe');
    requireUri(topic, entry);
    const { handler, options = {} } = subscribing(rest, entry);
    const handle: SubscriptionHandle = new SubscriptionHandle(
      topic,
      wireOptions(options, ON_THE_WIRE.subscribe),
      () => this.#connection?.subscriptions.leave(handle) ?? Promise.resolve(),
      handler,
      options,
    );
    return this.#attach(handle, (connection) => connection.subscriptions.join(handle), options.signal, {
      topic,
    });
  }

  publish(topic: Uri, payload?: unknown, given?: WithKwargs<PublishOptions>): Promise<PublishResult> {
    const entry = entryOf(this, 'publish');
    requireUri(topic, entry);
    checkRequest('publish', PUBLISH, payload, given, entry);
    const options = given ?? {};
    const body = payloadOf(payload, options.kwargs, entry);
    const wire = wireOptions(options, ON_THE_WIRE.publish);
    const acknowledged = wire['acknowledge'] === true;
    const { signal } = options;
    const published = new Promise<PublishResult>((resolve, reject) => {
      this.#whileOpen(signal, reject, (connection) => {
        const stop = onAbort(signal, (reason) => {
          if (request !== undefined) connection.requests.forget(request);
          waiter.failed(reason);
        });
        const waiter: Waiter = {
          type: MessageType.PUBLISH,
          answered: (answer) => {
            stop();
            resolve(answer.type === MessageType.PUBLISHED ? { publication: answer.publication } : {});
          },
          failed: (error) => {
            stop();
            reject(about(error, { topic }));
          },
        };
        let request: Id | undefined;
        const send = (options: Dict, payload: Payload): void => {
          if (signal?.aborted === true) return;
          const build = (request: Id): Publish => ({
            type: MessageType.PUBLISH,
            request,
            options,
            topic,
            payload,
          });
          request = connection.request(waiter, build, acknowledged);
          if (request === undefined || acknowledged) return;
          stop();
          resolve(connection.room()?.then(() => ({})) ?? {});
        };
        const packer = packerIn(options.passthru);
        if (packer === undefined) send(wire, body);
        else {
          const lacking = this.#lacking('broker', { payload_passthru_mode: true });
          const step = (): Promise<void> =>
            packed(packer, wire, body, topic).then((ready) => send(ready.options, ready.payload));
          if (lacking !== undefined) waiter.failed(lacking);
          else void this.#lane.pass(step, (thrown) => waiter.failed(toError(thrown)));
        }
      });
    });
    // Fire and forget is what publishing without confirmation is for.
    if (acknowledged) return published.catch(traced);
    published.catch(ignore);
    return published;
  }

  on<E extends keyof SessionEvents>(type: E, listener: (event: SessionEvents[E]) => void): () => void {
    const entry = entryOf(this, 'on');
    demand(EVENT, type, 'The event of on', entry);
    requireHandler(listener, entry);
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  async close(reason: Uri = CloseUri.CLOSE_REALM): Promise<void> {
    if (this.#state === 'open') {
      this.#ending = { reason };
      this.#become('closing');
      this.#connection?.close(reason);
    }
    await this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** For the connection: the router has let us in. */
  joined(connection: Connection, welcome: Welcome): void {
    this.#connection = connection;
    this.#welcome = welcome;
    this.#features = connection.features;
    this.#become('open');
  }

  /** For the connection: it is over. */
  ended(ending: Ending): void {
    this.#connection = undefined;
    this.#ending = ending;
    this.#become('closed');
    if (ending.error !== undefined) this.#emit('lost', connectionLost(ending, true));
    this.#emit('close', ending);
    this.#resolveClosed?.(ending);
  }

  /** An exception that nobody else gets to see. */
  report(error: Error): void {
    if (!this.#emit('error', error)) this.#log(error);
  }

  #call(
    procedure: Uri,
    payload: Payload,
    options: CallOptions<never> = {},
    progress?: (result: Result) => void,
    input?: AsyncIterator<unknown> | Iterator<unknown>,
  ): PendingCall {
    const { timeout } = options;
    const call = new PendingCall({
      procedure,
      payload,
      wire: {
        ...(progress !== undefined && { receive_progress: true }),
        ...(input !== undefined && { progress: true }),
        ...wireOptions(options, ON_THE_WIRE.call),
        ...(timeout !== undefined && { timeout: Math.ceil(timeout) }),
      },
      options,
      progress,
      sent: (): void => {
        if (input !== undefined) void pump(input, call);
      },
    });
    const lacking = this.#lacking('dealer', {
      progressive_call_invocations: input !== undefined,
      payload_passthru_mode: options.passthru !== undefined,
    });
    if (this.#connection === undefined) call.failed(this.#over());
    else if (lacking !== undefined) call.failed(lacking);
    else call.start(this.#connection, this.#port.clock, this.#lane);
    return call;
  }

  /** PCI-2, PPT-2: a router that has not announced what we would use would end the session. */
  #lacking(role: RouterRole, used: Readonly<Record<string, boolean>>): Error | undefined {
    for (const [feature, isUsed] of Object.entries(used)) {
      if (isUsed && !this.#features.has(role, feature)) {
        return new WampError(ErrorUri.FEATURE_NOT_SUPPORTED, [`The router has not announced ${feature}.`]);
      }
    }
    return undefined;
  }

  /** Calls a function of the application; what it throws or rejects with is reported. */
  #tell(listener: () => unknown): void {
    const report = (thrown: unknown): void => this.report(toError(thrown));
    try {
      const outcome = listener();
      if (isThenable(outcome)) Promise.resolve(outcome).catch(report);
    } catch (thrown) {
      report(thrown);
    }
  }

  #attach<H extends Handle>(
    handle: H,
    join: (connection: Connection) => Promise<void>,
    signal: AbortSignal | undefined,
    subject: { readonly procedure: Uri } | { readonly topic: Uri },
  ): Promise<H> {
    return new Promise<H>((resolve, reject) => {
      this.#whileOpen(signal, reject, (connection) => {
        const stop = onAbort(signal, (reason) => {
          reject(reason);
          handle.leave({ reason: 'aborted' }).catch((error: unknown) => this.report(toError(error)));
        });
        void handle.ended.then(stop);
        join(connection).then(
          () => resolve(handle),
          (thrown: unknown) => {
            const error = about(toError(thrown), subject);
            handle.end({ reason: 'refused', error });
            reject(error);
          },
        );
      });
    }).catch(traced);
  }

  /** Goes on only with a connection, and a signal that is not aborted yet. */
  #whileOpen(
    signal: AbortSignal | undefined,
    reject: (error: Error) => void,
    goOn: (connection: Connection) => void,
  ): void {
    if (this.#connection === undefined) reject(this.#over());
    else if (signal?.aborted === true) reject(reasonOf(signal));
    else goOn(this.#connection);
  }

  #over(): Error {
    return connectionLost(this.#ending ?? { reason: ErrorUri.NETWORK_FAILURE }, false);
  }

  #become(state: SessionState): void {
    this.#state = state;
    this.#emit('state', state);
  }

  /** True when there was someone to hear it. */
  #emit<E extends keyof SessionEvents>(type: E, event: SessionEvents[E]): boolean {
    const listeners = this.#listeners.get(type);
    if (listeners === undefined || listeners.size === 0) return false;
    // What a listener of errors throws goes no further than to the log.
    const failed = (thrown: unknown): void => {
      if (type === 'error') this.#log(toError(thrown));
      else this.report(toError(thrown));
    };
    for (const listener of listeners) {
      try {
        // `on` has put it under the type that it listens to.
        const outcome = listener(event as never);
        if (isThenable(outcome)) Promise.resolve(outcome).catch(failed);
      } catch (thrown) {
        failed(thrown);
      }
    }
    return true;
  }

  #log(error: Error): void {
    try {
      this.#port.logger.error('WAMP:', error);
    } catch {
      // A logger that fails leaves nobody to tell.
    }
  }
}

function ignore(): void {
  // Whoever wants to know has a promise of their own.
}

/** What `subscribe` was given behind the topic. @throws TypeError */
function subscribing(
  given: readonly (EventHandler | SubscribeOptions | undefined)[],
  entry: Entry,
): { readonly handler: EventHandler | undefined; readonly options?: SubscribeOptions | undefined } {
  const [first, second] = given;
  if (given.length > 0 && typeof first !== 'function' && (given.length > 1 || first === undefined)) {
    throw fault(
      'The handler of subscribe',
      'a function; without one, options follow the topic',
      first,
      entry,
    );
  }
  const handler = typeof first === 'function' ? first : undefined;
  const options = handler === undefined ? first : second;
  if (options !== undefined) checkOptions('subscribe', SUBSCRIBE, options, entry);
  // A function is none: the check has refused it.
  return { handler, options: options as SubscribeOptions | undefined };
}
