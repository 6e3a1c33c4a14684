/** A client's connection, from open to closed, with the handshake and the session in between. */
import {
  CloseUri,
  ErrorUri,
  MessageType,
  Payload,
  ProtocolViolation,
  readHead,
  type ClosedBy,
  type Dict,
  type Message,
  type Transport,
  type TransportFailure,
  type Uri,
} from '@wamp/protocol';
import type { Departure } from '../core/session.ts';
import type { EndedBy, RouterEvents } from '../events.ts';
import type { Limits, LimitTally } from '../limits.ts';
import { nothing } from '../nothing.ts';
import type { Outlet, Outlets } from '../output/outlet.ts';
import { say } from '../output/undeliverable.ts';
import { AMPLE, briefWelcome } from '../session/welcome.ts';
import type { Joined } from '../session/joining.ts';
import { Member, type ClientCarrier } from '../session/member.ts';
import { ConnectionEvents } from './connection-events.ts';
import { Handshake, type Approach, type HandshakeRouter, type JoiningConnection } from './handshake.ts';
import { Inflow, Pause, type Hearer } from './inflow.ts';
import type { Place } from './place.ts';
import type { TurnsOfRouter } from './turns.ts';

/** The cost of a join, from HELLO on (units of work). */
const JOIN = 100;

/** The parts of the router that this module uses. */
export interface ConnectionRouter extends HandshakeRouter {
  readonly strictRequestIds: boolean;
  readonly limits: Limits;
  readonly outlets: Outlets;
  readonly limited: LimitTally;
  readonly turns: TurnsOfRouter;
  readonly events: RouterEvents;
  /** Called when a connection has ended. */
  disconnected(connection: Connection): void;
}

/**
 * The state of the connection, and the object that represents its client in that state: `joining` until WELCOME; `joined`;
 * `leaving` after the session has ended, until the client answers GOODBYE; `closed`, when received messages are ignored.
 * All states have the same object shape, because every message reads the state.
 */
type State =
  | { readonly name: 'joining'; readonly client: Handshake }
  | { readonly name: 'joined'; readonly client: Member }
  | { readonly name: 'leaving'; readonly client: Member }
  | { readonly name: 'closed'; readonly client: undefined };

export class Connection implements Hearer, JoiningConnection, ClientCarrier {
  /** Schedules the messages that the client sends. */
  readonly inflow: Inflow;
  /** Emits the events of this connection. */
  readonly events: ConnectionEvents;
  readonly #router: ConnectionRouter;
  readonly #transport: Transport;
  readonly #outlet: Outlet;
  readonly #peer: Dict;
  readonly #place: Place;
  #state: State;
  /** Cancels the deadline for GOODBYE. */
  #dismiss: () => void = nothing;

  constructor(router: ConnectionRouter, transport: Transport, approach: Approach) {
    const { number, peer, underlay, place } = approach;
    const name = typeof peer['type'] === 'string' ? peer['type'] : 'unknown';
    const { address } = underlay;
    this.events = new ConnectionEvents(router.events, { connection: number, transport: name, address });
    this.#router = router;
    this.#transport = transport;
    this.#outlet = router.outlets.for(transport);
    this.#peer = peer;
    this.#place = place;
    this.inflow = new Inflow(this, transport, router);
    const client = new Handshake(router, this, approach, transport.acceptable);
    this.#state = { name: 'joining', client };
    place.evicted = () => {
      this.refuse(ErrorUri.UNAVAILABLE, 'the handshake takes too long while other clients wait for one');
    };
    place.crowded = () => {
      this.refuse(ErrorUri.LIMIT_EXCEEDED, 'a message takes too long to arrive while memory is short');
    };
    transport.acceptUpTo?.(router.limits.handshakeSize);
  }

  /** The type of transport, as shown in the session meta API. */
  get transportType(): string {
    return this.events.facts.transport;
  }

  /** Bytes for the client that this process has not handed to the operating system yet. */
  get queued(): number {
    return this.#member?.queued ?? this.#transport.backlog;
  }

  /** The realm and id of the session, for logs; undefined while there is no session. */
  get member(): Member['where'] | undefined {
    return this.#member?.where;
  }

