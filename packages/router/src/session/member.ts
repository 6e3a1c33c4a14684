/** Member: a joined client as its realm sees it; created at WELCOME. */
import {
  ErrorUri,
  SerializationFailure,
  type Dict,
  type ErrorMessage,
  type Id,
  type Message,
  type OversizedMessage,
  type PeerFeatures,
  type Transport,
  type Uri,
} from '@wamp/protocol';
import type { CoreRealm } from '../core/core-realm.ts';
import { RESEND } from '../core/dealer.ts';
import type { Client, Departure, Principal, Session, Undeliverable, Watcher } from '../core/session.ts';
import type { Clock } from '../core/clock.ts';
import type { Turns, Work } from '../core/work.ts';
import type { Limits, LimitTally } from '../limits.ts';
import type { Log } from '../log.ts';
import { LOW_MARK } from '../output/holding.ts';
import type { Outlet } from '../output/outlet.ts';
import { SlowConsumer } from '../output/slow-consumer.ts';
import { insteadOf, noForm, tooLong, tryEncode } from '../output/undeliverable.ts';
import { Entrance, type EntranceCarrier } from './entrance.ts';
import type { Joined } from './joining.ts';
import { RequestSequence } from './request-sequence.ts';
import { CountedTraffic } from './counted-traffic.ts';
import { Watched, type WatchedEntrance } from './watched.ts';

const NOTHING: Dict = {};
/** Sending 2^12 bytes costs one unit of work, for writing and possibly copying them. */
const BYTES_A_UNIT = 12;

/** The parts of the router that this module uses. */
interface MemberRouter {
  readonly clock: Clock;
  readonly turns: Turns;
  readonly limits: Pick<Limits, 'authorizeTimeout' | 'queueSize' | 'slowConsumerTimeout'>;
  readonly limited: LimitTally;
  readonly log: Log;
  readonly strictRequestIds: boolean;
}

/** The connection of a joined client. */
export interface ClientCarrier extends EntranceCarrier {
  /** Sends GOODBYE from the router. */
  leave(reason: Uri, message?: string, departure?: Departure): void;
  /**
   * Ends the session: it no longer counts as open at once, and ends on a later stack, because the core may be in the
   * middle of sending.
   */
  cutOff(reason: Uri, message: string): void;
}

/** The connection to a client. */
export interface MemberLine {
  readonly carrier: ClientCarrier;
  readonly outlet: Outlet;
  readonly transport: Pick<Transport, 'backlog'>;
  /** Its transport details, for the session meta API. */
  readonly peer: Dict;
  /** The accounts that the client shares with other clients of its address. */
  readonly client: Client | undefined;
}

/**
 * A class, so that all members have the same hidden class: V8 would turn an object literal with a getter into a
 * dictionary.
 */
export class Member implements Session {
  readonly id: Id;
  readonly principal: Principal;
  readonly features: PeerFeatures;
  readonly transport: Dict;
  readonly client: Client | undefined;
  readonly realm: CoreRealm;
  readonly joined: number;
  readonly traffic: CountedTraffic = new CountedTraffic();
  /** Checks the messages of the client. */
  entrance: WatchedEntrance;
  readonly #carrier: ClientCarrier;
  #outlet: Outlet;
  readonly #channel: Pick<Transport, 'backlog'>;
  readonly #work: Work;
  readonly #log: Log;
  readonly #limited: LimitTally;
  readonly #slow: SlowConsumer;
  /** Tasks to run once the client has read nearly everything; created when first needed. */
  #awaiting: (() => void)[] | undefined;
  /** The watchers of this session; created when first needed. */
  #watched: Watched | undefined;

  constructor(
    joined: Joined,
    { carrier, outlet, transport, peer, client }: MemberLine,
    router: MemberRouter,
  ) {
    const { id, principal, features, realm, call, authorizer, slowConsumer } = joined;
    this.id = id;
    this.principal = principal;
    this.features = features;
    this.transport = peer;
    this.client = client;
    this.realm = realm;
    this.joined = router.clock.now();
    const sequence = router.strictRequestIds ? new RequestSequence() : undefined;
    this.entrance = new Entrance(carrier, { realm, session: this, call }, authorizer, router, sequence);
    this.#carrier = carrier;
    this.#outlet = outlet;
    this.#channel = transport;
    this.#work = router.turns.work;
    this.#log = router.log;
    this.#limited = router.limited;
    const { traffic } = this;
    this.#slow = new SlowConsumer(slowConsumer, router, { outlet, transport, realm, session: this, traffic });
  }

  /** Its realm and id, for logs and events. */
  get where(): { readonly realm: Uri; readonly session: Id } {
    return { realm: this.realm.name, session: this.id };
  }

  /**
   * The details of GOODBYE. A router that shuts down says that what it has not answered, it has not processed, once every
   * call of the session is answered.
   */
  get farewell(): Dict {
    const { dealer } = this.realm;
    return dealer.isDraining && dealer.hasAnswered(this) ? RESEND : NOTHING;
  }

