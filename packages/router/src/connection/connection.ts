/** A client's connection: decodes what comes in, joins the client, encodes what goes out. */
import {
  CloseUri,
  ErrorUri,
  MessageType,
  Payload,
  ProtocolViolation,
  readHead,
  SerializationFailure,
  type Dict,
  type Message,
  type OversizedMessage,
  type Transport,
  type TransportFailure,
  type Uri,
} from '@wamp/protocol';
import type { Underlay } from '../auth/authenticator.ts';
import type { Asker, Authorizer } from '../authz/authorizer.ts';
import type { Departure, Undeliverable } from '../core/session.ts';
import type { Work } from '../core/work.ts';
import type { EndedBy, RouterEvents } from '../events.ts';
import type { Limits, LimitTally } from '../limits.ts';
import { nothing } from '../nothing.ts';
import { LOW_MARK } from '../output/holding.ts';
import type { Outlet, Outlets } from '../output/outlet.ts';
import { SlowConsumer } from '../output/slow-consumer.ts';
import { insteadOf } from '../output/undeliverable.ts';
import { AMPLE, briefWelcome } from '../session/brief-welcome.ts';
import { ClientSession } from '../session/client-session.ts';
import { Gate } from '../session/gate.ts';
import { Joining, type Joined, type JoiningRouter, type Step } from '../session/joining.ts';
import { RequestSequence } from '../session/request-sequence.ts';
import { deadline, type DeadlineName } from './deadline.ts';
import { Inflow, Pause, type Hearer } from './inflow.ts';
import type { Place } from './place.ts';
import type { TurnsOfRouter } from './turns.ts';

/** So many bytes of a message that is sent cost a unit of work, as a power of two: they are written, and perhaps copied. */
const BYTES_A_UNIT = 12;

/** What a join costs, from HELLO on. */
const JOIN = 100;

/** What this needs of the router. */
export interface ConnectionRouter extends JoiningRouter {
  readonly strictRequestIds: boolean;
  readonly limits: Limits;
  readonly outlets: Outlets;
  readonly limited: LimitTally;
  readonly turns: TurnsOfRouter;
  readonly events: RouterEvents;
  /** A connection is over. */
  disconnected(connection: Connection): void;
}

/** A joined client, as the connection keeps it. */
interface Membership extends Asker {
  readonly receive: (message: Message) => void;
}

/** How a client is connected. */
interface Circumstances {
  /** Its number among all connections of the router. */
  readonly number: number;
  /** For the session meta API. */
  readonly peer: Dict;
  /** For authenticators alone. */
  readonly underlay: Underlay;
  /** What it has been admitted with. */
  readonly place: Place;
}

/** What events tell of a connection. */
interface ConnectionFacts {
  readonly connection: number;
  readonly transport: string;
  readonly address: string | undefined;
}

/** Who ends a connection, and why. */
interface Ending {
  readonly by: EndedBy;
  readonly reason: string;
}

/**
 * Where the connection stands: `joining` until WELCOME, `joined`, `leaving` once GOODBYE went out and
 * its answer is awaited, `closed` when nothing that comes in counts any more.
 */
type State = 'joining' | 'joined' | 'leaving' | 'closed';

export class Connection implements Hearer {
  /** What comes in goes through it. */
  readonly inflow: Inflow;
  readonly #router: ConnectionRouter;
  readonly #work: Work;
  readonly #transport: Transport;
  readonly #joining: Joining;
  readonly #peer: Dict;
  /** What events tell of it. */
  readonly #facts: ConnectionFacts;
  readonly #outlet: Outlet;
  readonly #place: Place;
  /** The longest frame that the client takes (bytes). */
  readonly #limit: number;
  #state: State = 'joining';
  /** Why it ends; undefined while it does not. */
  #ending: Ending | undefined;
  #member: Membership | undefined;
  /** What the client reads too slowly; from WELCOME on. */
  #slow: SlowConsumer | undefined;
  /** Undefined unless request ids have to be sequential. */
  #sequence: RequestSequence | undefined;
  /** Calls the current deadline off. */
  #dismiss: () => void = nothing;
  #closeGate: () => void = nothing;
  /** What goes on once the client has read nearly everything; made when first needed. */
  #awaiting: (() => void)[] | undefined;

