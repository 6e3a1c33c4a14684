/** A session that validates payloads with the schemas of its contract. */
import { type Uri } from '@wamp/protocol';
import type { Call } from '../call.ts';
import type { CallOptions } from '../call-options.ts';
import { ClientSession } from '../client-session.ts';
import type { Settings } from '../connect-options.ts';
import { Lane } from '../core/lane.ts';
import { ignore } from '../core/quietly.ts';
import type { WampEvent } from '../core/event.ts';
import type { Plain } from '../core/passthru.ts';
import type { Contract, ImplementOptions, Implementation, Validate } from '../definition.ts';
import { toError } from '../errors.ts';
import { isPlain, type RequestArguments } from '../options.ts';
import type { PublishOptions, PublishResult } from '../publication.ts';
import type { DeclaredProcedure, Procedure, RegisterOptions, Registration } from '../registration.ts';
import type { Handlers } from '../session.ts';
import type { Stream, StreamOptions } from '../stream.ts';
import type { EventHandler, SubscribeOptions, Subscription } from '../subscription.ts';
import { CheckedCall } from './checked-call.ts';
import { CheckedStream } from './checked-stream.ts';
import { checkedArguments, checkedEvent, inTurn, soon, type Soon } from './checks.ts';
import type { ByUri, ProcedureSchemas, TopicSchemas } from './schemas.ts';
import { served } from './serve.ts';

/** The schemas of a contract. */
export interface Schemas {
  readonly procedures: ByUri<ProcedureSchemas>;
  readonly topics: ByUri<TopicSchemas>;
}

type Event = WampEvent<unknown[]>;

const nothing = (): undefined => undefined;
const asPromise = (value: unknown): Promise<void> | undefined =>
  value instanceof Promise ? value.then(nothing) : undefined;

export class CheckedSession extends ClientSession {
  readonly #schemas: Schemas;
  readonly #validate: Exclude<Validate, 'off'>;
  /** Keeps requests in order while earlier ones are validated. */
  readonly #lane = new Lane();

  constructor(settings: Settings, schemas: Schemas, validate: Exclude<Validate, 'off'>) {
    super(settings);
    this.#schemas = schemas;
    this.#validate = validate;
  }

  override call(procedure: Uri, ...args: RequestArguments<CallOptions<never>>): Call<unknown> {
    const schemas = this.#schemas.procedures.of(procedure);
    if (schemas === undefined) return super.call(procedure, ...args);
    const [payload, options, ...surplus] = args;
    const ready = this.#ready(payload, options, (given) => checkedArguments(procedure, schemas, given));
    const onProgress = options?.onProgress;
    return new CheckedCall({ procedure, schemas, ready }, (call) =>
      typeof onProgress === 'function'
        ? super.call(
            procedure,
            payload,
            {
              ...options,
              onProgress: (_value, whole) =>
                call.progressed(whole, (fit) =>
                  this.#tell(() => onProgress(fit.value as never, fit as never)),
                ),
            },
            ...surplus,
          )
        : super.call(procedure, ...args),
    );
  }

  override stream(procedure: Uri, ...args: RequestArguments<StreamOptions>): Stream<unknown, unknown> {
    const schemas = this.#schemas.procedures.of(procedure);
    if (schemas === undefined) return super.stream(procedure, ...args);
    const [payload, options] = args;
    const ready = this.#ready(payload, options, (given) => checkedArguments(procedure, schemas, given));
    return new CheckedStream({ procedure, schemas, ready }, () => super.stream(procedure, ...args));
  }

  override publish(topic: Uri, ...args: RequestArguments<PublishOptions>): Promise<PublishResult> {
    const [payload, options] = args;
    const schemas = this.#schemas.topics.of(topic);
    const ready =
      schemas === undefined
        ? undefined
        : this.#ready(payload, options, (given) => checkedEvent(topic, schemas, given));
    if (ready === undefined) return super.publish(topic, ...args);
    const published = ready.then(() => super.publish(topic, ...args));
    if (options?.acknowledge !== true) published.catch(ignore);
    return published;
  }

