/** Slow consumers: messages for a client that reads too slowly wait, are dropped, or end its session. */
import { MessageType, type Message, type Transport } from '@wamp/protocol';
import type { Clock } from '../core/clock.ts';
import type { CoreRealm } from '../core/core-realm.ts';
import type { Session } from '../core/session.ts';
import type { Producer } from '../core/work.ts';
import type { Limits, LimitTally } from '../limits.ts';
import type { Log } from '../log.ts';
import { nothing } from '../nothing.ts';
import { ProducerHolding, LOW_MARK } from './holding.ts';
import type { Outlet } from './outlet.ts';
import { WaitingFrames, type WaitingFrame } from './waiting.ts';

/**
 * What happens when more than `limits.queueSize` bytes wait for a client:
 *
 * - `disconnect`: its session is aborted with `wamp.error.slow_consumer`, so a session that continues has lost nothing.
 *   Before that, the producers that fill its queue are held back as long as it makes progress.
 * - `drop_oldest`: the EVENTs that have waited longest are dropped, in favour of newer ones.
 * - `drop_newest`: an EVENT for which there is no room is dropped.
 *
 * Only EVENTs are ever dropped. A client without room for any other message is aborted as well.
 */
export type SlowConsumerPolicy = 'disconnect' | 'drop_oldest' | 'drop_newest';

/** One policy for all, or one for each `authrole`; roles that are not named are disconnected. */
export type SlowConsumerPolicies = SlowConsumerPolicy | Readonly<Record<string, SlowConsumerPolicy>>;

/** The policy of a role. */
export function policyFor(policies: SlowConsumerPolicies | undefined, authrole: string): SlowConsumerPolicy {
  if (typeof policies === 'string') return policies;
  const own = policies !== undefined && Object.hasOwn(policies, authrole) ? policies[authrole] : undefined;
  return own ?? 'disconnect';
}

/**
 * Under `drop_oldest`, frames in the transport can no longer be dropped, so only this share of the queue may be there,
 * and the rest waits here.
 */
const PART_IN_TRANSPORT = 1 / 8;
/** But at least this many bytes: with a smaller backlog, a transport does not report when it has drained. */
const LEAST_IN_TRANSPORT = 128 * 1024;

/** The minimum time between two announcements (ms). */
const INTERVAL = 1000;

/** The parts of the router that this module uses. */
interface SlowConsumerRouter {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'queueSize' | 'slowConsumerTimeout'>;
  readonly limited: LimitTally;
  readonly log: Log;
}

/** The objects through which a session's messages are sent. */
export interface WayOut {
  readonly outlet: Outlet;
  readonly transport: Pick<Transport, 'backlog'>;
  readonly realm: CoreRealm;
  readonly session: Session;
  /** Counts the session's messages that leave. */
  readonly traffic: { send(bytes: number): void };
}

/** Applies the policy of one session to messages for which its transport has no room. */
export class SlowConsumer {
  readonly #way: WayOut;
  readonly #policy: SlowConsumerPolicy;
  readonly #router: SlowConsumerRouter;
  /** The most bytes that the transport may hold while no message waits here. */
  readonly #ample: number;
  readonly #waiting = new WaitingFrames();
  /** A message goes directly to a transport whose backlog is at most this; otherwise {@link takesOn} decides. */
  room: number;
  /** The producers that are held back; created when the queue begins to fill, under `disconnect` only. */
  #holding: ProducerHolding | undefined;
  /** The number of dropped events that have not been announced. */
  #untold = 0;
  /** Whether an announcement is due; also when another message than an EVENT found no room. */
  #due = false;
  /** Cancels the next announcement; undefined while none is scheduled. */
  #dismiss: (() => void) | undefined;
  #closed = false;

  constructor(policy: SlowConsumerPolicy, router: SlowConsumerRouter, way: WayOut) {
    this.#policy = policy;
    this.#way = way;
    this.#router = router;
    const { queueSize } = router.limits;
    this.#ample =
      policy === 'drop_oldest' ? Math.max(queueSize * PART_IN_TRANSPORT, LEAST_IN_TRANSPORT) : queueSize;
    this.room = policy === 'disconnect' ? Math.min(LOW_MARK, queueSize) : this.#ample;
  }