  constructor(
    router: ConnectionRouter,
    transport: Transport,
    { number, peer, underlay, place }: Circumstances,
  ) {
    const { type } = peer;
    this.#facts = {
      connection: number,
      transport: typeof type === 'string' ? type : 'unknown',
      address: underlay.address,
    };
    this.#router = router;
    this.#work = router.turns.work;
    this.#transport = transport;
    this.#peer = peer;
    this.#joining = new Joining(router, peer, underlay, transport.acceptable);
    this.inflow = new Inflow(this, transport, router);
    this.#outlet = router.outlets.for(transport);
    this.#place = place;
    place.evicted = () => {
      this.refuse(ErrorUri.UNAVAILABLE, 'the client has not joined while others wait to');
    };
    this.#limit = transport.limit ?? Infinity;
    transport.acceptUpTo?.(router.limits.handshakeSize);
    this.#deadline('hello_timeout', 'no HELLO in time');
    router.events.emit({ code: 'connection_opened', ...this.#facts });
  }

  /** How the client is connected, as the session meta API tells it. */
  get transportType(): string {
    return this.#facts.transport;
  }

  /** What has not left this process yet, in bytes. */
  get queued(): number {
    return this.#slow?.backlog ?? this.#transport.backlog;
  }

  /** The session's realm and id once it has joined; for logs. */
  get member(): { readonly realm: Uri; readonly session: number } | undefined {
    const { realm, session } = this.#member ?? {};
    return realm === undefined || session === undefined
      ? undefined
      : { realm: realm.name, session: session.id };
  }

  frame(bytes: Uint8Array): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'joining' && bytes.length > this.#router.limits.handshakeSize) {
      this.#violated('a message before WELCOME is too large', 'oversize');
      return;
    }
    // Not by way of #guard: this runs for every message, and needs no closure.
    try {
      const message = this.#transport.serializer.decode(bytes);
      if (this.#state !== 'joined') this.#receive(message);
      else {
        this.#member?.realm.traffic.received.weigh(message.type, bytes.length);
        if (!this.inflow.keepsBack(message, bytes.length)) this.#receive(message);
      }
    } catch (error) {
      this.#blame(error);
    }
  }

