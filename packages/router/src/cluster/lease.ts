/** Lease: how long a node may serve that ends its sessions when it is cut off from the ledger (`isolated: end`). */
import type { Clock } from '../core/clock.ts';

/**
 * For how much longer than its lease the other nodes respect the claims of a node that was declared dead (ms). Clocks differ in
 * speed, and the node needs a moment to end its sessions.
 */
export const GRACE = 2000;
/**
 * The least `deadAfter` of a node with `isolated: 'end'` (ms). An engine on NATS takes up to six seconds to notice that a server
 * hangs, to connect to another one and to read the ledger there, and more than ten on a busy machine; all sessions would end then.
 */
export const LEAST_LEASE = 15_000;

/** Why a node with a lease admits no session. */
export const CUT_OFF = 'the node is cut off from its cluster; try another node, or this one later';

/**
 * A node renews its lease with each entry of its own that it writes to the ledger and reads from it again, from the moment at
 * which it began to write: until then nobody had declared it dead, or else it would have read that first.
 */
export class Lease {
  /** How long it lasts (ms). */
  readonly length: number;
  readonly #clock: Clock;
  readonly #lapsed: () => void;
  #end = -Infinity;
  #isLive = false;
  #dismiss: (() => void) | undefined;

  /** @param lapsed called when it has not been renewed in time */
  constructor(clock: Clock, length: number, lapsed: () => void) {
    this.length = length;
    this.#clock = clock;
    this.#lapsed = lapsed;
  }

  get isHeld(): boolean {
    return this.#clock.elapsed() < this.#end;
  }

  /** The ledger delivers its entries again, and not all that preceded an entry come before it. */
  reset(): void {
    this.#isLive = false;
  }

  /** The ledger delivers each change from now on. */
  live(): void {
    this.#isLive = true;
  }

  /** An entry of this run came by. @param writtenAt when the node began to write it, by `clock.elapsed()` */
  renew(writtenAt: number): void {
    const now = this.#clock.elapsed();
    const end = writtenAt + this.length;
    if (!this.#isLive || writtenAt > now || end <= this.#end || end <= now) return;
    this.#end = end;
    this.#watch(end - now);
  }

  /** Ends it, with the run of the node. */
  close(): void {
    this.#dismiss?.();
    this.#dismiss = undefined;
    this.#end = -Infinity;
    this.#isLive = false;
  }

  #watch(left: number): void {
    this.#dismiss?.();
    this.#dismiss = this.#clock.after(Math.max(1, left), () => {
      const more = this.#end - this.#clock.elapsed();
      if (more > 0) this.#watch(more);
      else this.#lapsed();
    });
  }
}

/**
 * The lease of a node; undefined for one that serves on when it is cut off.
 * @param lapsed called when it has not been renewed in time
 * @throws RangeError for a lease that is too short
 */
export function newLease(
  isolated: 'serve' | 'end' | undefined,
  length: number,
  clock: Clock,
  lapsed: () => void,
): Lease | undefined {
  if (isolated !== 'end') return undefined;
  if (length < LEAST_LEASE)
    throw new RangeError(
      `isolated: end needs a deadAfter of at least ${LEAST_LEASE} ms, got ${length}: when a server of the ledger fails, ` +
        'it may take several seconds until another one can be used, and all sessions would end',
    );
  return new Lease(clock, length, lapsed);
}
