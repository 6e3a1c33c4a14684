/** The session that an application gets: checks what it asks for, and hands it to the connection, if there is one. */
/// <reference lib="esnext.disposable" preserve="true" />
import {
  CloseUri,
  ErrorUri,
  PeerFeatures,
  type Id,
  type Payload,
  type Uri,
  type Welcome,
} from '@wamp/protocol';
import { lacking } from './announced.ts';
import { apiOf, type Api } from './api.ts';
import { PendingCall, type Call, type CallOptions } from './call.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { Untyped } from './contract.ts';
import type { Contract, ImplementOptions, Implementation } from './definition.ts';
import type { Handle } from './core/handle.ts';
import type { Ending } from './ending.ts';
import { Lane } from './core/lane.ts';
import { packerIn } from './core/passthru.ts';
import { Queue } from './core/queue.ts';
import { ignore } from './core/quietly.ts';
import type { Result } from './core/result.ts';
import { about, connectionLost, toError, traced } from './errors.ts';
import { Listeners, type Logger } from './listeners.ts';
import { checkOptions, checkRequest, fault, oneOf, demand, wireOptions } from './options.ts';
import { payloadOf, requireHandler, requireUri } from './payload.ts';
import { PendingPublication, type PublishOptions, type PublishResult } from './publication.ts';
import { CALL, ON_THE_WIRE, PUBLISH, REGISTER, STREAM, SUBSCRIBE, type WithKwargs } from './rules.ts';
import type { Handlers, Session, SessionEvents, SessionState } from './session.ts';
import { onAbort, reasonOf } from './signal.ts';
import { entryOf, type Entry } from './stack.ts';
import {
  RegistrationHandle,
  type DeclaredProcedure,
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
  readonly #listeners: Listeners;
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
    this.#listeners = new Listeners(port.logger);
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

  call(procedure: Uri, payload?: unknown, options?: WithKwargs<CallOptions<never>>): Call<unknown> {
    const entry = entryOf(this, 'call');
    requireUri(procedure, entry);
    checkRequest('call', CALL, payload, options, entry);
    const body = payloadOf(payload, options?.kwargs, entry);
    const onProgress = options?.onProgress;
    const progress =
      onProgress === undefined
        ? undefined
        : (whole: Result): void =>
            this.#listeners.tell(() => onProgress(whole.value as never, whole as never));
    return this.#call(procedure, body, options, progress);
  }

  stream(procedure: Uri, payload?: unknown, options?: WithKwargs<StreamOptions>): Stream<unknown, unknown> {
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

  register(procedure: Uri, handler: DeclaredProcedure, options: RegisterOptions = {}): Promise<Registration> {
    const entry = entryOf(this, 'register');
    requireUri(procedure, entry);
    requireHandler(handler, entry);
    checkOptions('register', REGISTER, options, entry);
    const handle: RegistrationHandle = new RegistrationHandle(
      procedure,
      wireOptions(options, ON_THE_WIRE.register),
      () => this.#connection?.registrations.leave(handle) ?? Promise.resolve(),
      handler as Procedure,
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
    const { signal, passthru } = options;
    const published = new Promise<PublishResult>((resolve, reject) => {
      this.#whileOpen(signal, reject, (connection) => {
        const publication = new PendingPublication(
          { topic, payload: body, wire, options },
          { resolve, reject },
        );
        const missing = lacking(this.#features, 'broker', {
          payload_passthru_mode: packerIn(passthru) !== undefined,
        });
        if (missing !== undefined) publication.failed(missing);
        else publication.start(connection, this.#lane);
      });
    });
    // Fire and forget is what publishing without confirmation is for.
    if (wire['acknowledge'] === true) return published.catch(traced);
    published.catch(ignore);
    return published;
  }

  get api(): Api<Untyped> {
    return apiOf((procedure, args) => this.call(procedure, args));
  }

  implement<D>(
    contract: Contract<D>,
    handlers: Handlers<D>,
    options: ImplementOptions = {},
  ): Promise<Implementation> {
    return contract['~implement'](handlers, options, (procedure, handler, given) =>
      this.register(procedure, handler, given),
    );
  }

  on<E extends keyof SessionEvents>(type: E, listener: (event: SessionEvents[E]) => void): () => void {
    const entry = entryOf(this, 'on');
    demand(EVENT, type, 'The event of on', entry);
    requireHandler(listener, entry);
    return this.#listeners.add(type, listener);
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
    if (ending.error !== undefined) this.#listeners.emit('lost', connectionLost(ending, true));
    this.#listeners.emit('close', ending);
    this.#resolveClosed?.(ending);
  }

  /** An exception that nobody else gets to see. */
  report(error: Error): void {
    this.#listeners.report(error);
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
    const missing = lacking(this.#features, 'dealer', {
      progressive_call_invocations: input !== undefined,
      payload_passthru_mode: options.passthru !== undefined,
    });
    if (this.#connection === undefined) call.failed(this.#over());
    else if (missing !== undefined) call.failed(missing);
    else call.start(this.#connection, this.#port.clock, this.#lane);
    return call;
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
    this.#listeners.emit('state', state);
  }
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