  /** The bytes that have not left this process. */
  get backlog(): number {
    return this.#way.transport.backlog + this.#waiting.bytes;
  }

  /** True while messages wait, after which all others have to wait as well. */
  get holds(): boolean {
    return this.#waiting.size > 0;
  }

  /**
   * Decides whether a message is passed to a transport that already has a backlog; its producer may then be held.
   * @param length the length of the message (bytes)
   */
  takesOn(length: number, producer: Producer | undefined): boolean {
    if (this.#policy !== 'disconnect') return false;
    this.#holding ??= new ProducerHolding(this.#router, () => this.backlog);
    this.#holding.add(producer, length);
    return this.#way.transport.backlog <= this.#ample;
  }

  /**
   * Takes the last encoded message, for which the transport has no room.
   * @returns false when the session has to end
   */
  take({ type }: Message): boolean {
    if (this.#policy === 'drop_oldest' && this.#queue(type)) return true;
    if (type === MessageType.EVENT && this.#policy !== 'disconnect') {
      this.#drop();
      return true;
    }
    this.#count(type);
    return false;
  }

  /** The transport has sent something: sends waiting messages. */
  drained(): void {
    const { transport } = this.#way;
    this.#holding?.drained();
    if (this.#policy === 'disconnect') return;
    while (this.#waiting.size > 0 && transport.backlog <= this.#ample) this.#send(this.#waiting.shift());
    if (this.#waiting.size === 0) this.room = this.#ample;
  }

  /** Sends all waiting messages, because the session is about to end with a last message. */
  release(): void {
    while (this.#waiting.size > 0) this.#send(this.#waiting.shift());
  }

  /** The session has ended: drops waiting messages. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#holding?.end();
    const { backlog } = this;
    for (let place = this.#waiting.shift(); place !== undefined; place = this.#waiting.shift()) {
      place.frame.drop();
      this.#count(place.type);
    }
    this.#dismiss?.();
    if (this.#due) this.#tell(backlog);
  }

  #send(place: WaitingFrame | undefined): void {
    if (place === undefined) return;
    place.frame.send();
    this.#way.realm.traffic.sent.add(place.type, place.frame.length);
    this.#way.traffic.send(place.frame.length);
  }

  /** Appends the message to the waiting ones. @returns false when there is no room, even after dropping older events */
  #queue(type: MessageType): boolean {
    const frame = this.#way.outlet.keep();
    const { queueSize } = this.#router.limits;
    while (this.backlog + frame.length > queueSize) {
      if (!this.#waiting.dropOldest()) {
        frame.drop();
        return false;
      }
      this.#drop();
    }
    this.#waiting.push(frame, type);
    this.room = -1;
    return true;
  }

  #count(type: MessageType): void {
    this.#way.realm.traffic.dropped.add(type);
    if (type === MessageType.EVENT) this.#untold += 1;
    this.#due = true;
  }

  /** Counts a dropped event. */
  #drop(): void {
    this.#count(MessageType.EVENT);
    if (this.#dismiss !== undefined) return;
    this.#dismiss = nothing;
    // In a microtask: the core is in the middle of sending, and may drop more events.
    queueMicrotask(() => {
      if (!this.#closed) this.#announceAgain();
    });
  }

  /** Announces at once, and then at intervals as long as events are dropped. */
  #announceAgain(): void {
    this.#dismiss = undefined;
    if (!this.#due) return;
    this.#dismiss = this.#router.clock.after(INTERVAL, () => {
      this.#announceAgain();
    });
    this.#tell(this.backlog);
  }

  #tell(backlog: number): void {
    const dropped = this.#untold;
    this.#untold = 0;
    this.#due = false;
    const { realm, session } = this.#way;
    const who = { realm: realm.name, session: session.id };
    this.#router.log('warn', 'slow consumer', {
      code: 'slow_consumer',
      ...who,
      policy: this.#policy,
      dropped,
      backlog,
    });
    realm.fellBehind.emit(session, dropped);
  }
}