  /** The bytes that have not left this process. */
  get queued(): number {
    return this.#slow.backlog;
  }

  get maxMessageSize(): number {
    return this.#outlet.limit;
  }

  get isBehind(): boolean {
    return this.#channel.backlog > LOW_MARK;
  }

  whenCaughtUp(task: () => void): void {
    (this.#awaiting ??= []).push(task);
  }

  send(message: Message): Undeliverable | undefined {
    if (!this.#carrier.isOpen) return undefined;
    try {
      const length = this.#outlet.encode(message);
      this.#work.spent += 1 + (length >>> BYTES_A_UNIT);
      if (length > this.#outlet.limit) return this.#cannotDeliver(message, tooLong(length, this.#outlet));
      const slow = this.#slow;
      if (this.#channel.backlog <= slow.room || slow.takesOn(length, this.#work.producer)) {
        this.#outlet.send();
        this.realm.traffic.sent.add(message.type, length);
        this.traffic.send(length);
      } else this.#behind(message);
      return undefined;
    } catch (error) {
      return this.#failed(message, error);
    }
  }

  /**
   * Refuses a message that was discarded because it was too long: the core informs the peers that need to know.
   * @param length the length of the message (bytes)
   * @throws ProtocolViolation when the session may not send it now
   */
  refuseLong(message: OversizedMessage, length: number, fault: Undeliverable): void {
    this.#limited.add('messages_discarded');
    this.#log('info', 'message too long', {
      code: 'message_too_long',
      ...this.where,
      type: message.type,
      length,
    });
    this.realm.traffic.received.add(message.type);
    this.entrance.oversized(message, fault);
  }

  end(reason: Uri, message?: string, departure?: Departure): void {
    this.#carrier.leave(reason, message, departure);
  }

  later(task: () => void): void {
    this.#carrier.later(task);
  }

  watch(watcher: Watcher): () => void {
    const watched = (this.#watched ??= new Watched(this.entrance, this.#outlet));
    const seen = watched.add(watcher);
    this.#takeWayOf(watched);
    return () => {
      seen();
      this.#takeWayOf(watched);
    };
  }

  /** Called when the transport has sent something. */
  drained(): void {
    this.#slow.drained();
    if (this.#awaiting !== undefined && !this.isBehind) this.#caughtUp();
  }

  /** Sends all waiting messages, before the last message to the client. */
  release(): void {
    this.#slow.release();
  }

  /** Drops waiting messages, before the connection is destroyed. */
  drop(): void {
    this.#slow.close();
  }

  /** Leaves its realm; does nothing the second time. */
  leave(departure?: Departure): void {
    this.entrance.close();
    this.#slow.close();
    this.realm.leave(this, departure);
    this.#caughtUp();
  }

  /** Routes messages through the watchers while there are any, and directly otherwise. */
  #takeWayOf({ entrance, outlet }: Watched): void {
    this.entrance = entrance;
    this.#outlet = outlet;
  }

  #caughtUp(): void {
    const tasks = this.#awaiting ?? [];
    this.#awaiting = undefined;
    for (const task of tasks) task();
  }

  /** Handles the last encoded message, for which a slow client has no room. */
  #behind(message: Message): void {
    if (this.#slow.take(message)) return;
    this.#carrier.cutOff(
      ErrorUri.SLOW_CONSUMER,
      `the client has left ${this.#slow.backlog} bytes unread, more than limits.queueSize`,
    );
  }

  #failed(message: Message, error: unknown): Undeliverable | undefined {
    if (error instanceof SerializationFailure) return this.#cannotDeliver(message, noForm(error));
    this.#log('error', 'internal error', { code: 'internal_error', ...this.where, error });
    this.#carrier.cutOff(ErrorUri.INTERNAL_ERROR, 'an internal error');
    return undefined;
  }

  /**
   * Handles a message that the client's serializer cannot represent, or that is longer than the client accepts (RAW-6,
   * T-53): the peer that waits for it gets an error, from here or from the core. Other sessions are not affected.
   */
  #cannotDeliver(message: Message, fault: Undeliverable): Undeliverable {
    this.realm.traffic.dropped.add(message.type);
    this.#logDropped('undeliverable', message, fault);
    const instead = insteadOf(message, fault);
    if (instead !== undefined) this.#sendInstead(instead);
    return fault;
  }

  #logDropped(what: string, { type }: Message, { why }: Undeliverable): void {
    this.#log('warn', what, { code: 'message_dropped', ...this.where, type, why });
  }

  /** Sends the replacement of an undeliverable message, or ends the session when that is impossible as well. */
  #sendInstead(message: ErrorMessage): void {
    const fault = tryEncode(this.#outlet, message);
    if (fault === undefined) {
      if (this.#slow.holds) this.#behind(message);
      else {
        this.#outlet.send();
        this.realm.traffic.sent.add(message.type);
        this.traffic.send(0);
      }
    } else {
      this.#logDropped('message not delivered', message, fault);
      this.#carrier.cutOff(fault.error, fault.why);
    }
  }
}