  override register(
    procedure: Uri,
    handler: DeclaredProcedure,
    ...rest: readonly [options?: RegisterOptions, ...surplus: unknown[]]
  ): Promise<Registration> {
    const schemas = this.#schemas.procedures.of(procedure);
    const checked =
      schemas === undefined || typeof handler !== 'function'
        ? handler
        : served(procedure, schemas, handler as Procedure, this.#validate);
    return super.register(procedure, checked, ...rest);
  }

  override implement<D>(
    contract: Contract<D>,
    handlers: Handlers<D>,
    options: ImplementOptions = {},
  ): Promise<Implementation> {
    return contract['~implement'](
      handlers,
      { validate: this.#validate, ...options },
      (procedure, handler, given) => super.register(procedure, handler, given),
    );
  }

  override subscribe(
    topic: Uri,
    handler: EventHandler,
    options?: SubscribeOptions,
  ): Promise<Subscription<unknown[]>>;
  override subscribe(topic: Uri, options?: SubscribeOptions): Promise<Subscription<unknown[]>>;
  override subscribe(topic: Uri, ...rest: never[]): Promise<Subscription<unknown[]>> {
    const [first, ...more] = rest as (EventHandler | SubscribeOptions | undefined)[];
    if (typeof first === 'function') {
      return super.subscribe(topic, this.#handler(topic, first), ...(more as SubscribeOptions[]));
    }
    return super.subscribe(topic, ...rest).then((subscription) => this.#iterated(topic, subscription));
  }

  /** Validates what is sent if the session is configured so; undefined if it can be sent at once. */
  #ready(
    payload: unknown,
    options: { readonly kwargs?: unknown } | undefined,
    check: (given: Plain) => Soon<unknown>,
  ): Promise<void> | undefined {
    if (this.#validate !== 'both') return undefined;
    // An invalid payload argument is refused where it is sent.
    const [args, kwargs = {}] = isPlain(payload) ? [[], payload] : [payload ?? [], options?.kwargs];
    if (!Array.isArray(args) || !isPlain(kwargs)) return undefined;
    try {
      return asPromise(inTurn(this.#lane, () => check({ args, kwargs }), nothing));
    } catch (thrown) {
      return Promise.reject(toError(thrown));
    }
  }

  /** An event with values converted by its schemas; undefined if its topic has none. */
  #check(topic: Uri, event: Event): Soon<Event> {
    const { topics } = this.#schemas;
    const schemas = topics.of(event.topic) ?? topics.of(topic);
    if (schemas === undefined) return event;
    return soon(checkedEvent(event.topic, schemas, event), ({ args, kwargs }) => ({
      ...event,
      args: args as unknown[],
      kwargs,
    }));
  }

  /** A handler that is called with valid events, in order; invalid ones throw, which the session reports. */
  #handler(topic: Uri, handler: EventHandler): EventHandler {
    const lane = new Lane();
    return (_args, event) =>
      inTurn(
        lane,
        () => this.#check(topic, event),
        (fit) => handler(fit.args, fit),
      );
  }

  /** Calls a function of the application, and reports what it throws or rejects with. */
  #tell(listener: () => unknown): void {
    const failed = (thrown: unknown): void => this.report(toError(thrown));
    try {
      void Promise.resolve(listener()).catch(failed);
    } catch (thrown) {
      failed(thrown);
    }
  }

  /** The same subscription, whose loops receive valid events; the session reports invalid ones. */
  #iterated(topic: Uri, subscription: Subscription<unknown[]>): Subscription<unknown[]> {
    const iterate = async function* (this: CheckedSession): AsyncGenerator<Event, undefined, undefined> {
      for await (const event of { [Symbol.asyncIterator]: () => events() }) {
        try {
          yield await this.#check(topic, event);
        } catch (thrown) {
          this.report(toError(thrown));
        }
      }
      return undefined;
    }.bind(this);
    const events = subscription[Symbol.asyncIterator].bind(subscription);
    return Object.defineProperty(subscription, Symbol.asyncIterator, { value: iterate });
  }
}
