/** The implementation of Session: checks arguments and passes requests to the workload, which sends or queues them. */
/// <reference lib="esnext.disposable" preserve="true" />
import {
  CloseUri,
  PeerFeatures,
  plainJson as json,
  type Id,
  type Payload,
  type Uri,
  type Welcome,
} from '@wamp/protocol';
import { apiOf, type Api } from './api.ts';
import { PendingCall, type Call } from './call.ts';
import { needsOf, type CallOptions } from './call-options.ts';
import { DEFAULTS, type DefaultOptions, type Settings } from './connect-options.ts';
import type { Untyped } from './contract.ts';
import type { Contract, ImplementOptions, Implementation } from './definition.ts';
import type { Handle } from './core/handle.ts';
import type { Intents } from './core/intents.ts';
import { Opening } from './core/opening.ts';
import { withDefaults } from './defaults.ts';
import { drained } from './drained.ts';
import type { Ending } from './ending.ts';
import { handled, loadLateCode } from './handling.ts';
import { Queue } from './core/queue.ts';
import { ignore } from './core/quietly.ts';
import type { Result } from './core/result.ts';
import { about, connectionLost, toError, traced } from './errors.ts';
import { Listeners } from './listeners.ts';
import { checkOptions, checkRequest, MILLISECONDS, oneOf, demand, wireOptions } from './options.ts';
import type { RequestArguments } from './options.ts';
import { payloadOf, requireHandler, requireUri } from './payload.ts';
import { PendingPublication, type PublishOptions, type PublishResult } from './publication.ts';
import { CALL, callAttributes, ON_THE_WIRE, PUBLISH, REGISTER, STREAM } from './rules.ts';
import type { Handlers, Session } from './session.ts';
import type { SessionEvents, SessionState, SessionStatus } from './session-events.ts';
import { onAbort, reasonOf } from './signal.ts';
import { entryOf } from './stack.ts';
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
import { subscribing } from './subscribing.ts';
import { statusOf } from './status.ts';
import { Supervisor } from './supervisor.ts';
import { prefixOf, viewOf } from './view.ts';
import { Workload } from './workload.ts';
import { CallStream, collect, inputIterator, pump, type Stream, type StreamOptions } from './stream.ts';

/** The names of events that `on` accepts. */
const EVENT = oneOf('state', 'open', 'lost', 'retry', 'restored', 'close', 'error', 'frame');

/** The only implementation; contracts exist in its type only. */
export class ClientSession implements Session {
  readonly closed: Promise<Ending>;
  readonly #settings: Settings;
  readonly #listeners: Listeners;
  readonly #workload: Workload;
  readonly #supervisor: Supervisor;
  readonly #opening = new Opening<this>();
  #welcome: Welcome | undefined;
  #features = new PeerFeatures({});
  #resolveClosed: ((ending: Ending) => void) | undefined;

