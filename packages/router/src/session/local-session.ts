/** LocalSession: a session for code in this process, without a transport. */
import {
  ApplicationError,
  CloseUri,
  ErrorUri,
  MessageType,
  Payload,
  type Args,
  type ErrorMessage,
  type Event,
  type Id,
  type Kwargs,
  type Message,
  type PublishOptions,
  type Published,
  type Registered,
  type RegisterOptions,
  type Result,
  type SubscribeOptions,
  type Subscribed,
  type Unregistered,
  type Unsubscribed,
  type Uri,
} from '@wamp/protocol';
import type { Realm } from '../core/realm.ts';
import type { Principal } from '../core/session.ts';
import { LocalInvocations, type LocalProcedure } from './local-invocations.ts';
import type { LocalListener, LocalMember } from './local-member.ts';
import {
  endOf,
  callErrorOf,
  localResultOf,
  type LocalCallOptions,
  type LocalEnd,
  type LocalEvent,
  type LocalHandle,
  type LocalResult,
} from './local-results.ts';

type Answer = Subscribed | Registered | Published | Result | Unsubscribed | Unregistered;

/** A request that waits for its answer, and what happens when the answer arrives. */
interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  readonly hopes: Hopes;
}

interface Hopes {
  /** Called synchronously when the request is granted, because the messages after the answer may depend on it. */
  readonly granted?: (answer: Answer) => void;
  readonly onProgress?: LocalCallOptions['onProgress'];
}
type OnEvent = (event: LocalEvent) => unknown;

/** The parts of which `router.join` creates a session. */
export interface LocalSessionParts {
  /** Joins the realm; the member passes the messages that it receives to `listener`. */
  join(listener: LocalListener): LocalMember;
  /** Receives the messages that answer no method of the session. */
  readonly hears: ((message: Message) => void) | undefined;
  /** Logs an error that the session's code has thrown. */
  failed(error: unknown): void;
}

/**
 * A session of code in this process; `router.join` returns one. The realm treats it like a client's session: the authorizer
 * decides on its requests, quotas apply, and `slowConsumers` applies when it processes events too slowly. It is listed by
 * `wamp.session.list`, and can be killed.
 *
 * Arguments are passed on without a copy: do not change them afterwards. A receiver whose serializer cannot represent them
 * gets no EVENT, or an ERROR instead of a RESULT. All methods reject with an ApplicationError: with the URI of the error,
 * or, after the session has ended, with the reason of its end.
 */
export class LocalSession {
  /** Resolves when the session has ended, from either side. */
  readonly closed: Promise<LocalEnd>;
  readonly #parts: LocalSessionParts;
  readonly #member: LocalMember;
  readonly #pending = new Map<Id, Pending>();
  readonly #events = new Map<Id, Set<OnEvent>>();
  readonly #invocations: LocalInvocations;
  #end: LocalEnd | undefined;
  #tellEnd: (end: LocalEnd) => void = () => undefined;
  #request: Id = 0;

