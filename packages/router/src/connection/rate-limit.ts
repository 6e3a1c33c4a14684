/** Rate limits: token buckets for the messages and bytes of each connection and of each address. */
import { ErrorUri, type ClosedBy, type TransportFailure, type TransportListener } from '@wamp/protocol';
import { tellingNetwork } from '../addresses.ts';
import type { Clock } from '../core/clock.ts';
import { nothing } from '../nothing.ts';
import type { Connection } from './connection.ts';
import type { Limits, LimitTally } from '../limits.ts';
import { Pause } from './inflow.ts';

/** The parts of the router that this module uses. */
interface RateLimitRouter {
  readonly clock: Clock;
  readonly limits: Pick<
    Limits,
    | 'messagesPerSecond'
    | 'bytesPerSecond'
    | 'messagesPerSecondPerAddress'
    | 'bytesPerSecondPerAddress'
    | 'ratePatience'
  >;
  readonly limited: LimitTally;
}

/** A token bucket that holds the amount of one second. Taking more than it holds makes the next wait longer. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #size: number;
  #level: number;
  #last: number;

  /** @param rate the amount that may be used per second */
  constructor(rate: number, now: number) {
    this.#perMs = rate / 1000;
    this.#size = this.#level = rate;
    this.#last = now;
  }

  isFull(now: number): boolean {
    this.#fill(now);
    return this.#level === this.#size;
  }

  take(amount: number, now: number): void {
    this.#fill(now);
    this.#level -= amount;
  }

  /** The time until the level of the bucket is no longer negative (ms). */
  wait(now: number): number {
    this.#fill(now);
    return Math.max(0, -this.#level / this.#perMs);
  }

  #fill(now: number): void {
    const passed = now - this.#last;
    this.#last = now;
    this.#level = Math.min(this.#size, this.#level + passed * this.#perMs);
  }
}

/** The buckets for messages and for bytes; a bucket is undefined when its rate is not limited. */
class Meter {
  readonly #messages: TokenBucket | undefined;
  readonly #bytes: TokenBucket | undefined;
  /** The number of connections that share the meter. */
  users = 0;

  constructor(messages: number, bytes: number, now: number) {
    this.#messages = messages > 0 ? new TokenBucket(messages, now) : undefined;
    this.#bytes = bytes > 0 ? new TokenBucket(bytes, now) : undefined;
  }

  isFull(now: number): boolean {
    return this.#messages?.isFull(now) !== false && this.#bytes?.isFull(now) !== false;
  }

  take(bytes: number, now: number): void {
    this.#messages?.take(1, now);
    this.#bytes?.take(bytes, now);
  }

  wait(now: number): number {
    return Math.max(this.#messages?.wait(now) ?? 0, this.#bytes?.wait(now) ?? 0);
  }
}

/** The meters of the clients of one router. */
export class Rates {
  readonly #router: RateLimitRouter;
  readonly #ofAddresses = new Map<string, Meter>();

  constructor(router: RateLimitRouter) {
    this.#router = router;
  }

  /** The listener for a client's transport: a throttle, or the connection's inflow itself when no rate is limited. */
  listenerFor(connection: Connection, address: string | undefined): TransportListener {
    const { limits, clock } = this.#router;
    const limitsAddresses = limits.messagesPerSecondPerAddress > 0 || limits.bytesPerSecondPerAddress > 0;
    const limitsConnections = limits.messagesPerSecond > 0 || limits.bytesPerSecond > 0;
    if (!limitsConnections && !limitsAddresses) return connection.inflow;
    const ofConnection = new Meter(limits.messagesPerSecond, limits.bytesPerSecond, clock.elapsed());
    const network = tellingNetwork(address);
    const ofAddress = network === undefined || !limitsAddresses ? undefined : this.#meterOf(network);
    if (!limitsConnections && ofAddress === undefined) return connection.inflow;
    const meters = ofAddress === undefined ? [ofConnection] : [ofConnection, ofAddress];
    return new Throttle(this.#router, meters, connection, () => {
      if (ofAddress === undefined || network === undefined) return;
      ofAddress.users -= 1;
      if (ofAddress.users === 0) this.#ofAddresses.delete(network);
    });
  }

