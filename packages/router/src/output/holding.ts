/** Holding: producers that fill a receiver faster than it reads have to wait, as long as the receiver makes progress. */
import type { Clock } from '../core/clock.ts';
import type { Producer } from '../core/work.ts';
import type { Limits, LimitTally } from '../limits.ts';

/** The parts of the router that this module uses. */
interface HoldingRouter {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'queueSize' | 'slowConsumerTimeout'>;
  readonly limited: LimitTally;
}

/** A receiver with at most this backlog (bytes) holds no producer; a transport reports when its backlog falls below it. */
export const LOW_MARK: number = 128 * 1024;
/** The share of a queue's free room that one producer may fill. */
const SHARE_OF_REST = 1 / 8;
/** But at least this many bytes. */
const LEAST_SHARE = 64 * 1024;
/** Above this share of its queue, a receiver defers even the answers of its producers. */
const FULL = 1 / 2;
/** A receiver makes progress if it reads this share of its queue within `slowConsumerTimeout`. */
const PROGRESS = 1 / 16;

/**
 * The unread bytes of one receiver by producer. A producer is held because of its own bytes, so a slow receiver does
 * not delay producers that send it little. A receiver without progress delays no producer at all.
 */
export class ProducerHolding {
  readonly #router: HoldingRouter;
  readonly #backlog: () => number;
  /** Bytes by producer, since the backlog of the receiver was last low. */
  readonly #fills = new Map<Producer, number>();
  readonly #held = new Set<Producer>();
  readonly #choked = new Set<Producer>();
  /** Bytes sent to the receiver since its progress was last checked, and its backlog at that time. */
  #sent = 0;
  #before = 0;
  /** True for a receiver without progress, until it has read nearly everything. */
  #stuck = false;
  #dismiss: (() => void) | undefined;

  /** @param backlog the unread bytes of the receiver */
  constructor(router: HoldingRouter, backlog: () => number) {
    this.#router = router;
    this.#backlog = backlog;
  }

  /** Counts a message for the receiver, whose backlog exceeds {@link LOW_MARK}. */
  add(producer: Producer | undefined, bytes: number): void {
    this.#sent += bytes;
    if (producer === undefined || this.#stuck) return;
    const fill = (this.#fills.get(producer) ?? 0) + bytes;
    this.#fills.set(producer, fill);
    const { queueSize } = this.#router.limits;
    const backlog = this.#backlog() + bytes;
    if (fill < Math.max(LEAST_SHARE, (queueSize - backlog) * SHARE_OF_REST)) return;
    this.#hold(producer);
    if (backlog > queueSize * FULL) this.#choke(producer);
  }

  /** Called when the receiver has read something. */
  drained(): void {
    if (this.#backlog() <= LOW_MARK) this.end();
  }

  /** Releases all producers. */
  end(): void {
    this.#dismiss?.();
    this.#dismiss = undefined;
    this.#stuck = false;
    this.#release();
  }

  #hold(producer: Producer): void {
    if (this.#held.has(producer)) return;
    this.#held.add(producer);
    this.#router.limited.add('producers_held');
    producer.hold();
    if (this.#dismiss === undefined) this.#watch();
  }

  #choke(producer: Producer): void {
    if (this.#choked.has(producer)) return;
    this.#choked.add(producer);
    producer.choke();
  }

  #release(): void {
    const [held, choked] = [[...this.#held], [...this.#choked]];
    this.#fills.clear();
    this.#held.clear();
    this.#choked.clear();
    for (const producer of choked) producer.unchoke();
    for (const producer of held) producer.release();
  }

  #watch(): void {
    const { clock, limits } = this.#router;
    this.#before = this.#backlog();
    this.#sent = 0;
    this.#dismiss = clock.after(limits.slowConsumerTimeout, () => {
      const read = this.#before + this.#sent - this.#backlog();
      if (read >= limits.queueSize * PROGRESS) {
        this.#watch();
        return;
      }
      this.#dismiss = undefined;
      this.#stuck = true;
      this.#router.limited.add('receivers_stuck');
      this.#release();
    });
  }
}