  /** True while the connection serves a session. */
  get isOpen(): boolean {
    return this.#state.name === 'joined';
  }

  frame(bytes: Uint8Array): void {
    const state = this.#state;
    if (state.name === 'closed') return;
    if (state.name === 'joining' && bytes.length > this.#router.limits.handshakeSize) {
      this.violation('a message before WELCOME is too large', 'oversize');
      return;
    }
    // `guard` is not used here, because this runs for every message and must not allocate a closure.
    try {
      const message = this.#transport.serializer.decode(bytes);
      if (state.name === 'joined') {
        state.client.realm.traffic.received.weigh(message.type, bytes.length);
        state.client.traffic.receiveBytes(bytes.length);
        if (this.inflow.keepsBack(message, bytes.length)) return;
      }
      this.#receive(message);
    } catch (error) {
      this.#blame(error);
    }
  }

  message(message: Message): void {
    this.guard(() => {
      this.#receive(message);
    });
  }

  /** Answers a message that was too long with an error, if its request can be identified; otherwise ends the session. */
  oversized(head: Uint8Array, length: number): void {
    const state = this.#state;
    if (state.name === 'leaving' || state.name === 'closed') return;
    this.#router.limited.add('bytes_discarded', length);
    const message = state.name === 'joined' ? readHead(this.#transport.serializer, head) : undefined;
    const why = `a message of ${length} bytes exceeds the maximum of ${this.#transport.acceptable ?? Infinity}`;
    if (state.name === 'joined' && message !== undefined) {
      this.guard(() => {
        state.client.refuseLong(message, length, { error: ErrorUri.PAYLOAD_SIZE_EXCEEDED, why });
      });
    } else this.violation(why, 'oversize');
  }

  violation(what: string, failure: TransportFailure = 'protocol'): void {
    const { name } = this.#state;
    if (name === 'closed') return;
    if (failure === 'oversize')
      this.#router.limited.add(name === 'joining' ? 'handshake_size' : 'message_size');
    this.#router.log('info', 'protocol violation', { code: 'connection_closed', ...this.member, what });
    this.abort(ErrorUri.PROTOCOL_VIOLATION, what, failure);
  }

  drained(): void {
    this.#member?.drained();
  }

  closed(reason: string, by?: ClosedBy): void {
    this.events.endsBy(by === 'self' ? 'router' : 'transport', reason);
    this.#end();
  }

  /**
   * Sends a message that the client must get; if that is impossible, the connection ends with the reason.
   * @returns false when the connection has ended for this reason
   */
  write(message: Message): boolean {
    const fault = say(this.#outlet, message, this.#router.log, this.member);
    if (fault !== undefined && message.type !== MessageType.ABORT) this.abort(fault.error, fault.why);
    return fault === undefined;
  }

  /** T-41: sends WELCOME before the session joins, so that no message about the session precedes it. */
  welcome(joined: Joined): void {
    const { turns, limits } = this.#router;
    turns.work.spent += JOIN;
    const isBrief = this.#outlet.limit < AMPLE;
    if (!this.write(isBrief ? briefWelcome(joined.welcome) : joined.welcome)) return;
    this.events.accepted(joined);
    const line = {
      carrier: this,
      outlet: this.#outlet,
      transport: this.#transport,
      peer: this.#peer,
      client: this.#place.share.client,
    };
    const client = new Member(joined, line, this.#router);
    this.#state = { name: 'joined', client };
    this.#place.joined();
    this.#transport.acceptUpTo?.(Infinity, limits.discardSize);
    joined.realm.join(client);
  }

  /**
   * Ends the connection with ABORT because its client exceeded a limit, and logs the reason.
   * @returns false when the connection was closed already
   */
  refuse(reason: Uri, message: string): boolean {
    if (this.#state.name === 'closed') return false;
    this.#router.log('info', 'session aborted', { code: 'connection_closed', ...this.member, reason });
    this.abort(reason, message);
    return true;
  }

  /** Ends the connection with ABORT. */
  abort(reason: Uri, message: string, failure?: TransportFailure): void {
    if (this.#state.name === 'closed') return;
    this.events.endsBy('router', reason);
    this.#member?.drop();
    const abort = { type: MessageType.ABORT, reason, payload: Payload.none } as const;
    // If ABORT with the explanation does not fit, it is sent without.
    if (!this.write({ ...abort, details: { message } })) this.write({ ...abort, details: {} });
    this.hangUp(failure);
  }

  /** Closes the transport without sending another message. */
  hangUp(failure?: TransportFailure): void {
    this.#end();
    this.#transport.close(failure);
  }

  /** Ends the connection because the router closes: sends GOODBYE to a session, ABORT to a client that has not joined. */
  shutDown(reason: Uri): void {
    if (this.#state.name === 'joining') this.abort(reason, 'the router is closing');
    else this.leave(reason);
  }

  /** Sends GOODBYE, and closes the connection when the client has not answered within `limits.goodbyeTimeout`. */
  leave(reason: Uri, message?: string, departure?: Departure): void {
    if (this.#state.name !== 'joined') return;
    const { client } = this.#state;
    const details = { ...client.farewell, ...(message === undefined ? {} : { message }) };
    this.#leaving(client, 'router', reason, departure);
    if (!this.write({ type: MessageType.GOODBYE, details, reason })) return;
    this.#dismiss = this.#router.clock.after(this.#router.limits.goodbyeTimeout, () => {
      this.hangUp();
    });
  }

  /** SES-9: answers the client's GOODBYE, and closes the connection. */
  goodbye(reason: Uri): void {
    if (this.#state.name !== 'joined') return;
    this.#leaving(this.#state.client, 'client', reason);
    this.write({ type: MessageType.GOODBYE, details: {}, reason: CloseUri.GOODBYE_AND_OUT });
    this.hangUp();
  }

  cutOff(reason: Uri, message: string): void {
    if (this.#state.name === 'joined') this.#state = { name: 'leaving', client: this.#state.client };
    queueMicrotask(() => {
      this.abort(reason, message);
    });
  }

  /** Runs a task that the client has caused; a protocol violation in it ends this connection only (VIO-1). */
  guard(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#blame(error);
    }
  }

  later(task: () => void): void {
    if (!this.isOpen) return;
    this.inflow.cause(() => {
      this.guard(task);
    });
  }

  pause(): void {
    this.inflow.pause(Pause.GATE);
  }

  resume(): void {
    this.inflow.resume(Pause.GATE);
  }

  overflow(): void {
    this.refuse(ErrorUri.LIMIT_EXCEEDED, 'too many requests wait for authorization');
  }

  get #member(): Member | undefined {
    const state = this.#state;
    return state.name === 'joined' || state.name === 'leaving' ? state.client : undefined;
  }

  #receive(message: Message): void {
    const state = this.#state;
    switch (state.name) {
      case 'joining':
        state.client.receive(message);
        return;
      case 'joined':
        state.client.realm.traffic.received.add(message.type);
        state.client.traffic.receive();
        if (message.type !== MessageType.ABORT) state.client.entrance.receive(message);
        else {
          this.events.endsBy('client', message.reason);
          this.hangUp();
        }
        return;
      case 'leaving': // SES-10: everything except the answer to GOODBYE is ignored
        if (message.type === MessageType.GOODBYE || message.type === MessageType.ABORT) this.hangUp();
        return;
      case 'closed':
        return;
    }
  }

  /** Ends the session, before the last message to its client is sent. */
  #leaving(member: Member, by: EndedBy, reason: Uri, departure?: Departure): void {
    this.#state = { name: 'leaving', client: member };
    this.events.endsBy(by, reason);
    member.release();
    member.leave(departure);
  }

  /** An error in the router or in a plug-in ends only the connection of the client that caused it. */
  #blame(error: unknown): void {
    if (error instanceof ProtocolViolation) this.violation(error.message);
    else {
      this.#router.log('error', 'internal error', { code: 'internal_error', ...this.member, error });
      this.abort(ErrorUri.INTERNAL_ERROR, 'an internal error');
    }
  }

  #end(): void {
    const state = this.#state;
    if (state.name === 'closed') return;
    const { member } = this;
    this.#state = { name: 'closed', client: undefined };
    this.inflow.stop();
    this.#place.left();
    this.#dismiss();
    if (state.name === 'joining') state.client.stop();
    else state.client.leave();
    this.events.closed(member);
    this.#router.disconnected(this);
  }
}