  constructor(parts: LocalSessionParts) {
    this.#parts = parts;
    this.closed = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
    const say = (message: Message): void => {
      this.receive(message);
    };
    this.#invocations = new LocalInvocations(say, (error) => {
      parts.failed(error);
    });
    this.#member = parts.join({
      message: (message) => this.#hear(message),
      closed: (reason, message) => {
        this.#close(message === undefined ? { reason } : { reason, message });
      },
    });
  }

  get id(): Id {
    return this.#member.id;
  }

  /** The realm of the session. */
  get realm(): Realm {
    return this.#member.realm.shown;
  }

  get principal(): Principal {
    return this.#member.principal;
  }

  /** False once the session has ended. */
  get isOpen(): boolean {
    return this.#end === undefined;
  }

  /** Calls a procedure. */
  async call(
    procedure: Uri,
    args?: Args,
    kwargs?: Kwargs,
    { signal, onProgress, ...wanted }: LocalCallOptions = {},
  ): Promise<LocalResult> {
    if (signal?.aborted === true) throw new ApplicationError(ErrorUri.CANCELED);
    const options = onProgress === undefined ? wanted : { ...wanted, receive_progress: true };
    const request = this.#next();
    const cancel = (): void => {
      this.receive({ type: MessageType.CANCEL, request, options: { mode: 'killnowait' } });
    };
    signal?.addEventListener('abort', cancel);
    try {
      const payload = Payload.of(args, kwargs);
      const message = { type: MessageType.CALL, request, options, procedure, payload } as const;
      return localResultOf((await this.#ask(message, { onProgress })) as Result);
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /**
   * Publishes, with acknowledgement. While the receivers of earlier publications are slow, the publication may wait, so
   * await the promise before you publish more.
   * @returns the id of the publication
   */
  async publish(topic: Uri, args?: Args, kwargs?: Kwargs, wanted: PublishOptions = {}): Promise<Id> {
    const options = { ...wanted, acknowledge: true };
    const payload = Payload.of(args, kwargs);
    const request = this.#next();
    const answer = await this.#ask({ type: MessageType.PUBLISH, request, options, topic, payload });
    return (answer as Published).publication;
  }

  /**
   * Subscribes.
   * @param heard called with each event. Errors that it throws are logged. While a promise that it returned is pending, the
   *   event counts as unread.
   */
  async subscribe(topic: Uri, heard: OnEvent, options: SubscribeOptions = {}): Promise<LocalHandle> {
    const message = { type: MessageType.SUBSCRIBE, request: this.#next(), options, topic } as const;
    const granted = (answer: Answer): void => {
      const { subscription } = answer as Subscribed;
      const all = this.#events.get(subscription) ?? new Set();
      this.#events.set(subscription, all.add(heard));
    };
    const { subscription: id } = (await this.#ask(message, { granted })) as Subscribed;
    return { id, end: () => this.#unsubscribe(id, heard) };
  }

  /**
   * Registers a procedure.
   * @param serve called with each invocation. An ApplicationError that it throws is sent to the caller with its URI; any
   *   other error is logged, and sent as `wamp.error.runtime_error`.
   */
  async register(procedure: Uri, serve: LocalProcedure, options: RegisterOptions = {}): Promise<LocalHandle> {
    const message = { type: MessageType.REGISTER, request: this.#next(), options, procedure } as const;
    const granted = (answer: Answer): void => {
      this.#invocations.serve((answer as Registered).registration, serve);
    };
    const { registration: id } = (await this.#ask(message, { granted })) as Registered;
    const end = async (): Promise<void> => {
      await this.#ask({ type: MessageType.UNREGISTER, request: this.#next(), registration: id });
      this.#invocations.forget(id);
    };
    return { id, end };
  }

  /**
   * Processes a message as if a client had sent it, for code that speaks WAMP itself, such as a bridge; option `hears`
   * receives the answers. Use either this or the other methods in a session, because both number their requests. A protocol
   * violation ends the session with `wamp.error.protocol_violation`.
   */
  receive(message: Message): void {
    this.#member.receive(message);
  }

  /** Leaves the realm at once. Pending promises reject with `wamp.close.goodbye_and_out`. */
  leave(): void {
    this.#member.end(CloseUri.GOODBYE_AND_OUT);
  }

  #next(): Id {
    return (this.#request += 1);
  }

  #ask(message: Message & { readonly request: Id }, hopes: Hopes = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) {
        reject(endOf(this.#end));
        return;
      }
      this.#pending.set(message.request, { resolve, reject, hopes });
      this.receive(message);
    });
  }

  async #unsubscribe(id: Id, heard: OnEvent): Promise<void> {
    const all = this.#events.get(id);
    if (all?.delete(heard) !== true) throw new ApplicationError(ErrorUri.NO_SUCH_SUBSCRIPTION);
    if (all.size > 0) return;
    this.#events.delete(id);
    await this.#ask({ type: MessageType.UNSUBSCRIBE, request: this.#next(), subscription: id });
  }

  #hear(message: Message): unknown {
    switch (message.type) {
      case MessageType.EVENT:
        return this.#hearEvent(message);
      case MessageType.INVOCATION:
        if (this.#parts.hears === undefined) this.#invocations.invoke(message);
        else this.#pass(message);
        return undefined;
      case MessageType.INTERRUPT:
        if (this.#parts.hears === undefined) this.#invocations.interrupt(message);
        else this.#pass(message);
        return undefined;
      case MessageType.RESULT:
      case MessageType.SUBSCRIBED:
      case MessageType.REGISTERED:
      case MessageType.PUBLISHED:
      case MessageType.UNSUBSCRIBED:
      case MessageType.UNREGISTERED:
      case MessageType.ERROR:
        this.#hearAnswer(message);
        return undefined;
      default:
        return undefined;
    }
  }

  #hearAnswer(message: Answer | ErrorMessage): void {
    const pending = this.#pending.get(message.request);
    if (pending === undefined) {
      this.#revoked(message);
      this.#pass(message);
    } else if (message.type === MessageType.RESULT && message.details.progress === true) {
      this.#try(() => pending.hopes.onProgress?.(localResultOf(message)));
    } else {
      this.#pending.delete(message.request);
      if (message.type === MessageType.ERROR) pending.reject(callErrorOf(message));
      else {
        pending.hopes.granted?.(message);
        pending.resolve(message);
      }
    }
  }

  /** Removes a subscription or a registration that the router has ended. */
  #revoked(message: Answer | ErrorMessage): void {
    if (message.type === MessageType.UNSUBSCRIBED) this.#events.delete(message.details?.subscription ?? 0);
    if (message.type === MessageType.UNREGISTERED) {
      this.#invocations.forget(message.details?.registration ?? 0);
    }
  }

  #hearEvent(message: Event): unknown {
    const heard = this.#events.get(message.subscription);
    if (heard === undefined) return this.#pass(message);
    const { args, kwargs } = message.payload.lend();
    const event = { args, kwargs, publication: message.publication, details: message.details };
    const pending = [...heard].map((hears) => this.#try(() => hears(event)));
    const slow = pending.filter((result) => result instanceof Promise);
    return slow.length === 0 ? undefined : Promise.all(slow);
  }

  #pass(message: Message): unknown {
    const { hears } = this.#parts;
    return hears === undefined ? undefined : this.#try(() => hears(message));
  }

  /** Runs code of the session's user; errors that it throws are logged. */
  #try(task: () => unknown): unknown {
    try {
      const result = task();
      return result instanceof Promise
        ? result.catch((error: unknown) => {
            this.#parts.failed(error);
          })
        : undefined;
    } catch (error) {
      this.#parts.failed(error);
      return undefined;
    }
  }

  #close(end: LocalEnd): void {
    this.#end = end;
    for (const { reject } of this.#pending.values()) reject(endOf(end));
    this.#pending.clear();
    this.#events.clear();
    this.#invocations.close();
    this.#tellEnd(end);
  }
}
