/** Back-pressure: whoever sends waits while too much is unsent. */
import type { Transport } from '@wamp/protocol';
import type { Clock } from '../clock.ts';

/** More than so many bytes that have not left, and senders wait. */
const HIGH_WATER = 1024 * 1024;
/** Milliseconds until they look again: not all transports tell when they have drained. */
const LOOK_AGAIN = 10;

/** The room that a transport has for more. */
export class Room {
  readonly #transport: Transport;
  readonly #clock: Clock;
  /** Bytes written since somebody last waited. */
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
   * Resolves when there is room; undefined when there is some now. All who wait share one promise. Every further
   * MiB waits for a turn in any case: what the system takes at once would leave none to timers and sockets.
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

  /** Something has left. */
  look(): void {
    if (this.#waiting === undefined) return;
    if (this.#transport.backlog > HIGH_WATER) this.#lookIn(LOOK_AGAIN);
    else this.end();
  }

  /** Nobody waits any longer. */
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