  /** The session goes on, where it is known who is to be told instead. */
  oversized(head: Uint8Array, length: number): void {
    if (this.#state === 'leaving' || this.#state === 'closed') return;
    const { limited } = this.#router;
    const message = this.#member && readHead(this.#transport.serializer, head);
    const why = `a message of ${length} bytes, where the router takes ${this.#transport.acceptable ?? Infinity}`;
    limited.add('bytes_discarded', length);
    if (message === undefined) this.#violated(why, 'oversize');
    else {
      limited.add('messages_discarded');
      this.#router.log('info', 'message too long', { ...this.member, type: message.type, length });
      this.#guard(() => {
        this.#refuseLong(message, { error: ErrorUri.PAYLOAD_SIZE_EXCEEDED, why });
      });
    }
  }

  #refuseLong(message: OversizedMessage, fault: Undeliverable): void {
    const { realm, session } = this.#member ?? {};
    if (session === undefined) return;
    realm?.traffic.received.add(message.type);
    this.#sequence?.check(message);
    realm?.oversized(session, message, fault);
  }

  message(message: Message): void {
    this.#guard(() => {
      this.#receive(message);
    });
  }

  violation(what: string, failure?: TransportFailure): void {
    this.#violated(what, failure);
  }

  drained(): void {
    this.#slow?.drained();
    if (this.#awaiting !== undefined && !this.isBehind) this.#caughtUp();
  }

  closed(reason: string): void {
    this.#endsBy('transport', reason);
    this.#end();
  }

  /**
   * Ends the connection with ABORT for what its client does.
   * @returns false when it is over already
   */
  refuse(reason: Uri, message: string): boolean {
    if (this.#state === 'closed') return false;
    this.#router.log('info', 'session aborted', { code: 'connection_closed', ...this.member, reason });
    this.#abort(reason, message);
    return true;
  }

  /** What the core sends to the session. */
  send(message: Message): Undeliverable | undefined {
    if (this.#state !== 'joined') return undefined;
    try {
      const length = this.#outlet.encode(message);
      this.#work.spent += 1 + (length >>> BYTES_A_UNIT);
      if (length > this.#limit) {
        return this.#cannotDeliver(message, ErrorUri.PAYLOAD_SIZE_EXCEEDED, this.#tooLong(length));
      }
      if (this.#transport.backlog <= (this.#slow?.room ?? Infinity) || this.#takesOn(length)) {
        this.#outlet.send();
        this.#sent(message.type, length);
      } else this.#behind(message);
      return undefined;
    } catch (error) {
      if (error instanceof SerializationFailure) {
        return this.#cannotDeliver(message, ErrorUri.INVALID_PAYLOAD, error.message);
      }
      this.#cutOff(() => {
        this.#failed(error);
      });
      return undefined;
    }
  }

  #sent(type: MessageType, length: number): void {
    const sent = this.#member?.realm.traffic.sent;
    sent?.add(type);
    sent?.weigh(type, length);
  }

  /** True while the client has much to read. */
  get isBehind(): boolean {
    return this.#transport.backlog > LOW_MARK;
  }

  /** Runs `task` once the client has read nearly all of that, or is gone. */
  whenCaughtUp(task: () => void): void {
    (this.#awaiting ??= []).push(task);
  }

  /** The router says GOODBYE; the client has a while to answer. */
  leave(reason: Uri, message?: string, departure?: Departure): void {
    if (this.#state !== 'joined') return;
    this.#state = 'leaving';
    this.#endsBy('router', reason);
    this.#slow?.release();
    const details = message === undefined ? {} : { message };
    this.#retire(departure);
    if (!this.#write({ type: MessageType.GOODBYE, details, reason })) return;
    this.#dismiss = this.#router.clock.after(this.#router.limits.goodbyeTimeout, () => {
      this.#hangUp();
    });
  }

  /** Ends the connection from the router's side: GOODBYE to a session, ABORT to who is none yet. */
  shutDown(reason: Uri): void {
    if (this.#state === 'joining') this.#abort(reason, 'the router is closing');
    else this.#member?.session.end(reason);
  }

  #receive(message: Message): void {
    switch (this.#state) {
      case 'joining':
        this.#join(message);
        return;
      case 'joined':
        this.#member?.realm.traffic.received.add(message.type);
        if (message.type === MessageType.ABORT) this.#aborted(message.reason);
        else this.#member?.receive(message);
        return;
      case 'leaving': // SES-10: everything but the answer is ignored
        if (message.type === MessageType.GOODBYE || message.type === MessageType.ABORT) this.#hangUp();
        return;
      case 'closed':
        return;
    }
  }

  /** The client has ended its session without an answer being due. */
  #aborted(reason: Uri): void {
    this.#endsBy('client', reason);
    this.#hangUp();
  }

  #join(message: Message): void {
    if (message.type === MessageType.ABORT) this.#endsBy('client', message.reason);
    const step = this.#joining.receive(message);
    this.#dismiss();
    if (step instanceof Promise) {
      const { delay } = this.#joining;
      // Who stands in line for a verdict needs no slot as urgently as others do.
      this.#place.awaits(delay > 0);
      this.#deadline('authenticate_timeout', 'authentication took too long', delay);
      void step.then((settled) => {
        this.#guard(() => {
          this.#take(settled);
        });
      });
    } else this.#take(step);
  }

  #take(step: Step): void {
    if (this.#state !== 'joining') return;
    this.#dismiss();
    if (step === undefined) this.#hangUp();
    else if ('abort' in step) this.#turnAway(step.abort, step.message);
    else if ('challenge' in step) {
      this.#place.awaits(true);
      this.#deadline('authenticate_timeout', 'no AUTHENTICATE in time');
      this.#write(step.challenge);
    } else if (step.joined.realm.isFull) {
      step.joined.realm.limited.add('sessions');
      this.#turnAway(ErrorUri.LIMIT_EXCEEDED, 'the realm has as many sessions as it takes');
    } else this.#welcome(step.joined);
  }

  /** The client does not come in. */
  #turnAway(reason: Uri, message: string): void {
    const { attempt } = this.#joining;
    this.#router.events.emit({ code: 'login_refused', ...this.#facts, ...attempt, reason, message });
    this.#abort(reason, message);
  }

  /** T-41: WELCOME before anything that tells of the session. */
  #welcome(joined: Joined): void {
    const { realm, call, authorizer, slowConsumer, welcome } = joined;
    const session = new ClientSession(joined, this.#peer, this, this.#place.share.client);
    this.#work.spent += JOIN;
    if (!this.#write(this.#limit < AMPLE ? briefWelcome(welcome) : welcome)) return;
    this.#tellAccepted(joined);
    // Nothing is spread here: with V8, each result would have a shape of its own, and looking into it would be a search.
    const way = { realm, session, outlet: this.#outlet, transport: this.#transport };
    this.#slow = new SlowConsumer(slowConsumer, this.#router, way);
    const receive = this.#entrance({ realm, session, call }, authorizer);
    this.#member = { realm, session, call, receive };
    this.#state = 'joined';
    this.#place.joined();
    this.#transport.acceptUpTo?.(Infinity, this.#router.limits.discardSize);
    realm.join(session);
  }

  #tellAccepted({ realm, id, principal: { authmethod: method, authid, authrole } }: Joined): void {
    const session = { realm: realm.name, session: id };
    this.#router.events.emit({
      code: 'login_accepted',
      ...this.#facts,
      ...session,
      method,
      authid,
      authrole,
    });
  }

  /** What a message of the joined client passes through before it reaches the realm. */
  #entrance(asker: Asker, authorizer: Authorizer | undefined): (message: Message) => void {
    const { realm, session } = asker;
    this.#sequence = this.#router.strictRequestIds ? new RequestSequence() : undefined;
    const sequence = this.#sequence;
    const admit = (message: Message, disclosed = false): void => {
      if (message.type === MessageType.GOODBYE) this.#goodbye(message.reason);
      else realm.receive(session, message, disclosed);
    };
    const enter = authorizer === undefined ? admit : this.#gate(asker, authorizer, admit);
    if (sequence === undefined) return enter;
    return (message) => {
      sequence.check(message);
      enter(message);
    };
  }

  #gate(
    asker: Asker,
    authorizer: Authorizer,
    admit: (message: Message, disclosed: boolean) => void,
  ): (message: Message) => void {
    const { clock, limits, log, turns } = this.#router;
    const { realm, session } = asker;
    const gate = new Gate(
      { asker, authorizer, clock, turns, timeout: limits.authorizeTimeout },
      {
        admit: (message, disclosed) => {
          if (this.#state === 'joined') admit(message, disclosed);
        },
        deny: (message, error, explanation) => {
          if (this.#state !== 'joined') return;
          realm.traffic.denied.add(message.type);
          realm.deny(session, message, error, explanation);
        },
        isDecided: (message) => realm.dealer.continues(session, message),
        later: (task) => {
          if (this.#state === 'joined') {
            this.inflow.cause(() => {
              this.#guard(task);
            });
          }
        },
        failed: (facts) => {
          log('warn', 'authorization failed', { code: 'authorization_denied', ...this.member, ...facts });
        },
        pause: () => {
          this.inflow.pause(Pause.GATE);
        },
        resume: () => {
          this.inflow.resume(Pause.GATE);
        },
        overflow: () => {
          this.#abort(ErrorUri.LIMIT_EXCEEDED, 'too many messages wait for a decision');
        },
      },
    );
    this.#closeGate = () => {
      gate.close();
    };
    return (message) => {
      gate.receive(message);
    };
  }

  /** SES-9: the client leaves; it is answered, and gone. */
  #goodbye(reason: Uri): void {
    this.#state = 'leaving';
    this.#endsBy('client', reason);
    this.#slow?.release();
    this.#retire();
    this.#write({ type: MessageType.GOODBYE, details: {}, reason: CloseUri.GOODBYE_AND_OUT });
    this.#hangUp();
  }

  /** Runs what the client has caused; its violations end it, and it alone (VIO-1). */
  #guard(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#blame(error);
    }
  }

  #blame(error: unknown): void {
    if (error instanceof ProtocolViolation) this.#violated(error.message);
    else this.#failed(error);
  }

  /** A fault of ours, or of a plug-in's: it costs this client its connection, and nobody else anything. */
  #failed(error: unknown): void {
    this.#router.log('error', 'internal error', { ...this.member, error });
    this.#abort(ErrorUri.INTERNAL_ERROR, 'an internal error');
  }

  #violated(what: string, failure: TransportFailure = 'protocol'): void {
    if (this.#state === 'closed') return;
    if (failure === 'oversize') {
      this.#router.limited.add(this.#state === 'joining' ? 'handshake_size' : 'message_size');
    }
    this.#router.log('info', 'protocol violation', { code: 'connection_closed', ...this.member, what });
    this.#abort(ErrorUri.PROTOCOL_VIOLATION, what, failure);
  }

  #abort(reason: Uri, message: string, failure?: TransportFailure): void {
    if (this.#state === 'closed') return;
    this.#endsBy('router', reason);
    this.#slow?.close();
    const abort = { type: MessageType.ABORT, reason, payload: Payload.none } as const;
    // The explanation is a courtesy; where it does not fit, the reason alone may.
    if (!this.#write({ ...abort, details: { message } })) this.#write({ ...abort, details: {} });
    this.#hangUp(failure);
  }

  #hangUp(failure?: TransportFailure): void {
    this.#end();
    this.#transport.close(failure);
  }

  #end(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.inflow.stop();
    this.#place.left();
    this.#dismiss();
    this.#joining.stop();
    this.#retire();
    this.#tellClosed();
    this.#router.disconnected(this);
  }

  /** The first reason to end counts. */
  #endsBy(by: EndedBy, reason: string): void {
    this.#ending ??= { by, reason };
  }

  #tellClosed(): void {
    const { by, reason } = this.#ending ?? { by: 'router', reason: '' };
    const { realm, session } = this.member ?? {};
    this.#router.events.emit({ code: 'connection_closed', ...this.#facts, realm, session, by, reason });
  }

  #caughtUp(): void {
    const tasks = this.#awaiting ?? [];
    this.#awaiting = undefined;
    for (const task of tasks) task();
  }

  #retire(departure?: Departure): void {
    const { realm, session } = this.#member ?? {};
    this.#closeGate();
    this.#slow?.close();
    if (session !== undefined) realm?.leave(session, departure);
    this.#caughtUp();
  }

  #takesOn(length: number): boolean {
    return this.#slow?.takesOn(length, this.#work.producer) === true;
  }

  /** The client reads too slowly, and has no room for the message. */
  #behind(message: Message): void {
    if (this.#slow === undefined || this.#slow.take(message)) return;
    const { backlog } = this.#slow;
    this.#cutOff(() => {
      this.#abort(ErrorUri.SLOW_CONSUMER, `${backlog} bytes are waiting to be read`);
    });
  }

  /**
   * Where the session has to end, it is as good as gone at once; the end itself comes on a turn of its own, for the core is
   * in the middle of sending.
   */
  #cutOff(end: () => void): void {
    this.#state = 'leaving';
    queueMicrotask(end);
  }

  /**
   * The client's serializer has no form for a payload, or the client no room for the message (RAW-6, T-53):
   * whoever waits for it is told, here or by the core, and nobody else notices.
   */
  #cannotDeliver(message: Message, error: Uri, why: string): Undeliverable {
    const undeliverable = { error, why };
    this.#member?.realm.traffic.dropped.add(message.type);
    this.#router.log('warn', 'undeliverable', { ...this.member, type: message.type, why });
    const instead = insteadOf(message, undeliverable);
    const fault = instead && this.#put(instead);
    if (instead !== undefined && fault !== undefined) {
      this.#cutOff(() => {
        this.#giveUp(instead, fault);
      });
    }
    return undeliverable;
  }

  /**
   * What the client has to hear: one that has no room for it, or whose serializer has no form for it,
   * cannot be served, and is told only that.
   * @returns false when the connection is over for this reason
   */
  #write(message: Message): boolean {
    const fault = this.#put(message);
    if (fault !== undefined) this.#giveUp(message, fault);
    return fault === undefined;
  }

  /** @returns why the message cannot be written; undefined when it is */
  #put(message: Message): Undeliverable | undefined {
    try {
      const length = this.#outlet.encode(message);
      if (length > this.#limit) {
        return { error: ErrorUri.PAYLOAD_SIZE_EXCEEDED, why: this.#tooLong(length) };
      }
      if (this.#slow?.holds === true) this.#behind(message);
      else this.#outlet.send();
      return undefined;
    } catch (error) {
      if (error instanceof SerializationFailure)
        return { error: ErrorUri.INVALID_PAYLOAD, why: error.message };
      this.#router.log('error', 'internal error', { ...this.member, error });
      return { error: ErrorUri.INTERNAL_ERROR, why: 'an internal error' };
    }
  }

  #giveUp(message: Message, { error, why }: Undeliverable): void {
    this.#router.log('warn', 'cannot be told', { ...this.member, type: message.type, why });
    if (message.type !== MessageType.ABORT) this.#abort(error, why);
  }

  #tooLong(length: number): string {
    return `a message of ${length} bytes, where the client takes ${this.#limit}`;
  }

  #deadline(name: DeadlineName, message: string, more = 0): void {
    const late = (): void => {
      this.#turnAway(ErrorUri.AUTHENTICATION_FAILED, message);
    };
    this.#dismiss = deadline(this.#router, name, late, more);
  }
}
