/** A WAMP session on one transport: it joins once and ends once. */
import {
  ErrorUri,
  Code,
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
import type { Ending } from './ending.ts';
import { broken, ended, GOODBYE_AND_OUT, unsayable, violated } from './endings.ts';
import { decodeOn, encodeFor, type Frame } from './frames.ts';
import { Handling } from './handling.ts';
import type { HandlerPort } from './core/handler-port.ts';
import type { Callee } from './core/callee.ts';
import { abort, Joining } from './core/joining.ts';
import { REGISTRATIONS, SUBSCRIPTIONS } from './core/kinds.ts';
import { ignore } from './core/quietly.ts';
import { Requests, type Waiter } from './core/requests.ts';
import { ROLES } from './core/roles.ts';
import { Room } from './core/room.ts';
import type { Subscriber } from './core/subscriber.ts';
import { connectionLost, errorOf, toError, unwritable } from './errors.ts';

/** How long the router may take to answer GOODBYE (ms) before the transport is closed. */
const GOODBYE_TIMEOUT = 5_000;

/** A WAMP session, from HELLO to its end. */
export class Connection implements TransportListener {
  readonly requests: Requests = new Requests();
  readonly subscriptions: Attachments<Subscriber>;
  readonly registrations: Attachments<Callee>;
  readonly handling: Handling;
  /** Set when a message or another sign of life arrives; cleared by the keep-alive check. */
  heard = false;
  /** Whether the router, as it says, rather drops events of ours than the session when we read too slowly. */
  mayMissEvents = false;
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
  /** The router's limit for the size of a message, in bytes. */
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
      gate: port.gate,
      violated: (error) => this.#violated(error),
      exposeErrors: port.exposeErrors,
      maxHandlers: port.maxHandlers,
      send: (message) => this.send(message),
      room: () => this.room(),
      report: (thrown) => port.report(toError(thrown)),
      clock: port.clock,
    };
    this.handling = new Handling(this.subscriptions, this.registrations, handlerPort);
  }

  /** Whether requests can be sent. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** The session id; undefined before WELCOME. */
  get id(): Id | undefined {
    return this.#id;
  }

  /** The roles and features that the router announced. */
  get features(): PeerFeatures {
    return this.#features;
  }

  /**
   * Sends HELLO and waits for WELCOME.
   * @param details the Details of HELLO, except for the roles
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
          this.mayMissEvents = welcome.details.x_drops_events === true;
          port.joined(this, welcome);
          resolve();
        },
        failed: (error, message) => this.#end({ reason: error.uri, error }, message),
      });
      this.#transport.listener = this;
      try {
        this.#joining.start({
          type: Code.HELLO,
          realm,
          details: { ...details, roles: rolesOf(ROLES) },
        });
      } catch (cause) {
        this.#end(unsayable(toError(cause)));
      }
    });
  }

  /** Stops joining without notifying the router; `join` rejects with the reason. */
  drop(reason: unknown): void {
    this.#rejectJoin?.(reason);
    this.#end({ reason: ErrorUri.NETWORK_FAILURE });
  }

  /** Ends an open session without notifying the router. */
  lose(message: string, failure?: TransportFailure): void {
    this.#end(broken(message, this.#state === 'joining'), undefined, failure);
  }

  /** Probes the router: below the messages if the transport supports it, else with a cheap call. */
  probe(): void {
    if (this.#transport.probe?.() === true || this.#state !== 'open') return;
    const heard = { type: Code.CALL, answered: ignore, failed: ignore } as const;
    this.request(heard, (request) => ({
      type: Code.CALL,
      request,
      options: {},
      procedure: 'wamp.session.get',
      payload: Payload.of([this.#id]),
    }));
  }

  /** Sends GOODBYE; the session ends with the router's answer, or after a time limit. */
  close(reason: Uri): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#ending = { reason };
    this.#stopTimer = this.#port.clock.after(GOODBYE_TIMEOUT, () => this.#end({ reason }));
    this.#writeLast({ type: Code.GOODBYE, details: {}, reason });
    this.#release({ reason }, false);
  }

  /**
   * Sends a request under the next id. If the request cannot be encoded, no id is used, so that ids have no gaps.
   * @param answered false if the router will not answer: the waiter is then notified only if sending fails
   * @returns the id, unless the waiter has failed
   */
  request(waiter: Waiter, build: (request: Id) => Message, answered?: boolean): Id | undefined {
    if (this.#state !== 'open') {
      waiter.failed(connectionLost(this.#ending ?? { reason: ErrorUri.NETWORK_FAILURE }, false));
      return undefined;
    }
    let frame: Frame;
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

  /** Sends a message that is not a request; does nothing after the session has ended. @throws as encoding does */
  send(message: Message): void {
    if (this.#state === 'open') this.#write(message);
  }

  /** Resolves when there is room to send more, or when the session has ended; undefined if there is room now. */
  room(): Promise<void> | undefined {
    return this.#state === 'open' ? this.#room.wait() : undefined;
  }

  drained(): void {
    this.#room.look();
  }

  alive(): void {
    this.heard = true;
  }

  frame(frame: Uint8Array | string): void {
    if (this.#state === 'closed') return;
    this.heard = true;
    try {
      this.#receive(decodeOn(this.#transport, frame), frame.length);
    } catch (error) {
      this.#violated(toError(error));
    }
  }

  text(text: string): void {
    this.frame(text);
  }

  violation(what: string, failure: TransportFailure = 'protocol'): void {
    this.#violated(new ProtocolViolation(what), failure);
  }

  closed(reason: string): void {
    this.#end(broken(reason, this.#state === 'joining'));
  }

  #receive(message: Message, bytes: number): void {
    const { listeners, clock } = this.#port;
    if (listeners.isWatched) listeners.show('in', message, bytes, clock);
    if (this.#state === 'joining') this.#joining?.receive(message);
    else if (this.#state === 'open') this.#dispatch(message, bytes);
    // SES-10: after our GOODBYE, only the answer to it matters.
    else if (message.type === Code.GOODBYE || message.type === Code.ABORT)
      this.#end({ reason: message.reason });
  }

  /** @throws ProtocolViolation for a message that a router may not send now */
  #dispatch(message: Message, bytes: number): void {
    switch (message.type) {
      case Code.EVENT:
      case Code.INVOCATION:
      case Code.INTERRUPT:
        this.handling.receive(message, bytes);
        break;
      case Code.UNSUBSCRIBED:
        if (message.request !== 0) this.requests.answer(message, bytes);
        else this.subscriptions.revoke(message.details?.subscription, message.details?.reason);
        break;
      case Code.UNREGISTERED:
        if (message.request !== 0) this.requests.answer(message, bytes);
        else this.registrations.revoke(message.details?.registration, message.details?.reason);
        break;
      case Code.RESULT:
      case Code.PUBLISHED:
      case Code.SUBSCRIBED:
      case Code.REGISTERED:
        this.requests.answer(message, bytes);
        break;
      case Code.ERROR:
        this.#failed(message);
        break;
      case Code.GOODBYE:
        this.#end(ended(message), GOODBYE_AND_OUT);
        break;
      case Code.ABORT:
        this.#end(ended(message));
        break;
      default:
        throw new ProtocolViolation(`message type ${message.type} in an open session`);
    }
  }

  #failed(message: ErrorMessage): void {
    const error = errorOf(message);
    // A router that cannot forward our YIELD may answer with ERROR (T-30); no request fails by it.
    if (message.requestType === Code.YIELD) this.#port.report(error);
    else this.requests.fail(message, error);
  }

  #violated(cause: Error, failure: TransportFailure = 'protocol'): void {
    const ending = violated(cause, this.#state === 'joining');
    this.#end(ending, abort(ending.reason, cause.message), failure);
  }

  /** Ends the session for any cause; `last` is sent to the router first. */
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

  /** The final message may fail to encode, because its text comes from an error. */
  #writeLast(message: Abort | Goodbye): void {
    try {
      this.#write(message);
    } catch {
      // The router notices the end by the closed transport.
    }
  }

  /** Fails all waiting requests, except for those that another connection will serve. */
  #release(ending: Ending, survives: boolean): void {
    this.requests.failAll(connectionLost(ending, true), survives);
    this.subscriptions.detach();
    this.registrations.detach();
    this.handling.end(ending);
  }

  #write(message: Message): void {
    this.#send(this.#encode(message));
  }

  #send(frame: Frame): void {
    this.#room.wrote(frame.length);
    if (typeof frame === 'string') this.#transport.sendText?.(frame);
    else this.#transport.send(frame);
  }

  #encode(message: Message): Frame {
    const frame = encodeFor(this.#transport, message, this.#announcedLimit);
    const { listeners, clock } = this.#port;
    if (listeners.isWatched) listeners.show('out', message, frame.length, clock);
    return frame;
  }
}