  #meterOf(network: string): Meter {
    const { limits, clock } = this.#router;
    const { messagesPerSecondPerAddress: messages, bytesPerSecondPerAddress: bytes } = limits;
    const meter = this.#ofAddresses.get(network) ?? new Meter(messages, bytes, clock.elapsed());
    meter.users += 1;
    this.#ofAddresses.set(network, meter);
    return meter;
  }
}

/**
 * Passes on the messages of a client, and pauses reading when they exceed its rates. If its pauses add up to more than
 * `limits.ratePatience` before its buckets are full again, the connection is aborted.
 */
class Throttle implements TransportListener {
  readonly #router: RateLimitRouter;
  readonly #meters: readonly Meter[];
  readonly #connection: Connection;
  readonly #released: () => void;
  /** The sum of the pauses since the buckets were last full (ms). */
  #waited = 0;
  /** Cancels the timer that ends the pause; undefined while reading is not paused. */
  #dismiss: (() => void) | undefined;

  constructor(
    router: RateLimitRouter,
    meters: readonly Meter[],
    connection: Connection,
    released: () => void,
  ) {
    this.#router = router;
    this.#meters = meters;
    this.#connection = connection;
    this.#released = released;
  }

  frame(bytes: Uint8Array): void {
    const now = this.#take(bytes.length);
    this.#connection.inflow.frame(bytes);
    this.#pay(now);
  }

  oversized(head: Uint8Array, length: number): void {
    const now = this.#take(length);
    this.#connection.inflow.oversized(head, length);
    this.#pay(now);
  }

  /** Counts a message of `size` bytes. @returns the current time (ms) */
  #take(size: number): number {
    const now = this.#router.clock.elapsed();
    if (this.#dismiss === undefined && this.#meters.every((meter) => meter.isFull(now))) this.#waited = 0;
    for (const meter of this.#meters) meter.take(size, now);
    return now;
  }

  /** Pauses reading if a rate is exceeded. Messages that were read already are still counted and processed. */
  #pay(now: number): void {
    const wait = this.#wait(now);
    if (wait > 0 && this.#dismiss === undefined) this.#hold(wait);
    else if (this.#waited + wait > this.#router.limits.ratePatience) this.#giveUp();
  }

  violation(what: string, failure?: TransportFailure): void {
    this.#connection.inflow.violation(what, failure);
  }

  drained(): void {
    this.#connection.inflow.drained();
  }

  closed(reason: string, by?: ClosedBy): void {
    this.#dismiss?.();
    this.#released();
    this.#connection.inflow.closed(reason, by);
  }

  #wait(now: number): number {
    return this.#meters.reduce((longest, meter) => Math.max(longest, meter.wait(now)), 0);
  }

  #hold(wait: number): void {
    const { clock, limits, limited } = this.#router;
    if (this.#waited + wait > limits.ratePatience) {
      this.#giveUp();
      return;
    }
    limited.add('rate_delayed');
    this.#connection.inflow.pause(Pause.RATE);
    this.#dismiss = clock.after(Math.ceil(wait), () => {
      this.#dismiss = undefined;
      this.#waited += wait;
      const more = this.#wait(clock.elapsed());
      if (more > 0) this.#hold(more);
      else this.#connection.inflow.resume(Pause.RATE);
    });
  }

  #giveUp(): void {
    this.#dismiss?.();
    this.#dismiss = nothing;
    if (
      this.#connection.refuse(
        ErrorUri.LIMIT_EXCEEDED,
        'the client has exceeded its rate of messages or bytes for too long',
      )
    ) {
      this.#router.limited.add('rate_exceeded');
    }
  }
}