  constructor(settings: Settings) {
    const { clock, logger, exposeErrors = false, maxHandlers = 1_000, offlineQueue, serializers } = settings;
    const report = this.report.bind(this);
    this.#settings = settings;
    this.#listeners = new Listeners(logger);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#workload = new Workload({
      clock,
      maxHandlers,
      limits: { max: offlineQueue?.max ?? 1_000, maxBytes: offlineQueue?.maxBytes ?? 1024 * 1024 },
      serializer: serializers?.[0] ?? json,
      reconnects: settings.retry !== undefined,
      wanted: () => this.#supervisor.wanted(),
      restored: (restored) => this.#listeners.emit('restored', restored),
      report,
    });
    this.#supervisor = new Supervisor({
      settings,
      listeners: this.#listeners,
      workload: this.#workload,
      connectionPort: { clock, exposeErrors, maxHandlers, gate: this.#workload.gate, report },
      opened: (connection, welcome) => {
        this.#welcome = welcome;
        this.#features = connection.features;
        this.#opening.done(this);
      },
      over: (ending, failure) => {
        this.#resolveClosed?.(ending);
        return this.#opening.over(failure ?? connectionLost(ending, false));
      },
    });
    if (settings.lazy === undefined || settings.lazy === false) this.#supervisor.wanted();
    else if (settings.lazy !== true)
      this.#workload.watch(settings.lazy.closeAfter, () => this.#supervisor.unused());
  }

  get state(): SessionState {
    return this.#supervisor.state;
  }

  get ready(): Promise<this> {
    this.#supervisor.wanted();
    if (this.state === 'open') return Promise.resolve(this);
    const { ending } = this.#workload;
    if (ending !== undefined) this.#opening.over(connectionLost(ending, false));
    return this.#opening.wait();
  }

  get id(): Id | undefined {
    return this.state === 'open' || this.state === 'closing' ? this.#welcome?.session : undefined;
  }

  get realm(): Uri {
    return this.#welcome?.details.realm ?? this.#settings.realm;
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

  call(procedure: Uri, ...args: RequestArguments<CallOptions<never>>): Call<unknown> {
    const entry = entryOf(this, 'call');
    requireUri(procedure, entry);
    const [payload, given] = checkRequest('call', CALL, args, entry);
    const options = withDefaults(this.#settings.defaults?.call, given);
    const body = payloadOf(payload, options?.kwargs, entry);
    const onProgress = options?.onProgress;
    const progress =
      onProgress === undefined
        ? undefined
        : (whole: Result): void =>
            this.#listeners.tell(() => onProgress(whole.value as never, whole as never));
    return this.#call(procedure, body, options, progress);
  }

  stream(procedure: Uri, ...args: RequestArguments<StreamOptions>): Stream<unknown, unknown> {
    const entry = entryOf(this, 'stream');
    requireUri(procedure, entry);
    const [payload, given] = checkRequest('stream', STREAM, args, entry);
    const options = { ...withDefaults(this.#settings.defaults?.call, given), idempotent: false };
    const { input, buffer, kwargs } = options;
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

  register(
    procedure: Uri,
    handler: DeclaredProcedure,
    options: RegisterOptions = {},
    ...surplus: readonly unknown[]
  ): Promise<Registration> {
    const entry = entryOf(this, 'register');
    requireUri(procedure, entry);
    requireHandler(handler, entry);
    checkOptions('register', REGISTER, options, entry, surplus);
    const { registrations } = this.#workload;
    const handle: RegistrationHandle = new RegistrationHandle(
      procedure,
      wireOptions(options, ON_THE_WIRE.register),
      () => registrations.leave(handle),
      handler as Procedure,
      options.passthru,
    );
    return this.#attach(registrations, handle, options.signal, { procedure });
  }

  subscribe(topic: Uri, handler: EventHandler, options?: SubscribeOptions): Promise<Subscription<unknown[]>>;
  subscribe(topic: Uri, options?: SubscribeOptions): Promise<Subscription<unknown[]>>;
  subscribe(
    topic: Uri,
    ...rest: (EventHandler | SubscribeOptions | undefined)[]
  ): Promise<Subscription<unknown[]>> {
    const entry = entryOf(this, 'subscribe');
    requireUri(topic, entry);
    const { handler, options: given } = subscribing(rest, entry);
    const options = withDefaults(this.#settings.defaults?.subscribe, given) ?? {};
    const { subscriptions } = this.#workload;
    const handle: SubscriptionHandle = new SubscriptionHandle(
      topic,
      wireOptions(options, ON_THE_WIRE.subscribe),
      () => subscriptions.leave(handle),
      handler,
      options,
      this.#settings.clock,
    );
    return this.#attach(subscriptions, handle, options.signal, { topic });
  }

  publish(topic: Uri, ...args: RequestArguments<PublishOptions>): Promise<PublishResult> {
    const entry = entryOf(this, 'publish');
    requireUri(topic, entry);
    const [payload, given] = checkRequest('publish', PUBLISH, args, entry);
    const options = withDefaults(this.#settings.defaults?.publish, given) ?? {};
    const body = payloadOf(payload, options.kwargs, entry);
    const wire = wireOptions(options, ON_THE_WIRE.publish);
    const published = new Promise<PublishResult>((resolve, reject) => {
      if (options.signal?.aborted === true) reject(reasonOf(options.signal));
      else
        new PendingPublication({ topic, payload: body, wire, options }, { resolve, reject }).start(
          this.#workload,
        );
    });
    // A caller that does not ask for acknowledgement need not handle the promise.
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

  scope(uri: Uri): Session {
    return viewOf(this, prefixOf(this, uri), {});
  }

  with(defaults: DefaultOptions): Session {
    demand(DEFAULTS, defaults, 'The defaults', entryOf(this, 'with'));
    return viewOf(this, '', defaults);
  }

  on<E extends keyof SessionEvents>(type: E, listener: (event: SessionEvents[E]) => void): () => void {
    const entry = entryOf(this, 'on');
    demand(EVENT, type, 'The event of on', entry);
    requireHandler(listener, entry);
    return this.#listeners.add(type, listener);
  }

  status(): AsyncIterableIterator<SessionStatus> {
    return statusOf(this);
  }

  reconnect(): void {
    this.#supervisor.renew();
  }

  async drain(timeout = 30_000): Promise<void> {
    demand(MILLISECONDS, timeout, 'The timeout of drain', entryOf(this, 'drain'));
    await drained(this.#workload, this.closed, timeout);
    await this.close();
  }

  async close(reason: Uri = CloseUri.CLOSE_REALM): Promise<void> {
    this.#supervisor.close(reason);
    await this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Reports an exception that no promise of the application rejects with. */
  report(error: Error): void {
    this.#listeners.report(error);
  }

  #call(
    procedure: Uri,
    payload: Payload,
    options: CallOptions<never> | undefined,
    progress?: (result: Result, bytes: number) => void,
    input?: AsyncIterator<unknown> | Iterator<unknown>,
  ): PendingCall {
    const call = new PendingCall({
      procedure,
      payload,
      wire: callAttributes(options, progress !== undefined, input !== undefined),
      options: options ?? {},
      progress,
      needs: needsOf(input !== undefined, options?.passthru !== undefined),
      sent: input && ((): void => void pump(input, call)),
    });
    call.start(this.#workload);
    return call;
  }

  #attach<K extends Handle, H extends K>(
    intents: Intents<K>,
    handle: H,
    signal: AbortSignal | undefined,
    subject: { readonly procedure: Uri } | { readonly topic: Uri },
  ): Promise<H> {
    const attached = new Promise<H>((resolve, reject) => {
      const { ending } = this.#workload;
      if (ending !== undefined) reject(connectionLost(ending, false));
      else if (signal?.aborted === true) reject(reasonOf(signal));
      else {
        const stop = onAbort(signal, (reason) => {
          reject(reason);
          handle.leave({ reason: 'aborted' }).catch((error: unknown) => this.report(toError(error)));
        });
        void handle.ended.then(stop);
        intents.add(handle, {
          resolve: () => resolve(handle),
          reject: (error) => reject(about(error, subject)),
        });
        this.#supervisor.wanted();
      }
    }).catch(traced);
    const loading = loadLateCode();
    return loading === undefined ? attached : handled(attached, loading);
  }
}
