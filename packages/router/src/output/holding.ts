/** Holding: who fills a receiver faster than it reads has to wait, as long as the receiver makes progress. */
import type { Clock } from '../core/clock.ts';
import type { Producer } from '../core/work.ts';
import type { Limits, LimitTally } from '../limits.ts';

/** What this needs of the router. */
interface Surroundings {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'queueSize' | 'slowConsumerTimeout'>;
  readonly limited: LimitTally;
}

/** A receiver with no more than this to read (bytes) holds nobody; a transport tells when it has drained from beyond it. */
export const LOW_MARK: number = 128 * 1024;
/** One producer may fill this part of what is left of a queue. */
const SHARE_OF_REST = 1 / 8;
/** But in any case so many bytes. */
const LEAST_SHARE = 64 * 1024;
/** Beyond this part of its queue, a receiver stops even the answers of who fills it. */
const FULL = 1 / 2;
/** A receiver makes progress when it reads this part of its queue within `slowConsumerTimeout`. */
const PROGRESS = 1 / 16;

/**
 * What one receiver has not read yet, by who has sent it. Producers are held by what they themselves have sent, so that a
 * slow receiver delays nobody who sends it little; one that makes no progress delays nobody at all.
 */
export class Holding {
  readonly #router: Surroundings;
  readonly #backlog: () => number;
  /** Bytes by producer, since the receiver had little to read. */
  readonly #fills = new Map<Producer, number>();
  readonly #held = new Set<Producer>();
  readonly #choked = new Set<Producer>();
  /** Bytes sent to the receiver since its progress was looked at last, and what it had to read then. */
  #sent = 0;
  #before = 0;
  /** True for a receiver that made no progress, until it has read nearly everything. */
  #stuck = false;
  #dismiss: (() => void) | undefined;

  /** @param backlog what the receiver has not read yet, in bytes */
  constructor(router: Surroundings, backlog: () => number) {
    this.#router = router;
    this.#backlog = backlog;
  }

  /** Takes note of a message for the receiver, which has more to read than {@link LOW_MARK}. */
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

  /** The receiver has read something. */
  drained(): void {
    if (this.#backlog() <= LOW_MARK) this.end();
  }

  /** Nobody waits for the receiver any more. */
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
