/** One WAMP session over one transport: joined once, ended once. */
import {
  ErrorUri,
  MessageType,
  Payload,
  PeerFeatures,
  ProtocolViolation,
  rolesOf,
  type Abort,
  type Dict,
  type ErrorMessage,
  type Goodbye,
  type Id,
  type Message,
  type Transport,
  type TransportFailure,
  type TransportListener,
  type Uri,
} from '@wamp/protocol';
import type { AuthContext, Authenticator } from './auth/authenticator.ts';
import type { ConnectionPort } from './connection-port.ts';
import { Attachments } from './core/attachments.ts';
import { Events, type Subscriber } from './core/events.ts';
import type { Ending } from './ending.ts';
import { broken, ended, GOODBYE_AND_OUT, unsayable, violated } from './endings.ts';
import type { HandlerPort } from './core/handler-port.ts';
import { Invocations, type Callee } from './core/invocations.ts';
import { abort, Joining } from './core/joining.ts';
import { REGISTRATIONS, SUBSCRIPTIONS } from './core/kinds.ts';
import { ignore } from './core/quietly.ts';
import { Requests, type Waiter } from './core/requests.ts';
import { ROLES } from './core/roles.ts';
import { Room } from './core/room.ts';
import { connectionLost, errorOf, SerializationError, toError, unwritable } from './errors.ts';

/** How long the router has to answer GOODBYE, in milliseconds, before the transport is dropped. */
const GOODBYE_TIMEOUT = 5_000;

/** A WAMP session, from HELLO to its end. */
export class Connection implements TransportListener {
  readonly requests: Requests = new Requests();
  readonly subscriptions: Attachments<Subscriber>;
  readonly registrations: Attachments<Callee>;
  readonly events: Events;
  readonly invocations: Invocations;
  /** Set by every message, and every other sign of life; cleared by whoever looks. */
  heard = false;
  readonly #transport: Transport;
  readonly #port: ConnectionPort<Connection>;
  #state: 'joining' | 'open' | 'closing' | 'closed' = 'joining';
  #joining: Joining | undefined;
  #features = new PeerFeatures({});
  #id: Id | undefined;
  #rejectJoin: ((error: unknown) => void) | undefined;
  /** How it ends, once that is decided; the first decision counts. */
  #ending: Ending | undefined;
  #stopTimer: (() => void) | undefined;
  /** The longest message that the router says it takes, in bytes. */
  #announcedLimit = Infinity;
  readonly #room: Room;

  constructor(transport: Transport, port: ConnectionPort<Connection>) {
    const ask = this.request.bind(this);
    this.#transport = transport;
    this.#port = port;
    this.#room = new Room(transport, port.clock);
    this.subscriptions = new Attachments(SUBSCRIPTIONS, ask);
    this.registrations = new Attachments(REGISTRATIONS, ask);
    const handlerPort: HandlerPort = {
      exposeErrors: port.exposeErrors,
      maxHandlers: port.maxHandlers,
      send: (message) => this.send(message),
      room: () => this.room(),
      report: (thrown) => port.report(toError(thrown)),
      clock: port.clock,
    };
    this.events = new Events(this.subscriptions, port.gate, handlerPort);
    this.invocations = new Invocations(this.registrations, port.gate, handlerPort);
  }

  /** Whether requests can be sent. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** The id of the session; undefined before WELCOME. */
  get id(): Id | undefined {
    return this.#id;
  }

  /** What the router announced. */
  get features(): PeerFeatures {
    return this.#features;
  }

