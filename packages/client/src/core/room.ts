/** Back-pressure: code that sends can wait while too many bytes are unsent. */
import type { Transport } from '@wamp/protocol';
import type { Clock } from '../clock.ts';

/** The number of unsent bytes beyond which senders wait. */
const HIGH_WATER = 1024 * 1024;
/** The polling interval (ms), because not all transports report when they have drained. */
const LOOK_AGAIN = 10;

/** The room for more messages in a transport. */
export class Room {
  readonly #transport: Transport;
  readonly #clock: Clock;
  /** Bytes written since the last wait. */
  #written = 0;
  #waiting: Promise<void> | undefined;
  #resolve: (() => void) | undefined;
  #stopTimer: (() => void) | undefined;

  constructor(transport: Transport, clock: Clock) {
    this.#transport = transport;
    this.#clock = clock;
  }

  wrote(bytes: number): void {
    this.#written += bytes;
  }

  /**
   * Resolves when there is room; undefined if there is room now. All waiters share one promise. After each further
   * MiB it waits for a turn in any case, so that timers and sockets run even if the system accepts everything at
   * once.
   */
  wait(): Promise<void> | undefined {
    if (this.#waiting !== undefined) return this.#waiting;
    const crowded = this.#transport.backlog > HIGH_WATER;
    if (!crowded && this.#written <= HIGH_WATER) return undefined;
    this.#waiting = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#lookIn(crowded ? LOOK_AGAIN : 0);
    return this.#waiting;
  }

  /** The transport has sent some of its backlog. */
  look(): void {
    if (this.#waiting === undefined) return;
    if (this.#transport.backlog > HIGH_WATER) this.#lookIn(LOOK_AGAIN);
    else this.end();
  }

  /** Resolves all waiters: the connection has ended. */
  end(): void {
    this.#stopTimer?.();
    this.#written = 0;
    this.#waiting = undefined;
    this.#resolve?.();
  }

  #lookIn(ms: number): void {
    this.#stopTimer?.();
    this.#stopTimer = this.#clock.after(ms, () => this.look());
  }
}
