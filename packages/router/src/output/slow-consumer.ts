/** What becomes of messages for a client that reads too slowly: they wait, are dropped, or end its session. */
import { MessageType, type Message, type Transport } from '@wamp/protocol';
import type { Clock } from '../core/clock.ts';
import type { CoreRealm } from '../core/core-realm.ts';
import type { Session } from '../core/session.ts';
import type { Producer } from '../core/work.ts';
import type { Limits, LimitTally } from '../limits.ts';
import type { Log } from '../log.ts';
import { nothing } from '../nothing.ts';
import { Holding, LOW_MARK } from './holding.ts';
import type { Outlet } from './outlet.ts';
import { Waiting, type Place } from './waiting.ts';

/**
 * What happens to a client for which more has gathered than `limits.queueSize` bytes:
 *
 * - `disconnect`: it is aborted with `wamp.error.slow_consumer`. Whoever stays has lost nothing. Before it comes to that,
 *   those who fill its queue are held back, as long as it makes progress.
 * - `drop_oldest`: the EVENTs that wait the longest are dropped, so that what comes is new.
 * - `drop_newest`: an EVENT for which there is no room is dropped.
 *
 * Only EVENTs are ever dropped. A client that leaves no room for anything else is aborted, too.
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
 * Under `drop_oldest`, what is in the transport can be dropped no more; hence only this part of the queue may be
 * there, and the rest waits here.
 */
const PART_IN_TRANSPORT = 1 / 8;
/** But not less than this (bytes): a transport has to gather some, or it would not tell when it is empty. */
const LEAST_IN_TRANSPORT = 128 * 1024;

/** The least time between two announcements (ms). */
const INTERVAL = 1000;

/** What this needs of the router. */
interface Surroundings {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'queueSize' | 'slowConsumerTimeout'>;
  readonly limited: LimitTally;
  readonly log: Log;
}

/** What a session's messages go through on their way out. */
export interface WayOut {
  readonly outlet: Outlet;
  readonly transport: Pick<Transport, 'backlog'>;
  readonly realm: CoreRealm;
  readonly session: Session;
}

/** One session's messages for which its transport has no room, by the session's policy. */
export class SlowConsumer {
  readonly #way: WayOut;
  readonly #policy: SlowConsumerPolicy;
  readonly #router: Surroundings;
  /** What the transport may hold while nothing waits here. */
  readonly #ample: number;
  readonly #waiting = new Waiting();
  /** A message goes straight to a transport whose backlog is no more than this; of others, {@link takesOn} decides. */
  room: number;
  /** Who is held back; made when the queue begins to fill, under `disconnect` alone. */
  #holding: Holding | undefined;
  /** Events dropped that nobody has been told of. */
  #untold = 0;
  /** Whether there is something to tell: that not even an ERROR found room, at the least. */
  #due = false;
  /** Calls off the next announcement; undefined while none is planned. */
  #dismiss: (() => void) | undefined;
  #closed = false;

  constructor(policy: SlowConsumerPolicy, router: Surroundings, way: WayOut) {
    this.#policy = policy;
    this.#way = way;
    this.#router = router;
    const { queueSize } = router.limits;
    this.#ample =
      policy === 'drop_oldest' ? Math.max(queueSize * PART_IN_TRANSPORT, LEAST_IN_TRANSPORT) : queueSize;
    this.room = policy === 'disconnect' ? Math.min(LOW_MARK, queueSize) : this.#ample;
  }

  /** What has not left this process yet, in bytes. */
  get backlog(): number {
    return this.#way.transport.backlog + this.#waiting.bytes;
  }

  /** True while messages wait that everything else has to come behind. */
  get holds(): boolean {
    return this.#waiting.size > 0;
  }

  /**
   * Whether a message may go to a transport that has a backlog already; its producer may have to wait then.
   * @param length in bytes
   */
  takesOn(length: number, producer: Producer | undefined): boolean {
    if (this.#policy !== 'disconnect') return false;
    this.#holding ??= new Holding(this.#router, () => this.backlog);
    this.#holding.add(producer, length);
    return this.#way.transport.backlog <= this.#ample;
  }

  /**
   * Takes the message that was encoded last, and for which the transport has no room.
   * @returns false when the session has to end for it
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

  /** The transport has sent something: what waits goes on. */
  drained(): void {
    const { transport } = this.#way;
    this.#holding?.drained();
    if (this.#policy === 'disconnect') return;
    while (this.#waiting.size > 0 && transport.backlog <= this.#ample) this.#send(this.#waiting.shift());
    if (this.#waiting.size === 0) this.room = this.#ample;
  }

  /** The session is about to end with a word for its client, which comes behind all that waits. */
  release(): void {
    while (this.#waiting.size > 0) this.#send(this.#waiting.shift());
  }

  /** The session is over: what waits is dropped. */
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

  #send(place: Place | undefined): void {
    if (place === undefined) return;
    place.frame.send();
    const { sent } = this.#way.realm.traffic;
    sent.add(place.type);
    sent.weigh(place.type, place.frame.length);
  }

  /** Lets the message wait behind the others. @returns false when there is no room, even without older events */
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

  /** An event is lost, and the session goes on. */
  #drop(): void {
    this.#count(MessageType.EVENT);
    if (this.#dismiss !== undefined) return;
    this.#dismiss = nothing;
    // On a turn of its own: the core is in the middle of sending, and may have more to drop.
    queueMicrotask(() => {
      if (!this.#closed) this.#announceAgain();
    });
  }

  /** At once, and then at intervals, as long as there is something to tell. */
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