  /**
   * Says HELLO and waits for WELCOME.
   * @param details of HELLO, but for the roles
   * @throws ConnectError, AuthError
   */
  join(
    realm: Uri,
    details: Dict,
    authenticators: readonly Authenticator[],
    context: AuthContext,
  ): Promise<void> {
    const port = this.#port;
    return new Promise((resolve, reject) => {
      this.#rejectJoin = reject;
      this.#joining = new Joining(authenticators, {
        transport: this.#transport,
        context,
        send: (message) => this.#write(message),
        joined: (welcome) => {
          this.#state = 'open';
          this.#id = welcome.session;
          this.#features = new PeerFeatures(welcome.details.roles);
          this.#announcedLimit = welcome.details.x_max_message_size ?? Infinity;
          port.joined(this, welcome);
          resolve();
        },
        failed: (error, message) => this.#end({ reason: error.uri, error }, message),
      });
      this.#transport.listener = this;
      try {
        this.#joining.start({
          type: MessageType.HELLO,
          realm,
          details: { ...details, roles: rolesOf(ROLES) },
        });
      } catch (cause) {
        this.#end(unsayable(toError(cause)));
      }
    });
  }

  /** Gives up joining, without a word to the router; `join` rejects with the reason. */
  drop(reason: unknown): void {
    this.#rejectJoin?.(reason);
    this.#end({ reason: ErrorUri.NETWORK_FAILURE });
  }

  /** Gives an open session up, without a word to the router. */
  lose(message: string): void {
    this.closed(message);
  }

  /** Asks the router for a sign of life: below the messages, if the transport can do so, else by a cheap call. */
  probe(): void {
    if (this.#transport.probe?.() === true || this.#state !== 'open') return;
    const heard = { type: MessageType.CALL, answered: ignore, failed: ignore } as const;
    this.request(heard, (request) => ({
      type: MessageType.CALL,
      request,
      options: {},
      procedure: 'wamp.session.get',
      payload: Payload.of([this.#id]),
    }));
  }

  /** Says GOODBYE; the end comes with the router's answer, or without one after a while. */
  close(reason: Uri): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#ending = { reason };
    this.#stopTimer = this.#port.clock.after(GOODBYE_TIMEOUT, () => this.#end({ reason }));
    this.#writeLast({ type: MessageType.GOODBYE, details: {}, reason });
    this.#release({ reason }, false);
  }

  /**
   * Sends a request under the next id. A failure to encode it costs no id: ids have no gaps.
   * @param answered false when the router will not answer: the waiter hears of a failure to send only
   * @returns the id, unless the waiter has failed
   */
  request(waiter: Waiter, build: (request: Id) => Message, answered?: boolean): Id | undefined {
    if (this.#state !== 'open') {
      waiter.failed(connectionLost(this.#ending ?? { reason: ErrorUri.NETWORK_FAILURE }, false));
      return undefined;
    }
    let frame: Uint8Array<ArrayBuffer>;
    try {
      frame = this.#encode(build(this.requests.next));
    } catch (thrown) {
      waiter.failed(unwritable(thrown));
      return undefined;
    }
    const request = this.requests.open(answered === false ? undefined : waiter);
    this.#send(frame);
    return request;
  }

  /** Sends a message that is no request; does nothing when the session is over. @throws as encoding does */
  send(message: Message): void {
    if (this.#state === 'open') this.#write(message);
  }

  /** Resolves when there is room to send more, or when the session is over; undefined when there is room now. */
  room(): Promise<void> | undefined {
    return this.#state === 'open' ? this.#room.wait() : undefined;
  }

  drained(): void {
    this.#room.look();
  }

  alive(): void {
    this.heard = true;
  }

  frame(bytes: Uint8Array): void {
    if (this.#state === 'closed') return;
    this.heard = true;
    try {
      this.#receive(this.#transport.serializer.decode(bytes), bytes.length);
    } catch (error) {
      this.#violated(toError(error));
    }
  }

  violation(what: string, failure: TransportFailure = 'protocol'): void {
    this.#violated(new ProtocolViolation(what), failure);
  }

  closed(reason: string): void {
    this.#end(broken(reason, this.#state === 'joining'));
  }

  #receive(message: Message, bytes: number): void {
    if (this.#state === 'joining') this.#joining?.receive(message);
    else if (this.#state === 'open') this.#dispatch(message, bytes);
    // SES-10: while we wait for the answer to our GOODBYE, nothing else matters.
    else if (message.type === MessageType.GOODBYE || message.type === MessageType.ABORT)
      this.#end({ reason: message.reason });
  }

  /** @throws ProtocolViolation for what a router may not send now */
  #dispatch(message: Message, bytes: number): void {
    switch (message.type) {
      case MessageType.EVENT:
        this.events.receive(message, bytes);
        break;
      case MessageType.INVOCATION:
        this.invocations.receive(message, bytes);
        break;
      case MessageType.INTERRUPT:
        this.invocations.interrupt(message);
        break;
      case MessageType.UNSUBSCRIBED:
        if (message.request !== 0) this.requests.answer(message);
        else this.subscriptions.revoke(message.details?.subscription, message.details?.reason);
        break;
      case MessageType.UNREGISTERED:
        if (message.request !== 0) this.requests.answer(message);
        else this.registrations.revoke(message.details?.registration, message.details?.reason);
        break;
      case MessageType.RESULT:
      case MessageType.PUBLISHED:
      case MessageType.SUBSCRIBED:
      case MessageType.REGISTERED:
        this.requests.answer(message);
        break;
      case MessageType.ERROR:
        this.#failed(message);
        break;
      case MessageType.GOODBYE:
        this.#end(ended(message), GOODBYE_AND_OUT);
        break;
      case MessageType.ABORT:
        this.#end(ended(message));
        break;
      default:
        throw new ProtocolViolation(`message type ${message.type} in an open session`);
    }
  }

  #failed(message: ErrorMessage): void {
    const error = errorOf(message);
    // A router that cannot pass our YIELD on may say so (T-30); there is no one to fail.
    if (message.requestType === MessageType.YIELD) this.#port.report(error);
    else this.requests.fail(message, error);
  }

  #violated(cause: Error, failure: TransportFailure = 'protocol'): void {
    const ending = violated(cause, this.#state === 'joining');
    this.#end(ending, abort(ending.reason, cause.message), failure);
  }

  /** The end of it, whoever wants it; with a last word to the router. */
  #end(ending: Ending, last?: Abort | Goodbye, failure?: TransportFailure): void {
    if (this.#state === 'closed') return;
    const joining = this.#state === 'joining';
    this.#state = 'closed';
    this.#ending ??= ending;
    this.#stopTimer?.();
    this.#joining?.stop();
    if (last !== undefined) this.#writeLast(last);
    this.#transport.close(failure);
    this.#room.end();
    if (joining) {
      this.#rejectJoin?.(ending.error);
      return;
    }
    this.#release(this.#ending, this.#port.survives(this.#ending));
    this.#port.ended(this, this.#ending);
  }

  /** A last word is worth an attempt: its text may be such that it cannot be written. */
  #writeLast(message: Abort | Goodbye): void {
    try {
      this.#write(message);
    } catch {
      // The other side learns from the transport that it is over.
    }
  }

  /** Nobody is left waiting, but for those whom another connection serves. */
  #release(ending: Ending, survives: boolean): void {
    this.requests.failAll(connectionLost(ending, true), survives);
    this.subscriptions.detach();
    this.registrations.detach();
    this.invocations.end(ending);
  }

  #write(message: Message): void {
    this.#send(this.#encode(message));
  }

  #send(frame: Uint8Array<ArrayBuffer>): void {
    this.#room.wrote(frame.length);
    this.#transport.send(frame);
  }

  #encode(message: Message): Uint8Array<ArrayBuffer> {
    const { serializer, limit = Infinity } = this.#transport;
    const frame = serializer.encode(message);
    const most = Math.min(limit, this.#announcedLimit);
    if (frame.length <= most) return frame;
    const text = `The router takes messages of at most ${most} bytes; this one has ${frame.length}.`;
    throw new SerializationError(ErrorUri.PAYLOAD_SIZE_EXCEEDED, [text]);
  }
}
